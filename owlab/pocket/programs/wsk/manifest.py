"""A project's manifest: YAML that names packages, and what is in them, as OpenWhisk entities."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import yaml

from owlab.pocket.ground.yaml_text import load_yaml
from owlab.pocket.programs.wsk.exits import Told, deploy_error, nested
from owlab.pocket.programs.wsk.goerrors import unparsed_yaml
from owlab.pocket.programs.wsk.managed import managed_annotation
from owlab.pocket.programs.wsk.manifest_actions import (
    DEFAULT,
    ManifestReader,
    action_of,
    component,
    sequence_of,
)
from owlab.pocket.programs.wsk.manifest_inputs import Document, Values, asked, require
from owlab.pocket.programs.wsk.manifest_keys import unknown
from owlab.pocket.programs.wsk.session import Session
from owlab.pocket.programs.wsk.web_flags import KEYS, WEB

WEB_EXPORT = KEYS[0]


@dataclass(frozen=True, slots=True)
class PlannedApi:
    """An operation of an API that a manifest names."""

    name: str
    base: str
    path: str
    method: str
    action: str
    style: str


@dataclass
class DeploymentPlan:
    """What a manifest asks for, in the order in which it can be made."""

    project: str
    named: str = ""
    """What the manifest itself calls the project."""
    packages: dict[str, Document] = field(default_factory=dict)
    bindings: dict[str, Document] = field(default_factory=dict)
    actions: dict[str, Document] = field(default_factory=dict)
    triggers: dict[str, Document] = field(default_factory=dict)
    feeds: dict[str, tuple[str, Document]] = field(default_factory=dict)
    rules: dict[str, Document] = field(default_factory=dict)
    apis: list[PlannedApi] = field(default_factory=list)
    swagger: str = ""
    """A file that describes an API whole; then those of the manifest are not made."""
    mark: list[Document] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def load(session: Session, path: str) -> Document:
    """A manifest's content; refused where it has keys that have no meaning there."""
    try:
        wrong = unknown(session.read(path))
        found = load_yaml(session.read(path))
    except yaml.YAMLError as error:
        raise deploy_error("YAML_PARSER_ERROR", path, f"\n==> {unparsed_yaml(error)}") from error
    if wrong:
        text = "".join(f"\n==> {line}" for line in ("yaml: unmarshal errors:", *wrong))
        raise deploy_error("YAML_PARSER_ERROR", path, text)
    return found if isinstance(found, dict) else {}


def plan_of(
    session: Session, path: str, runtimes: Collection[str], *, managed: bool = False
) -> DeploymentPlan:
    """Read a manifest and everything that it names, for a server that has these runtimes."""
    found = load(session, path)
    project = found.get("project") or {}
    named = str(project.get("name") or "")
    plan = DeploymentPlan(session.words.text("projectname") or named, named)
    if session.words.text("projectname"):
        plan.warnings.append(f"The project name has been overridden. Using {plan.project}\n")
    if managed:
        if not plan.project:
            text = "The mandatory key [project name] is missing.\n"
            raise deploy_error("YAML_FILE_FORMAT_ERROR", path, text)
        plan.mark.append(managed_annotation(plan.project, path, session.read(path)))
    reader = ManifestReader(session, path, runtimes, plan.mark, plan.warnings)
    packages = found.get("packages") or project.get("packages") or {}
    if not packages:
        reader.warn(f"The manifest file [{path}] contained no packages.\n")
    outer = Values(path, session.call.env, {})
    shared = {pair["key"]: pair["value"] for pair in outer.inputs(project.get("inputs"))}
    for name, package in packages.items():
        _package(reader, plan, outer.text(str(name)), package or {}, shared)
    plan.swagger = str(project.get("config") or "")
    return plan


def _package(
    reader: ManifestReader, plan: DeploymentPlan, name: str, given: Document, shared: Document
) -> None:
    if given.get("repositories"):
        raise _unfetched(name, "repositories")
    plain = name.lower() == DEFAULT
    prefix = "" if plain else f"{name}/"
    values = _values(reader, given, shared)
    if not plain:
        _described(reader, given)
        own = [{"key": key, "value": values.known[key]} for key in given.get("inputs") or {}]
        plan.packages[name] = {
            "version": str(values.text(given.get("version") or "0.0.1")),
            "publish": bool(given.get("public", False)),
            "parameters": own,
            "annotations": [*values.pairs(given.get("annotations")), *reader.mark],
        }
        if given.get("public"):
            reader.warn(f"[{name}] is public: every namespace can use it.")
    for label, told in (given.get("dependencies") or {}).items():
        plan.bindings[str(label)] = _binding(reader, values, name, told or {})
    for action, told in (given.get("actions") or {}).items():
        plan.actions[f"{prefix}{action}"] = action_of(reader, values, action, told or {})
    for sequence, told in (given.get("sequences") or {}).items():
        called = f"{prefix}{values.name(sequence)}"
        if called in plan.actions:
            text = (
                f"Sequence [{values.name(sequence)}] is already defined as an action under the "
                "same package. Actions and sequences can not have same name in a single package."
            )
            inner = deploy_error("YAML_PARSER_ERROR", reader.path, text, "sequence")
            raise nested(reader.path, inner, "kept sequences")
        plan.actions[called] = sequence_of(reader, values, sequence, told or {}, prefix)
    for trigger, told in (given.get("triggers") or {}).items():
        _trigger(reader, plan, values, values.name(trigger), told or {})
    for rule, told in (given.get("rules") or {}).items():
        action = component(reader.session, values.name(told["action"]).strip(), prefix)
        plan.rules[values.name(rule)] = {
            "trigger": f"/{reader.session.namespace}/{values.name(told['trigger'])}",
            "action": action,
            "annotations": [*values.pairs(told.get("annotations")), *reader.mark],
        }
    for title, bases in (given.get("apis") or {}).items():
        _apis(reader, plan, prefix, str(title), bases or {}, given)


def _values(reader: ManifestReader, given: Document, shared: Document) -> Values:
    """What the entities of a package may use: the project's inputs, and the package's own."""
    env, outer = reader.session.call.env, Values(reader.path, reader.session.call.env, shared)
    known, missing = dict(shared), []
    given_here = asked(reader.session)
    for name, told in (given.get("inputs") or {}).items():
        optional = told | {"required": False} if isinstance(told, dict) else told
        (pair,) = outer.inputs({name: optional})
        value = pair["value"]
        if value in ("", 0, False):
            # What has no value yet may be a variable of the input's own name.
            value = env.get(str(name), "")
        known[str(name)] = given_here.get(str(name), value)
        if isinstance(told, dict) and told.get("required") and known[str(name)] in ("", None, {}):
            missing.append(str(name))
    require(reader.path, missing)
    return Values(reader.path, env, known)


def _described(reader: ManifestReader, given: Document) -> None:
    for key, default in (("version", "0.0.1"), ("license", "unlicensed")):
        if not given.get(key):
            reader.warn(f"The mandatory key [package {key}] should be set. Using {default}...\n")


def _unfetched(package: str, key: str) -> Told:
    return Told(
        f"'{key}' of package '{package}' would be fetched from the internet: the pocket lab "
        "cannot.\n\n",
        usage=False,
    )


def _binding(reader: ManifestReader, values: Values, package: str, told: Document) -> Document:
    """A dependency: a package that is there already, to which one is bound."""
    location = str(values.text(told.get("location") or ""))
    if not location.startswith("/"):
        if "github" in location.partition("://")[2].partition("/")[0] + location.partition("/")[0]:
            raise _unfetched(package, "dependencies")
        inner = (
            "Dependency type is unknown.  wskdeploy only supports /whisk.system bindings or "
            "github.com packages.\n"
        )
        raise nested(reader.path, inner, "dependencies")
    namespace, _, name = location.removeprefix("/").partition("/")
    return {
        "binding": {"namespace": namespace, "name": name},
        "publish": False,
        "parameters": values.inputs(told.get("inputs")),
        "annotations": [*values.pairs(told.get("annotations")), *reader.mark],
    }


def _trigger(
    reader: ManifestReader, plan: DeploymentPlan, values: Values, name: str, told: Document
) -> None:
    if told.get("source"):
        reader.warn("The [source] key in the manifest file is an old name of [feed].\n")
    feed = values.text(told.get("feed") or told.get("source") or "")
    annotations = [*values.pairs(told.get("annotations")), *reader.mark]
    given = values.inputs(told.get("inputs"))
    if name in plan.triggers and plan.feeds.get(name, ("",))[0] != feed:
        feeds = f'"{feed}", "{plan.feeds.get(name, ("",))[0]}"'
        text = f"One single trigger [{name}] is defined with multiple feeds [{feeds}]."
        inner = deploy_error("YAML_PARSER_ERROR", reader.path, text, "trigger")
        raise nested(reader.path, inner, "kept triggers")
    if feed:
        annotations = [{"key": "feed", "value": feed}, *annotations]
        plan.feeds[name] = (str(feed), {pair["key"]: pair["value"] for pair in given})
        given = []
    plan.triggers[name] = {"annotations": annotations, "parameters": given}


def _apis(
    reader: ManifestReader,
    plan: DeploymentPlan,
    prefix: str,
    title: str,
    bases: Document,
    package: Document,
) -> None:
    for base, paths in bases.items():
        for at, actions in paths.items():
            for action, told in actions.items():
                kind = "actions" if action in (package.get("actions") or {}) else "sequences"
                if action not in (package.get(kind) or {}):
                    text = f"Action/Sequence [{action}] of API [{title}] is not in the manifest.\n"
                    inner = deploy_error("YAML_FILE_FORMAT_ERROR", reader.path, text, "api")
                    raise nested(reader.path, inner, "apis")
                _exported(reader, title, action, plan.actions[f"{prefix}{action}"])
                style = str(told.get("response") or "json")
                method = str(told.get("method") or "get")
                path = f"/{at.strip('/')}"
                if "{" in path and style != "http":
                    reader.warn(f"API [{title}] with path parameters answers as http.")
                    style = "http"
                row = (title, f"/{base.strip('/')}", path, method.upper())
                plan.apis.append(PlannedApi(*row, f"{prefix}{action}", style))


def _exported(reader: ManifestReader, title: str, name: str, body: Document) -> None:
    """An API needs a web action: one that says nothing of it becomes one."""
    found = [pair["value"] for pair in body["annotations"] if pair["key"] == WEB_EXPORT]
    if found == [True]:
        return
    if found or reader.session.words.on("strict"):
        text = (
            f"Action [{name}] is not a web action, API [{title}] can only be created using a web "
            "action.\n"
        )
        raise nested(reader.path, deploy_error("YAML_INVALID_API", "", text), "apis")
    reader.warn(f"Action [{name}] of API [{title}] becomes a web action.\n")
    body["annotations"] += [
        {"key": key, "value": value} for key, value in zip(KEYS, WEB["true"], strict=True)
    ]
