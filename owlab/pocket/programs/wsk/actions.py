"""`wsk action`."""

from __future__ import annotations

import base64
import posixpath
from typing import Any

from owlab.pocket.programs.wsk import code, output, web_flags
from owlab.pocket.programs.wsk.exits import (
    BAD_USAGE,
    NOT_ALLOWED,
    WskError,
    arguments,
    within,
)
from owlab.pocket.programs.wsk.invoking import invoke_and_print
from owlab.pocket.programs.wsk.session import Name, Session

NAMED = "An action name is required."


def _path(session: Session, name: Name) -> str:
    path = session.remote.namespaced(name.namespace, "actions", name.package, name.name)
    return path if name.name else f"{path}/"


async def _fetch(session: Session, name: Name, *, with_code: bool) -> dict[str, Any]:
    query = f"?code={'true' if with_code else 'false'}"
    found: dict[str, Any] = await session.remote.ask(
        f"Unable to get action '{name.entity}'", "GET", _path(session, name) + query, usage=True
    )
    # ``PACKAGE/`` is answered with a list of the package's actions: nothing of one is in that.
    return found if isinstance(found, dict) else {}


def _limits(session: Session) -> dict[str, int]:
    names = {
        "timeout": "timeout",
        "memory": "memory",
        "logsize": "logs",
        "concurrency": "concurrency",
    }
    words = session.words
    return {field: words.number(flag) for flag, field in names.items() if words.given(flag)}


async def _put(session: Session, verb: str, needed: str) -> int:
    rest = arguments(session.words.rest, 1, 2, needed)
    try:
        name = session.name(rest[0])
        body = await _body(session, name, rest, update=verb == "update")
    except WskError as error:
        raise within("Invalid argument(s). ", error, usage=True) from error
    over = "true" if verb == "update" else "false"
    path = _path(session, name) + f"?overwrite={over}"
    # wsk says "create" whatever it does here.
    doing = f"Unable to create action '{name.entity}'"
    await session.remote.ask(doing, "PUT", path, body, usage=True)
    await session.ok(f"{verb}d action {name.entity}")
    return 0


async def _body(session: Session, name: Name, rest: list[str], *, update: bool) -> dict[str, Any]:
    words = session.words
    body: dict[str, Any] = {"namespace": name.namespace, "name": name.entity}
    for field, what in (("param", "parameter"), ("annotation", "annotation")):
        if words.texts.get(field):
            body[f"{what}s"] = session.keyed(field, what)
    if limits := _limits(session):
        body["limits"] = limits
    if words.text("kind") and words.text("docker"):
        raise WskError(
            "Cannot specify both --kind and --docker at the same time.", NOT_ALLOWED, usage=False
        )
    if words.on("copy"):
        if len(rest) < 2:
            raise WskError(code.NEEDED, BAD_USAGE)
        found = await _fetch(session, session.name(rest[1]), with_code=True)
        body["exec"] = found["exec"]
        for field in ("parameters", "annotations"):
            own = {pair["key"] for pair in body.get(field, [])}
            more = [pair for pair in found.get(field, []) if pair["key"] not in own]
            body[field] = [*body.get(field, []), *more]
    elif words.on("sequence"):
        if len(rest) < 2:
            raise WskError(code.NEEDED, BAD_USAGE)
        names = [_component(session, word) for word in rest[1].split(",")]
        body["exec"] = {"kind": "sequence", "components": names}
    elif len(rest) > 1 or words.text("docker"):
        body["exec"] = code.execution(session, rest)
    elif not update:
        raise WskError(code.NEEDED, BAD_USAGE)
    # An update without code: --main and --kind say nothing there, and wsk sends nothing of them.
    old: dict[str, Any] = {}
    if update:
        if deleted := words.flags.values.get("del-annotation"):
            body["delAnnotations"] = list(deleted)
        answer = await session.remote.send("GET", _path(session, name) + "?code=false")
        old = answer.body if answer.status == 200 else {}
    web_flags.augment(session, body, old)
    return body


def _component(session: Session, word: str) -> str:
    parts = word.split("/")
    if len(parts) == 3 and parts[0]:
        return f"/{word}"
    return word if word.startswith("/") else f"/{session.namespace}/{word}"


async def create(session: Session) -> int:
    """``create NAME FILE``."""
    return await _put(session, "create", code.NEEDED)


async def update(session: Session) -> int:
    """``update NAME [FILE]``."""
    needed = "An action name is required. A code artifact is optional."
    return await _put(session, "update", needed)


async def get(session: Session) -> int:
    """``get NAME [FIELD] [--url] [--summary] [--save]``."""
    words = session.words
    rest = arguments(words.rest, 1, 2, NAMED)
    chosen = ""
    if not words.on("url") and not words.on("summary"):
        chosen = session.field(output.ACTION, code=BAD_USAGE, usage=True)
    name = session.name(rest[0])
    saving = words.given("save") or words.given("save-as")
    found = await _fetch(session, name, with_code=saving)
    if words.on("url"):
        await session.ok(f"got action {name.name}")
        await session.call.out(_url(session, name, found) + "\n")
        return 0
    if words.on("summary"):
        return await session.summarize("action", found)
    if saving:
        return await _save(session, name, found)
    return await session.show("action", name.entity, output.action(found), chosen)


def _url(session: Session, name: Name, found: dict[str, Any]) -> str:
    namespace = found["namespace"].split("/")[0]
    if output.annotation(found, "web-export") is True:
        return session.remote.url(f"/web/{namespace}/{name.package or 'default'}/{name.name}")
    return session.remote.url(f"/namespaces/{namespace}/actions/{name.entity}")


async def _save(session: Session, name: Name, found: dict[str, Any]) -> int:
    execution = found["exec"]
    if execution["kind"] == "sequence":
        raise WskError("Cannot save action sequences", BAD_USAGE)
    if execution["kind"] == "blackbox" and not execution.get("code"):
        raise WskError("Cannot save Docker images", BAD_USAGE)
    target = session.words.text("save-as") or code.file_name(name.name, execution)
    path = session.call.path(target)
    if session.call.fs.exists(path):
        raise WskError(f"The file '{target}' already exists", BAD_USAGE)
    text = execution["code"]
    data = base64.b64decode(text) if execution.get("binary") else text.encode()
    try:
        session.call.fs.write_file(path, data)
    except (OSError, RuntimeError) as error:
        raise WskError(
            f"Cannot create file '{target}': open {target}: no such file or directory", BAD_USAGE
        ) from error
    await session.ok(f"saved action code to {posixpath.join(session.call.cwd, target)}")
    return 0


async def delete(session: Session) -> int:
    """``delete NAME``."""
    (word,) = arguments(session.words.rest, 1, 1, NAMED)
    name = session.name(word)
    doing = f"Unable to delete action '{name.entity}'"
    await session.remote.ask(doing, "DELETE", _path(session, name), usage=True)
    await session.ok(f"deleted action {name.entity}")
    return 0


async def listing(session: Session) -> int:
    """``list [/NAMESPACE[/PACKAGE]]``."""
    needed = "An optional namespace is the only valid argument."
    rest = arguments(session.words.rest, 0, 1, needed)
    name = session.name(rest[0]) if rest else Name(session.namespace, "")
    path = session.remote.namespaced(name.namespace, "actions")
    path += (f"/{name.entity}/" if name.entity else "") + session.paging()
    shown = "default" if name.namespace == "_" else name.namespace
    doing = f"Unable to obtain the list of actions for namespace '{shown}'"
    rows = await session.remote.ask(doing, "GET", path, usage=True)
    await session.call.out(output.actions_text(rows, sort=session.words.on("name-sort")))
    return 0


async def invoke(session: Session) -> int:
    """``invoke NAME [--blocking] [--result]``."""
    (word,) = arguments(session.words.rest, 1, 1, NAMED)
    name = session.name(word)
    result = session.words.on("result")
    return await invoke_and_print(
        session,
        name,
        session.given("param"),
        blocking=result or session.words.on("blocking"),
        result=result,
        header=not result,
    )


VERBS = {
    "create": create,
    "update": update,
    "get": get,
    "delete": delete,
    "list": listing,
    "invoke": invoke,
}
