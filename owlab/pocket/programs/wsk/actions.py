"""`wsk action`."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from owlab.pocket.programs.wsk import output
from owlab.pocket.programs.wsk.arguments import keyed
from owlab.pocket.programs.wsk.code import execution
from owlab.pocket.programs.wsk.errors import WskError, invalid, of_status
from owlab.pocket.programs.wsk.remote import refused
from owlab.pocket.programs.wsk.session import Name, Session

NEEDED = "An action name and code artifact are required."
WEB = {
    "yes": (True, False, True),
    "true": (True, False, True),
    "raw": (True, True, True),
    "no": (False, False, False),
    "false": (False, False, False),
}


def _path(session: Session, name: Name) -> str:
    return session.remote.namespaced(name.namespace, "actions", name.package, name.name)


def _web(session: Session, annotations: dict[str, Any]) -> None:
    choice = session.words.values.get("web")
    if choice is not None:
        if choice.lower() not in WEB:
            raise WskError(
                f"Invalid argument '{choice}' for --web flag. "
                "Valid input consist of 'yes', 'true', 'raw', 'false', or 'no'."
            )
        export, raw, final = WEB[choice.lower()]
        annotations |= {"web-export": export, "raw-http": raw, "final": final}
    secure = session.words.values.get("web-secure")
    if secure is not None:
        if not annotations.get("web-export"):
            raise WskError(
                "The --web-secure option is only valid when the --web option is enabled."
            )
        if secure.lower() == "false":
            annotations["require-whisk-auth"] = False
        else:
            number = secrets.randbelow(2**53)
            annotations["require-whisk-auth"] = number if secure.lower() == "true" else secure


def _limits(session: Session) -> dict[str, int]:
    names = {
        "memory": "memory",
        "timeout": "timeout",
        "logsize": "logs",
        "concurrency": "concurrency",
    }
    given = {field: session.words.number(flag) for flag, field in names.items()}
    return {field: value for field, value in given.items() if value is not None}


async def _put(session: Session, verb: str) -> int:
    rest = session.words.rest
    update = verb == "update"
    if not rest or (not update and len(rest) < 2):
        raise invalid(NEEDED)
    if len(rest) > 2:
        raise invalid(f"{', '.join(rest[2:])}. {NEEDED}")
    name = session.name(rest[0])
    doing = f"{verb} action '{name.name}'"
    body = session.entity_body(name)
    old: dict[str, Any] = {}
    if update:
        answer = await session.remote.send("GET", _path(session, name) + "?code=false")
        old = answer.body if answer.status == 200 else {}
    annotations = {p["key"]: p["value"] for p in old.get("annotations", [])}
    annotations |= {p["key"]: p["value"] for p in body.get("annotations", [])}
    for key, _ in session.words.pairs.get("del-annotation", []):
        annotations.pop(key, None)
    _web(session, annotations)
    if annotations:
        body["annotations"] = keyed(annotations)
    if len(rest) == 2:
        body["exec"] = await _exec(session, rest[1], body)
    elif session.words.values.get("kind") or session.words.values.get("main"):
        body["exec"] = {
            k: session.words.values[k] for k in ("kind", "main") if k in session.words.values
        }
    if limits := _limits(session):
        body["limits"] = limits
    path = _path(session, name) + f"?overwrite={'true' if update else 'false'}"
    await session.remote.ask(doing, "PUT", path, body)
    await session.ok(f"{verb}d action {name.entity}")
    return 0


async def _exec(session: Session, artifact: str, body: dict[str, Any]) -> dict[str, Any]:
    if session.on("sequence"):
        names = [session.name(word) for word in artifact.split(",") if word]
        return {
            "kind": "sequence",
            "components": [f"/{n.namespace}/{n.entity}" for n in names],
        }
    if session.on("copy"):
        source = session.name(artifact)
        found = await session.remote.ask(
            f"get action '{source.name}'", "GET", _path(session, source)
        )
        own = {pair["key"] for pair in body.get("parameters", [])}
        body["parameters"] = [p for p in found["parameters"] if p["key"] not in own]
        body["parameters"] += keyed(session.given("param", "param-file"))
        own = {pair["key"] for pair in body.get("annotations", [])}
        inherited = [p for p in found["annotations"] if p["key"] not in own | {"exec"}]
        body["annotations"] = inherited + body.get("annotations", [])
        copied: dict[str, Any] = found["exec"]
        return copied
    return execution(session, artifact)


async def create(session: Session) -> int:
    """``create NAME FILE``."""
    return await _put(session, "create")


async def update(session: Session) -> int:
    """``update NAME [FILE]``."""
    return await _put(session, "update")


async def get(session: Session) -> int:
    """``get NAME [FIELD] [--url] [--summary] [--save]``."""
    rest = session.words.rest
    if not 1 <= len(rest) <= 2:
        raise invalid("An action name is required.")
    name = session.name(rest[0])
    saving = session.on("save") or "save-as" in session.words.values
    code = "true" if saving else "false"
    found = await session.remote.ask(
        f"get action '{name.name}'", "GET", _path(session, name) + f"?code={code}"
    )
    if session.on("url"):
        await session.ok(f"got action {name.entity}")
        await session.call.out(await _url(session, name, found) + "\n")
        return 0
    if saving:
        return await _save(session, name, found)
    return await session.show("action", name, found, output.ACTION)


async def _url(session: Session, name: Name, found: dict[str, Any]) -> str:
    namespace = found["namespace"].split("/")[0]
    if output.annotation(found, "web-export") is True:
        return session.remote.url(f"/web/{namespace}/{name.package or 'default'}/{name.name}")
    return session.remote.url(f"/namespaces/{namespace}/actions/{name.entity}")


async def _save(session: Session, name: Name, found: dict[str, Any]) -> int:
    execution = found["exec"]
    if execution["kind"] == "sequence":
        raise WskError("Cannot save action code from a sequence action.")
    family = execution["kind"].split(":")[0]
    binary = execution.get("binary")
    extension = ".zip" if binary else {"nodejs": ".js", "python": ".py"}.get(family, "")
    target = session.words.values.get("save-as") or name.name + extension
    path = session.call.path(target)
    if session.call.fs.exists(path):
        raise WskError(f"The file '{target}' already exists.")
    code = execution["code"]
    session.call.fs.write_file(path, base64.b64decode(code) if binary else code.encode())
    await session.ok(f"saved action code to {path}")
    return 0


async def delete(session: Session) -> int:
    """``delete NAME``."""
    (word,) = session.need(1, "An action name is required.")
    name = session.name(word)
    await session.remote.ask(f"delete action '{name.name}'", "DELETE", _path(session, name))
    await session.ok(f"deleted action {name.entity}")
    return 0


async def listing(session: Session) -> int:
    """``list [/NAMESPACE[/PACKAGE]]``."""
    rest = session.words.rest
    if len(rest) > 1:
        raise invalid("An optional namespace is the only valid argument.")
    namespace, package = session.namespace, ""
    if rest:
        parts = rest[0].strip("/").split("/")
        if rest[0].startswith("/"):
            namespace, package = parts[0], parts[1] if len(parts) > 1 else ""
        else:
            package = parts[0]
    tail = f"/{package}/" if package else ""
    path = session.remote.namespaced(namespace, "actions") + tail + session.paging()
    rows = await session.remote.ask(
        f"obtain the list of actions for namespace '{namespace}'", "GET", path
    )
    await session.call.out(actions_text(rows, by_name=session.on("name-sort")))
    return 0


def actions_text(rows: list[dict[str, Any]], *, by_name: bool = False) -> str:
    """The list of actions."""
    if by_name:
        rows = sorted(rows, key=lambda row: (row["namespace"], row["name"]))
    text = "actions\n"
    for row in rows:
        kind = str(output.annotation(row, "exec") or "unknown")
        state = "shared" if row.get("publish") else "private"
        text += output.entity_line(row["namespace"], row["name"], state, kind)
    return text


async def invoke(session: Session) -> int:
    """``invoke NAME [--blocking] [--result]``."""
    (word,) = session.need(1, "An action name is required.")
    name = session.name(word)
    result = session.on("result")
    blocking = result or session.on("blocking")
    query = f"?blocking={str(blocking).lower()}&result={str(result).lower()}"
    payload = session.given("param", "param-file")
    answer = await session.remote.send("POST", _path(session, name) + query, payload)
    shown = f"/{name.namespace}/{name.entity}"
    body = answer.body
    if answer.status == 202 and blocking:
        await session.call.err(
            f"ok: invoked {shown}, but the request has not yet finished, with id "
            f"{body['activationId']}\n"
        )
        return 202
    if answer.status < 300:
        if result:
            await session.call.out(output.result_json(body))
            return 0
        await session.ok(f"invoked {shown} with id {body['activationId']}")
        if blocking:
            await session.json(output.activation(body))
        return 0
    failed = answer.status == 502 and isinstance(body, dict)
    if failed and not result:
        await session.ok(f"invoked {shown} with id {body.get('activationId', '')}")
        await session.call.err(output.as_json(output.activation(body)))
        return of_status(answer.status)
    if failed:
        await session.call.err(output.result_json(body))
        return of_status(answer.status)
    doing = f"invoke action '{name.name}'"
    if answer.status >= 500:
        raise WskError(
            f"Unable to {doing}: The connection failed, or timed out. "
            f"(HTTP status code {answer.status})",
            of_status(answer.status),
        )
    raise refused(doing, answer)


VERBS = {
    "create": create,
    "update": update,
    "get": get,
    "delete": delete,
    "list": listing,
    "invoke": invoke,
}
