"""Which pods go first, which count as available, and how budgets, nodes and members are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition
from owlab.pocket.kube.controllers.node_leases import SPACE
from owlab.pocket.kube.controllers.nodes import UNREACHABLE
from owlab.pocket.kube.controllers.replicas import available_in, counted, first_to_go, ready_since
from owlab.pocket.kube.disruption import check_budget, counts
from owlab.pocket.kube.errors import ApiError, TooManyRequests

from .conftest import Bench
from .objects import workload
from .plain_store import obj, pod, store_of

MADE = "2026-03-01T12:00:00Z"


def one(
    name: str,
    node: str = "a",
    phase: str = "Running",
    ready: str | None = MADE,
    restarts: int = 0,
    cost: str | None = None,
    made: str = MADE,
) -> Object:
    conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": ready}] if ready else []
    notes = {} if cost is None else {"controller.kubernetes.io/pod-deletion-cost": cost}
    return {
        "metadata": {"name": name, "creationTimestamp": made, "annotations": notes},
        "spec": {"nodeName": node},
        "status": {
            "phase": phase,
            "conditions": conditions,
            "containerStatuses": [{"restartCount": restarts}],
        },
    }


LATER = "2026-03-01T12:30:00Z"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (one("z", node=""), one("a")),
        (one("z", phase="Pending"), one("a")),
        (one("z", phase="Pending"), one("a", phase="Unknown")),
        (one("z", phase="Unknown"), one("a")),
        (one("z", ready=None), one("a")),
        (one("z", cost="-5"), one("a")),
        (one("z"), one("a", cost="5")),
        (one("z", cost="5"), one("a", cost="10")),
        (one("z", cost="nonsense"), one("a", cost="1")),
        (one("z", ready=LATER), one("a")),  # which has been ready for longer
        (one("z", restarts=3), one("a", restarts=2)),
        (one("z", made=LATER), one("a")),
        (one("a"), one("b")),
    ],
)
def test_who_goes_first(first, last):
    for pods in ([first, last], [last, first]):
        assert [p["metadata"]["name"] for p in first_to_go(pods)] == [
            first["metadata"]["name"],
            last["metadata"]["name"],
        ]


def test_of_a_crowded_node_first():
    pods = [one("a", node="x"), one("b", node="y"), one("c", node="y")]
    assert [p["metadata"]["name"] for p in first_to_go(pods)] == ["b", "c", "a"]


def test_when_a_pod_counts_as_available(monkeypatch):
    clock = Clock()
    now = datetime(2026, 3, 1, tzinfo=UTC)
    monkeypatch.setattr("owlab.pocket.ground.clock.source", lambda: int(now.timestamp()) * 10**9)
    clock.scaled = lambda real_seconds: real_seconds  # type: ignore[method-assign]

    def since(seconds: float) -> Object:
        return one("a", ready=(now - timedelta(seconds=seconds)).isoformat())

    assert available_in(one("a", ready=None), 0, clock) is None
    assert available_in(since(0), 0, clock) == 0.0
    assert available_in(since(4), 10, clock) == 6.0
    assert available_in(since(11), 10, clock) == 0.0
    assert ready_since(one("a")) == MADE and ready_since(one("a", ready=None)) == ""


def test_counts_that_are_zero_are_left_out():
    status = {"replicas": 3, "readyReplicas": 2, "observedGeneration": 1}
    found = counted(status, {"replicas": 0, "readyReplicas": 0, "x": 4}, always=("replicas",))
    assert found == {"replicas": 0, "x": 4, "observedGeneration": 1}
    assert counted(None, {"a": 0}) == {}


def budget(name: str = "b", **spec: Any) -> Object:
    selector = {"matchLabels": {"team": "a"}}
    return obj("PodDisruptionBudget", name, {"selector": selector, **spec}, "policy/v1")


def member(name: str, ready: bool = True, phase: str = "Running", **meta: Any) -> Object:
    made = pod(name, labels={"team": "a"})
    value = "True" if ready else "False"
    made["status"] |= {"phase": phase, "conditions": [{"type": "Ready", "status": value}]}
    made["metadata"] |= meta
    return made


NAMED = {"name": "web", "namespace": "default", "uid": "s"}
SET: Object = {**workload("ReplicaSet", 5), "metadata": NAMED}
CONTROLLER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "s"}
OWNED: dict[str, Any] = {"ownerReferences": [{**CONTROLLER, "controller": True}]}


@pytest.mark.parametrize(
    ("spec", "pods", "healthy", "desired", "expected"),
    [
        ({"minAvailable": 1}, [member("x"), member("y", False)], 1, 1, 2),
        ({}, [member("x")], 1, 1, 1),
        ({"minAvailable": "50%"}, [member("x"), member("y"), member("z")], 3, 2, 3),
        ({"maxUnavailable": 1}, [member("x"), member("y")], 2, 1, 2),
        ({"maxUnavailable": "50%"}, [member("x"), member("y"), member("z")], 3, 1, 3),
        ({"maxUnavailable": 5}, [member("x")], 1, 0, 1),
        ({"minAvailable": 1}, [member("x", phase="Succeeded")], 0, 1, 0),
        ({"maxUnavailable": 1}, [member("x", **OWNED), member("y", **OWNED)], 2, 4, 5),
        ({"maxUnavailable": 0}, [member("x", **OWNED), member("y")], 2, 6, 6),
        ({"minAvailable": 1}, [pod("other")], 0, 1, 0),
    ],
)
def test_what_a_budget_counts(spec, pods, healthy, desired, expected):
    store = store_of(SET, *pods, budget(**spec))
    found = counts(store, store.get("PodDisruptionBudget", "b", "default"))
    assert (found.healthy, found.desired, found.expected) == (healthy, desired, expected)


@pytest.mark.parametrize(
    ("spec", "others", "goes"),
    [
        ({"minAvailable": 1}, [member("y")], True),
        ({"minAvailable": 1}, [member("y", False)], False),
        ({"minAvailable": 2}, [member("y")], False),
        ({"maxUnavailable": 1}, [member("y")], True),
        ({"maxUnavailable": 1}, [member("y", False)], False),
        ({"maxUnavailable": 0}, [member("y")], False),
    ],
)
def test_whether_a_pod_may_be_evicted(spec, others, goes):
    store = store_of(member("x"), *others, budget(**spec))
    if goes:
        check_budget(store, store.get("Pod", "x", "default"))
        return
    with pytest.raises(TooManyRequests) as error:
        check_budget(store, store.get("Pod", "x", "default"))
    assert error.value.details is not None
    [cause] = error.value.details["causes"]
    assert cause["message"].startswith("The disruption budget b needs ")


def test_who_is_evicted_whatever_a_budget_says():
    strict = budget(maxUnavailable=0)
    store = store_of(member("x", phase="Pending"), strict)
    check_budget(store, store.get("Pod", "x", "default"))
    store = store_of(member("x"), strict)
    going = store.draft("Pod", "x", "default")
    going["metadata"]["deletionTimestamp"] = MADE
    check_budget(store, going)
    two = store_of(member("x"), strict, budget("c", maxUnavailable=1))
    with pytest.raises(ApiError, match="more than one PodDisruptionBudget"):
        check_budget(two, two.get("Pod", "x", "default"))


async def test_the_status_of_a_budget(bench: Bench) -> None:
    made = budget(minAvailable=1)
    made["spec"]["selector"] = {"matchLabels": {"app": "web"}}
    await bench.make(made)

    def status() -> tuple[Any, ...]:
        found = bench.store.get("PodDisruptionBudget", "b", "default")["status"]
        allowed = next(c for c in found["conditions"] if c["type"] == "DisruptionAllowed")
        numbers = ("expectedPods", "desiredHealthy", "currentHealthy", "disruptionsAllowed")
        return (*(found[name] for name in numbers), allowed["status"], allowed["reason"])

    assert status() == (0, 1, 0, 0, "False", "InsufficientPods")
    await bench.make(workload("Deployment", 3))
    assert status() == (3, 1, 3, 2, "True", "SufficientPods")
    smaller = bench.store.draft("Deployment", "web", "default")
    smaller["spec"]["replicas"] = 1
    bench.store.update(smaller)
    await bench.settle()
    assert status() == (1, 1, 1, 0, "False", "InsufficientPods")


def conditions(bench: Bench, name: str = "worker1") -> dict[str, tuple[str, str]]:
    found = bench.store.get("Node", name)["status"]["conditions"]
    return {c["type"]: (c["status"], c["reason"]) for c in found}


async def test_a_node_that_is_lost_and_comes_back(bench: Bench) -> None:
    await bench.make(workload("DaemonSet"))
    assert conditions(bench) == {
        "MemoryPressure": ("False", "KubeletHasSufficientMemory"),
        "DiskPressure": ("False", "KubeletHasNoDiskPressure"),
        "PIDPressure": ("False", "KubeletHasSufficientPID"),
        "Ready": ("True", "KubeletReady"),
    }
    addresses = bench.store.get("Node", "worker1")["status"]["addresses"]
    assert addresses == [
        {"type": "InternalIP", "address": "127.9.0.2"},
        {"type": "Hostname", "address": "worker1"},
    ]
    bench.fleet.machines["worker1"].active = False
    await bench.settle()
    assert set(conditions(bench).values()) == {("Unknown", "NodeStatusUnknown")}
    taints = bench.store.get("Node", "worker1")["spec"]["taints"]
    assert [(t["key"], t["effect"]) for t in taints] == [
        (UNREACHABLE, "NoSchedule"),
        (UNREACHABLE, "NoExecute"),
    ]
    lost = next(p for p in bench.pods() if p["spec"]["nodeName"] == "worker1")
    ready = condition(lost, "Ready")
    assert ready is not None and ready["status"] == "False"
    assert conditions(bench, "worker2")["Ready"][0] == "True"
    assert "Node worker1 status is now: NodeNotReady" in bench.messages("NodeNotReady")
    bench.fleet.machines["worker1"].active = True
    await bench.settle()
    assert conditions(bench)["Ready"] == ("True", "KubeletReady")
    assert "taints" not in bench.store.get("Node", "worker1")["spec"]
    said = "Node worker1 status is now: NodeReady"
    [event] = [e for e in bench.store.list("Event") if e["message"] == said]
    assert event["count"] == 2


async def test_pods_go_with_their_node(bench: Bench) -> None:
    await bench.make(workload("DaemonSet"))
    bench.store.delete("Node", "worker1")
    await bench.settle()
    assert {p["spec"]["nodeName"] for p in bench.pods()} == {"master", "worker2"}
    assert bench.store.find("Lease", "worker1", SPACE) is None


async def test_leases_of_nodes(bench: Bench) -> None:
    lease = bench.store.get("Lease", "worker1", SPACE)
    assert lease["spec"]["holderIdentity"] == "worker1"
    assert lease["spec"]["leaseDurationSeconds"] == 40
    assert lease["metadata"]["ownerReferences"][0]["kind"] == "Node"
    await bench.settle()
    assert bench.store.get("Lease", "worker1", SPACE) == lease, "it is renewed every ten seconds"
    for old in ("2020-01-01T00:00:00.000000Z", "nonsense", None):
        draft = bench.store.draft("Lease", "worker1", SPACE)
        draft["spec"]["renewTime"] = old
        bench.store.update(draft)
        bench.cluster.machines_changed()
        await bench.settle()
        renewed = bench.store.get("Lease", "worker1", SPACE)["spec"]["renewTime"]
        age = datetime.now(UTC) - datetime.fromisoformat(renewed.replace("Z", "+00:00"))
        assert 0 <= age.total_seconds() < 10


def names(bench: Bench) -> list[str]:
    return sorted(p["metadata"]["name"] for p in bench.pods())


async def test_members_that_are_counted_from_another_number(bench: Bench) -> None:
    made = workload("StatefulSet", 2)
    made["spec"] |= {"ordinals": {"start": 3}, "serviceName": "peers"}
    await bench.make(made)
    assert names(bench) == ["web-3", "web-4"]
    first = bench.store.get("Pod", "web-3", "default")
    assert first["metadata"]["labels"]["apps.kubernetes.io/pod-index"] == "3"
    assert first["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] == "web-3"
    assert (first["spec"]["hostname"], first["spec"]["subdomain"]) == ("web-3", "peers")
    status = bench.store.get("StatefulSet", "web", "default")["status"]
    assert (status["replicas"], status["readyReplicas"], status["availableReplicas"]) == (2, 2, 2)


async def test_members_all_at_once(bench: Bench) -> None:
    made = workload("StatefulSet", 3, image="wurstmeister/kafka:2.12")
    made["spec"]["podManagementPolicy"] = "Parallel"
    await bench.make(made)
    assert names(bench) == ["web-0", "web-1", "web-2"], "though none becomes ready"
    fewer = bench.store.draft("StatefulSet", "web", "default")
    fewer["spec"]["replicas"] = 0
    bench.store.update(fewer)
    await bench.settle()
    assert names(bench) == []


async def test_members_that_are_replaced_when_somebody_deletes_them(bench: Bench) -> None:
    made = workload("StatefulSet", 2)
    made["spec"]["updateStrategy"] = {"type": "OnDelete"}
    await bench.make(made)
    newer = bench.store.draft("StatefulSet", "web", "default")
    newer["spec"]["template"]["metadata"]["labels"]["version"] = "2"
    bench.store.update(newer)
    await bench.settle()
    versions = {p["metadata"]["name"]: p["metadata"]["labels"].get("version") for p in bench.pods()}
    assert versions == {"web-0": None, "web-1": None}
    bench.store.delete("Pod", "web-1", "default")
    await bench.settle()
    versions = {p["metadata"]["name"]: p["metadata"]["labels"].get("version") for p in bench.pods()}
    assert versions == {"web-0": None, "web-1": "2"}
    status = bench.store.get("StatefulSet", "web", "default")["status"]
    assert status["updatedReplicas"] == 1
