"""A project's manifest: YAML that names packages, and what is in them, as OpenWhisk entities."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import yaml

from owlab.pocket.programs.wsk.code import ARCHIVES, KINDS
from owlab.pocket.programs.wsk.exits import WskError, deploy_error, nested
from owlab.pocket.programs.wsk.goerrors import load_yaml, unparsed_yaml
from owlab.pocket.programs.wsk.manifest_keys import unknown
from owlab.pocket.programs.wsk.session import Session
from owlab.pocket.programs.wsk.web_flags import KEYS, WEB

DEFAULT = "default"
UNSPECIFIED = "NOT SPECIFIED"
_INVALID = (
    "Invalid or missing runtime [{runtime}] specified in manifest for the action [{action}].\n"
)
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


@dataclass(frozen=True, slots=True)
class ManifestReader:
    """Where a manifest is, and what the server runs."""

    session: Session
    path: str
    runtimes: Collection[str]

    def no_runtime(self, action: str, given: str, problem: str) -> WskError:
        """An action whose code nothing can run."""
        known = ", ".join(self.runtimes)
        text = f"{problem}Action [{action}]: Runtime [{given}]: Supported Runtimes [{known}]"
        inner = deploy_error("YAML_INVALID_RUNTIME", self.path, text)
        return nested(self.path, inner.message.removesuffix("\n"), "actions")


def plan_of(session: Session, path: str, runtimes: Collection[str]) -> DeploymentPlan:
    """Read a manifest and everything that it names, for a server that has these runtimes."""
    try:
        wrong = unknown(session.read(path))
        found = load_yaml(session.read(path))
    except yaml.YAMLError as error:
        raise deploy_error("YAML_PARSER_ERROR", path, f"\n==> {unparsed_yaml(error)}") from error
    if wrong:
        text = "".join(f"\n==> {line}" for line in ("yaml: unmarshal errors:", *wrong))
        raise deploy_error("YAML_PARSER_ERROR", path, text)
    if not isinstance(found, dict):
        found = {}
    found = expanded(found, session.call.env)
    project = found.get("project") or {}
    plan = DeploymentPlan(project.get("name", "") if isinstance(project, dict) else "")
    packages = found.get("packages") or (project.get("packages") if project else None) or {}
    reader = ManifestReader(session, path, runtimes)
    for name, package in packages.items():
        _package(reader, plan, str(name), package or {})
    return plan


def expanded(value: Any, env: dict[str, str]) -> Any:
    """Variables of the environment, wherever a text stands."""
    if isinstance(value, dict):
        return {expanded(k, env): expanded(v, env) for k, v in value.items()}
    if isinstance(value, list):
        return [expanded(item, env) for item in value]
    if not isinstance(value, str):
        return value
    return VARIABLE.sub(lambda found: env.get(found[1] or found[2], found[0]), value)


def _package(reader: ManifestReader, plan: DeploymentPlan, name: str, given: Document) -> None:
    session = reader.session
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
        plan.actions[f"{prefix}{action}"] = _action(reader, action, told or {})
    for sequence, told in (given.get("sequences") or {}).items():
        names = [part.strip() for part in str(told.get("actions", "")).split(",") if part.strip()]
        plan.actions[f"{prefix}{sequence}"] = {
            "exec": {
                "kind": "sequence",
                "components": [_component(session, n, prefix) for n in names],
            },
            "annotations": [
                *_web(reader, sequence, told, "sequences"),
                *pairs(told.get("annotations")),
            ],
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


def _action(reader: ManifestReader, name: str, told: Document) -> Document:
    file = told.get("function") or told.get("location")
    execution: Document = {}
    if file:
        execution = _from_file(reader, name, told, str(file))
    elif told.get("code") is not None:
        if not told.get("runtime"):
            inner = deploy_error(
                "YAML_FILE_FORMAT_ERROR",
                reader.path,
                f"Action [{name}] is invalid. It has code specified without any runtime. With "
                "action source code, runtime is mandatory.",
                "code",
            )
            raise nested(reader.path, inner.message.removesuffix("\n"), "actions")
        execution = {"code": str(told["code"]), "kind": told["runtime"]}
    if told.get("docker") or told.get("native"):
        image = "openwhisk/dockerskeleton" if told.get("native") else told["docker"]
        execution |= {"kind": "blackbox", "image": image}
    if told.get("main"):
        execution["main"] = told["main"]
    body: Document = {
        "exec": execution,
        "parameters": inputs(told.get("inputs")),
        "annotations": _web(reader, name, told, "actions") + pairs(told.get("annotations")),
    }
    if told.get("conductor"):
        body["annotations"].append({"key": "conductor", "value": True})
    limits = told.get("limits") or {}
    if chosen := {ours: limits[theirs] for theirs, ours in LIMITS.items() if theirs in limits}:
        body["limits"] = chosen
    return body


def _from_file(reader: ManifestReader, name: str, told: Document, file: str) -> Document:
    path = posixpath.join(posixpath.dirname(reader.path), file)
    extension = posixpath.splitext(path)[1]
    given, kind = told.get("runtime") or "", KINDS.get(extension, "")
    problem = ""
    if not given and not told.get("docker") and not told.get("native"):
        if extension == ".zip":
            problem = _INVALID.format(runtime=UNSPECIFIED, action=name)
        elif not kind:
            problem = (
                f"[{name}] has not specified any runtime and the action source file extension "
                f"[{extension[1:]}] is not supported.\n"
            )
    elif given and given not in reader.runtimes and extension == ".zip":
        problem = _INVALID.format(runtime=given, action=name)
    if problem:
        raise reader.no_runtime(name, given or UNSPECIFIED, problem)
    try:
        data = reader.session.read(path)
    except WskError as error:
        text = f"open {path}: no such file or directory"
        raise nested(reader.path, text, "actions") from error
    # A runtime that the server lacks, or that is not the file's, gives way to the file's own.
    if given and (extension == ".zip" or given.split(":")[0] == kind.split(":")[0]):
        kind = given if given in reader.runtimes else kind
    if given and reader.session.words.on("strict"):
        kind = given
    binary = extension in ARCHIVES
    text = base64.b64encode(data).decode() if binary else data.decode("utf-8", "replace")
    return {"code": text, "kind": kind}


def _web(reader: ManifestReader, name: str, told: Document, place: str) -> list[Document]:
    given = told.get("web", told.get("web-export"))
    if given is None:
        return []
    choice = str(given).lower()
    if choice not in WEB:
        known = ", ".join(WEB)
        text = f"Action [{name}]: web-export [{given}]: Supported Web Exports [{known}]"
        inner = deploy_error("YAML_INVALID_WEB_EXPORT", reader.path, text)
        raise nested(reader.path, inner.message.removesuffix("\n"), place)
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
