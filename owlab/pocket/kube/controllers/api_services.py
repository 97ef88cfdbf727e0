"""APIServices: one for each group that custom kinds bring, and whether those of others answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import with_condition
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.standard_objects import api_service
from owlab.pocket.kube.store import Change, Key

_GROUP, _KIND = "apiregistration.k8s.io", "APIService"
_OURS = "kube-aggregator.kubernetes.io/automanaged"


class ApiServices(Controller):
    """What the aggregator of the API server does."""

    def watches(self) -> Mapping[str, Leads]:
        return {
            _KIND: itself,
            "CustomResourceDefinition": self._of_definition,
            "Endpoints": self._of_endpoints,
        }

    @staticmethod
    def _of_definition(change: Change) -> Iterable[Key]:
        for obj in (change.obj, change.old):
            for version in ((obj or {}).get("spec") or {}).get("versions") or ():
                group = (obj or {})["spec"]["group"]
                yield Key(_GROUP, _KIND, "", f"{version.get('name')}.{group}")

    def _of_endpoints(self, change: Change) -> Iterable[Key]:
        for found in self.store.list(_KIND):
            service = found["spec"].get("service") or {}
            if (service.get("name"), service.get("namespace")) == (
                change.key.name,
                change.key.namespace,
            ):
                yield self.store.key_of(found)

    def reconcile(self, key: Key) -> None:
        known = self.store.at(key)
        version, _, group = key.name.partition(".")
        served = any(k.group == group and k.version == version for k in self.store.registry.all())
        if known is None:
            if served and group:
                self.store.create(api_service(group, version))
            return
        labels = known["metadata"].get("labels") or {}
        if not served and _OURS in labels:
            self.store.remove(_KIND, key.name)
            return
        value, reason, message = self._availability(known)
        now = self.clock.timestamp()
        status = known.get("status") or {}
        new = with_condition(status, "Available", value, now, reason, message)
        self.store.set_status(known, new)

    def _availability(self, found: Object) -> tuple[str, str, str]:
        service = found["spec"].get("service")
        if not service:
            return "True", "Local", "Local APIServices are always available"
        name, space = service["name"], service["namespace"]
        if self.store.find("Service", name, space) is None:
            return "False", "ServiceNotFound", f'service/{name} in "{space}" is not present'
        endpoints = self.store.find("Endpoints", name, space) or {}
        if not any(subset.get("addresses") for subset in endpoints.get("subsets") or []):
            said = f'endpoints for service/{name} in "{space}" have no addresses with port name ""'
            return "False", "MissingEndpoints", said
        return "True", "Passed", "all checks passed"
