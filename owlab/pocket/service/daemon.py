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
import secrets
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import uvicorn

from owlab.pocket.client.wire import PROTOCOL
from owlab.pocket.ground.clock import SPEEDS
from owlab.pocket.ground.tls import write_private
from owlab.pocket.service.control import control_app
from owlab.pocket.service.lab import Lab
from owlab.pocket.service.servers import Server, at_once

log = logging.getLogger("owlab.pocket")

LOG_SIZE, LOG_FILES = 2 << 20, 2
ALREADY_RUNS = 3


async def serve(directory: Path, speed: str | None) -> None:
    """Run the service until it is told to stop."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    lab = Lab(directory, speed)
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
    _announce(directory, listener.getsockname()[1], token, lab.clock.speed)
    log.info("the lab in %s is ready, process %d", directory, os.getpid())
    waiting = asyncio.create_task(ended.wait())
    await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    log.info("stopping")
    (directory / "daemon.json").unlink(missing_ok=True)
    await lab.stop()
    server.should_exit = True
    await serving
    _end_children()


def _announce(directory: Path, port: int, token: str, speed: str) -> None:
    """Tell clients where the service is; written beside and moved, so that nobody reads half."""
    about = {
        "pid": os.getpid(),
        "created": psutil.Process().create_time(),
        "port": port,
        "token": token,
        "speed": speed,
        "protocol": PROTOCOL,
    }
    beside = directory / "daemon.json.new"
    write_private(beside, json.dumps(about).encode())
    beside.replace(directory / "daemon.json")


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

    The lock goes with the process, however it ends.
    """
    with (directory / "daemon.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def _log_to(path: Path) -> None:
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
    directory = options.dir.resolve()
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
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
    sys.exit(main())
