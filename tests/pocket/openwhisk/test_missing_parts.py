"""What each part of OpenWhisk is needed for, without a request."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.openwhisk.deployment.components_ready import NAMES, Components
from owlab.pocket.openwhisk.health import BadGateway, Health
from owlab.pocket.openwhisk.refusals import WhiskError

INTERNAL = "There was an internal server error."
UNAVAILABLE = (
    "The server is currently unavailable (because it is overloaded or down for maintenance)."
)


def parts(*missing: str, invokers: tuple[tuple[str, bool], ...] = (("i-0", True),)) -> Components:
    return Components(frozenset(NAMES) - set(missing), invokers)


def health_of(*news: Components) -> Health:
    made = Health(Clock("real"))
    for one in news:
        made.update(one)
    return made


@pytest.mark.parametrize(
    ("need", "part", "status", "said"),
    [
        ("need_controller", "controller", 502, ""),
        ("need_gateway", "apigateway", 502, ""),
        ("need_gateway", "redis", 500, "Internal Server Error"),
        ("need_database", "couchdb", 500, INTERNAL),
    ],
)
def test_what_is_needed(need: str, part: str, status: int, said: str) -> None:
    getattr(Health(Clock()), need)()
    others = [name for name in NAMES if name != part]
    everything = getattr(health_of(parts()), need)
    assert everything() is None
    without = getattr(health_of(parts(part)), need)
    if status == 502:
        with pytest.raises(BadGateway):
            without()
    else:
        with pytest.raises(WhiskError) as refused:
            without()
        assert (refused.value.status, refused.value.message) == (status, said)
    for other in others:
        if (need, other) not in {("need_gateway", "redis"), ("need_gateway", "apigateway")}:
            getattr(health_of(parts(other)), need)()


@pytest.mark.parametrize(
    ("news", "invokers", "healthy"),
    [
        ([], {"invoker0/owdev-invoker-0": "up"}, 1),
        ([parts()], {"invoker0/i-0": "up"}, 1),
        ([parts(invokers=(("i-0", True), ("i-1", False)))],
         {"invoker0/i-0": "up", "invoker1/i-1": "unhealthy"}, 1),
        ([parts("kafka")], {"invoker0/i-0": "down"}, 0),
        ([parts("controller")], {"invoker0/i-0": "down"}, None),
        ([parts(invokers=())], {}, 0),
    ],
)  # fmt: skip
def test_invokers(news: list[Components], invokers: dict[str, str], healthy: int | None) -> None:
    made = health_of(*news)
    assert made.invokers == invokers
    if healthy is not None:
        assert made.healthy_invokers == healthy


NONE = parts(invokers=(("i-0", False),))


@pytest.mark.parametrize(
    ("news", "later", "taken"),
    [
        ([], 0, True),
        ([parts()], 1000, True),
        # One that was seen a moment ago may still be chosen.
        ([parts(), NONE], 0, True),
        ([parts(), NONE], 10, True),
        ([parts(), NONE], 10.5, False),
        ([NONE], 0, False),
        ([NONE, NONE], 0, False),
        ([parts(), parts("kafka")], 0, False),
        ([parts(), NONE, NONE], 5, True),
    ],
)
def test_whether_an_invoker_is_chosen(
    monkeypatch: pytest.MonkeyPatch, news: list[Components], later: float, taken: bool
) -> None:
    now = [5000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    made = health_of(*news)
    now[0] += later
    if taken:
        made.need_invoker()
        return
    with pytest.raises(WhiskError) as refused:
        made.need_invoker()
    assert (refused.value.status, refused.value.message) == (503, UNAVAILABLE)


async def test_what_was_accepted_waits_for_an_invoker() -> None:
    made = health_of(NONE)
    waiting: list[Any] = [asyncio.ensure_future(made.invoker_takes()) for _ in range(2)]
    await asyncio.sleep(0)
    made.update(NONE)
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(one.done() for one in waiting)
    made.update(parts())
    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    await asyncio.wait_for(made.invoker_takes(), 5)
