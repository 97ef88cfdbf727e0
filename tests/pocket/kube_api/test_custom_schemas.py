"""Custom resources against their schema: what is pruned, filled in and refused."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.kube.schemas import custom, formats, patterns

TEXT = {"type": "string"}
OBJECT = {"type": "object"}


@pytest.mark.parametrize(
    ("schema", "value", "left", "unknown"),
    [
        ({"properties": {"a": TEXT}}, {"a": "1", "b": "2"}, {"a": "1"}, ["b"]),
        ({}, {"apiVersion": "v1", "kind": "K", "metadata": {"x": 1}, "s": 1}, None, ["s"]),
        ({"x-kubernetes-preserve-unknown-fields": True}, {"a": {"b": 1}}, {"a": {"b": 1}}, []),
        ({"additionalProperties": True}, {"a": 1}, {"a": 1}, []),
        (
            {"additionalProperties": {"properties": {"x": TEXT}}},
            {"a": {"x": "1", "y": "2"}},
            {"a": {"x": "1"}},
            ["a.y"],
        ),
        (
            {"properties": {"l": {"items": {"properties": {"x": TEXT}}}}},
            {"l": [{"x": "1"}, {"y": "2"}]},
            {"l": [{"x": "1"}, {}]},
            ["l[1].y"],
        ),
        ({"properties": {"l": {}}}, {"l": [{"y": 1}]}, {"l": [{"y": 1}]}, []),
        (
            {"properties": {"e": {"x-kubernetes-embedded-resource": True}}},
            {"e": {"kind": "Pod", "x": 1}},
            {"e": {"kind": "Pod"}},
            ["e.x"],
        ),
        ({"properties": {"e": OBJECT}}, {"e": {"kind": "Pod"}}, {"e": {}}, ["e.kind"]),
    ],
)
def test_pruning(schema, value, left, unknown):
    found: list[str] = []
    pruned = custom.prune(value, schema, found)
    if left is None:
        left = {name: inner for name, inner in value.items() if name not in unknown}
    assert (pruned, found) == (left, unknown)


@pytest.mark.parametrize(
    ("schema", "value", "after"),
    [
        ({"properties": {"a": {"default": 3}}}, {}, {"a": 3}),
        ({"properties": {"a": {"default": 3}}}, {"a": 0}, {"a": 0}),
        ({"properties": {"a": {"default": 3}}}, {"a": None}, {"a": None}),
        (
            {"properties": {"a": {"default": {}, "properties": {"b": {"default": [1]}}}}},
            {},
            {"a": {"b": [1]}},
        ),
        ({"properties": {"a": {"properties": {"b": {"default": 1}}}}}, {}, {}),
        (
            {"properties": {"l": {"items": {"properties": {"b": {"default": 1}}}}}},
            {"l": [{}, {"b": 2}]},
            {"l": [{"b": 1}, {"b": 2}]},
        ),
        (
            {"additionalProperties": {"properties": {"b": {"default": 1}}}},
            {"x": {}, "y": {}},
            {"x": {"b": 1}, "y": {"b": 1}},
        ),
    ],
)
def test_defaults(schema, value, after):
    custom.fill(value, schema)
    assert value == after


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("^a+$", ""),
        ("(", "missing closing ): `(`"),
        ("[a", "missing closing ]: `[a`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("(?=x)", "invalid or unsupported Perl syntax: `(?=`"),
        ("a{2000}", "invalid repeat count: `{2000}`"),
        ("[b-a]", "invalid character class range: `b-a`"),
        ("\ud800", "invalid UTF-8"),
    ],
)
def test_what_is_wrong_with_a_pattern(pattern, said):
    assert patterns.why_wrong(pattern) == (f"error parsing regexp: {said}" if said else "")
    assert (patterns.matches(pattern, "x") is None) is bool(said)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [("^a+$", "aa", True), ("^a+$", "aab", False), ("b", "abc", True), ("a", "\ud800", None)],
)
def test_where_a_pattern_occurs(pattern, text, found):
    assert patterns.matches(pattern, text) is found


def test_defaults_are_not_shared():
    schema: dict[str, Any] = {"properties": {"a": {"default": {"l": []}}}}
    first: dict[str, Any] = {}
    custom.fill(first, schema)
    first["a"]["l"].append(1)
    second: dict[str, Any] = {}
    custom.fill(second, schema)
    assert second == {"a": {"l": []}}


def said(schema: dict[str, Any], value: Any) -> str:
    """The only cause with a field ``a`` of this value, or nothing."""
    found = custom.causes({"a": value}, {"type": "object", "properties": {"a": schema}})
    if not found:
        return ""
    [(field, message)] = found
    return message if field == "a" else f"{field}: {message}"


def of_type(given: str, wanted: str) -> str:
    return f'Invalid value: "{given}": a in body must be of type {wanted}: "{given}"'


def invalid(value: str, why: str) -> str:
    return f"Invalid value: {value}: a in body {why}"


def must(what: str) -> str:
    return f'Invalid value: "": "a" must {what}'


def test_all_of_several_schemas_tell_what_does_not_fit():
    schema = {"properties": {"a": {"allOf": [{"minimum": 3}, {"maximum": 1}, {"minimum": 1}]}}}
    assert custom.causes({"a": 2}, schema) == [
        ("a", invalid("2", "should be greater than or equal to 3")),
        ("a", invalid("2", "should be less than or equal to 1")),
        ("a", must("validate all the schemas (allOf)")),
    ]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("byte", ["", "aGk="], ["aGk", "a b="]),
        ("cidr", ["10.0.0.0/8", "fd00::/8"], ["10.0.0.1", "10.0.0.0/40"]),
        ("date", ["2026-02-28"], ["2026-02-30", "today"]),
        ("date-time", ["2026-02-28T01:02:03Z", "2026-02-28T01:02:03.5+02:00"], ["2026-02-28"]),
        ("duration", ["1h30m", "1.5s", "2 d"], ["1", "h"]),
        ("email", ["a@b.c"], ["a", "a@b@c", "a b@c"]),
        ("hostname", ["a", "a.b-c.d"], ["", "-a", "a..b", "a_b"]),
        ("ipv4", ["1.2.3.4"], ["::1", "1.2.3.256"]),
        ("ipv6", ["::1"], ["1.2.3.4", "g::"]),
        ("mac", ["aa:bb:cc:00:11:22"], ["aa:bb:cc:00:11"]),
        ("uri", ["https://a.b/c", "/path"], ["a.b", "https:"]),
        ("uuid", ["123e4567-e89b-12d3-a456-426614174000"], ["123e4567"]),
        ("password", ["anything"], []),
    ],
)
def test_formats(name, good, bad):
    assert [text for text in good if not formats.fits(text, name)] == []
    assert [text for text in bad if formats.fits(text, name)] == []


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "string"}, "x", ""),
        ({"type": "string"}, 1, of_type("integer", "string")),
        ({"type": "integer"}, True, of_type("boolean", "integer")),
        ({"type": "integer"}, 1.5, of_type("number", "integer")),
        ({"type": "number"}, 1, ""),
        ({"type": "boolean"}, False, ""),
        ({"type": "array"}, {}, of_type("object", "array")),
        ({"type": "object"}, [], of_type("array", "object")),
        ({"type": "string"}, None, of_type("null", "string")),
        ({"type": "string", "nullable": True}, None, ""),
        ({}, 1, ""),
        ({"x-kubernetes-int-or-string": True}, 1, ""),
        ({"x-kubernetes-int-or-string": True}, "1", ""),
        (
            {"x-kubernetes-int-or-string": True},
            True,
            of_type("boolean", "integer,string"),
        ),
        ({"enum": ["x", 1]}, 1, ""),
        ({"enum": ["x", 1]}, "y", 'Unsupported value: "y": supported values: "x", 1'),
        ({"minimum": 3}, 3, ""),
        ({"minimum": 3}, 2, invalid("2", "should be greater than or equal to 3")),
        ({"minimum": 3, "exclusiveMinimum": True}, 4, ""),
        ({"minimum": 3, "exclusiveMinimum": True}, 3, invalid("3", "should be greater than 3")),
        ({"maximum": 3}, 3, ""),
        ({"maximum": 3}, 3.5, invalid("3.5", "should be less than or equal to 3")),
        ({"maximum": 3, "exclusiveMaximum": True}, 2, ""),
        ({"maximum": 3, "exclusiveMaximum": True}, 3, invalid("3", "should be less than 3")),
        ({"minimum": 3}, "x", ""),
        ({"pattern": "^a+$"}, "aa", ""),
        ({"pattern": "b"}, "abc", ""),
        ({"pattern": "^a+$"}, "ab", invalid('"ab"', "should match '^a+$'")),
        ({"pattern": "^a+$"}, 7, ""),
        ({"pattern": "("}, "ab", ""),
        ({"minLength": 2}, "ab", ""),
        ({"minLength": 2}, "a", invalid('"a"', "should be at least 2 chars long")),
        ({"maxLength": 2}, "ab", ""),
        ({"maxLength": 2}, "abc", "Too long: may not be more than 2 bytes"),
        ({"minItems": 1}, [1], ""),
        ({"minItems": 1}, [], invalid("[]", "should have at least 1 items")),
        ({"maxItems": 1}, [1], ""),
        ({"maxItems": 1}, [1, 2], "Too many: must have at most 1 items"),
        (
            {"items": {"minimum": 2}},
            [2, 1],
            "a[1]: Invalid value: 1: a[1] in body should be greater than or equal to 2",
        ),
        ({"required": ["x"]}, {"x": None}, ""),
        ({"required": ["x"]}, {}, "a.x: Required value"),
        (
            {"properties": {"x": {"minLength": 1}}},
            {"x": "", "y": 1},
            'a.x: Invalid value: "": a.x in body should be at least 1 chars long',
        ),
        (
            {"additionalProperties": {"maximum": 1}},
            {"x": 2},
            "a.x: Invalid value: 2: a.x in body should be less than or equal to 1",
        ),
        ({"properties": {"x": {}}, "additionalProperties": {"maximum": 1}}, {"x": 2}, ""),
        ({"minProperties": 1}, {"x": 1}, ""),
        ({"minProperties": 1}, {}, invalid("{}", "should have at least 1 properties")),
        ({"maxProperties": 1}, {"x": 1}, ""),
        ({"maxProperties": 1}, {"x": 1, "y": 2}, "Too many: must have at most 1 items"),
        ({"multipleOf": 0.1}, 0.3, ""),
        ({"multipleOf": 5}, 7, invalid("7", "should be a multiple of 5")),
        ({"format": "ipv4"}, "10.0.0.1", ""),
        ({"format": "ipv4"}, "10.0.0", invalid('"10.0.0"', 'must be of type ipv4: "10.0.0"')),
        ({"format": "int32"}, 7, ""),
        ({"format": "nobody-knows"}, "x", ""),
        ({"anyOf": [{"required": ["x"]}, {"required": ["y"]}]}, {"y": 1}, ""),
        (
            {"anyOf": [{"required": ["x"]}, {"required": ["y"]}]},
            {},
            must("validate at least one schema (anyOf)"),
        ),
        ({"oneOf": [{"required": ["x"]}, {"required": ["y"]}]}, {"y": 1}, ""),
        (
            {"oneOf": [{"required": ["x"]}, {"required": ["y"]}]},
            {},
            must("validate one and only one schema (oneOf). Found none valid"),
        ),
        (
            {"oneOf": [{"required": ["x"]}, {"required": ["y"]}]},
            {"x": 1, "y": 1},
            must("validate one and only one schema (oneOf). Found 2 valid alternatives"),
        ),
        ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, 2, ""),
        ({"not": {"required": ["x"]}}, {}, ""),
        ({"not": {"required": ["x"]}}, {"x": 1}, must("not validate the schema (not)")),
    ],
)
def test_what_a_schema_wants(schema, value, message):
    assert said(schema, value) == message


def test_metadata_is_not_asked_of_a_schema():
    schema = {"properties": {"metadata": {"maxLength": 1}, "a": {"required": ["b"]}}}
    assert custom.causes({"metadata": "long"}, schema) == []
    assert custom.causes({"a": {}}, schema) == [("a.b", "Required value")]
    assert custom.causes({}, {"required": ["spec"]}) == [("spec", "Required value")]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("a+", ""),
        ("(a", "missing closing ): `(a`"),
        ("[a", "missing closing ]: `[a`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("a{2000}", "invalid repeat count: `{2000}`"),
    ],
)
def test_patterns_that_go_does_not_read(pattern, why):
    assert patterns.why_wrong(pattern) == (f"error parsing regexp: {why}" if why else "")
    assert (patterns.matches(pattern, "aa") is None) == bool(why)


def test_a_pattern_that_is_no_text():
    assert patterns.why_wrong("a\ud800") == "error parsing regexp: invalid UTF-8"
