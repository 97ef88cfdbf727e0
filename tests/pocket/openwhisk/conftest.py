"""An OpenWhisk over fake pods, and its two callers.

A test changes what OpenWhisk is made with by parametrizing the fixtures of these names.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk.app import openwhisk_app
from owlab.pocket.openwhisk.pod_factory import ActionPod, PodStartError
from owlab.pocket.openwhisk.service import Service

GUEST = "11111111-2222-4333-8444-555555555555:" + "g" * 64
SYSTEM = "99999999-2222-4333-8444-555555555555:" + "s" * 64


class FakePods:
    """Pods that are there at once, unless told otherwise."""

    def __init__(self) -> None:
        self.running: dict[str, str] = {}
        self.lost: set[str] = set()
        self.failure: str | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def start(
        self, name: str, image: str, memory_mb: int, labels: Mapping[str, str]
    ) -> ActionPod:
        await self.open.wait()
        if self.failure:
            raise PodStartError(self.failure)
        self.running[name] = image
        return ActionPod(name, "worker1")

    async def remove(self, name: str) -> None:
        self.running.pop(name, None)

    def gone(self, name: str) -> bool:
        return name in self.lost


class Client(httpx.AsyncClient):
    """Speaks for one namespace."""

    async def action(self, name: str, code: str, kind: str = "nodejs:14", **more: Any) -> Any:
        """Create or update an action."""
        execution = {"kind": kind, "code": code} | more.pop("exec", {})
        answer = await self.put(f"/actions/{name}?overwrite=true", json={"exec": execution} | more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def call(self, action: str, **value: Any) -> httpx.Response:
        """Invoke, blocking."""
        return await self.post(f"/actions/{action}?blocking=true", json=value)


@pytest.fixture
def pods() -> FakePods:
    return FakePods()


@pytest.fixture
def limits() -> dict[str, Any]:
    return {"invocations_per_minute": 1000}


@pytest.fixture
def stem_cells() -> bool:
    return False


@pytest.fixture
def allow_concurrent() -> bool:
    return False


@pytest.fixture
def idle_seconds() -> float:
    return 600


@pytest.fixture
async def service(
    tmp_path: Path,
    pods: FakePods,
    limits: dict[str, Any],
    stem_cells: bool,
    idle_seconds: float,
    allow_concurrent: bool,
) -> AsyncIterator[Service]:
    db = Database(tmp_path / "lab.sqlite")
    made = Service(
        db,
        Clock(),
        pods,
        guest_key=GUEST,
        system_key=SYSTEM,
        limits=limits,
        apihost="127.0.0.1:31001",
        stem_cells=stem_cells,
        idle_seconds=idle_seconds,
        allow_concurrent=allow_concurrent,
    )
    yield made
    await made.stop()
    db.close()


def client_for(service: Service, key: str | None) -> Client:
    user = httpx.BasicAuth(*key.split(":", 1)) if key else None
    return Client(
        transport=httpx.ASGITransport(openwhisk_app(service)),
        base_url="https://ow/api/v1/namespaces/_",
        auth=user,
    )


@pytest.fixture
async def guest(service: Service) -> AsyncIterator[Client]:
    async with client_for(service, GUEST) as client:
        yield client


@pytest.fixture
async def system(service: Service) -> AsyncIterator[Client]:
    async with client_for(service, SYSTEM) as client:
        yield client


@pytest.fixture
async def nobody(service: Service) -> AsyncIterator[Client]:
    async with client_for(service, None) as client:
        client.base_url = httpx.URL("https://ow")
        yield client
