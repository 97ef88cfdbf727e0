"""`wsk activation`."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.errors import WskError, invalid
from owlab.pocket.programs.wsk.session import Session


async def _identifier(session: Session) -> str:
    if session.on("last"):
        path = session.remote.namespaced(session.namespace, "activations") + "?limit=1&skip=0"
        rows = await session.remote.ask("obtain the last activation", "GET", path)
        if not rows:
            raise WskError("Activation list does not contain any activations.")
        return str(rows[0]["activationId"])
    if not session.words.rest:
        raise invalid("An activation ID is required.")
    return session.words.rest[0]


async def _fetch(session: Session, what: str, identifier: str, part: str = "") -> Any:
    path = session.remote.namespaced(session.namespace, "activations", identifier, part)
    return await session.remote.ask(f"get {what} '{identifier}'", "GET", path)


async def listing(session: Session) -> int:
    """``list [NAME] [--limit --skip --since --upto --full]``."""
    if len(session.words.rest) > 1:
        raise invalid("An optional namespace is the only valid argument.")
    query = session.paging()
    for bound in ("since", "upto"):
        value = session.words.number(bound)
        if value:
            query += f"&{bound}={value}"
    if session.words.rest:
        query += f"&name={session.name(session.words.rest[0]).entity}"
    full = session.on("full")
    query += f"&docs={str(full).lower()}"
    path = session.remote.namespaced(session.namespace, "activations") + query
    doing = f"obtain the list of activations for namespace '{session.namespace}'"
    rows = await session.remote.ask(doing, "GET", path)
    if full:
        await session.call.out("activations\n")
        for row in rows:
            await session.json(output.activation(row))
        return 0
    await session.call.out(output.activation_table(rows))
    return 0


async def get(session: Session) -> int:
    """``get ID [FIELD] [--last] [--summary]``."""
    identifier = await _identifier(session)
    found = await _fetch(session, "activation", identifier)
    shown = output.activation(found)
    fields = session.words.rest if session.on("last") else session.words.rest[1:]
    if session.on("summary"):
        status = found["response"]["status"]
        await session.call.out(
            f"activation result for '/{found['namespace']}/{found['name']}'"
            f" ({status} at {_local(found['end'])})\n"
        )
        await session.call.out(output.result_json(found["response"]["result"]))
    elif not fields:
        await session.ok(f"got activation {identifier}")
        await session.json(shown)
    elif fields[0] not in output.ACTIVATION:
        raise WskError(f"Invalid field filter '{fields[0]}'.")
    else:
        await session.ok(f"got activation {identifier}, displaying field {fields[0]}")
        await session.json(shown.get(fields[0]))
    return 0


def _local(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z %Z", time.localtime(milliseconds / 1000))


def stripped(line: str) -> str:
    """A log line without its time and stream."""
    _, _, rest = line.partition(" ")
    stream, colon, text = rest.partition(": ")
    return text if colon and stream in ("stdout", "stderr") else line


async def _print_logs(session: Session, lines: list[str]) -> None:
    for line in lines:
        await session.call.out((stripped(line) if session.on("strip") else line) + "\n")


async def logs(session: Session) -> int:
    """``logs ID [--last] [--strip]``."""
    identifier = await _identifier(session)
    found = await _fetch(session, "logs for activation", identifier, "logs")
    await _print_logs(session, found["logs"])
    return 0


async def result(session: Session) -> int:
    """``result ID [--last]``."""
    identifier = await _identifier(session)
    found = await _fetch(session, "result for activation", identifier, "result")
    await session.call.out(output.result_json(found["result"]))
    return 0


async def poll(session: Session) -> int:
    """``poll [NAME] [--exit SECONDS]``: new activations and their logs until interrupted."""
    await session.call.out("Enter Ctrl-c to exit.\nPolling for activation logs\n")
    since = int(time.time() * 1000)
    limit = session.words.number("exit")
    ends = time.monotonic() + limit if limit else None
    seen: set[str] = set()
    name = session.words.rest[0] if session.words.rest else ""
    while True:
        last = ends is not None and time.monotonic() >= ends
        query = f"?docs=true&limit=0&skip=0&since={since}" + (f"&name={name}" if name else "")
        path = session.remote.namespaced(session.namespace, "activations") + query
        for row in reversed(await session.remote.ask("poll activations", "GET", path)):
            if row["activationId"] not in seen:
                seen.add(row["activationId"])
                await session.call.out(f"\nActivation: '{row['name']}' ({row['activationId']})\n")
                await session.json(row["logs"])
        if last:
            return 0
        await asyncio.sleep(0.5)


VERBS = {
    "list": listing,
    "get": get,
    "logs": logs,
    "result": result,
    "poll": poll,
}
