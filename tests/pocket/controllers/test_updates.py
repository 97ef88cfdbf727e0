"""How a change of a template reaches the pods: rolling, all at once, and back again."""

from __future__ import annotations

from typing import Any

from owlab.pocket.kube.controllers.deployments import REVISION
from owlab.pocket.kube.object_state import is_ready
from owlab.pocket.kube.store import Change
from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.objects import workload


def template(value: str) -> dict[str, Any]:
    return {"env": [{"name": "VERSION", "value": value}]}


async def set_version(bench: Bench, kind: str, value: str) -> None:
    workload = bench.store.draft(kind, "web", "default")
    workload["spec"]["template"]["spec"]["containers"][0] |= template(value)
    workload["metadata"]["generation"] = workload["metadata"].get("generation", 1) + 1
    bench.store.update(workload)
    await bench.settle()


def sizes(bench: Bench) -> dict[str, int]:
    sets = bench.store.list("ReplicaSet", "default")
    return {s["metadata"]["name"]: s["spec"]["replicas"] for s in sets}


async def test_going_back_uses_the_old_replica_set(bench: Bench) -> None:
    await bench.make(workload("Deployment", 3))
    (first,) = sizes(bench)
    await set_version(bench, "Deployment", "2")
    second = next(name for name in sizes(bench) if name != first)
    assert sizes(bench) == {first: 0, second: 3}
    deployment = bench.store.draft("Deployment", "web", "default")
    del deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    bench.store.update(deployment)
    await bench.settle()
    assert sizes(bench) == {first: 3, second: 0}
    deployment = bench.store.draft("Deployment", "web", "default")
    assert deployment["metadata"]["annotations"][REVISION] == "3"


async def test_an_update_that_cannot_start_leaves_enough_pods(bench: Bench) -> None:
    await bench.make(workload("Deployment", 4))
    deployment = bench.store.draft("Deployment", "web", "default")
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "wurstmeister/kafka:2.12"
    bench.store.update(deployment)
    await bench.settle()
    ready = [pod for pod in bench.pods() if is_ready(pod)]
    assert len(ready) == 3, "of four, 25 % may be missing"
    assert len(bench.pods()) == 5, "and 25 % more may be there"


async def test_recreate_removes_all_before_it_makes_any(bench: Bench) -> None:
    made = workload("Deployment", 2)
    made["spec"]["strategy"] = {"type": "Recreate"}
    await bench.make(made)
    most = 0

    def count(change: Change) -> None:
        nonlocal most
        pods = [p for p in bench.pods() if not p["metadata"].get("deletionTimestamp")]
        most = max(most, len(pods))

    bench.store.subscribe(count)
    await set_version(bench, "Deployment", "2")
    assert most == 2
    assert sorted(sizes(bench).values()) == [0, 2]


async def test_old_revisions_are_forgotten(bench: Bench) -> None:
    made = workload("Deployment", 1)
    made["spec"]["revisionHistoryLimit"] = 2
    await bench.make(made)
    for version in "abcde":
        await set_version(bench, "Deployment", version)
    assert len(sizes(bench)) == 3


async def test_members_are_replaced_from_the_last_to_the_first(bench: Bench) -> None:
    await bench.make(workload("StatefulSet", 3))
    gone: list[str] = []

    def watch(change: Change) -> None:
        if change.key.kind == "Pod" and change.event == "DELETED":
            gone.append(change.key.name)

    bench.store.subscribe(watch)
    await set_version(bench, "StatefulSet", "2")
    assert gone == ["web-2", "web-1", "web-0"]


async def test_a_daemon_set_keeps_to_its_node_selector(bench: Bench) -> None:
    daemon = workload("DaemonSet")
    daemon["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "fast"}
    await bench.make(daemon)
    assert bench.pods() == []
    node = bench.store.draft("Node", "worker1")
    node["metadata"]["labels"]["disk"] = "fast"
    bench.store.update(node)
    await bench.settle()
    assert [p["spec"]["nodeName"] for p in bench.pods()] == ["worker1"]


async def test_addresses_come_from_the_nodes_own_network(bench: Bench) -> None:
    await bench.make(workload("Deployment", 6))
    networks = {n["metadata"]["name"]: n["spec"]["podCIDR"] for n in bench.store.list("Node")}
    assert len(set(networks.values())) == 3
    addresses = [pod["status"]["podIP"] for pod in bench.pods()]
    assert len(set(addresses)) == 6
    for pod in bench.pods():
        start = networks[pod["spec"]["nodeName"]].removesuffix("0/24")
        assert pod["status"]["podIP"].startswith(start)
