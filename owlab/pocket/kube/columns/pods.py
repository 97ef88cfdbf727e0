"""The columns of pods."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.columns.cells import AGE, NAME, Column, age, at, col, wide


def _pod_containers(obj: Object) -> list[Object]:
    return list(obj.get("status", {}).get("containerStatuses") or [])


def pod_status(obj: Object) -> str:
    """The STATUS of a pod, by the rules that kubectl's server side uses."""
    status = obj.get("status", {})
    reason = status.get("reason") or status.get("phase", "Unknown")
    specified = len(obj["spec"].get("initContainers") or [])
    initializing = False
    for index, container in enumerate(status.get("initContainerStatuses") or []):
        state = container.get("state", {})
        ended = state.get("terminated")
        if ended and ended.get("exitCode", 0) == 0:
            continue
        if ended:
            reason = "Init:" + (ended.get("reason") or f"ExitCode:{ended.get('exitCode')}")
        elif (waiting := state.get("waiting")) and waiting.get("reason") not in (
            None,
            "PodInitializing",
        ):
            reason = "Init:" + waiting["reason"]
        else:
            reason = f"Init:{index}/{specified}"
        initializing = True
        break
    if not initializing:
        running = False
        for container in reversed(_pod_containers(obj)):
            state = container.get("state", {})
            if waiting := state.get("waiting"):
                reason = waiting.get("reason") or reason
            elif ended := state.get("terminated"):
                reason = ended.get("reason") or f"ExitCode:{ended.get('exitCode')}"
            elif container.get("ready") and "running" in state:
                running = True
        if reason == "Completed" and running:
            reason = "Running" if _ready_condition(obj) else "NotReady"
    if obj["metadata"].get("deletionTimestamp"):
        return "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return str(reason)


def _ready_condition(obj: Object) -> bool:
    conditions = obj.get("status", {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _pod_ready(obj: Object) -> str:
    ready = sum(1 for c in _pod_containers(obj) if c.get("ready"))
    return f"{ready}/{len(obj['spec'].get('containers') or [])}"


def _restarts(obj: Object) -> str:
    containers = _pod_containers(obj)
    count = sum(c.get("restartCount", 0) for c in containers)
    ends = [
        c["lastState"]["terminated"].get("finishedAt")
        for c in containers
        if c.get("lastState", {}).get("terminated")
    ]
    return f"{count} ({age(max(ends))} ago)" if count and any(ends) else str(count)


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
        wide("Readiness Gates", lambda obj: "<none>"),
    ],
}
