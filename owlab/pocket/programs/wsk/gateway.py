"""`wsk api`: the API gateway, through the management actions of /whisk.system/apimgmt."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import yaml

from owlab.pocket.ground.yaml_text import load_yaml
from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.exits import NOT_ALLOWED, WskError, arguments, within
from owlab.pocket.programs.wsk.goerrors import unparsed, unparsed_yaml
from owlab.pocket.programs.wsk.remote import reason
from owlab.pocket.programs.wsk.session import Name, Session

METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS")
# The real wsk tells them, and lists an API's operations, in another order each time.
SPECIFY = (
    "Specify a swagger file or specify an API base path with an API path, an API verb, and an "
    "action name."
)
OPTIONAL = "Optional parameters are: API base path (or API name), API relative path and operation."
REQUIRED = "An API base path or API name is required."
MORE = f"{REQUIRED}  An optional API relative path and operation may also be provided."
Rows = list[dict[str, str]]


def _options(session: Session, **more: str) -> str:
    key = session.remote.key
    if not key:
        raise WskError("Authorization key is not configured (--auth is required)", usage=False)
    options = {name: value for name, value in more.items() if value}
    options |= {"spaceguid": key.split(":")[0], "accesstoken": "DUMMY TOKEN"}
    return "?" + urlencode(dict(sorted(options.items())))


async def _manage(
    session: Session, doing: str, method: str, action: str, query: str, body: object = None
) -> Any:
    """Call a management action; every failure ends with status 1."""
    path = f"/web/whisk.system/apimgmt/{action}.http{query}"
    try:
        answer = await session.remote.send(method, path, body)
    except WskError as error:
        raise WskError(f"{doing}: {error.message}", usage=False) from error
    found = answer.body
    if answer.status >= 400:
        # What the gateway says of it has no code: wsk does not recognize it, and tells the status.
        raise WskError(f"{doing}: {reason(answer)}", usage=False)
    return found


def _verb(text: str) -> str:
    if text.upper() not in METHODS:
        shown = " ".join(METHODS)
        raise WskError(f"'{text}' is not a valid API verb.  Valid values are: [{shown}]")
    return text.upper()


def _relative(text: str) -> str:
    if not text.startswith("/"):
        raise WskError(f"'{text}' must begin with '/'.")
    return text


def _parameters(path: str) -> list[str]:
    found = [s[1:-1] for s in path.split("/") if len(s) > 2 and s[0] == "{" and s[-1] == "}"]
    return list(dict.fromkeys(found))


async def create(session: Session) -> int:
    """``create [BASE_PATH] API_PATH API_VERB ACTION`` or ``create --config-file FILE``."""
    words = session.words
    if not words.rest:
        if not words.text("config-file"):
            raise WskError(f"Invalid argument(s). {SPECIFY}")
        return await _create_from_file(session, words.text("config-file"))
    rest = arguments(words.rest, 3, 4, SPECIFY)
    style = words.text("response-type")
    try:
        made, name = document(session, rest, style)
    except WskError as error:
        raise within("Unable to parse api command arguments: ", error, usage=True) from error
    action = await _web_action(session, name)
    secret = output.annotation(action, "require-whisk-auth")
    if secret is not None:
        made["action"]["secureKey"] = secret
    base = str((await insert(session, made, style)).get("gwApiUrl", "")).rstrip("/")
    path = made["gatewayBasePath"].rstrip("/") + made["gatewayPath"]
    await session.ok(
        f"created API {path} {made['gatewayMethod']} for action /{name.namespace}/{name.entity}"
    )
    await session.call.out(f"{base}{made['gatewayPath']}\n")
    return 0


def document(
    session: Session, rest: list[str], style: str, title: str = ""
) -> tuple[dict[str, Any], Name]:
    """An operation as the management actions want it, and its action; ``style`` is the answer's."""
    base, named = "/", False
    if len(rest) == 4:
        base, rest = rest[0], rest[1:]
        named = not base.startswith("/")
        if _parameters(base):
            raise WskError(
                f"The base path '{base}' cannot have parameters. Only the relative path supports "
                "path parameters."
            )
    path = _relative(rest[0])
    parameters = _parameters(path)
    if parameters and style != "http":
        raise WskError("A response type of 'http' is required when using path parameters.")
    method = _verb(rest[1])
    try:
        name = session.name(rest[2])
    except WskError as error:
        why = error.message.partition(": ")[2]
        raise WskError(f"'{rest[2]}' is not a valid action name: {why}", NOT_ALLOWED) from error
    if not name.entity:
        raise WskError(f"'{rest[2]}' is not a valid action name.")
    title = title or session.words.text("apiname")
    if title and named:
        raise WskError("An API name can only be specified once.")
    web = f"/web/{name.namespace}/{name.package or 'default'}/{name.name}.http"
    made: dict[str, Any] = {
        "namespace": session.namespace,
        "gatewayBasePath": base,
        "gatewayPath": path,
        "gatewayMethod": method,
        "action": {
            "name": name.entity,
            "namespace": name.namespace,
            "backendMethod": method,
            "backendUrl": session.remote.url(web),
            "authkey": session.remote.key,
        },
        "pathParameters": [
            {
                "name": parameter,
                "in": "path",
                "description": f"Default description for '{parameter}'",
                "required": True,
                "type": "string",
            }
            for parameter in parameters
        ],
    }
    if not named:
        made["id"] = f"API:{session.namespace}:{base}"
    if title:
        made["apiName"] = title
    return made, name


async def _web_action(session: Session, name: Name) -> dict[str, Any]:
    package = [name.package] if name.package else []
    path = session.remote.namespaced(name.namespace, "actions", *package, name.name)
    shown = name.full
    doing = f"Unable to get action '{shown}'"
    try:
        found: dict[str, Any] = await session.remote.ask(doing, "GET", f"{path}?code=false")
    except WskError as error:
        raise WskError(error.message) from error
    if output.annotation(found, "web-export") is not True:
        raise WskError(
            f"Action '{shown}' is not a web action. Issue 'wsk action update \"{shown}\" "
            "--web true' to convert the action to a web action."
        )
    return found


async def insert(session: Session, apidoc: dict[str, Any], style: str) -> dict[str, Any]:
    """Add an operation, or a whole document, to the gateway."""
    doing, query = "Unable to create API", _options(session, responsetype=style)
    made: dict[str, Any] = await _manage(
        session, doing, "POST", "createApi", query, {"apidoc": apidoc}
    )
    return made


async def remove(session: Session, base: str, path: str = "", verb: str = "") -> None:
    """Take an API, or a part of it, from the gateway."""
    query = _options(session, basepath=base, relpath=path, operation=verb)
    await _manage(session, "Unable to delete API", "DELETE", "deleteApi", query)


def swagger_of(session: Session, path: str) -> dict[str, Any]:
    """A file that describes a whole API."""
    try:
        return _swagger(session, path)
    except WskError as error:
        raise within("Unable to parse swagger file: ", error, usage=True) from error


async def _create_from_file(session: Session, path: str) -> int:
    swagger = swagger_of(session, path)
    apidoc = {"namespace": session.namespace, "swagger": json.dumps(swagger)}
    made = await insert(session, apidoc, session.words.text("response-type"))
    base = str(made.get("gwApiUrl", "")).rstrip("/")
    for row in _rows({"value": made}):
        path = row["base"].rstrip("/") + row["path"]
        shown = f" for action {row['action']}" if row["action"] else ""
        await session.ok(f"created API {path} {row['verb']}{shown}")
        await session.call.out(f"{base}{row['path']}\n")
    return 0


def _swagger(session: Session, path: str) -> dict[str, Any]:
    try:
        text = session.read(path).decode("utf-8", "replace")
    except WskError as error:
        raise within(f"Error reading swagger file '{path}': ", error) from error
    try:
        found = load_yaml(text) if path.endswith(("yaml", "yml")) else json.loads(text)
    except yaml.YAMLError as error:
        message = f"Unable to parse YAML configuration file: {unparsed_yaml(error)}"
        raise WskError(message) from error
    except ValueError as error:
        reason = unparsed(error, [text])
        raise WskError(f"Error parsing swagger file '{path}': {reason}") from error
    needed = ("basePath", "info", "paths", "swagger")
    if not isinstance(found, dict) or any(not found.get(name) for name in needed):
        raise WskError("Swagger file is invalid (missing basePath, info, paths, or swagger fields)")
    if not str(found["basePath"]).startswith("/"):
        raise WskError("Swagger file basePath must start with a leading slash (/)")
    return found


def _rows(api: dict[str, Any], path: str = "", verb: str = "") -> Rows:
    """An API's operations, one each."""
    value = api["value"]
    swagger = value.get("apidoc") or {}
    base = str(value.get("gwApiUrl", "")).rstrip("/")
    rows = []
    for at, operations in (swagger.get("paths") or {}).items():
        for method, operation in operations.items():
            if method.upper() not in METHODS or (path and at != path):
                continue
            if verb and method.upper() != verb:
                continue
            told = operation.get("x-openwhisk") or {}
            parts = [told.get("namespace"), told.get("package"), told.get("action")]
            rows.append(
                {
                    "action": "".join(f"/{part}" for part in parts if part),
                    "verb": method,
                    "name": (swagger.get("info") or {}).get("title", ""),
                    "base": swagger.get("basePath", ""),
                    "path": at,
                    "url": base + at,
                    "style": str(told.get("url", "")).rpartition(".")[2],
                }
            )
    return rows


async def every_operation(session: Session) -> Rows:
    """All operations of all APIs of the namespace."""
    doing = "Unable to obtain the API list"
    found = await _manage(session, doing, "GET", "getApi", _options(session))
    return [row for api in found.get("apis") or [] for row in _rows(api)]


async def listing(session: Session) -> int:
    """``list [BASE_PATH | API_NAME [API_PATH [API_VERB]]]``."""
    words = session.words
    rest = arguments(words.rest, 0, 3, OPTIONAL)
    path = _relative(rest[1]) if len(rest) > 1 else ""
    verb = _verb(rest[2]) if len(rest) > 2 else ""
    more = {"basepath": rest[0] if rest else "", "relpath": path, "operation": verb}
    if not rest:
        more |= {"limit": str(words.number("limit")), "skip": str(words.number("skip"))}
    doing = "Unable to obtain the API list"
    found = await _manage(session, doing, "GET", "getApi", _options(session, **more))
    rows = [row for api in found.get("apis") or [] for row in _rows(api, path, verb)]
    if words.on("name-sort"):
        rows.sort(key=lambda row: f"{row['base']}{row['path']}{row['verb']}".lower())
    await session.ok("APIs")
    await session.call.out(_full(rows) if words.on("full") else _table(rows))
    return 0


def _table(rows: Rows) -> str:
    wide = min(40, max([6, *(len(row["action"]) for row in rows)])) if rows else 30
    title = min(30, max([8, *(len(row["name"]) for row in rows)])) + 1 if rows else 20
    text = f"{'Action':<{wide}} {'Verb':>7} {'API Name':>{title}}  URL\n"
    for row in rows:
        name = row["name"][: title - 1]
        text += f"{row['action'][:wide]:<{wide}} {row['verb']:>7} {name:>{title}}  {row['url']}\n"
    return text


def _full(rows: Rows) -> str:
    if not rows:
        return "\n"
    return "".join(
        f"Action: {row['action']}\n   API Name: {row['name']}\n   Base path: {row['base']}\n"
        f"   Path: {row['path']}\n   Verb: {row['verb']}\n   URL: {row['url']}\n"
        for row in rows
    )


# The order of the fields of wsk's own structures; paths have the alphabet's.
RETURNED = ("namespace", "gwApiUrl", "gwApiActivated", "tenantId", "apidoc")
SWAGGER = ("swagger", "basePath", "info", "paths", "securityDefinitions", "security")


def _ordered(given: dict[str, Any], first: tuple[str, ...]) -> dict[str, Any]:
    return {key: given[key] for key in (*first, *given) if key in given}


async def get(session: Session) -> int:
    """``get BASE_PATH | API_NAME``."""
    words = session.words
    (base,) = arguments(words.rest, 1, 1, REQUIRED)
    style = words.text("format").lower()
    if style not in ("yaml", "json"):
        raise WskError(f"Invalid format type: {words.text('format')}", usage=False)
    doing = f"Unable to get API '{base}'"
    query = _options(session, basepath=base)
    found = await _manage(session, doing, "GET", "getApi", query)
    if not found.get("apis"):
        raise WskError(f"API does not exist for basepath {base}", usage=False)
    value = found["apis"][0]["value"]
    value = _ordered(value, RETURNED) | {"apidoc": _ordered(value["apidoc"], SWAGGER)}
    shown = value if words.on("full") else value["apidoc"]
    if style == "yaml":
        await session.call.out(yaml.safe_dump(shown, sort_keys=True) + "\n")
    else:
        await session.json(shown)
    return 0


async def delete(session: Session) -> int:
    """``delete BASE_PATH | API_NAME [API_PATH [API_VERB]]``."""
    rest = arguments(session.words.rest, 1, 3, MORE)
    path = _relative(rest[1]) if len(rest) > 1 else ""
    verb = _verb(rest[2]) if len(rest) > 2 else ""
    await remove(session, rest[0], path, verb)
    if not path:
        await session.ok(f"deleted API {rest[0]}")
    else:
        await session.ok(f"deleted {path}{f' {verb}' if verb else ''} from {rest[0]}")
    return 0


VERBS = {"create": create, "list": listing, "get": get, "delete": delete}
