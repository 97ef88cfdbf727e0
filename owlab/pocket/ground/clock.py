"""One clock for everything simulated: instant, watchable, or real."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Literal, get_args

Speed = Literal["instant", "class", "real"]
SPEEDS: tuple[str, ...] = get_args(Speed)


class Clock:
    """Turns the duration that something takes in life into the lab's.

    ``instant`` waits for nothing, ``class`` for a tenth (at most 4 s: long enough to watch),
    ``real`` for as long as a real deployment takes.
    """

    def __init__(self, speed: Speed = "instant") -> None:
        self.speed: Speed = speed

    def scaled(self, real_seconds: float) -> float:
        """The lab's duration, in seconds, of something that takes ``real_seconds`` in life."""
        if self.speed == "instant":
            return 0.0
        if self.speed == "class":
            return min(real_seconds / 10, 4.0)
        return real_seconds

    def limit(self, real_seconds: float) -> float:
        """The lab's duration, in seconds, of a time limit.

        What it limits may really run meanwhile, so it is shortened to a minute at most.
        """
        return min(real_seconds, max(self.scaled(real_seconds), 60.0))

    def backoff(self, real_seconds: float) -> float:
        """The lab's duration, in seconds, of a pause between tries: never none at all."""
        return max(self.scaled(real_seconds), real_seconds / 50)

    async def pause(self, real_seconds: float) -> None:
        """Wait for the lab's duration of ``real_seconds``; yields to others even at speed 0."""
        await asyncio.sleep(self.scaled(real_seconds))

    @staticmethod
    def now() -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)

    def timestamp(self) -> str:
        """The present as Kubernetes writes it: RFC 3339, whole seconds, ``Z``."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
