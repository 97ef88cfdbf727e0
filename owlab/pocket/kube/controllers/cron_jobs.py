"""CronJobs: Jobs by the clock, which runs as outside whatever the lab's speed is."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube import defaults
from owlab.pocket.kube.cron import Schedule
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.shape import owned, owner_reference
from owlab.pocket.kube.store import Store

_COMPONENT = "cronjob-controller"
_SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"


class CronJobs:
    """Makes the Jobs of CronJobs, and removes those that have ended long ago."""

    def __init__(
        self, store: Store, clock: Clock, recorder: Recorder, poke: Callable[[], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._recorder = recorder
        self._poke = poke
        self._alarm: asyncio.TimerHandle | None = None
        self._told: dict[str, datetime] = {}

    def reconcile(self) -> None:
        """One look at every CronJob; another is asked for when the next Job is due."""
        due = [
            time
            for cron in self._store.list("CronJob")
            if not cron["metadata"].get("deletionTimestamp")
            and (time := self._cron(cron)) is not None
        ]
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if due:
            wait = (min(due) - self._clock.now()).total_seconds()
            self._alarm = asyncio.get_running_loop().call_later(max(wait, 0) + 0.01, self._poke)

    def _cron(self, cron: Object) -> datetime | None:
        """Look at one; returns when its next Job is due."""
        spec, status = cron["spec"], copy.deepcopy(cron.get("status") or {})
        jobs = owned(self._store.list("Job", cron["metadata"]["namespace"]), cron)
        active = [job for job in jobs if not _conclusion(job)]
        self._tell_ended(cron, status, jobs)
        for kind, limit in (
            ("Complete", spec.get("successfulJobsHistoryLimit", 3)),
            ("Failed", spec.get("failedJobsHistoryLimit", 1)),
        ):
            self._forget_old([job for job in jobs if _conclusion(job) == kind], limit)
        upcoming = None
        if not spec.get("suspend"):
            schedule = Schedule(spec["schedule"], spec.get("timeZone") or "")
            upcoming = schedule.next(self._clock.now())
            time = schedule.last(self._clock.now())
            if time is not None and time > _since(cron, status):
                active = self._start(cron, status, active, time)
        status["active"] = [_reference(job) for job in active]
        if not active:
            del status["active"]
        cron["status"] = status
        self._store.update_status(cron)
        return upcoming

    def _start(
        self, cron: Object, status: Object, active: list[Object], time: datetime
    ) -> list[Object]:
        """Make the Job that is due, if that is allowed; returns those that are active then."""
        spec, name = cron["spec"], cron["metadata"]["name"]
        deadline = spec.get("startingDeadlineSeconds")
        if deadline is not None and self._clock.now() > time + timedelta(seconds=deadline):
            said = f"Missed scheduled time to start a job: {time:%a, %d %b %Y %H:%M:%S %z}"
            self._tell_once(cron, time, "Warning", "MissSchedule", said)
            return active
        policy = spec.get("concurrencyPolicy", "Allow")
        if active and policy == "Forbid":
            said = (
                "Not starting job because prior execution is running and concurrency policy is "
                "Forbid"
            )
            self._tell_once(cron, time, "Normal", "JobAlreadyActive", said)
            return active
        if policy == "Replace":
            for job in active:
                self._delete(job)
                said = f"Deleted job {job['metadata']['name']}"
                self._recorder.record(cron, "Normal", "SuccessfulDelete", said, _COMPONENT)
            active = []
        job = _job_of(cron, f"{name}-{int(time.timestamp()) // 60}", time)
        defaults.fill(self._store, job)
        made = self._store.create(job)
        said = f"Created job {made['metadata']['name']}"
        self._recorder.record(cron, "Normal", "SuccessfulCreate", said, _COMPONENT)
        status["lastScheduleTime"] = time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [*active, made]

    def _tell_once(self, cron: Object, time: datetime, kind: str, reason: str, said: str) -> None:
        """An event about a Job that was not made; each look at it would make another."""
        uid = cron["metadata"]["uid"]
        if self._told.get(uid) != time:
            self._told[uid] = time
            self._recorder.record(cron, kind, reason, said, _COMPONENT)

    def _tell_ended(self, cron: Object, status: Object, jobs: list[Object]) -> None:
        before = {entry["uid"] for entry in status.get("active") or []}
        for job in jobs:
            ended = _conclusion(job)
            if not ended or job["metadata"]["uid"] not in before:
                continue
            said = f"Saw completed job: {job['metadata']['name']}, condition: {ended}"
            self._recorder.record(cron, "Normal", "SawCompletedJob", said, _COMPONENT)
            if ended == "Complete":
                status["lastSuccessfulTime"] = job["status"]["completionTime"]

    def _forget_old(self, ended: list[Object], limit: int) -> None:
        ended.sort(key=lambda job: str(job["status"].get("startTime", "")))
        for job in ended[: max(len(ended) - limit, 0)]:
            self._delete(job)

    def _delete(self, job: Object) -> None:
        meta = job["metadata"]
        self._store.delete("Job", meta["name"], meta["namespace"])


def _conclusion(job: Object) -> str:
    """``Complete``, ``Failed``, or nothing while it is active."""
    for condition in (job.get("status") or {}).get("conditions") or []:
        if condition["status"] == "True" and condition["type"] in ("Complete", "Failed"):
            return str(condition["type"])
    return ""


def _since(cron: Object, status: Object) -> datetime:
    text = status.get("lastScheduleTime") or cron["metadata"]["creationTimestamp"]
    return datetime.fromisoformat(text)


def _reference(job: Object) -> Object:
    meta = job["metadata"]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": meta["name"],
        "namespace": meta["namespace"],
        "uid": meta["uid"],
    }


def _job_of(cron: Object, name: str, time: datetime) -> Object:
    template = json.loads(json.dumps(cron["spec"]["jobTemplate"]))
    meta = template.get("metadata") or {}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": cron["metadata"]["namespace"],
            "labels": meta.get("labels") or {},
            "annotations": {**(meta.get("annotations") or {}), _SCHEDULED: time.isoformat()},
            "ownerReferences": [owner_reference(cron)],
        },
        "spec": template["spec"],
        "status": {},
    }
