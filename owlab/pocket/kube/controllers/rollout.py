"""How far a Deployment's ReplicaSets may be scaled now: its update strategy, step by step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.shares import share


@dataclass(frozen=True)
class RolloutLimits:
    """How many pods there may be beyond the wanted ones, and how many of those may be missing."""

    surge: int
    unavailable: int

    @classmethod
    def of(cls, spec: Object) -> RolloutLimits:
        """25 % each unless said; never both zero, or nothing could ever move."""
        rolling = (spec.get("strategy") or {}).get("rollingUpdate") or {}
        wanted = int(spec["replicas"])
        surge = share(rolling.get("maxSurge", "25%"), wanted)
        unavailable = share(rolling.get("maxUnavailable", "25%"), wanted, math.floor)
        return cls(surge, 1 if surge == unavailable == 0 else unavailable)


def next_sizes(deployment: Object, current: Object, old: list[Object]) -> dict[str, int]:
    """The new size of each ReplicaSet that is to be scaled now, by name.

    :param current: the one with the Deployment's template.
    :param old: the others, oldest first.
    """
    spec = deployment["spec"]
    if (spec.get("strategy") or {}).get("type") == "Recreate":
        return _recreate(spec, current, old)
    wanted, limits = int(spec["replicas"]), RolloutLimits.of(spec)
    sizes: dict[str, int] = {}
    size = int(current["spec"]["replicas"])
    total = size + sum(int(s["spec"]["replicas"]) for s in old)
    if size > wanted:
        size = sizes[_name(current)] = wanted
    elif size < wanted:
        more = min(wanted - size, max(wanted + limits.surge - total, 0))
        if more:
            size = sizes[_name(current)] = size + more
    sizes |= _shrink(old, wanted - limits.unavailable, _ready(current))
    return sizes


def _recreate(spec: Object, current: Object, old: list[Object]) -> dict[str, int]:
    sizes = {_name(s): 0 for s in old if s["spec"]["replicas"]}
    gone = not sizes and not any(s["status"].get("replicas") for s in old)
    if gone and current["spec"]["replicas"] != spec["replicas"]:
        sizes[_name(current)] = int(spec["replicas"])
    return sizes


def _shrink(old: list[Object], least: int, ready: int) -> dict[str, int]:
    """Pods that never became ready go at once; ready ones as long as enough are left."""
    sizes: dict[str, int] = {}
    spare = ready + sum(min(_ready(s), int(s["spec"]["replicas"])) for s in old) - least
    for one in old:
        size = int(one["spec"]["replicas"])
        keep = min(size, _ready(one))
        less = min(keep, max(spare, 0))
        spare -= less
        if keep - less != size:
            sizes[_name(one)] = keep - less
    return sizes


def _ready(replicas: Object) -> int:
    return int(replicas["status"].get("readyReplicas", 0))


def _name(replicas: Object) -> str:
    return str(replicas["metadata"]["name"])
