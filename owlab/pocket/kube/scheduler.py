"""Which node a pod goes to, and in Kubernetes' words why it goes to none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from owlab.pocket.kube import selectors
from owlab.pocket.world import Object

Reason = str


def choose(
    pod: Object, nodes: list[Object], pods: list[Object], volumes: Sequence[Object] = ()
) -> tuple[str | None, str]:
    """A node's name, or None and the message of the FailedScheduling event.

    :param volumes: those that the pod's claims are bound to: they may belong to some nodes only.
    """
    reasons: Counter[Reason] = Counter()
    fitting = []
    for node in nodes:
        reason = _unfit(pod, node, pods) or _out_of_reach(volumes, node)
        if reason is None:
            fitting.append(node)
        else:
            reasons[reason] += 1
    if fitting:
        best = max(fitting, key=lambda n: (_score(pod, n), -_load(n, pods)))
        return str(best["metadata"]["name"]), ""
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    if not nodes:
        return None, "no nodes available to schedule pods"
    available = f"0/{len(nodes)} nodes are available"
    preemption = f"{len(nodes)} Preemption is not helpful for scheduling"
    return None, f"{available}: {why}. preemption: {available}: {preemption}."


DAEMON_TOLERATIONS = [
    {"key": f"node.kubernetes.io/{what}", "operator": "Exists", "effect": effect}
    for what, effect in (
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    )
]
"""What every pod of a DaemonSet tolerates."""


def belongs(daemon: Object, node: Object) -> bool:
    """A DaemonSet has a pod on this node: it matches, and its taints are tolerated."""
    spec = dict(daemon["spec"]["template"]["spec"])
    reach = {"key": "node.kubernetes.io/unreachable", "operator": "Exists"}
    spec["tolerations"] = [*(spec.get("tolerations") or []), *DAEMON_TOLERATIONS, reach]
    pod = {"metadata": daemon["metadata"], "spec": {**spec, "affinity": _of_nodes(spec)}}
    return _unfit({**pod, "status": {}}, node, []) is None


def _of_nodes(spec: Object) -> Object:
    affinity = spec.get("affinity") or {}
    return {"nodeAffinity": affinity["nodeAffinity"]} if "nodeAffinity" in affinity else {}


def _unfit(pod: Object, node: Object, pods: list[Object]) -> Reason | None:
    spec = pod["spec"]
    labels = node["metadata"].get("labels") or {}
    if node["spec"].get("unschedulable") and not _tolerates(
        spec, {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    ):
        return "node(s) were unschedulable"
    for taint in node["spec"].get("taints") or []:
        if taint["effect"] in ("NoSchedule", "NoExecute") and not _tolerates(spec, taint):
            value = f": {taint['value']}" if taint.get("value") else ""
            return f"node(s) had untolerated taint {{{taint['key']}{value}}}"
    wanted = spec.get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return "node(s) didn't match Pod's node affinity/selector"
    affinity = spec.get("affinity") or {}
    required = (affinity.get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if required and not any(_term(t, node) for t in required.get("nodeSelectorTerms") or []):
        return "node(s) didn't match Pod's node affinity/selector"
    for term in (affinity.get("podAntiAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or []:
        if _has_neighbour(term, pod, node, pods):
            return "node(s) didn't match pod anti-affinity rules"
    for term in (affinity.get("podAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or []:
        if not _has_neighbour(term, pod, node, pods):
            return "node(s) didn't match pod affinity rules"
    return _too_full(pod, node, pods)


def _out_of_reach(volumes: Sequence[Object], node: Object) -> Reason | None:
    for volume in volumes:
        required = (volume["spec"].get("nodeAffinity") or {}).get("required")
        if required and not any(_term(t, node) for t in required.get("nodeSelectorTerms") or []):
            return "node(s) didn't match PersistentVolume's node affinity"
    return None


def _tolerates(spec: Object, taint: Object) -> bool:
    for toleration in spec.get("tolerations") or []:
        if toleration.get("effect") not in (None, "", taint["effect"]):
            continue
        if toleration.get("operator") == "Exists":
            if toleration.get("key") in (None, "", taint["key"]):
                return True
        elif toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get(
            "value", ""
        ):
            return True
    return False


def _term(term: Object, node: Object) -> bool:
    matches = selectors.from_object({"matchExpressions": term.get("matchExpressions")})
    fields = {"metadata.name": node["metadata"]["name"]}
    by_field = selectors.from_object({"matchExpressions": term.get("matchFields")})
    return matches(node["metadata"].get("labels") or {}) and by_field(fields)


def _has_neighbour(term: Object, pod: Object, node: Object, pods: list[Object]) -> bool:
    matches = selectors.from_object(term.get("labelSelector"))
    spaces = term.get("namespaces") or [pod["metadata"]["namespace"]]
    return any(
        other["spec"].get("nodeName") == node["metadata"]["name"]
        and other["metadata"]["namespace"] in spaces
        and other["metadata"]["uid"] != pod["metadata"]["uid"]
        and other["status"].get("phase") not in ("Succeeded", "Failed")
        and not other["metadata"].get("deletionTimestamp")
        and matches(other["metadata"].get("labels") or {})
        for other in pods
    )


def _score(pod: Object, node: Object) -> int:
    preferred = ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get(
        "preferredDuringSchedulingIgnoredDuringExecution"
    ) or []
    return sum(p["weight"] for p in preferred if _term(p["preference"], node))


def _load(node: Object, pods: list[Object]) -> int:
    return sum(1 for pod in pods if pod["spec"].get("nodeName") == node["metadata"]["name"])


def _too_full(pod: Object, node: Object, pods: list[Object]) -> Reason | None:
    have = quantity((node["status"].get("allocatable") or {}).get("memory", "0"))
    used = sum(
        _memory(other)
        for other in pods
        if other["spec"].get("nodeName") == node["metadata"]["name"]
        and other["status"].get("phase") not in ("Succeeded", "Failed")
    )
    return "Insufficient memory" if _memory(pod) and used + _memory(pod) > have else None


def _memory(pod: Object) -> int:
    return sum(
        quantity(((c.get("resources") or {}).get("requests") or {}).get("memory", "0"))
        for c in pod["spec"].get("containers") or []
    )


def quantity(text: Any) -> int:
    """``256Mi`` in bytes."""
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9}
    value = str(text)
    for unit, factor in units.items():
        if value.endswith(unit):
            return int(float(value.removesuffix(unit)) * factor)
    return int(float(value.removesuffix("m") or 0)) if value else 0
