"""The status of containers and of the pod that they make together."""

from __future__ import annotations

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import is_true, with_condition

FIELDS = {
    "initContainers": "initContainerStatuses",
    "containers": "containerStatuses",
    "ephemeralContainers": "ephemeralContainerStatuses",
}


def container_statuses(pod: Object, field: str, waiting: str) -> list[Object]:
    """The status entries of a pod's containers, made where there are none."""
    name = FIELDS[field]
    known = {s["name"]: s for s in pod["status"].get(name) or ()}
    found = [
        known.get(c["name"])
        or {
            "name": c["name"],
            "image": c.get("image", ""),
            "imageID": "",
            "ready": False,
            "started": False,
            "restartCount": 0,
            "state": {"waiting": {"reason": waiting}},
            "lastState": {},
        }
        for c in pod["spec"].get(field) or ()
    ]
    if found:
        pod["status"][name] = found
    return found


def terminated(status: Object, code: int, reason: str, now: str, message: str = "") -> None:
    """A container has ended."""
    started = (status["state"].get("running") or {}).get("startedAt", now)
    status["ready"] = False
    status["started"] = False
    status["state"] = {
        "terminated": {
            "exitCode": code,
            "reason": reason,
            **({"message": message} if message else {}),
            "startedAt": started,
            "finishedAt": now,
            **({"containerID": status["containerID"]} if "containerID" in status else {}),
        }
    }


def is_sidecar(container: Object) -> bool:
    """An init container that goes on beside the others."""
    return bool(container.get("restartPolicy") == "Always")


def summarize(pod: Object, clock: Clock) -> None:
    """Phase and conditions, from the containers' statuses, in place."""
    spec, status = pod["spec"], pod["status"]
    now = clock.timestamp()
    mains = status.get("containerStatuses") or []
    inits = list(
        zip(
            spec.get("initContainers") or [],
            status.get("initContainerStatuses") or [],
            strict=False,
        )
    )
    initialized = len(inits) == len(spec.get("initContainers") or []) and all(
        _has_started(status_) if is_sidecar(container) else _succeeded(status_)
        for container, status_ in inits
    )
    status["phase"] = _phase(spec, mains, inits)
    waiting = [s["name"] for s in mains if not s["ready"]]
    sidecars = [s["name"] for c, s in inits if is_sidecar(c) and not s["ready"]]
    ready = bool(mains) and not waiting and not sidecars
    ended = status["phase"] in ("Succeeded", "Failed")
    reason = "PodCompleted" if status["phase"] == "Succeeded" else "ContainersNotReady"
    unready = f"containers with unready status: [{' '.join([*sidecars, *waiting])}]"
    why = ("", "") if ready else (reason, "" if reason == "PodCompleted" else unready)
    gated = why
    missing = [
        g["conditionType"]
        for g in spec.get("readinessGates") or ()
        if not is_true(pod, g["conditionType"])
    ]
    if ready and missing:
        said = f'the status of pod readiness gate "{missing[0]}" is not "True", but False'
        gated = ("ReadinessGatesNotReady", said)
    passed = ready and not missing
    incomplete = [c["name"] for c, s in inits if not _succeeded(s) and not s["started"]]
    told = (
        ("", "")
        if initialized
        else (
            "ContainersNotInitialized",
            f"containers with incomplete status: [{' '.join(incomplete)}]",
        )
    )
    new = status
    for kind, value, (because, message) in (
        ("PodReadyToStartContainers", bool(status.get("podIP")) and not ended, ("", "")),
        ("Initialized", initialized, told),
        ("Ready", passed, gated),
        ("ContainersReady", ready, why),
        ("PodScheduled", True, ("", "")),
    ):
        new = with_condition(new, kind, str(value), now, because, message)
    status["conditions"] = sorted(new["conditions"], key=_place)


_ORDER = (
    *("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"),
)
"""Of a kubelet's conditions; those of others come first."""


def _place(condition: Object) -> int:
    return _ORDER.index(condition["type"]) if condition["type"] in _ORDER else -1


def _phase(spec: Object, mains: list[Object], inits: list[tuple[Object, Object]]) -> str:
    policy = spec.get("restartPolicy", "Always")
    for container, init in inits:
        ended = init["state"].get("terminated")
        if ended and ended["exitCode"] and policy == "Never" and not is_sidecar(container):
            return "Failed"
    helped = any(is_sidecar(container) and "running" in s["state"] for container, s in inits)
    if mains_are_over(spec, mains) and not helped:
        codes = [s["state"]["terminated"]["exitCode"] for s in mains]
        return "Failed" if any(codes) else "Succeeded"
    begun = any(
        "running" in s["state"] or s["restartCount"] or "terminated" in s["state"] for s in mains
    )
    return "Running" if begun else "Pending"


def mains_are_over(spec: Object, mains: list[Object]) -> bool:
    """All have ended, and none is started again."""
    codes = [s["state"]["terminated"]["exitCode"] for s in mains if "terminated" in s["state"]]
    policy = spec.get("restartPolicy", "Always")
    over = policy == "Never" or (policy == "OnFailure" and not any(codes))
    return bool(mains) and len(codes) == len(mains) and over


def _has_started(status: Object) -> bool:
    """Now, or before it ended."""
    return bool(status["started"]) or "terminated" in status["state"]


def _succeeded(status: Object) -> bool:
    ended = status["state"].get("terminated")
    return ended is not None and ended["exitCode"] == 0
