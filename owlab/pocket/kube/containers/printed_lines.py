"""What a container has printed, line by line, with the time of each."""

from __future__ import annotations

from dataclasses import dataclass, field

from owlab.pocket.ground.clock import unix_time

LOG_LIMIT = 256 * 1024
"""Characters that are kept."""


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line without its end; ``time`` in seconds since 1970."""

    time: float
    text: str


@dataclass
class PrintedLines:
    """The last :data:`LOG_LIMIT` characters of it."""

    text: str = ""
    _times: list[float] = field(default_factory=list)
    """When each of the lines began."""

    def add(self, more: str) -> None:
        """Keep what is printed now."""
        begun = more[:-1].count("\n") + (not self.text or self.text[-1] == "\n") if more else 0
        self._times += [unix_time()] * begun
        self.text += more
        if len(self.text) > LOG_LIMIT:
            self.text = self.text[-LOG_LIMIT:]
            del self._times[: -len(_split(self.text))]

    def lines(self) -> list[PrintedLine]:
        """Line by line; the last one may not have ended yet."""
        pairs = zip(self._times, _split(self.text), strict=True)
        return [PrintedLine(when, text) for when, text in pairs]


def _split(text: str) -> list[str]:
    # Not `splitlines`: it ends lines at other characters too.
    return text.removesuffix("\n").split("\n") if text else []
