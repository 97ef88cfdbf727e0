"""The engine's other side: starts the child process, relays its answer, ends it when cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from owlab.pocket.programs.child import FRUGAL_GO
from owlab.pocket.programs.crash import NO_MEMORY, StackDump

GRACE = 4.0
ENGINE = Path(__file__).with_name("engine.py")
_GO_LOG = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (DEBUG|INFO|WARN|ERROR) (.*)$")
# At its end the engine cancels the watch with which it waited, at times within an event.
_OWN_CANCELLING = re.compile(r"[IWE]\d{4} \S+ +\d+ reflector\.go:\d+\] .*context canceled")


class HelmFailed(Exception):
    """The engine refused; the message is Helm's own. ``kind`` is the engine's class of error."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


Listener = Callable[[dict[str, Any]], Awaitable[None]]


def _environment(home: Path, cache: Path | None) -> dict[str, str]:
    """Nothing of the user's own Helm or Kubernetes settings reaches the engine."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    paths = [entry for entry in sys.path if entry]
    return {
        **kept,
        **FRUGAL_GO,
        "HOME": str(home),
        # The library writes the kubeconfig to a file, which stays when it is interrupted.
        "TMPDIR": str(home),
        "PYTHONPATH": os.pathsep.join(paths),
        "TZ": "UTC",
        "NO_PROXY": "*",
        **({"KUBECACHEDIR": str(cache)} if cache else {}),
    }


def _gently() -> bool:
    return False


async def perform(
    request: dict[str, Any],
    home: Path,
    listen: Listener,
    killed: Callable[[], bool] = _gently,
    cache: Path | None = None,
) -> Any:
    """Run one action in a child whose scratch directory is ``home``; raises HelmFailed.

    ``listen`` gets every line that is not the end: logs, and news such as ``installing``.
    ``killed`` says that an end is not to be waited for. ``cache`` keeps what the cluster serves.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        # By path, and without its directory on sys.path: the engine needs nothing of this package.
        "-P",
        str(ENGINE),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=home,
        env=_environment(home, cache),
        limit=64 << 20,
        start_new_session=True,
    )
    assert child.stdin and child.stdout and child.stderr
    dump = StackDump(python=True)
    errors = asyncio.ensure_future(_relay_errors(child.stderr, listen, dump))
    answer: dict[str, Any] | None = None
    try:
        child.stdin.write(json.dumps(request).encode())
        child.stdin.close()
        # To the end of the stream, also after the answer: then the pipes close by themselves.
        async for line in child.stdout:
            message = json.loads(line)
            if "result" in message or "error" in message:
                answer = message
            else:
                await listen(message)
    finally:
        await asyncio.shield(_end(child, errors, answer is not None, killed()))
    if dump.lacks_memory:
        raise HelmFailed(f"the Helm engine has died: {NO_MEMORY}")
    if answer is None:
        raise HelmFailed(f"the Helm engine ended early (exit status {child.returncode})")
    if "error" in answer:
        raise HelmFailed(answer["error"]["message"], answer["error"]["kind"])
    return answer["result"]


async def _relay_errors(stream: asyncio.StreamReader, listen: Listener, dump: StackDump) -> None:
    async for line in stream:
        await _relay_lines(dump.take(line), listen)
    await _relay_lines(dump.end(), listen)


async def _relay_lines(data: bytes, listen: Listener) -> None:
    for line in data.splitlines():
        text = line.decode(errors="replace").rstrip("\n")
        if _OWN_CANCELLING.match(text):
            continue
        match = _GO_LOG.match(text)
        await listen({"log": [match[1], match[2]]} if match else {"stderr": text})


async def _end(
    child: asyncio.subprocess.Process, errors: asyncio.Future[None], answered: bool, killed: bool
) -> None:
    # Signals go by number: asyncio's own terminate() polls first, and so may steal the exit
    # status from the watcher that waits for it (Python 3.11).
    first = None if answered else signal.SIGKILL if killed else signal.SIGTERM
    for number in (first, signal.SIGKILL):
        if number is not None and child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), GRACE)
            break
    # A transport closes by itself once both pipes were read to their ends.
    assert child.stdout
    readers: list[asyncio.Future[Any]] = [errors, asyncio.ensure_future(child.stdout.read())]
    await asyncio.wait(readers, timeout=GRACE)
    for reader in readers:
        reader.cancel()
