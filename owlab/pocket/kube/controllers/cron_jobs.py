"""CronJobs: Jobs by the clock, which runs as outside whatever the lab's speed is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import is_true
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself, owner_of
from owlab.pocket.kube.cron import Schedule
from owlab.pocket.kube.object_state import owner_reference
from owlab.pocket.kube.store import Key, copied

_COMPONENT = "cronjob-controller"
_SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"


class CronJobs(Controller):
    """Makes the Jobs of CronJobs, and removes those that have ended long ago."""

    def __init__(self, plane: ControlPlane) -> None:
        super().__init__(plane)
        self._told: dict[str, datetime] = {}

    def watches(self) -> Mapping[str, Leads]:
        return {"CronJob": itself, "Job": owner_of("CronJob")}

    def reconcile(self, key: Key) -> None:
        cron = self.store.at(key)
        if cron is None or cron["metadata"].get("deletionTimestamp"):
            return
        spec, status = cron["spec"], copied(cron.get("status") or {})
        owned = self.store.indexed("owner", cron["metadata"]["uid"])
        jobs = [obj for obj in owned if obj["kind"] == "Job"]
        active = [job for job in jobs if not _conclusion(job)]
        self._tell_ended(cron, status, jobs)
        for kind, limit in (
            ("Complete", spec.get("successfulJobsHistoryLimit", 3)),
            ("Failed", spec.get("failedJobsHistoryLimit", 1)),
        ):
            self._forget_old([job for job in jobs if _conclusion(job) == kind], limit)
        if not spec.get("suspend"):
            schedule = Schedule(spec["schedule"], spec.get("timeZone") or "")
            time = schedule.last(self.clock.now())
            if time is not None and time > _since(cron, status):
                active = self._start(cron, status, active, time)
            upcoming = schedule.next(self.clock.now())
            if upcoming is not None:
                wait = (upcoming - self.clock.now()).total_seconds()
                # At least once a minute: a computer that slept has other timers than clocks.
                self.look(key, min(max(wait, 0), 60) + 0.01)
        status["active"] = [_reference(job) for job in active]
        if not active:
            del status["active"]
        self.store.set_status(cron, status)

    def _start(
        self, cron: Object, status: Object, active: list[Object], time: datetime
    ) -> list[Object]:
        """Make the Job that is due, if that is allowed; returns those that are active then."""
        spec, name = cron["spec"], cron["metadata"]["name"]
        deadline = spec.get("startingDeadlineSeconds")
        if deadline is not None and self.clock.now() > time + timedelta(seconds=deadline):
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
                self.recorder.record(cron, "Normal", "SuccessfulDelete", said, _COMPONENT)
            active = []
        job = _job_of(cron, f"{name}-{int(time.timestamp()) // 60}", time)
        made = self.plane.admit(job)
        said = f"Created job {made['metadata']['name']}"
        self.recorder.record(cron, "Normal", "SuccessfulCreate", said, _COMPONENT)
        status["lastScheduleTime"] = time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [*active, made]

    def _tell_once(self, cron: Object, time: datetime, kind: str, reason: str, said: str) -> None:
        """An event about a Job that was not made; each look at it would make another."""
        uid = cron["metadata"]["uid"]
        if self._told.get(uid) != time:
            self._told[uid] = time
            self.recorder.record(cron, kind, reason, said, _COMPONENT)

    def _tell_ended(self, cron: Object, status: Object, jobs: list[Object]) -> None:
        before = {entry["uid"] for entry in status.get("active") or []}
        for job in jobs:
            ended = _conclusion(job)
            if not ended or job["metadata"]["uid"] not in before:
                continue
            said = f"Saw completed job: {job['metadata']['name']}, condition: {ended}"
            self.recorder.record(cron, "Normal", "SawCompletedJob", said, _COMPONENT)
            if ended == "Complete":
                status["lastSuccessfulTime"] = job["status"]["completionTime"]

    def _forget_old(self, ended: list[Object], limit: int) -> None:
        ended.sort(key=lambda job: str(job["status"].get("startTime", "")))
        for job in ended[: max(len(ended) - limit, 0)]:
            self._delete(job)

    def _delete(self, job: Object) -> None:
        meta = job["metadata"]
        self.store.delete("Job", meta["name"], meta["namespace"])


def _conclusion(job: Object) -> str:
    """``Complete``, ``Failed``, or nothing while it is active."""
    return next((kind for kind in ("Complete", "Failed") if is_true(job, kind)), "")


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
    template = copied(cron["spec"]["jobTemplate"])
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
