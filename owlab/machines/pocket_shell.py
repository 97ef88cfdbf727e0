"""The laptop's shell of a pocket lab: its ``multipass`` needs no process for each command line."""

from __future__ import annotations

import codecs
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from owlab.errors import CommandTimeout
from owlab.shell import Finished, OnOutput, Shell, last_lines


class Connection(Protocol):
    """A command that is under way."""

    def hang_up(self) -> None:
        """End it."""


class SpeaksMultipass(Protocol):
    """Carries out one command line; returns its exit status."""

    def __call__(
        self,
        words: Sequence[str],
        *,
        stdin: bytes,
        out: Callable[[bytes], None],
        err: Callable[[bytes], None],
        opened: Callable[[Connection], None],
    ) -> int: ...


class PocketShell(Shell):
    """A shell in which one program, ``multipass``, is a function of this process.

    Everything else is as in :class:`owlab.shell.Shell`, which starts processes.

    :param binary: the path by which that program is called.
    :param multipass: carries out its command lines.
    """

    def __init__(self, binary: str, multipass: SpeaksMultipass) -> None:
        super().__init__()
        self._binary = binary
        self._multipass = multipass
        self._open: set[Connection] = set()

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        timeout: float = 120,
        on_output: OnOutput | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Finished:
        """As :meth:`Shell.run`: the same results, errors and interruptions."""
        if argv[0] != self._binary:
            return super().run(argv, stdin=stdin, timeout=timeout, on_output=on_output, env=env)
        streams = {name: _Stream(name, on_output) for name in ("stdout", "stderr")}
        started = time.monotonic()
        with self._under_way(timeout) as opened:
            status = self._multipass(
                argv[1:],
                stdin=stdin,
                out=streams["stdout"].take,
                err=streams["stderr"].take,
                opened=opened,
            )
        out, err = streams["stdout"].end(), streams["stderr"].end()
        seconds = time.monotonic() - started
        if self.is_cancelled:
            raise KeyboardInterrupt
        if seconds >= timeout:
            raise CommandTimeout(
                brief=f"multipass did not end within {timeout:.0f} s.",
                details=last_lines((out, err)),
                resolution="Raise the timeout, or look at what the machine is doing.",
            )
        return Finished(status, out, err, seconds)

    @contextmanager
    def _under_way(self, timeout: float) -> Iterator[Callable[[Connection], None]]:
        """What is opened meanwhile is ended in time, by :meth:`cancel`, and by leaving early."""
        mine: list[Connection] = []

        def opened(connection: Connection) -> None:
            mine.append(connection)
            self._open.add(connection)
            if self.is_cancelled:
                connection.hang_up()

        def late() -> None:
            for connection in mine:
                connection.hang_up()

        clock = threading.Timer(timeout, late)
        clock.daemon = True
        clock.start()
        try:
            yield opened
        finally:
            clock.cancel()
            for connection in mine:
                self._open.discard(connection)

    def cancel(self) -> None:
        """End every command that is under way; their callers see KeyboardInterrupt."""
        super().cancel()
        for connection in list(self._open):
            connection.hang_up()


class _Stream:
    """One stream's bytes as text, which may be cut anywhere."""

    def __init__(self, name: str, on_output: OnOutput | None) -> None:
        self._name = name
        self._on_output = on_output
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._kept: list[str] = []

    def take(self, data: bytes) -> None:
        self._keep(self._decoder.decode(data))

    def end(self) -> str:
        self._keep(self._decoder.decode(b"", final=True))
        return "".join(self._kept)

    def _keep(self, text: str) -> None:
        if not text:
            return
        self._kept.append(text)
        if self._on_output is not None:
            self._on_output(self._name, text)
