"""What a new K3s cluster has in it."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import defaults
from owlab.pocket.kube.authorization import default_roles
from owlab.pocket.kube.network.ingresses import CLASS, CONTROLLER, DEFAULT
from owlab.pocket.kube.standard_objects import standard_objects
from owlab.pocket.kube.store import Store

_ADDONS: dict[str, tuple[str, str]] = {
    "coredns": ("rancher/mirrored-coredns-coredns:1.12.3", "coredns"),
    "local-path-provisioner": ("rancher/local-path-provisioner:v0.0.31", "local-storage"),
    "metrics-server": ("rancher/mirrored-metrics-server:v0.8.0", "metrics-server"),
    "traefik": ("rancher/mirrored-library-traefik:3.5.1", "traefik"),
}
"""K3s' own Deployments: image, and the name with which --disable leaves one out."""
_PORTS: dict[str, list[Object]] = {
    "traefik": [
        {"name": "web", "containerPort": 8000},
        {"name": "websecure", "containerPort": 8443},
    ],
}
_LABELS = {
    "coredns": {"k8s-app": "kube-dns", "kubernetes.io/name": "CoreDNS"},
    "metrics-server": {"k8s-app": "metrics-server"},
    "traefik": {
        "app.kubernetes.io/name": "traefik",
        "app.kubernetes.io/instance": "traefik-kube-system",
    },
}
"""By which people and policies know them."""
_METRICS: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {
        "name": "metrics-server",
        "namespace": "kube-system",
        "labels": {
            "kubernetes.io/cluster-service": "true",
            "kubernetes.io/name": "Metrics-server",
        },
    },
    "spec": {
        "selector": {"app": "metrics-server"},
        "ports": [{"name": "https", "port": 443, "targetPort": 10250}],
    },
}


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
                    "labels": {
                        "k8s-app": "kube-dns",
                        "kubernetes.io/cluster-service": "true",
                        "kubernetes.io/name": "CoreDNS",
                    },
                },
                "spec": {
                    "clusterIP": "10.43.0.10",
                    "selector": {"app": "coredns"},
                    "ports": [
                        {"name": "dns", "port": 53, "protocol": "UDP"},
                        {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
                        {"name": "metrics", "port": 9153, "protocol": "TCP"},
                    ],
                },
            },
        )
    if "metrics-server" not in disabled:
        _ensure(store, _METRICS)
    for obj in standard_objects("metrics-server" not in disabled):
        _ensure(store, obj)
    if "traefik" not in disabled:
        _traefik(store)
    default_roles.ensure(store)


def _traefik(store: Store) -> None:
    """What K3s' ingress controller is seen as: its charts, and its Service on every node."""
    for name in ("traefik-crd", "traefik"):
        _ensure(
            store,
            {
                "apiVersion": "helm.cattle.io/v1",
                "kind": "HelmChart",
                "metadata": {"name": name, "namespace": "kube-system"},
                "spec": {"chart": f"https://%{{KUBERNETES_API}}%/static/charts/{name}.tgz"},
            },
        )
    ports = (("web", 80), ("websecure", 443))
    _ensure(
        store,
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": CLASS, "annotations": {DEFAULT: "true"}},
            "spec": {"controller": CONTROLLER},
        },
    )
    _ensure(
        store,
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "traefik", "namespace": "kube-system"},
            "spec": {
                "type": "LoadBalancer",
                "selector": {"app": "traefik"},
                "ports": [{"name": name, "port": port, "targetPort": name} for name, port in ports],
            },
        },
    )


def _deployment(name: str, image: str) -> Object:
    labels = {"app": name, **_LABELS.get(name, {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "kube-system", "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [
                        {
                            "name": name,
                            "image": image,
                            **({"ports": _PORTS[name]} if name in _PORTS else {}),
                        }
                    ]
                },
            },
        },
    }


def _ensure(store: Store, obj: Object) -> None:
    meta = obj["metadata"]
    if store.find(obj["kind"], meta["name"], meta.get("namespace", "")) is None:
        defaults.fill(store, obj)
        store.create(obj)
