"""Custom resources against the schema of their definition: pruned, filled in, and validated.

No `openapi-schema-validator`: it prunes and fills in nothing, and people search for the sentences
of Kubernetes, which would have to be made of its errors.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from owlab.pocket.kube.schemas import formats, patterns, schema_rules

Schema = dict[str, Any]
Causes = list[tuple[str, str]]
_ALWAYS = ("apiVersion", "kind", "metadata")


def prune(value: object, schema: Schema, unknown: list[str], path: str = "") -> Any:
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


def fill(value: object, schema: Schema) -> None:
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


def causes(value: object, schema: Schema, old: object = None) -> Causes:
    """Everything in which a value is not what its schema wants, as field and message.

    Rules are asked about what is of the right shape only.
    """
    return list(_causes(value, schema, "")) or list(schema_rules.broken(value, schema, old))


def _causes(value: object, schema: Schema, path: str) -> Iterator[tuple[str, str]]:
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
    yield from _combined(value, schema, path)
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


def _combined(value: object, schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    """What is asked by several schemas at once, or by one that must not fit."""

    def fitting(name: str) -> int:
        return sum(not any(_causes(value, one, path)) for one in schema[name])

    must = f'Invalid value: "": "{path}" must'
    if schema.get("allOf") and fitting("allOf") < len(schema["allOf"]):
        for one in schema["allOf"]:
            yield from _causes(value, one, path)
        yield path or "<nil>", f"{must} validate all the schemas (allOf)"
    if schema.get("anyOf") and not fitting("anyOf"):
        yield path or "<nil>", f"{must} validate at least one schema (anyOf)"
    if schema.get("oneOf") and (found := fitting("oneOf")) != 1:
        how = f"{found} valid alternatives" if found else "none valid"
        yield path or "<nil>", f"{must} validate one and only one schema (oneOf). Found {how}"
    if schema.get("not") and not any(_causes(value, schema["not"], path)):
        yield path or "<nil>", f"{must} not validate the schema (not)"


def _wrong_type(value: object, schema: Schema) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        fits = isinstance(value, int | str) and not isinstance(value, bool)
        return "" if fits else "integer,string"
    wanted = schema.get("type")
    if not wanted or _type_name(value) == wanted:
        return ""
    if wanted == "number" and _type_name(value) == "integer":
        return ""
    return str(wanted)


def _type_name(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    sorts: dict[type, str] = {float: "number", str: "string", list: "array", dict: "object"}
    return sorts.get(type(value), "null")


def _bound(key: str, exclusive: str, words: str, strict: str, sign: int) -> Callable[..., str]:
    def broken(value: object, schema: Schema) -> str:
        if key not in schema or isinstance(value, bool) or not isinstance(value, int | float):
            return ""
        limit = schema[key]
        if schema.get(exclusive):
            return "" if (value - limit) * sign > 0 else f"{strict} {limit}"
        return "" if (value - limit) * sign >= 0 else f"{words} {limit}"

    return broken


def _pattern(value: object, schema: Schema) -> str:
    if not isinstance(value, str) or "pattern" not in schema:
        return ""
    # One that cannot be read is refused with its definition; of older ones nothing is asked.
    found = patterns.matches(schema["pattern"], value)
    return "" if found or found is None else f"should match '{schema['pattern']}'"


def _format(value: object, schema: Schema) -> str:
    name = schema.get("format")
    if not isinstance(value, str) or not name or formats.fits(value, name):
        return ""
    return f"must be of type {name}: {json.dumps(value)}"


def _multiple(value: object, schema: Schema) -> str:
    step = schema.get("multipleOf")
    if not step or isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    # As decimals: 0.3 is three times 0.1.
    return f"should be a multiple of {step}" if Decimal(str(value)) % Decimal(str(step)) else ""


def _size(key: str, sort: type[str | list[Any] | dict[str, Any]], sign: int) -> Callable[..., str]:
    def broken(value: object, schema: Schema) -> str:
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
    (_multiple, "Invalid value: {value}: {path} in body {said}"),
    (_pattern, "Invalid value: {value}: {path} in body {said}"),
    (_format, "Invalid value: {value}: {path} in body {said}"),
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
    (
        _size("minProperties", dict, 1),
        "Invalid value: {value}: {path} in body should have at least {said} properties",
    ),
    (_size("maxProperties", dict, -1), "Too many: must have at most {said} items"),
)
