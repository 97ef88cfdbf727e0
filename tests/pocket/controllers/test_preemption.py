"""More important pods make room for themselves."""

from __future__ import annotations

from typing import Any

from owlab.pocket.ground.views import Object

from .conftest import Bench


def pod(name: str, cpu: str, kind: str = "", **spec: Any) -> Object:
    resources = {"requests": {"cpu": cpu}}
    named = {"priorityClassName": kind} if kind else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "containers": [{"name": "main", "image": "nginx", "resources": resources}],
            **named,
            **spec,
        },
    }


async def test_without_a_class_a_pod_has_no_priority(bench: Bench) -> None:
    await bench.make(pod("plain", "100m"))
    spec = bench.store.get("Pod", "plain", "default")["spec"]
    assert (spec["priority"], spec["preemptionPolicy"]) == (0, "PreemptLowerPriority")
    assert "priorityClassName" not in spec


async def fill(bench: Bench) -> None:
    for name, value in (("high", 1000), ("middle", 500)):
        await bench.make(
            {
                "apiVersion": "scheduling.k8s.io/v1",
                "kind": "PriorityClass",
                "metadata": {"name": name},
                "value": value,
            }
        )
    for number, node in enumerate(("master", "worker1", "worker2")):
        kind = "middle" if node == "worker1" else ""
        await bench.make(pod(f"low-{number}", "1500m", kind, nodeSelector=on(node)))


def on(node: str) -> Object:
    return {"kubernetes.io/hostname": node}


def names(bench: Bench) -> dict[str, str]:
    return {p["metadata"]["name"]: p["spec"].get("nodeName", "") for p in bench.pods()}


async def test_the_least_important_goes(bench: Bench) -> None:
    await fill(bench)
    await bench.make(pod("urgent", "1500m", "high"))
    await bench.settle()
    placed = names(bench)
    assert placed["urgent"] in ("master", "worker2")
    assert len(placed) == 3 and "low-1" in placed
    urgent = bench.store.get("Pod", "urgent", "default")
    said = f"Preempted by pod {urgent['metadata']['uid']} on node {placed['urgent']}"
    assert bench.messages("Preempted") == [said]
    assert "nominatedNodeName" not in urgent["status"]


async def test_equals_stay(bench: Bench) -> None:
    await fill(bench)
    await bench.make(pod("equal", "1500m"))
    placed = names(bench)
    assert placed["equal"] == "" and len(placed) == 4
    [said] = [m for m in bench.messages("FailedScheduling") if "Insufficient cpu" in m]
    assert "No preemption victims found for incoming pod" in said


async def test_who_never_preempts_waits(bench: Bench) -> None:
    await fill(bench)
    await bench.make(
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": "polite"},
            "value": 900,
            "preemptionPolicy": "Never",
        }
    )
    await bench.make(pod("patient", "1500m", "polite"))
    assert names(bench)["patient"] == ""
    [said] = bench.messages("FailedScheduling")
    assert said.endswith("preemption: not eligible due to preemptionPolicy=Never.")


async def test_nobody_goes_in_vain(bench: Bench) -> None:
    await fill(bench)
    await bench.make(pod("huge", "64", "high"))
    assert names(bench)["huge"] == "" and len(bench.pods()) == 4
    assert not bench.messages("Preempted")


async def test_no_more_go_than_have_to(bench: Bench) -> None:
    await fill(bench)
    for number in range(4):
        await bench.make(pod(f"small-{number}", "100m", nodeSelector=on("worker1")))
    await bench.make(pod("urgent", "150m", "high", nodeSelector=on("worker1")))
    await bench.settle()
    placed = names(bench)
    assert placed["urgent"] == "worker1"
    assert sum(name.startswith("small") for name in placed) == 3 and "low-1" in placed
