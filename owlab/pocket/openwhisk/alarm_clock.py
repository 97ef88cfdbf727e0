"""Fires the triggers of alarms when they are due, while the alarm provider answers."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.openwhisk.alarms import Document, next_time
from owlab.pocket.openwhisk.refusals import WhiskError
from owlab.pocket.openwhisk.store import now_ms

if TYPE_CHECKING:
    from owlab.pocket.openwhisk.service import Service

# Seconds after which the clock looks again, though nothing is due.
LONGEST = 30.0
# What a trigger may answer and still be fired the next time: timeout, conflict, too many requests.
PASSING = (408, 409, 429)


class AlarmClock:
    """One task that sleeps until the next alarm."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._looked = utc_now()

    def start(self) -> None:
        """Begin, if there is anything to do; safe to repeat."""
        if self._task is None and self._service.alarms.all():
            self._looked = utc_now()
            self._task = asyncio.create_task(self._run())

    def changed(self) -> None:
        """Alarms are different now."""
        self._changed.set()
        self.start()

    async def stop(self) -> None:
        """End the task."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            due = [
                when
                for alarm in self._service.alarms.all()
                if alarm["status"]["active"]
                and (when := next_time(alarm, self._looked)) is not None
            ]
            now = utc_now()
            wait = min([LONGEST, *((when - now).total_seconds() for when in due)])
            if wait > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), wait)
                    continue
            now = utc_now()
            for alarm in self._service.alarms.all():
                when = next_time(alarm, self._looked) if alarm["status"]["active"] else None
                # What was due while the provider was away is not made up for.
                if when is not None and when <= now and self._service.health.has("alarmprovider"):
                    self._fire(alarm)
            self._looked = now

    def _fire(self, alarm: Document) -> None:
        service = self._service
        owner = service.known(alarm["namespace"])
        try:
            if owner is None:
                raise WhiskError(401, "The supplied authentication is invalid.")
            found = service.triggers.get(owner, alarm["namespace"], alarm["name"])
            service.throttle.firing(owner.namespace)
            service.runner.trigger(owner, found, dict(alarm["payload"]), "")
        except WhiskError as error:
            if error.status not in PASSING:
                self._disable(alarm, error.status)
            return
        self._count(alarm)

    def _disable(self, alarm: Document, status: int) -> None:
        reason = {
            "kind": "AUTO",
            "statusCode": status,
            "message": f"Automatically disabled after receiving a {status} status code when "
            "firing the trigger",
        }
        told = {"active": False, "dateChanged": now_ms(), "reason": reason}
        self._service.alarms.put(alarm | {"status": told})

    def _count(self, alarm: Document) -> None:
        service, namespace, name = self._service, alarm["namespace"], alarm["name"]
        if alarm["kind"] == "once" and alarm.get("deleteAfterFire", "false") != "false":
            self._delete(alarm)
            return
        left = alarm.get("maxTriggers", -1)
        if left > 0:
            alarm["maxTriggers"] = left - 1
            if left == 1:
                reason = {"kind": "AUTO", "message": "Automatically disabled after reaching max "
                          "triggers"}  # fmt: skip
                told = {"active": False, "dateChanged": now_ms(), "reason": reason}
                alarm["status"] = told
            if service.alarms.find(namespace, name) is not None:
                service.alarms.put(alarm)

    def _delete(self, alarm: Document) -> None:
        service, namespace, name = self._service, alarm["namespace"], alarm["name"]
        owner = service.known(namespace)
        assert owner is not None
        rules = service.rules.of(namespace, name)
        service.alarms.remove(namespace, name)
        service.triggers.delete(owner, namespace, name)
        service.rules.orphan(namespace, name)
        if alarm["deleteAfterFire"] == "rules":
            for rule in rules:
                service.rules.delete(owner, namespace, rule["name"])
