"""A short fixed run of faults; ``make chaos`` does more."""

from __future__ import annotations

import pytest

from .course import course
from .model import ABSENT, Model
from .run import run


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_acknowledged_is_lost(seed: int) -> None:
    report = run(seed, 12, every=4)
    assert report.wrong == []
    assert sum(report.faults.values()) == 12
    assert report.acknowledged > 10


@pytest.mark.timeout(600)
def test_a_deployment_ends_whatever_happens_meanwhile() -> None:
    report = course(3, 4)
    assert report.wrong == []
    assert report.acknowledged > 10


def test_the_model_tells_what_was_lost() -> None:
    model = Model()
    model.begin("a", "1")
    model.acknowledge("a", "1")
    model.begin("a", "2")
    assert model.judge("a", "2") == ""
    model.begin("a", "3")
    model.acknowledge("a", "3")
    assert "'3' was acknowledged" in model.judge("a", "2")
    assert "'4' was found" in model.judge("b", "4")
    assert model.judge("c", ABSENT) == ""
