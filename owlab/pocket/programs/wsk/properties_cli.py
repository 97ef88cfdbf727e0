"""`wsk property`, `wsk namespace` and `wsk list`."""

from __future__ import annotations

from owlab.pocket.programs.wsk.actions import actions_text
from owlab.pocket.programs.wsk.errors import WskError
from owlab.pocket.programs.wsk.packages import packages_text
from owlab.pocket.programs.wsk.session import Session
from owlab.pocket.programs.wsk.triggers import rules_text, triggers_text

# Flag, key of the file, what it is called, whether its value is repeated when it is set.
SETTINGS = (
    ("auth", "AUTH", "whisk auth", False),
    ("apihost", "APIHOST", "whisk API host", True),
    ("apiversion", "APIVERSION", "whisk API version", True),
    ("namespace", "NAMESPACE", "whisk namespace", True),
    ("cert", "CERT", "client cert", True),
    ("key", "KEY", "client key", True),
)
BARE = frozenset({"auth", "apihost", "apiversion", "namespace", "cert", "key"})
VERSION = "1.2.0"


async def set_(session: Session) -> int:
    """``set --apihost HOST --auth KEY ...``."""
    file, lines = session.properties.file, []
    for flag, name, what, shown in SETTINGS:
        value = session.words.values.get(flag)
        if value is None:
            continue
        file[name] = value
        if shown:
            lines.append(f"{what} set to {value}")
        else:
            lines.append(f"{what} set. Run 'wsk property get --auth' to see the new value.")
    session.properties.save(session.call)
    for line in lines:
        await session.ok(line)
    return 0


async def unset(session: Session) -> int:
    """``unset --apihost ...``."""
    for flag, name, what, _ in SETTINGS:
        if session.on(flag):
            session.properties.file.pop(name, None)
            await session.ok(f"{what} unset.")
    session.properties.save(session.call)
    return 0


async def get(session: Session) -> int:
    """``get [--apihost --auth ...] [--output raw]``."""
    flags = session.words.switches
    chosen = {"auth", "apihost", "apiversion", "namespace", "cert", "key", "cliversion"} & flags
    chosen |= {"apibuild", "apibuildno"} & flags
    everything = not chosen or "all" in flags
    raw = session.words.values.get("output") == "raw"

    async def line(name: str, label: str, value: str) -> None:
        if everything or name in chosen:
            await session.call.out(value + "\n" if raw else f"{label}\t{value}\n")

    get_ = session.properties.get
    await line("cert", "client cert\t", get_("CERT"))
    await line("key", "Client key\t", get_("KEY"))
    await line("apihost", "whisk API host\t", get_("APIHOST"))
    await line("auth", "whisk auth\t", get_("AUTH"))
    if everything or "namespace" in chosen:
        await line("namespace", "whisk namespace\t", await _namespace(session))
    await line("apiversion", "whisk API version", get_("APIVERSION"))
    await line("cliversion", "whisk CLI version", VERSION)
    if everything or {"apibuild", "apibuildno"} & chosen:
        build, number = await _build(session)
        await line("apibuild", "whisk API build\t", build)
        await line("apibuildno", "whisk API build number", number)
    return 0


async def _namespace(session: Session) -> str:
    try:
        names = await session.remote.ask("get namespaces", "GET", "/namespaces")
        return str(names[0])
    except WskError:
        return session.namespace


async def _build(session: Session) -> tuple[str, str]:
    try:
        answer = await session.remote.send("GET", "", auth=False)
        return str(answer.body["build"]), str(answer.body["buildno"])
    except (WskError, TypeError, KeyError):
        return "Unknown", "Unknown"


async def namespaces(session: Session) -> int:
    """``namespace list``."""
    names = await session.remote.ask(
        "obtain the list of available namespaces", "GET", "/namespaces"
    )
    await session.call.out("namespaces\n" + "".join(f"{name}\n" for name in names))
    return 0


async def entities(session: Session) -> int:
    """``namespace get`` and ``wsk list``."""
    rest = session.words.rest
    namespace = rest[0].strip("/") if rest else session.namespace
    doing = f"obtain the list of entities for namespace '{namespace}'"
    rows = {}
    for collection in ("packages", "actions", "triggers", "rules"):
        path = session.remote.namespaced(namespace, collection) + "?limit=0&skip=0"
        rows[collection] = await session.remote.ask(doing, "GET", path)
    await session.call.out(
        f"Entities in namespace: {'default' if namespace == '_' else namespace}\n"
        + packages_text(rows["packages"])
        + actions_text(rows["actions"])
        + triggers_text(rows["triggers"])
        + rules_text(rows["rules"])
    )
    return 0


PROPERTY = {"set": set_, "unset": unset, "get": get}
NAMESPACE = {"list": namespaces, "get": entities}
