"""Disruption budgets at rest: how many pods may be missing, and who may be evicted."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.pdb import DisruptionBudgets
from owlab.pocket.kube.disruption import BudgetCounts, check_budget, counts
from owlab.pocket.kube.errors import ApiError
from owlab.pocket.kube.store import Change, Key
from owlab.pocket.kube.store.entry import Entry

from .at_rest import AtRest, ago
from .plain_store import namespace, obj, pod, store_of

WEB = {"matchLabels": {"app": "web"}}
TRUE = [{"type": "Ready", "status": "True"}]
OWNER = {"kind": "ReplicaSet", "name": "web", "uid": "set", "controller": True}


def budget(name: str = "b", space: str = "default", **spec: Any) -> Object:
    spec = {"selector": WEB, **spec}
    return obj("PodDisruptionBudget", name, spec, "policy/v1", metadata={"namespace": space})


def web(number: int, ready: bool = True, phase: str = "Running", **more: Any) -> Object:
    made = pod(f"web-{number}", labels={"app": "web"}, **more)
    made["metadata"]["ownerReferences"] = [OWNER]
    made["status"] = {"phase": phase, "conditions": TRUE if ready else []}
    return made


def replica_set(replicas: int) -> Object:
    made = obj("ReplicaSet", "web", {"replicas": replicas}, "apps/v1")
    made["metadata"]["uid"] = "set"
    return made


def alone(number: int) -> Object:
    made = web(number)
    del made["metadata"]["ownerReferences"]
    return made


THREE = [replica_set(3), web(1), web(2), web(3)]


@pytest.mark.parametrize(
    ("spec", "others", "numbers"),
    [
        # Healthy, desired, allowed, expected.
        ({}, THREE, (3, 1, 2, 3)),
        ({"minAvailable": 2}, THREE, (3, 2, 1, 3)),
        ({"minAvailable": 3}, THREE, (3, 3, 0, 3)),
        ({"minAvailable": 4}, THREE, (3, 4, 0, 3)),
        ({"minAvailable": 0}, THREE, (3, 0, 3, 3)),
        ({"minAvailable": "50%"}, THREE, (3, 2, 1, 3)),
        ({"minAvailable": "34%"}, THREE, (3, 2, 1, 3)),
        ({"minAvailable": "33%"}, THREE, (3, 1, 2, 3)),
        ({"minAvailable": "100%"}, THREE, (3, 3, 0, 3)),
        ({"maxUnavailable": 1}, THREE, (3, 2, 1, 3)),
        ({"maxUnavailable": 0}, THREE, (3, 3, 0, 3)),
        ({"maxUnavailable": 9}, THREE, (3, 0, 3, 3)),
        ({"maxUnavailable": "50%"}, THREE, (3, 1, 2, 3)),
        ({"maxUnavailable": 1}, [replica_set(3), web(1), web(2)], (2, 2, 0, 3)),
        ({"maxUnavailable": 1}, [replica_set(3), web(1), web(2, ready=False)], (1, 2, 0, 3)),
        ({"maxUnavailable": 1}, [replica_set(2), web(1), web(2, phase="Failed")], (1, 1, 0, 2)),
        ({"minAvailable": 1}, [web(1), web(2)], (2, 1, 1, 2)),
        ({"minAvailable": 1}, [alone(1), alone(2)], (2, 1, 1, 2)),
        ({"minAvailable": 1}, [], (0, 1, 0, 0)),
        ({"maxUnavailable": 1}, [], (0, 0, 0, 0)),
        ({"minAvailable": 0}, [], (0, 0, 0, 0)),
        ({"minAvailable": 1, "selector": {}}, [*THREE, pod("x")], (3, 1, 2, 4)),
        ({"minAvailable": 1, "selector": None}, THREE, (0, 1, 0, 0)),
    ],
)
def test_counts_of_a_budget(
    spec: Object, others: list[Object], numbers: tuple[int, int, int, int]
) -> None:
    plane = AtRest(namespace("other"), web(9, namespace="other"), budget(**spec), *others)
    DisruptionBudgets(plane).reconcile(plane.store.key("PodDisruptionBudget", "b", "default"))
    healthy, desired, allowed, expected = numbers
    assert plane.store.get("PodDisruptionBudget", "b", "default")["status"] == {
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": allowed,
        "expectedPods": expected,
        "observedGeneration": 1,
        "conditions": [
            {
                "type": "DisruptionAllowed",
                "status": "True" if allowed else "False",
                "reason": "SufficientPods" if allowed else "InsufficientPods",
                "lastTransitionTime": ago(0),
                "observedGeneration": 1,
            }
        ],
    }


NEEDS = "The disruption budget b needs {} healthy pods and has {} currently"
TWO = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not "


@pytest.mark.parametrize(
    ("budgets", "others", "said"),
    [
        ([], [], None),
        ([budget(minAvailable=1)], [web(2)], None),
        ([budget(minAvailable=1)], [], NEEDS.format(1, 1)),
        ([budget(minAvailable=2)], [web(2)], NEEDS.format(2, 2)),
        ([budget(minAvailable=3)], [web(2)], NEEDS.format(3, 2)),
        ([budget(maxUnavailable=0)], [replica_set(2), web(2)], NEEDS.format(2, 2)),
        ([budget(minAvailable=9, selector={"matchLabels": {"app": "x"}})], [], None),
        ([budget(minAvailable=9, space="other")], [], None),
        ([budget(minAvailable=0), budget("c", minAvailable=0)], [], f"{TWO}support."),
    ],
)
def test_who_may_be_evicted(budgets: list[Object], others: list[Object], said: str | None) -> None:
    store = store_of(namespace("other"), web(1), *budgets, *others)
    if said is None:
        check_budget(store, store.get("Pod", "web-1", "default"))
        return
    with pytest.raises(ApiError) as refused:
        check_budget(store, store.get("Pod", "web-1", "default"))
    if said.startswith("This"):
        assert (refused.value.code, refused.value.message) == (500, said)
        return
    assert refused.value.code == 429
    assert refused.value.message == (
        "Cannot evict pod as it would violate the pod's disruption budget."
    )
    assert refused.value.details == {"causes": [{"reason": "DisruptionBudget", "message": said}]}


ALWAYS = {"unhealthyPodEvictionPolicy": "AlwaysAllow"}
IF = {"unhealthyPodEvictionPolicy": "IfHealthyBudget"}


@pytest.mark.parametrize(
    ("spec", "made", "others", "free"),
    [
        ({"minAvailable": 1}, web(1, phase="Pending"), [], True),
        ({"minAvailable": 1}, web(1, phase="Succeeded"), [], True),
        ({"minAvailable": 1}, web(1), [], False),
        ({"minAvailable": 1, **ALWAYS}, web(1), [], False),
        # One that is not ready goes while the others are enough, or if it always may.
        ({"minAvailable": 1}, web(1, ready=False), [web(2)], True),
        ({"minAvailable": 2}, web(1, ready=False), [web(2)], False),
        ({"minAvailable": 2, **IF}, web(1, ready=False), [web(2)], False),
        ({"minAvailable": 2, **ALWAYS}, web(1, ready=False), [web(2)], True),
        ({"maxUnavailable": "100%"}, web(1, ready=False), [], False),
        ({"maxUnavailable": "100%", **ALWAYS}, web(1, ready=False), [], True),
    ],
)
def test_who_goes_anyway(spec: Object, made: Object, others: list[Object], free: bool) -> None:
    store = store_of(budget(**spec), made, *others)
    if free:
        check_budget(store, store.get("Pod", "web-1", "default"))
        return
    with pytest.raises(ApiError):
        check_budget(store, store.get("Pod", "web-1", "default"))


def test_one_that_goes_is_not_counted_on() -> None:
    store = store_of(budget(minAvailable=1), replica_set(2), web(1), web(2))
    draft = store.draft("Pod", "web-1", "default")
    draft["metadata"]["finalizers"] = ["example.com/x"]
    store.update(draft)
    store.delete("Pod", "web-1", "default")
    assert counts(store, store.get("PodDisruptionBudget", "b", "default")) == BudgetCounts(1, 1, 2)
    with pytest.raises(ApiError):
        check_budget(store, store.get("Pod", "web-2", "default"))
    # It goes already: to ask again is no harm.
    check_budget(store, store.get("Pod", "web-1", "default"))


def changed(new: Object, old: Object | None = None) -> Change:
    key = Key("apps" if new["kind"] != "Pod" else "", new["kind"], "default", "web")
    return Change(1, "", key, Entry.of(new), None if old is None else Entry.of(old))


@pytest.mark.parametrize(
    ("new", "old", "names"),
    [
        (web(1), None, ["b", "every"]),
        (web(1), web(1), ["b", "every"]),
        (pod("x"), None, ["every"]),
        (replica_set(1), None, ["b", "every"]),
        (replica_set(2), replica_set(1), ["b", "every"]),
        (replica_set(1), replica_set(1), []),
        ({**replica_set(2), "kind": "Deployment"}, None, ["b", "every"]),
        ({**replica_set(2), "kind": "StatefulSet"}, None, ["b", "every"]),
        ({**replica_set(2), "kind": "ReplicationController"}, None, ["b", "every"]),
    ],
)
def test_what_leads_to_budgets(new: Object, old: Object | None, names: list[str]) -> None:
    plane = AtRest(
        namespace("other"), budget(), budget("every", selector={}), budget("far", "other")
    )
    leads = DisruptionBudgets(plane).watches()[new["kind"]]
    assert sorted(key.name for key in leads(changed(new, old))) == names
