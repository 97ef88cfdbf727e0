"""Watches: a stream of changes from a resource version on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Expired
from owlab.pocket.kube.store import Store

Selects = Callable[[Object], bool]
Shape = Callable[[list[Object], bool], Object]
_BOOKMARK_SECONDS = 30.0


async def changes(
    store: Store,
    kind: str,
    selects: Selects,
    *,
    version: str,
    bookmarks: bool,
    initial: bool,
    shape: Callable[[Object], Any],
    timeout: float,
) -> AsyncIterator[bytes]:
    """Lines of watch events, one JSON object each.

    :param version: go on after this one; empty or ``0`` starts with what is there.
    :param initial: send what is there first, and a bookmark that says so (WatchList).
    :param shape: how an object is sent (a Table for kubectl).
    """
    queue: asyncio.Queue[tuple[int, str, Object]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def listen(event: str, obj: Object) -> None:
        if obj["kind"] == kind:
            queue.put_nowait((int(obj["metadata"]["resourceVersion"]), event, obj))

    seen: set[tuple[str, str]] = set()
    pending: list[tuple[str, Object]] = []
    unsubscribe = store.subscribe(listen)
    try:
        if initial or version in ("", "0"):
            for obj in store.list(kind):
                if selects(obj):
                    pending.append(("ADDED", obj))
        else:
            try:
                past = store.since(int(version))
            except Expired as error:
                # Not an answer of 410: clients look for it among the events.
                yield _event("ERROR", error.status())
                return
            pending = [(event, obj) for _, event, obj in past if obj["kind"] == kind]
        for event, obj in pending:
            if line := _line(event, obj, selects, seen, shape):
                yield line
        if initial:
            yield _bookmark(store, kind, {"k8s.io/initial-events-end": "true"})
        until = loop.time() + timeout
        while (left := until - loop.time()) > 0:
            try:
                _, event, obj = await asyncio.wait_for(queue.get(), min(left, _BOOKMARK_SECONDS))
            except TimeoutError:
                if bookmarks and loop.time() < until:
                    yield _bookmark(store, kind, {})
                continue
            if line := _line(event, obj, selects, seen, shape):
                yield line
        if bookmarks:
            yield _bookmark(store, kind, {})
    finally:
        unsubscribe()


def _line(
    event: str,
    obj: Object,
    selects: Selects,
    seen: set[tuple[str, str]],
    shape: Callable[[Object], Any],
) -> bytes | None:
    """An event for one watcher: what leaves its selection is DELETED to it."""
    key = (obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
    if event == "DELETED":
        seen.discard(key)
        return _event("DELETED", shape(obj)) if selects(obj) else None
    if selects(obj):
        known = key in seen
        seen.add(key)
        return _event("MODIFIED" if known or event == "MODIFIED" else "ADDED", shape(obj))
    if key in seen:
        seen.discard(key)
        return _event("DELETED", shape(obj))
    return None


def _bookmark(store: Store, kind: str, annotations: dict[str, str]) -> bytes:
    metadata: dict[str, Any] = {"resourceVersion": str(store.resource_version)}
    if annotations:
        metadata["annotations"] = annotations
    api_version = store.registry.get(kind).api_version
    return _event("BOOKMARK", {"kind": kind, "apiVersion": api_version, "metadata": metadata})


def _event(kind: str, obj: Any) -> bytes:
    return json.dumps({"type": kind, "object": obj}, separators=(",", ":")).encode() + b"\n"
