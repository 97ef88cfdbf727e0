"""What is typed while a command runs: read when the command asks for it, and no sooner.

What nobody asked for stays in the terminal, for the next prompt.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
import termios
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from owlab.pocket.client.typed_ahead import TypedAhead

PIECE = 4096
SIGNALS = 0.02
LOCAL, CHARACTERS = 3, 6
"""Where the local modes and the control characters are in what `tcgetattr` returns."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command wants to be typed."""

    echo: bool = True
    keys: int = 0
    """At most so many bytes as they come; 0 for a line."""
    stop: bool = False
    """Nothing any more."""


class AnsweringKeyboard:
    """Reads the terminal for one run, as that asks."""

    def __init__(self, run: str, send: Callable[[bytes], object], ahead: TypedAhead) -> None:
        self.run = run
        self._send, self._ahead = send, ahead
        self._file = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._file)
        self._changed = False
        self._thread: threading.Thread | None = None
        self._woken, self._wake = os.pipe()

    def asked(self, text: str) -> None:
        """A frame of the run says what it wants."""
        wanted = Wanted(**json.loads(text))
        self._leave()
        if wanted.stop:
            return
        self._set(wanted)
        if (typed := self._ahead.taken(wanted.keys)) is not None:
            if wanted.echo:
                print(typed, end="", flush=True)
            self._send(typed.encode())
            return
        self._thread = threading.Thread(target=self._answer, args=(wanted,), daemon=True)
        self._thread.start()

    def suspended(self) -> None:
        """Somebody else has the terminal for a while, as it was."""
        self._leave()
        if self._changed:
            termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)
        self._ahead.give_back()

    def close(self) -> None:
        """The run has ended."""
        self.suspended()
        os.close(self._woken)
        os.close(self._wake)

    def _leave(self) -> None:
        if self._thread is None:
            return
        os.write(self._wake, b".")
        if self._thread.ident is not None:  # Ctrl-C may come while it is being started
            self._thread.join()
            os.read(self._woken, 1)
        self._thread = None

    def _set(self, wanted: Wanted) -> None:
        modes: list[Any] = termios.tcgetattr(self._file)
        local = self._before[LOCAL]
        if not wanted.echo:
            local &= ~termios.ECHO
        if wanted.keys:
            local &= ~termios.ICANON
            modes[CHARACTERS] = list(modes[CHARACTERS])
            modes[CHARACTERS][termios.VMIN], modes[CHARACTERS][termios.VTIME] = 1, 0
        else:
            modes[CHARACTERS] = self._before[CHARACTERS]
        if local == modes[LOCAL]:
            return
        self._changed = True
        modes[LOCAL] = local
        termios.tcsetattr(self._file, termios.TCSADRAIN, modes)

    def _answer(self, wanted: Wanted) -> None:
        ready, _, _ = select.select([self._file, self._woken], [], [])
        # What follows a Ctrl-C is for the prompt: that key's signal may be under way still.
        if self._woken in ready or select.select([self._woken], [], [], SIGNALS)[0]:
            return
        typed = os.read(self._file, wanted.keys or PIECE)
        if b"\r" in typed and not wanted.keys:
            # It was typed while the prompt still had the terminal, which showed nothing of it.
            first, _, rest = typed.partition(b"\r")
            typed = first + b"\n"
            self._ahead.put(rest.decode(errors="replace"))
            os.write(sys.stdout.fileno(), typed if wanted.echo else b"")
        with contextlib.suppress(OSError):
            self._send(typed)
