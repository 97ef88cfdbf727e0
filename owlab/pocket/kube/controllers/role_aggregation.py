"""ClusterRoles that are made of others: their rules are those of all that a label names."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.store import Change, Key


class RoleAggregation(Controller):
    """Keeps the rules of ClusterRoles with an ``aggregationRule``."""

    def watches(self) -> Mapping[str, Leads]:
        return {"ClusterRole": self._of_role}

    def _of_role(self, change: Change) -> list[Key]:
        """Whichever role changed: those that may be made of it."""
        roles = self.store.list("ClusterRole")
        return [self.store.key_of(role) for role in roles if role.get("aggregationRule")]

    def reconcile(self, key: Key) -> None:
        role = self.store.at(key)
        if role is None or not role.get("aggregationRule"):
            return
        rules: list[Object] = []
        for selector in role["aggregationRule"].get("clusterRoleSelectors") or ():
            chosen = selectors.from_object(selector)
            for other in self.store.list("ClusterRole"):
                if other["metadata"]["name"] == key.name:
                    continue
                if chosen(other["metadata"].get("labels") or {}):
                    rules += [rule for rule in other.get("rules") or () if rule not in rules]
        if role.get("rules") != rules:
            self.store.update({**role, "rules": rules})
