"""Where a script prints, and why that came to its end."""

from __future__ import annotations

import asyncio

from owlab.pocket.bash import sentences
from owlab.pocket.ground.failures import ReaderGone
from owlab.pocket.ground.streams import Sink


class Outlet:
    """The standard output of one script."""

    def __init__(self, out: Sink) -> None:
        self._out = out
        self.broken = False
        """Nobody reads any more."""
        self.interrupted = False
        """The shell around it was ended by Ctrl-C."""

    async def write(self, data: bytes) -> None:
        """Pass it on."""
        try:
            await self._out(sentences.without_guess(data))
        except (BrokenPipeError, ReaderGone):
            self.broken = True
            raise
        except asyncio.CancelledError:
            self.interrupted = True
            raise
