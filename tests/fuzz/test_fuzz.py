"""A fixed few hundred requests that nobody means well; ``make fuzz`` sends more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from . import control, kube, whisk
from .harness import Findings
from .mutations import BODIES, HOSTILE, Mutator, encoded

Run = Callable[[int, int], Awaitable[Findings]]


@pytest.mark.parametrize(
    ("run", "count"), [(kube.run, 3000), (whisk.run, 1500), (control.run, 500)]
)
@pytest.mark.parametrize("seed", [1, 2])
async def test_no_answer_is_a_mistake_of_ours(run: Run, count: int, seed: int) -> None:
    found = await run(seed, count)
    assert not found.faults, "\n\n".join(found.faults[:10])
    assert found.sent == count
    assert len(found.statuses) > 4


def test_the_same_seed_makes_the_same_requests() -> None:
    def some(seed: int) -> list[str]:
        mutator = Mutator(seed, kube.METHODS, kube.QUERIES)
        return [mutator(request).curl() for request in kube.corpus()]

    assert some(1) == some(1)
    assert some(1) != some(2)


def test_what_is_sent_is_as_hostile_as_it_says() -> None:
    assert max(len(encoded(value)) for value in HOSTILE) > 10_000
    assert any(encoded(value).count(b"[") == 3000 for value in HOSTILE)
    assert any(len(body) > 3 << 20 for body in BODIES)
