"""The default IngressClass: an Ingress that says none gets it."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.network.ingresses import DEFAULT
from owlab.pocket.kube.store import Store

_OLD = "kubernetes.io/ingress.class"


def fill(store: Store, ingress: Object) -> None:
    """Give a new Ingress the default class, in place; the newest one, where there are several."""
    spec, annotations = ingress["spec"], ingress["metadata"].get("annotations") or {}
    if spec.get("ingressClassName") or _OLD in annotations:
        return
    classes = [
        found
        for found in store.list("IngressClass")
        if (found["metadata"].get("annotations") or {}).get(DEFAULT) == "true"
    ]
    if classes:
        newest = max(classes, key=lambda found: str(found["metadata"]["creationTimestamp"]))
        spec["ingressClassName"] = newest["metadata"]["name"]
