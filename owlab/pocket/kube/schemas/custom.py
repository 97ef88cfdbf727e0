"""Custom resources against the schema of their definition: pruned, filled in, and validated."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from owlab.pocket.kube.schemas import patterns, schema_rules

Schema = dict[str, Any]
Causes = list[tuple[str, str]]
_ALWAYS = ("apiVersion", "kind", "metadata")


def prune(value: Any, schema: Schema, unknown: list[str], path: str = "") -> Any:
    """The value without what the schema does not name; the paths of that go to ``unknown``."""
    if isinstance(value, list):
        inner = schema.get("items")
        if not isinstance(inner, dict):
            return value
        return [prune(v, inner, unknown, f"{path}[{index}]") for index, v in enumerate(value)]
    if not isinstance(value, dict):
        return value
    named, rest = schema.get("properties") or {}, schema.get("additionalProperties")
    keep = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    always = _ALWAYS if not path or schema.get("x-kubernetes-embedded-resource") else ()
    result = {}
    for name, inner in value.items():
        at = f"{path}.{name}" if path else name
        if name in always:
            result[name] = inner
        elif name in named:
            result[name] = prune(inner, named[name], unknown, at)
        elif isinstance(rest, dict):
            result[name] = prune(inner, rest, unknown, at)
        elif keep or rest:
            result[name] = inner
        else:
            unknown.append(at)
    return result


def fill(value: Any, schema: Schema) -> None:
    """Put the schema's defaults where nothing is said, in place."""
    if isinstance(value, list):
        for item in value:
            fill(item, schema.get("items") or {})
    elif isinstance(value, dict):
        for name, inner in (schema.get("properties") or {}).items():
            if name not in value and "default" in inner:
                value[name] = copy.deepcopy(inner["default"])
            if name in value:
                fill(value[name], inner)
        rest = schema.get("additionalProperties")
        if isinstance(rest, dict):
            for inner_value in value.values():
                fill(inner_value, rest)


def causes(value: Any, schema: Schema, old: Any = None) -> Causes:
    """Everything in which a value is not what its schema wants, as field and message.

    Rules are asked about what is of the right shape only.
    """
    return list(_causes(value, schema, "")) or list(schema_rules.broken(value, schema, old))


def _causes(value: Any, schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    if value is None and schema.get("nullable"):
        return
    wrong = _wrong_type(value, schema)
    if wrong:
        what = _type_name(value)
        yield (
            path or "<nil>",
            f'Invalid value: "{what}": {path} in body must be of type {wrong}: "{what}"',
        )
        return
    if "enum" in schema and value not in schema["enum"]:
        allowed = ", ".join(json.dumps(item) for item in schema["enum"])
        yield path, f"Unsupported value: {json.dumps(value)}: supported values: {allowed}"
    for broken, message in _LIMITS:
        if said := broken(value, schema):
            yield path, message.format(value=json.dumps(value), path=path, said=said)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _causes(item, schema.get("items") or {}, f"{path}[{index}]")
    elif isinstance(value, dict):
        start = f"{path}." if path else ""
        for name in schema.get("required") or ():
            if name not in value:
                yield f"{start}{name}", "Required value"
        named, rest = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, inner in value.items():
            if name in named and (path or name != "metadata"):
                yield from _causes(inner, named[name], f"{start}{name}")
            elif name not in named and isinstance(rest, dict):
                yield from _causes(inner, rest, f"{start}{name}")


def _wrong_type(value: Any, schema: Schema) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        fits = isinstance(value, int | str) and not isinstance(value, bool)
        return "" if fits else "integer,string"
    wanted = schema.get("type")
    if not wanted or _type_name(value) == wanted:
        return ""
    if wanted == "number" and _type_name(value) == "integer":
        return ""
    return str(wanted)


def _type_name(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    sorts: dict[type, str] = {float: "number", str: "string", list: "array", dict: "object"}
    return sorts.get(type(value), "null")


def _bound(key: str, exclusive: str, words: str, strict: str, sign: int) -> Callable[..., str]:
    def broken(value: Any, schema: Schema) -> str:
        if key not in schema or isinstance(value, bool) or not isinstance(value, int | float):
            return ""
        limit = schema[key]
        if schema.get(exclusive):
            return "" if (value - limit) * sign > 0 else f"{strict} {limit}"
        return "" if (value - limit) * sign >= 0 else f"{words} {limit}"

    return broken


def _pattern(value: Any, schema: Schema) -> str:
    if not isinstance(value, str) or "pattern" not in schema:
        return ""
    # One that cannot be read is refused with its definition; of older ones nothing is asked.
    found = patterns.matches(schema["pattern"], value)
    return "" if found or found is None else f"should match '{schema['pattern']}'"


def _size(key: str, sort: type[str | list[Any]], sign: int) -> Callable[..., str]:
    def broken(value: Any, schema: Schema) -> str:
        if not isinstance(value, sort) or key not in schema:
            return ""
        return str(schema[key]) if (len(value) - schema[key]) * sign < 0 else ""

    return broken


_LIMITS: tuple[tuple[Callable[..., str], str], ...] = (
    (
        _bound(
            "minimum",
            "exclusiveMinimum",
            "should be greater than or equal to",
            "should be greater than",
            1,
        ),
        "Invalid value: {value}: {path} in body {said}",
    ),
    (
        _bound(
            "maximum",
            "exclusiveMaximum",
            "should be less than or equal to",
            "should be less than",
            -1,
        ),
        "Invalid value: {value}: {path} in body {said}",
    ),
    (_pattern, "Invalid value: {value}: {path} in body {said}"),
    (
        _size("minLength", str, 1),
        "Invalid value: {value}: {path} in body should be at least {said} chars long",
    ),
    (_size("maxLength", str, -1), "Too long: may not be more than {said} bytes"),
    (
        _size("minItems", list, 1),
        "Invalid value: {value}: {path} in body should have at least {said} items",
    ),
    (_size("maxItems", list, -1), "Too many: must have at most {said} items"),
)
