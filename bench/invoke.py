"""How long an invocation takes over HTTPS, and its peers in the same run.

`python bench/invoke.py`: bare interpreters for cold calls; for warm ones functions-framework over
plain HTTP, which needs `pip install functions-framework`. Ratios count: the times depend on what
else runs. Of a warm call, the client and TLS take some two thirds, the container a tenth. The
service itself needs some 0.9 ms of processor time for it: a third are sockets and TLS, a quarter
uvicorn and Starlette, a tenth the record and the action's document; functions-framework needs 0.4.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import psutil
from peers import bare, functions_framework

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.tls import Authority
from owlab.pocket.openwhisk.app import openwhisk_app
from owlab.pocket.openwhisk.pod_factory import ActionPod
from owlab.pocket.openwhisk.service import Service
from owlab.pocket.service.servers import Listener

KEY = "bench:" + "k" * 64
WAIT = "blocking=true&result=true"
COLD, WARM, MB = 9, 200, 1024 * 1024
CODE = {"nodejs:14": "function main(a) { return a }", "python:3": "def main(a): return a"}


class Pods:
    """Pods that cost nothing."""

    async def start(
        self, name: str, image: str, memory_mb: int, labels: Mapping[str, str]
    ) -> ActionPod:
        return ActionPod(name, "worker1")

    async def remove(self, name: str) -> None:
        return None

    def gone(self, name: str) -> bool:
        return False


async def main() -> None:
    """Print the medians of cold and warm invocations of both kinds."""
    with tempfile.TemporaryDirectory() as directory:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        service = Service(
            Database(Path(directory) / "lab.sqlite"),
            Clock(),
            Pods(),
            guest_key=KEY,
            system_key="system:" + "s" * 64,
            limits={"invocations_per_minute": 10**6},
            stem_cells=False,
        )
        certificate = Authority(Path(directory)).issue("bench", ["127.0.0.1"])
        listener = Listener(openwhisk_app(service), port, certificate)
        await listener.listen(["127.0.0.1"])
        base = f"https://127.0.0.1:{port}/api/v1/namespaces/_/actions"
        auth = httpx.BasicAuth(*KEY.split(":"))
        plain = bare()
        async with (
            httpx.AsyncClient(verify=False, auth=auth) as client,
            functions_framework(Path(directory)) as peer,
        ):
            for kind, code in CODE.items():
                url = f"{base}/{kind.partition(':')[0]}"
                body = {"exec": {"kind": kind, "code": code}}
                cold, warm, there = [], [], []
                for _ in range(COLD):
                    await client.put(f"{url}?overwrite=true", json=body)
                    cold.append(await _timed(client, f"{url}?{WAIT}"))
                # Turn by turn: what else the computer does meanwhile hits both alike.
                for _ in range(WARM):
                    warm.append(await _timed(client, f"{url}?{WAIT}"))
                    if peer is not None:
                        there.append(await _timed(client, peer))
                print(_row(kind, cold, plain[kind.split(":")[0]], warm, there))
        if peer is None:
            print("warm calls have a peer after `pip install functions-framework`")
        for container in service.invoker.idle:
            print(f"idle container {container.pod.name}: {_pss(container.worker.pid)}")
        await listener.close()
        await service.stop()


def _row(kind: str, cold: list[float], plain: float, warm: list[float], there: list[float]) -> str:
    first, later = statistics.median(cold), statistics.median(warm)
    text = f"{kind:<10} cold {first * 1000:6.1f} ms, {first / plain:.1f} x the bare interpreter's "
    text += f"{plain * 1000:.1f} ms   warm {later * 1000:5.1f} ms"
    if there:
        beside = statistics.median(there)
        text += f", {later / beside:.1f} x functions-framework's {beside * 1000:.1f} ms"
    return text


def _pss(pid: int) -> str:
    """What a container's processes have to themselves, and their part of what they share."""
    tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    try:
        shares = [process.memory_full_info().pss for process in tree]
    except AttributeError:
        return f"{sum(p.memory_info().rss for p in tree) / MB:.1f} MB resident (no PSS here)"
    return f"{sum(shares) / MB:.1f} MB (PSS)"


async def _timed(client: httpx.AsyncClient, url: str) -> float:
    began = time.perf_counter()
    answer = await client.post(url, json={"n": 1})
    answer.raise_for_status()
    return time.perf_counter() - began


if __name__ == "__main__":
    asyncio.run(main())
