"""Numbers of pods that may be given in percent."""

from __future__ import annotations

import math

import pytest

from owlab.pocket.kube.shares import share


@pytest.mark.parametrize(
    ("value", "whole", "up", "down"),
    [(3, 10, 3, 3), ("3", 10, 3, 3), ("25%", 10, 3, 2), ("0%", 10, 0, 0), ("100%", 7, 7, 7)],
)
def test_a_share(value, whole, up, down):
    assert share(value, whole) == up
    assert share(value, whole, math.floor) == down
