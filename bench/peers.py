"""What invocations are compared with: bare interpreters, and Google's functions-framework."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from owlab.pocket.openwhisk.runtimes import node_path

SOURCE = "def main(request): return request.get_json()\n"


def bare() -> dict[str, float]:
    """Seconds until each interpreter has started and ended, doing nothing: the median of nine."""
    words = {
        "python": [sys.executable, "-I", "-S", "-c", "pass"],
        "nodejs": [str(node_path()), "-e", "0"],
    }
    return {name: statistics.median(_once(command) for _ in range(9)) for name, command in
            words.items()}  # fmt: skip


def _once(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began


@contextlib.asynccontextmanager
async def functions_framework(directory: Path) -> AsyncIterator[str | None]:
    """Where it answers over plain HTTP; None where it is not installed."""
    if importlib.util.find_spec("functions_framework") is None:
        yield None
        return
    source = directory / "main.py"
    source.write_text(SOURCE)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "functions_framework", "--target", "main"]
    words += ["--source", str(source), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                for _ in range(100):
                    try:
                        await client.post("/", json={})
                        break
                    except httpx.ConnectError:
                        await asyncio.sleep(0.1)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
