"""Rules of custom schemas (``x-kubernetes-validations``): which are broken, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.kube.schemas.schema_rules import KEY, broken, unchecked, unreadable


def ruled(*rules: Any, **schema: Any) -> dict[str, Any]:
    return {**schema, KEY: [{"rule": one} if isinstance(one, str) else one for one in rules]}


def within(field: str, schema: Any) -> dict[str, Any]:
    return {"properties": {field: schema}}


def found(schema: Any, value: Any, old: Any = None) -> list[tuple[str, str]]:
    return list(broken(value, schema, old))


@pytest.mark.parametrize(
    ("rule", "value", "field", "said"),
    [
        ("self.a == 1", {"a": 1}, "", ""),
        ("self.a == 1", {"a": 2}, "<nil>", 'Invalid value: "object": failed rule: self.a == 1'),
        ({"rule": "false", "message": "never"}, {}, "<nil>", 'Invalid value: "object": never'),
        ({"rule": "false", "message": "m", "messageExpression": "'a is ' + self.a"}, {"a": "b"},
         "<nil>", 'Invalid value: "object": a is b'),
        ({"rule": "false", "message": "m", "messageExpression": "self.none"}, {"a": "b"},
         "<nil>", 'Invalid value: "object": m'),
        ({"rule": "false", "message": "m", "messageExpression": "' '"}, {}, "<nil>",
         'Invalid value: "object": m'),
        ({"rule": "false", "fieldPath": ".a.b"}, {}, "a.b",
         'Invalid value: "object": failed rule: false'),
        ({"rule": "false", "reason": "FieldValueForbidden", "message": "m"}, {}, "<nil>",
         "Forbidden: m"),
        ({"rule": "false", "reason": "FieldValueRequired", "message": "m"}, {}, "<nil>",
         "Required value: m"),
    ],
)  # fmt: skip
def test_a_rule(rule: Any, value: Any, field: str, said: str) -> None:
    assert found(ruled(rule), value) == ([(field, said)] if said else [])


@pytest.mark.parametrize(
    ("value", "shown"), [([], '"array"'), ("x", '"x"'), (5, "5"), (True, "true"), (1.5, "1.5")]
)
def test_the_value_is_shown(value: Any, shown: str) -> None:
    assert found(within("a", ruled("false")), {"a": value}) == [
        ("a", f"Invalid value: {shown}: failed rule: false")
    ]


def test_a_rule_that_cannot_be_carried_out() -> None:
    [(field, said)] = found(ruled({"rule": "self.none.x == 1", "message": "m"}), {"a": 1})
    assert field == "<nil>"
    assert said.startswith('Invalid value: "object": rule execution error: ')
    assert said.endswith(" evaluating rule: m")


NEVER = ruled("self == 1")
FAILS = "failed rule: self == 1"


def test_rules_within_rules() -> None:
    schema = {
        **ruled("has(self.a)"),
        "properties": {"a": NEVER, "l": {"items": within("x", NEVER)}, "o": within("a", NEVER)},
        "additionalProperties": NEVER,
    }
    value = {"a": 1, "l": [{"x": 1}, {"x": 2}], "o": {"a": 3}, "other": 4}
    assert found(schema, value) == [
        ("l[1].x", f"Invalid value: 2: {FAILS}"),
        ("o.a", f"Invalid value: 3: {FAILS}"),
        ("other", f"Invalid value: 4: {FAILS}"),
    ]
    assert found(schema, {"l": []}) == [
        ("<nil>", 'Invalid value: "object": failed rule: has(self.a)')
    ]
    assert found({"items": True, "properties": {"a": True}}, {"a": [1]}) == []


CHANGE = "self == oldSelf"


@pytest.mark.parametrize(
    ("schema", "value", "old", "fields"),
    [
        (within("a", ruled(CHANGE)), {"a": 1}, None, []),
        (within("a", ruled(CHANGE)), {"a": 1}, {"a": 1}, []),
        (within("a", ruled(CHANGE)), {"a": 2}, {"a": 1}, ["a"]),
        (within("a", ruled(CHANGE)), {"a": 2}, {}, []),
        (within("a", ruled({"rule": "oldSelf == null", "optionalOldSelf": True})), {"a": 2}, None,
         []),
        (within("a", ruled({"rule": "false && oldSelf == 1", "optionalOldSelf": True})), {"a": 2},
         None, ["a"]),
        # The item that was this one before is known by its keys, or not at all.
        ({"items": within("v", ruled(CHANGE)), "x-kubernetes-list-map-keys": ["k"]},
         [{"k": "b", "v": 2}, {"k": "a", "v": 9}], [{"k": "a", "v": 1}, {"k": "b", "v": 2}],
         ["[1].v"]),
        ({"items": within("v", ruled(CHANGE))}, [{"v": 9}], [{"v": 1}], []),
        ({"items": within("v", ruled(CHANGE)), "x-kubernetes-list-map-keys": ["k"]},
         [{"k": "new", "v": 9}], [{"k": "a", "v": 1}], []),
        ({"items": within("v", ruled(CHANGE)), "x-kubernetes-list-map-keys": ["k"]},
         [{"k": "a", "v": 9}], "no list", []),
    ],
)  # fmt: skip
def test_rules_about_a_change(schema: Any, value: Any, old: Any, fields: list[str]) -> None:
    assert [field for field, _ in found(schema, value, old)] == fields


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"rule": "self.a == 1"}, []),
        ({}, [("s.x-kubernetes-validations[0].rule", "Required value: rule is not specified")]),
        ({"rule": "self.a =="}, [("s.x-kubernetes-validations[0].rule", 'Invalid value: "self.a')]),
        ({"rule": "true", "messageExpression": "1 +"},
         [("s.x-kubernetes-validations[0].messageExpression", 'Invalid value: "1 +"')]),
        ({"rule": "'text'"}, [("s.x-kubernetes-validations[0].rule", "Invalid value: \"'text'\"")]),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_read(rule: Any, said: list[tuple[str, str]]) -> None:
    schema = {KEY: [rule]}
    for made, place in (
        (schema, "s"),
        (within("a", schema), "s.properties[a]"),
        ({"items": schema}, "s.items"),
        ({"additionalProperties": schema}, "s.additionalProperties"),
    ):
        got = list(unreadable(made, "s"))
        assert len(got) == len(said)
        for (field, message), (wanted, start) in zip(got, said, strict=True):
            assert field == wanted.replace("s.x-", f"{place}.x-", 1)
            assert message.startswith(start)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("ip('1.1.1.1').isLoopback()", "ip"),
        ("url(self).getHost() == 'x'", "url"),
        ("authorizer.path('/x').check('get').allowed()", "authorizer"),
    ],
)
def test_rules_that_need_what_is_not_here_are_warned_of(rule: str, name: str) -> None:
    schema = within("a", ruled("true", rule))
    place = "s.properties[a].x-kubernetes-validations[1].rule"
    assert list(unchecked(schema, "s")) == [
        f"{place}: the pocket lab's CEL has no '{name}': the rule is not checked"
    ]
    assert list(unreadable(schema, "s")) == [] and found(schema, {"a": 1}) == []
    # What is wrong in other ways is refused, and needs no warning.
    assert list(unchecked(ruled("self =="), "s")) == []
