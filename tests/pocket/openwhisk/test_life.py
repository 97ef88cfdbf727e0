"""The life of entities against a model; and no request makes the server fail."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk.service import Service

from .conftest import GUEST, SYSTEM, Client, FakePods, client_for

NAMES = st.sampled_from(["a", "b", "c"])
EXEC = {"kind": "nodejs:14", "code": "function main() {}"}
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="/?#%"), min_size=1, max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["exec", "kind", "code", "limits", "memory", "parameters", "key", "value", "version",
             "annotations", "trigger", "action", "status", "binding", "name", "namespace",
             "publish", "components", "timeout"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=10,
)  # fmt: skip


class Bench:
    """An OpenWhisk in an event loop of its own."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self._db = Database(Path(self._folder.name) / "lab.sqlite")
        self.service = self.run(self._made())
        self.client: Client = client_for(self.service, GUEST)

    async def _made(self) -> Service:
        limits = {"invocations_per_minute": 10**6, "fires_per_minute": 10**6}
        return Service(
            self._db, Clock(), FakePods(), guest_key=GUEST, system_key=SYSTEM, limits=limits,
            stem_cells=False,
        )  # fmt: skip

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer: httpx.Response = self.run(self.client.request(method, path, **more))
        return answer

    def close(self) -> None:
        self.run(self.client.aclose())
        self.run(self.service.stop())
        self._db.close()
        self.loop.close()
        self._folder.cleanup()


class Life(RuleBasedStateMachine):
    """Actions, triggers and rules come and go; names are one space."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.entities: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.kept_rules: dict[str, tuple[str, str, bool]] = {}

    def teardown(self) -> None:
        self.bench.close()

    def _put(self, kind: str, name: str, body: dict[str, Any], overwrite: bool) -> None:
        path = f"/{kind}/{name}?overwrite={str(overwrite).lower()}"
        answer = self.bench.send("PUT", path, json=body)
        there = self.entities.get(name)
        if there is None:
            assert answer.status_code == 200 and answer.json()["version"] == "0.0.1"
            self.entities[name], self.versions[name] = kind, 1
        elif there != kind or not overwrite:
            assert answer.status_code == 409
        else:
            self.versions[name] += 1
            assert answer.json()["version"] == f"0.0.{self.versions[name]}"

    @rule(name=NAMES, overwrite=st.booleans())
    def put_action(self, name: str, overwrite: bool) -> None:
        self._put("actions", name, {"exec": EXEC}, overwrite)

    @rule(name=NAMES, overwrite=st.booleans())
    def put_trigger(self, name: str, overwrite: bool) -> None:
        self._put("triggers", name, {}, overwrite)

    @rule(name=NAMES, kind=st.sampled_from(["actions", "triggers"]))
    def delete(self, name: str, kind: str) -> None:
        answer = self.bench.send("DELETE", f"/{kind}/{name}")
        there = self.entities.get(name)
        if there == kind:
            assert answer.status_code == 200
            del self.entities[name]
            if kind == "triggers":
                self.kept_rules = {
                    r: (t, a, on and t != name) for r, (t, a, on) in self.kept_rules.items()
                }
        else:
            assert answer.status_code == (404 if there is None else 409)

    @rule(name=st.sampled_from(["r", "s"]), trigger=NAMES, action=NAMES)
    def put_rule(self, name: str, trigger: str, action: str) -> None:
        body = {"trigger": f"/_/{trigger}", "action": f"/_/{action}"}
        answer = self.bench.send("PUT", f"/rules/{name}", json=body)
        if name in self.kept_rules:
            assert answer.status_code == 409
        elif self.entities.get(trigger) == "triggers" and self.entities.get(action) == "actions":
            assert answer.status_code == 200
            self.kept_rules[name] = (trigger, action, True)
        else:
            assert answer.status_code in (400, 409)

    @rule(name=st.sampled_from(["r", "s"]), on=st.booleans())
    def switch(self, name: str, on: bool) -> None:
        status = "active" if on else "inactive"
        answer = self.bench.send("POST", f"/rules/{name}", json={"status": status})
        if name not in self.kept_rules:
            assert answer.status_code == 404
            return
        trigger, action, was = self.kept_rules[name]
        if was == on or self.entities.get(trigger) == "triggers":
            assert answer.status_code == 200
            self.kept_rules[name] = (trigger, action, on)
        else:
            assert answer.status_code in (404, 409)

    @invariant()
    def lists_show_what_is_there(self) -> None:
        for kind in ("actions", "triggers"):
            rows = self.bench.send("GET", f"/{kind}").json()
            wanted = {name for name, what in self.entities.items() if what == kind}
            assert {row["name"] for row in rows} == wanted
        for name, (_, _, on) in self.kept_rules.items():
            status = self.bench.send("GET", f"/rules/{name}").json()["status"]
            assert status == ("active" if on else "inactive")


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH"]),
    st.lists(
        st.sampled_from(["actions", "triggers", "rules", "packages", "activations", "limits", "x"])
        | WORDS,
        min_size=1,
        max_size=4,
    ),
    st.dictionaries(
        st.sampled_from(["limit", "skip", "overwrite", "blocking", "since", "count", "docs"]),
        st.sampled_from(["true", "1", "-1", "x", "", "99999999999999999999"]),
        max_size=3,
    ),
    JSON,
)
def test_no_request_makes_the_server_fail(
    bench: Bench, method: str, path: list[str], query: dict[str, str], body: Any
) -> None:
    content = json.dumps(body).encode("utf-8", "surrogatepass")
    headers = {"Content-Type": "application/json"}
    url = "/" + "/".join(quote(word, safe="") for word in path)
    answer = bench.send(method, url, params=query, content=content, headers=headers)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert set(answer.json()) == {"error", "code"}
