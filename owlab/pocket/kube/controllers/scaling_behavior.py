"""``spec.behavior`` of an autoscaler: how fast it may go, and how long it waits before it turns.

The rules and their defaults are those of the HorizontalPodAutoscaler's API, version 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from owlab.pocket.ground.views import Object

UP, DOWN = "scaleUp", "scaleDown"
Scaled = Callable[[float], float]
"""Seconds as an object says them, in seconds of the lab's clock."""

_DEFAULTS: dict[str, Object] = {
    UP: {
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ],
    },
    DOWN: {
        "stabilizationWindowSeconds": 300,
        "selectPolicy": "Max",
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
    },
}


@dataclass(frozen=True)
class Resizing:
    """One change of size: when it was made, and by how much."""

    at: float
    by: int


def rules(behavior: Object, direction: str) -> Object:
    """What holds in one direction: what is said, and the defaults for the rest."""
    said = behavior.get(direction) or {}
    return _DEFAULTS[direction] | {
        name: value for name, value in said.items() if value not in (None, [])
    }


def bound(
    behavior: Object,
    direction: str,
    now: int,
    steps: Iterable[Resizing],
    present: float,
    scaled: Scaled,
) -> int:
    """The most (``UP``) or the fewest (``DOWN``) replicas that the policies allow now."""
    found = rules(behavior, direction)
    if found["selectPolicy"] == "Disabled":
        return now
    known = list(steps)
    proposed = [
        _proposed(policy, direction, now, known, present, scaled) for policy in found["policies"]
    ]
    # "Max" is the policy that allows the larger change.
    larger = found["selectPolicy"] == "Max"
    return max(proposed) if larger == (direction == UP) else min(proposed)


def _proposed(
    policy: Object, direction: str, now: int, steps: list[Resizing], present: float, scaled: Scaled
) -> int:
    period = scaled(float(policy["periodSeconds"]))
    start = now - sum(step.by for step in steps if present - step.at < period)
    value = int(policy["value"])
    if policy["type"] == "Pods":
        return start + value if direction == UP else start - value
    if direction == UP:
        return math.ceil(start * (1 + value / 100))
    return int(start * (1 - value / 100))


def stable(
    behavior: Object,
    size: int,
    now: int,
    recent: Iterable[tuple[float, int]],
    present: float,
    scaled: Scaled,
) -> int:
    """What the recommendations within both windows agree on, from ``now`` on."""
    known = list(recent)

    def within(direction: str) -> list[int]:
        window = scaled(float(rules(behavior, direction)["stabilizationWindowSeconds"]))
        return [number for at, number in known if present - at < window]

    lowest, highest = min([size, *within(UP)]), max([size, *within(DOWN)])
    return min(max(now, lowest), highest)
