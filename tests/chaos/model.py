"""What a client was told is kept, and what it cannot know: the answer never came."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

ABSENT = ""


@dataclass
class Promise:
    """A thing's value that was acknowledged, and values of changes that may have happened."""

    kept: str = ABSENT
    perhaps: list[str] = field(default_factory=list)


class Model:
    """Things by name. A change begins, and is then acknowledged or not."""

    def __init__(self) -> None:
        self._things: dict[str, Promise] = {}
        self._lock = threading.Lock()
        self.acknowledged = 0

    def begin(self, name: str, value: str) -> None:
        """A change is about to be asked for."""
        with self._lock:
            self._things.setdefault(name, Promise()).perhaps.append(value)

    def acknowledge(self, name: str, value: str) -> None:
        """It was answered: this is what is there from now on."""
        with self._lock:
            self._things[name] = Promise(value)
            self.acknowledged += 1

    def judge(self, name: str, found: str) -> str:
        """What is wrong with what was found; it is what is known from now on."""
        with self._lock:
            promise = self._things.get(name, Promise())
            self._things[name] = Promise(found)
            if found == promise.kept or found in promise.perhaps:
                return ""
            return (
                f"{name}: {found!r} was found, {promise.kept!r} was acknowledged"
                f" (perhaps {promise.perhaps})"
            )

    @property
    def names(self) -> list[str]:
        """Everything that was ever changed."""
        with self._lock:
            return sorted(self._things)
