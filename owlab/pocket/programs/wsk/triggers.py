"""`wsk trigger` and `wsk rule`."""

from __future__ import annotations

from typing import Any

from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.errors import WskError, invalid
from owlab.pocket.programs.wsk.session import Name, Session


def _path(session: Session, collection: str, name: Name) -> str:
    return session.remote.namespaced(name.namespace, collection, name.name)


async def _one(session: Session, kind: str) -> Name:
    (word,) = session.need(1, f"A {kind} name is required.")
    return session.name(word)


async def put_trigger(session: Session, verb: str) -> int:
    """``create NAME`` and ``update NAME``."""
    name = await _one(session, "trigger")
    if "feed" in session.words.values:
        raise WskError("feeds are not part of the pocket lab: fire the trigger by hand", 1)
    over = "true" if verb == "update" else "false"
    path = _path(session, "triggers", name) + f"?overwrite={over}"
    doing = f"{verb} trigger '{name.name}'"
    await session.remote.ask(doing, "PUT", path, session.entity_body(name))
    await session.ok(f"{verb}d trigger {name.name}")
    return 0


async def create_trigger(session: Session) -> int:
    """``create NAME``."""
    return await put_trigger(session, "create")


async def update_trigger(session: Session) -> int:
    """``update NAME``."""
    return await put_trigger(session, "update")


async def fire(session: Session) -> int:
    """``fire NAME [PAYLOAD]``."""
    rest = session.words.rest
    if not 1 <= len(rest) <= 2:
        raise invalid("A trigger name is required. A payload is optional.")
    name = session.name(rest[0])
    payload = session.given("param", "param-file")
    if len(rest) == 2:
        payload = {"payload": rest[1]} | payload
    doing = f"fire trigger '{name.name}'"
    body = await session.remote.ask(doing, "POST", _path(session, "triggers", name), payload)
    identifier = (body or {}).get("activationId", "")
    await session.ok(f"triggered /{name.namespace}/{name.name} with id {identifier}")
    return 0


async def get_trigger(session: Session) -> int:
    """``get NAME [FIELD]``."""
    return await _get(session, "trigger", output.ENTITY)


async def get_rule(session: Session) -> int:
    """``get NAME [FIELD]``."""
    return await _get(session, "rule", output.RULE)


async def _get(session: Session, kind: str, order: tuple[str, ...]) -> int:
    if not 1 <= len(session.words.rest) <= 2:
        raise invalid(f"A {kind} name is required.")
    name = session.name(session.words.rest[0])
    path = _path(session, f"{kind}s", name)
    found = await session.remote.ask(f"get {kind} '{name.name}'", "GET", path)
    return await session.show(kind, name, found, order)


async def delete_trigger(session: Session) -> int:
    """``delete NAME``."""
    return await _delete(session, "trigger")


async def delete_rule(session: Session) -> int:
    """``delete NAME [--disable]``."""
    return await _delete(session, "rule")


async def _delete(session: Session, kind: str) -> int:
    name = await _one(session, kind)
    path = _path(session, f"{kind}s", name)
    await session.remote.ask(f"delete {kind} '{name.name}'", "DELETE", path)
    await session.ok(f"deleted {kind} {name.name}")
    return 0


async def list_triggers(session: Session) -> int:
    """``list [/NAMESPACE]``."""
    await session.call.out(triggers_text(await _rows(session, "triggers")))
    return 0


async def list_rules(session: Session) -> int:
    """``list [/NAMESPACE]``."""
    await session.call.out(rules_text(await _rows(session, "rules")))
    return 0


async def _rows(session: Session, collection: str) -> list[dict[str, Any]]:
    rest = session.words.rest
    if len(rest) > 1:
        raise invalid("An optional namespace is the only valid argument.")
    namespace = rest[0].strip("/").split("/")[0] if rest else session.namespace
    path = session.remote.namespaced(namespace, collection) + session.paging()
    doing = f"obtain the list of {collection} for namespace '{namespace}'"
    rows: list[dict[str, Any]] = await session.remote.ask(doing, "GET", path)
    return sorted(rows, key=lambda r: str(r["name"])) if session.on("name-sort") else rows


def triggers_text(rows: list[dict[str, Any]]) -> str:
    """The list of triggers."""
    return "triggers\n" + "".join(
        output.entity_line(row["namespace"], row["name"], "private") for row in rows
    )


def rules_text(rows: list[dict[str, Any]]) -> str:
    """The list of rules."""
    return "rules\n" + "".join(
        f"{'/' + row['namespace'] + '/' + row['name']:<70} {'private':<20} {row['status']}\n"
        for row in rows
    )


async def put_rule(session: Session, verb: str) -> int:
    """``create NAME TRIGGER ACTION`` and ``update ...``."""
    rest = session.need(3, "A rule, trigger and action name are required.")
    name, trigger, action = (session.name(word) for word in rest)
    body = session.entity_body(name) | {
        "trigger": f"/{trigger.namespace}/{trigger.name}",
        "action": f"/{action.namespace}/{action.entity}",
    }
    over = "true" if verb == "update" else "false"
    path = _path(session, "rules", name) + f"?overwrite={over}"
    await session.remote.ask(f"{verb} rule '{name.name}'", "PUT", path, body)
    await session.ok(f"{verb}d rule {name.name}")
    return 0


async def create_rule(session: Session) -> int:
    """``create NAME TRIGGER ACTION``."""
    return await put_rule(session, "create")


async def update_rule(session: Session) -> int:
    """``update NAME TRIGGER ACTION``."""
    return await put_rule(session, "update")


async def _switch(session: Session, verb: str, status: str) -> int:
    name = await _one(session, "rule")
    path = _path(session, "rules", name)
    await session.remote.ask(f"{verb} rule '{name.name}'", "POST", path, {"status": status})
    await session.ok(f"{verb}d rule {name.name}")
    return 0


async def enable(session: Session) -> int:
    """``enable NAME``."""
    return await _switch(session, "enable", "active")


async def disable(session: Session) -> int:
    """``disable NAME``."""
    return await _switch(session, "disable", "inactive")


async def status(session: Session) -> int:
    """``status NAME``."""
    name = await _one(session, "rule")
    path = _path(session, "rules", name)
    found = await session.remote.ask(f"get status of rule '{name.name}'", "GET", path)
    await session.ok(f"rule {name.name} is {found['status']}")
    return 0


TRIGGERS = {
    "create": create_trigger,
    "update": update_trigger,
    "fire": fire,
    "get": get_trigger,
    "delete": delete_trigger,
    "list": list_triggers,
}
RULES = {
    "create": create_rule,
    "update": update_rule,
    "enable": enable,
    "disable": disable,
    "status": status,
    "get": get_rule,
    "delete": delete_rule,
    "list": list_rules,
}
