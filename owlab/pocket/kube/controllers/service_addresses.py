"""IPAddresses: which Service has which cluster address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.store import Change, Key

_GROUP, _KIND = "networking.k8s.io", "IPAddress"
_MANAGER = {
    "ipaddress.kubernetes.io/ip-family": "IPv4",
    "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
}


class ServiceAddresses(Controller):
    """Keeps an IPAddress for each address of a Service."""

    def watches(self) -> Mapping[str, Leads]:
        return {"Service": self._of_service, _KIND: itself}

    @staticmethod
    def _of_service(change: Change) -> Iterable[Key]:
        for obj in (change.obj, change.old):
            for address in _addresses(obj or {}):
                yield Key(_GROUP, _KIND, "", address)

    def reconcile(self, key: Key) -> None:
        owner = next((s for s in self.store.list("Service") if key.name in _addresses(s)), None)
        known = self.store.at(key)
        if owner is None:
            if known is not None:
                self.store.remove(_KIND, key.name)
            return
        meta = owner["metadata"]
        parent = {
            "group": "",
            "resource": "services",
            "namespace": meta["namespace"],
            "name": meta["name"],
        }
        if known is None:
            address: Object = {
                "apiVersion": f"{_GROUP}/v1",
                "kind": _KIND,
                "metadata": {"name": key.name, "labels": dict(_MANAGER)},
                "spec": {"parentRef": parent},
            }
            self.store.create(address)
        elif known["spec"].get("parentRef") != parent:
            self.store.update({**known, "spec": {"parentRef": parent}})


def _addresses(service: Object) -> list[str]:
    spec = service.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return []
    found = spec.get("clusterIPs") or [spec.get("clusterIP")]
    return [address for address in found if address and address != "None"]
