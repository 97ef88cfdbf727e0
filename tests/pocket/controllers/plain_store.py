"""Objects at rest: a store without controllers, for what only reads it."""

from __future__ import annotations

from typing import Any

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Store


def obj(kind: str, name: str, spec: Object | None = None, api: str = "v1", **more: Any) -> Object:
    """An object of the namespace default, unless its ``metadata`` say otherwise."""
    meta = {"name": name, "namespace": "default", **more.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": meta, "spec": spec or {}, **more}


def namespace(name: str, **labels: str) -> Object:
    """A namespace with labels."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name, **labels}},
    }


def pod(name: str, address: str = "10.42.0.9", **spec: Any) -> Object:
    """A pod that runs; it has the label ``app`` of its name."""
    meta = {"labels": {"app": name, **spec.pop("labels", {})}}
    if "namespace" in spec:
        meta["namespace"] = spec.pop("namespace")
    status = {"phase": "Running", "podIP": address}
    spec = {"nodeName": "worker1", "containers": [{"name": "main", "image": "nginx"}], **spec}
    return obj("Pod", name, spec, metadata=meta, status=status)


def endpoints(name: str, *addresses: str, ports: list[Object] | None = None) -> Object:
    """The ready addresses behind a Service; the pod of each has the name ``NAME-NUMBER``."""
    found = [
        {"ip": ip, "nodeName": "worker1", "targetRef": {"kind": "Pod", "name": f"{name}-{n}"}}
        for n, ip in enumerate(addresses)
    ]
    subset = {"addresses": found, "ports": ports or [{"port": 80, "protocol": "TCP"}]}
    return obj("Endpoints", name, subsets=[subset] if addresses else [])


def store_of(*objects: Object) -> Store:
    """A store that holds these and the namespace default."""
    store = Store(Database(":memory:"), Clock())
    for one in (namespace("default"), *objects):
        store.create(one)
    return store
