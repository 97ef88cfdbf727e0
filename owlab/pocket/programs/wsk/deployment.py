"""What `wsk project` binds to a manifest's entities: a deployment file, and ``--param``."""

from __future__ import annotations

import posixpath

import yaml

from owlab.pocket.ground.yaml_text import load_yaml
from owlab.pocket.programs.wsk.exits import deploy_error
from owlab.pocket.programs.wsk.goerrors import unparsed_yaml
from owlab.pocket.programs.wsk.manifest import DeploymentPlan
from owlab.pocket.programs.wsk.manifest_actions import DEFAULT
from owlab.pocket.programs.wsk.manifest_inputs import Document, Values, asked
from owlab.pocket.programs.wsk.session import Session

Pairs = list[Document]
NAMES = ("deployment.yaml", "deployment.yml")
UNFOUND = "The {kind} [{name}] in the deployment file was not found in the manifest file.\n"


def deployment_file(session: Session) -> str | None:
    """The deployment file: the one that is named, or one beside the project's manifest."""
    given = session.words.text("deployment")
    directory = session.words.text("project").strip() or "."
    for path in [given] if given else [posixpath.join(directory, name) for name in NAMES]:
        if session.call.fs.exists(session.call.path(path)):
            return path
    return None


async def bind(session: Session, plan: DeploymentPlan, manifest: str) -> None:
    """Add what the deployment file says, then put the values of ``--param`` in their places."""
    path = deployment_file(session)
    if path is not None:
        await _file(session, plan, path, manifest)
    given = asked(session)
    if not given:
        return
    bodies = (*plan.packages.values(), *plan.actions.values(), *plan.triggers.values())
    for pair in (pair for body in bodies for pair in body.get("parameters") or ()):
        if pair["key"] in given:
            pair["value"] = given[pair["key"]]
    for _, told in plan.feeds.values():
        told.update({name: value for name, value in given.items() if name in told})


async def _file(session: Session, plan: DeploymentPlan, path: str, manifest: str) -> None:
    try:
        found = load_yaml(session.read(path))
    except yaml.YAMLError as error:
        raise deploy_error("YAML_PARSER_ERROR", path, f"\n==> {unparsed_yaml(error)}") from error
    found = found if isinstance(found, dict) else {}
    values = Values(path, session.call.env, {})
    project = found.get("project") or {}
    packages = project.get("packages") or found.get("packages") or {}
    if project.get("packages") and plan.named and project.get("name") != plan.named:
        text = (
            f"The project named [{project.get('name', '')}] in deployment file "
            f"[{session.call.path(path)}] does not match the name [{plan.named}] in manifest "
            f"file [{session.call.path(manifest)}]."
        )
        raise deploy_error("YAML_FILE_FORMAT_ERROR", manifest, text)
    for name, package in packages.items():
        await _package(session, plan, values, values.text(str(name)), package or {})


async def _package(
    session: Session, plan: DeploymentPlan, values: Values, name: str, given: Document
) -> None:
    prefix = "" if name == DEFAULT else f"{name}/"
    actions = given.get("actions") or {}
    known = name in plan.packages or any(
        key.startswith(prefix) if prefix else "/" not in key for key in plan.actions
    )
    if not known:
        await _unfound(session, "package", name)
        return
    if name in plan.packages:
        _bound(values, plan.packages[name], given)
    for action, told in actions.items():
        body = plan.actions.get(f"{prefix}{action}")
        if body is None:
            await _unfound(session, "action", str(action))
        else:
            _bound(values, body, told or {})
    for trigger, told in (given.get("triggers") or {}).items():
        if trigger in plan.feeds:
            given_to = values.inputs((told or {}).get("inputs"))
            plan.feeds[trigger][1].update({pair["key"]: pair["value"] for pair in given_to})
        elif trigger in plan.triggers:
            _bound(values, plan.triggers[trigger], told or {})
        else:
            await _unfound(session, "trigger", str(trigger))


def _bound(values: Values, body: Document, given: Document) -> None:
    body["parameters"] = _over(body.get("parameters") or [], values.inputs(given.get("inputs")))
    own = values.pairs(given.get("annotations"))
    body["annotations"] = _over(body.get("annotations") or [], own)


def _over(old: Pairs, new: Pairs) -> Pairs:
    """What the deployment file says comes first, and hides what the manifest says."""
    names = {pair["key"] for pair in new}
    return [*new, *(pair for pair in old if pair["key"] not in names)]


async def _unfound(session: Session, kind: str, name: str) -> None:
    """The real one tells of it with ``--verbose`` only."""
    if session.words.on("verbose"):
        await session.call.out("Warning: " + UNFOUND.format(kind=kind, name=name))
