"""One object in several versions of its API: kept in one, shown in the one that was asked for.

Custom kinds differ in ``apiVersion`` only (their conversion is ``None``). Of the built-in kinds,
autoscalers and events have a second version with fields of other names.
"""

from __future__ import annotations

import json
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.kinds import Kind

_METRICS = "autoscaling.alpha.kubernetes.io/metrics"
_BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"
_EVENT = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}


def shown(kind: Kind, obj: Object) -> Object:
    """A stored object as the kind's version has it."""
    there = obj.get("apiVersion")
    if there == kind.api_version or there is None:
        return obj
    result = {**obj, "apiVersion": kind.api_version}
    if kind.built_in == "HorizontalPodAutoscaler" and kind.version == "v1":
        return _autoscaler_v1(result)
    if kind.built_in == "Event":
        return _renamed(result, _EVENT if kind.group else _OLD_EVENT)
    return result


def kept(kind: Kind, obj: Object, stored: Kind) -> Object:
    """An object of the kind's version as it is stored."""
    if kind == stored:
        return obj
    result = {**obj, "apiVersion": stored.api_version}
    if kind.built_in == "HorizontalPodAutoscaler" and kind.version == "v1":
        return _autoscaler_v2(result)
    if kind.built_in == "Event":
        return _renamed(result, _OLD_EVENT)
    return result


_OLD_EVENT = {new: old for old, new in _EVENT.items()}


def _renamed(obj: Object, names: dict[str, str]) -> Object:
    return {names.get(name, name): value for name, value in obj.items()}


# Autoscalers --------------------------------------------------------------------------------


def _autoscaler_v1(obj: Object) -> Object:
    """The first version knows the use of CPU; what else there is goes into annotations."""
    spec, meta = dict(obj["spec"]), {**obj["metadata"]}
    notes = dict(meta.get("annotations") or {})
    others = []
    for metric in spec.pop("metrics", None) or ():
        percent = _cpu(metric)
        if percent is not None and "targetCPUUtilizationPercentage" not in spec:
            spec["targetCPUUtilizationPercentage"] = percent
        else:
            others.append(metric)
    if others:
        notes[_METRICS] = json.dumps(others, separators=(",", ":"))
    if behavior := spec.pop("behavior", None):
        notes[_BEHAVIOR] = json.dumps(behavior, separators=(",", ":"))
    if notes:
        meta["annotations"] = notes
    status = dict(obj.get("status") or {})
    status.pop("conditions", None)
    for metric in status.pop("currentMetrics", None) or ():
        current = ((metric.get("resource") or {}).get("current") or {}).get("averageUtilization")
        if current is not None and metric["resource"].get("name") == "cpu":
            status["currentCPUUtilizationPercentage"] = current
    return {**obj, "metadata": meta, "spec": spec, "status": status}


def _cpu(metric: Any) -> int | None:
    resource = metric.get("resource") or {}
    target = resource.get("target") or {}
    if metric.get("type") != "Resource" or resource.get("name") != "cpu":
        return None
    return target.get("averageUtilization") if target.get("type") == "Utilization" else None


def _autoscaler_v2(obj: Object) -> Object:
    spec, meta = dict(obj.get("spec") or {}), {**obj["metadata"]}
    notes = dict(meta.get("annotations") or {})
    metrics = []
    percent = spec.pop("targetCPUUtilizationPercentage", None)
    if percent is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    metrics += _noted(notes, _METRICS, list)
    behavior = _noted(notes, _BEHAVIOR, dict)
    if metrics:
        spec["metrics"] = metrics
    if behavior:
        spec["behavior"] = behavior
    if "annotations" in meta:
        meta["annotations"] = notes
    status = dict(obj.get("status") or {})
    current = status.pop("currentCPUUtilizationPercentage", None)
    if current is not None:
        resource = {"name": "cpu", "current": {"averageUtilization": current}}
        status["currentMetrics"] = [{"type": "Resource", "resource": resource}]
    result = {**obj, "metadata": meta, "spec": spec}
    return {**result, "status": status} if status else result


def _noted(notes: dict[str, str], name: str, sort: type[Any]) -> Any:
    """What an annotation carries; one that cannot be read carries nothing."""
    try:
        found = json.loads(notes.pop(name, "null"))
    except ValueError:
        found = None
    return found if isinstance(found, sort) else sort()
