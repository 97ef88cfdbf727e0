"""The engine's other side: starts the child process, relays its answer, ends it when cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

GRACE = 4.0
_GO_LOG = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (DEBUG|INFO|WARN|ERROR) (.*)$")


class HelmFailed(Exception):
    """The engine refused; the message is Helm's own. ``kind`` is the engine's class of error."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


Listener = Callable[[dict[str, Any]], Awaitable[None]]


def _environment(home: Path) -> dict[str, str]:
    """Nothing of the user's own Helm or Kubernetes settings reaches the engine."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
    paths = [entry for entry in sys.path if entry]
    return {**kept, "HOME": str(home), "PYTHONPATH": os.pathsep.join(paths), "TZ": "UTC"}


async def perform(request: dict[str, Any], home: Path, listen: Listener) -> Any:
    """Run one action in a child whose scratch directory is ``home``; raises HelmFailed.

    ``listen`` gets every line that is not the end: logs, and news such as ``installing``.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "owlab.pocket.programs.helm.engine",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=home,
        env=_environment(home),
        limit=64 << 20,
        start_new_session=True,
    )
    assert child.stdin and child.stdout and child.stderr
    errors = asyncio.ensure_future(_relay_errors(child.stderr, listen))
    try:
        child.stdin.write(json.dumps(request).encode())
        child.stdin.close()
        async for line in child.stdout:
            message = json.loads(line)
            if "result" in message:
                await errors
                return message["result"]
            if "error" in message:
                await errors
                raise HelmFailed(message["error"]["message"], message["error"]["kind"])
            await listen(message)
        await child.wait()
        raise HelmFailed(f"the Helm engine ended early (exit status {child.returncode})")
    finally:
        await asyncio.shield(_end(child, errors))


async def _relay_errors(stream: asyncio.StreamReader, listen: Listener) -> None:
    async for line in stream:
        text = line.decode(errors="replace").rstrip("\n")
        match = _GO_LOG.match(text)
        await listen(
            {"log": [match[1], match[2]], "formatted": True} if match else {"stderr": text}
        )


async def _end(child: asyncio.subprocess.Process, errors: asyncio.Future[None]) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            await asyncio.wait_for(child.wait(), GRACE)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    errors.cancel()
