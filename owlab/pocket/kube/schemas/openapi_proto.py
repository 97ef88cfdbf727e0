"""OpenAPI v2 as protobuf, which is what kubectl up to 1.26 asks for.

The numbers are those of the messages in gnostic's ``OpenAPIv2.proto``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
"""Asked for with an ``@`` before the version, which is no media type, and so answered without."""


def encoded(document: dict[str, Any]) -> bytes:
    """A document of version 2."""
    info = document["info"]
    return b"".join(
        (
            _text(1, document["swagger"]),
            _message(2, _text(1, info["title"]) + _text(2, info["version"])),
            _message(8, _named(2, document["paths"], _path)),
            _message(9, _named(1, document["definitions"], _schema)),
        )
    )


_VERBS = {"get": 2, "put": 3, "post": 4, "delete": 5, "patch": 8}
_TEXTS = {"$ref": 1, "format": 2, "title": 3, "description": 4, "pattern": 13}
_NUMBERS = {
    "maxLength": 11,
    "minLength": 12,
    "maxItems": 14,
    "minItems": 15,
    "maxProperties": 17,
    "minProperties": 18,
}
_FLAGS = {"exclusiveMaximum": 8, "exclusiveMinimum": 10, "uniqueItems": 16, "readOnly": 27}


def _path(item: dict[str, Any]) -> bytes:
    return b"".join(_message(_VERBS[verb], _operation(found)) for verb, found in item.items())


def _operation(operation: dict[str, Any]) -> bytes:
    parts = [_message(8, _message(1, _parameter(p))) for p in operation["parameters"]]
    answers = _named(1, operation["responses"], lambda answer: _message(1, _response(answer)))
    return b"".join((*parts, _message(9, answers), *_extensions(13, operation)))


def _parameter(parameter: dict[str, Any]) -> bytes:
    inner = _text(2, parameter["in"]) + _text(4, parameter["name"]) + _text(6, parameter["type"])
    return _message(2, _message(3, inner + _number(20, int(parameter["uniqueItems"]))))


def _response(answer: dict[str, Any]) -> bytes:
    return _text(1, answer["description"]) + _message(2, _message(1, _schema(answer["schema"])))


def _schema(schema: dict[str, Any]) -> bytes:
    return b"".join(_parts(schema))


def _parts(schema: dict[str, Any]) -> Iterator[bytes]:
    for table, write in ((_TEXTS, _text), (_NUMBERS, _number), (_FLAGS, _number)):
        for name, number in table.items():
            if name in schema:
                yield write(number, schema[name])
    if "default" in schema:
        yield _message(5, _any(schema["default"]))
    for name in schema.get("required") or ():
        yield _text(19, name)
    for value in schema.get("enum") or ():
        yield _message(20, _any(value))
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        yield _message(21, _message(1, _schema(more)))
    elif more is not None:
        yield _message(21, _number(2, int(more)))
    if "type" in schema:
        yield _message(22, _text(1, schema["type"]))
    if isinstance(schema.get("items"), dict):
        yield _message(23, _message(1, _schema(schema["items"])))
    for part in schema.get("allOf") or ():
        yield _message(24, _schema(part))
    if "properties" in schema:
        yield _message(25, _named(1, schema["properties"], _schema))
    yield from _extensions(31, schema)


def _extensions(number: int, data: dict[str, Any]) -> Iterator[bytes]:
    for name, value in data.items():
        if name.startswith("x-"):
            yield _message(number, _text(1, name) + _message(2, _any(value)))


def _any(value: object) -> bytes:
    return _text(2, json.dumps(value) + "\n")


def _named(number: int, items: dict[str, Any], write: Callable[[Any], bytes]) -> bytes:
    """A map as a list of names and values."""
    return b"".join(
        _message(number, _text(1, name) + _message(2, write(value)))
        for name, value in items.items()
    )


def _text(number: int, text: str) -> bytes:
    return _message(number, str(text).encode())


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: float) -> bytes:
    return _varint(number << 3) + _varint(int(value))


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
