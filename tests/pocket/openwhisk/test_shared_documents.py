"""What documents of all collections have, their names, and how often they may be called."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest

from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk import documents
from owlab.pocket.openwhisk.entity_names import (
    Identity,
    Qualified,
    checked,
    qualified,
    token_of,
)
from owlab.pocket.openwhisk.limits import Limits
from owlab.pocket.openwhisk.refusals import WhiskError
from owlab.pocket.openwhisk.store import EntityStore
from owlab.pocket.openwhisk.throttle import Allowed, Throttle
from owlab.pocket.openwhisk.triggers import Triggers

GUEST, OTHER = Identity("guest", "u:k"), Identity("other", "v:l", "ada")
OLD: dict[str, Any] = {
    "version": "0.1.9",
    "publish": True,
    "annotations": [{"key": "a", "value": 1}],
    "parameters": [{"key": "p", "value": 1}],
}


def common(body: Any, old: Any = None) -> Any:
    return documents.common(body, old, "guest", "x")


NEW = {"namespace": "guest", "name": "x", "version": "0.0.1", "publish": False,
       "annotations": [], "parameters": []}  # fmt: skip
KEPT = {**NEW, **OLD, "version": "0.1.10"}


@pytest.mark.parametrize(
    ("body", "old", "made"),
    [
        ({}, None, NEW),
        ({"version": "1.2.3"}, None, {**NEW, "version": "1.2.3"}),
        ({"version": "1"}, None, {**NEW, "version": "1.0.0"}),
        ({"version": "1.2."}, None, {**NEW, "version": "1.2.0"}),
        ({"version": "0.0.2.9"}, None, {**NEW, "version": "0.0.2"}),
        ({"version": "01.2"}, None, {**NEW, "version": "1.2.0"}),
        ({"publish": True}, None, {**NEW, "publish": True}),
        ({"publish": None}, None, NEW),
        ({}, OLD, KEPT),
        ({"publish": False}, OLD, {**KEPT, "publish": False}),
        ({"publish": None}, OLD, {**KEPT, "publish": False}),
        ({"parameters": []}, OLD, {**KEPT, "parameters": []}),
        ({"annotations": None}, OLD, {**KEPT, "annotations": []}),
        ({"version": "0.0.1"}, OLD, {**KEPT, "version": "0.0.1"}),
    ],
)
def test_what_a_put_sets(body: Any, old: Any, made: Any) -> None:
    assert common(body, old) == made


MALFORMED = "The request content was malformed:\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "Object expected in field"),
        ("x", "Object expected in field"),
        ({"publish": "yes"}, 'Expected JsBoolean, but got "yes"'),
        ({"publish": 1}, "Expected JsBoolean, but got 1"),
        ({"version": "0.0.0"}, "semantic version malformed"),
        ({"version": ""}, "semantic version malformed"),
        ({"version": "a.b.c"}, "semantic version malformed"),
        ({"version": "1.-2.3"}, "semantic version malformed"),
        ({"version": "1..3"}, "semantic version malformed"),
        ({"version": 1}, "semantic version malformed"),
        ({"version": "1234567890"}, "semantic version malformed"),
        ({"parameters": {}}, "parameters malformed!"),
        ({"annotations": [{"key": "a"}]}, "parameters malformed!"),
    ],
)
def test_what_a_put_may_not_say(body: Any, said: str) -> None:
    with pytest.raises(WhiskError) as refused:
        common(body)
    assert (refused.value.status, refused.value.message) == (400, MALFORMED + said)


def keyed(**given: Any) -> documents.Pairs:
    return [{"key": key, "value": value} for key, value in given.items()]


@pytest.mark.parametrize(
    ("new", "deleted", "found"),
    [
        (keyed(), None, keyed(a=1, b=2)),
        (keyed(b=3, c=4), None, keyed(a=1, b=3, c=4)),
        (keyed(), ["a"], keyed(b=2)),
        (keyed(a=5), ["a", "none"], keyed(b=2, a=5)),
        (keyed(), [], keyed(a=1, b=2)),
    ],
)
def test_pairs_that_are_joined(new: Any, deleted: Any, found: Any) -> None:
    assert documents.joined(keyed(a=1, b=2), new, deleted) == found


@pytest.mark.parametrize("deleted", ["a", {"a": 1}, [1], 7])
def test_what_cannot_be_deleted(deleted: object) -> None:
    with pytest.raises(WhiskError, match="Expected Array as JsArray, but got"):
        documents.joined([], [], deleted)


def test_pairs_as_mappings() -> None:
    given = [*keyed(a=None, b=0), {"key": "c"}]
    assert documents.defined(given) == {"b"} and documents.defined(None) == set()
    assert documents.values(given) == {"a": None, "b": 0, "c": None}
    assert documents.values(None) == {}
    assert documents.with_pair(keyed(a=1, b=2), "a", 3) == keyed(b=2, a=3)
    assert documents.summary({"name": "x", "exec": 1, "status": "s"}, "status") == {
        "name": "x",
        "status": "s",
    }


# -- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a", "A1", "_", "a b", "a@b.c", "a-b", "a&b", "9", "a.", "a" * 256, "a-", "a@"]
)
def test_names(name: str) -> None:
    assert checked(name) == name


ILLEGAL = "The name of the entity contains illegal characters."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", ILLEGAL),
        (" a", ILLEGAL),
        ("a ", ILLEGAL),
        (".a", ILLEGAL),
        ("-a", ILLEGAL),
        ("a/b", ILLEGAL),
        ("ä", ILLEGAL),
        ("a$", ILLEGAL),
        ("a\n", ILLEGAL),
        ("a" * 257, "Name segement longer than allowed: 257 > 256."),
        ("ä" * 257, "Name segement longer than allowed: 514 > 256."),
    ],
)
def test_what_is_no_name(name: str, said: str) -> None:
    with pytest.raises(WhiskError) as refused:
        checked(name)
    assert (refused.value.status, refused.value.message) == (400, said)


@pytest.mark.parametrize(
    ("text", "found", "path", "location"),
    [
        ("a", Qualified("guest", "", "a"), "guest/a", "guest"),
        ("p/a", Qualified("guest", "p", "a"), "guest/p/a", "guest/p"),
        ("/_/a", Qualified("guest", "", "a"), "guest/a", "guest"),
        ("/other/a", Qualified("other", "", "a"), "other/a", "other"),
        ("/other/p/a", Qualified("other", "p", "a"), "other/p/a", "other/p"),
        ("other/p/a", Qualified("other", "p", "a"), "other/p/a", "other/p"),
        ("/_/p/a/", Qualified("guest", "p", "a"), "guest/p/a", "guest/p"),
    ],
)
def test_qualified_names(text: str, found: Qualified, path: str, location: str) -> None:
    name = qualified(text, "guest")
    assert (name, name.path, name.location) == (found, path, location)


@pytest.mark.parametrize("text", ["", "/", "/a", "/a/b/c/d", "a//b", "/a//b", "a/b/c/d"])
def test_what_is_no_qualified_name(text: str) -> None:
    with pytest.raises(WhiskError, match="The fully qualified name of the entity must contain"):
        qualified(text, "guest")


def basic(text: str, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (basic("u:k"), GUEST),
        (basic("v:l", "basic"), OTHER),
        (basic("u:l"), "The supplied authentication is invalid."),
        (basic(""), "The supplied authentication is invalid."),
        (basic("u:k", "Bearer"), "The supplied authentication is invalid."),
        ("Basic u:k", "The supplied authentication is invalid."),
        ("Basic", "The supplied authentication is invalid."),
        ("", "The resource requires authentication, which was not supplied with the request"),
        (None, "The resource requires authentication, which was not supplied with the request"),
    ],
)
def test_who_calls(header: str | None, found: Identity | str) -> None:
    if isinstance(found, Identity):
        assert token_of(header, [GUEST, OTHER]) is found
        return
    with pytest.raises(WhiskError) as refused:
        token_of(header, [GUEST, OTHER])
    assert (refused.value.status, refused.value.message) == (401, found)
    assert refused.value.headers == {"WWW-Authenticate": 'Basic realm="OpenWhisk secure realm"'}


def test_whose_a_namespace_is() -> None:
    assert (GUEST.subject, OTHER.subject) == ("guest", "ada")
    assert GUEST.owns("_") == GUEST.owns("guest") == "guest"
    assert (GUEST.resolve("_"), GUEST.resolve("other")) == ("guest", "other")
    with pytest.raises(WhiskError) as refused:
        GUEST.owns("other")
    assert refused.value.status == 403


# -- how often ------------------------------------------------------------------------------


def test_who_may_how_often() -> None:
    own = {"guest": {"invocationsPerMinute": 5, "concurrentInvocations": "6", "firesPerMinute": 0}}
    throttle = Throttle(Limits(), lambda namespace: own.get(namespace, {}))
    assert throttle.allowed("guest") == Allowed(5, 6, 0)
    assert throttle.allowed("other") == Allowed(60, 30, 60)


@pytest.mark.parametrize("what", ["invoking", "firing"])
def test_so_many_a_minute(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    throttle = Throttle(Limits(invocations_per_minute=2, fires_per_minute=2))
    ask = getattr(throttle, what)
    ask("guest")
    now[0] += 30
    ask("guest")
    for _ in range(3):
        with pytest.raises(WhiskError) as refused:
            ask("guest")
        # The refused one counts, but not for ever.
        assert (refused.value.status, refused.value.message) == (
            429,
            "Too many requests in the last minute (count: 3, allowed: 2).",
        )
    ask("other")
    now[0] += 29.9
    with pytest.raises(WhiskError):
        ask("guest")
    now[0] += 0.1
    with pytest.raises(WhiskError):
        ask("guest")
    now[0] += 60
    ask("guest")


def test_so_many_at_once() -> None:
    throttle = Throttle(Limits(concurrent_invocations=2))
    for _ in range(2):
        throttle.invoking("guest")
        throttle.began("guest")
    with pytest.raises(WhiskError) as refused:
        throttle.invoking("guest")
    assert (refused.value.status, refused.value.message) == (
        429,
        "Too many concurrent requests in flight (count: 3, allowed: 2).",
    )
    throttle.invoking("other")
    throttle.ended("guest")
    throttle.invoking("guest")


# -- triggers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feed", "taken"),
    [
        ("alarms", True),
        ("/whisk.system/alarms/once", True),
        ("p/f", True),
        ("/a/b/c/d", False),
        ("/", False),
        ("a//b", False),
        ("$", False),
        (7, False),
    ],
)
def test_names_of_feeds(feed: object, taken: bool) -> None:
    triggers = Triggers(EntityStore(Database()))
    body = {"annotations": keyed(feed=feed)}
    if taken:
        made = triggers.put(GUEST, "_", "t", body, overwrite=False)
        assert documents.values(made["annotations"]) == {"feed": feed}
        return
    with pytest.raises(WhiskError) as refused:
        triggers.put(GUEST, "_", "t", body, overwrite=False)
    assert (refused.value.status, refused.value.message) == (400, "Feed name is not valid")
    # One that is there already may say what it likes.
    triggers.put(GUEST, "_", "t", {}, overwrite=False)
    triggers.put(GUEST, "_", "t", body, overwrite=True)


def test_the_newest_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of those that are made within one millisecond."""
    triggers = Triggers(EntityStore(Database()))
    for name in ("a", "b", "c"):
        triggers.put(GUEST, "_", name, {}, overwrite=False)
    assert [one["name"] for one in triggers.list(GUEST, "_")] == ["c", "b", "a"]
    triggers.put(GUEST, "_", "a", {}, overwrite=True)
    assert [one["name"] for one in triggers.list(GUEST, "_")] == ["a", "c", "b"]
    with pytest.raises(WhiskError) as refused:
        triggers.put(GUEST, "_", "a", {}, overwrite=False)
    assert (refused.value.status, refused.value.message) == (409, "resource already exists")
