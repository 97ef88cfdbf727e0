"""What a Deployment's status says: its counts, and whether it is available and moves on."""

from __future__ import annotations

from datetime import datetime

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition, with_condition, without_condition
from owlab.pocket.kube.controllers.replicas import counted
from owlab.pocket.kube.controllers.rollout import RolloutLimits

_LATE = "ProgressDeadlineExceeded"


def status_of(
    deployment: Object, sets: list[Object], current: Object | None, clock: Clock
) -> Object:
    """The status that follows from the ReplicaSets.

    :param current: the one with the present template, if there is one already.
    """
    spec, before = deployment["spec"], deployment.get("status") or {}
    wanted = int(spec["replicas"])

    def total(name: str) -> int:
        return sum(int((s.get("status") or {}).get(name, 0)) for s in sets)

    available = total("availableReplicas")
    status = counted(
        before,
        {
            "replicas": total("replicas"),
            "updatedReplicas": int((current or {}).get("status", {}).get("replicas", 0)),
            "readyReplicas": total("readyReplicas"),
            "availableReplicas": available,
            "unavailableReplicas": max(max(total("replicas"), wanted) - available, 0),
        },
    )
    status["observedGeneration"] = deployment["metadata"]["generation"]
    now = clock.timestamp()
    status = _with_available(status, available >= wanted - RolloutLimits.of(spec).unavailable, now)
    status = _with_failure(status, [s for s in (current, *sets) if s is not None], now)
    return _with_progressing(deployment, before, status, current, clock)


def _with_failure(status: Object, sets: list[Object], now: str) -> Object:
    """That pods cannot be made stands in the Deployment too; the present template's comes first."""
    failures = (condition(replicas, "ReplicaFailure") for replicas in sets)
    found = next((failure for failure in failures if failure is not None), None)
    if found is None:
        return without_condition(status, "ReplicaFailure")
    return with_condition(
        status,
        "ReplicaFailure",
        "True",
        now,
        found["reason"],
        found["message"],
        lastUpdateTime=found["lastTransitionTime"],
    )


def _with_available(status: Object, enough: bool, now: str) -> Object:
    reason = "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable"
    said = "has" if enough else "does not have"
    return with_condition(
        status,
        "Available",
        str(enough),
        now,
        reason,
        f"Deployment {said} minimum availability.",
        lastUpdateTime=_updated(status, "Available", reason, now),
    )


def _with_progressing(
    deployment: Object, before: Object, status: Object, current: Object | None, clock: Clock
) -> Object:
    spec, now = deployment["spec"], clock.timestamp()
    known = condition({"status": before}, "Progressing") or {}
    was = known.get("reason")
    moved = not known or _counts(before) != _counts(status) or was == "DeploymentPaused"
    if spec.get("paused"):
        value, reason, said = "Unknown", "DeploymentPaused", "Deployment is paused"
    elif current is None:
        return status
    else:
        name = f'ReplicaSet "{current["metadata"]["name"]}"'
        done = _is_done(int(spec["replicas"]), status)
        if done:
            value, reason = "True", "NewReplicaSetAvailable"
            said = f"{name} has successfully progressed."
        elif was == "NewReplicaSetAvailable" and name in known["message"]:
            # It was rolled out before: pods that fail later are no roll-out that is late.
            return status
        elif moved:
            value, reason, said = "True", "ReplicaSetUpdated", f"{name} is progressing."
        elif was == _LATE or _is_late(spec, known, clock):
            value, reason, said = "False", _LATE, f"{name} has timed out progressing."
        else:
            return status
    updated = now if moved or reason != was else known["lastUpdateTime"]
    return with_condition(status, "Progressing", value, now, reason, said, lastUpdateTime=updated)


def _is_done(wanted: int, status: Object) -> bool:
    return bool(
        status.get("updatedReplicas", 0) == wanted
        and status.get("replicas", 0) == wanted
        and status.get("availableReplicas", 0) >= wanted
    )


def _updated(status: Object, kind: str, reason: str, now: str) -> str:
    known = condition({"status": status}, kind)
    return str(known["lastUpdateTime"]) if known and known.get("reason") == reason else now


def _counts(status: Object) -> tuple[int, ...]:
    names = ("updatedReplicas", "readyReplicas", "availableReplicas", "replicas")
    return tuple(int(status.get(name, 0)) for name in names)


def _is_late(spec: Object, known: Object, clock: Clock) -> bool:
    limit = spec.get("progressDeadlineSeconds")
    if not limit or known["status"] != "True":
        return False
    return _waited(known, clock) >= clock.limit(limit)


def seconds_to_deadline(deployment: Object, status: Object, clock: Clock) -> float | None:
    """When to look whether a roll-out has stopped moving; None if there is nothing to wait for."""
    limit = deployment["spec"].get("progressDeadlineSeconds")
    known = condition({"status": status}, "Progressing")
    if not limit or known is None or known.get("reason") != "ReplicaSetUpdated":
        return None
    return max(clock.limit(limit) - _waited(known, clock), 0.0)


def _waited(known: Object, clock: Clock) -> float:
    since = datetime.fromisoformat(known["lastUpdateTime"])
    return (clock.now() - since).total_seconds()
