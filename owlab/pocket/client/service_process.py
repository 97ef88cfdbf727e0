"""The door of the pocket lab: start, find, ask and stop the process that is the lab.

All that the rest of owlab knows of the pocket lab is here.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from owlab.pocket.client import multipass
from owlab.pocket.client.frames import ERR, EXIT, OUT, RUN, frames
from owlab.pocket.client.wire import PROTOCOL, Answer, Gone
from owlab.pocket.service import checkpoints

STARTS_WITHIN = 30.0
STOPS_WITHIN = 15.0
LOST = multipass.LOST
MARK = "owlab-pocket-lab"
"""A file in every lab's directory, so that :func:`destroy` removes labs only."""


class DoorError(Exception):
    """The lab's process does not start, does not answer, or refused; details for the user."""

    def __init__(self, brief: str, details: str = "", resolution: str = "") -> None:
        super().__init__("\n".join(part for part in (brief, details, resolution) if part))
        self.brief, self.details, self.resolution = brief, details, resolution


def ensure(directory: Path, speed: str | None = None) -> None:
    """Start the lab's process unless it runs; returns when it answers. Safe to race.

    ``speed`` is how long things take from now on; without it, as before (``instant`` at first).
    """
    directory = Path(directory).resolve()
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    (directory / MARK).touch()
    with _locked(directory / "start.lock"):
        _write_binary(directory)
        if _is_outdated(directory):
            _end(directory)
        if not _answers(directory):
            _start(directory, speed)
        elif speed is not None:
            _ask(directory, "POST", "/v1/speed", json.dumps({"speed": speed}).encode()).read()


def _write_binary(directory: Path) -> None:
    """``DIR/bin/multipass``: the lab's multipass, for anybody's shell. Call it under the lock."""
    binary = directory / "bin" / "multipass"
    words = [sys.executable, "-S", "-E", str(Path(multipass.__file__).resolve()), "--dir"]
    text = f'#!/bin/sh\nexec {shlex.join(words)} {shlex.quote(str(directory))} "$@"\n'
    if binary.exists() and binary.read_text() == text:
        return
    binary.parent.mkdir(exist_ok=True)
    beside = binary.with_name("multipass.new")
    beside.write_text(text)
    beside.chmod(0o755)
    beside.replace(binary)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start(directory: Path, speed: str | None) -> None:
    (directory / "daemon.json").unlink(missing_ok=True)
    log = directory / "daemon.log"
    before = log.stat().st_size if log.exists() else 0
    words = [sys.executable, "-m", "owlab.pocket.service.daemon", "--dir", str(directory)]
    words += ["--speed", speed] if speed is not None else []
    # A session of its own: Ctrl-C in the terminal that started it is not meant for the lab.
    with (directory / "daemon.err").open("wb") as errors:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd="/",
            start_new_session=True,
        )
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if _answers(directory):
            return
        if process.poll() is not None:
            raise DoorError(
                f"The pocket lab did not start: its process ended with status "
                f"{process.returncode}.",
                _tail(directory, before),
                f"The whole log is in {log}.",
            )
        time.sleep(0.02)
    process.terminate()
    raise DoorError(
        f"The pocket lab did not answer within {STARTS_WITHIN:.0f} s.",
        _tail(directory, before),
        f"The whole log is in {log}.",
    )


def _tail(directory: Path, offset: int = 0, lines: int = 15) -> str:
    parts = []
    for name, skip in (("daemon.log", offset), ("daemon.err", 0)):
        with contextlib.suppress(OSError):
            parts += (directory / name).read_bytes()[skip:].decode(errors="replace").splitlines()
    return "\n".join(parts[-lines:])


def _answers(directory: Path) -> bool:
    """The announced process is the one that announced itself, and it answers."""
    try:
        if process(directory) is None:
            return False
        response = multipass.request(multipass.service(str(directory)), "GET", "/v1/status", None)
        response.read()
        return response.status == 200
    except (Gone, OSError):
        return False


def process(directory: Path) -> psutil.Process | None:
    """The lab's process, if it runs: same id *and* same birth, for ids are used again."""
    try:
        about = multipass.service(str(directory))
        found = psutil.Process(int(about["pid"]))
        if abs(found.create_time() - float(about["created"])) > 1 or not found.is_running():
            return None
        return None if found.status() == psutil.STATUS_ZOMBIE else found
    except (Gone, psutil.Error, KeyError, ValueError):
        return None


def stop(directory: Path) -> None:
    """End the lab's process; what it knows stays. Nothing happens where none runs."""
    directory = Path(directory).resolve()
    if not directory.is_dir():
        return
    with _locked(directory / "start.lock"):
        _end(directory)


def _end(directory: Path) -> None:
    found = process(directory)
    if found is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.terminate()
            if not _has_ended(found):
                children = found.children(recursive=True)
                for one in (*children, found):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        one.kill()
                _has_ended(found)
    (directory / "daemon.json").unlink(missing_ok=True)


def _has_ended(found: psutil.Process) -> bool:
    """Wait for its end, which whoever started it, a notebook's kernel say, may not have noted."""
    limit = time.monotonic() + STOPS_WITHIN
    while time.monotonic() < limit:
        try:
            found.wait(0.05)
            return True
        except psutil.TimeoutExpired:
            with contextlib.suppress(psutil.NoSuchProcess):
                if found.status() == psutil.STATUS_ZOMBIE:
                    return True
    return False


def _is_outdated(directory: Path) -> bool:
    """A service of another version runs: it would not understand this one."""
    try:
        return int(multipass.service(str(directory)).get("protocol", 0)) != PROTOCOL
    except (Gone, ValueError):
        return False


def status(directory: Path) -> dict[str, Any]:
    """What the lab is and has; ``{"running": False}`` where its process does not run."""
    directory = Path(directory).resolve()
    try:
        if process(directory) is None:
            return {"running": False, "directory": str(directory)}
        response = _ask(directory, "GET", "/v1/status")
        found: dict[str, Any] = json.loads(response.read())
    except (Gone, DoorError):
        return {"running": False, "directory": str(directory)}
    return {"running": True, **found}


def destroy(directory: Path) -> None:
    """End the lab and remove its directory."""
    directory = Path(directory).resolve()
    stop(directory)
    if directory.is_dir():
        if not (directory / MARK).exists():
            raise DoorError(
                f"{directory} is not a pocket lab: nothing was removed.",
                f"It has no file {MARK}.",
            )
        shutil.rmtree(directory)


def execute(
    directory: Path,
    machine: str,
    script: str,
    *,
    stdin: bytes = b"",
    out: Callable[[bytes], None] | None = None,
    err: Callable[[bytes], None] | None = None,
) -> int:
    """Run a script on a machine (``host`` is the laptop); output is passed on as it comes."""
    body = json.dumps({"machine": machine, "script": script}).encode()
    response = _ask(Path(directory), "POST", "/v1/execute", body)
    return follow(Path(directory), response, stdin, out, err)


def follow(
    directory: Path,
    response: Answer,
    stdin: bytes,
    out: Callable[[bytes], None] | None,
    err: Callable[[bytes], None] | None,
) -> int:
    """Pass a run's output on; leaving early (Ctrl-C) closes the connection, which ends the run."""
    about = multipass.service(str(directory))
    with contextlib.closing(response):
        for kind, data in frames(response):
            if kind == OUT and out is not None:
                out(data)
            elif kind == ERR and err is not None:
                err(data)
            elif kind == EXIT:
                return int(data)
            elif kind == RUN:
                path = f"/v1/runs/{data.decode()}/stdin"
                for piece in (stdin, b"") if stdin else (b"",):
                    multipass.request(about, "POST", path, piece).read()
    return LOST


def _ask(directory: Path, method: str, path: str, body: bytes | None = None) -> Answer:
    try:
        response = multipass.request(multipass.service(str(directory)), method, path, body)
    except Gone:
        raise DoorError(
            "The pocket lab does not run.", f"No process answers for {directory}."
        ) from None
    if response.status >= 400:
        raise DoorError(response.read().decode(errors="replace").strip() or "not found")
    return response


def kubeconfig(directory: Path) -> str:
    """A kubeconfig for the user's own tools."""
    try:
        return _ask(Path(directory), "GET", "/v1/kubeconfig").read().decode()
    except DoorError as error:
        if "not found" not in str(error):
            raise
        raise DoorError(
            "There is no cluster yet.", "", "Install K3s on master first (section 1.3)."
        ) from None


def wskprops(directory: Path) -> str:
    """``~/.wskprops`` for the user's own wsk."""
    try:
        return _ask(Path(directory), "GET", "/v1/wskprops").read().decode()
    except DoorError as error:
        if "not found" not in str(error):
            raise
        raise DoorError(
            "OpenWhisk does not answer yet.", "", "Deploy it first (section 6)."
        ) from None


def save(directory: Path, name: str) -> None:
    """Keep the whole lab as it is now under a name."""
    directory = Path(directory).resolve()
    target = checkpoints.place(directory, name)
    if process(directory) is None:
        checkpoints.copy_stopped(directory, target)
        return
    body = json.dumps({"path": str(target)}).encode()
    _ask(directory, "POST", "/v1/save", body).read()


def restore(directory: Path, name: str) -> None:
    """Make the lab what it was when :func:`save` kept it; it runs afterwards if it ran before."""
    directory = Path(directory).resolve()
    source = checkpoints.place(directory, name)
    if not source.exists():
        known = ", ".join(saved(directory)) or "none"
        raise DoorError(f"The lab has no saved state {name!r}.", f"Saved: {known}.")
    ran = status(directory)
    stop(directory)
    checkpoints.put_back(directory, source)
    if ran["running"]:
        ensure(directory, str(ran["speed"]))


def saved(directory: Path) -> list[str]:
    """The names under which states of the lab were saved."""
    return checkpoints.names(Path(directory).resolve())
