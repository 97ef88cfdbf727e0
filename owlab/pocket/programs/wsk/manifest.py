"""A project's manifest: YAML that names packages, and what is in them, as OpenWhisk entities."""

from __future__ import annotations

import base64
import posixpath
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from owlab.pocket.programs.wsk.code import ARCHIVES, KINDS
from owlab.pocket.programs.wsk.exits import WskError
from owlab.pocket.programs.wsk.session import Session
from owlab.pocket.programs.wsk.web_flags import KEYS, WEB

DEFAULT = "default"
LIMITS = {"timeout": "timeout", "memorySize": "memory", "logSize": "logs"}
UNFETCHED = ("dependencies", "repositories")
VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")
Document = dict[str, Any]


@dataclass
class DeploymentPlan:
    """What a manifest asks for, in the order in which it can be made."""

    project: str = ""
    packages: dict[str, Document] = field(default_factory=dict)
    actions: dict[str, Document] = field(default_factory=dict)
    triggers: dict[str, Document] = field(default_factory=dict)
    feeds: dict[str, tuple[str, Document]] = field(default_factory=dict)
    rules: dict[str, Document] = field(default_factory=dict)
    apis: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    """Base path, path, method, action, response type."""


def plan_of(session: Session, path: str) -> DeploymentPlan:
    """Read a manifest and everything that it names."""
    try:
        found = yaml.safe_load(session.read(path))
    except yaml.YAMLError as error:
        raise WskError(f"{path}: {error}", usage=False) from error
    if not isinstance(found, dict):
        raise WskError(f"The manifest {path} holds no packages.", usage=False)
    found = _expanded(found, session.call.env)
    project = found.get("project") or {}
    plan = DeploymentPlan(project.get("name", "") if isinstance(project, dict) else "")
    packages = found.get("packages") or (project.get("packages") if project else None) or {}
    if not isinstance(packages, dict) or not packages:
        raise WskError(f"The mandatory key [packages] is missing in {path}.", usage=False)
    for name, package in packages.items():
        _package(session, plan, str(name), package or {}, posixpath.dirname(path))
    return plan


def _expanded(value: Any, env: dict[str, str]) -> Any:
    """Variables of the environment, wherever a text stands."""
    if isinstance(value, dict):
        return {_expanded(k, env): _expanded(v, env) for k, v in value.items()}
    if isinstance(value, list):
        return [_expanded(item, env) for item in value]
    if not isinstance(value, str):
        return value
    return VARIABLE.sub(lambda found: env.get(found[1] or found[2], found[0]), value)


def _package(
    session: Session, plan: DeploymentPlan, name: str, given: Document, directory: str
) -> None:
    for key in UNFETCHED:
        if given.get(key):
            raise WskError(f"'{key}' of package '{name}' would be fetched from the internet: the "
                           "pocket lab cannot.", usage=False)  # fmt: skip
    prefix = "" if name == DEFAULT else f"{name}/"
    if name != DEFAULT:
        plan.packages[name] = {
            "publish": bool(given.get("public", False)),
            "parameters": inputs(given.get("inputs")),
            "annotations": pairs(given.get("annotations")),
        }
    for action, told in (given.get("actions") or {}).items():
        plan.actions[f"{prefix}{action}"] = _action(session, action, told or {}, directory)
    for sequence, told in (given.get("sequences") or {}).items():
        names = [part.strip() for part in str(told.get("actions", "")).split(",") if part.strip()]
        plan.actions[f"{prefix}{sequence}"] = {
            "exec": {
                "kind": "sequence",
                "components": [_component(session, n, prefix) for n in names],
            },
            "annotations": _web(told) + pairs(told.get("annotations")),
        }
    for trigger, told in (given.get("triggers") or {}).items():
        _trigger(plan, str(trigger), told or {})
    for rule, told in (given.get("rules") or {}).items():
        action = str(told["action"])
        plan.rules[str(rule)] = {
            "trigger": f"/{session.namespace}/{told['trigger']}",
            "action": _component(session, action, prefix),
        }
    for bases in (given.get("apis") or {}).values():
        for base, paths in bases.items():
            for at, actions in paths.items():
                for action, told in actions.items():
                    method = told if isinstance(told, str) else told.get("method", "get")
                    style = "json" if isinstance(told, str) else told.get("response", "json")
                    row = (f"/{base.strip('/')}", f"/{at.strip('/')}", method.upper())
                    plan.apis.append((*row, f"{prefix}{action}", style))


def _component(session: Session, name: str, prefix: str) -> str:
    if name.startswith("/"):
        return name
    return f"/{session.namespace}/{name if '/' in name else prefix + name}"


def _trigger(plan: DeploymentPlan, name: str, told: Document) -> None:
    annotations = pairs(told.get("annotations"))
    feed = told.get("feed") or told.get("source")
    given = inputs(told.get("inputs"))
    if feed:
        annotations.append({"key": "feed", "value": feed})
        plan.feeds[name] = (str(feed), {pair["key"]: pair["value"] for pair in given})
        given = []
    plan.triggers[name] = {"annotations": annotations, "parameters": given}


def _action(session: Session, name: str, told: Document, directory: str) -> Document:
    file = told.get("function") or told.get("location")
    execution: Document = {}
    if file:
        path = posixpath.join(directory, str(file))
        extension = posixpath.splitext(path)[1]
        data = session.read(path)
        binary = extension in ARCHIVES
        execution["code"] = base64.b64encode(data).decode() if binary else data.decode()
        execution["kind"] = told.get("runtime") or KINDS.get(extension)
    elif told.get("code") is not None:
        execution = {"code": str(told["code"]), "kind": told.get("runtime")}
    if told.get("docker") or told.get("native"):
        execution |= {"kind": "blackbox", "image": told.get("docker", "openwhisk/dockerskeleton")}
    if not execution.get("kind"):
        raise WskError(
            f"Action [{name}] is invalid. It has code specified without any runtime. With action "
            "source code, runtime is mandatory.",
            usage=False,
        )
    if told.get("main"):
        execution["main"] = told["main"]
    body: Document = {
        "exec": execution,
        "parameters": inputs(told.get("inputs")),
        "annotations": _web(told) + pairs(told.get("annotations")),
    }
    if told.get("conductor"):
        body["annotations"].append({"key": "conductor", "value": True})
    limits = told.get("limits") or {}
    if chosen := {ours: limits[theirs] for theirs, ours in LIMITS.items() if theirs in limits}:
        body["limits"] = chosen
    return body


def _web(told: Document) -> list[Document]:
    given = told.get("web", told.get("web-export"))
    if given is None:
        return []
    choice = str(given).lower()
    if choice not in WEB:
        raise WskError(f"Invalid value '{given}' of 'web'.", usage=False)
    return [{"key": key, "value": value} for key, value in zip(KEYS, WEB[choice], strict=True)]


def pairs(given: Any) -> list[Document]:
    """A mapping as OpenWhisk's pairs."""
    return [{"key": key, "value": value} for key, value in (given or {}).items()]


ZERO: Document = {"string": "", "integer": 0, "number": 0, "float": 0.0, "boolean": False}


def inputs(given: Any) -> list[Document]:
    """Inputs: plain values, or with a type, a value and a default."""
    found = []
    for key, value in (given or {}).items():
        if isinstance(value, dict) and {"type", "value", "default"} & set(value):
            kind = value.get("type", "string")
            value = value.get("value", value.get("default", ZERO.get(kind)))
        elif isinstance(value, str) and value in ZERO:
            value = ZERO[value]
        found.append({"key": key, "value": value})
    return found
