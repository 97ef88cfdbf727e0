"""K3s' ServiceLB: a LoadBalancer's ports are opened on the nodes by pods of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.object_state import is_ready
from owlab.pocket.kube.store import Change, Key

_SPACE = "kube-system"
_IMAGE = "rancher/klipper-lb:v0.4.13"
_NAME, _NAMESPACE = (
    "svccontroller.k3s.cattle.io/svcname",
    "svccontroller.k3s.cattle.io/svcnamespace",
)
_CLASS = "io.cattle.kube-system.servicelb"
NODE_ARGS = "k3s.io/node-args"
"""Annotation in which K3s says with what a node was started."""


class ServiceLB(Controller):
    """Gives LoadBalancer Services the addresses of the nodes that listen for them."""

    def watches(self) -> Mapping[str, Leads]:
        return {"Service": itself, "Pod": self._of_pod, "Node": self._of_node}

    def _of_pod(self, change: Change) -> list[Key]:
        labels = change.obj["metadata"].get("labels") or {}
        if change.key.namespace != _SPACE or _NAME not in labels:
            return []
        return [self.store.key("Service", labels[_NAME], labels[_NAMESPACE])]

    def _of_node(self, change: Change) -> list[Key]:
        old = change.old
        if old is not None and old["status"].get("addresses") == change.obj["status"].get(
            "addresses"
        ):
            return []
        services = self.store.list("Service")
        return [self.store.key_of(s) for s in services if s["spec"].get("type") == "LoadBalancer"]

    def reconcile(self, key: Key) -> None:
        service = self.store.at(key)
        if service is None or not self._serves(service):
            self._remove(key)
            return
        name = _daemon_name(service)
        daemon = self.store.find("DaemonSet", name, _SPACE)
        wanted = _daemon(service, name)
        if daemon is None:
            self.plane.admit(wanted)
        elif _ports(daemon) != _ports(wanted):
            spec = {**daemon["spec"], "template": wanted["spec"]["template"]}
            self.store.update({**daemon, "spec": spec})
        self._tell(key, service)

    def _serves(self, service: Object) -> bool:
        spec = service["spec"]
        return bool(
            spec.get("type") == "LoadBalancer"
            and not service["metadata"].get("deletionTimestamp")
            and spec.get("loadBalancerClass") in (None, _CLASS)
            and not self._is_disabled()
        )

    def _is_disabled(self) -> bool:
        """Some server was started with ``--disable servicelb``."""
        for node in self.store.list("Node"):
            text = (node["metadata"].get("annotations") or {}).get(NODE_ARGS, "[]")
            words = json.loads(text)
            for index, word in enumerate(words):
                flag, _, value = str(word).partition("=")
                if flag == "--disable":
                    value = value or str((words[index + 1 :] or [""])[0])
                    if "servicelb" in value.split(","):
                        return True
        return False

    def _remove(self, key: Key) -> None:
        """A Service that is none any more leaves nothing behind."""
        for daemon in self.store.list("DaemonSet", _SPACE):
            labels = daemon["metadata"].get("labels") or {}
            if (labels.get(_NAMESPACE), labels.get(_NAME)) == (key.namespace, key.name):
                self.store.delete("DaemonSet", daemon["metadata"]["name"], _SPACE)

    def _tell(self, key: Key, service: Object) -> None:
        nodes = {
            pod["spec"]["nodeName"]
            for pod in self.store.list("Pod", _SPACE)
            if (pod["metadata"].get("labels") or {}).get(_NAME) == key.name
            and (pod["metadata"].get("labels") or {}).get(_NAMESPACE) == key.namespace
            and is_ready(pod)
        }
        ingress = [
            {"ip": address, "ipMode": "VIP"} for address in sorted(map(self._address, nodes))
        ]
        balancer = {"ingress": ingress} if ingress else {}
        self.store.set_status(service, {**(service.get("status") or {}), "loadBalancer": balancer})

    def _address(self, name: str) -> str:
        node = self.store.find("Node", name) or {"status": {}}
        found = node["status"].get("addresses") or ()
        return next((a["address"] for a in found if a["type"] == "InternalIP"), "")


def _daemon_name(service: Object) -> str:
    return f"svclb-{service['metadata']['name']}-{service['metadata']['uid'][:8]}"


def _ports(daemon: Object) -> list[tuple[int, str]]:
    containers = daemon["spec"]["template"]["spec"]["containers"]
    return [(c["ports"][0]["hostPort"], c["ports"][0]["protocol"]) for c in containers]


def _daemon(service: Object, name: str) -> Object:
    meta, spec = service["metadata"], service["spec"]
    labels = {"app": name, _NAME: meta["name"], _NAMESPACE: meta["namespace"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": name,
            "namespace": _SPACE,
            "labels": {**labels, "objectset.rio.cattle.io/hash": meta["uid"][:8]},
        },
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "automountServiceAccountToken": False,
                    "tolerations": [
                        {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"},
                        {"key": "CriticalAddonsOnly", "operator": "Exists"},
                    ],
                    "containers": [_container(port) for port in spec.get("ports") or ()],
                },
            },
        },
    }


def _container(port: Object) -> Object:
    protocol = port.get("protocol", "TCP")
    name = f"lb-{protocol.lower()}-{port['port']}"
    opened = {
        "name": name,
        "containerPort": port["port"],
        "hostPort": port["port"],
        "protocol": protocol,
    }
    return {"name": name, "image": _IMAGE, "ports": [opened]}
