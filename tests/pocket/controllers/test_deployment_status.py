"""What the status of a Deployment says of its ReplicaSets, and for how long it waits for them."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition
from owlab.pocket.kube.controllers.deployment_status import seconds_to_deadline, status_of

from .at_rest import NOW, ago

BEFORE = ago(1000)


class StillClock(Clock):
    def now(self) -> Any:
        return NOW

    def timestamp(self) -> str:
        return ago(0)


CLOCK = StillClock("real")


def replicas(name: str = "new", there: int = 0, ready: int = 0, available: int = 0) -> Object:
    counts = {"replicas": there, "readyReplicas": ready, "availableReplicas": available}
    return {"metadata": {"name": name}, "status": counts}


def deployment(wanted: int = 4, status: Object | None = None, **spec: Any) -> Object:
    return {
        "metadata": {"name": "web", "generation": 3},
        "spec": {"replicas": wanted, **spec},
        "status": status or {},
    }


def progress(reason: str, value: str = "True", since: float = 1000, name: str = "new") -> Object:
    return {
        "type": "Progressing",
        "status": value,
        "reason": reason,
        "message": f'ReplicaSet "{name}" is something.',
        "lastUpdateTime": ago(since),
        "lastTransitionTime": BEFORE,
    }


def told(status: Object, kind: str) -> tuple[str, str, str]:
    found = condition({"status": status}, kind)
    assert found is not None
    return found["status"], found["reason"], found["message"]


COUNTS: dict[str, Any] = {
    "replicas": 4, "updatedReplicas": 4, "readyReplicas": 2, "availableReplicas": 2,
    "unavailableReplicas": 2,
}  # fmt: skip


def test_counts() -> None:
    new, old = replicas("new", 2, 1, 1), replicas("old", 3, 3, 2)
    before = {"replicas": 9, "unavailableReplicas": 9, "collisionCount": 1}
    status = status_of(deployment(status=before), [old, new], new, CLOCK)
    del status["conditions"]
    assert status == {
        "replicas": 5, "updatedReplicas": 2, "readyReplicas": 4, "availableReplicas": 3,
        "unavailableReplicas": 2, "collisionCount": 1, "observedGeneration": 3,
    }  # fmt: skip
    all_there = replicas("new", 4, 4, 4)
    assert "unavailableReplicas" not in status_of(deployment(), [all_there], all_there, CLOCK)
    few = status_of(deployment(), [replicas("new", 1, 1, 1)], None, CLOCK)
    assert few["unavailableReplicas"] == 3 and "updatedReplicas" not in few


@pytest.mark.parametrize(("available", "enough"), [(4, True), (3, True), (2, False), (0, False)])
def test_whether_enough_are_available(available: int, enough: bool) -> None:
    new = replicas("new", 4, 4, available)
    reason = "MinimumReplicas" + ("Available" if enough else "Unavailable")
    known = {
        "type": "Available",
        "status": str(enough),
        "reason": reason,
        "lastUpdateTime": BEFORE,
        "lastTransitionTime": BEFORE,
    }
    said = f"Deployment {'has' if enough else 'does not have'} minimum availability."
    for before, since in (({}, ago(0)), ({"conditions": [known]}, BEFORE)):
        status = status_of(deployment(status=before), [new], new, CLOCK)
        assert told(status, "Available") == (str(enough), reason, said)
        found = condition({"status": status}, "Available")
        assert found is not None and found["lastUpdateTime"] == since


NEW = 'ReplicaSet "new"'
LATE = ("False", "ProgressDeadlineExceeded", f"{NEW} has timed out progressing.")
MOVES = ("True", "ReplicaSetUpdated", f"{NEW} is progressing.")
OVER = ("True", "NewReplicaSetAvailable", f"{NEW} has successfully progressed.")
SAME = ("True", "ReplicaSetUpdated", f"{NEW} is something.")
PAUSED = ("Unknown", "DeploymentPaused", "Deployment is paused")
LIMIT = {"progressDeadlineSeconds": 600}


@pytest.mark.parametrize(
    ("before", "counts", "spec", "said", "updated"),
    [
        (None, (4, 2, 2), {}, MOVES, 0),
        (None, (4, 4, 4), {}, OVER, 0),
        (None, (3, 3, 3), {}, MOVES, 0),
        (progress("ReplicaSetUpdated"), (4, 4, 4), {}, OVER, 0),
        (progress("ReplicaSetUpdated"), (4, 3, 2), {}, MOVES, 0),
        (progress("ReplicaSetUpdated"), (4, 2, 2), {}, SAME, 1000),
        (progress("ReplicaSetUpdated"), (4, 2, 2), LIMIT, LATE, 0),
        (progress("ReplicaSetUpdated", since=600), (4, 2, 2), LIMIT, LATE, 0),
        (progress("ReplicaSetUpdated", since=599), (4, 2, 2), LIMIT, SAME, 599),
        (progress("ProgressDeadlineExceeded", "False"), (4, 2, 2), LIMIT, LATE, 1000),
        (progress("ProgressDeadlineExceeded", "False"), (4, 3, 3), LIMIT, MOVES, 0),
        (progress("ProgressDeadlineExceeded", "False"), (4, 4, 4), LIMIT, OVER, 0),
        (progress("DeploymentPaused", "Unknown"), (4, 2, 2), LIMIT, MOVES, 0),
        (progress("ReplicaSetUpdated"), (4, 2, 2), {"paused": True}, PAUSED, 0),
        (progress("DeploymentPaused", "Unknown"), (4, 2, 2), {"paused": True}, PAUSED, 0),
        (
            progress("NewReplicaSetAvailable"), (4, 2, 2), LIMIT,
            ("True", "NewReplicaSetAvailable", f"{NEW} is something."), 1000,
        ),
        (progress("NewReplicaSetAvailable", name="old"), (4, 3, 3), LIMIT, MOVES, 0),
        (progress("NewReplicaSetAvailable", name="old"), (4, 2, 2), LIMIT, LATE, 0),
    ],
)  # fmt: skip
def test_whether_it_moves_on(
    before: Object | None, counts: tuple[int, int, int], spec: Object,
    said: tuple[str, str, str], updated: float,
) -> None:  # fmt: skip
    new = replicas("new", *counts)
    known = {**COUNTS, "conditions": [before]} if before else COUNTS
    status = status_of(deployment(status=known, **spec), [new], new, CLOCK)
    assert told(status, "Progressing") == said
    found = condition({"status": status}, "Progressing")
    assert found is not None and found["lastUpdateTime"] == ago(updated)


def test_before_it_has_a_replica_set_nothing_is_said() -> None:
    status = status_of(deployment(), [], None, CLOCK)
    assert condition({"status": status}, "Progressing") is None


def test_pods_that_cannot_be_made_are_told_of() -> None:
    def refused(name: str) -> Object:
        failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
                   "message": f"{name} is forbidden", "lastTransitionTime": BEFORE}  # fmt: skip
        one = replicas(name)
        return {**one, "status": {**one["status"], "conditions": [failure]}}

    new, old = refused("new"), refused("old")
    status = status_of(deployment(), [old, new], new, CLOCK)
    assert told(status, "ReplicaFailure") == ("True", "FailedCreate", "new is forbidden")
    found = condition({"status": status}, "ReplicaFailure")
    assert found is not None and found["lastUpdateTime"] == BEFORE
    assert told(status_of(deployment(), [old], None, CLOCK), "ReplicaFailure")[2] == (
        "old is forbidden"
    )
    again = status_of(deployment(status=status), [replicas("new")], replicas("new"), CLOCK)
    assert condition({"status": again}, "ReplicaFailure") is None


@pytest.mark.parametrize(
    ("spec", "known", "seconds"),
    [
        (LIMIT, progress("ReplicaSetUpdated", since=100), 500),
        (LIMIT, progress("ReplicaSetUpdated", since=600), 0),
        (LIMIT, progress("ReplicaSetUpdated", since=900), 0),
        (LIMIT, progress("NewReplicaSetAvailable", since=100), None),
        (LIMIT, None, None),
        ({}, progress("ReplicaSetUpdated", since=100), None),
    ],
)
def test_when_it_is_late(spec: Object, known: Object | None, seconds: float | None) -> None:
    status = {"conditions": [known]} if known else {}
    assert seconds_to_deadline(deployment(**spec), status, CLOCK) == seconds
