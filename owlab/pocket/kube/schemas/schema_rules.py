"""Rules in CEL of a definition's schema (``x-kubernetes-validations``)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from owlab.pocket.kube.schemas import expressions
from owlab.pocket.kube.schemas.expressions import ExpressionError, UnknownFunction

KEY = "x-kubernetes-validations"
Schema = dict[str, Any]
_REASONS = {
    "FieldValueInvalid": "Invalid value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueRequired": "Required value",
    "FieldValueDuplicate": "Duplicate value",
}


def broken(
    value: object, schema: Schema, old: object = None, path: str = ""
) -> Iterator[tuple[str, str]]:
    """The rules that a value breaks, as field and message. ``old``: what stood there before."""
    for rule in schema.get(KEY) or ():
        found = _broken(rule, value, old, path)
        if found is not None:
            yield found
    if isinstance(value, dict):
        named, rest = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, inner in value.items():
            below = named.get(name, rest)
            if isinstance(below, dict):
                before = old.get(name) if isinstance(old, dict) else None
                yield from broken(inner, below, before, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            before = _counterpart(schema, old, item)
            yield from broken(item, schema["items"], before, f"{path}[{index}]")


def _counterpart(schema: Schema, old: object, item: object) -> Any:
    """The item that was this one before: only lists with keys tell."""
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    if not keys or not isinstance(old, list) or not isinstance(item, dict):
        return None
    wanted = [item.get(key) for key in keys]
    same = (o for o in old if isinstance(o, dict) and [o.get(key) for key in keys] == wanted)
    return next(same, None)


def _broken(rule: Schema, value: object, old: object, path: str) -> tuple[str, str] | None:
    text = str(rule.get("rule", ""))
    if "oldSelf" in text and old is None and not rule.get("optionalOldSelf"):
        return None  # a rule about a change
    data = {"self": value, "oldSelf": old}
    field = path + str(rule.get("fieldPath") or "") or "<nil>"
    try:
        if expressions.evaluate(text, data) is True:
            return None
        said = _message(rule, text, data)
    except UnknownFunction:
        return None  # it was said when the definition was made
    except ExpressionError as error:
        said = f"rule execution error: {error} evaluating rule: {_message(rule, text, {})}"
    reason = _REASONS.get(str(rule.get("reason")), "Invalid value")
    if reason != "Invalid value":
        return field.lstrip("."), f"{reason}: {said}"
    shown = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else value
    return field.lstrip("."), f"{reason}: {json.dumps(shown)}: {said}"


def _message(rule: Schema, text: str, data: dict[str, Any]) -> str:
    if data and rule.get("messageExpression"):
        try:
            found = expressions.evaluate(str(rule["messageExpression"]), data)
        except ExpressionError:
            found = None
        if isinstance(found, str) and found.strip():
            return found
    return str(rule.get("message") or f"failed rule: {text}")


def unreadable(schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    """Rules of a schema that cannot be read, as field and message."""
    for index, rule in enumerate(schema.get(KEY) or ()):
        for name, result in (("rule", "BOOL"), ("messageExpression", "STRING")):
            text = rule.get(name)
            if not text:
                if name == "rule":
                    yield f"{path}.{KEY}[{index}].rule", "Required value: rule is not specified"
                continue
            try:
                expressions.check(str(text), ("oldSelf", "self"), result)
            except UnknownFunction:
                continue  # warned of
            except ExpressionError as error:
                shown = json.dumps(text)
                yield f"{path}.{KEY}[{index}].{name}", f"Invalid value: {shown}: {error}"
    for inner, place in _within(schema, path):
        yield from unreadable(inner, place)


def unchecked(schema: Schema, path: str) -> Iterator[str]:
    """Warnings of rules that need what is not here."""
    for index, rule in enumerate(schema.get(KEY) or ()):
        try:
            expressions.check(str(rule.get("rule", "")), ("oldSelf", "self"))
        except UnknownFunction as error:
            yield f"{path}.{KEY}[{index}].rule: {error}: the rule is not checked"
        except ExpressionError:
            continue
    for inner, place in _within(schema, path):
        yield from unchecked(inner, place)


def _within(schema: Schema, path: str) -> Iterator[tuple[Schema, str]]:
    for name, inner in (schema.get("properties") or {}).items():
        if isinstance(inner, dict):
            yield inner, f"{path}.properties[{name}]"
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield schema[name], f"{path}.{name}"
