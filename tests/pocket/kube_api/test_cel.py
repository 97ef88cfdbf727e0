"""Expressions in CEL: what they yield, and that none of them takes the server down."""

import sys

import pytest

from owlab.pocket.kube.schemas import expressions, schema_rules
from owlab.pocket.kube.schemas.expressions import ExpressionError, UnknownFunction
from owlab.pocket.kube.validation import admission_policies

DEEP: dict[str, object] = {}
for _ in range(500):
    DEEP = {"a": DEEP}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("self.spec.replicas <= 5", True),
        ("self.names.all(n, n.startsWith('a'))", False),
        ("has(self.spec.nosuch)", False),
        ("self.?spec.?nosuch.orValue(7)", 7),
        ("self.names.exists_one(n, n == 'b')", True),
        ("'A,b'.lowerAscii().split(',')", ["a", "b"]),
        ("self.names.join('-')", "ab-b"),
        ("sets.contains(self.names, ['b'])", True),
        ("self.names.map(n, size(n)) == [2, 1]", True),
        ("self.spec == {'replicas': 3}", True),
        ("self.nothing == null", True),
        ("self.name.replace('.', '-').replace('/', '-').replace('_', '-')", "a-b-c"),
    ],
)
def test_what_an_expression_yields(text, value):
    data = {"spec": {"replicas": 3}, "names": ["ab", "b"], "nothing": None, "name": "a.b/c"}
    assert expressions.evaluate(text, {"self": data}) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("self.nosuch", "no such key: nosuch"),
        ("1 / 0", "divide by zero"),
        ("9223372036854775807 + 1", "overflow"),
        ("1 +", "compilation failed"),
        ("nosuch", "undeclared reference"),
        ("lists.range(10)", "undeclared reference"),
    ],
)
def test_what_has_no_value(text, said):
    with pytest.raises(ExpressionError, match=said):
        expressions.evaluate(text, {"self": {}})


def test_what_kubernetes_has_beside():
    with pytest.raises(UnknownFunction, match="no 'quantity'"):
        expressions.check("quantity('1Gi')", ("self",))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2000 + "1" + ")" * 2000,
        "[" * 2400 + "]" * 2400,
        "self" + ".a" * 2400,
        "+".join(["1"] * 2400),
        "x" * (expressions.LONGEST + 1),
        "self.many.all(a, self.many.all(b, self.many.all(c, a + b + c >= 0)))",
        "self.long.replace('a', '" + "b" * 4000 + "').size()",
        "self.long.replace('a', self.long).size()",
        "['a', 'b'].join(self.long)",
        "self.a.replace('', self.long).replace('', self.long)",
    ],
)
def test_what_would_cost_too_much(text):
    data = {"many": list(range(200)), "long": "a" * 100_000, "a": "a"}
    with pytest.raises(ExpressionError):
        expressions.evaluate(text, {"self": data})


def test_deep_and_odd_data():
    assert expressions.evaluate("self == self", {"self": DEEP}) is True
    with pytest.raises(ExpressionError):
        expressions.evaluate("self == 'a'", {"self": "\ud800"})
    with pytest.raises(ExpressionError):
        expressions.evaluate("self.replace('a', self)", {"self": "\ud800"})
    with pytest.raises(ExpressionError):
        expressions.evaluate("self > 1", {"self": 2**70})


def test_without_the_library_rules_are_warned_of_and_policies_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    for cached in (expressions._environment, expressions._compiled):
        cached.cache_clear()
    schema = {"type": "object", schema_rules.KEY: [{"rule": "self.a > 1"}]}
    said = "CEL is not installed here (python -m pip install 'owlab[cel]')"
    place = f"spec.{schema_rules.KEY}[0].rule"
    assert list(schema_rules.unchecked(schema, "spec")) == [
        f"{place}: {said}: the rule is not checked"
    ]
    assert list(schema_rules.unreadable(schema, "spec")) == []
    assert list(schema_rules.broken({"a": 0}, schema)) == []
    spec = {
        "matchConstraints": {"resourceRules": []},
        "validations": [{"expression": "object.a > 1"}],
    }
    causes = dict(admission_policies.policy({"spec": spec}))
    assert said in causes["spec.validations[0].expression"]
