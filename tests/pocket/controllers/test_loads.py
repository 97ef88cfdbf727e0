"""What is on each node, as the scheduler counts it: kept with every change of a pod."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.scheduling.loads import Loads
from owlab.pocket.kube.store import Store

from .at_rest import edit
from .plain_store import obj, pod, store_of

APART = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "p"}}}
ALONE = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [APART]}}
WISHES = {
    "podAntiAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": APART}]
    }
}
OWNERS = [
    {"kind": "ConfigMap", "name": "c", "uid": "config", "apiVersion": "v1"},
    {"kind": "ReplicaSet", "name": "r", "uid": "set", "apiVersion": "apps/v1", "controller": True},
]


def asks(
    name: str = "p", on: str = "a", cpu: str = "1", phase: str = "Running", **spec: Any
) -> Object:
    main = {"name": "main", "image": "nginx", "resources": {"requests": {"cpu": cpu}},
            "ports": [{"containerPort": 80, "hostPort": 8080}]}  # fmt: skip
    made = pod(name, containers=[main], nodeName=on, **spec)
    made["metadata"]["ownerReferences"] = OWNERS
    made["status"]["phase"] = phase
    return made


def told(loads: Loads, node: str = "a") -> Object:
    """A node's load; what is counted as nothing is left out."""
    load = loads.on(node)
    return {
        "pods": sorted(key.name for key in load.pods),
        "cpu": load.requested["cpu"],
        "ports": dict(+load.ports),
        "owners": dict(+load.owners),
        "repelling": sorted(key.name for key in loads.repelling),
    }


NOTHING = {"pods": [], "cpu": 0, "ports": {}, "owners": {}, "repelling": []}


def full(*names: str, cpu: int = 1000, repelling: bool = False) -> Object:
    return {
        "pods": list(names),
        "cpu": cpu,
        "ports": {("TCP", 8080): len(names)},
        "owners": {"set": len(names)},
        "repelling": list(names) if repelling else [],
    }


@pytest.mark.parametrize(
    ("made", "load"),
    [
        (asks(), full("p")),
        (asks(affinity=ALONE), full("p", repelling=True)),
        (asks(affinity=WISHES), full("p")),
        (asks(phase="Pending"), full("p")),
        (asks(phase="Succeeded"), NOTHING),
        (asks(phase="Failed", affinity=ALONE), NOTHING),
        (asks(on=""), NOTHING),
        (asks(on="", affinity=ALONE), NOTHING),
        (asks(on="b", affinity=ALONE), {**NOTHING, "repelling": ["p"]}),
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_counts(made: Object, load: Object, when: str) -> None:
    store = store_of(*([made] if when == "before" else []))
    loads = Loads(store)
    if when == "after":
        store.create(made)
    assert told(loads) == load


def finish(store: Store) -> None:
    edit(store, "Pod", "p", status={"phase": "Succeeded"})


def remove(store: Store) -> None:
    store.remove("Pod", "p", "default")


def move(store: Store) -> None:
    edit(store, "Pod", "p", spec={"nodeName": "b"})


def resize(store: Store) -> None:
    draft = store.draft("Pod", "p", "default")
    draft["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "3"
    store.update(draft)


def relabel(store: Store) -> None:
    edit(store, "Pod", "p", metadata={"labels": {"app": "other"}})


@pytest.mark.parametrize(
    ("change", "load"),
    [
        (finish, NOTHING),
        (remove, NOTHING),
        (move, {**NOTHING, "repelling": ["p"]}),
        (resize, full("p", cpu=3000, repelling=True)),
        (relabel, full("p", repelling=True)),
    ],
)
def test_what_changes(change: Any, load: Object) -> None:
    store = store_of(asks(affinity=ALONE))
    loads = Loads(store)
    change(store)
    assert told(loads) == load


def test_a_pod_is_known_as_it_is_now() -> None:
    store = store_of(asks())
    loads = Loads(store)
    relabel(store)
    [known] = loads.on("a").pods.values()
    assert known["metadata"]["labels"] == {"app": "other"}


def test_neighbours_stay() -> None:
    store = store_of(asks(), asks("q", cpu="2"))
    loads = Loads(store)
    assert told(loads) == full("p", "q", cpu=3000)
    finish(store)
    assert told(loads) == full("q", cpu=2000)
    edit(store, "Pod", "p", metadata={"labels": {"app": "ended"}})
    assert told(loads) == full("q", cpu=2000)


def test_who_waits_and_is_bound_later() -> None:
    store = store_of(asks(on="", affinity=ALONE))
    loads = Loads(store)
    edit(store, "Pod", "p", spec={"nodeName": "a"})
    assert told(loads) == full("p", repelling=True)


def test_other_kinds_do_not_count() -> None:
    store = store_of()
    loads = Loads(store)
    store.create(obj("Service", "s", {"nodeName": "a"}))
    assert told(loads) == NOTHING
