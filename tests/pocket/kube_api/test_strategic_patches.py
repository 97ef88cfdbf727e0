"""Strategic merge patches, JSON patches, apply and versions, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.kube.apiserver import apply, patch
from owlab.pocket.kube.apiserver.field_labels import stored_fields
from owlab.pocket.kube.apiserver.table import table
from owlab.pocket.kube.apiserver.versions import kept, shown
from owlab.pocket.kube.errors import BadRequest, Conflict, Invalid
from owlab.pocket.kube.kinds import KINDS, Kind
from owlab.pocket.kube.schemas.list_keys import declared_key, merge_key


def names(*found: str) -> list[dict[str, str]]:
    return [{"name": name} for name in found]


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ({"a": 1}, {"a": None, "b": 2}, {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": {"b": 1}}, {"a": {"$patch": "replace", "c": 2}}, {"a": {"c": 2}}),
        ({"a": {"b": 1}}, {"a": {"$patch": "delete"}}, {"a": {}}),
        ({"a": {"b": 1}}, {"a": {"$patch": "merge", "c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
        ({"args": ["a", "b"]}, {"args": ["c"]}, {"args": ["c"]}),
        ({"args": 7}, {"args": ["c"]}, {"args": ["c"]}),
        ({"finalizers": ["a"]}, {"finalizers": ["b", "a"]}, {"finalizers": ["a", "b"]}),
        (
            {"finalizers": ["a", "b"]},
            {"$deleteFromPrimitiveList/finalizers": ["a"]},
            {"finalizers": ["b"]},
        ),
        ({}, {"$deleteFromPrimitiveList/finalizers": ["a"]}, {"finalizers": []}),
        ({"env": names("a", "b")}, {"env": names("c")}, {"env": names("c", "a", "b")}),
        (
            {"env": [{"name": "a", "value": "1", "x": "y"}]},
            {"env": [{"name": "a", "value": "2"}]},
            {"env": [{"name": "a", "value": "2", "x": "y"}]},
        ),
        (
            {"env": names("a", "b")},
            {"env": [{"name": "a", "$patch": "delete"}]},
            {"env": names("b")},
        ),
        ({"env": names("a")}, {"env": [{"name": "x", "$patch": "delete"}]}, {"env": names("a")}),
        (
            {"env": names("a", "b")},
            {"env": [{"$patch": "replace"}, {"name": "c"}]},
            {"env": names("c")},
        ),
        (
            {"env": names("a", "b", "c")},
            {"$setElementOrder/env": names("c", "b", "a")},
            {"env": names("c", "b", "a")},
        ),
        (
            {"env": names("a", "x", "b")},
            {"$setElementOrder/env": names("b", "a")},
            {"env": names("x", "b", "a")},
        ),
        (
            {"finalizers": ["a", "b"]},
            {"$setElementOrder/finalizers": ["b", "a"]},
            {"finalizers": ["b", "a"]},
        ),
        (
            {"strategy": {"type": "RollingUpdate", "rollingUpdate": {}}},
            {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}},
            {"strategy": {"type": "Recreate"}},
        ),
    ],
)
def test_strategic_merges(before, change, after):
    copy = {**before}
    assert patch.strategic(before, change) == after
    assert before == copy


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"$patch": "swap"}, "unknown patch type [swap] in map"),
        ({"a": {"$patch": "swap"}}, "unknown patch type [swap] in map"),
        ({"$retainKeys": "a"}, "$retainKeys of a strategic merge patch is a list"),
        ({"$setElementOrder/a": {}}, "$setElementOrder of a strategic merge patch is a list"),
        ({"$deleteFromPrimitiveList/a": 1}, "$deleteFromPrimitiveList of a strategic merge patch"),
    ],
)
def test_what_is_no_strategic_merge(change, said):
    with pytest.raises(BadRequest) as error:
        patch.strategic({}, change)
    assert error.value.message.startswith(said)


@pytest.mark.parametrize(
    ("operations", "after"),
    [
        ([{"op": "add", "path": "/b", "value": 2}], {"a": [1], "b": 2}),
        ([{"op": "add", "path": "/a/-", "value": 2}], {"a": [1, 2]}),
        ([{"op": "replace", "path": "/a/0", "value": 2}], {"a": [2]}),
        ([{"op": "remove", "path": "/a"}], {}),
        ([{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
        ([{"op": "move", "from": "/a", "path": "/b"}], {"b": [1]}),
        ([{"op": "test", "path": "/a/0", "value": 1}], {"a": [1]}),
        ([], {"a": [1]}),
    ],
)
def test_json_patches(operations, after):
    assert patch.json_patch({"a": [1]}, operations) == after


@pytest.mark.parametrize(
    ("operations", "error"),
    [
        ({}, BadRequest),
        (["add"], BadRequest),
        ([{"op": "swap", "path": "/a"}], Invalid),
        ([{"op": "add", "path": 7, "value": 1}], Invalid),
        ([{"op": "copy", "path": "/a"}], Invalid),
        ([{"op": "test", "path": "/a/0", "value": 2}], Invalid),
        ([{"op": "remove", "path": "/none"}], Invalid),
        ([{"op": "replace", "path": "/none", "value": 1}], Invalid),
        ([{"op": "add", "path": "/a/9", "value": 1}], Invalid),
        ([{"op": "add", "path": "/b"}], Invalid),
    ],
)
def test_what_is_no_json_patch(operations, error):
    with pytest.raises(error):
        patch.json_patch({"a": [1]}, operations)


@pytest.mark.parametrize(
    ("path", "items", "key"),
    [
        (["spec", "containers"], names("a"), "name"),
        (["spec", "containers"], [], None),
        (["spec", "containers"], ["a"], None),
        (["spec", "containers"], [{"name": "a"}, {}], None),
        (["ports"], [{"containerPort": 1}, {"containerPort": 2}], "containerPort"),
        (["spec", "ports"], [{"port": 1}], "port"),
        (["subsets", "ports"], [{"port": 1}], None),
        (["ports"], [{"name": "a"}], None),
        (["imagePullSecrets"], names("a"), None),
        (["spec", "imagePullSecrets"], names("a"), "name"),
        (["spec", "tolerations"], [{"key": "a"}], None),
        (["volumeMounts"], [{"mountPath": "/"}], "mountPath"),
        (["hostAliases"], [{"ip": "1.1.1.1"}], "ip"),
        (["ownerReferences"], [{"uid": "1"}], "uid"),
    ],
)
def test_by_what_items_are_told_apart(path, items, key):
    assert merge_key(path, items) == key


@pytest.mark.parametrize(
    ("name", "fields", "key"),
    [
        ("containers", {"name"}, "name"),
        ("containers", {"image"}, None),
        ("ports", {"containerPort"}, "containerPort"),
        ("ports", {"port", "nodePort"}, "port"),
        ("ports", {"port"}, None),
        ("args", {"name"}, None),
    ],
)
def test_by_what_items_are_declared_to_be_told_apart(name, fields, key):
    assert declared_key(name, fields) == key


def wanted(**data: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, **data}


def applied(live: Any, manager: str, force: bool = False, **data: Any) -> dict[str, Any]:
    return apply.apply(live, wanted(**data), manager, force, "now")


def test_what_apply_notes():
    live = applied(None, "one", data={"a": "1"}, spec={"containers": names("x")})
    assert live["metadata"]["managedFields"] == [
        {
            "manager": "one",
            "operation": "Apply",
            "apiVersion": "v1",
            "time": "now",
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:data": {"f:a": {}},
                "f:spec": {"f:containers": {'k:{"name":"x"}': {".": {}, "f:name": {}}}},
            },
        }
    ]
    again = apply.apply(
        live, wanted(data={"a": "1"}, spec={"containers": names("x")}), "one", False, "later"
    )
    assert again == live, "what says the same changes nothing"


def test_items_of_lists_belong_to_who_said_them():
    live = applied(None, "one", spec={"containers": names("x", "y")})
    live = applied(live, "two", spec={"containers": names("z")})
    assert live["spec"]["containers"] == names("x", "y", "z")
    live = applied(live, "one", spec={"containers": names("x")})
    assert live["spec"]["containers"] == names("x", "z")


def test_several_conflicts_are_all_told():
    live = applied(None, "one", data={"a": "1", "b": "1", "c": "1"})
    assert applied(live, "two", data={"a": "1"})["data"]["a"] == "1", "the same value is none"
    with pytest.raises(Conflict) as error:
        applied(live, "two", data={"a": "2", "b": "2", "c": "1"})
    assert error.value.message == (
        'Apply failed with 2 conflicts: conflicts with "one":\n- .data.a\n- .data.b'
    )
    live = applied(live, "two", force=True, data={"a": "2"})
    owners = {e["manager"]: e["fieldsV1"]["f:data"] for e in live["metadata"]["managedFields"]}
    assert owners == {"one": {"f:b": {}, "f:c": {}}, "two": {"f:a": {}}}


def test_updates_take_fields_over():
    live = applied(None, "one", data={"a": "1", "b": "1"})
    new = {**live, "data": {"a": "2", "b": "1"}, "metadata": dict(live["metadata"])}
    apply.record_update(live, new, "editor", "later")
    first, second = new["metadata"]["managedFields"]
    assert (first["manager"], first["fieldsV1"]) == ("one", {"f:data": {"f:b": {}}})
    assert (second["manager"], second["operation"], second["time"]) == ("editor", "Update", "later")
    assert second["fieldsV1"] == {"f:data": {"f:a": {}}}
    newer = {**new, "data": {"a": "2", "b": "3"}, "metadata": dict(new["metadata"])}
    apply.record_update(new, newer, "editor", "latest")
    [entry] = newer["metadata"]["managedFields"]
    assert entry["fieldsV1"] == {"f:data": {"f:a": {}, "f:b": {}}}, "nothing is left to the first"
    same = {**newer, "status": {"phase": "x"}, "metadata": dict(newer["metadata"])}
    apply.record_update(newer, same, "other", "last")
    assert same["metadata"]["managedFields"] == newer["metadata"]["managedFields"]


def kind_of(name: str, version: str = "", group: str | None = None) -> Kind:
    return next(
        k
        for k in KINDS
        if k.kind == name and version in ("", k.version) and group in (None, k.group)
    )


V2 = kind_of("HorizontalPodAutoscaler", "v2")
V1 = Kind("HorizontalPodAutoscaler", "horizontalpodautoscalers", "autoscaling", "v1")


def resource(name: str, percent: int) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": name, "target": target}}


def scaler(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "annotations": {"own": "1"}},
        "spec": {"maxReplicas": 3, **spec},
    }


def test_an_autoscaler_in_both_versions():
    metrics = [resource("cpu", 50), resource("memory", 70)]
    current = {
        "type": "Resource",
        "resource": {"name": "cpu", "current": {"averageUtilization": 20}},
    }
    newer = scaler(metrics=metrics, behavior={"scaleUp": {"selectPolicy": "Max"}})
    newer["status"] = {"currentReplicas": 2, "conditions": [{}], "currentMetrics": [current]}
    older = shown(V1, newer)
    assert older["apiVersion"] == "autoscaling/v1"
    assert older["spec"] == {"maxReplicas": 3, "targetCPUUtilizationPercentage": 50}
    assert older["status"] == {"currentReplicas": 2, "currentCPUUtilizationPercentage": 20}
    assert set(older["metadata"]["annotations"]) == {
        "own",
        "autoscaling.alpha.kubernetes.io/metrics",
        "autoscaling.alpha.kubernetes.io/behavior",
    }
    back = kept(V1, older, V2)
    assert (back["spec"], back["metadata"]) == (newer["spec"], newer["metadata"])
    assert back["status"] == {"currentReplicas": 2, "currentMetrics": [current]}
    assert shown(V2, newer) is newer and kept(V2, newer, V2) is newer


@pytest.mark.parametrize("note", ["{", "7", "null"])
def test_annotations_that_carry_nothing(note):
    older = shown(V1, scaler())
    older["metadata"]["annotations"] = {"autoscaling.alpha.kubernetes.io/metrics": note}
    back = kept(V1, older, V2)
    assert back["spec"] == {"maxReplicas": 3}
    assert back["metadata"]["annotations"] == {}


def test_events_in_both_groups():
    old, new = kind_of("Event", group=""), kind_of("Event", group="events.k8s.io")
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e"},
        "involvedObject": {"name": "box"},
        "message": "no",
        "count": 3,
        "reason": "r",
    }
    newer = shown(new, event)
    assert newer == {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "e"},
        "regarding": {"name": "box"},
        "note": "no",
        "deprecatedCount": 3,
        "reason": "r",
    }
    assert kept(new, newer, old) == event


def custom(*selectable: str) -> Kind:
    return Kind("Crow", "crows", "example.com", schema={}, selectable=selectable)


@pytest.mark.parametrize(
    ("kind", "text", "stored"),
    [
        (kind_of("Pod"), "", ""),
        (
            kind_of("Pod"),
            "status.phase!=Running, spec.nodeName = a",
            "status.phase!=Running,spec.nodeName=a",
        ),
        (kind_of("Pod"), "metadata.name==a", "metadata.name==a"),
        (kind_of("Node"), "spec.unschedulable=true", "spec.unschedulable=true"),
        (kind_of("Event", group=""), "involvedObject.name=a", "involvedObject.name=a"),
        (kind_of("Event", group=""), "source=kubelet", "source.component=kubelet"),
        (kind_of("Event", group="events.k8s.io"), "regarding.name=a", "involvedObject.name=a"),
        (custom("spec.size"), "spec.size=3", "spec.size=3"),
        (kind_of("ConfigMap"), "metadata.namespace=a", "metadata.namespace=a"),
    ],
)
def test_field_selectors(kind, text, stored):
    assert stored_fields(kind, text) == stored


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (kind_of("Pod"), "spec.x=1", "field label not supported: spec.x"),
        (kind_of("Node"), "metadata.namespace=a", "field label not supported: metadata.namespace"),
        (kind_of("Pod"), "a", "invalid selector: 'a'; can't understand 'a'"),
        (
            kind_of("Event", group=""),
            "regarding.name=a",
            "field label not supported: regarding.name",
        ),
        (custom(), "spec.size=3", "field label not supported: spec.size"),
        (
            kind_of("ConfigMap"),
            "data=a",
            '"data" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        (kind_of("Job"), "x=1", 'field label "x" not supported for Job'),
        (kind_of("ReplicaSet"), "x=1", 'field label "x" not supported for appsv1.ReplicaSet'),
    ],
)
def test_fields_that_nothing_is_selected_by(kind, text, said):
    with pytest.raises(BadRequest) as error:
        stored_fields(kind, text)
    assert error.value.message == said


MAP = {**wanted(data={"a": "1"}), "metadata": {"name": "a", "creationTimestamp": ""}}


def test_tables():
    kind = kind_of("ConfigMap")
    found = table(kind, [MAP], {"resourceVersion": "7"}, "Metadata")
    assert found["metadata"] == {"resourceVersion": "7"}
    heads = [(d["name"], d["format"], d["priority"]) for d in found["columnDefinitions"]]
    assert heads == [("Name", "name", 0), ("Data", "", 0), ("Age", "", 0)]
    assert found["rows"][0]["cells"] == ["a", 1, "<unknown>"]
    assert found["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    assert table(kind, [MAP], {}, "Object")["rows"][0]["object"] == MAP
    assert table(kind, [MAP], {}, "None")["rows"][0]["object"] is None
    assert table(kind, [MAP], {}, "None", heading=False)["columnDefinitions"] == []
    wide = table(kind_of("Pod"), [], {}, "None")["columnDefinitions"]
    assert [d["name"] for d in wide if d["priority"] == 1][:2] == ["IP", "Node"]


def test_an_odd_object_has_an_odd_cell():
    broken = {**MAP, "data": 7}
    assert table(kind_of("ConfigMap"), [broken], {}, "None")["rows"][0]["cells"][1] == "<unknown>"
