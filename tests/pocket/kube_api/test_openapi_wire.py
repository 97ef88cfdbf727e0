"""OpenAPI version 2, as JSON and as protobuf, for older clients."""

from __future__ import annotations

import json
from typing import Any

import pytest

from owlab.pocket.kube.schemas import openapi_proto, openapi_v2


def fields(data: bytes) -> list[tuple[int, Any]]:
    """The fields of a protobuf message: numbers, and bytes or integers."""
    found: list[tuple[int, Any]] = []
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            found.append((key >> 3, varint()))
            continue
        assert key & 7 == 2
        length = varint()
        found.append((key >> 3, data[at : at + length]))
        at += length
    return found


def named(data: bytes) -> dict[str, bytes]:
    """A map: entries of a name and a value."""
    return {dict(fields(entry))[1].decode(): dict(fields(entry))[2] for _, entry in fields(data)}


DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "T", "version": "v1"},
    "paths": {
        "/a": {
            verb: {
                "x-own": {"a": 1},
                "parameters": [
                    {"name": "dryRun", "in": "query", "type": "string", "uniqueItems": True}
                ],
                "responses": {"200": {"description": "OK", "schema": {"$ref": "#/x"}}},
            }
            for verb in ("get", "put", "post", "delete", "patch")
        }
    },
    "definitions": {
        "Plain": {"type": "string", "format": "f", "title": "t", "description": "d" * 200,
                  "pattern": "p", "maxLength": 300, "minLength": 1, "uniqueItems": True,
                  "default": {"k": None}, "enum": ["a", 1], "exclusiveMaximum": False},
        "Many": {"type": "array", "items": {"$ref": "#/y"}, "maxItems": 9, "minItems": 2,
                 "allOf": [{"type": "object"}]},
        "Map": {"type": "object", "required": ["a", "b"], "additionalProperties": {"type": "x"},
                "properties": {"p": {"type": "integer"}}, "maxProperties": 4, "minProperties": 3,
                "x-kubernetes-patch-strategy": "merge", "readOnly": True, "exclusiveMinimum": True},
        "Open": {"additionalProperties": True},
        "Shut": {"additionalProperties": False},
    },
}  # fmt: skip


def test_a_document_in_protobuf() -> None:
    found = dict(fields(openapi_proto.encoded(DOCUMENT)))
    assert set(found) == {1, 2, 8, 9} and found[1] == b"2.0"
    assert dict(fields(found[2])) == {1: b"T", 2: b"v1"}
    [(number, path)] = fields(found[8])
    assert number == 2 and dict(fields(path))[1] == b"/a"
    verbs = fields(dict(fields(path))[2])
    assert [verb for verb, _ in verbs] == [2, 3, 4, 5, 8]
    operation = fields(verbs[0][1])
    assert [number for number, _ in operation] == [8, 9, 13]
    parameter = dict(fields(dict(fields(dict(fields(operation[0][1]))[1]))[2]))[3]
    assert dict(fields(parameter)) == {2: b"query", 4: b"dryRun", 6: b"string", 20: 1}
    answer = dict(fields(named(operation[1][1])["200"]))[1]
    assert dict(fields(answer))[1] == b"OK"
    assert dict(fields(dict(fields(dict(fields(answer))[2]))[1])) == {1: b"#/x"}
    extension = dict(fields(operation[2][1]))
    assert extension[1] == b"x-own" and json.loads(dict(fields(extension[2]))[2]) == {"a": 1}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Plain", [(2, b"f"), (3, b"t"), (4, b"d" * 200), (13, b"p"), (11, 300), (12, 1), (8, 0),
                   (16, 1), (5, {"k": None}), (20, "a"), (20, 1), (22, b"string")]),
        ("Many", [(14, 9), (15, 2), (22, b"array"), (23, ...), (24, ...)]),
        ("Map", [(17, 4), (18, 3), (10, 1), (27, 1), (19, b"a"), (19, b"b"), (21, ...),
                 (22, b"object"), (25, ...), (31, ...)]),
        ("Open", [(21, 1)]),
        ("Shut", [(21, 0)]),
    ],
)  # fmt: skip
def test_schemas_in_protobuf(name: str, wanted: list[tuple[int, Any]]) -> None:
    whole = dict(fields(openapi_proto.encoded(DOCUMENT)))
    found = fields(named(whole[9])[name])
    assert [number for number, _ in found] == [number for number, _ in wanted]
    for (number, got), (_, value) in zip(found, wanted, strict=True):
        if number in (5, 20):
            assert json.loads(dict(fields(got))[2]) == value
        elif number == 22:
            assert dict(fields(got)) == {1: value}
        elif number == 21 and value is not ...:
            assert fields(got) == [(2, value)]
        elif value is not ...:
            assert got == value
    if name == "Map":
        assert named(dict(found)[25]) == {"p": b"\xb2\x01\x09\x0a\x07integer"}
        inner = dict(fields(dict(fields(dict(found)[21]))[1]))
        assert dict(fields(inner[22])) == {1: b"x"}


GVK = {"group": "g", "version": "v1", "kind": "K"}


def part(**schemas: Any) -> dict[str, Any]:
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/K"}}}}
    operation = {
        "x-kubernetes-group-version-kind": GVK,
        "responses": {"200": answer},
        "tags": ["x"],
    }
    return {"components": {"schemas": schemas}, "paths": {"/k": {"get": operation}}}


@pytest.mark.parametrize(
    ("schema", "older"),
    [
        ({"$ref": "#/components/schemas/K"}, {"$ref": "#/definitions/K"}),
        ({"allOf": [{"$ref": "#/components/schemas/K"}], "description": "d"},
         {"$ref": "#/definitions/K", "description": "d"}),
        ({"allOf": [{"type": "a"}, {"type": "b"}]}, {"allOf": [{"type": "a"}, {"type": "b"}]}),
        ({"type": "x", "nullable": True, "oneOf": [], "anyOf": [], "not": {}}, {"type": "x"}),
        ({"properties": {"not": {"nullable": True, "type": "a"}}},
         {"properties": {"not": {"type": "a"}}}),
        ({"items": {"$ref": "#/components/schemas/K"}}, {"items": {"$ref": "#/definitions/K"}}),
        ({"enum": ["a", 1]}, {"enum": ["a", 1]}),
    ],
)  # fmt: skip
def test_a_schema_in_older_words(schema: Any, older: Any) -> None:
    made = openapi_v2.document([part(Own=schema)], "v1")
    assert made["definitions"]["Own"] == older


def test_documents_of_groups_become_one() -> None:
    gvk = "x-kubernetes-group-version-kind"
    other = {**GVK, "group": "h"}
    made = openapi_v2.document(
        [part(K={gvk: [GVK]}, B={}), part(K={gvk: [GVK, other]}, A={})], "v1.2"
    )
    assert (made["swagger"], made["info"]) == ("2.0", {"title": "Kubernetes", "version": "v1.2"})
    assert list(made["definitions"]) == ["A", "B", "K"]
    assert made["definitions"]["K"][gvk] == [GVK, other]
    operation = made["paths"]["/k"]["get"]
    assert set(operation) == {gvk, "parameters", "responses"}
    assert operation["responses"]["200"]["schema"] == {"$ref": "#/definitions/K"}
    assert [one["name"] for one in operation["parameters"]] == [
        *("dryRun", "fieldManager", "fieldValidation"),
    ]
