"""`wsk project`: deploy what a manifest names, and remove it again."""

from __future__ import annotations

import posixpath
from http import HTTPStatus
from typing import Any

import yaml

from owlab.pocket.programs.wsk import gateway, helptext, output, properties
from owlab.pocket.programs.wsk.code import file_name
from owlab.pocket.programs.wsk.deployment import bind
from owlab.pocket.programs.wsk.exits import AlreadyTold, Told, WskError, deploy_error, of_status
from owlab.pocket.programs.wsk.invoking import invoke
from owlab.pocket.programs.wsk.manifest import DeploymentPlan, plan_of
from owlab.pocket.programs.wsk.preview import preview
from owlab.pocket.programs.wsk.remote import ApiResponse, Remote, reason
from owlab.pocket.programs.wsk.session import Session

MANAGED = "whisk-managed"
# Their spelling is wsk's.
FAILED = (
    "Error: Deployment did not complete sucessfully. Run `wskdeploy undeploy` to remove partially "
    "deployed assets.\n"
)
UNDEPLOY_FAILED = "Error: Undeployment did not complete sucessfully.\n"
UNANSWERED = ("key", "cert")


def _refuse_unknown(session: Session) -> None:
    for name in UNANSWERED:
        if session.words.given(name):
            raise WskError(f"--{name} of wsk project is not part of the pocket lab", usage=False)
    if given := session.words.text("config"):
        _other_properties(session, given)
    if namespace := session.words.text("namespace"):
        session.properties.environment["NAMESPACE"] = namespace


def _other_properties(session: Session, name: str) -> None:
    """``--config``: another file than ``.wskprops``; words of the command line count more."""
    try:
        text = session.call.fs.read_file(session.call.path(name)).decode(errors="replace")
    except OSError as error:
        raise WskError(
            f"Unable to read the properties file '{name}': {error.strerror}", usage=False
        ) from None
    session.properties.file = properties.parse(text)
    for key in ("APIHOST", "AUTH"):
        session.properties.environment.pop(key, None)
    session.remote = Remote(session.call, session.words, session.properties)


async def _manifest(session: Session, verb: str) -> str:
    """The manifest's path; where none is named and none is found, that and the usage are told."""
    given = session.words.text("manifest")
    if given:
        if not session.call.fs.exists(session.call.path(given)):
            text = f"Manifest file not found at path [{given}].\n"
            raise deploy_error("MANIFEST_FILE_NOT_FOUND", given, text, verb)
        return given
    directory = session.words.text("project").strip() or "."
    for name in ("manifest.yaml", "manifest.yml"):
        path = posixpath.join(directory, name)
        if session.call.fs.exists(session.call.path(path)):
            return path
    path = session.call.path(directory)
    usage = helptext.verb_help("project", verb).partition("\n")[2]
    await session.call.out(f"Manifest file not found at path [{path}].\n{usage}")
    raise AlreadyTold(0)


async def _put(session: Session, path: str, body: dict[str, Any]) -> None:
    _check(await session.remote.send("PUT", f"{path}?overwrite=true", body))


def _check(answer: ApiResponse) -> None:
    """A refusal as `wsk project` tells it, with all that the server said."""
    if answer.status < 400:
        return
    code, phrase = of_status(answer.status), HTTPStatus(answer.status).phrase
    raise Told(
        f"servicedeployer.go [1804]: [ERROR_WHISK_CLIENT_ERROR]: Error code: {code}: "
        f"{reason(answer)}: HTTP Response Status: {answer.status} {phrase} "
        f"HTTP Response Body: {answer.text}\n\n",
        usage=False,
    )


async def _runtimes(session: Session) -> list[str]:
    """The kinds that the server says it runs."""
    answer = await session.remote.send("GET", "/", auth=False, root=True)
    listed = answer.body.get("runtimes") if isinstance(answer.body, dict) else None
    found: list[str] = []
    for family, kinds in (listed or {}).items():
        found += [str(kind["kind"]) for kind in kinds]
        found.append(f"{family}:default")
    return found


async def deploy(session: Session) -> int:
    """``deploy [--manifest FILE] [--project DIRECTORY]``."""
    return await _deploy(session, "deploy")


async def sync(session: Session) -> int:
    """``sync``: deploy, and remove what the project does not name any more."""
    return await _deploy(session, "sync")


async def _deploy(session: Session, verb: str) -> int:
    _refuse_unknown(session)
    path, managed = await _manifest(session, verb), verb == "sync"
    plan = plan_of(session, path, await _runtimes(session))
    await bind(session, plan, path)
    project = session.words.text("projectname") or plan.project
    if managed and not project:
        text = "The mandatory key [project name] is missing.\n"
        raise deploy_error("YAML_FILE_FORMAT_ERROR", path, text)
    if session.words.on("preview"):
        await session.call.out(preview(plan))
        return 0
    mark = [{"key": MANAGED, "value": {"projectName": project}}] if managed else []
    for body in (*plan.packages.values(), *plan.actions.values(), *plan.triggers.values()):
        body["annotations"] = [*body.get("annotations", []), *mark]
    try:
        await _make(session, plan)
        if managed:
            await _remove_others(session, plan, project)
    except WskError:
        await session.call.err(FAILED)
        raise
    await session.call.out("Success: Deployment completed successfully.\n")
    return 0


async def _make(session: Session, plan: DeploymentPlan) -> None:
    place = session.remote.namespaced
    for name, body in plan.packages.items():
        await _put(session, place("_", "packages", name), body)
    for name, body in plan.actions.items():
        path = place("_", "actions", *name.split("/"))
        await _put(session, path, body)
    for name, body in plan.triggers.items():
        await _put(session, place("_", "triggers", name), body)
    for name, (feed, told) in plan.feeds.items():
        await _feed(session, name, feed, told | {"lifecycleEvent": "CREATE"})
    for name, body in plan.rules.items():
        await _put(session, place("_", "rules", name), body)
    for base, path, method, action, style in plan.apis:
        made, _ = gateway.document(session, [base, path, method, action], style)
        await gateway.insert(session, made, style)


async def _feed(session: Session, trigger: str, feed: str, told: dict[str, Any]) -> None:
    told |= {"triggerName": f"/{session.namespace}/{trigger}", "authKey": session.remote.key}
    answer = await invoke(session, session.name(feed), told, blocking=True, result=False)
    _check(answer)


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
    if answer.status != 404:
        _check(answer)


async def undeploy(session: Session) -> int:
    """``undeploy [--manifest FILE]``."""
    _refuse_unknown(session)
    if project := session.words.text("projectname"):
        await _remove_others(session, DeploymentPlan(), project)
        return 0
    path = await _manifest(session, "undeploy")
    plan = plan_of(session, path, await _runtimes(session))
    if session.words.on("preview"):
        await session.call.out(preview(plan))
        return 0
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
    except WskError:
        await session.call.err(UNDEPLOY_FAILED)
        raise
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
