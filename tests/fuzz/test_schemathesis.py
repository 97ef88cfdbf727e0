"""Schemathesis walks OpenWhisk's own description: no 5xx, and nothing that it does not describe."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk.app import openwhisk_app
from owlab.pocket.openwhisk.operations import description
from owlab.pocket.openwhisk.service import Service

from ..pocket.openwhisk.conftest import GUEST, SYSTEM, FakePods

schemathesis: Any = pytest.importorskip(
    "schemathesis", reason="needs `pip install schemathesis`, which `make` does"
)
openapi: Any = importlib.import_module("schemathesis.specs.openapi.checks")
SEED, EXAMPLES = 7, 6
USER, _, PASSWORD = GUEST.partition(":")
KEY = (USER, PASSWORD)
SCHEMA = schemathesis.openapi.from_dict(description())
# A function that fails is answered with 502, as documented: this one does not.
THERE = {"actions": "calm", "triggers": "t", "rules": "r", "packages": "p"}
CALM = {"exec": {"kind": "python:3", "code": "def main(args): return {}"}}


class Server:
    """An OpenWhisk on loopback, in a thread of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ready = threading.Event()
        self._server: uvicorn.Server | None = None
        self.port = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(30)

    async def _serve(self) -> None:
        database = Database(self._directory / "lab.sqlite")
        service = Service(
            database,
            Clock(),
            FakePods(),
            guest_key=GUEST,
            system_key=SYSTEM,
            limits={"invocations_per_minute": 10**6, "fires_per_minute": 10**6},
            stem_cells=False,
        )
        config = uvicorn.Config(openwhisk_app(service), port=0, log_level="error", lifespan="off")
        self._server = server = uvicorn.Server(config)
        running = asyncio.ensure_future(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        self.port = server.servers[0].sockets[0].getsockname()[1]
        self._ready.set()
        await running
        await service.stop()
        database.close()

    def stop(self) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(30)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Server(tmp_path_factory.mktemp("whisk"))
    url = f"http://127.0.0.1:{server.port}/api/v1"
    with httpx.Client(base_url=f"{url}/namespaces/_", auth=KEY) as guest:
        for path, body in (("actions/calm", CALM), ("triggers/t", {}), ("packages/p", {})):
            assert guest.put(path, json=body).status_code == 200
        rule = {"trigger": "/_/t", "action": "/_/calm"}
        assert guest.put("rules/r", json=rule).status_code == 200
    yield url
    server.stop()


# No 5xx; only the statuses, types and shapes that are described.
CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
]
FIXED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def _anything(case: Any, base: str) -> None:
    answer = case.call(base_url=base, auth=KEY)
    # Swagger says what type an operation answers with, not a status: this one has no body.
    empty = answer.status_code == 204
    case.validate_response(answer, checks=[c for c in CHECKS if not (empty and c is CHECKS[2])])


def _what_is_there(case: Any, base: str) -> None:
    for collection, name in THERE.items():
        if f"/{collection}/{{name}}" in case.path and case.method in ("GET", "POST"):
            case.path_parameters = {"namespace": "_", "name": name}
    _anything(case, base)


OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
NAMES = [f"{operation.method.upper()} {operation.path}" for operation in OPERATIONS]
# Each has a name of its own: tests of one name are one to those that run them side by side.
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)


def _walked(operation: Any, judge: Callable[[Any, str], None], base: str) -> None:
    """The judge on one operation, with the same requests each time."""

    def ask(case: Any) -> None:
        judge(case, base)

    seeded(SEED)(FIXED(given(case=operation.as_strategy())(ask)))()


@each_operation
def test_every_operation_answers_as_it_is_described(base: str, operation: Any) -> None:
    _walked(operation, _anything, base)


@each_operation
def test_so_it_does_for_what_is_there(base: str, operation: Any) -> None:
    _walked(operation, _what_is_there, base)
