"""`wsk activation`."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.exits import GENERAL, WskError, arguments, within
from owlab.pocket.programs.wsk.session import Session

NEEDED = "An activation ID is required."
NAMESPACE = "An optional namespace is the only valid argument."
STAMP = re.compile(
    r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d.\d+Z( *(stdout|stderr):)?\s(.*)", re.DOTALL
)
SECOND_MS = 1000


async def _rest(session: Session, doing: str, most: int) -> list[str]:
    """The words, the newest activation's identifier in front with ``--last``."""
    rest = list(session.words.rest)
    if session.words.on("last"):
        path = session.remote.namespaced("_", "activations") + "?limit=1&skip=0"
        try:
            rows = await session.remote.ask("", "GET", path)
            if not rows:
                raise WskError("Activation list does not contain any activations.")
        except WskError as error:
            message = error.message.removeprefix(": ")
            inner = WskError(message, error.code, usage=error.usage)
            raise within(f"{doing}: ", inner, usage=False) from error
        # wsk swaps the first word and the new one, which it has put last.
        rest.append(str(rows[0]["activationId"]))
        rest[0], rest[-1] = rest[-1], rest[0]
    return arguments(rest, 1, most, NEEDED)


async def _fetch(session: Session, what: str, identifier: str, part: str = "") -> Any:
    path = session.remote.namespaced("_", "activations", identifier, part)
    return await session.remote.ask(f"Unable to get {what} '{identifier}'", "GET", path)


async def listing(session: Session) -> int:
    """``list [NAME] [--limit --skip --since --upto --full]``."""
    words = session.words
    rest = arguments(words.rest, 0, 1, NAMESPACE)
    query = session.paging()
    if rest and (entity := session.name(rest[0]).entity):
        query += f"&name={entity}"
    for bound in ("since", "upto"):
        if value := words.number(bound):
            query += f"&{bound}={value}"
    full = words.on("full")
    if full:
        query += "&docs=true"
    path = session.remote.namespaced("_", "activations") + query
    shown = session.shown_namespace
    doing = f"Unable to obtain the list of activations for namespace '{shown}'"
    rows = await session.remote.ask(doing, "GET", path)
    if not full:
        await session.call.out(output.activation_table(rows))
        return 0
    await session.call.out("activations\n")
    for row in rows:
        await session.json(output.activation(row))
    return 0


async def get(session: Session) -> int:
    """``get ID [FIELD] [--last] [--summary] [--logs]``."""
    rest = await _rest(session, "Unable to get activation", 2)
    session.words.rest = rest
    chosen = session.field(output.ACTIVATION, code=GENERAL, usage=False)
    found = await _fetch(session, "activation", rest[0])
    if session.words.on("summary"):
        await session.call.out(
            f"activation result for '/{found['namespace']}/{found['name']}'"
            f" ({found['response']['status']} at {_local(found['end'])})\n"
        )
        await session.call.out(output.result_json(found["response"].get("result")))
        return 0
    if session.words.on("logs"):
        await _print_logs(session, found["logs"], strip=True)
        return 0
    return await session.show("activation", rest[0], output.activation(found), chosen)


def _local(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z %Z", time.localtime(milliseconds // SECOND_MS))


def stripped(line: str) -> str:
    """A log line without its time and stream."""
    found = STAMP.search(line)
    return found[3] if found and found[3] else line


async def _print_logs(session: Session, lines: list[str], *, strip: bool) -> None:
    for line in lines:
        await session.call.out((stripped(line) if strip else line) + "\n")


async def logs(session: Session) -> int:
    """``logs ID [--last] [--strip]``."""
    (identifier,) = await _rest(session, "Unable to get logs for activation", 1)
    found = await _fetch(session, "logs for activation", identifier, "logs")
    await _print_logs(session, found["logs"], strip=session.words.on("strip"))
    return 0


async def result(session: Session) -> int:
    """``result ID [--last]``."""
    (identifier,) = await _rest(session, "Unable to get result for activation", 1)
    found = await _fetch(session, "result for activation", identifier, "result")
    await session.call.out(output.result_json(found.get("result")))
    return 0


async def poll(session: Session) -> int:
    """``poll [NAME] [--exit SECONDS] [--since-...]``: new activations until interrupted."""
    words = session.words
    rest = arguments(words.rest, 0, 1, NAMESPACE)
    await session.call.out("Enter Ctrl-c to exit.\n")
    seconds = words.number("since-seconds") + 60 * words.number("since-minutes")
    seconds += 3600 * (words.number("since-hours") + 24 * words.number("since-days"))
    since = int(unix_time()) * SECOND_MS - seconds * SECOND_MS
    activations = session.remote.namespaced("_", "activations")
    if not seconds:
        answer = await session.remote.send("GET", f"{activations}?limit=1&skip=0&docs=true")
        if answer.status == 200:
            since = answer.body[0]["start"] + 1 if answer.body else 0
    await session.call.out("Polling for activation logs\n")
    began, seen = time.monotonic(), set[str]()
    while True:
        if words.number("exit") and int(time.monotonic() - began) > words.number("exit"):
            return 0
        name = f"&name={rest[0]}" if rest else ""
        query = f"?limit=0&skip=0{name}" + (f"&since={since}" if since else "") + "&docs=true"
        answer = await session.remote.send("GET", activations + query)
        for row in answer.body if answer.status == 200 else []:
            if row["activationId"] not in seen:
                seen.add(row["activationId"])
                await session.call.out(f"\nActivation: '{row['name']}' ({row['activationId']})\n")
                await session.json(row["logs"])
            since = max(since, row["start"] + 1) if row["start"] > since else since
        await asyncio.sleep(2)


VERBS = {
    "list": listing,
    "get": get,
    "logs": logs,
    "result": result,
    "poll": poll,
}
