"""The columns of what makes pods."""

from __future__ import annotations

import datetime
from typing import Any

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.columns.cells import (
    AGE,
    NAME,
    Cell,
    Column,
    age,
    at,
    col,
    duration,
    selector_at,
    wide,
)
from owlab.pocket.kube.conditions import is_true


def _template(field: str) -> Cell:
    def cell(obj: Object) -> str:
        spec = obj["spec"].get("template", {}).get("spec", {})
        return ",".join(str(c.get(field, "")) for c in spec.get("containers") or [])

    return cell


def _ratio(obj: Object) -> str:
    status = obj.get("status", {})
    return f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"


def _job_status(obj: Object) -> str:
    for kind in ("Complete", "Failed", "Suspended"):
        if is_true(obj, kind):
            return kind
    return "Terminating" if obj["metadata"].get("deletionTimestamp") else "Running"


def _job_duration(obj: Object) -> str:
    status = obj.get("status", {})
    if not status.get("startTime"):
        return ""
    start = datetime.datetime.fromisoformat(status["startTime"].replace("Z", "+00:00"))
    end = status.get("completionTime")
    until = datetime.datetime.fromisoformat(end.replace("Z", "+00:00")) if end else utc_now()
    return duration((until - start).total_seconds())


def _reference(obj: Object) -> str:
    target = obj["spec"]["scaleTargetRef"]
    return f"{target['kind']}/{target['name']}"


def _targets(obj: Object) -> str:
    metrics = obj["spec"].get("metrics") or []
    more = f" + {len(metrics) - 2} more..." if len(metrics) > 2 else ""
    now = (obj.get("status") or {}).get("currentMetrics") or []
    return (", ".join(_target(metric, now) for metric in metrics[:2]) or "<none>") + more


def _target(metric: Object, now: list[Object]) -> str:
    """What is, if it is known, and what should be."""
    sort = metric.get("type") or ""
    field = sort[:1].lower() + sort[1:]
    source = metric.get(field) or {}
    target = source.get("target") or {}
    if "averageUtilization" in target:
        wanted = f"{target['averageUtilization']}%"
    elif "averageValue" in target:
        wanted = f"{target['averageValue']}" + (" (avg)" if sort in ("External", "Object") else "")
    else:
        wanted = target.get("value", "<auto>")
    name = f"{source['name']}: " if "name" in source else ""
    measured = [m[field] for m in now if m.get(field) and _about(m[field]) == _about(source)]
    current = (measured[0].get("current") or {}) if measured else {}
    have = "<unknown>"
    if "averageUtilization" in target and "averageUtilization" in current:
        have = f"{current['averageUtilization']}%"
    elif "averageValue" in target and "averageValue" in current:
        have = current["averageValue"]
    elif "value" in target and "value" in current:
        have = current["value"]
    return f"{name}{have}/{wanted}"


def _about(source: Object) -> tuple[Any, ...]:
    """What a metric measures: a resource, perhaps of one container, or something with a name."""
    metric = source.get("metric") or {}
    return source.get("name"), source.get("container"), metric.get("name")


def _owner(obj: Object) -> str:
    owners = obj["metadata"].get("ownerReferences") or []
    return f"{owners[0]['kind'].lower()}/{owners[0]['name']}" if owners else "<none>"


_WORKLOAD = [
    wide("Containers", _template("name")),
    wide("Images", _template("image")),
]

_REPLICAS = [
    NAME,
    col("Desired", at("spec", "replicas", default=0)),
    col("Current", at("status", "replicas", default=0)),
    col("Ready", at("status", "readyReplicas", default=0)),
    AGE,
    *_WORKLOAD,
    wide("Selector", selector_at("spec", "selector")),
]

COLUMNS: dict[str, list[Column]] = {
    "Scale": [
        NAME,
        col("Desired", at("spec", "replicas", default=0)),
        col("Available", at("status", "replicas", default=0)),
        AGE,
    ],
    "Deployment": [
        NAME,
        col("Ready", _ratio),
        col("Up-to-date", at("status", "updatedReplicas", default=0)),
        col("Available", at("status", "availableReplicas", default=0)),
        AGE,
        *_WORKLOAD,
        wide("Selector", selector_at("spec", "selector")),
    ],
    "ReplicaSet": _REPLICAS,
    "ReplicationController": _REPLICAS,
    "StatefulSet": [NAME, col("Ready", _ratio), AGE, *_WORKLOAD],
    "DaemonSet": [
        NAME,
        col("Desired", at("status", "desiredNumberScheduled", default=0)),
        col("Current", at("status", "currentNumberScheduled", default=0)),
        col("Ready", at("status", "numberReady", default=0)),
        col("Up-to-date", at("status", "updatedNumberScheduled", default=0)),
        col("Available", at("status", "numberAvailable", default=0)),
        col("Node Selector", selector_at("spec", "template", "spec", "nodeSelector")),
        AGE,
        *_WORKLOAD,
    ],
    "Job": [
        NAME,
        col("Status", _job_status),
        col(
            "Completions",
            lambda o: (
                f"{o.get('status', {}).get('succeeded', 0)}/{o['spec'].get('completions', 1)}"
            ),
        ),
        col("Duration", _job_duration),
        AGE,
        *_WORKLOAD,
        wide("Selector", selector_at("spec", "selector")),
    ],
    "CronJob": [
        NAME,
        col("Schedule", at("spec", "schedule")),
        col("Timezone", at("spec", "timeZone", default="<none>")),
        col("Suspend", lambda o: str(bool(o["spec"].get("suspend")))),
        col("Active", lambda o: len(o.get("status", {}).get("active") or [])),
        col(
            "Last Schedule",
            lambda o: age(s) if (s := o.get("status", {}).get("lastScheduleTime")) else "<none>",
        ),
        AGE,
    ],
    "PodDisruptionBudget": [
        NAME,
        col("Min Available", at("spec", "minAvailable", default="N/A")),
        col("Max Unavailable", at("spec", "maxUnavailable", default="N/A")),
        col("Allowed Disruptions", at("status", "disruptionsAllowed", default=0)),
        AGE,
    ],
    "HorizontalPodAutoscaler": [
        NAME,
        col("Reference", _reference),
        col("Targets", _targets),
        col("MinPods", at("spec", "minReplicas", default="<unset>")),
        col("MaxPods", at("spec", "maxReplicas")),
        col("Replicas", at("status", "currentReplicas", default=0)),
        AGE,
    ],
    "ControllerRevision": [
        NAME,
        col("Controller", _owner),
        col("Revision", at("revision")),
        AGE,
    ],
}
