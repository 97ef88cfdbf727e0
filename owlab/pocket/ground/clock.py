"""One clock for everything simulated: what time it is, and how long things take.

Nothing else in the pocket lab asks the computer for the time of day; how long its own work took
is ``time.monotonic``'s.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, get_args

Speed = Literal["instant", "class", "real"]
SPEEDS: tuple[str, ...] = get_args(Speed)

# Tests put another one in its place.
source: Callable[[], int] = time.time_ns


class _RisingTime:
    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        self._last = max(source(), self._last + 1)
        return self._last


rising_time_ns = _RisingTime()
"""The present in nanoseconds since 1970, and never what it told before: names are made of it."""


def unix_time() -> float:
    """The present in seconds since 1970."""
    return source() / 1e9


def utc_now() -> datetime:
    """The present, in UTC."""
    return datetime.fromtimestamp(unix_time(), UTC)


def timestamp() -> str:
    """The present as Kubernetes writes it: RFC 3339, whole seconds, ``Z``."""
    return utc_now().strftime("%Y-%m-%dT%H:%M:%SZ")


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

    def now(self) -> datetime:
        """The present, in UTC."""
        return utc_now()

    def timestamp(self) -> str:
        """The present as Kubernetes writes it."""
        return timestamp()
