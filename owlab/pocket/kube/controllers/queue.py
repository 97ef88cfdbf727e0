"""The work that controllers have to do: keys, each once, in order, some of them later."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

W = TypeVar("W", bound=Hashable)

_FIRST_SECONDS, _MOST_SECONDS = 0.005, 30.0


class WorkQueue(Generic[W]):
    """Work items without repetition: one that is added again before its turn is done once.

    Not for threads. Each failure doubles the time until an item's next turn.
    """

    def __init__(self) -> None:
        self._ready: deque[W] = deque()
        self._waiting: set[W] = set()
        self._later: list[tuple[float, int, W]] = []
        self._due: dict[W, float] = {}
        self._count = 0
        self._failures: dict[W, int] = {}
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, item: W) -> None:
        """Do this as soon as its turn comes."""
        if item not in self._waiting:
            self._waiting.add(item)
            self._ready.append(item)
            self._wake.set()

    def add_after(self, item: W, seconds: float) -> None:
        """Do this in so many seconds, unless it is to be done earlier anyway."""
        if seconds <= 0:
            self.add(item)
            return
        due = asyncio.get_running_loop().time() + seconds
        if self._due.get(item, due + 1) <= due:
            return
        self._due[item] = due
        self._count += 1
        heapq.heappush(self._later, (due, self._count, item))
        self._set_timer()

    def failed(self, item: W) -> float:
        """Do it again, later each time; returns in how many seconds."""
        count = self._failures.get(item, 0)
        self._failures[item] = count + 1
        seconds = float(min(_FIRST_SECONDS * 2 ** min(count, 20), _MOST_SECONDS))
        self.add_after(item, seconds)
        return seconds

    def done(self, item: W) -> None:
        """It went well: what failed before is forgotten."""
        self._failures.pop(item, None)

    @property
    def empty(self) -> bool:
        """Nothing is to be done now. Something may be due later."""
        return not self._ready

    async def get(self, resting: Callable[[], None]) -> W:
        """The next item; ``resting`` is called before waiting for one."""
        while not self._ready:
            self._wake.clear()
            resting()
            await self._wake.wait()
        item = self._ready.popleft()
        self._waiting.discard(item)
        return item

    def close(self) -> None:
        """No timer is left behind."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        self.close()
        if self._later:
            self._timer = asyncio.get_running_loop().call_at(self._later[0][0], self._fire)

    def _fire(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._later and self._later[0][0] <= now + 0.001:
            due, _, item = heapq.heappop(self._later)
            # An earlier time may have been set for it since.
            if self._due.get(item) == due:
                del self._due[item]
                self.add(item)
        self._set_timer()
