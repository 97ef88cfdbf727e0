"""Jobs: pods until enough of them have ended well, or too many badly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition, is_true, with_condition
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself, owner_of
from owlab.pocket.kube.controllers.job_counts import JobCounts, finished_at, verdict
from owlab.pocket.kube.controllers.replicas import claimed, counted, is_active
from owlab.pocket.kube.object_state import is_finished, is_ready, pod_of
from owlab.pocket.kube.scheduling.loads import controller_of
from owlab.pocket.kube.store import Key

_COMPONENT = "job-controller"
TRACKED = "batch.kubernetes.io/job-tracking"
"""Finalizer of a Job's pods: one that is deleted is still counted."""
INDEX = "batch.kubernetes.io/job-completion-index"
_BACKOFF_SECONDS, _MOST_BACKOFF_SECONDS = 10.0, 600.0


class Jobs(Controller):
    """Makes the pods of Jobs, and says when they are complete or have failed."""

    def watches(self) -> Mapping[str, Leads]:
        return {"Job": itself, "Pod": owner_of("Job")}

    def reconcile(self, key: Key) -> None:
        job = self.store.at(key)
        if job is None or job["metadata"].get("deletionTimestamp"):
            self._release(key, job)
            return
        pods = claimed(self.store, job)
        if is_true(job, "Complete") or is_true(job, "Failed"):
            self._release(key, job)
            self._expire(key, job)
            return
        with self.store.together():
            job, counts = self._count(job, pods)
        self._decide(key, job, counts)

    # -- counting --------------------------------------------------------------------------

    def _count(self, job: Object, pods: list[Object]) -> tuple[Object, JobCounts]:
        """Add what has ended to the status, each pod once."""
        counts = JobCounts.of(job)
        for pod in pods:
            if TRACKED not in (pod["metadata"].get("finalizers") or ()):
                continue
            gone = pod["metadata"].get("deletionTimestamp") and not pod["spec"].get("nodeName")
            if is_finished(pod) or gone:
                counts.add(pod, verdict(job, pod))
                self._untrack(pod)
        for pod in pods:
            if is_active(pod):
                counts.active.append(pod)
        status = counts.into(job.get("status") or {})
        if not job["spec"].get("suspend"):
            status.setdefault("startTime", self.clock.timestamp())
        status["ready"] = sum(map(is_ready, counts.active))
        status["terminating"] = sum(
            bool(p["metadata"].get("deletionTimestamp")) and not is_finished(p) for p in pods
        )
        status["uncountedTerminatedPods"] = {}
        return self.store.set_status(job, status), counts

    def _untrack(self, pod: Object) -> None:
        meta = pod["metadata"]
        left = [f for f in meta.get("finalizers") or () if f != TRACKED]
        self.store.update({**pod, "metadata": {**meta, "finalizers": left}})

    def _release(self, key: Key, job: Object | None) -> None:
        """Let go of pods that nobody counts any more."""
        for pod in self.store.list("Pod", key.namespace):
            if TRACKED not in (pod["metadata"].get("finalizers") or ()):
                continue
            owner = controller_of(pod)
            if job is None:
                free = self.store.by_uid(owner) is None
            else:
                over = is_finished(pod) or bool(job["metadata"].get("deletionTimestamp"))
                free = over and owner == job["metadata"]["uid"]
            if free:
                self._untrack(pod)

    # -- deciding --------------------------------------------------------------------------

    def _decide(self, key: Key, job: Object, counts: JobCounts) -> None:
        spec = job["spec"]
        why = self._failure(key, job, counts)
        if why is not None:
            self._end_all(key, counts)
            self._conclude(job, "FailureTarget", "Failed", *why)
            self.recorder.record(job, "Warning", *why, _COMPONENT)
        elif counts.is_complete(spec):
            self._end_all(key, counts)
            said = "Reached expected number of succeeded pods"
            self._conclude(job, "SuccessCriteriaMet", "Complete", "CompletionsReached", said)
            self.recorder.record(job, "Normal", "Completed", "Job completed", _COMPONENT)
        elif spec.get("suspend"):
            self._suspend(key, job, counts)
        else:
            self._resume(job)
            self._make(key, job, counts)

    def _failure(self, key: Key, job: Object, counts: JobCounts) -> tuple[str, str] | None:
        """The reason and the message, if the Job has failed."""
        spec, status = job["spec"], job["status"]
        if counts.fatal:
            return "PodFailurePolicy", counts.fatal
        limit = spec.get("activeDeadlineSeconds")
        if limit is not None and status.get("startTime") and not spec.get("suspend"):
            since = datetime.fromisoformat(status["startTime"])
            left = self.clock.limit(limit) - (self.clock.now() - since).total_seconds()
            if left <= 0:
                return "DeadlineExceeded", "Job was active longer than specified deadline"
            self.look(key, left + 0.05)
        if "backoffLimitPerIndex" in spec:
            if counts.failed_indexes and counts.all_indexes_over(spec):
                return "FailedIndexes", "Job has failed indexes"
            return None
        if counts.failed + counts.restarts() > int(spec.get("backoffLimit", 6)):
            return "BackoffLimitExceeded", "Job has reached the specified backoff limit"
        return None

    def _make(self, key: Key, job: Object, counts: JobCounts) -> None:
        spec = job["spec"]
        missing = counts.missing(spec)
        extra = len(counts.active) - int(spec.get("parallelism", 1))
        for pod in counts.active[: max(extra, 0)]:
            self.store.delete("Pod", pod["metadata"]["name"], key.namespace)
        if not missing:
            return
        wait = self._backoff(counts, claimed(self.store, job))
        if wait > 0:
            self.look(key, wait)
            return
        for index in missing:
            self._make_one(job, index)

    def _backoff(self, counts: JobCounts, pods: list[Object]) -> float:
        """How long until a pod may follow those that have failed."""
        if not counts.failed:
            return 0.0
        failed = [finished_at(p) for p in pods if p["status"].get("phase") == "Failed"]
        seconds = min(_BACKOFF_SECONDS * 2 ** (counts.failed - 1), _MOST_BACKOFF_SECONDS)
        newest = max((time for time in failed if time), default=None)
        if newest is None:
            return 0.0
        passed = (self.clock.now() - datetime.fromisoformat(newest)).total_seconds()
        return self.clock.scaled(seconds) - passed

    def _make_one(self, job: Object, index: int | None) -> None:
        meta = job["metadata"]
        numbered = {} if index is None else {INDEX: str(index)}
        prefix = meta["name"] if index is None else f"{meta['name']}-{index}"
        pod = pod_of(job["spec"]["template"], job, generateName=f"{prefix}-", labels=numbered)
        pod["metadata"]["finalizers"] = [TRACKED]
        if index is not None:
            annotations = pod["metadata"].get("annotations") or {}
            pod["metadata"]["annotations"] = {**annotations, INDEX: str(index)}
            pod["spec"].setdefault("hostname", prefix)
            reference = {"fieldPath": f"metadata.annotations['{INDEX}']"}
            variable = {"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": reference}}
            for field in ("initContainers", "containers"):
                for container in pod["spec"].get(field) or ():
                    container["env"] = [*(container.get("env") or []), variable]
        made = self.plane.admit(pod)
        said = f"Created pod: {made['metadata']['name']}"
        self.recorder.record(job, "Normal", "SuccessfulCreate", said, _COMPONENT)

    # -- states ----------------------------------------------------------------------------

    def _end_all(self, key: Key, counts: JobCounts) -> None:
        for pod in counts.active:
            self.store.delete("Pod", pod["metadata"]["name"], key.namespace)
            said = f"Deleted pod: {pod['metadata']['name']}"
            job = self.store.at(key)
            if job is not None:
                self.recorder.record(job, "Normal", "SuccessfulDelete", said, _COMPONENT)

    def _suspend(self, key: Key, job: Object, counts: JobCounts) -> None:
        if not is_true(job, "Suspended"):
            self._end_all(key, counts)
            self._suspended(job, "True", "JobSuspended", "Job suspended", "Suspended")

    def _resume(self, job: Object) -> None:
        if is_true(job, "Suspended"):
            self._suspended(job, "False", "JobResumed", "Job resumed", "Resumed")

    def _suspended(self, job: Object, value: str, reason: str, said: str, event: str) -> None:
        now = self.clock.timestamp()
        status = with_condition(
            job["status"], "Suspended", value, now, reason, said, lastProbeTime=now
        )
        if value == "True":
            status.pop("startTime", None)
        else:
            status["startTime"] = now
        self.store.set_status(job, status)
        self.recorder.record(job, "Normal", event, said, _COMPONENT)

    def _conclude(self, job: Object, first: str, last: str, reason: str, message: str) -> None:
        now = self.clock.timestamp()
        status = counted(job["status"], {"active": 0, "ready": 0})
        status |= {"ready": 0, "terminating": 0}
        for kind in (first, last):
            status = with_condition(status, kind, "True", now, reason, message, lastProbeTime=now)
        if last == "Complete":
            status["completionTime"] = now
        self.store.set_status(job, status)

    def _expire(self, key: Key, job: Object) -> None:
        """Remove what has been over for ``ttlSecondsAfterFinished``."""
        seconds = job["spec"].get("ttlSecondsAfterFinished")
        ended = condition(job, "Complete") or condition(job, "Failed")
        if seconds is None or ended is None:
            return
        since = datetime.fromisoformat(ended["lastTransitionTime"])
        left = self.clock.limit(seconds) - (self.clock.now() - since).total_seconds()
        if left <= 0:
            self.store.delete("Job", key.name, key.namespace)
        else:
            self.look(key, left + 0.05)
