"""What a new K3s cluster has in it."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import defaults
from owlab.pocket.kube.store import Store

_ADDONS: dict[str, tuple[str, str]] = {
    "coredns": ("rancher/mirrored-coredns-coredns:1.12.3", "coredns"),
    "local-path-provisioner": ("rancher/local-path-provisioner:v0.0.31", "local-storage"),
    "metrics-server": ("rancher/mirrored-metrics-server:v0.8.0", "metrics-server"),
    "traefik": ("rancher/mirrored-library-traefik:3.5.1", "traefik"),
}
"""K3s' own Deployments: image, and the name with which --disable leaves one out."""


def bootstrap(store: Store, disabled: set[str]) -> None:
    """Make what is missing; harmless when it is there."""
    for name in ("default", "kube-system", "kube-public", "kube-node-lease"):
        _ensure(store, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    _ensure(
        store,
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "kubernetes",
                "namespace": "default",
                "labels": {"component": "apiserver", "provider": "kubernetes"},
            },
            "spec": {
                "clusterIP": "10.43.0.1",
                "ports": [{"name": "https", "port": 443, "targetPort": 6443}],
            },
        },
    )
    if "local-storage" not in disabled:
        _ensure(
            store,
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {
                    "name": "local-path",
                    "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
                },
                "provisioner": "rancher.io/local-path",
                "reclaimPolicy": "Delete",
                "volumeBindingMode": "WaitForFirstConsumer",
            },
        )
    for name, (image, switch) in _ADDONS.items():
        if switch not in disabled:
            _ensure(store, _deployment(name, image))
    if "coredns" not in disabled:
        _ensure(
            store,
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {
                    "name": "kube-dns",
                    "namespace": "kube-system",
                    "labels": {"k8s-app": "kube-dns"},
                },
                "spec": {
                    "clusterIP": "10.43.0.10",
                    "selector": {"app": "coredns"},
                    "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}],
                },
            },
        )
    for name in ("cluster-admin", "admin", "edit", "view"):
        _ensure(
            store,
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRole",
                "metadata": {
                    "name": name,
                    "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
                },
                "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
            },
        )


def _deployment(name: str, image: str) -> Object:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "kube-system", "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": name, "image": image}]},
            },
        },
    }


def _ensure(store: Store, obj: Object) -> None:
    meta = obj["metadata"]
    if store.find(obj["kind"], meta["name"], meta.get("namespace", "")) is None:
        defaults.fill(store, obj)
        store.create(obj)
