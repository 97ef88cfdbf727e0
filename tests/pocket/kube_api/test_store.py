"""The store: what is committed stays, what clashes is refused, what belongs together goes."""

import json
import tracemalloc
from typing import Any

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.kube.errors import AlreadyExists, Conflict, Expired, NotFound, StorageFull
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.store.entry import pack


def config_map(name, **meta):
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default", **meta},
        "data": {"a": "1"},
    }


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lab.sqlite"


@pytest.fixture
def store(path):
    store = Store(Database(path), Clock())
    store.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})
    return store


def test_what_was_stored_is_there_after_a_crash(store, path):
    made = store.create(config_map("a"))
    again = Store(Database(path), Clock())
    assert again.get("ConfigMap", "a", "default") == made
    assert again.resource_version == store.resource_version


def test_readers_share_and_writers_copy(store):
    given = config_map("a")
    made = store.create(given)
    given["data"]["a"] = "changed"
    store.draft("ConfigMap", "a", "default")["data"]["a"] = "changed"
    assert made["data"]["a"] == "1"
    assert store.get("ConfigMap", "a", "default") is made is store.list("ConfigMap")[0]
    store.verify()
    made["data"]["a"] = "changed"
    with pytest.raises(AssertionError, match="changed in place"):
        store.verify()


def test_what_is_kept_takes_no_more_memory_than_it_is_long():
    """orjson's own bytes stand in buffers of 4 KB at least: ten thousand pods were 180 MB more."""
    obj = {"kind": "Event", "message": "x" * 500}
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = [pack({**obj, "n": n}) for n in range(200)]
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken < 1.3 * sum(len(data) for data in kept)


def test_kinds_of_one_name_are_told_apart_by_their_group(store):
    for group in ("a.com", "b.com"):
        store.create(definition("Service", "services", group))
    for group in ("a.com", "b.com"):
        obj = config_map("web") | {
            "apiVersion": f"{group}/v1",
            "kind": "Service",
            "spec": {"x": group},
        }
        store.create(obj)
    kinds = [store.registry.at(group, "v1", "services") for group in ("a.com", "b.com", "")]
    found = [store.find(kind, "web", "default") for kind in kinds]
    assert [obj and obj["spec"]["x"] for obj in found] == ["a.com", "b.com", None]


def definition(kind, plural, group):
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True}],
        },
    }


def test_objects_of_the_first_version_are_taken_over(path):
    database = Database(path)
    database.schema(
        "CREATE TABLE kube_objects (kind TEXT, namespace TEXT, name TEXT, object TEXT);"
    )
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}}
    database.run(
        "INSERT INTO kube_objects VALUES ('Deployment', 'default', 'd', ?)", json.dumps(deployment)
    )
    for _ in range(2):
        store = Store(database, Clock())
        assert store.find("Deployment", "d", "default") == deployment


def test_two_writers_do_not_overwrite_each_other(store):
    first = store.create(config_map("a"))
    second = store.get("ConfigMap", "a", "default")
    store.update({**first, "data": {"a": "2"}})
    with pytest.raises(Conflict, match="the object has been modified"):
        store.update({**second, "data": {"a": "3"}})


def test_an_update_without_a_change_is_no_event(store):
    made = store.create(config_map("a"))
    events: list[Any] = []
    store.subscribe(events.append)
    assert store.update(made)["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    assert events == []


def test_names_are_taken_once_and_namespaces_must_exist(store):
    store.create(config_map("a"))
    with pytest.raises(AlreadyExists):
        store.create(config_map("a"))
    with pytest.raises(NotFound, match='namespaces "gone" not found'):
        store.create(config_map("a", namespace="gone"))


def test_a_generated_name_that_is_taken_is_not_given_again(store, monkeypatch):
    ends = iter(["aaaaa", "aaaaa", "aaaaa", "bbbbb"])
    monkeypatch.setattr("owlab.pocket.kube.store.objects.random_suffix", lambda: next(ends))
    made = [store.create(unnamed()) for _ in range(2)]
    assert [obj["metadata"]["name"] for obj in made] == ["some-aaaaa", "some-bbbbb"]


def unnamed():
    obj = config_map("")
    obj["metadata"] = {"generateName": "some-", "namespace": "default"}
    return obj


def test_an_orphan_is_let_go_of(store):
    owner = store.create(config_map("owner"))
    reference = {"kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    store.create(config_map("child", ownerReferences=[reference]))
    assert [o["metadata"]["name"] for o in store.indexed("owner", reference["uid"])] == ["child"]
    store.delete("ConfigMap", "owner", "default", "Orphan")
    assert "ownerReferences" not in store.get("ConfigMap", "child", "default")["metadata"]
    assert store.indexed("owner", reference["uid"]) == []


def test_a_finalizer_holds_an_object_until_it_is_taken_off(store):
    store.create(config_map("a", finalizers=["example.com/wait"]))
    store.delete("ConfigMap", "a", "default")
    held = store.draft("ConfigMap", "a", "default")
    assert held["metadata"]["deletionTimestamp"]
    held["metadata"]["finalizers"] = []
    store.update(held)
    assert store.find("ConfigMap", "a", "default") is None


def test_generation_follows_the_spec_only(store):
    spec = {"defaultBackend": {"service": {"name": "a", "port": {"number": 1}}}}
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "i"}}
    store.create({**ingress, "spec": spec})
    made = store.draft("Ingress", "i")
    made["metadata"]["labels"] = {"x": "y"}
    assert store.update(made)["metadata"]["generation"] == 1
    made = store.draft("Ingress", "i")
    made["spec"]["ingressClassName"] = "b"
    assert store.update(made)["metadata"]["generation"] == 2


def test_kubernetes_does_not_count_the_changes_of_a_service(store):
    spec = {"selector": {"a": "b"}, "ports": [{"port": 1}]}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec}
    assert "generation" not in store.create(service)["metadata"]
    made = store.draft("Service", "s")
    made["spec"]["ports"] = [{"port": 2}]
    assert "generation" not in store.update(made)["metadata"]


def test_a_watch_can_go_back_but_not_for_ever(store):
    at = store.resource_version
    store.create(config_map("a"))
    assert [(c.event, c.key.name) for c in store.since(at)] == [("ADDED", "a")]
    with pytest.raises(Expired):
        store.since(1)


def test_a_full_disk_loses_nothing_and_can_be_cured(store, path):
    store.create(config_map("a"))
    database = store._db
    pages = database.row("PRAGMA page_count")[0]
    database.run(f"PRAGMA max_page_count = {pages + 1}")
    big = config_map("big")
    big["data"] = {"a": "x" * 200_000}
    with pytest.raises(StorageFull, match="free some disk space"):
        store.create(big)
    assert store.find("ConfigMap", "big", "default") is None
    database.run("PRAGMA max_page_count = 100000")
    store.create(big)
    names = [o["metadata"]["name"] for o in Store(Database(path), Clock()).list("ConfigMap")]
    assert names == ["a", "big"]


def test_what_controllers_could_not_write_is_written_later(store, path):
    database = store._db
    pages = database.row("PRAGMA page_count")[0]
    database.run(f"PRAGMA max_page_count = {pages + 1}")
    big = config_map("big")
    big["data"] = {"a": "x" * 200_000}
    with store.together(), store.together():
        store.create(big)
    assert store.find("ConfigMap", "big", "default") is not None
    assert Store(Database(path), Clock()).find("ConfigMap", "big", "default") is None
    database.run("PRAGMA max_page_count = 100000")
    store.create(config_map("next"))
    names = [o["metadata"]["name"] for o in Store(Database(path), Clock()).list("ConfigMap")]
    assert names == ["big", "next"]


def test_what_is_written_together_is_told_at_once_and_kept_at_the_end(store, path):
    told: list[str] = []
    end = store.subscribe(lambda change: told.append(f"{change.event} {change.key.name}"))
    with store.together():
        store.create(config_map("a"))
        store.create(config_map("b"))
        store.delete("ConfigMap", "b", "default")
        assert told == ["ADDED a", "ADDED b", "DELETED b"]
        assert Store(Database(path), Clock()).list("ConfigMap") == []
    again = Store(Database(path), Clock())
    assert [o["metadata"]["name"] for o in again.list("ConfigMap")] == ["a"]
    assert again.resource_version == store.resource_version
    end()
    store.create(config_map("c"))
    assert len(told) == 3


def test_an_update_while_it_goes_away(store):
    """What holds it still holds it; a pod goes when its grace is over."""
    store.create(config_map("a", finalizers=["example.com/x", "example.com/y"]))
    store.delete("ConfigMap", "a", "default")
    for left in (["example.com/y"], []):
        held = store.draft("ConfigMap", "a", "default")
        held["metadata"]["finalizers"] = left
        store.update(held)
        assert (store.find("ConfigMap", "a", "default") is None) is (not left)
    pod = config_map("p") | {"kind": "Pod", "spec": {"nodeName": "n", "containers": []}}
    store.create(pod)
    store.delete("Pod", "p", "default", grace=5)
    held = store.draft("Pod", "p", "default")
    held["metadata"]["labels"] = {"a": "b"}
    assert store.update(held)["metadata"]["deletionGracePeriodSeconds"] == 5
    assert store.find("Pod", "p", "default") is not None
    # Another wish makes it shorter, never longer.
    for asked, seconds in ((9, 5), (2, 2)):
        gone = store.delete("Pod", "p", "default", grace=asked)
        assert gone["metadata"]["deletionGracePeriodSeconds"] == seconds


@pytest.mark.parametrize(
    ("spec", "phase", "grace", "gone"),
    [
        ({"nodeName": "n"}, "Running", None, False),
        ({"nodeName": "n"}, "Running", 0, True),
        ({}, "Pending", None, True),
        ({}, "Pending", 9, True),
        ({"nodeName": "n"}, "Succeeded", None, True),
        ({"nodeName": "n"}, "Failed", 9, True),
        ({"nodeName": "n", "terminationGracePeriodSeconds": 0}, "Running", None, True),
    ],
)
def test_a_pod_waits_only_for_a_kubelet_that_runs_it(store, spec, phase, grace, gone):
    store.create(config_map("p") | {"kind": "Pod", "spec": spec, "status": {"phase": phase}})
    store.delete("Pod", "p", "default", grace=grace)
    assert (store.find("Pod", "p", "default") is None) is gone


def test_taking_away_at_once(store):
    store.remove("ConfigMap", "none", "default")
    store.create(config_map("a"))
    store.remove("ConfigMap", "a", "default")
    assert store.find("ConfigMap", "a", "default") is None
    store.create(config_map("b", finalizers=["example.com/x"]))
    for _ in range(2):
        store.remove("ConfigMap", "b", "default")
        meta = store.get("ConfigMap", "b", "default")["metadata"]
        assert meta["deletionGracePeriodSeconds"] == 0 and meta["deletionTimestamp"]


def test_a_status_is_set_alone(store):
    pod = config_map("p") | {"kind": "Pod", "spec": {"a": 1}, "status": {"phase": "Pending"}}
    made = store.create(pod)
    changed = {**made, "spec": {"a": 2}, "status": {"phase": "Running"}}
    shown = store.update_status(changed, dry=True)
    assert shown["status"] == {"phase": "Running"}
    assert store.get("Pod", "p", "default")["status"] == {"phase": "Pending"}
    assert store.update_status({k: v for k, v in changed.items() if k != "status"}) is made
    now = store.update_status(changed)
    assert (now["spec"], now["status"]) == ({"a": 1}, {"phase": "Running"})
    with pytest.raises(Conflict):
        store.update_status({**made, "status": {"phase": "Failed"}})
    assert store.set_status(made, {"phase": "Failed"})["status"] == {"phase": "Failed"}
    assert "status" in store.update({k: v for k, v in now.items() if k != "status"} | {
        "metadata": {"name": "p", "namespace": "default", "labels": {"x": "y"}}
    })  # fmt: skip


def test_dry_runs_write_nothing(store):
    at = store.resource_version
    made = store.create(config_map("a"), dry=True)
    assert made["metadata"]["uid"] and store.find("ConfigMap", "a", "default") is None
    assert store.resource_version == at
    kept = store.create(config_map("a"))
    changed = store.update({**kept, "data": {"a": "2"}}, dry=True)
    assert changed["data"] == {"a": "2"}
    assert store.get("ConfigMap", "a", "default")["data"] == {"a": "1"}
