"""`wsk property`, `wsk namespace` and `wsk list`."""

from __future__ import annotations

from urllib.parse import urlsplit

from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.exits import NETWORK, WskError, arguments
from owlab.pocket.programs.wsk.rules import with_status
from owlab.pocket.programs.wsk.session import Session

# Flag, key of the file, what it is called, whether its value is repeated when it is set.
SETTINGS = (
    ("cert", "CERT", "client cert", False),
    ("key", "KEY", "client key", False),
    ("auth", "AUTH", "whisk auth", False),
    ("apihost", "APIHOST", "whisk API host", True),
    ("apiversion", "APIVERSION", "whisk API version", True),
)
# What `get` prints, in its order: flag, label with its tabs.
SHOWN = (
    ("apihost", "whisk API host\t\t"),
    ("auth", "whisk auth\t\t"),
    ("namespace", "whisk namespace\t\t"),
    ("cert", "client cert\t\t"),
    ("key", "Client key\t\t"),
    ("apiversion", "whisk API version\t"),
    ("cliversion", "whisk CLI version\t"),
    ("apibuild", "whisk API build\t\t"),
    ("apibuildno", "whisk API build number\t"),
)
ORDER = (
    "apihost", "auth", "namespace", "cert", "key", "cliversion", "apiversion", "apibuild",
    "apibuildno",
)  # fmt: skip
NONE_NEEDED = "No arguments are required."
VERSION = "2021-04-01"


async def set_(session: Session) -> int:
    """``set --apihost HOST --auth KEY ...``."""
    file, lines = session.properties.file, []
    for flag, name, what, shown in SETTINGS:
        value = session.words.text(flag)
        if not value:
            continue
        if flag == "apihost":
            _check_host(value)
        file[name] = value
        if shown:
            lines.append(f"{what} set to {value}")
        else:
            lines.append(f"{what} set. Run 'wsk property get --{flag}' to see the new value.")
    session.properties.save(session.call)
    for line in lines:
        await session.ok(line)
    return 0


def _check_host(value: str) -> None:
    """The real one breaks off at such a host, without a word of its own."""
    try:
        parts = urlsplit(value if "://" in value else f"https://{value}")
        _ = parts.port
    except ValueError as error:
        raise WskError(f"Unable to set API host value; '{value}' is invalid: {error}") from error
    if any(letter.isspace() for letter in value):
        raise WskError(f"Unable to set API host value; '{value}' is invalid: it has a blank")


async def unset(session: Session) -> int:
    """``unset --apihost ...``."""
    for flag, name, what, _ in SETTINGS:
        if session.words.on(flag):
            session.properties.file.pop(name, None)
            tail = "; the default value of v1 will be used." if name == "APIVERSION" else "."
            await session.ok(f"{what} unset{tail}")
    session.properties.save(session.call)
    return 0


async def get(session: Session) -> int:
    """``get [--apihost --auth ...] [--output raw]``."""
    words = session.words
    style = words.text("output")
    if style not in ("std", "raw"):
        raise WskError("Supported output format are std|raw", usage=False)
    everything = words.on("all") or not any(words.on(flag) for flag, _ in SHOWN)
    if everything and style == "raw":
        message = "--output|-o raw only supported with specific property type"
        raise WskError(message, usage=False)
    problem: WskError | None = None
    build = {"apibuild": "Unknown", "apibuildno": "Unknown"}
    if everything or words.on("apibuild") or words.on("apibuildno"):
        try:
            build = await _build(session)
        except WskError as error:
            problem = error
    # Asked for one by one, the two versions change places.
    shown = SHOWN if everything else sorted(SHOWN, key=lambda row: ORDER.index(row[0]))
    for flag, label in shown:
        if everything or words.on(flag):
            value = build.get(flag) or await _value(session, flag)
            await session.call.out(f"{value}\n" if style == "raw" else f"{label}{value}\n")
    if problem is not None:
        message = f"Unable to obtain API build information: {problem.message}"
        raise WskError(message, problem.code, usage=problem.usage)
    return 0


async def _value(session: Session, flag: str) -> str:
    if flag == "cliversion":
        return VERSION
    if flag == "namespace":
        return await _namespace(session)
    return session.properties.get(flag.upper())


async def _namespace(session: Session) -> str:
    try:
        names = await session.remote.ask("", "GET", "/namespaces")
        return str(names[0])
    except WskError:
        return session.namespace


async def _build(session: Session) -> dict[str, str]:
    answer = await session.remote.send("GET", "", auth=False)
    try:
        return {"apibuild": str(answer.body["build"]), "apibuildno": str(answer.body["buildno"])}
    except (TypeError, KeyError) as error:
        text = f"The connection failed, or timed out. (HTTP status code {answer.status})"
        raise WskError(text, usage=False) from error


async def namespaces(session: Session) -> int:
    """``namespace list``."""
    arguments(session.words.rest, 0, 0, NONE_NEEDED)
    doing = "Unable to obtain the list of available namespaces"
    try:
        names = await session.remote.ask(doing, "GET", "/namespaces")
    except WskError as error:
        raise WskError(error.message, error.code or NETWORK, usage=error.usage) from error
    await session.call.out("namespaces\n" + "".join(f"{name}\n" for name in names))
    return 0


async def entities(session: Session) -> int:
    """``namespace get`` and ``wsk list``."""
    if session.words.rest != ["/_"]:
        arguments(session.words.rest, 0, 0, NONE_NEEDED)
    namespace, sort = session.namespace, session.words.on("name-sort")
    doing = f"Unable to obtain the list of entities for namespace '{session.shown_namespace}'"
    rows = {}
    for collection in ("actions", "packages", "triggers"):
        path = session.remote.namespaced(namespace, collection) + "?limit=0&skip=0"
        rows[collection] = await session.remote.ask(doing, "GET", path)
    rules = await with_status(session, namespace, "?limit=0&skip=0")
    await session.call.out(
        f"Entities in namespace: {session.shown_namespace}\n"
        + output.packages_text(rows["packages"], sort=sort)
        + output.actions_text(rows["actions"], sort=sort)
        + output.triggers_text(rows["triggers"], sort=sort)
        + output.rules_text(rules, sort=sort)
    )
    return 0


PROPERTY = {"set": set_, "unset": unset, "get": get}
NAMESPACE = {"list": namespaces, "get": entities}
