"""The one door to processes: the only module that imports ``sh``."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from owlab.errors import CommandTimeout, ProviderError
from owlab.redact import redact

OnOutput = Callable[[str, str], None]
"""Called with the stream's name (``stdout`` or ``stderr``) and each piece of text as it comes."""

_GRACE_SECONDS = 2.0
"""Between the polite and the final signal."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that ended."""

    exit_code: int
    stdout: str
    stderr: str
    seconds: float


class Shell:
    """Starts processes of the laptop, streams what they print, and ends them on request.

    Safe to use from several threads; :meth:`cancel` ends everything that is under way.
    """

    def __init__(self) -> None:
        self._running: dict[int, Any] = {}  # by identity: == waits on it
        self._lock = threading.Lock()
        self._cancelled = threading.Event()

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        timeout: float = 120,
        on_output: OnOutput | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Finished:
        """Run ``argv`` to its end.

        :param stdin: all of its input.
        :param timeout: seconds until it is killed.
        :param env: added to this process' environment.
        :returns: how it ended; an exit status other than 0 is no error here.
        :raises CommandTimeout: it was still running after ``timeout``.
        :raises ProviderError: there is no such program.
        :raises KeyboardInterrupt: :meth:`cancel` was called meanwhile.
        """
        out: list[str] = []
        err: list[str] = []

        def listen(name: str, kept: list[str]) -> Callable[[str], None]:
            def piece(text: str) -> None:
                kept.append(text)
                if on_output is not None:
                    on_output(name, text)

            return piece

        started = time.monotonic()
        process = _start(
            argv, stdin, listen("stdout", out), listen("stderr", err), {**os.environ, **(env or {})}
        )
        with self._lock:
            self._running[id(process)] = process
        try:
            exit_code = self._wait(process, argv, started + timeout, timeout, (out, err))
        finally:
            with self._lock:
                self._running.pop(id(process), None)
            if process.is_alive():
                _end(process)
        return Finished(exit_code, "".join(out), "".join(err), time.monotonic() - started)

    def _wait(
        self,
        process: Any,
        argv: Sequence[str],
        deadline: float,
        timeout: float,
        printed: tuple[list[str], list[str]],
    ) -> int:
        import sh

        ended = threading.Event()

        def wait_for_end() -> None:
            # Any exit status is ours to judge; with _bg_exc=False the thread stays quiet.
            with suppress(sh.ErrorReturnCode, sh.SignalException):
                process.wait()
            ended.set()

        threading.Thread(target=wait_for_end, daemon=True).start()
        while not ended.wait(min(0.2, max(0.0, deadline - time.monotonic()))):
            if self._cancelled.is_set():
                _end(process)
                raise KeyboardInterrupt
            if time.monotonic() >= deadline:
                _end(process)
                raise CommandTimeout(
                    brief=f"{argv[0].rsplit('/', 1)[-1]} did not end within {timeout:.0f} s.",
                    details=last_lines(["".join(stream) for stream in printed]),
                    resolution="Raise the timeout, or look at what the machine is doing.",
                )
        if self._cancelled.is_set():
            raise KeyboardInterrupt
        return _exit_code(process)

    def cancel(self) -> None:
        """End every process that is under way; their callers see KeyboardInterrupt."""
        self._cancelled.set()
        with self._lock:
            running = list(self._running.values())
        for process in running:
            _end(process)

    @property
    def is_cancelled(self) -> bool:
        """Between :meth:`cancel` and :meth:`resume`."""
        return self._cancelled.is_set()

    def resume(self) -> None:
        """Accept work again after :meth:`cancel`."""
        self._cancelled.clear()


def last_lines(printed: Sequence[str], lines: int = 10) -> str:
    """The last lines of both streams, redacted, for an error message."""
    # First redacted, then cut: the middle of a key alone would not be known as one.
    both = "\n".join(redact(stream.rstrip()) for stream in printed).strip()
    return "\n".join(both.splitlines()[-lines:])


def _start(
    argv: Sequence[str],
    stdin: bytes,
    out: Callable[[str], None],
    err: Callable[[str], None],
    env: Mapping[str, str],
) -> Any:
    import sh  # a fiftieth of a second, when a process is really started

    try:
        program = sh.Command(argv[0])
    except sh.CommandNotFound:
        raise ProviderError(
            brief=f"The program {argv[0]!r} was not found.",
            resolution="Install it, or run `owlab doctor` to see what this computer can run.",
        ) from None
    return program(
        *argv[1:],
        _in=stdin,
        _out=out,
        _err=err,
        _out_bufsize=1,
        _err_bufsize=1,
        _tty_out=False,
        _bg=True,
        _bg_exc=False,
        _new_session=True,
        _ok_code=list(range(256)),
        _env=dict(env),
        _return_cmd=True,
        _decode_errors="replace",
    )


def _exit_code(process: Any) -> int:
    """The exit status as a shell tells it: 128 and the number for a signal."""
    import sh

    try:
        code = int(process.exit_code)
    except sh.ErrorReturnCode as error:
        code = int(error.exit_code)
    return 128 - code if code < 0 else code


def _end(process: Any) -> None:
    """Ask the process and its children to end, then insist."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, OSError):
            process.signal_group(number)
        limit = time.monotonic() + _GRACE_SECONDS
        while process.is_alive() and time.monotonic() < limit:
            time.sleep(0.02)
        if not process.is_alive():
            return
