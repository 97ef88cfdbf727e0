"""What ``kubectl get`` shows of workloads, and of kinds that say it themselves."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.kube.columns.printed import printed_columns

from ...clients.manifests import Object
from .rows import MADE, ago, row


def utilization(**current: int) -> Object:
    target = {"type": "Utilization", "averageUtilization": 50}
    resource = {"name": "cpu", "current": {"averageUtilization": 70, **current}}
    return {
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": "web"},
            "maxReplicas": 3,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
        "status": {"currentMetrics": [{"type": "Resource", "resource": resource}]},
    }


def measured(*metrics: Object) -> Object:
    return {**utilization(), "spec": {**utilization()["spec"], "metrics": list(metrics)}}


POD_METRIC = {
    "type": "Pods",
    "pods": {"metric": {"name": "calls"}, "target": {"type": "AverageValue", "averageValue": "10"}},
}
MEMORY = {
    "type": "Resource",
    "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}},
}


def external(target: Object, current: Object, name: str = "queue") -> Object:
    """An autoscaler by a metric of another system, of which one named ``queue`` is known."""
    wanted = {"type": "External", "external": {"metric": {"name": name}, "target": target}}
    known = {"type": "External", "external": {"metric": {"name": "queue"}, "current": current}}
    return {**measured(wanted), "status": {"currentMetrics": [known]}}


@pytest.mark.parametrize(
    ("obj", "targets"),
    [
        (utilization(), "cpu: 70%/50%"),
        ({**utilization(), "status": {}}, "cpu: <unknown>/50%"),
        (measured(), "<none>"),
        (external({"value": "9"}, {"value": "4"}), "4/9"),
        (external({"averageValue": "9"}, {"averageValue": "4", "value": "1"}), "4/9 (avg)"),
        (external({"value": "9"}, {"value": "4"}, "other"), "<unknown>/9"),
        (measured(MEMORY), "memory: <unknown>/1Gi"),
        (measured(POD_METRIC), "<unknown>/10"),
        (measured(MEMORY, POD_METRIC), "memory: <unknown>/1Gi, <unknown>/10"),
        (
            measured(MEMORY, POD_METRIC, MEMORY, MEMORY),
            "memory: <unknown>/1Gi, <unknown>/10 + 2 more...",
        ),
    ],
)
def test_targets_of_autoscalers(obj, targets):
    assert row("HorizontalPodAutoscaler", obj) == ["Deployment/web", targets, "<unset>", 3, 0]


TEMPLATE = {
    "spec": {"containers": [{"name": "a", "image": "nginx"}, {"name": "b", "image": "redis"}]},
}
WORKLOAD = {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE}
GONE = {"deletionTimestamp": MADE}
OWNED = {"ownerReferences": [{"kind": "StatefulSet", "name": "web"}]}
COUNTS = {"replicas": 4, "readyReplicas": 2, "updatedReplicas": 1, "availableReplicas": 5}


def job(**status: Any) -> Object:
    return {"spec": {"completions": 3}, "status": status}


def over(kind: str, value: str = "True") -> Object:
    return {"conditions": [{"type": kind, "status": value}]}


@pytest.mark.parametrize(
    ("kind", "obj", "cells"),
    [
        ("Deployment", {"spec": WORKLOAD, "status": COUNTS}, ["2/3", 1, 5]),
        ("Deployment", {"spec": {}}, ["0/1", 0, 0]),
        ("ReplicaSet", {"spec": WORKLOAD, "status": COUNTS}, [3, 4, 2]),
        ("ReplicationController", {"spec": {}}, [0, 0, 0]),
        ("StatefulSet", {"spec": WORKLOAD, "status": COUNTS}, ["2/3"]),
        (
            "DaemonSet",
            {
                "spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}},
                "status": {
                    "desiredNumberScheduled": 1,
                    "currentNumberScheduled": 2,
                    "numberReady": 3,
                    "updatedNumberScheduled": 4,
                    "numberAvailable": 5,
                },
            },
            [1, 2, 3, 4, 5, "disk=ssd"],
        ),
        ("Job", job(), ["Running", "0/3", ""]),
        ("Job", {"spec": {}, "metadata": GONE}, ["Terminating", "0/1", ""]),
        ("Job", job(succeeded=2, **over("Failed", "False")), ["Running", "2/3", ""]),
        ("Job", job(**over("Suspended")), ["Suspended", "0/3", ""]),
        ("Job", job(**over("FailureTarget")), ["Running", "0/3", ""]),
        (
            "Job",
            job(
                startTime="2026-03-01T12:00:00Z",
                completionTime="2026-03-01T12:00:07Z",
                **over("Complete"),
            ),
            ["Complete", "0/3", "7s"],
        ),
        ("CronJob", {"spec": {"schedule": "@daily"}}, ["@daily", "<none>", "False", 0, "<none>"]),
        (
            "CronJob",
            {
                "spec": {"schedule": "@daily", "suspend": True, "timeZone": "Asia/Tokyo"},
                "status": {"active": [{}, {}], "lastScheduleTime": ago(hours=20.5)},
            },
            ["@daily", "Asia/Tokyo", "True", 2, "20h"],
        ),
        ("PodDisruptionBudget", {"spec": {"minAvailable": "50%"}}, ["50%", "N/A", 0]),
        (
            "PodDisruptionBudget",
            {"spec": {"maxUnavailable": 0}, "status": {"disruptionsAllowed": 2}},
            ["N/A", 0, 2],
        ),
        ("ControllerRevision", {"revision": 3}, ["<none>", 3]),
        ("ControllerRevision", {"revision": 3, "metadata": OWNED}, ["statefulset/web", 3]),
    ],
)
def test_workloads(kind, obj, cells):
    assert row(kind, obj) == cells


def test_a_job_that_runs_counts_up():
    assert row("Job", job(startTime=ago(minutes=20.5)))[2] == "20m"


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
def test_workloads_wide(kind):
    assert row(kind, {"spec": WORKLOAD}, wide=True) == ["a,b", "nginx,redis", "app=web"]
    assert row(kind, {"spec": {"selector": None}}, wide=True) == ["", "", "<none>"]


CONDITIONS = [{"type": "Old", "status": "No"}, {"type": "Ready", "status": "Yes"}]
CUSTOM = {
    "metadata": {"annotations": {"example.com/note": "grey"}},
    "spec": {
        "names": ["a", "b", "c"],
        "size": 3,
        "deep": {"x": True, "a": [1]},
        "half": 1.5,
        "on": False,
    },
    "status": {"conditions": CONDITIONS},
}


@pytest.mark.parametrize(
    ("path", "sort", "value"),
    [
        (".spec.names[0]", "string", "a"),
        (".spec.names[-1]", "string", "c"),
        (".spec.names[9]", "string", None),
        (".spec.names[*]", "string", "a"),
        (".spec.deep.*", "boolean", True),
        (".spec.size[0]", "string", None),
        (".spec.names", "string", '["a","b","c"]'),
        (".spec['size']", "integer", 3),
        (".spec.size", "string", "3"),
        (".spec.half", "integer", 1),
        (".spec.half", "number", 1.5),
        (".spec.on", "boolean", False),
        (".spec.on", "integer", None),
        (".spec.names[0]", "integer", None),
        (".spec.names[0]", "boolean", None),
        (".spec.size", "date", None),
        (".spec.none.more", "string", None),
        (".metadata.annotations.example\\.com/note", "string", "grey"),
        ('.status.conditions[?(@.type=="Ready")].status', "string", "Yes"),
        (".status.conditions[?(@.type!='Ready')].status", "string", "No"),
        ('.status.conditions[?(@.type=="None")].status', "string", None),
        ('.status.conditions[?( @.type == "Ready" )].status', "string", "Yes"),
        (".status.conditions[?(@.type==Ready)].status", "string", None),
        (".spec.deep", "string", '{"a":[1],"x":true}'),
    ],
)
def test_columns_of_custom_kinds(path, sort, value):
    [(name, cell, wide)] = printed_columns([{"name": "X", "jsonPath": path, "type": sort}])
    assert (name, cell(CUSTOM), wide) == ("X", value, False)


def test_columns_end_before_one_that_is_no_path():
    """As in the real API server, which prints with what it has understood."""
    paths = [".spec.size", ".spec.names[", ".spec.half"]
    columns = [{"name": path, "jsonPath": path, "type": "string"} for path in paths]
    assert [name for name, _, _ in printed_columns(columns)] == [".spec.size"]


def test_a_custom_column_of_wide():
    definition = {"name": "X", "jsonPath": ".a", "type": "date"}
    [(_, cell, wide)] = printed_columns([{**definition, "priority": 1}])
    assert (wide, cell({"a": ago(minutes=20.5)})) == (True, "20m")
    assert printed_columns([{**definition, "priority": 0}])[0][2] is False
