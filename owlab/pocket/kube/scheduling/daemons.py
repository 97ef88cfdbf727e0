"""Where the pods of DaemonSets go: each is made for one node, and the scheduler puts it there."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.scheduling.filters import unfit_by_itself
from owlab.pocket.kube.scheduling.nodes import NodeView
from owlab.pocket.kube.store import copied

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"

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
    spec = daemon["spec"]["template"]["spec"]
    reach = {"key": "node.kubernetes.io/unreachable", "operator": "Exists"}
    tolerations = [*(spec.get("tolerations") or []), *DAEMON_TOLERATIONS, reach]
    view = NodeView.of(node)
    return unfit_by_itself({**spec, "tolerations": tolerations}, view) is None


def pinned(affinity: Object, node: str) -> Object:
    """An affinity that chooses one node, whatever it chose before."""
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    pinned = copied(affinity)
    rules = pinned.setdefault("nodeAffinity", {})
    terms = (rules.get(_REQUIRED) or {}).get("nodeSelectorTerms") or [{}]
    rules[_REQUIRED] = {"nodeSelectorTerms": [{**term, "matchFields": [field]} for term in terms]}
    return pinned


def wanted_node(pod: Object) -> str:
    """The node that a DaemonSet's pod is on, or was made for."""
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    for term in (affinity.get(_REQUIRED) or {}).get("nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            if field["key"] == "metadata.name" and field["values"]:
                return str(field["values"][0])
    return ""
