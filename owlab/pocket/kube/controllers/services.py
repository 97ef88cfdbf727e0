"""Services: the addresses of the ready pods behind them."""

from __future__ import annotations

from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.shape import is_ready, owner_reference
from owlab.pocket.kube.store import Store


class Services:
    """Keeps Endpoints and EndpointSlices."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reconcile(self) -> None:
        """One look at every Service that selects pods."""
        for service in self._store.list("Service"):
            if service["spec"].get("selector") and not service["metadata"].get("deletionTimestamp"):
                self._endpoints(service)
        for kind in ("Endpoints", "EndpointSlice"):
            for obj in self._store.list(kind):
                meta = obj["metadata"]
                labels = meta.get("labels") or {}
                name = labels.get("kubernetes.io/service-name", meta["name"])
                made = labels.get("endpointslice.kubernetes.io/managed-by") or kind == "Endpoints"
                gone = self._store.find("Service", name, meta["namespace"]) is None
                if made and gone and labels.get("owlab") != "kept":
                    self._store.remove(kind, meta["name"], meta["namespace"])

    def _endpoints(self, service: Object) -> None:
        meta = service["metadata"]
        chosen = ",".join(f"{k}={v}" for k, v in service["spec"]["selector"].items())
        pods = [
            p
            for p in self._store.list("Pod", meta["namespace"], chosen)
            if p["status"].get("podIP")
            and p["status"].get("phase") == "Running"
            and not p["metadata"].get("deletionTimestamp")
        ]
        ready = [p for p in pods if is_ready(p) or service["spec"].get("publishNotReadyAddresses")]
        waiting = [p for p in pods if p not in ready]
        ports = [
            {
                **({"name": port["name"]} if port.get("name") else {}),
                "port": _number(port, pods),
                "protocol": port.get("protocol", "TCP"),
            }
            for port in service["spec"].get("ports") or []
        ]
        subset: dict[str, Any] = {"ports": ports}
        if ready:
            subset["addresses"] = [_address(p) for p in ready]
        if waiting:
            subset["notReadyAddresses"] = [_address(p) for p in waiting]
        self._put(
            {
                "apiVersion": "v1",
                "kind": "Endpoints",
                "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
                "subsets": [subset] if pods else [],
            }
        )
        self._put(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": f"{meta['name']}-{meta['uid'][:5]}",
                    "namespace": meta["namespace"],
                    "labels": {
                        "kubernetes.io/service-name": meta["name"],
                        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                    },
                    "ownerReferences": [owner_reference(service)],
                },
                "addressType": "IPv4",
                # Unlike those of Endpoints, their names are always written.
                "ports": [{"name": "", **port} for port in ports],
                "endpoints": [
                    {
                        "addresses": [p["status"]["podIP"]],
                        "conditions": {"ready": p in ready, "serving": p in ready},
                        "nodeName": p["spec"]["nodeName"],
                        "targetRef": _address(p)["targetRef"],
                    }
                    for p in pods
                ],
            }
        )

    def _put(self, wanted: Object) -> None:
        meta = wanted["metadata"]
        old = self._store.find(wanted["kind"], meta["name"], meta["namespace"])
        if old is None:
            self._store.create(wanted)
        else:
            self._store.update({**old, **wanted, "metadata": {**old["metadata"], **meta}})


def _address(pod: Object) -> Object:
    meta = pod["metadata"]
    return {
        "ip": pod["status"]["podIP"],
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": {
            "kind": "Pod",
            "name": meta["name"],
            "namespace": meta["namespace"],
            "uid": meta["uid"],
        },
    }


def _number(port: Object, pods: list[Object]) -> int:
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    for pod in pods:
        for container in pod["spec"].get("containers") or []:
            for own in container.get("ports") or []:
                if own.get("name") == target:
                    return int(own["containerPort"])
    return int(port["port"])
