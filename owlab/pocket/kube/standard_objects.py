"""Objects that every API server, and K3s, begin with, beside the workloads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.kinds import KINDS

_SERVICES = "10.43.0.0/16"
_RUNTIMES = (
    *("crun", "lunatic", "nvidia", "nvidia-experimental", "slight", "spin"),
    *("wasmedge", "wasmer", "wasmtime", "wws"),
)
"""K3s names them all; its containerd has those that are installed on a node."""
_LEVELS: dict[str, tuple[int, tuple[int, int, int] | None]] = {
    "catch-all": (5, None),
    "global-default": (20, (128, 6, 50)),
    "leader-election": (10, (16, 4, 50)),
    "node-high": (40, (64, 6, 50)),
    "system": (30, (64, 6, 50)),
    "workload-high": (40, (128, 6, 50)),
    "workload-low": (100, (128, 6, 50)),
}
"""Shares; queues, hand size, length of a queue."""
_FLOWS: dict[str, tuple[str, int, str]] = {
    "exempt": ("exempt", 1, ""),
    "probes": ("exempt", 2, ""),
    "system-leader-election": ("leader-election", 100, "ByUser"),
    "endpoint-controller": ("workload-high", 150, "ByUser"),
    "workload-leader-election": ("leader-election", 200, "ByUser"),
    "system-node-high": ("node-high", 400, "ByUser"),
    "system-nodes": ("system", 500, "ByUser"),
    "kube-controller-manager": ("workload-high", 800, "ByNamespace"),
    "kube-scheduler": ("workload-high", 800, "ByNamespace"),
    "kube-system-service-accounts": ("workload-high", 900, "ByNamespace"),
    "service-accounts": ("workload-low", 9000, "ByUser"),
    "global-default": ("global-default", 9900, "ByUser"),
    "catch-all": ("catch-all", 10000, "ByUser"),
}
"""Level, precedence, and by what flows are told apart."""
_PRIORITIES = (("system-cluster-critical", 2000000000), ("system-node-critical", 2000001000))
_K3S_KINDS = (
    ("helm.cattle.io", "HelmChart", "helmcharts", "Namespaced"),
    ("helm.cattle.io", "HelmChartConfig", "helmchartconfigs", "Namespaced"),
    ("k3s.cattle.io", "Addon", "addons", "Namespaced"),
    ("k3s.cattle.io", "ETCDSnapshotFile", "etcdsnapshotfiles", "Cluster"),
)
_DELEGATED = "metrics.k8s.io"


def standard_objects(metrics: bool) -> Iterator[Object]:
    """All of them. ``metrics``: K3s' metrics-server is not disabled."""
    yield from _custom_kinds()
    for name, value in _PRIORITIES:
        yield _made(
            "scheduling.k8s.io/v1",
            "PriorityClass",
            name,
            value=value,
            preemptionPolicy="PreemptLowerPriority",
            description="For what a cluster cannot do without.",
        )
    for name in _RUNTIMES:
        yield _made("node.k8s.io/v1", "RuntimeClass", name, handler=name)
    spec = {"cidrs": [_SERVICES]}
    yield _made("networking.k8s.io/v1", "ServiceCIDR", "kubernetes", spec=spec)
    yield from _flow_control()
    yield from _api_services(metrics)


def _flow_control() -> Iterator[Object]:
    group = "flowcontrol.apiserver.k8s.io/v1"
    kind = "PriorityLevelConfiguration"
    exempt = {"type": "Exempt", "exempt": {"lendablePercent": 0, "nominalConcurrencyShares": 0}}
    yield _made(group, kind, "exempt", spec=exempt)
    for name, (shares, queuing) in _LEVELS.items():
        response: Object = {"type": "Reject"}
        if queuing is not None:
            names = ("queues", "handSize", "queueLengthLimit")
            response = {"type": "Queue", "queuing": dict(zip(names, queuing, strict=True))}
        limited = {"nominalConcurrencyShares": shares, "limitResponse": response}
        yield _made(group, kind, name, spec={"type": "Limited", "limited": limited})
    for name, (level, precedence, method) in _FLOWS.items():
        spec = {
            "priorityLevelConfiguration": {"name": level},
            "matchingPrecedence": precedence,
            **({"distinguisherMethod": {"type": method}} if method else {}),
        }
        yield _made(group, "FlowSchema", name, spec=spec)


def _api_services(metrics: bool) -> Iterator[Object]:
    places = dict.fromkeys((kind.group, kind.version) for kind in KINDS)
    places |= dict.fromkeys([("authentication.k8s.io", "v1"), ("authorization.k8s.io", "v1")])
    for group, version in places:
        yield api_service(group, version)
    if metrics:
        service = {"name": "metrics-server", "namespace": "kube-system", "port": 443}
        yield api_service(_DELEGATED, "v1beta1", service=service)


def api_service(group: str, version: str, **more: Any) -> Object:
    """What says who answers for a group's version."""
    name = f"{version}.{group}"
    labels = {} if more else {"kube-aggregator.kubernetes.io/automanaged": "onstart"}
    spec = {
        **({"group": group} if group else {}),
        "version": version,
        "groupPriorityMinimum": 100 if more else 17000,
        "versionPriority": 100 if more else 15,
        **more,
    }
    return _made("apiregistration.k8s.io/v1", "APIService", name, labels, spec=spec)


def _custom_kinds() -> Iterator[Object]:
    """The kinds of K3s' own controllers."""
    for group, kind, plural, scope in _K3S_KINDS:
        version = {
            "name": "v1",
            "served": True,
            "storage": True,
            "schema": {
                "openAPIV3Schema": {
                    "type": "object",
                    "x-kubernetes-preserve-unknown-fields": True,
                }
            },
            "subresources": {"status": {}},
        }
        spec = {
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "scope": scope,
            "versions": [version],
        }
        yield _made(
            "apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{group}", spec=spec
        )


def _made(
    api_version: str, kind: str, name: str, labels: dict[str, str] | None = None, **fields: Any
) -> Object:
    meta: Object = {"name": name, **({"labels": labels} if labels else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **fields}
