"""How long an invocation takes over HTTPS, and its peers in the same run.

`python bench/invoke.py`: bare interpreters for cold calls; for warm ones functions-framework, which
needs `pip install functions-framework`.
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
from peers import bare, functions_framework

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.tls import Authority
from owlab.pocket.ground.views import ActionPod
from owlab.pocket.openwhisk.app import openwhisk_app
from owlab.pocket.openwhisk.service import Service
from owlab.pocket.service.servers import Listener

KEY = "bench:" + "k" * 64
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
        async with httpx.AsyncClient(verify=False, auth=auth) as client:
            for kind, code in CODE.items():
                cold = []
                for _ in range(5):
                    body = {"exec": {"kind": kind, "code": code}}
                    await client.put(f"{base}/a?overwrite=true", json=body)
                    cold.append(await _timed(client, f"{base}/a"))
                warm = [await _timed(client, f"{base}/a") for _ in range(100)]
                print(f"{kind:<10} cold {statistics.median(cold) * 1000:6.1f} ms", end="   ")
                print(f"warm {statistics.median(warm) * 1000:5.1f} ms")
        shown = "   ".join(f"bare {name} {t * 1000:.1f} ms" for name, t in bare().items())
        peer = await functions_framework(Path(directory))
        told = "not installed" if peer is None else f"warm {peer * 1000:.1f} ms"
        print(f"{shown}   functions-framework {told}")
        used = {c.pod.name: c.worker.resident() for c in service.invoker.idle}
        for name, size in used.items():
            print(f"idle container {name}: {size / 1048576:.1f} MB")
        await listener.close()
        await service.stop()


async def _timed(client: httpx.AsyncClient, url: str) -> float:
    began = time.perf_counter()
    answer = await client.post(f"{url}?blocking=true&result=true", json={"n": 1})
    answer.raise_for_status()
    return time.perf_counter() - began


if __name__ == "__main__":
    asyncio.run(main())
