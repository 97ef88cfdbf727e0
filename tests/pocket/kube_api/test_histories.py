"""Random histories of writes, kills and restarts: the store is what a simple model says."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.kube.errors import AlreadyExists, Conflict, Expired, NotFound
from owlab.pocket.kube.store import Change, Key, Store

NAMES = st.sampled_from(["a", "b", "c", "d"])
SPACES = st.sampled_from(["default", "other"])


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


class Histories(RuleBasedStateMachine):
    """Objects by namespace and name, each with the data that was written last."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "lab.sqlite"
        self.model: dict[tuple[str, str], int] = {}
        self.held: set[tuple[str, str]] = set()
        """Those that are deleted and have a finalizer."""
        self.heard: list[Change] = []
        self._open()
        for space in ("default", "other"):
            self.store.create(namespace(space))
        self._begin_watch()

    def _open(self) -> None:
        self._db = Database(self._path)
        self.store = Store(self._db, Clock())

    def _begin_watch(self) -> None:
        self.base = {self.store.key_of(o): o for o in self.store.list("ConfigMap")}
        self.from_version = self.store.resource_version
        self.heard = []
        self.store.subscribe(self.heard.append)

    @rule(name=NAMES, space=SPACES, number=st.integers(0, 99), holds=st.booleans())
    def create(self, name: str, space: str, number: int, holds: bool) -> None:
        meta: dict[str, Any] = {"name": name, "namespace": space}
        if holds:
            meta["finalizers"] = ["example.com/hold"]
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}
        obj["data"] = {"number": str(number)}
        try:
            self.store.create(obj)
        except AlreadyExists:
            assert (space, name) in self.model
        else:
            assert (space, name) not in self.model
            self.model[space, name] = number

    @rule(name=NAMES, space=SPACES, number=st.integers(0, 99), stale=st.booleans())
    def update(self, name: str, space: str, number: int, stale: bool) -> None:
        known = (space, name) in self.model
        try:
            obj = self.store.draft("ConfigMap", name, space)
        except NotFound:
            assert not known
            return
        assert known
        obj["data"] = {"number": str(number)}
        if stale:
            obj["metadata"]["resourceVersion"] = "1"
        try:
            self.store.update(obj)
        except Conflict:
            assert stale
        else:
            assert not stale
            self.model[space, name] = number

    @rule(name=NAMES, space=SPACES)
    def delete(self, name: str, space: str) -> None:
        try:
            gone = self.store.delete("ConfigMap", name, space)
        except NotFound:
            assert (space, name) not in self.model
            return
        if gone["metadata"].get("finalizers"):
            self.held.add((space, name))
        else:
            del self.model[space, name]

    @rule(name=NAMES, space=SPACES)
    def let_go(self, name: str, space: str) -> None:
        if (space, name) not in self.model:
            return
        obj = self.store.draft("ConfigMap", name, space)
        obj["metadata"].pop("finalizers", None)
        self.store.update(obj)
        if (space, name) in self.held:
            self.held.discard((space, name))
            del self.model[space, name]

    @rule(writes=st.lists(st.tuples(NAMES, SPACES, st.integers(0, 99)), max_size=4))
    def together(self, writes: list[tuple[str, str, int]]) -> None:
        with self.store.together():
            for name, space, number in writes:
                self.update(name, space, number, False)

    @rule()
    def killed_and_started_again(self) -> None:
        # Nothing is closed: what was written is on disk, or it was not acknowledged.
        version = self.store.resource_version
        self._open()
        assert self.store.resource_version == version
        self._begin_watch()

    @invariant()
    def holds_what_was_written(self) -> None:
        found = {
            (o["metadata"]["namespace"], o["metadata"]["name"]): int(o["data"]["number"])
            for o in self.store.list("ConfigMap")
        }
        assert found == self.model
        self.store.verify()

    @invariant()
    def indexes_follow(self) -> None:
        for obj in self.store.list("ConfigMap"):
            assert self.store.by_uid(obj["metadata"]["uid"]) is obj

    @precondition(lambda self: self.heard)
    @rule()
    def a_watch_tells_the_same(self) -> None:
        """What was there, and every change since: together they are what is there now."""
        try:
            told = list(self.store.since(self.from_version))
        except Expired:
            told = self.heard
        assert [(c.version, c.event, c.key) for c in told] == [
            (c.version, c.event, c.key) for c in self.heard
        ]
        state: dict[Key, Any] = dict(self.base)
        for change in told:
            if change.event == "DELETED":
                state.pop(change.key)
            else:
                assert (change.event == "ADDED") == (change.key not in state)
                state[change.key] = change.obj
        assert state == {self.store.key_of(o): o for o in self.store.list("ConfigMap")}

    def teardown(self) -> None:
        self._db.close()
        self._folder.cleanup()


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
