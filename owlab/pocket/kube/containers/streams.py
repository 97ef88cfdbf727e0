"""The streams of a command in a container."""

from __future__ import annotations

from dataclasses import dataclass

from owlab.pocket.ground.streams import Reader, Sink


@dataclass(frozen=True)
class Streams:
    """Where a command's output goes, and its input comes from.

    With ``tty`` the input is keys as they are pressed, and the output is what a screen shows.
    """

    out: Sink
    err: Sink
    stdin: Reader | None = None
    tty: bool = False
