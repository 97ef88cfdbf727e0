"""`wsk package`."""

from __future__ import annotations

from typing import Any

from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.errors import WskError, invalid
from owlab.pocket.programs.wsk.session import Name, Session

NEEDED = "A package name is required."


def _path(session: Session, name: Name) -> str:
    return session.remote.namespaced(name.namespace, "packages", name.name)


async def _put(session: Session, verb: str) -> int:
    (word,) = session.need(1, NEEDED)
    name = session.name(word)
    body = session.entity_body(name)
    shared = session.words.values.get("shared")
    if shared is not None:
        if shared.lower() not in ("yes", "no"):
            raise WskError(f"Cannot use value '{shared}' for shared.", 2)
        body["publish"] = shared.lower() == "yes"
    over = "true" if verb == "update" else "false"
    path = _path(session, name) + f"?overwrite={over}"
    await session.remote.ask(f"{verb} package '{name.name}'", "PUT", path, body)
    await session.ok(f"{verb}d package {name.name}")
    return 0


async def create(session: Session) -> int:
    """``create NAME``."""
    return await _put(session, "create")


async def update(session: Session) -> int:
    """``update NAME``."""
    return await _put(session, "update")


async def bind(session: Session) -> int:
    """``bind PACKAGE NAME``."""
    source, word = session.need(2, "A package name and binding name are required.")
    name, target = session.name(word), session.name(source)
    body = session.entity_body(name)
    body["binding"] = {"namespace": target.namespace, "name": target.name}
    path = _path(session, name) + "?overwrite=false"
    await session.remote.ask(f"create binding '{name.name}'", "PUT", path, body)
    await session.ok(f"created binding {name.name}")
    return 0


async def get(session: Session) -> int:
    """``get NAME [FIELD] [--summary]``."""
    if not 1 <= len(session.words.rest) <= 2:
        raise invalid(NEEDED)
    name = session.name(session.words.rest[0])
    found = await session.remote.ask(f"get package '{name.name}'", "GET", _path(session, name))
    return await session.show("package", name, found, output.ENTITY)


async def delete(session: Session) -> int:
    """``delete NAME``."""
    (word,) = session.need(1, NEEDED)
    name = session.name(word)
    await session.remote.ask(f"delete package '{name.name}'", "DELETE", _path(session, name))
    await session.ok(f"deleted package {name.name}")
    return 0


async def listing(session: Session) -> int:
    """``list [/NAMESPACE]``."""
    rest = session.words.rest
    if len(rest) > 1:
        raise invalid("An optional namespace is the only valid argument.")
    namespace = rest[0].strip("/").split("/")[0] if rest else session.namespace
    path = session.remote.namespaced(namespace, "packages") + session.paging()
    doing = f"obtain the list of packages for namespace '{namespace}'"
    rows = await session.remote.ask(doing, "GET", path)
    await session.call.out(packages_text(rows, by_name=session.on("name-sort")))
    return 0


def packages_text(rows: list[dict[str, Any]], *, by_name: bool = False) -> str:
    """The list of packages."""
    if by_name:
        rows = sorted(rows, key=lambda row: str(row["name"]))
    return "packages\n" + "".join(
        output.entity_line(r["namespace"], r["name"], "shared" if r["publish"] else "private")
        for r in rows
    )


async def refresh(session: Session) -> int:
    """``refresh``: upstream's service for it is long gone."""
    raise WskError("The package refresh feature is not implemented in the target deployment", 1)


VERBS = {
    "create": create,
    "update": update,
    "bind": bind,
    "get": get,
    "delete": delete,
    "list": listing,
    "refresh": refresh,
}
