"""The control plane's loop: what is left to do now, what only later, and what one failure means."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.control_plane import EVERY_KIND, ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.errors import ApiError, Conflict, NotFound
from owlab.pocket.kube.store import Change, Key
from owlab.pocket.machines.views import DiskFleet

from .plain_store import obj, store_of


class Noted(Controller):
    """Remembers the keys that it is to look at; at some it fails so many times."""

    def __init__(self, plane: ControlPlane, *kinds: str, fails: Exception | None = None) -> None:
        super().__init__(plane)
        self.kinds, self.fails, self.looked = kinds, fails, list[str]()

    def watches(self) -> dict[str, Leads]:
        def leads(change: Change) -> list[Key]:
            if change.key.name == "odd":
                raise KeyError("spec")
            return [change.key]

        return dict.fromkeys(self.kinds, leads)

    def reconcile(self, key: Key) -> None:
        self.looked.append(key.name)
        if self.fails is not None and self.looked.count(key.name) < 3:
            raise self.fails


def plane_of(*objects: Object) -> ControlPlane:
    return ControlPlane(store_of(*objects), Clock(), cast(DiskFleet, None))


def config(name: str) -> Object:
    return obj("ConfigMap", name)


KEY = Key("", "ConfigMap", "default", "x")


@pytest.mark.parametrize(
    ("seconds", "settled"), [(0.0, False), (-1.0, False), (0.5, True), (60, True)]
)
async def test_only_what_is_due_now_is_waited_for(seconds: float, settled: bool) -> None:
    plane = plane_of()
    controller = Noted(plane, "ConfigMap")
    plane.add(controller)
    await plane.start()
    assert await plane.settled(5)
    plane.enqueue(controller, KEY, seconds)
    # Nothing else has had a turn since then.
    assert plane._idle.is_set() is settled
    assert await plane.settled(5)
    assert controller.looked == ([] if settled else ["x"])
    await plane.stop()


async def test_what_is_there_is_looked_at_and_then_what_changes() -> None:
    plane = plane_of(config("a"), obj("Secret", "s"))
    one, every = Noted(plane, "ConfigMap"), Noted(plane, EVERY_KIND)
    plane.add(one, every)
    await plane.start()
    assert await plane.settled(5)
    assert one.looked == ["a"]
    assert sorted(every.looked) == ["a", "default", "s"]
    plane.store.create(config("b"))
    assert await plane.settled(5)
    assert one.looked == ["a", "b"] and every.looked[-1] == "b"
    plane.look_at_everything()
    assert await plane.settled(5)
    assert one.looked == ["a", "b", "a", "b"]
    await plane.stop()
    plane.store.create(config("c"))
    await asyncio.sleep(0)
    assert one.looked == ["a", "b", "a", "b"]


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (Conflict("faster"), None),
        (NotFound("gone"), None),
        (ApiError("no"), "WARNING"),
        (ValueError("odd"), "ERROR"),
    ],
)
async def test_what_fails_is_tried_again_beside_the_others(
    error: Exception, level: str | None, caplog: Any
) -> None:
    plane = plane_of(config("a"), config("b"))
    controller = Noted(plane, "ConfigMap", fails=error)
    plane.add(controller)
    await plane.start()
    async with asyncio.timeout(10):
        while len(controller.looked) < 6:
            await asyncio.sleep(0.005)
    assert controller.looked[:2] == ["a", "b"]
    assert sorted(controller.looked) == ["a", "a", "a", "b", "b", "b"]
    found = [(r.levelname, r.args[:2]) for r in caplog.records if r.levelno >= 30]
    assert [name for name, _ in found] == ([level] * 4 if level else [])
    assert all(who == "Noted" for _, (who, _) in found)
    await plane.stop()


async def test_an_object_that_nobody_thought_of_stops_nobody(caplog: Any) -> None:
    plane = plane_of()
    one, other = Noted(plane, "ConfigMap"), Noted(plane, "ConfigMap")
    plane.add(one, other)
    await plane.start()
    plane.store.create(config("odd"))
    plane.store.create(config("plain"))
    assert await plane.settled(5)
    assert (one.looked, other.looked) == (["plain"], ["plain"])
    assert [record.args[0] for record in caplog.records if record.levelname == "ERROR"] == [
        "Noted",
        "Noted",
    ]
    await plane.stop()


async def test_time_may_be_up_first() -> None:
    plane = plane_of(config("a"))
    plane.add(Noted(plane, "ConfigMap"))
    assert not await plane.settled(0.01)
    await plane.start()
    assert await plane.settled(5)
    await plane.stop()
