"""What a pod reserves on its node, how important it is, and for how long it stays on a lost one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from owlab.pocket.kube.admission import priorities, tolerations
from owlab.pocket.kube.errors import ApiError
from owlab.pocket.kube.scheduling import demands

from ...clients.manifests import Object
from ..controllers.plain_store import pod, store_of


def cpu(amount: str, **more: Any) -> Object:
    return {
        "name": "main",
        "resources": {"requests": {"cpu": amount}, "limits": {"cpu": amount}},
        **more,
    }


SIDECAR = {"restartPolicy": "Always"}


@pytest.mark.parametrize(
    ("mains", "inits", "total"),
    [
        ([cpu("1"), cpu("500m")], [], 1500),
        ([cpu("1")], [cpu("500m"), cpu("2")], 2000),
        ([cpu("1")], [cpu("500m")], 1000),
        ([cpu("1")], [cpu("500m", **SIDECAR)], 1500),
        ([cpu("1")], [cpu("500m", **SIDECAR), cpu("2")], 2500),
        ([cpu("1")], [cpu("2"), cpu("500m", **SIDECAR)], 2000),
        ([cpu("1")], [cpu("1", **SIDECAR), cpu("1", **SIDECAR)], 3000),
        ([cpu("100u")], [], 1),
        ([{"name": "main"}], [], 0),
    ],
)
def test_what_a_pod_reserves(mains, inits, total):
    made = pod("a", containers=mains, initContainers=inits)
    assert demands.requests(made).get("cpu", 0) == total
    exact = demands.summed(made, "limits").get("cpu", Decimal(0)) * 1000
    assert exact == demands.summed(made, "requests").get("cpu", Decimal(0)) * 1000
    assert exact.to_integral_value("ROUND_CEILING") == total


def test_what_a_runtime_takes_is_added():
    made = pod("a", containers=[cpu("1")], overhead={"cpu": "250m", "memory": "1Ki"})
    assert demands.requests(made) == {"cpu": 1250, "memory": 1024}


PORTS = [{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP", "hostPort": 5353}]


@pytest.mark.parametrize(
    ("own", "taken"), [(False, {("UDP", 5353)}), (True, {("TCP", 80), ("UDP", 5353)})]
)
def test_ports_of_the_node(own, taken):
    made = pod("a", containers=[{"name": "a", "ports": PORTS}], hostNetwork=own)
    assert demands.host_ports(made) == taken


def priority(name: str, value: int, **more: Any) -> Object:
    meta = {"name": name}
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": meta,
        "value": value,
        **more,
    }


CLASSES = [priority("high", 100, preemptionPolicy="Never"), priority("low", -5)]
DEFAULTS = [priority("b", 7, globalDefault=True), priority("a", 3, globalDefault=True)]


@pytest.mark.parametrize(
    ("classes", "spec", "found"),
    [
        (CLASSES, {}, (None, 0, "PreemptLowerPriority")),
        (CLASSES, {"priorityClassName": "high"}, ("high", 100, "Never")),
        (CLASSES, {"priorityClassName": "low"}, ("low", -5, "PreemptLowerPriority")),
        (
            CLASSES,
            {"priorityClassName": "low", "priority": -5},
            ("low", -5, "PreemptLowerPriority"),
        ),
        (CLASSES, {"priority": 0}, (None, 0, "PreemptLowerPriority")),
        (DEFAULTS, {}, ("a", 3, "PreemptLowerPriority")),
        (CLASSES, {"priorityClassName": "none"}, "no PriorityClass with name none was found"),
        (
            CLASSES,
            {"priorityClassName": "high", "priority": 7},
            "the integer value of priority (7) must not be provided in pod spec; priority "
            "admission controller computed 100 from the given PriorityClass name",
        ),
    ],
)
def test_priorities(classes, spec, found):
    made = pod("a", **spec)
    try:
        priorities.fill(store_of(*classes), made)
    except ApiError as error:
        assert error.message.endswith(str(found))
        return
    own = made["spec"]
    assert (own.get("priorityClassName"), own["priority"], own["preemptionPolicy"]) == found


@pytest.mark.parametrize(
    ("made", "fine"),
    [
        (priority("c", 1, globalDefault=True), False),
        (priority("a", 1, globalDefault=True), True),
        (priority("c", 1), True),
    ],
)
def test_one_class_is_the_default(made, fine):
    store = store_of(priority("a", 3, globalDefault=True))
    if fine:
        priorities.check(store, made)
        return
    with pytest.raises(ApiError, match="PriorityClass a is already marked as default"):
        priorities.check(store, made)


NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"


@pytest.mark.parametrize(
    ("own", "added"),
    [
        ([], [NOT_READY, UNREACHABLE]),
        ([{"key": NOT_READY, "effect": "NoExecute"}], [UNREACHABLE]),
        ([{"key": NOT_READY, "effect": "NoSchedule"}], [NOT_READY, UNREACHABLE]),
        ([{"operator": "Exists"}], []),
        ([{"key": "", "operator": "Exists", "effect": ""}], []),
        ([{"key": "a"}], [NOT_READY, UNREACHABLE]),
    ],
)
def test_lost_nodes_are_tolerated_for_five_minutes(own, added):
    made = pod("a", tolerations=own)
    tolerations.fill(made)
    found = made["spec"]["tolerations"]
    assert found[: len(own)] == own
    assert [(t["key"], t["tolerationSeconds"]) for t in found[len(own) :]] == [
        (key, 300) for key in added
    ]
