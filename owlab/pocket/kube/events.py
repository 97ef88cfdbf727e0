"""Events: what happened to an object, as ``kubectl describe`` shows it."""

from __future__ import annotations

import time
from collections import deque

from owlab.pocket.ground.clock import rising_time_ns, timestamp
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import ApiError
from owlab.pocket.kube.store import Store

_KEPT_SECONDS = 3600
"""As the API server keeps them."""


class Recorder:
    """Writes events; one that repeats is counted instead, one of an hour ago goes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        events = store.list("Event")
        events.sort(key=lambda event: str(event.get("lastTimestamp") or ""))
        self._ages: deque[tuple[float, str, str]] = deque(
            (time.monotonic(), e["metadata"]["name"], e["metadata"]["namespace"]) for e in events
        )

    def record(
        self, about: Object, kind: str, reason: str, message: str, component: str, host: str = ""
    ) -> None:
        """``kind`` is ``Normal`` or ``Warning``.

        What cannot be written, because the namespace goes away, is left out.
        """
        meta = about["metadata"]
        self._forget_old()
        now = timestamp()
        for event in self._store.indexed("about", str(meta.get("uid"))):
            if event.get("reason") == reason and event.get("message") == message:
                counted = {"count": int(event.get("count") or 1) + 1, "lastTimestamp": now}
                self._store.update({**event, **counted})
                return
        namespace = meta.get("namespace") or "default"
        space = self._store.find("Namespace", namespace)
        if space is None or space["metadata"].get("deletionTimestamp"):
            return
        made = self._store.create(
            _event(about, namespace, kind, reason, message, now, component, host)
        )
        self._ages.append((time.monotonic(), made["metadata"]["name"], namespace))

    def _forget_old(self) -> None:
        limit = time.monotonic() - _KEPT_SECONDS
        while self._ages and self._ages[0][0] < limit:
            _, name, namespace = self._ages.popleft()
            try:
                self._store.delete("Event", name, namespace)
            except ApiError:
                continue


def _event(
    about: Object,
    namespace: str,
    kind: str,
    reason: str,
    message: str,
    now: str,
    component: str,
    host: str,
) -> Object:
    meta = about["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        # In the order of time: clients list by name, and sort by whole seconds.
        "metadata": {"name": f"{meta['name']}.{rising_time_ns():x}", "namespace": namespace},
        "involvedObject": {
            "apiVersion": about["apiVersion"],
            "kind": about["kind"],
            "name": meta["name"],
            **({"namespace": meta["namespace"]} if meta.get("namespace") else {}),
            "uid": meta.get("uid", ""),
            "resourceVersion": meta.get("resourceVersion", ""),
        },
        "type": kind,
        "reason": reason,
        "message": message,
        "source": {"component": component, **({"host": host} if host else {})},
        "reportingComponent": component,
        "reportingInstance": host,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
