"""`wsk project`: deploy what a manifest names, and remove it again."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import yaml

from owlab.pocket.ground.yaml_text import load_yaml
from owlab.pocket.programs.wsk import gateway, helptext, properties
from owlab.pocket.programs.wsk.code import KINDS
from owlab.pocket.programs.wsk.deployment import bind, deployment_file
from owlab.pocket.programs.wsk.exits import AlreadyTold, Told, WskError, deploy_error, of_status
from owlab.pocket.programs.wsk.exporting import export_project
from owlab.pocket.programs.wsk.invoking import invoke
from owlab.pocket.programs.wsk.managed import (
    MANAGED,
    PROJECT,
    full_name,
    listed,
    of_project,
    stale,
)
from owlab.pocket.programs.wsk.manifest import DeploymentPlan, plan_of
from owlab.pocket.programs.wsk.output import annotation
from owlab.pocket.programs.wsk.preview import preview
from owlab.pocket.programs.wsk.remote import ApiResponse, Remote, reason
from owlab.pocket.programs.wsk.session import Session

Document = dict[str, Any]
# Their spelling is wsk's.
FAILED = (
    "Error: Deployment did not complete sucessfully. Run `wskdeploy undeploy` to remove partially "
    "deployed assets.\n"
)
UNDEPLOY_FAILED = "Error: Undeployment did not complete sucessfully.\n"
KEPT = ("parameters", "annotations")
# Where host, key and namespace are looked for in a project, under which names.
GIVEN = (("APIHOST", "apiHost"), ("AUTH", "credential"), ("NAMESPACE", "namespace"))


async def deploy(session: Session) -> int:
    """``deploy [--manifest FILE] [--project DIRECTORY]``."""
    return await _deploy(session, "deploy")


async def sync(session: Session) -> int:
    """``sync``: deploy, and remove what the project does not name any more."""
    return await _deploy(session, "sync")


async def undeploy(session: Session) -> int:
    """``undeploy [--manifest FILE]``, or all that a project has: ``--projectname NAME``."""
    if project := session.words.text("projectname"):
        _configure(session, None)
        return await _undeploy_project(session, project)
    path = await _manifest(session, "undeploy")
    _configure(session, path)
    plan = plan_of(session, path, await _runtimes(session))
    await bind(session, plan, path)
    if session.words.on("preview"):
        await session.call.out(preview(plan))
        return 0
    try:
        await _remove(session, plan)
    except WskError:
        await session.call.err(UNDEPLOY_FAILED)
        raise
    await session.call.out("Success: Undeployment completed successfully.\n")
    return 0


async def export(session: Session) -> int:
    """``export --projectname NAME --manifest FILE``: what ``sync`` deployed, as files."""
    _configure(session, None)
    project, target = session.words.text("projectname"), session.words.text("manifest")
    if not target:
        # The real one cannot write that file, and says nothing of it.
        await session.call.out("Manifest exported to: \n")
        return 0
    await export_project(session, project, target)
    return 0


def _configure(session: Session, manifest: str | None) -> None:
    """Host, key and namespace: of the command line, the deployment file, the manifest, --config."""
    file, environment = session.properties.file, session.properties.environment
    if given := session.words.text("config"):
        file.clear()
        file.update(_other_properties(session, given))
        for name in ("APIHOST", "AUTH"):
            environment.pop(name, None)
    for path in (manifest, deployment_file(session)) if manifest else ():
        told = _project(session, path) if path else {}
        environment.update({name: str(told[key]) for name, key in GIVEN if told.get(key)})
    if namespace := session.words.text("namespace"):
        environment["NAMESPACE"] = namespace
    session.remote = Remote(session.call, session.words, session.properties)
    session.remote.require_configured()
    session.remote.require_pair("")
    session.remote.trust_everyone()


def _project(session: Session, path: str) -> Document:
    """What a file says of the project itself. What is wrong with the file is told later."""
    try:
        found = load_yaml(session.read(path))
    except yaml.YAMLError:
        return {}
    project = found.get("project") if isinstance(found, dict) else None
    return project if isinstance(project, dict) else {}


def _other_properties(session: Session, name: str) -> dict[str, str]:
    """``--config``: another file than ``.wskprops``; words of the command line count more."""
    try:
        text = session.call.fs.read_file(session.call.path(name)).decode(errors="replace")
    except OSError as error:
        raise WskError(
            f"Unable to read the properties file '{name}': {error.strerror}", usage=False
        ) from None
    return properties.parse(text)


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
    usage = helptext.usage_of("project", verb)
    await session.call.out(f"Manifest file not found at path [{path}].\n{usage}")
    raise AlreadyTold(0)


async def _deploy(session: Session, verb: str) -> int:
    path, managed = await _manifest(session, verb), verb == "sync"
    _configure(session, path)
    plan = plan_of(session, path, await _runtimes(session), managed=managed)
    await bind(session, plan, path)
    for warning in plan.warnings:
        await _tell(session, f"Warning: {warning}")
    if session.words.on("preview"):
        await session.call.out(preview(plan))
        return 0
    try:
        await _make(session, plan)
        if managed:
            await _remove_stale(session, plan)
    except WskError:
        await session.call.err(FAILED)
        raise
    await session.call.out("Success: Deployment completed successfully.\n")
    return 0


async def _tell(session: Session, text: str) -> None:
    """What is told with ``--verbose`` only."""
    if session.words.on("verbose"):
        await session.call.out(text if text.endswith("\n") else f"{text}\n")


async def _deploying(session: Session, kind: str, name: str) -> None:
    await _tell(session, f"Info: Deploying {kind} [{name}] ...")


async def _deployed(session: Session, kind: str, name: str) -> None:
    await _tell(session, f"Info: {kind} [{name}] has been successfully deployed.\n\n")


async def _put(session: Session, kind: str, name: str, body: Document) -> None:
    """Make an entity, or replace it; ``kind`` is that of the path."""
    shown = "package binding" if body.get("binding") else kind[:-1]
    await _deploying(session, shown, name)
    path = session.remote.namespaced(session.namespace, kind, *name.split("/"))
    # What a manifest says nothing of stays as it is.
    sent = {key: value for key, value in body.items() if value or key not in KEPT}
    await _send(session, "PUT", f"{path}?overwrite=true", sent)
    await _deployed(session, shown, name)


def _failed(code: int, text: str) -> Told:
    start = "servicedeployer.go [1804]: [ERROR_WHISK_CLIENT_ERROR]"
    return Told(f"{start}: Error code: {code}: {text}\n\n", usage=False)


def _check(answer: ApiResponse) -> None:
    """A refusal as `wsk project` tells it, with all that the server said."""
    if answer.status < 400:
        return
    phrase = HTTPStatus(answer.status).phrase
    raise _failed(
        of_status(answer.status),
        f"{_why(answer)}: HTTP Response Status: {answer.status} {phrase} "
        f"HTTP Response Body: {answer.text}",
    )


def _why(answer: ApiResponse) -> str:
    """The server's reason, or that of an action that failed."""
    response = answer.body.get("response") if isinstance(answer.body, dict) else None
    if not isinstance(response, dict):
        return reason(answer)
    told = response.get("result")
    while isinstance(told, dict):
        told = told.get("error")
    return f"The following application error was received: {told}"


async def _send(session: Session, method: str, path: str, body: object = None) -> None:
    """A request that must succeed."""
    try:
        answer = await session.remote.send(method, path, body)
    except WskError as error:
        raise _failed(error.code, error.message) from error
    _check(answer)


async def _runtimes(session: Session) -> list[str]:
    """The kinds that the server says it runs; those of a file's name where it does not answer."""
    try:
        answer = await session.remote.send("GET", "/", auth=False, root=True)
    except WskError:
        return sorted(KINDS.values())
    known = answer.body.get("runtimes") if isinstance(answer.body, dict) else None
    found: list[str] = []
    for family, kinds in (known or {}).items():
        found += [str(kind["kind"]) for kind in kinds]
        found.append(f"{family}:default")
    return found


async def _make(session: Session, plan: DeploymentPlan) -> None:
    for name, body in (*plan.packages.items(), *plan.bindings.items()):
        await _put(session, "packages", name, body)
    for name, body in plan.actions.items():
        await _put(session, "actions", name, body)
    for name, body in plan.triggers.items():
        if name in plan.feeds:
            await _make_with_feed(session, name, body, *plan.feeds[name])
        else:
            await _put(session, "triggers", name, body)
    for name, body in plan.rules.items():
        await _put(session, "rules", name, body)
        # A rule whose trigger was made anew is inactive.
        path = session.remote.namespaced(session.namespace, "rules", name)
        await _send(session, "POST", path, {"status": "active"})
    if plan.swagger:
        await _make_from_swagger(session, plan.swagger)
        return
    for api in plan.apis:
        words = [api.base, api.path, api.method, api.action]
        made, _ = gateway.document(session, words, api.style, api.name)
        secret = annotation(plan.actions[api.action], "require-whisk-auth")
        if secret is not None:
            made["action"]["secureKey"] = secret
        await gateway.insert(session, made, api.style)


async def _make_from_swagger(session: Session, path: str) -> None:
    swagger = json.dumps(gateway.swagger_of(session, path))
    await gateway.insert(session, {"namespace": session.namespace, "swagger": swagger}, "json")


async def _make_with_feed(
    session: Session, name: str, body: Document, feed: str, told: Document
) -> None:
    """A feed takes no second CREATE: what is there is taken from it first."""
    path = session.remote.namespaced(session.namespace, "triggers", name)
    if (await session.remote.send("GET", path)).status == 200:
        await _feed(session, name, feed, {"lifecycleEvent": "DELETE"})
    await _put(session, "triggers", name, body)
    try:
        await _feed(session, name, feed, told | {"lifecycleEvent": "CREATE"})
    except WskError:
        await session.remote.send("DELETE", path)
        raise


async def _feed(session: Session, trigger: str, feed: str, told: Document) -> None:
    told = told | {"triggerName": f"/{session.namespace}/{trigger}", "authKey": session.remote.key}
    answer = await invoke(session, session.name(feed), told, blocking=True, result=False)
    _check(answer)


async def _remove_stale(session: Session, plan: DeploymentPlan) -> None:
    """What carries the project's name with another hash: an earlier manifest named it."""
    (mark,) = plan.mark
    for kind in ("triggers", "rules"):
        await _remove_all(session, plan, kind, await listed(session, kind))
    for package in await listed(session, "packages"):
        if annotation(package, MANAGED) is None:
            continue
        if not package.get("binding"):
            inside = await listed(session, "actions", package["name"])
            await _remove_all(session, plan, "actions", inside)
        await _remove_all(session, plan, "packages", [package])
    for name, body in plan.packages.items():
        body["annotations"] = [p for p in body["annotations"] if p["key"] != MANAGED] + [mark]
        await _put(session, "packages", name, body)


async def _remove_all(
    session: Session, plan: DeploymentPlan, kind: str, rows: Iterable[Document]
) -> None:
    for row in rows:
        if stale(row, plan.mark[0]):
            name = full_name(row) if kind == "actions" else row["name"]
            project = plan.mark[0]["value"][PROJECT]
            await _tell(
                session, f"Warning: Deleting {kind[:-1]} [{name}], which the managed project "
                f"[{project}] does not name any more.\n"
            )  # fmt: skip
            await _delete(session, kind, name)


async def _fetch(session: Session, kind: str, *name: str) -> Document:
    path = session.remote.namespaced(session.namespace, kind, *name)
    found: Document = await session.remote.ask(kind, "GET", path)
    return found


async def _delete(session: Session, kind: str, name: str) -> None:
    shown = kind[:-1]
    await _tell(session, f"Info: Undeploying {shown} [{name}]...")
    path = session.remote.namespaced(session.namespace, kind, *name.split("/"))
    answer = await session.remote.send("DELETE", path)
    if answer.status != 404:
        _check(answer)
    await _tell(session, f"Info: {shown} [{name}] has been successfully undeployed.\n\n")


async def _remove(session: Session, plan: DeploymentPlan) -> None:
    if plan.swagger:
        await gateway.remove(session, gateway.swagger_of(session, plan.swagger)["basePath"])
    for base in dict.fromkeys(api.base for api in plan.apis):
        await gateway.remove(session, base)
    for name in plan.rules:
        await _delete(session, "rules", name)
    for name in plan.triggers:
        if name in plan.feeds:
            path = session.remote.namespaced(session.namespace, "triggers", name)
            if (await session.remote.send("GET", path)).status == 200:
                await _feed(session, name, plan.feeds[name][0], {"lifecycleEvent": "DELETE"})
        await _delete(session, "triggers", name)
    for name in reversed(plan.actions):
        await _delete(session, "actions", name)
    for name in (*plan.packages, *plan.bindings):
        await _delete(session, "packages", name)


async def _undeploy_project(session: Session, project: str) -> int:
    """All that was deployed for a project, whatever its manifest says now."""
    found, plan = await of_project(session, project), DeploymentPlan(project)
    for row in found.packages:
        document = await _fetch(session, "packages", row["name"])
        (plan.bindings if document.get("binding") else plan.packages)[row["name"]] = document
    for row in found.actions:
        name = full_name(row)
        plan.actions[name] = await _fetch(session, "actions", *name.split("/"))
    for row in found.triggers:
        plan.triggers[row["name"]] = await _fetch(session, "triggers", row["name"])
        if feed := annotation(row, "feed"):
            plan.feeds[row["name"]] = (str(feed), {})
    for row in found.rules:
        plan.rules[row["name"]] = await _fetch(session, "rules", row["name"])
    if session.words.on("preview"):
        await session.call.out(preview(plan))
        return 0
    # The real one, too, says nothing when all of a project is gone.
    await _remove(session, plan)
    return 0


VERBS = {"deploy": deploy, "undeploy": undeploy, "sync": sync, "export": export}
