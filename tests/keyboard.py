"""A program in a pseudo-terminal, and hands that type into it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import subprocess
import termios
import time
from collections.abc import Sequence

_PROMPT = "\x1b[?2004h"
"""What the lab's terminal sends whenever it begins to read a line: pasted text may come."""


class Keyboard:
    """Types into a terminal and reads what it shows."""

    def __init__(self, words: Sequence[str], seconds: float = 60) -> None:
        self._seconds = seconds
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            words,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        os.set_blocking(self._master, False)
        self.seen = ""

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def press(self, key: str, prompts: int) -> None:
        """A key that means something else while no line is being read.

        :param prompts: lines that begin to be read first, counted from what was expected last.
        """
        self.expect_pattern(rf"(?s)(?:{re.escape(_PROMPT)}.*?){{{prompts}}}")
        self.type(key)

    def expect(self, text: str) -> None:
        """Wait until the text is shown; what comes after it is looked at next."""
        self.expect_pattern(re.escape(text))

    def expect_pattern(self, pattern: str) -> None:
        """Wait until something of this pattern is shown."""
        deadline = time.monotonic() + self._seconds
        while (found := re.search(pattern, self.seen)) is None:
            assert time.monotonic() < deadline, self.seen
            try:
                self.seen += os.read(self._master, 65536).decode(errors="replace")
            except BlockingIOError:
                time.sleep(0.02)
            except OSError:  # the program has ended
                assert re.search(pattern, self.seen), self.seen
        self.seen = self.seen[found.end() :]
