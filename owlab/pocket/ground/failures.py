"""What can go wrong below every part of the pocket lab."""

from __future__ import annotations

import asyncio

PIPE_CLOSED = 141
"""The status of what SIGPIPE ended."""


class DiskFull(Exception):
    """The computer's disk (or a quota) did not take what a machine wrote."""


class Farewell(asyncio.CancelledError):
    """Ctrl-C has ended a program, which says ``text`` in the end: its own streams are closed."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class ReaderGone(Exception):
    """Nobody reads what a program writes any more: it ends, as SIGPIPE would end it.

    Not the OSError that it comes from: a program's ``except OSError`` is about its files.
    """
