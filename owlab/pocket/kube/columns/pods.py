"""The columns of pods."""

from __future__ import annotations

from collections.abc import Iterable

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.columns.cells import AGE, NAME, Column, age, at, col, wide
from owlab.pocket.kube.conditions import condition, is_true


def _containers(obj: Object) -> list[Object]:
    return list(obj.get("status", {}).get("containerStatuses") or [])


def _inits(obj: Object) -> list[Object]:
    return list(obj.get("status", {}).get("initContainerStatuses") or [])


def _sidecars(obj: Object) -> list[str]:
    """The names of the init containers that go on beside the others."""
    inits = obj["spec"].get("initContainers") or []
    return [c["name"] for c in inits if c.get("restartPolicy") == "Always"]


def _initializing(obj: Object) -> str:
    """What the first init container that is not over does, or nothing."""
    sidecars = _sidecars(obj)
    for index, container in enumerate(_inits(obj)):
        state = container.get("state", {})
        ended, waiting = state.get("terminated"), state.get("waiting") or {}
        if ended and ended.get("exitCode", 0) == 0:
            continue
        if container["name"] in sidecars and container.get("started"):
            continue
        if ended:
            return f"Init:{_ended(ended)}"
        if waiting.get("reason") not in (None, "PodInitializing"):
            return f"Init:{waiting['reason']}"
        return f"Init:{index}/{len(obj['spec'].get('initContainers') or [])}"
    return ""


def _ended(state: Object) -> str:
    return str(state.get("reason") or f"ExitCode:{state.get('exitCode')}")


def pod_status(obj: Object) -> str:
    """The STATUS of a pod, by the rules that kubectl's server side uses."""
    status = obj.get("status", {})
    reason = status.get("reason") or status.get("phase", "Unknown")
    if (condition(obj, "PodScheduled") or {}).get("reason") == "SchedulingGated":
        reason = "SchedulingGated"
    initializing = _initializing(obj)
    reason = initializing or reason
    if not initializing or is_true(obj, "Initialized"):
        running = False
        for container in reversed(_containers(obj)):
            state = container.get("state", {})
            if waiting := state.get("waiting"):
                reason = waiting.get("reason") or reason
            elif ended := state.get("terminated"):
                reason = _ended(ended)
            elif container.get("ready") and "running" in state:
                running = True
        if reason == "Completed" and running:
            reason = "Running" if is_true(obj, "Ready") else "NotReady"
    if obj["metadata"].get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            return "Unknown"
        if status.get("phase") not in ("Succeeded", "Failed"):
            return "Terminating"
    return str(reason)


def _pod_ready(obj: Object) -> str:
    sidecars = _sidecars(obj)
    running = [s for s in _inits(obj) if s["name"] in sidecars and s.get("started")]
    ready = sum(bool(s.get("ready")) for s in (*running, *_containers(obj)))
    return f"{ready}/{len(sidecars) + len(obj['spec'].get('containers') or [])}"


def _restarts(obj: Object) -> str:
    inits = _inits(obj)
    if _initializing(obj) and not is_true(obj, "Initialized"):
        return _counted(inits)
    sidecars = _sidecars(obj)
    return _counted([*(s for s in inits if s["name"] in sidecars), *_containers(obj)])


def _counted(statuses: Iterable[Object]) -> str:
    count, last = 0, ""
    for status in statuses:
        count += status.get("restartCount", 0)
        ended = status.get("lastState", {}).get("terminated") or {}
        last = max(last, ended.get("finishedAt") or "")
    return f"{count} ({age(last)} ago)" if count and last else str(count)


def _gates(obj: Object) -> str:
    gates = [gate["conditionType"] for gate in obj["spec"].get("readinessGates") or []]
    return f"{sum(is_true(obj, gate) for gate in gates)}/{len(gates)}" if gates else "<none>"


COLUMNS: dict[str, list[Column]] = {
    "Pod": [
        NAME,
        col("Ready", _pod_ready),
        col("Status", pod_status),
        col("Restarts", _restarts),
        AGE,
        wide("IP", at("status", "podIP", default="<none>")),
        wide("Node", at("spec", "nodeName", default="<none>")),
        wide("Nominated Node", at("status", "nominatedNodeName", default="<none>")),
        wide("Readiness Gates", _gates),
    ],
}
