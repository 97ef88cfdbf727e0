"""How far ReplicaSets are scaled at each step of an update, as numbers."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.rollout import RolloutLimits, next_sizes


def deployment(replicas: int, surge: object = None, unavailable: object = None) -> Object:
    rolling: dict[str, Any] = {"maxSurge": surge, "maxUnavailable": unavailable}
    rolling = {name: value for name, value in rolling.items() if value is not None}
    return {"spec": {"replicas": replicas, "strategy": {"rollingUpdate": rolling}}}


def replicas(name: str, size: int, ready: int | None = None, there: int = 0) -> Object:
    status = {"readyReplicas": size if ready is None else ready, "replicas": there}
    return {"metadata": {"name": name}, "spec": {"replicas": size}, "status": status}


@pytest.mark.parametrize(
    ("wanted", "surge", "unavailable", "limits"),
    [
        (4, None, None, (1, 1)),
        (1, None, None, (1, 0)),  # more is rounded up, less is rounded down
        (10, None, None, (3, 2)),
        (10, "50%", "10%", (5, 1)),
        (10, 2, 3, (2, 3)),
        (10, "100%", 0, (10, 0)),
        (10, 0, 0, (0, 1)),  # or nothing could move
        (3, 0, "10%", (0, 1)),
        (0, None, None, (0, 1)),
        (10, 0, 2, (0, 2)),
    ],
)
def test_limits(wanted, surge, unavailable, limits):
    assert RolloutLimits.of(deployment(wanted, surge, unavailable)["spec"]) == RolloutLimits(
        *limits
    )


@pytest.mark.parametrize(
    ("what", "new", "old", "sizes"),
    [
        (deployment(4), replicas("new", 0), [], {"new": 4}),
        (deployment(4), replicas("new", 4), [], {}),
        (deployment(2), replicas("new", 4), [], {"new": 2}),
        (deployment(4), replicas("new", 0), [replicas("old", 4)], {"new": 1, "old": 3}),
        (deployment(4), replicas("new", 1, 0), [replicas("old", 3)], {"new": 2}),
        (deployment(4), replicas("new", 2, 1), [replicas("old", 3)], {"old": 2}),
        (deployment(4), replicas("new", 4), [replicas("old", 1)], {"old": 0}),
        (deployment(4, 0, 1), replicas("new", 0), [replicas("old", 4)], {"old": 3}),
        (deployment(4, 0, 1), replicas("new", 0), [replicas("old", 3)], {"new": 1}),
        (deployment(4, 1, 0), replicas("new", 0), [replicas("old", 4)], {"new": 1}),
        (deployment(4, 1, 0), replicas("new", 1, 0), [replicas("old", 4)], {}),
        (deployment(4, 1, 0), replicas("new", 1), [replicas("old", 4)], {"old": 3}),
        (  # what never became ready goes at once
            deployment(4, 1, 0),
            replicas("new", 1, 0),
            [replicas("bad", 2, 0), replicas("old", 4)],
            {"bad": 0},
        ),
        (
            deployment(4, 1, 1),
            replicas("new", 1),
            [replicas("older", 1), replicas("old", 3)],
            {"older": 0, "old": 2},
        ),
    ],
)
def test_rolling(what, new, old, sizes):
    assert next_sizes(what, new, old) == sizes


@pytest.mark.parametrize(
    ("new", "old", "sizes"),
    [
        (replicas("new", 0), [replicas("old", 3)], {"old": 0}),
        (replicas("new", 0), [replicas("old", 0, there=1)], {}),
        (replicas("new", 0), [replicas("old", 0)], {"new": 3}),
        (replicas("new", 3), [replicas("old", 0)], {}),
        (replicas("new", 5), [], {"new": 3}),
    ],
)
def test_all_at_once(new, old, sizes):
    what = {"spec": {"replicas": 3, "strategy": {"type": "Recreate"}}}
    assert next_sizes(what, new, old) == sizes
