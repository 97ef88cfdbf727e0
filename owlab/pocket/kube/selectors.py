"""Label and field selectors, as in ``?labelSelector=a=b,c in (d,e),!f``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from owlab.pocket.kube.errors import BadRequest

Labels = Mapping[str, str]
Matches = Callable[[Labels], bool]

_SET = re.compile(r"^\s*([^\s,()!=]+)\s+(in|notin)\s*\(([^()]*)\)\s*$")
_EQUAL = re.compile(r"^\s*([^\s,()!=]+)\s*(==|=|!=)\s*([^\s,()!=]*)\s*$")
_EXISTS = re.compile(r"^\s*(!?)\s*([^\s,()!=]+)\s*$")
_COMMA = re.compile(r",(?![^(]*\))")


def label_selector(text: str) -> Matches:
    """A predicate over labels; an empty selector matches everything."""
    parts = [_requirement(part) for part in _COMMA.split(text)] if text.strip() else []
    return lambda labels: all(part(labels) for part in parts)


def _requirement(text: str) -> Matches:
    if match := _SET.match(text):
        key, values = match[1], {value.strip() for value in match[3].split(",")}
        if match[2] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if match := _EQUAL.match(text):
        key, value = match[1], match[3]
        if match[2] == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if match := _EXISTS.match(text):
        key, absent = match[2], bool(match[1])
        return lambda labels: (key in labels) != absent
    raise BadRequest(f"unable to parse requirement: found '{text}'")


def from_object(selector: Mapping[str, Any] | None) -> Matches:
    """A predicate of a ``matchLabels``/``matchExpressions`` object; None matches nothing."""
    if selector is None:
        return lambda labels: False
    wanted: Labels = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []

    def matches(labels: Labels) -> bool:
        return all(labels.get(k) == v for k, v in wanted.items()) and all(
            expression_matches(e, labels) for e in expressions
        )

    return matches


def expression_matches(expression: Mapping[str, Any], labels: Labels) -> bool:
    """One of ``matchExpressions``; raises BadRequest for an operator that selectors do not have."""
    key, values = expression["key"], expression.get("values") or []
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case operator:
            raise BadRequest(f'"{operator}" is not a valid label selector operator')


def field_selector(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """A predicate over objects: ``metadata.name=x,status.phase!=Running``."""
    wanted: list[tuple[list[str], str, bool]] = []
    for part in text.split(",") if text.strip() else []:
        match = re.fullmatch(r"([\w.\-]+)\s*(==|=|!=)\s*(.*)", part.strip())
        if match is None:
            raise BadRequest(f"invalid field selector: {part!r}")
        wanted.append((match[1].split("."), match[3], match[2] == "!="))

    def matches(obj: Mapping[str, Any]) -> bool:
        return all((_field(obj, path) == value) != negated for path, value, negated in wanted)

    return matches


def _field(obj: Any, path: list[str]) -> str:
    if path[0] == "involvedObject" and "regarding" in obj:
        path = ["regarding", *path[1:]]
    for name in path:
        obj = obj.get(name) if isinstance(obj, Mapping) else None
    return "" if obj is None else str(obj).lower() if isinstance(obj, bool) else str(obj)
