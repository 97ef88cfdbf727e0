"""Label and field selectors, as they stand in a URL."""

from __future__ import annotations

import pytest

from owlab.pocket.kube import selectors
from owlab.pocket.kube.errors import BadRequest

LABELS = {"app": "web", "tier": "front", "empty": ""}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", True),
        ("  ", True),
        ("app", True),
        ("none", False),
        ("!none", True),
        ("! none", True),
        ("!app", False),
        ("app=web", True),
        ("app==web", True),
        ("app = web", True),
        ("app=db", False),
        ("none=web", False),
        ("empty=", True),
        ("app!=web", False),
        ("app!=db", True),
        ("none!=db", True),
        ("app in (db, web)", True),
        ("app in (db)", False),
        ("app notin (db,web)", False),
        ("none notin (db)", True),
        ("app in (web),tier=front", True),
        ("app in (web,db),tier=back", False),
        ("app,tier,!none", True),
    ],
)
def test_labels(text, match):
    assert selectors.label_selector(text)(LABELS) == match


@pytest.mark.parametrize("text", ["a=b=c", "app in web", "(a)", "a b", "=", "app in (a),,b"])
def test_what_is_no_selector(text):
    with pytest.raises(BadRequest, match="unable to parse requirement: found '"):
        selectors.label_selector(text)


def rule(operator: str, key: str = "app", *values: str):
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "match"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "web", "tier": "back"}}, False),
        (rule("In", "app", "db", "web"), True),
        (rule("In", "none", "web"), False),
        (rule("NotIn", "app", "web"), False),
        (rule("NotIn", "none", "web"), True),
        (rule("Exists"), True),
        (rule("Exists", "none"), False),
        (rule("DoesNotExist"), False),
        (rule("DoesNotExist", "none"), True),
        ({"matchLabels": {"tier": "back"}, **rule("Exists")}, False),
    ],
)
def test_selectors_of_objects(selector, match):
    assert selectors.from_object(selector)(LABELS) == match


def test_an_operator_that_there_is_not():
    with pytest.raises(BadRequest, match='"Gt" is not a valid label selector operator'):
        selectors.from_object(rule("Gt"))(LABELS)


POD = {
    "metadata": {"name": "box"},
    "spec": {"nodeName": "w1", "hostNetwork": True},
    "status": {"phase": "Running"},
}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", True),
        ("metadata.name=box", True),
        ("metadata.name==box", True),
        ("metadata.name = box", True),
        ("metadata.name=other", False),
        ("status.phase!=Running", False),
        ("status.phase!=Pending,spec.nodeName=w1", True),
        ("status.phase!=Pending, spec.nodeName=w2", False),
        ("spec.hostNetwork=true", True),
        ("spec.none=", True),
        ("spec.none.more=x", False),
    ],
)
def test_fields(text, match):
    assert selectors.field_selector(text)(POD) == match


def test_the_newer_events_say_otherwise_what_they_are_about():
    newer, older = {"regarding": {"name": "box"}}, {"involvedObject": {"name": "box"}}
    for event in (newer, older):
        assert selectors.field_selector("involvedObject.name=box")(event)


@pytest.mark.parametrize("text", ["name", "a=b,c", "a>b"])
def test_what_is_no_selector_of_fields(text):
    with pytest.raises(BadRequest, match="invalid field selector"):
        selectors.field_selector(text)
