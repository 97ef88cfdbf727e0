"""What is typed while a command runs, for the commands that read it."""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import threading
from collections.abc import Callable, Iterator

READS = re.compile(
    r"(^|[\s;&|({])((read|select|mapfile|readarray|apt|apt-get|nc)\s|(rm|cp|mv)\s+-\w*i)", re.M
)
LEAVES = re.compile(r"(^|[\s;&|({])(exit|logout|exec)\b")
PIECE = 4096


def reads(text: str) -> bool:
    """A command may want to read what is typed while it runs."""
    return READS.search(text) is not None and LEAVES.search(text) is None


@contextlib.contextmanager
def typed(send: Callable[[bytes], bool]) -> Iterator[None]:
    """Pass on what is typed, a line at a time, until the command has ended.

    :param send: takes a piece, or nothing for the end; False when nobody wants more.
    """
    wake, woken = os.pipe()

    def pass_on() -> None:
        keyboard = sys.stdin.fileno()
        while True:
            ready, _, _ = select.select([keyboard, wake], [], [])
            if wake in ready:
                return
            data = os.read(keyboard, PIECE)
            if not send(data) or not data:
                return

    thread = threading.Thread(target=pass_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.write(woken, b".")
        thread.join(2)
        os.close(wake)
        os.close(woken)
