"""An OpenWhisk over HTTPS on loopback, for clients that are programs of their own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.tls import Authority
from owlab.pocket.openwhisk.app import openwhisk_app
from owlab.pocket.openwhisk.service import Service
from owlab.pocket.service.servers import Listener

from ..pocket.openwhisk.conftest import GUEST, SYSTEM, FakePods
from .api_server import ApiServer


@dataclass(frozen=True)
class Ran:
    """What a program did."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class OpenWhisk:
    """Where it answers, its key, and its certificate's authority."""

    host: str
    key: str
    authority: Path
    service: Service

    async def run(
        self,
        *words: str,
        env: dict[str, str] | None = None,
        timeout: float = 60,
        cwd: Path | None = None,
    ) -> Ran:
        """Run a program of this computer while OpenWhisk answers."""
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=env,
            cwd=cwd,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), timeout)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return Ran(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
async def openwhisk(tmp_path: Path) -> AsyncIterator[OpenWhisk]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    host = f"127.0.0.1:{port}"
    db = Database(tmp_path / "lab.sqlite")
    service = Service(
        db,
        Clock(),
        FakePods(),
        guest_key=GUEST,
        system_key=SYSTEM,
        limits={"invocations_per_minute": 1000},
        apihost=host,
        stem_cells=False,
    )
    service.install_catalog()
    authority = Authority(tmp_path)
    (tmp_path / "ca.crt").write_bytes(authority.pem)
    listener = Listener(openwhisk_app(service), port, authority.issue("ow", ["127.0.0.1"]))
    await listener.listen(["127.0.0.1"])
    yield OpenWhisk(host, GUEST, tmp_path / "ca.crt", service)
    await listener.close()
    await service.stop()
    db.close()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    server = ApiServer(tmp_path_factory.mktemp("api"))
    yield server
    server.stop()
