"""Events: what happened to an object, as ``kubectl describe`` shows it."""

from __future__ import annotations

import time

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Store


class Recorder:
    """Writes events; one that repeats is counted instead."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def record(
        self, about: Object, kind: str, reason: str, message: str, component: str, host: str = ""
    ) -> None:
        """``kind`` is ``Normal`` or ``Warning``."""
        meta = about["metadata"]
        namespace = meta.get("namespace") or "default"
        now = self._clock.timestamp()
        for event in self._store.list("Event", namespace):
            if (
                event["involvedObject"].get("uid") == meta.get("uid")
                and event["reason"] == reason
                and event["message"] == message
            ):
                event["count"] += 1
                event["lastTimestamp"] = now
                self._store.update(event)
                return
        space = self._store.find("Namespace", namespace)
        if space is None or space["metadata"].get("deletionTimestamp"):
            return
        self._store.create(
            {
                "apiVersion": "v1",
                "kind": "Event",
                # In the order of time: clients list by name, and sort by whole seconds.
                "metadata": {
                    "name": f"{meta['name']}.{time.time_ns():x}",
                    "namespace": namespace,
                },
                "involvedObject": {
                    "apiVersion": about["apiVersion"],
                    "kind": about["kind"],
                    "name": meta["name"],
                    "namespace": namespace,
                    "uid": meta.get("uid", ""),
                    "resourceVersion": meta.get("resourceVersion", ""),
                },
                "type": kind,
                "reason": reason,
                "message": message,
                "source": {"component": component, **({"host": host} if host else {})},
                "reportingComponent": component,
                "firstTimestamp": now,
                "lastTimestamp": now,
                "count": 1,
            }
        )
