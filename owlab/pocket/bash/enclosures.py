"""Which commands of a script read something else than the shell does: a pipe or a file."""

from __future__ import annotations

from owlab.pocket.bash.syntax import Simple

TERMINAL = "/dev/tty"


class Enclosures:
    """The compound commands around a place, and which of what stands in them reads no terminal."""

    def __init__(self) -> None:
        self._open: list[tuple[bool, list[Simple]]] = []
        self._closed: list[Simple] = []
        self._last: list[Simple] = []
        self.piped = False
        """What begins here is behind a ``|``."""

    def open(self) -> None:
        """A compound command begins."""
        self._open.append((self.piped, []))
        self.piped = False

    def close(self) -> None:
        """One has ended; its redirections may follow."""
        if self._open:
            piped, inside = self._open.pop()
            self._closed = inside
            for simple in inside if piped else ():
                simple.fed = True

    @property
    def just_closed(self) -> bool:
        """A subshell has ended: no word closes it."""
        return bool(self._closed)

    def ended(self, simple: Simple) -> None:
        """A simple command has ended, or the word that closes a compound one."""
        simple.fed = simple.fed or any(
            "<" in sign.text and to.text != TERMINAL for sign, to in simple.redirections
        )
        for inner in self._closed if simple.fed else ():
            inner.fed = True
        self._last, self._closed = [simple, *self._closed], []
        simple.fed, self.piped = simple.fed or self.piped, False
        for _, inside in self._open:
            inside.append(simple)

    def sent_behind(self) -> None:
        """What has ended just now is a job in the background, which reads no terminal either."""
        for simple in self._last:
            simple.fed = True
