"""A real program that dies for want of memory prints its stacks; the user is told the reason."""

from __future__ import annotations

# How Go's runtime, and Python, begin when they end abnormally.
_GO = (b"fatal error: ", b"runtime: ", b"runtime/cgo: ")
_PYTHON = (b"Traceback (most recent call last)",)
_WANTS = (b"memory", b"newosproc", b"pthread_create", b"can't start new thread", b"cannot allocate")
_KEPT = 256 * 1024
NO_MEMORY = "this computer has not enough memory left for it: close other programs and repeat"


class StackDump:
    """The errors of a program, of which a dump of stacks is held back until its end is known.

    Python's traceback too where the program is ours: one of the user's own is theirs to read.
    """

    def __init__(self, *, python: bool = False) -> None:
        self._starts = _GO + _PYTHON if python else _GO
        self._begun = False
        self._held = b""

    def take(self, data: bytes) -> bytes:
        """What may be shown at once of what came."""
        self._held += data
        if self._begun:
            self._held = self._held[:_KEPT]
            return b""
        if any(start.startswith(self._held[: len(start)]) for start in self._starts):
            self._begun = any(self._held.startswith(start) for start in self._starts)
            return b""
        shown, self._held = self._held, b""
        return shown

    @property
    def lacks_memory(self) -> bool:
        """It has died, and memory is why."""
        return self._begun and any(want in self._held.lower() for want in _WANTS)

    def end(self) -> bytes:
        """What was held back, unless memory was the reason."""
        shown = b"" if self.lacks_memory else self._held
        self._held = b"" if shown else self._held
        return shown
