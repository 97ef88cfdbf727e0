"""Who owns which fields of an object, and what is said when an apply wants another's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.apiserver import apply
from owlab.pocket.kube.errors import Conflict


def deployment(replicas: int = 1, image: str = "a", **more: Any) -> Object:
    main = {
        "name": "main",
        "image": image,
        "ports": [{"containerPort": 80, "name": more.get("port", "p")}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": more.get("label", "web")}},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [main]}}},
    }


def updated(live: Object, new: Object, manager: str) -> Object:
    apply.record_update(live, new, manager, "then")
    return new


IMAGE = '.spec.template.spec.containers[name="main"].image'
PORTS = '.spec.template.spec.containers[name="main"].ports'
PORT = f'{PORTS}[containerPort=80,protocol="TCP"].name'


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (deployment(), None),
        (deployment(2), '1 conflict: conflict with "first": .spec.replicas'),
        (deployment(image="b"), f'1 conflict: conflict with "second" using apps/v1: {IMAGE}'),
        (deployment(port="q"), f'1 conflict: conflict with "first": {PORT}'),
        (
            deployment(2, label="x"),
            '2 conflicts: conflicts with "first":\n- .metadata.labels.app\n- .spec.replicas',
        ),
        (
            deployment(2, "b"),
            '2 conflicts: conflicts with "first":\n- .spec.replicas\n'
            f'conflicts with "second" using apps/v1:\n- {IMAGE}',
        ),
    ],
)
def test_conflicts(wanted: Object, said: str | None) -> None:
    live = apply.apply(None, deployment(image="old"), "first", False, "then")
    live = updated(live, {**deployment(), "metadata": dict(live["metadata"])}, "second")
    # The order in which they came does not count.
    live["metadata"]["managedFields"].reverse()
    if said is None:
        apply.apply(live, wanted, "third", False, "now")
        return
    with pytest.raises(Conflict) as error:
        apply.apply(live, wanted, "third", False, "now")
    assert error.value.message == f"Apply failed with {said}"
    assert error.value.details is not None
    for cause in error.value.details["causes"]:
        assert cause["reason"] == "FieldManagerConflict"
        assert cause["field"] in said
        assert cause["message"].replace("conflict", "conflicts", 1) in said.replace(
            "conflict with", "conflicts with"
        )
    mine = apply.apply(live, wanted, "third", True, "now")
    assert mine["spec"] == wanted["spec"], "force takes them over"


def test_what_nobody_owns() -> None:
    made = deployment()
    made["metadata"] = {
        "managedFields": [{"manager": "x"}],
        "name": "web",
        "namespace": "default",
        "uid": "u",
        "resourceVersion": "7",
        "creationTimestamp": "then",
        "labels": {"app": "web"},
    }
    assert apply.fields_of(made) == {
        ("f:metadata", "f:labels", "f:app"),
        ("f:spec", "f:replicas"),
        *(
            ("f:spec", "f:template", "f:spec", "f:containers", 'k:{"name":"main"}', *rest)
            for rest in (
                (),
                ("f:name",),
                ("f:image",),
                ("f:ports", 'k:{"containerPort":80,"protocol":"TCP"}'),
                ("f:ports", 'k:{"containerPort":80,"protocol":"TCP"}', "f:containerPort"),
                ("f:ports", 'k:{"containerPort":80,"protocol":"TCP"}', "f:name"),
            )
        ),
    }


def test_statuses_and_names_are_no_updates() -> None:
    live = apply.apply(None, deployment(), "first", False, "then")
    for more in ({"status": {"replicas": 1}}, {}):
        new = {**live, **more, "metadata": {**live["metadata"], "resourceVersion": "8"}}
        new = updated(live, new, "second")
        assert new["metadata"]["managedFields"] == live["metadata"]["managedFields"]


def test_updates_of_one_manager_are_one_entry() -> None:
    first = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}, "data": {"a": "1"}}
    live = updated({}, first, "me")
    second = {**live, "metadata": dict(live["metadata"]), "data": {"a": "1", "b": "1"}}
    live = updated(live, second, "me")
    [entry] = live["metadata"]["managedFields"]
    assert entry == {
        "manager": "me",
        "operation": "Update",
        "apiVersion": "v1",
        "time": "then",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {"f:a": {}, "f:b": {}}},
    }
    # Applying is another way of the same one.
    applied = apply.apply(live, {**first, "data": {"c": "1"}}, "me", False, "now")
    ways = [entry["operation"] for entry in applied["metadata"]["managedFields"]]
    assert ways == ["Update", "Apply"]


@pytest.mark.parametrize(
    "paths",
    [
        {("f:a",)},
        {("f:a",), ("f:b", "f:c")},
        {("f:a", 'k:{"name":"x"}'), ("f:a", 'k:{"name":"x"}', "f:name")},
        {("f:a", 'k:{"name":"x"}')},
        set(),
    ],
)
def test_paths_as_a_tree_and_back(paths: set[apply.Path]) -> None:
    tree = apply.to_fields(paths)
    assert apply.paths_of(json.loads(json.dumps(tree))) == paths


def test_an_item_goes_with_who_had_it_alone() -> None:
    two = deployment()
    two["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "s"})
    live = apply.apply(None, two, "first", False, "then")
    live = apply.apply(live, deployment(), "first", False, "now")
    names = [one["name"] for one in live["spec"]["template"]["spec"]["containers"]]
    assert names == ["main"]
    # Of a field that two have said, one's silence takes nothing away.
    live = apply.apply(live, deployment(), "second", False, "now")
    less = deployment()
    del less["spec"]["replicas"]
    live = apply.apply(live, less, "first", False, "later")
    assert live["spec"]["replicas"] == 1
    live = apply.apply(live, less, "second", False, "latest")
    assert "replicas" not in live["spec"]
