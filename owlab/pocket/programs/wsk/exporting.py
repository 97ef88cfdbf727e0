"""`wsk project export`: what ``sync`` deployed, as a manifest and files beside it."""

from __future__ import annotations

import base64
import posixpath
from typing import Any

import yaml

from owlab.pocket.programs.wsk import gateway
from owlab.pocket.programs.wsk.code import file_name
from owlab.pocket.programs.wsk.invoking import invoke
from owlab.pocket.programs.wsk.managed import MANAGED, full_name, of_project, project_of
from owlab.pocket.programs.wsk.output import annotation
from owlab.pocket.programs.wsk.session import Session

Document = dict[str, Any]
# What the server adds by itself, and a manifest says in other words.
ADDED = ("exec", "provide-api-key", "feed", MANAGED)
# What a feed keeps of a trigger, and was not given by its manifest.
UNASKED = ("startDate", "name", "namespace")
LIMITS = {"timeout": "timeout", "memorySize": "memory", "logSize": "logs"}


async def export_project(session: Session, project: str, target: str) -> None:
    """Write the project; what it is bound to and is a project of its own is written, too."""
    found = await of_project(session, project)
    packages: dict[str, Document] = {}
    bindings: list[Document] = []
    for row in found.packages:
        document = await _fetch(session, "packages", row["name"])
        if document.get("binding"):
            bindings.append(document)
        else:
            packages[row["name"]] = _package(document)
    for row in found.actions:
        name = full_name(row)
        document = await _fetch(session, "actions", *name.split("/"))
        _action(session, packages[name.partition("/")[0]], document, target)
    for row in found.triggers:
        document = await _fetch(session, "triggers", row["name"])
        told = await _trigger(session, document)
        for package in packages.values():
            package.setdefault("triggers", {})[row["name"]] = told
    for row in found.rules:
        document = await _fetch(session, "rules", row["name"])
        for package in packages.values():
            package.setdefault("rules", {})[row["name"]] = _rule(document)
    for api in await gateway.every_operation(session):
        _api(packages, api)
    for first in list(packages.values())[:1]:
        for document in bindings:
            first.setdefault("dependencies", {})[document["name"]] = _dependency(document)
    await _write(session, target, {"project": {"name": project}, "packages": packages})
    await _dependencies(session, bindings, target)


async def _fetch(session: Session, kind: str, *name: str) -> Document:
    path = session.remote.namespaced(session.namespace, kind, *name)
    found: Document = await session.remote.ask(kind, "GET", path)
    return found


def _inputs(document: Document) -> Document:
    values = {pair["key"]: pair["value"] for pair in document.get("parameters") or []}
    return {
        key: value if isinstance(value, str) else {"value": value} for key, value in values.items()
    }


def _annotations(document: Document) -> Document:
    pairs = document.get("annotations") or []
    return {pair["key"]: pair["value"] for pair in pairs if pair["key"] not in ADDED}


def _described(document: Document) -> Document:
    """What a manifest says of every kind: only where there is something to say."""
    told = {"inputs": _inputs(document), "annotations": _annotations(document)}
    return {key: value for key, value in told.items() if value}


def _package(document: Document) -> Document:
    return {"version": document["version"], **_described(document)}


def _action(session: Session, package: Document, document: Document, target: str) -> None:
    name, execution = document["name"], document["exec"]
    if execution["kind"] == "sequence":
        parts = [component.split("/", 2)[2] for component in execution["components"]]
        told = {"actions": ",".join(parts), "annotations": _annotations(document)}
        package.setdefault("sequences", {})[name] = {k: v for k, v in told.items() if v}
        return
    told = {"version": document["version"], **_described(document)}
    if execution.get("main"):
        told["main"] = execution["main"]
    if execution["kind"] == "blackbox":
        told["docker"] = execution["image"]
    else:
        told["runtime"] = execution["kind"]
    if execution.get("code"):
        inside = document["namespace"].partition("/")[2]
        file = posixpath.join(inside, file_name(name, execution))
        text = execution["code"]
        data = base64.b64decode(text) if execution.get("binary") else text.encode()
        _save(session, posixpath.join(posixpath.dirname(target), file), data)
        told["function"] = file
    limits = {theirs: document["limits"][ours] for theirs, ours in LIMITS.items()}
    package.setdefault("actions", {})[name] = told | {"limits": limits}


async def _trigger(session: Session, document: Document) -> Document:
    """A trigger; what its feed keeps of it is asked of the feed."""
    feed = annotation(document, "feed")
    told = _described(document)
    if not feed:
        return told
    asked = {
        "authKey": session.remote.key,
        "lifecycleEvent": "READ",
        "triggerName": f"/{session.namespace}/{document['name']}",
    }
    answer = await invoke(session, session.name(str(feed)), asked, blocking=True, result=True)
    config = answer.body.get("config") if isinstance(answer.body, dict) else None
    kept = {key: value for key, value in (config or {}).items() if key not in UNASKED}
    inputs = _inputs({"parameters": [{"key": k, "value": v} for k, v in kept.items()]})
    return {"feed": feed, **told, **({"inputs": inputs} if inputs else {})}


def _rule(document: Document) -> Document:
    action, trigger = document["action"], document["trigger"]
    package = action["path"].partition("/")[2]
    name = f"{package}/{action['name']}" if package else action["name"]
    return {"trigger": trigger["name"], "action": name, **_described(document)}


def _api(packages: dict[str, Document], row: dict[str, str]) -> None:
    parts = row["action"].split("/")
    package = packages.get(parts[2]) if len(parts) > 3 else None
    if package is None:
        return
    paths = package.setdefault("apis", {}).setdefault(row["name"], {})
    at = paths.setdefault(row["base"].strip("/"), {}).setdefault(row["path"].strip("/"), {})
    at[parts[3]] = {"method": row["verb"], "response": row["style"]}


def _dependency(document: Document) -> Document:
    binding = document["binding"]
    return {"location": f"/{binding['namespace']}/{binding['name']}", **_described(document)}


async def _write(session: Session, target: str, manifest: Document) -> None:
    project = manifest["project"] | {"packages": manifest["packages"]}
    text = yaml.safe_dump({"project": project}, sort_keys=False, allow_unicode=True)
    _save(session, target, text.encode())
    await session.call.out(f"Manifest exported to: {target}\n")


def _save(session: Session, path: str, data: bytes) -> None:
    place = session.call.path(path)
    session.call.fs.mkdir(posixpath.dirname(place), recursive=True)
    session.call.fs.write_file(place, data)


async def _dependencies(session: Session, bindings: list[Document], target: str) -> None:
    folder = posixpath.join(posixpath.dirname(target), "dependencies")
    if bindings:
        await session.call.out(f"Exporting project dependencies to {folder}\n")
    for binding in bindings:
        other = binding["binding"]
        path = session.remote.namespaced(other["namespace"], "packages", other["name"])
        found = await session.remote.ask("package", "GET", path)
        if project := project_of(found):
            await export_project(session, project, posixpath.join(folder, f"{project}.yaml"))
        else:
            await session.call.out(
                f"Warning! Dependency package {other['name']} currently unmanaged by any project. "
                "Unable to export this package\n"
            )
