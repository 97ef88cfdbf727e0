"""A program in a pseudo-terminal, and hands that type into it."""

from __future__ import annotations

import os
import pty
import subprocess
import time
from collections.abc import Sequence


class Keyboard:
    """Types into a terminal and reads what it shows."""

    def __init__(self, words: Sequence[str], seconds: float = 20) -> None:
        self._seconds = seconds
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            words,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            start_new_session=True,
        )
        os.close(slave)
        os.set_blocking(self._master, False)
        self.seen = ""

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def press(self, key: str) -> None:
        """A key that means something else while no line is being read."""
        time.sleep(0.5)
        self.type(key)

    def expect(self, text: str) -> None:
        """Wait until the text is shown; what comes after it is looked at next."""
        deadline = time.monotonic() + self._seconds
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            try:
                self.seen += os.read(self._master, 65536).decode(errors="replace")
            except BlockingIOError:
                time.sleep(0.02)
            except OSError:  # the program has ended
                assert text in self.seen, self.seen
        self.seen = self.seen.partition(text)[2]
