"""By what else than names the store finds objects, and when what is deleted is gone."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Store

from ..controllers.plain_store import obj, pod, store_of

CONTROLLER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "controller": True}


def found(store: Store, index: str, value: str) -> list[str]:
    return [one["metadata"]["name"] for one in store.indexed(index, value)]


def claim(name: str) -> Object:
    return {"name": name, "persistentVolumeClaim": {"claimName": name}}


OWNED = pod("owned", "10.42.0.7", nodeName="worker2")
OWNED["metadata"]["ownerReferences"] = [CONTROLLER | {"uid": "u1"}, {"kind": "Job", "uid": "u2"}]
LOOSE = pod("loose", "", nodeName="", volumes=[{"name": "e", "emptyDir": {}}, claim("data")])
LOOSE["metadata"]["ownerReferences"] = [{"kind": "Job", "uid": "u2"}]
OWN = pod("own", volumes=[{"name": "scratch", "ephemeral": {}}, claim("data"), claim("more")])
MAP = obj("ConfigMap", "kept", metadata={"ownerReferences": [{"uid": "u1"}, {"uid": "u3"}]})
HEARD = obj("Event", "heard", involvedObject={"uid": "u9"})
REGARDED = obj("Event", "regarded", regarding={"uid": "u9"})
SPARE = obj("Event", "spare")


@pytest.fixture
def store() -> Store:
    return store_of(OWNED, LOOSE, OWN, MAP, HEARD, REGARDED, SPARE)


@pytest.mark.parametrize(
    ("index", "value", "names"),
    [
        ("owner", "u1", ["owned", "kept"]),
        ("owner", "u2", ["owned", "loose"]),
        ("owner", "u3", ["kept"]),
        ("owner", "none", []),
        ("node", "worker1", ["own"]),
        ("node", "worker2", ["owned"]),
        ("node", "", ["loose"]),
        ("address", "10.42.0.7", ["owned"]),
        ("address", "", []),
        ("orphan", "default", ["loose", "own"]),
        ("orphan", "other", []),
        ("claim", "default/data", ["loose", "own"]),
        ("claim", "default/more", ["own"]),
        ("claim", "default/own-scratch", ["own"]),
        ("claim", "default/loose-e", []),
        ("about", "u9", ["heard", "regarded"]),
        ("about", "None", ["spare"]),
    ],
)
def test_what_is_found_by(store: Store, index: str, value: str, names: list[str]) -> None:
    assert found(store, index, value) == names


def test_what_changes_is_found_by_what_it_has_now(store: Store) -> None:
    draft = store.draft("Pod", "own", "default")
    draft["spec"] |= {"volumes": [claim("more"), claim("new")], "nodeName": "worker2"}
    store.update(draft)
    assert found(store, "claim", "default/data") == ["loose"]
    assert found(store, "claim", "default/own-scratch") == []
    assert found(store, "claim", "default/more") == found(store, "claim", "default/new") == ["own"]
    assert found(store, "node", "worker1") == []
    assert found(store, "node", "worker2") == ["owned", "own"]
    uid = store.get("Pod", "own", "default")["metadata"]["uid"]
    assert store.by_uid(uid) is store.get("Pod", "own", "default")
    store.remove("Pod", "own", "default")
    assert found(store, "node", "worker2") == ["owned"]
    assert store.by_uid(uid) is None


CUSTOM = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "pods.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Pod", "plural": "pods", "singular": "pod"},
        "versions": [{"name": "v1", "served": True, "storage": True}],
    },
}


def held(kind: str, api: str, **more: Any) -> Object:
    """An object that a finalizer holds."""
    made = obj(kind, "x", {"nodeName": "worker1", "containers": []}, api, **more)
    made["metadata"]["finalizers"] = ["example.com/hold"]
    return made


@pytest.mark.parametrize(
    ("kind", "api"),
    [("ConfigMap", "v1"), ("ReplicaSet", "apps/v1"), ("Pod", "example.com/v1")],
)
def test_what_a_finalizer_holds_goes_with_it(kind: str, api: str) -> None:
    store = store_of(CUSTOM)
    made = store.create(held(kind, api))
    wanted = store.registry.of(made)
    gone = store.delete(wanted, "x", "default")
    assert gone["metadata"]["deletionTimestamp"]
    assert "deletionGracePeriodSeconds" not in gone["metadata"]
    assert "status" not in gone, "Terminating is a phase of namespaces"
    draft = store.draft(wanted, "x", "default")
    draft["metadata"]["labels"] = {"a": "b"}
    store.update(draft)
    assert store.find(wanted, "x", "default") is not None
    draft = store.draft(wanted, "x", "default")
    del draft["metadata"]["finalizers"]
    store.update(draft)
    assert store.find(wanted, "x", "default") is None


def test_a_pod_without_finalizers_waits_for_its_kubelet() -> None:
    store = store_of(held("Pod", "v1"))
    store.delete("Pod", "x", "default")
    draft = store.draft("Pod", "x", "default")
    del draft["metadata"]["finalizers"]
    store.update(draft)
    assert store.get("Pod", "x", "default")["metadata"]["deletionGracePeriodSeconds"] == 30
    store.remove("Pod", "x", "default")
    assert store.find("Pod", "x", "default") is None
    store.remove("Pod", "x", "default")  # it is gone: no error


def test_a_pod_that_has_ended_waits_for_its_finalizers_only() -> None:
    store = store_of(held("Pod", "v1"))
    store.delete("Pod", "x", "default")
    first = store.get("Pod", "x", "default")["metadata"]["deletionTimestamp"]
    store.remove("Pod", "x", "default")
    meta = store.get("Pod", "x", "default")["metadata"]
    assert (meta["deletionTimestamp"], meta["deletionGracePeriodSeconds"]) == (first, 0)
    version = meta["resourceVersion"]
    store.remove("Pod", "x", "default")
    assert store.get("Pod", "x", "default")["metadata"]["resourceVersion"] == version
    draft = store.draft("Pod", "x", "default")
    del draft["metadata"]["finalizers"]
    store.update(draft)
    assert store.find("Pod", "x", "default") is None


@pytest.mark.parametrize(
    ("asked", "then"), [([10, 20], 10), ([20, 10], 10), ([None, 5], 5), ([5, None], 5)]
)
def test_a_second_deletion_may_only_be_quicker(asked: list[int | None], then: int) -> None:
    store = store_of(pod("x"))
    for grace in asked:
        store.delete("Pod", "x", "default", grace=grace)
    assert store.get("Pod", "x", "default")["metadata"]["deletionGracePeriodSeconds"] == then


@pytest.mark.parametrize(
    ("spec", "phase"),
    [({"nodeName": ""}, "Pending"), ({}, "Succeeded"), ({}, "Failed")],
)
def test_a_pod_that_no_kubelet_runs_is_gone_at_once(spec: Object, phase: str) -> None:
    made = pod("x", **spec)
    made["status"]["phase"] = phase
    store = store_of(made)
    store.delete("Pod", "x", "default")
    assert store.find("Pod", "x", "default") is None


def test_a_namespace_waits_until_it_is_empty() -> None:
    store = store_of()
    gone = store.delete("Namespace", "default")
    assert gone["status"]["phase"] == "Terminating"
    version = gone["metadata"]["resourceVersion"]
    assert store.delete("Namespace", "default")["metadata"]["resourceVersion"] == version
    draft = store.draft("Namespace", "default")
    draft["metadata"]["labels"]["a"] = "b"
    store.update(draft)
    assert store.find("Namespace", "default") is not None


@pytest.mark.parametrize(
    ("kind", "api", "change", "generation"),
    [
        ("ReplicaSet", "apps/v1", {"spec": {"replicas": 3}}, 2),
        ("ReplicaSet", "apps/v1", {"metadata": {"labels": {"a": "b"}}}, 1),
        ("ReplicaSet", "apps/v1", {"status": {"replicas": 3}}, 1),
        ("Pod", "v1", {"spec": {"nodeName": "worker2"}}, 1),
        ("Pod", "v1", {"spec": {"nodeName": "worker2", "priority": 1}}, 2),
        ("Service", "v1", {"spec": {"type": "NodePort"}}, None),
        ("PersistentVolumeClaim", "v1", {"spec": {"volumeName": "pv"}}, None),
    ],
)
def test_a_generation_counts_what_is_wanted(
    kind: str, api: str, change: Object, generation: int | None
) -> None:
    store = store_of(obj(kind, "x", {"some": 1}, api))
    draft = store.draft(kind, "x", "default")
    for part, value in change.items():
        draft[part] = {**draft.get(part, {}), **value}
    changed = store.update(draft)
    assert changed["metadata"].get("generation") == generation
