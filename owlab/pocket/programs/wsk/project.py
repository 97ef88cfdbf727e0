"""`wsk project`: deploy what a manifest names, and remove it again."""

from __future__ import annotations

import posixpath
from typing import Any

import yaml

from owlab.pocket.programs.wsk import gateway, output
from owlab.pocket.programs.wsk.code import file_name
from owlab.pocket.programs.wsk.exits import WskError, arguments, of_status
from owlab.pocket.programs.wsk.invoking import invoke
from owlab.pocket.programs.wsk.manifest import DeploymentPlan, plan_of
from owlab.pocket.programs.wsk.remote import reason, refused
from owlab.pocket.programs.wsk.session import Session

MANAGED = "whisk-managed"
FAILED = (
    "Deployment did not complete successfully. Run `wskdeploy undeploy` to remove partially "
    "deployed assets."
)
UNANSWERED = ("config", "deployment", "strict", "param", "param-file", "key", "cert")


def _refuse_unknown(session: Session) -> None:
    for name in UNANSWERED:
        if session.words.given(name):
            raise WskError(f"--{name} of wsk project is not part of the pocket lab", usage=False)
    if namespace := session.words.text("namespace"):
        session.properties.environment["NAMESPACE"] = namespace


def _manifest(session: Session) -> str:
    given = session.words.text("manifest")
    if given:
        if not session.call.fs.exists(session.call.path(given)):
            raise WskError(f"Manifest file not found at path [{given}].\n", usage=False)
        return given
    directory = session.words.text("project")
    for name in ("manifest.yaml", "manifest.yml"):
        path = posixpath.join(directory, name)
        if session.call.fs.exists(session.call.path(path)):
            return path
    path = session.call.path(posixpath.join(directory, "manifest.yaml"))
    raise WskError(f"Manifest file not found at path [{path}].\n", usage=False)


async def _put(session: Session, what: str, path: str, body: dict[str, Any]) -> None:
    await session.remote.ask(f"{what}", "PUT", f"{path}?overwrite=true", body)


async def deploy(session: Session) -> int:
    """``deploy [--manifest FILE] [--project DIRECTORY]``."""
    return await _deploy(session, managed=False)


async def sync(session: Session) -> int:
    """``sync``: deploy, and remove what the project does not name any more."""
    return await _deploy(session, managed=True)


async def _deploy(session: Session, *, managed: bool) -> int:
    arguments(session.words.rest, 0, 0, "No arguments are required.")
    _refuse_unknown(session)
    plan = plan_of(session, _manifest(session))
    project = session.words.text("projectname") or plan.project
    if managed and not project:
        raise WskError("The mandatory key [project] is missing.\n", usage=False)
    if session.words.on("preview"):
        await session.call.out(yaml.safe_dump(_shown(plan), sort_keys=False))
        return 0
    mark = [{"key": MANAGED, "value": {"projectName": project}}] if managed else []
    for body in (*plan.packages.values(), *plan.actions.values(), *plan.triggers.values()):
        body["annotations"] = [*body.get("annotations", []), *mark]
    try:
        await _make(session, plan)
        if managed:
            await _remove_others(session, plan, project)
    except WskError as error:
        await session.call.err(f"Error: {error.message}\n")
        raise WskError(FAILED, error.code, usage=False) from error
    await session.call.out("Success: Deployment completed successfully.\n")
    return 0


def _shown(plan: DeploymentPlan) -> dict[str, Any]:
    return {
        "packages": list(plan.packages),
        "actions": list(plan.actions),
        "triggers": list(plan.triggers),
        "rules": list(plan.rules),
        "apis": [f"{method} {base}{path}" for base, path, method, _, _ in plan.apis],
    }


async def _make(session: Session, plan: DeploymentPlan) -> None:
    place = session.remote.namespaced
    for name, body in plan.packages.items():
        await _put(session, f"package [{name}]", place("_", "packages", name), body)
    for name, body in plan.actions.items():
        path = place("_", "actions", *name.split("/"))
        await _put(session, f"action [{name}]", path, body)
    for name, body in plan.triggers.items():
        await _put(session, f"trigger [{name}]", place("_", "triggers", name), body)
    for name, (feed, told) in plan.feeds.items():
        await _feed(session, name, feed, told | {"lifecycleEvent": "CREATE"})
    for name, body in plan.rules.items():
        await _put(session, f"rule [{name}]", place("_", "rules", name), body)
    for base, path, method, action, style in plan.apis:
        made, _ = gateway.document(session, [base, path, method, action], style)
        await gateway.insert(session, made, style)


async def _feed(session: Session, trigger: str, feed: str, told: dict[str, Any]) -> None:
    told |= {"triggerName": f"/{session.namespace}/{trigger}", "authKey": session.remote.key}
    answer = await invoke(session, session.name(feed), told, blocking=True, result=False)
    if answer.status >= 300:
        raise WskError(f"feed [{feed}]: {reason(answer)}", of_status(answer.status), usage=False)


async def _remove_others(session: Session, plan: DeploymentPlan, project: str) -> None:
    for kind, known in (("triggers", plan.triggers), ("actions", plan.actions)):
        path = session.remote.namespaced("_", kind) + "?limit=0&skip=0"
        for row in await session.remote.ask(kind, "GET", path):
            told = output.annotation(row, MANAGED)
            package = row["namespace"].partition("/")[2]
            name = f"{package}/{row['name']}" if package else row["name"]
            if isinstance(told, dict) and told.get("projectName") == project and name not in known:
                await _delete(session, kind, name)


async def _delete(session: Session, kind: str, name: str) -> None:
    path = session.remote.namespaced("_", kind, *name.split("/"))
    answer = await session.remote.send("DELETE", path)
    if answer.status >= 400 and answer.status != 404:
        raise refused(f"{kind.removesuffix('s')} [{name}]", answer)


async def undeploy(session: Session) -> int:
    """``undeploy [--manifest FILE]``."""
    arguments(session.words.rest, 0, 0, "No arguments are required.")
    _refuse_unknown(session)
    plan = plan_of(session, _manifest(session))
    try:
        for base in dict.fromkeys(row[0] for row in plan.apis):
            await gateway.remove(session, base)
        for name in plan.rules:
            await _delete(session, "rules", name)
        for name, (feed, _) in plan.feeds.items():
            await _feed(session, name, feed, {"lifecycleEvent": "DELETE"})
        for name in plan.triggers:
            await _delete(session, "triggers", name)
        for name in reversed(plan.actions):
            await _delete(session, "actions", name)
        for name in plan.packages:
            await _delete(session, "packages", name)
    except WskError as error:
        await session.call.err(f"Error: {error.message}\n")
        text = "Undeployment did not complete successfully."
        raise WskError(text, error.code, usage=False) from error
    await session.call.out("Success: Undeployment completed successfully.\n")
    return 0


async def export(session: Session) -> int:
    """``export --projectname NAME --manifest FILE``: what ``sync`` deployed, as files."""
    _refuse_unknown(session)
    project, target = session.words.text("projectname"), session.words.text("manifest")
    packages: dict[str, Any] = {}
    place = session.remote.namespaced
    rows = []
    if project:
        path = place("_", "actions") + "?limit=0&skip=0"
        rows = await session.remote.ask("actions", "GET", path)
    for row in rows:
        told = output.annotation(row, MANAGED)
        if not isinstance(told, dict) or told.get("projectName") != project:
            continue
        package = row["namespace"].partition("/")[2] or "default"
        inside = [] if package == "default" else [package]
        found = await session.remote.ask(
            "action", "GET", place("_", "actions", *inside, row["name"])
        )
        entry = packages.setdefault(package, {})
        if found["exec"]["kind"] == "sequence":
            names = ",".join(found["exec"]["components"])
            entry.setdefault("sequences", {})[row["name"]] = {"actions": names}
            continue
        file = posixpath.join(package, file_name(row["name"], found["exec"]))
        entry.setdefault("actions", {})[row["name"]] = {
            "function": file,
            "runtime": found["exec"]["kind"],
        }
        where = session.call.path(posixpath.join(posixpath.dirname(target), file))
        session.call.machine.write(where, found["exec"]["code"].encode())
    if target:
        manifest = {"project": {"name": project, "packages": packages}}
        text = yaml.safe_dump(manifest, sort_keys=False)
        session.call.fs.write_file(session.call.path(target), text.encode())
    await session.call.out(f"Manifest exported to: {target}\n")
    return 0


VERBS = {"deploy": deploy, "undeploy": undeploy, "sync": sync, "export": export}
