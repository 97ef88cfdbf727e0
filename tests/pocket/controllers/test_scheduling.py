"""Which node a pod goes to: room, ports, spreading, taints, gates."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition
from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.objects import workload


def asking(replicas: int, **requests: str) -> Object:
    made = workload("Deployment", replicas)
    container = made["spec"]["template"]["spec"]["containers"][0]
    container["resources"] = {"requests": requests}
    return made


def places(bench: Bench) -> Counter[str]:
    return Counter(p["spec"].get("nodeName", "") for p in bench.pods())


async def taint(bench: Bench, name: str, effect: str, **more: Any) -> None:
    node = bench.store.draft("Node", name)
    node["spec"]["taints"] = [{"key": "dedicated", "value": "x", "effect": effect, **more}]
    bench.store.update(node)
    await bench.settle()


async def test_replicas_are_spread_over_the_nodes(bench: Bench) -> None:
    await bench.make(workload("Deployment", 6))
    assert sorted(places(bench).values()) == [2, 2, 2]


@pytest.mark.parametrize(
    ("requests", "running", "reason"),
    [({"cpu": "1500m"}, 3, "Insufficient cpu"), ({"memory": "3Gi"}, 3, "Insufficient memory")],
)
async def test_what_a_node_has_is_given_once(
    bench: Bench, requests: dict[str, str], running: int, reason: str
) -> None:
    await bench.make(asking(4, **requests))
    assert places(bench).pop("") == 4 - running
    said = bench.messages("FailedScheduling")[-1]
    nodes = "0/3 nodes are available"
    victims = f"preemption: {nodes}: 3 No preemption victims found for incoming pod."
    assert said == f"{nodes}: 3 {reason}. {victims}"


async def test_room_that_becomes_free_is_used(bench: Bench) -> None:
    await bench.make(asking(4, cpu="1500m"))
    gone = next(p for p in bench.pods() if p["spec"].get("nodeName"))
    deployment = bench.store.draft("Deployment", "web", "default")
    deployment["spec"]["replicas"] = 4
    bench.store.update(deployment)
    bench.store.delete("Pod", gone["metadata"]["name"], "default", grace=0)
    await bench.settle()
    assert sum(bool(p["spec"].get("nodeName")) for p in bench.pods()) == 3


async def test_a_port_of_the_host_is_given_once(bench: Bench) -> None:
    made = workload("Deployment", 4)
    port = {"containerPort": 80, "hostPort": 8080}
    made["spec"]["template"]["spec"]["containers"][0]["ports"] = [port]
    await bench.make(made)
    assert places(bench) == {"": 1, "master": 1, "worker1": 1, "worker2": 1}


async def test_topology_constraints(bench: Bench) -> None:
    constraint = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }
    selector = {"kubernetes.io/os": "linux"}
    made = workload("Deployment", 5, topologySpreadConstraints=[constraint], nodeSelector=selector)
    await bench.make(made)
    assert max(places(bench).values()) - min(places(bench).values()) <= 1
    node = bench.store.draft("Node", "worker2")
    del node["metadata"]["labels"]["kubernetes.io/hostname"]
    bench.store.update(node)
    await bench.settle()


async def test_pods_that_want_no_neighbours_and_pods_that_want_some(bench: Bench) -> None:
    alone = {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {
                    "topologyKey": "kubernetes.io/hostname",
                    "labelSelector": {"matchLabels": {"app": "web"}},
                }
            ]
        }
    }
    await bench.make(workload("Deployment", 4, affinity=alone))
    assert places(bench) == {"": 1, "master": 1, "worker1": 1, "worker2": 1}
    assert "3 node(s) didn't match pod anti-affinity rules" in bench.messages("FailedScheduling")[0]


@pytest.mark.parametrize("effect", ["NoSchedule", "NoExecute"])
async def test_a_taint_keeps_pods_away(bench: Bench, effect: str) -> None:
    await taint(bench, "worker1", effect)
    await bench.make(workload("Deployment", 4))
    assert "worker1" not in places(bench)
    only: dict[str, Any] = {"nodeSelector": {"kubernetes.io/hostname": "worker1"}}
    other = workload("StatefulSet", 1, **only)
    await bench.make(other)
    said = bench.messages("FailedScheduling")[-1]
    assert "1 node(s) had untolerated taint {dedicated: x}" in said


async def test_no_execute_moves_pods_that_do_not_tolerate_it(bench: Bench) -> None:
    tolerations = [{"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}]
    staying = workload("StatefulSet", 3, tolerations=tolerations)
    staying["metadata"]["name"] = "stays"
    await bench.make(staying)
    await bench.make(workload("Deployment", 3))
    await taint(bench, "worker1", "NoExecute")
    moved = [p for p in bench.pods() if p["metadata"]["name"].startswith("web-")]
    assert "worker1" not in {p["spec"]["nodeName"] for p in moved}
    stayed = [p for p in bench.pods() if p["metadata"]["name"].startswith("stays-")]
    assert "worker1" in {p["spec"]["nodeName"] for p in stayed}
    assert bench.messages("TaintManagerEviction")


async def test_tolerated_for_some_time_only(bench: Bench) -> None:
    tolerations = [
        {"key": "dedicated", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1}
    ]
    await bench.make(workload("Deployment", 3, tolerations=tolerations))
    await taint(bench, "worker1", "NoExecute")
    assert "worker1" in places(bench)
    await asyncio.sleep(2.2)
    await bench.settle()
    assert {p["spec"]["nodeName"] for p in bench.pods()} <= {"worker1", "master", "worker2"}
    assert bench.messages("TaintManagerEviction")


async def test_a_gate_holds_a_pod_back(bench: Bench) -> None:
    await bench.make(workload("Deployment", 1, schedulingGates=[{"name": "example.com/wait"}]))
    (pod,) = bench.pods()
    found = condition(pod, "PodScheduled")
    assert found is not None and found["reason"] == "SchedulingGated"
    free = bench.store.draft("Pod", pod["metadata"]["name"], "default")
    del free["spec"]["schedulingGates"]
    bench.store.update(free)
    await bench.settle()
    assert bench.pods()[0]["status"]["phase"] == "Running"
