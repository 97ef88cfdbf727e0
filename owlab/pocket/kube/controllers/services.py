"""Services: the addresses of the ready pods behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import is_true
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.object_state import is_finished, is_ready, owner_reference
from owlab.pocket.kube.store import Change, Key


class Services(Controller):
    """Keeps Endpoints and EndpointSlices."""

    def watches(self) -> Mapping[str, Leads]:
        return {"Service": itself, "Pod": self._of_pod}

    def _of_pod(self, change: Change) -> list[Key]:
        """Services that select it, or did before."""
        old, new = change.old, change.obj
        if old is not None and change.event == "MODIFIED" and _seen(old) == _seen(new):
            return []
        labels = [(o["metadata"].get("labels") or {}).items() for o in (old, new) if o is not None]
        return [
            self.store.key_of(service)
            for service in self.store.list("Service", change.key.namespace)
            if (selector := service["spec"].get("selector"))
            and any(selector.items() <= known for known in labels)
        ]

    def reconcile(self, key: Key) -> None:
        service = self.store.at(key)
        if service is None:
            self.store.remove("Endpoints", key.name, key.namespace)
        elif service["spec"].get("selector") and not service["metadata"].get("deletionTimestamp"):
            self._endpoints(service)

    def _endpoints(self, service: Object) -> None:
        meta = service["metadata"]
        chosen = service["spec"]["selector"].items()
        running = [
            p
            for p in self.store.list("Pod", meta["namespace"])
            if chosen <= (p["metadata"].get("labels") or {}).items()
            and p["status"].get("podIP")
            and not is_finished(p)
        ]
        early = bool(service["spec"].get("publishNotReadyAddresses"))
        pods = [p for p in running if early or not p["metadata"].get("deletionTimestamp")]
        ready = [p for p in pods if early or is_ready(p)]
        waiting = [p for p in pods if p not in ready]
        wanted = service["spec"].get("ports") or []
        ports = [
            {
                **({"name": port["name"]} if port.get("name") else {}),
                "port": number,
                "protocol": port.get("protocol", "TCP"),
            }
            for port in wanted
            if (number := _number(port, running)) is not None
        ]
        subset: dict[str, Any] = {"ports": ports}
        if ready:
            subset["addresses"] = sorted(map(_address, ready), key=lambda one: str(one["ip"]))
        if waiting:
            subset["notReadyAddresses"] = sorted(
                map(_address, waiting), key=lambda one: str(one["ip"])
            )
        headless = service["spec"].get("clusterIP") == "None"
        mark = {"service.kubernetes.io/headless": ""} if headless else {}
        self._put(
            {
                "apiVersion": "v1",
                "kind": "Endpoints",
                "metadata": {
                    "name": meta["name"],
                    "namespace": meta["namespace"],
                    **({"labels": mark} if mark else {}),
                },
                # Without a port that its pods have, such as by a misspelt name, there is none.
                "subsets": [subset] if pods and (ports or not wanted) else [],
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
                        **mark,
                    },
                    "ownerReferences": [owner_reference(service)],
                },
                "addressType": "IPv4",
                # Unlike those of Endpoints, their names are always written.
                "ports": [{"name": "", **port} for port in ports],
                "endpoints": [
                    {
                        "addresses": [p["status"]["podIP"]],
                        "conditions": {
                            "ready": p in ready,
                            "serving": is_true(p, "Ready"),
                            "terminating": "deletionTimestamp" in p["metadata"],
                        },
                        "nodeName": p["spec"]["nodeName"],
                        "targetRef": _address(p)["targetRef"],
                    }
                    for p in running
                ],
            }
        )

    def _put(self, wanted: Object) -> None:
        meta = wanted["metadata"]
        old = self.store.find(wanted["kind"], meta["name"], meta["namespace"])
        if old is None:
            self.store.create(wanted)
        else:
            known = {k: v for k, v in old["metadata"].items() if k != "resourceVersion"}
            self.store.update({**old, **wanted, "metadata": {**known, **meta}})


def _seen(pod: Object) -> tuple[Any, ...]:
    """What a Service sees of a pod."""
    meta, status = pod["metadata"], pod["status"]
    ended = bool(meta.get("deletionTimestamp"))
    return meta.get("labels"), status.get("podIP"), status.get("phase"), is_ready(pod), ended


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


def _number(port: Object, pods: list[Object]) -> int | None:
    """Of the port in the pods; None where they have none of that name and protocol."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    wanted = (target, port.get("protocol", "TCP"))
    for pod in pods:
        for container in pod["spec"].get("containers") or []:
            for own in container.get("ports") or []:
                if (own.get("name"), own.get("protocol", "TCP")) == wanted:
                    return int(own["containerPort"])
    return None if pods else int(port["port"])
