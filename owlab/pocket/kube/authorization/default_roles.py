"""The roles and bindings that every cluster has, by what Kubernetes documents of each."""

from __future__ import annotations

from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Store

GROUP = "rbac.authorization.k8s.io"
_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "patch", "update"]
_LABEL = "kubernetes.io/bootstrapping"
_AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate"


def _with_status(*plurals: str) -> list[str]:
    return [name for plural in plurals for name in (plural, f"{plural}/status")]


def _scaled(*plurals: str) -> list[str]:
    return [name for plural in plurals for name in (plural, f"{plural}/scale", f"{plural}/status")]


def _rule(group: str, resources: list[str], verbs: list[str]) -> Object:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


_KEPT = ["configmaps", "persistentvolumeclaims", "serviceaccounts", "services"]
_INSIDE_PODS = ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy"]

_VIEW = [
    _rule(
        "",
        [
            *_KEPT,
            *_scaled("replicationcontrollers"),
            *_with_status("pods", "resourcequotas"),
            "bindings",
            "endpoints",
            "events",
            "limitranges",
            "namespaces",
            "namespaces/status",
            "persistentvolumeclaims/status",
            "pods/log",
            "services/status",
        ],
        _READ,
    ),
    _rule("discovery.k8s.io", ["endpointslices"], _READ),
    _rule(
        "apps",
        [
            "controllerrevisions",
            *_with_status("daemonsets"),
            *_scaled("deployments", "replicasets", "statefulsets"),
        ],
        _READ,
    ),
    _rule("autoscaling", _with_status("horizontalpodautoscalers"), _READ),
    _rule("batch", _with_status("cronjobs", "jobs"), _READ),
    _rule("networking.k8s.io", [*_with_status("ingresses"), "networkpolicies"], _READ),
    _rule("policy", _with_status("poddisruptionbudgets"), _READ),
]

_EDIT = [
    _rule("", [*_INSIDE_PODS, "secrets", "services/proxy"], _READ),
    _rule("", ["serviceaccounts"], ["impersonate"]),
    _rule("", ["pods", *_INSIDE_PODS], _WRITE),
    _rule("", ["pods/eviction", "serviceaccounts/token"], ["create"]),
    _rule(
        "",
        [
            *_KEPT,
            "events",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "secrets",
            "services/proxy",
        ],
        _WRITE,
    ),
    _rule(
        "apps",
        [
            "daemonsets",
            "deployments",
            "deployments/rollback",
            "deployments/scale",
            "replicasets",
            "replicasets/scale",
            "statefulsets",
            "statefulsets/scale",
        ],
        _WRITE,
    ),
    _rule("autoscaling", ["horizontalpodautoscalers"], _WRITE),
    _rule("batch", ["cronjobs", "jobs"], _WRITE),
    _rule("networking.k8s.io", ["ingresses", "networkpolicies"], _WRITE),
    _rule("policy", ["poddisruptionbudgets"], _WRITE),
    _rule("coordination.k8s.io", ["leases"], [*_READ, *_WRITE]),
]

_ADMIN = [
    _rule("authorization.k8s.io", ["localsubjectaccessreviews"], ["create"]),
    _rule(GROUP, ["roles", "rolebindings"], [*_READ, *_WRITE]),
]

_EVERYTHING = [
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
]
_BASIC = [
    _rule(
        "authorization.k8s.io", ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]
    ),
    _rule("authentication.k8s.io", ["selfsubjectreviews"], ["create"]),
]
_PUBLIC = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
_DISCOVERED = [*_PUBLIC, "/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"]
_METRICS = [_rule("metrics.k8s.io", ["pods", "nodes"], ["get", "list", "watch"])]


def _to(*levels: str) -> dict[str, str]:
    return {f"{GROUP}/aggregate-to-{level}": "true" for level in levels}


_ROLES: dict[str, tuple[list[Object], dict[str, str]]] = {
    "cluster-admin": (_EVERYTHING, {}),
    "system:aggregate-to-view": (_VIEW, _to("view")),
    "system:aggregate-to-edit": (_EDIT, _to("edit")),
    "system:aggregate-to-admin": (_ADMIN, _to("admin")),
    "system:aggregated-metrics-reader": (_METRICS, _to("view", "edit", "admin")),
    "system:basic-user": (_BASIC, {}),
    "system:discovery": ([{"nonResourceURLs": _DISCOVERED, "verbs": ["get"]}], {}),
    "system:public-info-viewer": ([{"nonResourceURLs": _PUBLIC, "verbs": ["get"]}], {}),
}
"""Rules, and the labels beside the one of every role here."""
_AGGREGATED: dict[str, tuple[str, dict[str, str]]] = {
    "view": ("view", _to("edit")),
    "edit": ("edit", _to("admin")),
    "admin": ("admin", {}),
}
"""Roles that are made of others: by the label of which level, and their own labels."""
_BINDINGS: dict[str, tuple[str, ...]] = {
    "cluster-admin": ("system:masters",),
    "system:basic-user": ("system:authenticated",),
    "system:discovery": ("system:authenticated",),
    "system:public-info-viewer": ("system:authenticated", "system:unauthenticated"),
}
"""Groups by the ClusterRole that they have."""


def ensure(store: Store) -> None:
    """Make what is missing and put right what was changed, as the API server does on its start.

    What says ``autoupdate: "false"`` is left alone.
    """
    for name, (rules, labels) in _ROLES.items():
        _put(store, _cluster_role(name, labels, rules=rules))
    for name, (level, labels) in _AGGREGATED.items():
        selector = {"clusterRoleSelectors": [{"matchLabels": _to(level)}]}
        _put(store, _cluster_role(name, labels, aggregationRule=selector))
    for name, groups in _BINDINGS.items():
        _put(store, _binding(name, groups))


def _put(store: Store, wanted: Object) -> None:
    meta = wanted["metadata"]
    known = store.find(wanted["kind"], meta["name"])
    if known is None:
        store.create(wanted)
        return
    have = known["metadata"]
    if (have.get("annotations") or {}).get(_AUTOUPDATE) == "false":
        return
    merged = {
        **known,
        **{name: value for name, value in wanted.items() if name != "metadata"},
        "metadata": {**have, "labels": {**(have.get("labels") or {}), **meta["labels"]}},
    }
    for name in ("rules", "subjects"):
        if name in wanted:
            more = [item for item in known.get(name) or () if item not in wanted[name]]
            # Rules of a lab that was made when every role still gave everything are not kept.
            old = not (have.get("annotations") or {}).get(_AUTOUPDATE)
            merged[name] = [*wanted[name], *([] if old else more)]
    merged["metadata"]["annotations"] = {**(have.get("annotations") or {}), **meta["annotations"]}
    store.update(merged)


def _meta(name: str, labels: dict[str, str]) -> Object:
    return {
        "name": name,
        "labels": {_LABEL: "rbac-defaults", **labels},
        "annotations": {_AUTOUPDATE: "true"},
    }


def _cluster_role(name: str, labels: dict[str, str], **rest: Any) -> Object:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "ClusterRole",
        "metadata": _meta(name, labels),
        **rest,
    }


def _binding(role: str, groups: tuple[str, ...]) -> Object:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": _meta(role, {}),
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": group} for group in groups],
    }
