"""How many replicas one metric of an autoscaler asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.metrics import server
from owlab.pocket.kube.metrics.use import of_pod
from owlab.pocket.kube.object_state import is_ready
from owlab.pocket.kube.quantities import decimal_form, quantity
from owlab.pocket.kube.store import Store

_FIELDS = {"Resource": "resource", "ContainerResource": "containerResource"}
"""What metrics-server can tell of."""
_SHARE = "averageUtilization"
_TOLERANCE = Decimal("0.1")
"""So far from its target a metric may be before anything is done."""


class NotMeasured(Exception):
    """A metric has no value; ``reason`` is the one of the condition."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message


@dataclass(frozen=True, slots=True)
class MetricTarget:
    """What one metric asks for, and how it is told."""

    replicas: int
    current: Object
    """The entry of ``status.currentMetrics``."""
    title: str


def wanted(store: Store, metric: Object, pods: Sequence[Object], size: int) -> MetricTarget:
    """The replicas that a metric asks for, of a workload of this size.

    :raises NotMeasured: nobody serves it, or nothing can be made of it.
    """
    kind = metric["type"]
    field = _FIELDS.get(kind)
    if field is None:
        raise _no_server(kind, metric)
    source, target = metric[field], metric[field].get("target") or {}
    name = source["name"]
    only = source.get("container") if kind == "ContainerResource" else None
    asked = _SHARE if target.get("type") == "Utilization" else "averageValue"
    what = f"failed to get {name} {'utilization' if asked == _SHARE else 'usage'}"
    reason = f"FailedGet{kind}Metric"
    if not server.ready(store):
        absent = "the server could not find the requested resource (get pods.metrics.k8s.io)"
        away = "the server is currently unable to handle the request (get pods.metrics.k8s.io)"
        raise NotMeasured(
            reason,
            f"{what}: unable to get metrics for resource {name}: unable to fetch metrics from "
            f"resource metrics API: {away if server.installed(store) else absent}",
        )
    used: dict[str, Decimal] = {}
    reserved = Decimal(0)
    for pod in pods:
        if pod["metadata"].get("deletionTimestamp") or not is_ready(pod):
            continue
        containers = of_pod(store, pod) or {}
        if asked == _SHARE:
            reserved += _reserved(pod, name, only, reason, what)
        chosen = [use for title, use in containers.items() if only in (None, title)]
        used[pod["metadata"]["name"]] = sum((use.of(name) for use in chosen), Decimal(0))
    if not used:
        raise NotMeasured(
            reason,
            f"{what}: unable to get metrics for resource {name}: no metrics returned from resource "
            "metrics API",
        )
    total, count = sum(used.values(), Decimal(0)), len(used)
    current: Object = {"averageValue": decimal_form(int(total * 1000 / count))}
    if asked == _SHARE:
        percent = int(total * 100 / reserved) if reserved else 0
        current["averageUtilization"] = percent
        ratio = Decimal(percent) / Decimal(target.get("averageUtilization") or 80)
        title = f"{name} resource utilization (percentage of request)"
    else:
        goal = quantity(target.get("averageValue") or target.get("value") or 0)
        ratio = total / count / goal if goal else Decimal(1)
        title = f"{name} resource"
    if only is not None:
        title = title.replace("resource", "container resource", 1)
    entry = {"name": name, **({"container": only} if only else {}), "current": current}
    steady = abs(ratio - 1) <= _TOLERANCE
    replicas = size if steady else math.ceil(ratio * count)
    return MetricTarget(replicas, {"type": kind, field: entry}, title)


def _reserved(pod: Object, name: str, only: str | None, reason: str, what: str) -> Decimal:
    total = Decimal(0)
    for container in pod["spec"].get("containers") or ():
        if only not in (None, container["name"]):
            continue
        asked = ((container.get("resources") or {}).get("requests") or {}).get(name)
        if asked is None:
            raise NotMeasured(
                reason,
                f"{what}: missing request for {name} in container {container['name']} of Pod "
                f"{pod['metadata']['name']}",
            )
        total += quantity(asked)
    return total


def _no_server(kind: str, metric: Object) -> NotMeasured:
    name = metric[kind.lower()]["metric"]["name"]
    served = "external" if kind == "External" else "custom"
    return NotMeasured(
        f"FailedGet{kind}Metric",
        f"unable to get metric {name}: unable to fetch metrics from {served} metrics API: "
        f"no {served} metrics API ({served}.metrics.k8s.io) registered",
    )
