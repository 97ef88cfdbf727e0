"""Disruption budgets: whether a pod may be evicted now."""

from __future__ import annotations

from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.errors import ApiError, TooManyRequests
from owlab.pocket.kube.object_state import is_finished, is_ready
from owlab.pocket.kube.shares import share
from owlab.pocket.kube.store import Store


def check_budget(store: Store, pod: Object) -> None:
    """Raise TooManyRequests when a budget would be broken without the pod."""
    meta = pod["metadata"]
    if pod["status"].get("phase") != "Running" or meta.get("deletionTimestamp"):
        return
    budgets = [
        budget
        for budget in store.list("PodDisruptionBudget", meta["namespace"])
        if selectors.from_object(budget["spec"].get("selector"))(meta.get("labels") or {})
    ]
    if len(budgets) > 1:
        raise ApiError(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does "
            "not support."
        )
    for budget in budgets:
        found = counts(store, budget)
        if _needs_none(budget, pod, found):
            continue
        if not found.allowed:
            name = budget["metadata"]["name"]
            raise TooManyRequests(
                "Cannot evict pod as it would violate the pod's disruption budget.",
                {
                    "causes": [
                        {
                            "reason": "DisruptionBudget",
                            "message": f"The disruption budget {name} needs {found.desired} "
                            f"healthy pods and has {found.healthy} currently",
                        }
                    ]
                },
            )


def _needs_none(budget: Object, pod: Object, found: BudgetCounts) -> bool:
    """The pod is not healthy, and the budget lets such a pod go without being asked."""
    if is_ready(pod):
        return False
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    return found.healthy >= found.desired > 0


@dataclass(frozen=True)
class BudgetCounts:
    """Of the pods of a budget: how many are healthy, should be, and are wanted at all."""

    healthy: int
    desired: int
    expected: int

    @property
    def allowed(self) -> int:
        """How many may be evicted now."""
        return max(self.healthy - self.desired, 0) if self.expected else 0


def counts(store: Store, budget: Object) -> BudgetCounts:
    """How many of a budget's pods are healthy, and how many it wants to be."""
    matches = selectors.from_object(budget["spec"].get("selector"))
    pods = [
        pod
        for pod in store.list("Pod", budget["metadata"]["namespace"])
        if matches(pod["metadata"].get("labels") or {}) and not is_finished(pod)
    ]
    expected = _expected(store, pods)
    spec = budget["spec"]
    if "maxUnavailable" in spec:
        desired = expected - share(spec["maxUnavailable"], expected)
    else:
        desired = share(spec.get("minAvailable", 1), expected)
    # One that goes is none to count on, though it still answers.
    healthy = [p for p in pods if is_ready(p) and not p["metadata"].get("deletionTimestamp")]
    return BudgetCounts(len(healthy), max(0, desired), expected)


def _expected(store: Store, pods: list[Object]) -> int:
    """What the pods' controllers want, not what there is: a lost pod counts as missing."""
    owners: dict[str, int] = {}
    for pod in pods:
        uid, size = str(pod["metadata"]["uid"]), 1
        for reference in pod["metadata"].get("ownerReferences") or []:
            owner = store.by_uid(str(reference["uid"]))
            if reference.get("controller") and owner and "replicas" in (owner.get("spec") or {}):
                uid, size = str(reference["uid"]), int(owner["spec"]["replicas"])
        owners[uid] = size
    return sum(owners.values())
