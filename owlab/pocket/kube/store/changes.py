"""What changed, in order: the history that watches go back to, and the events that they send."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Expired
from owlab.pocket.kube.store.entry import Entry
from owlab.pocket.kube.store.keys import Key

_HISTORY = 2000
"""Changes that a watch can go back to before it has to list again."""


@dataclass(frozen=True, slots=True)
class Change:
    """One write: ``ADDED``, ``MODIFIED`` or ``DELETED``, and the object before and after it.

    After a deletion ``entry`` is the last state, with the version of the deletion.
    """

    version: int
    event: str
    key: Key
    entry: Entry
    before: Entry | None

    @property
    def obj(self) -> Object:
        """The object after the change; to be read only."""
        return self.entry.obj

    @property
    def old(self) -> Object | None:
        """The object before the change; to be read only."""
        return self.before.obj if self.before is not None else None


class History:
    """The last changes. It keeps bytes: as objects they would be most of the service's memory."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque(maxlen=_HISTORY)

    def add(self, change: Change) -> None:
        """Remember a change."""
        before = Entry(change.before.packed) if change.before is not None else None
        slim = Change(change.version, change.event, change.key, Entry(change.entry.packed), before)
        self._changes.append(slim)

    def since(self, version: int, now: int) -> Iterator[Change]:
        """Changes after a resource version; raises Expired when it is too long ago."""
        oldest = self._changes[0].version - 1 if self._changes else now
        if version < oldest:
            raise Expired(f"too old resource version: {version} ({oldest})")
        # Versions follow one another without a gap.
        return islice(self._changes, max(version - oldest, 0), None)
