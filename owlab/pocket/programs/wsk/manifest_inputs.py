"""Values of a project's manifest: variables of the environment, types, and inputs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from owlab.pocket.programs.wsk.exits import Told, deploy_error, nested
from owlab.pocket.programs.wsk.goerrors import unparsed
from owlab.pocket.programs.wsk.session import Session

Document = dict[str, Any]
ZERO: Document = {"string": "", "integer": 0, "float": 0.0, "boolean": False, "json": {}}
"""A type's name is a value that has yet to come: until then it is this."""
PARAMETER = frozenset(("type", "description", "value", "required", "default", "status", "schema"))
_MARKS = re.compile(r"[${}]+")


@dataclass(frozen=True, slots=True)
class Values:
    """Where the values of a package come from: the environment, then inputs that enclose it."""

    path: str
    """The manifest, for errors."""
    env: Mapping[str, str]
    known: Mapping[str, Any]

    def text(self, given: object) -> Any:
        """A text with its variables replaced; anything else as it is."""
        return interpolated(given, self.env)

    def name(self, given: Any) -> str:
        """What an entity is called: an input may give its name."""
        return str(self.known.get(_bare(str(given))) or self.text(str(given)))

    def pairs(self, given: Any) -> list[Document]:
        """Annotations as OpenWhisk's pairs."""
        return [{"key": key, "value": self.text(value)} for key, value in (given or {}).items()]

    def inputs(self, given: Any) -> list[Document]:
        """Inputs as OpenWhisk's parameters. Those that are required need a value."""
        found, missing = [], []
        for name, told in (given or {}).items():
            value, kind = resolved(self, str(name), told)
            if kind == "string" and value == "" and isinstance(told, str):
                value = self.known.get(_bare(told), value)
            found.append({"key": name, "value": value})
            if isinstance(told, dict) and told.get("required") and value == ZERO.get(kind):
                missing.append(str(name))
        require(self.path, missing)
        return found


def asked(session: Session) -> Document:
    """The values of ``--param`` and ``--param-file``."""
    try:
        return session.words.object("param")
    except (ValueError, RecursionError) as error:
        told = unparsed(error, session.words.texts["param"])
        raise Told(f"{told}\n", usage=False) from error


def require(path: str, missing: list[str]) -> None:
    """Refuse inputs that have to have a value and have none."""
    if missing:
        names = ", ".join(missing)
        text = f"Required inputs have no value, whether from the environment or elsewhere: {names}"
        inner = deploy_error("YAML_FILE_FORMAT_ERROR", path, text, "required")
        raise nested(path, inner, "actions")


def _bare(name: str) -> str:
    return name.replace("$", "", 1).replace("{", "").replace("}", "")


def interpolated(given: object, env: Mapping[str, str]) -> Any:
    """``$NAME`` alone, ``${NAME}`` anywhere, and ``$${NAME}`` for that text itself."""
    if not isinstance(given, str) or not (
        (given.startswith("$") and len(given) > 1)
        or ("${" in given and given.count("{") == given.count("}"))
    ):
        return given
    for name in filter(None, _MARKS.split(given)):
        braced = "${" + name + "}"
        if f"${braced}" in given:
            given = given.replace(f"${braced}", braced)
        elif f"${name}" in given:
            given = given.replace(f"${name}", env.get(name, ""))
        elif braced in given:
            given = given.replace(braced, env.get(name, ""))
    return given


def resolved(values: Values, name: str, told: object) -> tuple[Any, str]:
    """An input's value and its type, from a plain value or from a mapping that describes it."""
    if isinstance(told, dict) and set(told) <= PARAMETER:
        value, kind = _described(values, name, told)
    else:
        value, kind = told, _kind(told)
        if kind == "string" and value in ZERO:
            kind, value = value, ZERO[value]
    if kind == "json" and isinstance(value, str):
        value = _parsed(value)
    return _within(value, values), kind


def _described(values: Values, name: str, told: Document) -> tuple[Any, str]:
    value = told.get("value")
    if value is None:
        value = told.get("default")
    kind = str(told.get("type") or _kind(value))
    if kind not in ZERO and kind != "slice":
        text = f"Parameter [{name}] has an invalid Type. [{kind}]"
        inner = deploy_error("YAML_PARSER_ERROR", values.path, text, "type")
        raise nested(values.path, inner, "actions")
    return (ZERO.get(kind) if value is None else value), kind


def _kind(value: object) -> str:
    kinds = ((bool, "boolean"), (int, "integer"), (float, "float"), (dict, "json"), (list, "slice"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "string")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _within(value: object, values: Values) -> Any:
    """The texts of a value, however deep, with their variables replaced."""
    if isinstance(value, dict):
        return {key: _within(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [_within(inner, values) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # as Go writes it
    return "" if value is None else values.text(value)
