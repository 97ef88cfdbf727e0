"""Patches, apply and selectors, by their laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.kube.apiserver import apply, patch
from owlab.pocket.kube.errors import BadRequest, Conflict, Invalid
from owlab.pocket.kube.selectors import field_selector, from_object, label_selector

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=3)),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=6,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)


def without_nulls(value):
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return value


@given(OBJECTS, OBJECTS)
def test_a_merge_patch_twice_is_the_same_as_once(target, change):
    once = patch.merge(target, change)
    assert patch.merge(once, change) == once


@given(OBJECTS)
def test_a_merge_into_nothing_is_the_patch_without_nulls(change):
    assert patch.merge({}, change) == without_nulls(change)


def containers(**images):
    return {"containers": [{"name": n, "image": i} for n, i in images.items()]}


def test_a_strategic_merge_goes_by_the_key_of_a_list():
    merged = patch.strategic(containers(a="1", b="1"), containers(b="2", c="1"))
    assert merged == containers(a="1", b="2", c="1")
    gone = patch.strategic(
        containers(a="1", b="1"), {"containers": [{"name": "a", "$patch": "delete"}]}
    )
    assert gone == containers(b="1")
    replaced = patch.strategic({"m": {"a": 1, "b": 2}}, {"m": {"$patch": "replace", "c": 3}})
    assert replaced == {"m": {"c": 3}}
    unset = patch.strategic(
        {"finalizers": ["x", "y"]}, {"$deleteFromPrimitiveList/finalizers": ["x"]}
    )
    assert unset == {"finalizers": ["y"]}


def test_lists_without_a_key_are_replaced_as_a_whole():
    """Taints, and the pull secrets of a service account; those of a pod are merged."""
    tainted = {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}}
    assert patch.strategic(tainted, {"spec": {"taints": []}}) == {"spec": {"taints": []}}
    account, new = {"imagePullSecrets": [{"name": "a"}]}, {"imagePullSecrets": [{"name": "b"}]}
    assert patch.strategic(account, new) == new
    both = {"spec": {"imagePullSecrets": [{"name": "b"}, {"name": "a"}]}}
    assert patch.strategic({"spec": account}, {"spec": new}) == both


def test_a_json_patch_that_does_not_fit_is_refused():
    with pytest.raises(Invalid):
        patch.json_patch({}, [{"op": "remove", "path": "/a"}])
    with pytest.raises(Invalid):
        patch.json_patch({}, [{"op": "dance", "path": "/a"}])
    with pytest.raises(BadRequest):
        patch.json_patch({}, {"op": "remove", "path": "/a"})


def wanted(**data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}


def applied(live, manager, force=False, **data):
    return apply.apply(live, wanted(**data), manager, force, "2026-01-01T00:00:00Z")


def test_apply_takes_back_what_its_manager_no_longer_says():
    live = applied(None, "one", a="1", b="2")
    live = applied(live, "two", c="3")
    live = applied(live, "one", a="1")
    assert live["data"] == {"a": "1", "c": "3"}


def test_apply_tells_of_conflicts_and_force_takes_over():
    live = applied(None, "one", a="1")
    with pytest.raises(Conflict, match=r'conflict with "one": \.data\.a'):
        applied(live, "two", a="2")
    live = applied(live, "two", force=True, a="2")
    assert live["data"] == {"a": "2"}
    assert applied(live, "one", b="1")["data"] == {"a": "2", "b": "1"}


@given(OBJECTS)
def test_owned_fields_survive_their_written_form(data):
    paths = apply.fields_of({"data": data})
    assert apply.paths_of(apply.to_fields(paths)) == paths


LABELS = st.dictionaries(NAMES, st.sampled_from(["x", "y"]), max_size=3)


@given(LABELS, LABELS)
def test_a_selector_of_labels_matches_their_supersets(labels, chosen):
    text = ",".join(f"{k}={v}" for k, v in chosen.items())
    matches = chosen.items() <= labels.items()
    assert label_selector(text)(labels) == matches
    assert from_object({"matchLabels": chosen})(labels) == matches


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a in (x,y)", True),
        ("a notin (x)", False),
        ("a", True),
        ("!a", False),
        ("b", False),
        ("a!=x", False),
        ("a=x,b notin (z),!c", True),
    ],
)
def test_every_form_of_a_selector(text, found):
    assert label_selector(text)({"a": "x"}) == found


@given(st.text(max_size=10))
def test_any_text_is_a_selector_or_a_bad_request(text):
    for parse in (label_selector, field_selector):
        try:
            parse(text)
        except BadRequest:
            continue
