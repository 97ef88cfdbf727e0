"""`wsk rule`."""

from __future__ import annotations

from typing import Any

from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.exits import GENERAL, arguments
from owlab.pocket.programs.wsk.session import Name, Session

NAMED = "A rule name is required."
NAMESPACE = "An optional namespace is the only valid argument."


def _path(session: Session, name: Name) -> str:
    return session.remote.namespaced(name.namespace, "rules", name.entity)


async def _fetch(session: Session, name: Name, doing: str) -> dict[str, Any]:
    found: dict[str, Any] = await session.remote.ask(doing, "GET", _path(session, name), usage=True)
    return found


def _qualified(session: Session, word: str) -> str:
    parts = word.split("/")
    if len(parts) == 3 and parts[0]:
        return f"/{word}"
    return word if word.startswith("/") else f"/{session.namespace}/{word}"


async def _put(session: Session, verb: str) -> int:
    needed = "A rule, trigger and action name are required."
    word, trigger, action = arguments(session.words.rest, 3, 3, needed)
    name = session.name(word)
    body = {
        "name": name.entity,
        "status": "",
        "trigger": _qualified(session, trigger),
        "action": _qualified(session, action),
    }
    over = "true" if verb == "update" else "false"
    path = _path(session, name) + f"?overwrite={over}"
    await session.remote.ask(f"Unable to {verb} rule '{name.entity}'", "PUT", path, body)
    await session.ok(f"{verb}d rule {name.entity}")
    return 0


async def create(session: Session) -> int:
    """``create NAME TRIGGER ACTION``."""
    return await _put(session, "create")


async def update(session: Session) -> int:
    """``update NAME TRIGGER ACTION``."""
    return await _put(session, "update")


async def _switch(session: Session, name: Name, verb: str, status: str) -> None:
    path = _path(session, name)
    doing = f"Unable to {verb} rule '{name.entity}'"
    await session.remote.ask(doing, "POST", path, {"status": status})


async def _switch_named(session: Session, verb: str, status: str) -> int:
    (word,) = arguments(session.words.rest, 1, 1, NAMED)
    name = session.name(word)
    await _switch(session, name, verb, status)
    await session.ok(f"{verb}d rule {name.entity}")
    return 0


async def enable(session: Session) -> int:
    """``enable NAME``."""
    return await _switch_named(session, "enable", "active")


async def disable(session: Session) -> int:
    """``disable NAME``."""
    return await _switch_named(session, "disable", "inactive")


async def status(session: Session) -> int:
    """``status NAME``."""
    (word,) = arguments(session.words.rest, 1, 1, NAMED)
    name = session.name(word)
    found = await _fetch(session, name, f"Unable to get status of rule '{name.entity}'")
    await session.ok(f"rule {name.entity} is {found['status']}")
    return 0


async def get(session: Session) -> int:
    """``get NAME [FIELD]``."""
    rest = arguments(session.words.rest, 1, 2, NAMED)
    chosen = session.field(output.RULE, code=GENERAL, usage=False)
    name = session.name(rest[0])
    found = await _fetch(session, name, f"Unable to get rule '{name.entity}'")
    if session.words.on("summary"):
        return await session.summarize("rule", found)
    return await session.show("rule", name.entity, output.rule(found), chosen)


async def delete(session: Session) -> int:
    """``delete NAME [--disable]``."""
    (word,) = arguments(session.words.rest, 1, 1, NAMED)
    name = session.name(word)
    if session.words.on("disable"):
        await _switch(session, name, "disable", "inactive")
    doing = f"Unable to delete rule '{name.entity}'"
    await session.remote.ask(doing, "DELETE", _path(session, name))
    await session.ok(f"deleted rule {name.entity}")
    return 0


async def listing(session: Session) -> int:
    """``list [/NAMESPACE]``."""
    namespace = session.only_namespace(arguments(session.words.rest, 0, 1, NAMESPACE))
    rows = await with_status(session, namespace, session.paging())
    await session.call.out(output.rules_text(rows, sort=session.words.on("name-sort")))
    return 0


async def with_status(session: Session, namespace: str, query: str) -> list[dict[str, Any]]:
    """A namespace's rules: each is asked for its status, since the list has none."""
    path = session.remote.namespaced(namespace, "rules") + query
    shown = "default" if namespace == "_" else namespace
    doing = f"Unable to obtain the list of rules for namespace '{shown}'"
    rows: list[dict[str, Any]] = await session.remote.ask(doing, "GET", path)
    for row in rows:
        doing = f"Unable to get status of rule '{row['name']}'"
        path = session.remote.namespaced(namespace, "rules", row["name"])
        row["status"] = (await session.remote.ask(doing, "GET", path))["status"]
    return rows


VERBS = {
    "create": create,
    "update": update,
    "enable": enable,
    "disable": disable,
    "status": status,
    "get": get,
    "delete": delete,
    "list": listing,
}
