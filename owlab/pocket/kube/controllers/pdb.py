"""PodDisruptionBudgets: how many pods may be missing now."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.kube import selectors
from owlab.pocket.kube.conditions import with_condition
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.disruption import counts
from owlab.pocket.kube.store import Change, Key


class DisruptionBudgets(Controller):
    """Keeps the status of every budget."""

    def watches(self) -> Mapping[str, Leads]:
        owners = dict.fromkeys(
            ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController"), self._of_owner
        )
        return {"PodDisruptionBudget": itself, "Pod": self._of_pod, **owners}

    def _of_pod(self, change: Change) -> list[Key]:
        labels = change.obj["metadata"].get("labels") or {}
        return [
            self.store.key_of(budget)
            for budget in self.store.list("PodDisruptionBudget", change.key.namespace)
            if selectors.from_object(budget["spec"].get("selector"))(labels)
        ]

    def _of_owner(self, change: Change) -> list[Key]:
        if change.old is not None and change.old["spec"] == change.obj["spec"]:
            return []
        budgets = self.store.list("PodDisruptionBudget", change.key.namespace)
        return [self.store.key_of(budget) for budget in budgets]

    def reconcile(self, key: Key) -> None:
        budget = self.store.at(key)
        if budget is None:
            return
        found = counts(self.store, budget)
        status = {
            **(budget.get("status") or {}),
            "currentHealthy": found.healthy,
            "desiredHealthy": found.desired,
            "disruptionsAllowed": found.allowed,
            "expectedPods": found.expected,
            "observedGeneration": budget["metadata"]["generation"],
        }
        reason = "SufficientPods" if found.allowed else "InsufficientPods"
        now = self.clock.timestamp()
        status = with_condition(
            status,
            "DisruptionAllowed",
            str(bool(found.allowed)),
            now,
            reason,
            observedGeneration=budget["metadata"]["generation"],
        )
        self.store.set_status(budget, status)
