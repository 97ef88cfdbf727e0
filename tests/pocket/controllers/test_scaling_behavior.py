"""``spec.behavior`` of an autoscaler, as numbers."""

from __future__ import annotations

import pytest

from owlab.pocket.kube.controllers.scaling_behavior import DOWN, UP, Resizing, bound, stable


def pods(value: int, seconds: int = 60) -> dict[str, object]:
    return {"type": "Pods", "value": value, "periodSeconds": seconds}


def percent(value: int, seconds: int = 60) -> dict[str, object]:
    return {"type": "Percent", "value": value, "periodSeconds": seconds}


def real(seconds: float) -> float:
    return seconds


@pytest.mark.parametrize(
    ("direction", "rules", "now", "allowed"),
    [
        (UP, {}, 1, 5),  # four pods more, or twice as many: whichever is more
        (UP, {}, 10, 20),
        (DOWN, {}, 10, 0),
        (UP, {"policies": [pods(2), percent(10)]}, 10, 12),
        (UP, {"policies": [pods(2), percent(10)], "selectPolicy": "Min"}, 10, 11),
        (UP, {"policies": [percent(10)]}, 11, 13),  # rounded up
        (DOWN, {"policies": [percent(10)]}, 11, 9),  # cut off
        (DOWN, {"policies": [pods(2), percent(50)]}, 10, 5),
        (DOWN, {"policies": [pods(2), percent(50)], "selectPolicy": "Min"}, 10, 8),
        (DOWN, {"selectPolicy": "Disabled"}, 10, 10),
    ],
)
def test_policies(direction: str, rules: dict[str, object], now: int, allowed: int) -> None:
    assert bound({direction: rules}, direction, now, (), 0, real) == allowed


def test_what_was_done_within_the_period_counts() -> None:
    behavior = {UP: {"policies": [pods(4)]}}
    steps = [Resizing(0, 3), Resizing(50, 2)]
    assert bound(behavior, UP, 10, steps, 55, real) == 9  # 5 pods before, and 4 more
    assert bound(behavior, UP, 10, steps, 70, real) == 12
    assert bound(behavior, UP, 10, steps, 200, real) == 14


def test_recommendations_of_the_window_agree() -> None:
    recent = [(0.0, 8), (100.0, 3), (200.0, 5)]
    assert stable({}, 2, 6, recent, 210, real) == 6  # down: the highest of five minutes
    assert stable({DOWN: {"stabilizationWindowSeconds": 0}}, 2, 6, recent, 210, real) == 2
    assert stable({DOWN: {"stabilizationWindowSeconds": 50}}, 2, 6, recent, 210, real) == 5
    assert stable({}, 9, 6, recent, 210, real) == 9  # up: at once
    assert stable({UP: {"stabilizationWindowSeconds": 300}}, 9, 2, recent, 310, real) == 3
