"""The engine: each key by itself, failures back off, nothing that fails holds up anything else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.queue import WorkQueue
from owlab.pocket.kube.store import Key
from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.objects import workload


def named(name: str, kind: str = "Deployment", **spec: Any) -> Object:
    made = workload(kind, 1, **spec)
    labels = {"app": name}
    made["metadata"]["name"] = name
    made["spec"]["selector"] = {"matchLabels": labels}
    made["spec"]["template"]["metadata"]["labels"] = labels
    return made


async def test_an_object_that_cannot_be_reconciled_holds_up_no_other(bench: Bench) -> None:
    # Its ReplicaSet is there already, and belongs to nobody who would give it up.
    await bench.make(named("aaa"))
    bench.store.delete("Deployment", "aaa", "default", "Orphan")
    (orphan,) = bench.store.list("ReplicaSet", "default")
    other = {**orphan["metadata"]["labels"], "app": "other"}
    bench.store.update({**orphan, "metadata": {**orphan["metadata"], "labels": other}})
    await bench.make(named("aaa"))
    await bench.make(named("bbb"))
    assert bench.store.get("Deployment", "bbb", "default")["status"]["readyReplicas"] == 1


async def test_an_orphan_is_adopted_again(bench: Bench) -> None:
    await bench.make(named("aaa"))
    bench.store.delete("Deployment", "aaa", "default", "Orphan")
    await bench.settle()
    before = {p["metadata"]["uid"] for p in bench.pods()}
    await bench.make(named("aaa"))
    assert {p["metadata"]["uid"] for p in bench.pods()} == before
    assert bench.store.get("Deployment", "aaa", "default")["status"]["readyReplicas"] == 1


async def test_a_pod_whose_labels_change_is_let_go_and_replaced(bench: Bench) -> None:
    await bench.make(workload("Deployment", 2))
    pod = bench.store.draft("Pod", bench.pods()[0]["metadata"]["name"], "default")
    pod["metadata"]["labels"]["app"] = "debugged"
    bench.store.update(pod)
    await bench.settle()
    free = [p for p in bench.pods() if "ownerReferences" not in p["metadata"]]
    assert [p["metadata"]["name"] for p in free] == [pod["metadata"]["name"]]
    assert len(bench.pods()) == 3


async def test_odd_quantities_stop_nothing(bench: Bench) -> None:
    for number, amount in enumerate(("1T", "128974848000m", "1e3", "0.5Gi", "100m")):
        made = named(f"pod{number}")
        requests = {"requests": {"memory": amount}}
        made["spec"]["template"]["spec"]["containers"][0]["resources"] = requests
        await bench.make(made)
    await bench.make(named("after"))
    phases = {p["metadata"]["labels"]["app"]: p["status"]["phase"] for p in bench.pods()}
    assert phases.pop("pod0") == "Pending", "no node has a terabyte"
    assert set(phases.values()) == {"Running"}


@pytest.mark.parametrize(
    ("operator", "value", "chosen"), [("Gt", "3", "worker2"), ("Lt", "3", "worker1")]
)
async def test_nodes_are_compared_by_numbers(
    bench: Bench, operator: str, value: str, chosen: str
) -> None:
    for name, size in (("worker1", "2"), ("worker2", "10"), ("master", "many")):
        node = bench.store.draft("Node", name)
        node["metadata"]["labels"]["size"] = size
        bench.store.update(node)
    expression = {"key": "size", "operator": operator, "values": [value]}
    term = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}
    await bench.make(workload("Deployment", 1, affinity=affinity))
    assert [p["spec"]["nodeName"] for p in bench.pods()] == [chosen]


async def test_what_is_owned_goes_with_its_owner(bench: Bench) -> None:
    for propagation in ("Background", "Foreground"):
        await bench.make(workload("Deployment", 3))
        bench.store.delete("Deployment", "web", "default", propagation)
        await bench.settle()
        for kind in ("Deployment", "ReplicaSet", "Pod"):
            assert bench.store.list(kind, "default") == [], (propagation, kind)


async def test_an_owner_waits_for_those_that_block_it_and_for_no_others(bench: Bench) -> None:
    def config(name: str, **meta: Any) -> Object:
        meta = {"name": name, "namespace": "default", **meta}
        return bench.store.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})

    owner = config("owner")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner"}
    reference["uid"] = owner["metadata"]["uid"]
    for name, blocks in (("a-free", False), ("b-blocks", True), ("c-blocks", True)):
        references = [{**reference, "blockOwnerDeletion": blocks}]
        config(name, ownerReferences=references, finalizers=["test/keep"])
    bench.store.delete("ConfigMap", "owner", "default", "Foreground")
    for name in ("b-blocks", "c-blocks"):
        await bench.settle()
        assert bench.store.find("ConfigMap", "owner", "default") is not None
        blocking = bench.store.draft("ConfigMap", name, "default")
        assert blocking["metadata"]["deletionTimestamp"]
        blocking["metadata"]["finalizers"] = []
        bench.store.update(blocking)
    await bench.settle()
    assert bench.store.find("ConfigMap", "owner", "default") is None
    assert bench.store.find("ConfigMap", "a-free", "default") is not None


async def test_what_names_an_owner_that_is_not_there_goes(bench: Bench) -> None:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "no-such-uid"}
    bench.store.create(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "lost", "namespace": "default", "ownerReferences": [reference]},
        }
    )
    await bench.settle()
    assert bench.store.find("ConfigMap", "lost", "default") is None


async def test_a_write_wakes_only_what_it_concerns(bench: Bench) -> None:
    await bench.make(workload("Deployment", 5))
    looked: list[Key] = []
    plane = bench.cluster._plane
    for controller in plane._controllers:
        reconcile = controller.reconcile

        def noted(key: Key, reconcile: object = reconcile) -> None:
            looked.append(key)
            reconcile(key)  # type: ignore[operator]

        controller.reconcile = noted  # type: ignore[method-assign]
    for kind in ("ConfigMap", "Secret"):
        bench.store.create(
            {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x", "namespace": "default"}}
        )
    assert await bench.cluster.settled(5)
    assert [key for key in looked if key.kind != "OpenWhisk"] == []


# The queue -----------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 5)))
def test_each_item_waits_once_in_the_order_of_its_coming(items: list[int]) -> None:
    async def drain() -> list[int]:
        queue: WorkQueue[int] = WorkQueue()
        for item in items:
            queue.add(item)
        found = []
        while not queue.empty:
            found.append(await queue.get(lambda: None))
        return found

    assert asyncio.run(drain()) == list(dict.fromkeys(items))


async def test_an_item_that_fails_comes_later_each_time_and_others_go_on() -> None:
    queue: WorkQueue[str] = WorkQueue()
    waits = [queue.failed("bad") for _ in range(4)]
    assert waits == [0.005, 0.01, 0.02, 0.04]
    queue.add("good")
    assert await queue.get(lambda: None) == "good"
    assert await asyncio.wait_for(queue.get(lambda: None), 5) == "bad"
    queue.done("bad")
    assert queue.failed("bad") == 0.005
    queue.close()


async def test_the_earliest_of_several_times_counts() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("x", 60)
    queue.add_after("x", 0.01)
    queue.add_after("x", 60)
    assert await asyncio.wait_for(queue.get(lambda: None), 5) == "x"
    assert queue.empty
    queue.close()
