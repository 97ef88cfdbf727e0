"""The background process of a lab: ``python -m owlab.pocket.service.daemon --dir DIR``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import json
import logging
import logging.handlers
import os
import resource
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import uvicorn

from owlab.pocket.client.wire import ALREADY_RUNS, PROTOCOL
from owlab.pocket.ground.clock import SPEEDS
from owlab.pocket.ground.private_files import write_private
from owlab.pocket.service.control_api import control_app
from owlab.pocket.service.lab import PocketLab
from owlab.pocket.service.servers import Server, at_once
from owlab.pocket.service.watchdog import Watchdog

log = logging.getLogger("owlab.pocket")

LOG_SIZE, LOG_FILES = 2 << 20, 2
_LOOK_SECONDS = 1.0


async def serve(directory: Path, speed: str | None) -> None:
    """Run the service until it is told to stop."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    lab = PocketLab(directory, speed)
    token = secrets.token_urlsafe(32)
    listener = socket.create_server(("127.0.0.1", 0))
    at_once(listener)
    config = uvicorn.Config(
        control_app(lab, token, ended.set),
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    server = Server(config)
    await lab.start()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    about = _about(directory, listener.getsockname()[1], token, lab.clock.speed)
    _announce(directory, about)
    log.info("the lab in %s is ready, process %d", directory, os.getpid())
    watchdog = Watchdog()
    others = [
        asyncio.create_task(ended.wait()),
        asyncio.create_task(_look_after(directory, about)),
        asyncio.create_task(watchdog.run()),
    ]
    await asyncio.wait([serving, *others[:2]], return_when=asyncio.FIRST_COMPLETED)
    for task in others[:2]:
        task.cancel()
    log.info("stopping")
    _withdraw(directory, about)
    await lab.stop()
    others[2].cancel()
    server.end()
    await serving
    _end_children()


def _about(directory: Path, port: int, token: str, speed: str) -> dict[str, Any]:
    """What clients need to know. The directory, since a copy of it is another lab."""
    return {
        "pid": os.getpid(),
        "port": port,
        "token": token,
        "speed": speed,
        "protocol": PROTOCOL,
        "directory": str(directory),
    }


def _announce(directory: Path, about: dict[str, Any]) -> None:
    """Tell clients where the service is; written beside and moved, so that nobody reads half."""
    beside = directory / "daemon.json.new"
    write_private(beside, json.dumps(about).encode())
    beside.replace(directory / "daemon.json")


def _withdraw(directory: Path, about: dict[str, Any]) -> None:
    """Take the announcement back, unless it is another's: the folder may have been replaced."""
    path = directory / "daemon.json"
    with contextlib.suppress(OSError, ValueError, RecursionError):
        if json.loads(path.read_text("utf-8")) == about:
            path.unlink()


async def _look_after(directory: Path, about: dict[str, Any]) -> None:
    """Announce again what was lost or damaged; return when the folder is no longer there."""
    first = directory.stat().st_ino
    path = directory / "daemon.json"
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            if directory.stat().st_ino != first:
                raise FileNotFoundError
        except OSError:
            log.error("the lab's folder %s was removed or moved: ending", directory)
            return
        try:
            if json.loads(path.read_text("utf-8")) == about:
                continue
        except (OSError, ValueError, RecursionError):
            pass
        log.warning("the announcement in %s was lost or damaged: writing it again", path)
        with contextlib.suppress(OSError):
            _announce(directory, about)


def _end_children() -> None:
    """kubectl, helm, node and python processes that are still there."""
    children = psutil.Process().children(recursive=True)
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.terminate()
    _, alive = psutil.wait_procs(children, timeout=2)
    for child in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


@contextlib.contextmanager
def only_one(directory: Path) -> Iterator[bool]:
    """Hold the lab's lock while the service runs; False where another has it.

    The lock goes with the process, however it ends. Clients hold it for an instant to see whether
    anybody has it.
    """
    with (directory / "daemon.lock").open("a+") as file:
        (directory / "daemon.lock").chmod(0o600)
        limit = time.monotonic() + 1
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() >= limit:
                    yield False
                    return
                time.sleep(0.02)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield True


def _allow_files() -> None:
    """As many open files as the system lets us have: each client and function needs some."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft < most:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _log_to(path: Path) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_SIZE, backupCount=LOG_FILES)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Requests of clients would fill it, and carry credentials.
    for noisy in ("httpx", "httpcore", "uvicorn.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def main(argv: list[str] | None = None) -> int:
    """Run one lab's service in the foreground."""
    parser = argparse.ArgumentParser(
        prog="python -m owlab.pocket.service.daemon", description=__doc__
    )
    parser.add_argument("--dir", type=Path, required=True, help="the lab's directory")
    parser.add_argument("--speed", choices=SPEEDS, help="how long things take; default: as before")
    options = parser.parse_args(argv)
    _allow_files()
    directory = options.dir.resolve()
    if not directory.is_dir():  # it was removed while this started: no lab comes back from nothing
        print(f"there is no folder {directory}", file=sys.stderr)
        return 1
    _log_to(directory / "daemon.log")
    with only_one(directory) as mine:
        if not mine:
            log.error("another process serves the lab in %s", directory)
            print(f"another process serves the lab in {directory}", file=sys.stderr)
            return ALREADY_RUNS
        try:
            asyncio.run(serve(directory, options.speed))
        except Exception:
            log.exception("the service ended with an error")
            return 1
    return 0


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stderr.flush()
    # All is saved and closed. bashkit's threads may still call back: into an interpreter that is
    # taken down they would crash.
    os._exit(status)
