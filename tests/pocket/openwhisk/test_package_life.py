"""The life of packages, what is in them, and bindings of them, against a model."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from .test_life import EXEC, Bench

PACKAGES = st.sampled_from(["p", "q"])
BINDINGS = st.sampled_from(["b", "p"])
ACTIONS = st.sampled_from(["x", "y"])
PARAMETERS = st.none() | st.dictionaries(st.sampled_from("mn"), st.integers(0, 9), max_size=2)


def _pairs(given: dict[str, int]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in given.items()]


def _mapping(pairs: list[dict[str, Any]]) -> dict[str, int]:
    return {pair["key"]: pair["value"] for pair in pairs}


class PackageLife(RuleBasedStateMachine):
    """Packages have parameters and actions; a binding shows another's, under its own parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.inside: dict[str, dict[str, dict[str, int]]] = {}
        """Packages, their actions, the actions' parameters."""
        self.own: dict[str, dict[str, int]] = {}
        """Parameters of packages and of bindings."""
        self.bound: dict[str, str] = {}
        """Bindings, and of what."""

    def teardown(self) -> None:
        self.bench.close()

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> int:
        return self.bench.send(method, path, json=body).status_code

    @rule(name=PACKAGES, parameters=PARAMETERS, overwrite=st.booleans())
    def put_package(self, name: str, parameters: dict[str, int] | None, overwrite: bool) -> None:
        body = {} if parameters is None else {"parameters": _pairs(parameters)}
        path = f"/packages/{name}?overwrite={str(overwrite).lower()}"
        status = self._send("PUT", path, body)
        if name in self.own and not overwrite:
            assert status == 409
            return
        assert status == 200
        if name not in self.own:
            self.inside[name], self.own[name] = {}, parameters or {}
        elif parameters is not None:
            self.own[name] = parameters

    @rule(name=BINDINGS, of=PACKAGES, parameters=PARAMETERS)
    def bind(self, name: str, of: str, parameters: dict[str, int] | None) -> None:
        body: dict[str, Any] = {"binding": {"namespace": "_", "name": of}}
        body |= {"parameters": _pairs(parameters or {})}
        status = self._send("PUT", f"/packages/{name}", body)
        if name in self.own:
            assert status == 409
        elif of in self.inside:
            assert status == 200
            self.own[name], self.bound[name] = parameters or {}, of
        else:
            assert status == 400

    @rule(name=st.sampled_from(["p", "q", "b"]))
    def delete_package(self, name: str) -> None:
        status = self._send("DELETE", f"/packages/{name}")
        if name not in self.own:
            assert status == 404
        elif self.inside.get(name):
            assert status == 409
        else:
            assert status == 200
            del self.own[name]
            self.inside.pop(name, None)
            self.bound.pop(name, None)

    @rule(package=st.sampled_from(["p", "q", "b"]), name=ACTIONS, parameters=PARAMETERS)
    def put_action(self, package: str, name: str, parameters: dict[str, int] | None) -> None:
        body: dict[str, Any] = {"exec": EXEC, "parameters": _pairs(parameters or {})}
        status = self._send("PUT", f"/actions/{package}/{name}?overwrite=true", body)
        if package in self.bound:
            assert status == 400
        elif package not in self.own:
            assert status == 404
        else:
            assert status == 200
            self.inside[package][name] = parameters or {}

    @rule(package=st.sampled_from(["p", "q", "b"]), name=ACTIONS)
    def delete_action(self, package: str, name: str) -> None:
        status = self._send("DELETE", f"/actions/{package}/{name}")
        if package in self.bound:
            assert status == 400
        elif package not in self.own or name not in self.inside[package]:
            assert status == 404
        else:
            assert status == 200
            del self.inside[package][name]

    @rule(package=st.sampled_from(["p", "q", "b"]), name=ACTIONS)
    def get_action(self, package: str, name: str) -> None:
        answer = self.bench.send("GET", f"/actions/{package}/{name}")
        home = self.bound.get(package, package)
        if package not in self.own or name not in self.inside.get(home, {}):
            assert answer.status_code in (403, 404)
            return
        assert answer.status_code == 200
        inherited = self.own[home] | (self.own[package] if package in self.bound else {})
        wanted = inherited | self.inside[home][name]
        assert _mapping(answer.json()["parameters"]) == wanted

    @invariant()
    def packages_show_what_is_in_them(self) -> None:
        rows = self.bench.send("GET", "/packages").json()
        assert {row["name"] for row in rows} == set(self.own)
        for name in self.own:
            home = self.bound.get(name, name)
            answer = self.bench.send("GET", f"/packages/{name}")
            if home not in self.inside:
                # What a binding shows may be gone, and a binding may have its name now.
                assert answer.status_code in ((200,) if home in self.bound else (403, 404))
                continue
            shown = answer.json()
            assert {action["name"] for action in shown["actions"]} == set(self.inside[home])
            assert bool(shown["binding"]) is (name in self.bound)
            inherited = self.own[home] if name in self.bound else {}
            assert _mapping(shown["parameters"]) == inherited | self.own[name]


TestPackageLife = PackageLife.TestCase
TestPackageLife.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
