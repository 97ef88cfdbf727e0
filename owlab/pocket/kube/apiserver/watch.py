"""Watches: a stream of changes from a resource version on."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import ApiError, Expired
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.store import Change, Store
from owlab.pocket.kube.store.entry import Entry, pack

Selects = Callable[[Object], bool]
Shape = Callable[[Object], Any]
_BOOKMARK_SECONDS = 30.0
_MOST_BYTES = 4 * 2**20
"""What may wait for a watcher that does not read; after that it has to list again."""


class _Inbox:
    """What has changed and was not sent yet: bounded, so that who does not read costs little."""

    def __init__(self, store: Store, kind: Kind) -> None:
        stored = store.registry.get(kind)
        self._kind = (stored.group, stored.kind)
        self._changes: deque[Change] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self.overrun = False
        self.close = store.subscribe(self._hear)

    def _hear(self, change: Change) -> None:
        if (change.key.group, change.key.kind) != self._kind or self.overrun:
            return
        self._bytes += len(change.entry.packed)
        if self._bytes > _MOST_BYTES:
            self.overrun = True
            self._changes.clear()
        else:
            self._changes.append(change)
        self._wake.set()

    async def get(self, timeout: float) -> Change | None:
        """The next change; None when there was none in that time, or too many."""
        while not self._changes and not self.overrun:
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), timeout)
            except TimeoutError:
                return None
        if self.overrun:
            return None
        change = self._changes.popleft()
        self._bytes -= len(change.entry.packed)
        return change


async def changes(
    store: Store,
    kind: Kind,
    selects: Selects,
    *,
    version: str,
    bookmarks: bool,
    initial: bool,
    shape: Shape | None,
    timeout: float,
) -> AsyncIterator[bytes]:
    """Lines of watch events, one JSON object each.

    :param version: go on after this one; empty or ``0`` starts with what is there.
    :param initial: send what is there first, and a bookmark that says so (WatchList).
    :param shape: how an object is sent (a Table for kubectl); None is as it is stored.
    """
    inbox = _Inbox(store, kind)
    loop = asyncio.get_running_loop()
    stored = store.registry.get(kind)
    group, name = stored.group, stored.kind
    try:
        if initial or version in ("", "0"):
            for entry in list(store.entries(kind)):
                if selects(entry.obj):
                    yield _line("ADDED", entry, shape)
        else:
            try:
                for change in list(store.since(int(version))):
                    if (change.key.group, change.key.kind) == (group, name) and (
                        line := _selected(change, selects, shape)
                    ):
                        yield line
            except Expired as error:
                # Not an answer of 410: clients look for it among the events.
                yield _error(error)
                return
        if initial:
            yield _bookmark(store, kind, {"k8s.io/initial-events-end": "true"})
        until = loop.time() + timeout
        while (left := until - loop.time()) > 0:
            change_ = await inbox.get(min(left, _BOOKMARK_SECONDS))
            if inbox.overrun:
                yield _error(Expired("too many changes wait for this watch: list again"))
                return
            if change_ is None:
                if bookmarks and loop.time() < until:
                    yield _bookmark(store, kind, {})
            elif line := _selected(change_, selects, shape):
                yield line
        if bookmarks:
            yield _bookmark(store, kind, {})
    finally:
        inbox.close()


def _selected(change: Change, selects: Selects, shape: Shape | None) -> bytes | None:
    """A change for one watcher: what leaves its selection is DELETED to it."""
    now = selects(change.obj)
    before = change.old is not None and selects(change.old)
    if change.event == "DELETED":
        return _line("DELETED", change.entry, shape) if before else None
    if now:
        return _line("MODIFIED" if before else "ADDED", change.entry, shape)
    return _line("DELETED", change.entry, shape) if before else None


def _line(event: str, entry: Entry, shape: Shape | None) -> bytes:
    packed = entry.packed
    if shape is not None and (shaped := shape(entry.obj)) is not entry.obj:
        packed = pack(shaped)
    return b'{"type":"%s","object":%s}\n' % (event.encode(), packed)


def _bookmark(store: Store, kind: Kind, annotations: dict[str, str]) -> bytes:
    metadata: dict[str, Any] = {"resourceVersion": str(store.resource_version)}
    if annotations:
        metadata["annotations"] = annotations
    obj = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}
    return pack({"type": "BOOKMARK", "object": obj}) + b"\n"


def _error(error: ApiError) -> bytes:
    return pack({"type": "ERROR", "object": error.status()}) + b"\n"
