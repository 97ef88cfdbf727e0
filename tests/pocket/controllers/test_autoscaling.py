"""How large an autoscaler makes a workload, and what it says of it."""

from __future__ import annotations

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.metrics import server
from owlab.pocket.kube.metrics.use import CPU_LOAD, MEMORY_LOAD

from .conftest import Bench
from .objects import workload


def scaler(least: int, most: int, *metrics: Object, **spec: object) -> Object:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": least,
            "maxReplicas": most,
            "metrics": list(metrics),
            **spec,
        },
    }


def resource(name: str, **target: object) -> Object:
    kind = "Utilization" if "averageUtilization" in target else "AverageValue"
    return {"type": "Resource", "resource": {"name": name, "target": {"type": kind, **target}}}


HALF = resource("cpu", averageUtilization=50)


async def scaled(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, size: int, load: str, wish: Object
) -> tuple[int, dict[str, str], Object]:
    """The size, each condition with its reason, and the status."""
    monkeypatch.setattr(server, "ready", lambda _store: True)
    made = workload("Deployment", size)
    made["metadata"]["annotations"] = {CPU_LOAD: load, MEMORY_LOAD: "300Mi"}
    container = made["spec"]["template"]["spec"]["containers"][0]
    container["resources"] = {"requests": {"cpu": "100m", "memory": "100Mi"}}
    await bench.make(made)
    await bench.make(wish)
    status = bench.store.get("HorizontalPodAutoscaler", "web", "default")["status"]
    told = {c["type"]: f"{c['status']} {c['reason']}" for c in status["conditions"]}
    return bench.store.get("Deployment", "web", "default")["spec"]["replicas"], told, status


@pytest.mark.parametrize(
    ("size", "least", "most", "load", "becomes", "limited"),
    [
        # Each of the pods asks for 100m, half of which is wanted to be used.
        (2, 1, 9, "100m", 2, "False DesiredWithinRange"),
        (2, 1, 9, "108m", 2, "False DesiredWithinRange"),  # within a tenth
        (2, 1, 9, "92m", 2, "False DesiredWithinRange"),
        (2, 1, 9, "145m", 3, "False DesiredWithinRange"),
        (2, 1, 9, "195m", 4, "False DesiredWithinRange"),
        (2, 1, 9, "300m", 4, "True ScaleUpLimit"),  # no more than double, or four
        (3, 1, 9, "900m", 6, "True ScaleUpLimit"),
        (2, 1, 3, "200m", 3, "True TooManyReplicas"),
        (1, 1, 9, "10m", 1, "False DesiredWithinRange"),
        (2, 2, 9, "10m", 2, "True TooFewReplicas"),
    ],
)
async def test_what_is_used_against_what_is_wanted(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    least: int,
    most: int,
    load: str,
    becomes: int,
    limited: str,
) -> None:
    wish = scaler(least, most, HALF)
    now, told, status = await scaled(bench, monkeypatch, size, load, wish)
    # Later looks find the new size, and may want more.
    assert now >= becomes if becomes > size else now == becomes
    assert told["ScalingActive"] == "True ValidMetricFound"
    assert status["desiredReplicas"] == now
    if now == size:
        assert told["ScalingLimited"] == limited
        assert bench.messages("SuccessfulRescale") == []
    else:
        first = bench.messages("SuccessfulRescale")[0]
        above = "cpu resource utilization (percentage of request) above target"
        assert first == f"New size: {becomes}; reason: {above}"


@pytest.mark.parametrize(
    ("size", "least", "most", "becomes", "reason"),
    [
        (5, 1, 3, 3, "Current number of replicas above Spec.MaxReplicas"),
        (1, 2, 3, 2, "Current number of replicas below Spec.MinReplicas"),
    ],
)
async def test_a_size_out_of_its_bounds_is_brought_there_whatever_is_used(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    least: int,
    most: int,
    becomes: int,
    reason: str,
) -> None:
    now, told, status = await scaled(bench, monkeypatch, size, "150m", scaler(least, most, HALF))
    assert least <= now <= most
    assert bench.messages("SuccessfulRescale")[0] == f"New size: {becomes}; reason: {reason}"
    assert "lastScaleTime" in status and told["AbleToScale"].startswith("True ")


async def test_a_workload_of_size_zero_is_left_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, told, status = await scaled(bench, monkeypatch, 0, "500m", scaler(1, 3, HALF))
    assert (now, status["desiredReplicas"]) == (0, 0)
    assert told["ScalingActive"] == "False ScalingDisabled"


async def test_the_metric_that_wants_most_has_its_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = resource("memory", averageValue="100Mi")
    now, _, status = await scaled(bench, monkeypatch, 2, "100m", scaler(1, 9, HALF, memory))
    assert now == 4
    assert (
        bench.messages("SuccessfulRescale")[0]
        == "New size: 4; reason: memory resource above target"
    )
    names = [one["resource"]["name"] for one in status["currentMetrics"]]
    assert names == ["cpu", "memory"]


async def test_with_one_metric_missing_it_becomes_larger_only(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {
        "type": "Pods",
        "pods": {
            "metric": {"name": "calls"},
            "target": {"type": "AverageValue", "averageValue": "1"},
        },
    }
    now, told, _ = await scaled(bench, monkeypatch, 2, "10m", scaler(1, 9, HALF, other))
    assert (now, told["ScalingActive"]) == (2, "False FailedGetPodsMetric")
    bench.store.delete("HorizontalPodAutoscaler", "web", "default")
    obj = bench.store.draft("Deployment", "web", "default")
    obj["metadata"]["annotations"][CPU_LOAD] = "150m"
    bench.store.update(obj)
    await bench.make(scaler(1, 9, HALF, other))
    assert bench.store.get("Deployment", "web", "default")["spec"]["replicas"] >= 3
