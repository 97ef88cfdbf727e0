"""ResourceQuotas: their status says what the namespace uses."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.kube.controllers.control_plane import EVERY_KIND
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.quota import used, written
from owlab.pocket.kube.store import Change, Key


class ResourceQuotas(Controller):
    """Counts what quotas limit, after every change in a namespace that has one."""

    def watches(self) -> Mapping[str, Leads]:
        return {EVERY_KIND: self._of_any}

    def _of_any(self, change: Change) -> list[Key]:
        key = change.key
        if not key.namespace or (key.kind == "Event" and not key.group):
            return []
        if change.old is not None and change.event != "DELETED" and _same(change):
            return []
        quotas = self.store.list("ResourceQuota", key.namespace)
        return [self.store.key_of(quota) for quota in quotas]

    def reconcile(self, key: Key) -> None:
        quota = self.store.at(key)
        if quota is None:
            return
        hard = dict(quota["spec"].get("hard") or {})
        now = {name: written(name, amount) for name, amount in used(self.store, quota).items()}
        self.store.set_status(quota, {**(quota.get("status") or {}), "hard": hard, "used": now})


def _same(change: Change) -> bool:
    """Nothing that a quota counts is different."""
    old, new = change.old or {}, change.obj
    phases = [(obj.get("status") or {}).get("phase") for obj in (old, new)]
    return old.get("spec") == new.get("spec") and phases[0] == phases[1]
