"""`wsk package`."""

from __future__ import annotations

from typing import Any

from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.exits import GENERAL, NETWORK, WskError, arguments, of_status
from owlab.pocket.programs.wsk.remote import reason
from owlab.pocket.programs.wsk.session import Name, Session

NEEDED = "A package name is required."
NAMESPACE = "An optional namespace is the only valid argument."


def _path(session: Session, name: Name) -> str:
    return session.remote.namespaced(name.namespace, "packages", name.entity)


def _shared(session: Session) -> dict[str, bool]:
    given = session.words.text("shared")
    if not given:
        return {}
    if given.lower() not in ("yes", "no"):
        raise WskError(f"Cannot use value '{given}' for shared.")
    return {"publish": given.lower() == "yes"}


def _given(session: Session) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for field, what in (("param", "parameter"), ("annotation", "annotation")):
        if pairs := session.keyed(field, what):
            body[f"{what}s"] = pairs
    return body


async def _put(session: Session, verb: str, doing: str) -> int:
    (word,) = arguments(session.words.rest, 1, 1, NEEDED)
    name = session.name(word)
    body = {"namespace": name.namespace, "name": name.entity} | _shared(session) | _given(session)
    over = "true" if verb == "update" else "false"
    path = _path(session, name) + f"?overwrite={over}"
    await session.remote.ask(doing.format(name.entity), "PUT", path, body)
    await session.ok(f"{verb}d package {name.entity}")
    return 0


async def create(session: Session) -> int:
    """``create NAME``."""
    return await _put(session, "create", "Unable to create package '{}'")


async def update(session: Session) -> int:
    """``update NAME``."""
    return await _put(session, "update", "Package update failed")


async def bind(session: Session) -> int:
    """``bind PACKAGE NAME``."""
    needed = "A package name and binding name are required."
    source, word = arguments(session.words.rest, 2, 2, needed)
    target, name = session.name(source), session.name(word)
    body = _given(session) | {"binding": {"namespace": target.namespace, "name": target.entity}}
    over = "true" if session.words.on("overwrite") else "false"
    path = _path(session, name) + f"?overwrite={over}"
    await session.remote.ask("Binding creation failed", "PUT", path, body)
    await session.ok(f"created binding {word}")
    return 0


async def get(session: Session) -> int:
    """``get NAME [FIELD] [--summary]``."""
    rest = arguments(session.words.rest, 1, 2, NEEDED)
    chosen = session.field(output.PACKAGE, code=GENERAL, usage=False)
    name = session.name(rest[0])
    doing = f"Unable to get package '{name.entity}'"
    found = await session.remote.ask(doing, "GET", _path(session, name))
    if session.words.on("summary"):
        return await session.summarize("package", found)
    return await session.show("package", name.entity, output.package(found), chosen)


async def delete(session: Session) -> int:
    """``delete NAME``."""
    (word,) = arguments(session.words.rest, 1, 1, NEEDED)
    name = session.name(word)
    doing = f"Unable to delete package '{name.entity}'"
    await session.remote.ask(doing, "DELETE", _path(session, name))
    await session.ok(f"deleted package {name.entity}")
    return 0


async def listing(session: Session) -> int:
    """``list [/NAMESPACE]``."""
    namespace = session.only_namespace(arguments(session.words.rest, 0, 1, NAMESPACE))
    path = session.remote.namespaced(namespace, "packages") + session.paging()
    shown = "default" if namespace == "_" else namespace
    doing = f"Unable to obtain the list of packages for namespace '{shown}'"
    rows = await session.remote.ask(doing, "GET", path)
    await session.call.out(output.packages_text(rows, sort=session.words.on("name-sort")))
    return 0


async def refresh(session: Session) -> int:
    """``refresh [/NAMESPACE]``: a service that no OpenWhisk has had for long."""
    namespace = session.only_namespace(arguments(session.words.rest, 0, 1, NAMESPACE))
    path = session.remote.namespaced(namespace, "packages", "refresh")
    answer = await session.remote.send("POST", path, {})
    if answer.status == 501:
        text = "The package refresh feature is not implemented in the target deployment"
        raise WskError(text, NETWORK, usage=False)
    text = f"Package refresh for namespace '{namespace}' failed: {reason(answer)}"
    raise WskError(text, of_status(answer.status), usage=False)


VERBS = {
    "create": create,
    "update": update,
    "bind": bind,
    "get": get,
    "delete": delete,
    "list": listing,
    "refresh": refresh,
}
