"""How often and how much at once a namespace may invoke and fire."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from owlab.pocket.openwhisk.limits import Limits
from owlab.pocket.openwhisk.refusals import WhiskError

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one namespace may."""

    invocations: int
    concurrent: int
    fires: int


class Throttle:
    """Counts of the last minute and of the present, by namespace.

    ``own`` gives the limits that wskadmin has set for a namespace.
    """

    def __init__(
        self, limits: Limits, own: Callable[[str], Mapping[str, Any]] = lambda namespace: {}
    ) -> None:
        self._limits, self._own = limits, own
        self._recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._running: Counter[str] = Counter()

    def allowed(self, namespace: str) -> Allowed:
        """The system's limits, and what the namespace has instead."""
        own, known = self._own(namespace), self._limits
        return Allowed(
            int(own.get("invocationsPerMinute", known.invocations_per_minute)),
            int(own.get("concurrentInvocations", known.concurrent_invocations)),
            int(own.get("firesPerMinute", known.fires_per_minute)),
        )

    def _rate(self, what: str, namespace: str, allowed: int) -> None:
        now = time.monotonic()
        recent = self._recent[what, namespace]
        while recent and now - recent[0] >= MINUTE:
            recent.popleft()
        # A refused request counts too, as upstream's does, but not for ever.
        if len(recent) <= allowed:
            recent.append(now)
        if len(recent) > allowed:
            raise WhiskError(
                429,
                f"Too many requests in the last minute (count: {len(recent)}, allowed: {allowed}).",
            )

    def invoking(self, namespace: str) -> None:
        """Another invocation is asked for; 429 when it is one too many."""
        known = self.allowed(namespace)
        self._rate("invoke", namespace, known.invocations)
        running, allowed = self._running[namespace], known.concurrent
        if running >= allowed:
            raise WhiskError(
                429,
                "Too many concurrent requests in flight "
                f"(count: {running + 1}, allowed: {allowed}).",
            )

    def firing(self, namespace: str) -> None:
        """Another trigger is fired; 429 when it is one too many."""
        self._rate("fire", namespace, self.allowed(namespace).fires)

    def began(self, namespace: str) -> None:
        """An invocation is in flight."""
        self._running[namespace] += 1

    def ended(self, namespace: str) -> None:
        """It is not any more."""
        self._running[namespace] -= 1
