"""How many replicas a metric asks for, what pods use, the subresource scale, and conditions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from owlab.pocket.kube.conditions import condition, is_true, with_condition, without_condition
from owlab.pocket.kube.errors import Invalid
from owlab.pocket.kube.kinds import KINDS, Kind
from owlab.pocket.kube.metrics import NotMeasured, wanted
from owlab.pocket.kube.metrics.use import CPU_LOAD, MEMORY_LOAD, of_node, of_pod
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.scaling import scale_of, with_scale

from ...clients.manifests import Object, deployment
from ..controllers.plain_store import namespace, obj, pod, store_of

SERVER = [
    namespace("kube-system"),
    {
        **obj(
            "Deployment",
            "metrics-server",
            {"selector": {"matchLabels": {"app": "metrics"}}},
            "apps/v1",
        ),
        "metadata": {"name": "metrics-server", "namespace": "kube-system"},
    },
]
RUNNING = pod("metrics", namespace="kube-system")
READY = [{"type": "Ready", "status": "True"}]
RUNNING["status"]["conditions"] = READY


def busy(
    name: str, cpu: str = "", memory: str = "", ready: bool = True, **container: Any
) -> Object:
    made = pod(name, containers=[{"name": "main", "image": "nginx", **container}])
    notes = {CPU_LOAD: cpu, MEMORY_LOAD: memory}
    made["metadata"]["annotations"] = {key: value for key, value in notes.items() if value}
    made["status"] |= {
        "containerStatuses": [{"name": "main", "state": {"running": {}}}],
        "conditions": READY if ready else [],
    }
    return made


def metric(name: str = "cpu", kind: str = "Resource", **target: Any) -> Object:
    field = {"Resource": "resource", "ContainerResource": "containerResource"}[kind]
    target = target or {"type": "Utilization", "averageUtilization": 50}
    more = {"container": "main"} if kind == "ContainerResource" else {}
    return {"type": kind, field: {"name": name, "target": target, **more}}


def asks(cpu: str) -> Object:
    return {"resources": {"requests": {"cpu": cpu}}}


HALF = asks("500m")


@pytest.mark.parametrize(
    ("pods", "size", "replicas", "percent"),
    [
        ([busy("a", "249m", **HALF)], 1, 1, 50),
        ([busy("a", "274m", **HALF)], 1, 1, 55),  # within a tenth
        ([busy("a", "279m", **HALF)], 1, 2, 56),
        ([busy("a", "224m", **HALF)], 1, 1, 45),
        ([busy("a", "499m", **HALF)], 1, 2, 100),
        ([busy("a", "499m", **HALF), busy("b", "499m", **HALF)], 2, 4, 100),
        ([busy("a", "1m", **HALF), busy("b", "1m", **HALF)], 2, 0, 0),
        ([busy("a", "499m", **HALF), busy("b", "499m", ready=False, **HALF)], 2, 2, 100),
    ],
)
def test_how_many_a_share_asks_for(pods, size, replicas, percent):
    found = wanted(store_of(*SERVER, RUNNING), metric(), pods, size)
    assert found.replicas == replicas
    assert found.current["resource"]["current"]["averageUtilization"] == percent
    assert found.title == "cpu resource utilization (percentage of request)"


def test_how_many_an_amount_asks_for():
    store = store_of(*SERVER, RUNNING)
    amount = {"type": "AverageValue", "averageValue": "100m"}
    found = wanted(store, metric(**amount), [busy("a", "299m"), busy("b", "299m")], 2)
    assert (found.replicas, found.title) == (6, "cpu resource")
    assert found.current["resource"]["current"] == {"averageValue": "300m"}
    own = wanted(store, metric(kind="ContainerResource", **amount), [busy("a", "299m")], 1)
    assert (own.replicas, own.title) == (3, "cpu container resource")
    assert own.current["containerResource"]["container"] == "main"


FAILED = "failed to get cpu utilization: "


@pytest.mark.parametrize(
    ("objects", "pods", "said"),
    [
        (
            [],
            [busy("a", "1", **HALF)],
            "the server could not find the requested resource (",
        ),
        (SERVER, [busy("a", "1", **HALF)], "the server is currently unable to handle the request"),
        (
            [*SERVER, RUNNING],
            [],
            "unable to get metrics for resource cpu: no metrics",
        ),
        (
            [*SERVER, RUNNING],
            [busy("a", "1")],
            "missing request for cpu in container main of Pod a",
        ),
    ],
)
def test_what_is_not_measured(objects, pods, said):
    with pytest.raises(NotMeasured) as error:
        wanted(store_of(*objects), metric(), pods, 1)
    assert error.value.reason == "FailedGetResourceMetric"
    assert error.value.message.startswith(FAILED) and said in error.value.message


@pytest.mark.parametrize(("kind", "served"), [("Pods", "custom"), ("External", "external")])
def test_metrics_that_nobody_serves(kind, served):
    made = {"type": kind, kind.lower(): {"metric": {"name": "calls"}}}
    with pytest.raises(NotMeasured) as error:
        wanted(store_of(), made, [], 1)
    assert error.value.reason == f"FailedGet{kind}Metric"
    assert f"unable to fetch metrics from {served} metrics API" in error.value.message


def test_what_a_pod_uses():
    store = store_of()
    idle = of_pod(store, busy("a"))
    assert idle is not None
    assert idle["main"].cpu == Decimal("0.001") and idle["main"].memory >= 12 * 2**20
    busier = of_pod(store, busy("a", "500m", "100Mi"))
    assert busier is not None
    assert busier["main"].cpu == Decimal("0.501")
    assert busier["main"].memory - idle["main"].memory == 100 * 2**20
    limits: dict[str, Any] = {"resources": {"limits": {"cpu": "200m", "memory": "20Mi"}}}
    bounded = of_pod(store, busy("a", "500m", "100Mi", **limits))
    assert bounded is not None
    assert bounded["main"].cpu == Decimal("0.2")
    assert bounded["main"].memory == 19 * 2**20, "a little less than what would kill it"
    assert bounded["main"].written() == {"cpu": "200000000n", "memory": f"{19 * 1024}Ki"}
    assert of_pod(store, pod("a")) is None, "nothing of it runs"
    waiting = busy("a")
    waiting["status"]["phase"] = "Pending"
    assert of_pod(store, waiting) is None


def test_what_a_node_uses():
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker1"}}
    empty = of_node(store_of(node), node)
    full = of_node(store_of(node, busy("a", "500m")), node)
    assert full.cpu - empty.cpu == Decimal("0.501") and full.memory > empty.memory > 0


KIND = {kind.kind: kind for kind in KINDS}
CUSTOM = Kind(
    "Crow",
    "crows",
    "example.com",
    schema={},
    scale={"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"},
)


def test_the_scale_of_a_workload():
    made = deployment(replicas=3)
    made["metadata"] |= {"namespace": "default", "labels": {"x": "y"}, "resourceVersion": "7"}
    made["status"] = {"replicas": 2}
    assert scale_of(KIND["Deployment"], made) == {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {"name": "web", "namespace": "default", "resourceVersion": "7"},
        "spec": {"replicas": 3},
        "status": {"replicas": 2, "selector": "app=web"},
    }
    del made["spec"]["replicas"], made["status"]
    found = scale_of(KIND["Deployment"], made)
    assert (found["spec"], found["status"]["replicas"]) == ({"replicas": 1}, 0)


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        (
            {
                "matchExpressions": [
                    {"key": "d", "operator": "In", "values": ["y", "x"]},
                    {"key": "c", "operator": "NotIn", "values": ["z"]},
                    {"key": "b", "operator": "Exists"},
                    {"key": "a", "operator": "DoesNotExist"},
                ]
            },
            "!a,b,c notin (z),d in (x,y)",
        ),
    ],
)
def test_the_selector_of_a_scale(selector, text):
    found = scale_of(KIND["ReplicaSet"], deployment(selector=selector))
    assert found["status"]["selector"] == text
    plain = {"metadata": {"name": "a"}, "spec": {"selector": {"b": "2", "a": "1"}}}
    assert scale_of(KIND["ReplicationController"], plain)["status"]["selector"] == "a=1,b=2"


def test_the_scale_of_a_custom_kind():
    made = {"metadata": {"name": "a"}, "spec": {}, "status": {"size": 4}}
    found = scale_of(CUSTOM, made)
    assert (found["spec"], found["status"]) == ({"replicas": 0}, {"replicas": 4})
    assert with_scale(CUSTOM, made, {"spec": {"replicas": 2}})["spec"] == {"size": 2}
    assert made["spec"] == {}


def test_a_scale_that_is_written():
    made = deployment(replicas=3)
    made["metadata"] |= {"resourceVersion": "7", "uid": "u"}
    scale = {"metadata": {"resourceVersion": "6"}, "spec": {"replicas": 0}}
    found = with_scale(KIND["Deployment"], made, scale)
    assert found["spec"]["replicas"] == 0 and made["spec"]["replicas"] == 3
    assert (found["metadata"]["resourceVersion"], found["metadata"]["uid"]) == ("6", "u")
    assert with_scale(KIND["Deployment"], made, {})["spec"]["replicas"] == 0
    with pytest.raises(
        Invalid, match=r"spec\.replicas: Invalid value: -1: must be greater than or"
    ):
        with_scale(KIND["Deployment"], made, {"spec": {"replicas": -1}})


def test_conditions():
    status = with_condition({"x": 1}, "Ready", "False", "t1", "Why", "because", more="m")
    first = {
        "type": "Ready",
        "status": "False",
        "lastTransitionTime": "t1",
        "reason": "Why",
        "message": "because",
        "more": "m",
    }
    assert status == {"x": 1, "conditions": [first]}
    status = with_condition(status, "Other", "True", "t2")
    status = with_condition(status, "Ready", "False", "t3", "Else")
    assert [c["type"] for c in status["conditions"]] == ["Ready", "Other"]
    assert status["conditions"][0] == {
        "type": "Ready",
        "status": "False",
        "lastTransitionTime": "t1",
        "reason": "Else",
    }
    changed = with_condition(status, "Ready", "True", "t4")
    assert changed["conditions"][0]["lastTransitionTime"] == "t4"
    assert not is_true({"status": status}, "Ready") and is_true({"status": changed}, "Ready")
    assert is_true({"status": changed}, "Other") and not is_true({}, "Other")
    assert condition({"status": changed}, "None") is None
    less = without_condition(changed, "Ready")
    assert [c["type"] for c in less["conditions"]] == ["Other"]
    assert without_condition(less, "Other") == {"x": 1}
    assert without_condition({"x": 1}, "Other") == {"x": 1}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("1.5", Decimal("1.5")),
        ("500m", Decimal("0.5")),
        ("100u", Decimal("0.0001")),
        ("1n", Decimal("1e-9")),
        ("1k", 1000),
        ("2M", 2_000_000),
        ("1G", 10**9),
        ("1Ki", 1024),
        ("2Mi", 2 * 2**20),
        ("1Gi", 2**30),
        ("1Ti", 2**40),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1E", 10**18),
        ("1Ei", 2**60),
        ("-1Gi", -(2**30)),
        ("+1", 1),
        ("99999999999999999999", 2**63 - 1),
        ("-99999999999999999999", -(2**63 - 1)),
        ("1K", 0),
        ("1kb", 0),
        ("", 0),
        ("1.2.3", 0),
        (".", 0),
    ],
)
def test_quantities(text, number):
    assert quantity(text) == number
