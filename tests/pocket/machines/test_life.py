"""Whatever is typed in whatever order, machines are in states that Multipass has."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from owlab.pocket.service.lab import PocketLab
from tests.pocket.machines.conftest import Driver, Outcome

NAMES = st.sampled_from(["a", "b", "c"])


class Life(RuleBasedStateMachine):
    """A model of three machines beside the real verbs."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name)

        async def make() -> Driver:
            return Driver(PocketLab(path), path)

        self._mp = self._loop.run_until_complete(make())
        self._model: dict[str, str] = {}

    def _do(self, *words: str) -> Outcome:
        return self._loop.run_until_complete(self._mp(*words))

    def _apply(self, words: tuple[str, ...], name: str, allowed: dict[str, str]) -> None:
        """The command succeeds from the states that it takes, and refuses from all others."""
        before = self._model.get(name)
        done = self._do(*words, name)
        if before in allowed:
            assert done.status == 0, done
            after = allowed[before]
            if after:
                self._model[name] = after
            else:
                del self._model[name]
        else:
            assert done.status == 2, done
            assert done.err

    @rule(name=NAMES)
    def launch(self, name: str) -> None:
        done = self._do("launch", "--name", name)
        assert (done.status == 0) == (name not in self._model)
        self._model.setdefault(name, "Running")

    @rule(name=NAMES)
    def start(self, name: str) -> None:
        up = dict.fromkeys(("Running", "Stopped", "Suspended"), "Running")
        self._apply(("start",), name, up)

    @rule(name=NAMES)
    def stop(self, name: str) -> None:
        self._apply(("stop",), name, dict.fromkeys(("Running", "Stopped"), "Stopped"))

    @rule(name=NAMES)
    def stop_by_force(self, name: str) -> None:
        down = dict.fromkeys(("Running", "Stopped", "Suspended"), "Stopped")
        self._apply(("stop", "--force"), name, down)

    @rule(name=NAMES)
    def suspend(self, name: str) -> None:
        frozen = {"Running": "Suspended", "Stopped": "Stopped", "Suspended": "Suspended"}
        self._apply(("suspend",), name, frozen)

    @rule(name=NAMES)
    def restart(self, name: str) -> None:
        self._apply(("restart",), name, {"Running": "Running"})

    @rule(name=NAMES)
    def run(self, name: str) -> None:
        up = dict.fromkeys(("Running", "Stopped", "Suspended"), "Running")
        before = self._model.get(name)
        done = self._do("exec", name, "--", "true")
        assert (done.status == 0) == (before in up)
        if before in up:
            self._model[name] = "Running"

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        states = ("Running", "Stopped", "Suspended", "Deleted")
        self._apply(("delete",), name, dict.fromkeys(states, "Deleted"))

    @rule(name=NAMES)
    def destroy(self, name: str) -> None:
        states = ("Running", "Stopped", "Suspended", "Deleted")
        self._apply(("delete", "--purge"), name, dict.fromkeys(states, ""))

    @rule(name=NAMES)
    def recover(self, name: str) -> None:
        kept = {state: state for state in ("Running", "Stopped", "Suspended")}
        self._apply(("recover",), name, {**kept, "Deleted": "Stopped"})

    @rule()
    def purge(self) -> None:
        assert self._do("purge").status == 0
        self._model = {n: state for n, state in self._model.items() if state != "Deleted"}

    @rule()
    def kill_the_process(self) -> None:
        async def reopen() -> Driver:
            return await self._mp.reopened()

        self._mp = self._loop.run_until_complete(reopen())

    @invariant()
    def what_is_listed_is_the_model(self) -> None:
        found: list[dict[str, Any]] = json.loads(self._do("list", "--format", "json").out)["list"]
        assert {m["name"]: m["state"] for m in found} == self._model
        up = [m["ipv4"][0] for m in found if m["state"] == "Running"]
        assert len(up) == len(set(up))
        assert all(m["ipv4"] == [] for m in found if m["state"] != "Running")

    def teardown(self) -> None:
        self._loop.run_until_complete(self._mp.lab.stop())
        self._loop.close()
        self._folder.cleanup()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
