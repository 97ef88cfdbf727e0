"""The door of the pocket lab: start, find, ask and stop the process that is the lab.

All that the rest of owlab knows of the pocket lab is here.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from owlab.pocket.client import checkpoints, multipass, running, wire
from owlab.pocket.client.frames import ERR, EXIT, OUT, RUN, frames
from owlab.pocket.client.wire import Gone, Outdated, ServiceResponse, Silent

STARTS_WITHIN = 30.0
STOPS_WITHIN = 15.0
DESTROYS_WITHIN = 3.0
"""Nothing needs to be saved of what is thrown away."""
LOST = multipass.LOST
MARK = "owlab-pocket-lab"
"""A file in every lab's directory, so that :func:`destroy` removes labs only."""


class ServiceError(Exception):
    """The lab's process does not start, does not answer, or refused; details for the user."""

    def __init__(self, brief: str, details: str = "", resolution: str = "") -> None:
        super().__init__("\n".join(part for part in (brief, details, resolution) if part))
        self.brief, self.details, self.resolution = brief, details, resolution


def ensure(directory: Path, speed: str | None = None) -> None:
    """Start the lab's process unless it runs; returns when it answers. Safe to race.

    ``speed`` is how long things take from now on; without it, as before (``instant`` at first).

    :raises ServiceError: it does not start, or it is there and does not answer.
    """
    directory = Path(directory).resolve()
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        directory.chmod(0o700)
        (directory / MARK).touch(mode=0o600)
        with _locked(directory / "start.lock", STARTS_WITHIN + wire.SILENCE):
            _write_binary(directory)
            if _is_outdated(directory):
                _end(directory)
            if not _answers(directory):
                _start(directory, speed)
            elif speed is not None:
                _ask(directory, "POST", "/v1/speed", json.dumps({"speed": speed}).encode()).read()
    except OSError as error:
        raise ServiceError(
            f"The lab's folder {directory} cannot be used.",
            f"{error.strerror}: {error.filename}",
            "Free some disk space, and see that the folder is yours.",
        ) from None


def _write_binary(directory: Path) -> None:
    """``DIR/bin/multipass``: the lab's multipass, for anybody's shell. Call it under the lock."""
    binary = directory / "bin" / "multipass"
    words = [sys.executable, "-S", "-E", str(Path(multipass.__file__).resolve()), "--dir"]
    text = f'#!/bin/sh\nexec {shlex.join(words)} {shlex.quote(str(directory))} "$@"\n'
    if binary.exists() and binary.read_text(errors="replace") == text:
        return
    binary.parent.mkdir(exist_ok=True, mode=0o700)
    beside = binary.with_name("multipass.new")
    beside.write_text(text)
    beside.chmod(0o700)
    beside.replace(binary)


@contextlib.contextmanager
def _locked(path: Path, patience: float) -> Iterator[None]:
    """Hold a lock that others hold for moments only."""
    with path.open("a") as file:
        path.chmod(0o600)
        limit = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= limit:
                    raise ServiceError(
                        "Another owlab process has been starting or ending this lab "
                        f"for {patience:.0f} s.",
                        resolution="End that process, or the lab: `owlab down`.",
                    ) from None
                time.sleep(0.02)
        yield


def _start(directory: Path, speed: str | None) -> None:
    log = directory / "daemon.log"
    before = log.stat().st_size if log.exists() else 0
    process = _spawn(directory, speed)
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if _answers(directory):
            found = running.process(directory)
            if process.poll() is None and found is not None and found.pid != process.pid:
                process.terminate()  # another one answers: this one is not needed
            return
        status = process.poll()
        if status == wire.ALREADY_RUNS:
            # One whose announcement was lost writes it again; one that is ending leaves soon.
            time.sleep(0.5)
            process = process if _answers(directory) else _spawn(directory, speed)
        elif status is not None:
            raise ServiceError(
                f"The pocket lab did not start: its process ended with status {status}.",
                _tail(directory, before),
                f"The whole log is in {log}.",
            )
        time.sleep(0.02)
    process.terminate()
    raise ServiceError(
        f"The pocket lab did not answer within {STARTS_WITHIN:.0f} s.",
        _tail(directory, before),
        f"The whole log is in {log}. `owlab down` ends the lab, `owlab reset` starts it afresh.",
    )


def _spawn(directory: Path, speed: str | None) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", running.MODULE, "--dir", str(directory)]
    words += ["--speed", speed] if speed is not None else []
    # A session of its own: Ctrl-C in the terminal that started it is not meant for the lab.
    with (directory / "daemon.err").open("wb") as errors:
        (directory / "daemon.err").chmod(0o600)
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            # One heap for all threads: a class has many labs on one computer.
            env={"MALLOC_ARENA_MAX": "1", **os.environ},
            cwd="/",
            start_new_session=True,
        )


def _tail(directory: Path, offset: int, lines: int = 15) -> str:
    parts = []
    for name, skip in (("daemon.log", offset), ("daemon.err", 0)):
        with contextlib.suppress(OSError):
            parts += (directory / name).read_bytes()[skip:].decode(errors="replace").splitlines()
    # Where in our own code it was is in the log, and of no use to whoever reads this.
    told = [line for line in parts if not line.startswith((" ", "Traceback", "During handling"))]
    return "\n".join((told or parts)[-lines:])


def _answers(directory: Path) -> bool:
    """The announced process is the one that announced itself, and it answers.

    :raises ServiceError: it is there, and does not answer.
    """
    try:
        if process(directory) is None:
            return False
        response = multipass.request(multipass.service(str(directory)), "GET", "/v1/status", None)
        response.read()
        return response.status == 200
    except Silent as silent:
        raise _hangs(directory, silent) from None
    except (Gone, OSError):
        return False


def process(directory: Path) -> psutil.Process | None:
    """The lab's process, if it runs, whether it answers or not."""
    return running.process(directory)


def stop(directory: Path, patience: float = STOPS_WITHIN) -> None:
    """End the lab's process; what it knows stays. Nothing happens where none runs.

    One that does not end by itself in ``patience`` seconds is ended by force.
    """
    directory = Path(directory).resolve()
    if not directory.is_dir():
        return
    with contextlib.ExitStack() as stack:
        # Whoever holds the lock may hang as well, and a full disk has no place for a lock.
        with contextlib.suppress(OSError, ServiceError):
            stack.enter_context(_locked(directory / "start.lock", patience))
        _end(directory, patience)


def _end(directory: Path, patience: float = STOPS_WITHIN) -> None:
    running.end(directory, patience)
    (directory / "daemon.json").unlink(missing_ok=True)


def _is_outdated(directory: Path) -> bool:
    """A service of another version runs: it would not understand this one."""
    try:
        multipass.service(str(directory))
    except Outdated:
        return True
    except Gone:
        return False
    return False


def _hangs(directory: Path, silent: Silent) -> ServiceError:
    """What is to be said of a service that is there and does not answer."""
    return ServiceError(
        f"The lab does not answer: process {silent.pid}, for {silent.seconds:.0f} s.",
        running.why_silent(directory, silent.pid),
        "`owlab down` ends it.",
    )


def status(directory: Path) -> dict[str, Any]:
    """What the lab is and has; ``{"running": False}`` where its process does not run.

    :raises ServiceError: it runs, and does not answer.
    """
    directory = Path(directory).resolve()
    try:
        if process(directory) is None:
            return {"running": False, "directory": str(directory)}
        response = multipass.request(multipass.service(str(directory)), "GET", "/v1/status", None)
        found: dict[str, Any] = json.loads(response.read())
    except Gone:
        return {"running": False, "directory": str(directory)}
    except Silent as silent:
        raise _hangs(directory, silent) from None
    return {"running": True, **found}


def destroy(directory: Path) -> None:
    """End the lab and remove its directory. Works whatever state either is in.

    :raises ServiceError: it is no lab's directory, or something in it cannot be removed.
    """
    directory = Path(directory).resolve()
    if not directory.is_dir():
        return
    if not is_lab(directory):
        raise ServiceError(
            f"{directory} is not a pocket lab: nothing was removed.",
            f"It has no file {MARK}.",
        )
    stop(directory, DESTROYS_WITHIN)
    running.remove(directory)
    if directory.exists():
        raise ServiceError(
            f"The lab's folder {directory} could not be removed.", "See who owns it."
        )


def is_lab(directory: Path) -> bool:
    """A pocket lab was started here: any of the files that only such a one has is there."""
    return any((directory / name).exists() for name in (MARK, "daemon.lock", "lab.sqlite"))


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
    body = json.dumps({"machine": machine, "script": script, "no_input": not stdin}).encode()
    response = _ask(Path(directory), "POST", "/v1/execute", body)
    try:
        return follow(Path(directory), response, stdin, out, err)
    except Silent as silent:
        raise _hangs(Path(directory), silent) from None
    except Gone:
        return _lost(err)


def multipass_line(
    directory: Path,
    words: Sequence[str],
    *,
    stdin: bytes = b"",
    out: Callable[[bytes], None],
    err: Callable[[bytes], None],
    opened: Callable[[ServiceResponse], None] = lambda answer: None,
) -> int:
    """One ``multipass`` command line, without a process of its own for it.

    :param opened: given the answer before anything of it is read: hanging it up ends the command.
    :returns: its exit status; ``LOST`` where the service went away meanwhile.
    """
    asked = {"argv": list(words), "cwd": os.getcwd(), "tty": False, "no_input": not stdin}  # noqa: PTH109
    response = _ask(Path(directory), "POST", "/v1/multipass", json.dumps(asked).encode())
    opened(response)
    try:
        return follow(Path(directory), response, stdin, out, err)
    except Silent as silent:
        raise _hangs(Path(directory), silent) from None
    except (Gone, ConnectionError):
        return _lost(err)


def objects(
    directory: Path, machine: str, kind: str, name: str, namespace: str
) -> tuple[Any, str] | None:
    """What ``sudo kubectl get KIND NAME -o json`` on the machine would print, as data.

    :param namespace: empty for all namespaces.
    :returns: objects, or kubectl's error; None where kubectl itself has to be asked.
    """
    asked = {"machine": machine, "kind": kind, "name": name, "namespace": namespace}
    response = _ask(Path(directory), "POST", "/v1/objects", json.dumps(asked).encode())
    if response.status == 204:
        return None
    found = json.loads(response.read())
    return found["object"], str(found["error"])


def _lost(err: Callable[[bytes], None] | None) -> int:
    if err is not None:
        err(multipass.NO_STATUS.encode())
    return LOST


def is_alive(directory: Path) -> bool:
    """A service has this lab in hand. Asks nobody: it holds a lock as long as it lives."""
    return running.is_held(Path(directory) / running.LOCK)


def follow(
    directory: Path,
    response: ServiceResponse,
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
            elif kind == RUN and stdin:
                path = f"/v1/runs/{data.decode()}/stdin"
                for piece in (stdin, b""):
                    multipass.request(about, "POST", path, piece).read()
    return _lost(err)


def _ask(directory: Path, method: str, path: str, body: bytes | None = None) -> ServiceResponse:
    try:
        response = multipass.request(multipass.service(str(directory)), method, path, body)
    except Silent as silent:
        raise _hangs(directory, silent) from None
    except Gone:
        raise ServiceError(
            "The pocket lab does not run.", f"No process answers for {directory}."
        ) from None
    if response.status >= 400:
        raise ServiceError(response.read().decode(errors="replace").strip() or "not found")
    return response


def kubeconfig(directory: Path) -> str:
    """A kubeconfig for the user's own tools."""
    try:
        return _ask(Path(directory), "GET", "/v1/kubeconfig").read().decode()
    except ServiceError as error:
        if "not found" not in str(error):
            raise
        raise ServiceError(
            "There is no cluster yet.", "", "Install K3s on master first (section 1.3)."
        ) from None


def wskprops(directory: Path) -> str:
    """``~/.wskprops`` for the user's own wsk."""
    try:
        return _ask(Path(directory), "GET", "/v1/wskprops").read().decode()
    except ServiceError as error:
        if "not found" not in str(error):
            raise
        raise ServiceError(
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
        raise ServiceError(f"The lab has no saved state {name!r}.", f"Saved: {known}.")
    ran = status(directory)
    stop(directory)
    checkpoints.put_back(directory, source)
    if ran["running"]:
        ensure(directory, str(ran["speed"]))


def saved(directory: Path) -> list[str]:
    """The names under which states of the lab were saved."""
    return checkpoints.names(Path(directory).resolve())
