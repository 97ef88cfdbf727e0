"""Where an Ingress is reached: the addresses of traefik's own Service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.network.ingresses import ENTRY_POINTS, served
from owlab.pocket.kube.store import Change, Key

_OF_TRAEFIK = "traefik.ingress.kubernetes.io/"
_NAME, _SPACE = "traefik", "kube-system"


class IngressStatus(Controller):
    """Traefik's part that writes to the API."""

    def watches(self) -> Mapping[str, Leads]:
        return {"Ingress": itself, "IngressClass": self._of_any, "Service": self._of_service}

    def _of_any(self, change: Change) -> Iterable[Key]:
        return [self.store.key_of(found) for found in self.store.list("Ingress")]

    def _of_service(self, change: Change) -> Iterable[Key]:
        if (change.key.name, change.key.namespace) != (_NAME, _SPACE):
            return []
        return self._of_any(change)

    def reconcile(self, key: Key) -> None:
        ingress = self.store.at(key)
        if ingress is None:
            return
        service = self.store.find("Service", _NAME, _SPACE)
        if service is None or not served(self.store, ingress):
            return
        self._warn(ingress)
        balancer = (service.get("status") or {}).get("loadBalancer") or {}
        known = [
            {name: one[name] for name in ("ip", "hostname") if name in one}
            for one in balancer.get("ingress") or []
        ]
        status: Object = {"loadBalancer": {"ingress": known} if known else {}}
        self.store.set_status(ingress, status)

    def _warn(self, ingress: Object) -> None:
        """What only traefik reads is no field: it is warned of here."""
        annotations = ingress["metadata"].get("annotations") or {}
        unheeded = [n for n in annotations if n.startswith(_OF_TRAEFIK) and n != ENTRY_POINTS]
        if unheeded:
            said = f"the pocket lab's traefik does not act on {', '.join(sorted(unheeded))}"
            self.recorder.record(ingress, "Warning", "NotActedOn", said, "pocket-lab")
