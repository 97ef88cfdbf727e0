"""Jobs: pods until enough of them have ended well."""

from __future__ import annotations

import copy

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.shape import is_finished, is_ready, owned, pod_of
from owlab.pocket.kube.store import Store


class Jobs:
    """Makes the pods of Jobs, and says when they are complete or have failed."""

    def __init__(self, store: Store, clock: Clock, recorder: Recorder) -> None:
        self._store = store
        self._clock = clock
        self._recorder = recorder

    def reconcile(self) -> None:
        """One look at every Job."""
        for job in self._store.list("Job"):
            if not job["metadata"].get("deletionTimestamp"):
                self._job(job)

    def _job(self, job: Object) -> None:
        meta, spec = job["metadata"], job["spec"]
        if not spec.get("selector"):
            self._label(job)
            return
        status = copy.deepcopy(job.get("status") or {})
        if any(
            c["status"] == "True" and c["type"] in ("Complete", "Failed")
            for c in status.get("conditions") or []
        ):
            return
        status.setdefault("startTime", self._clock.timestamp())
        pods = owned(self._store.list("Pod", meta["namespace"]), job)
        succeeded = sum(1 for p in pods if p["status"].get("phase") == "Succeeded")
        failed = sum(1 for p in pods if p["status"].get("phase") == "Failed")
        active = [
            p for p in pods if not is_finished(p) and not p["metadata"].get("deletionTimestamp")
        ]
        wanted = spec.get("completions") or 1
        if succeeded >= wanted:
            self._conclude(
                job,
                status,
                ("SuccessCriteriaMet", "Complete"),
                "CompletionsReached",
                "Reached expected number of succeeded pods",
            )
            status["completionTime"] = self._clock.timestamp()
            self._recorder.record(job, "Normal", "Completed", "Job completed", "job-controller")
        elif failed > spec.get("backoffLimit", 6):
            self._conclude(
                job,
                status,
                ("FailureTarget", "Failed"),
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
            )
            self._recorder.record(
                job,
                "Warning",
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
                "job-controller",
            )
        elif not spec.get("suspend"):
            for _ in range(min(spec.get("parallelism", 1), wanted - succeeded) - len(active)):
                made = self._store.create(
                    pod_of(spec["template"], job, generateName=f"{meta['name']}-")
                )
                active.append(made)
                self._recorder.record(
                    job,
                    "Normal",
                    "SuccessfulCreate",
                    f"Created pod: {made['metadata']['name']}",
                    "job-controller",
                )
        for name, count in (("active", len(active)), ("succeeded", succeeded), ("failed", failed)):
            status.pop(name, None)
            if count:
                status[name] = count
        status["ready"] = sum(1 for pod in active if is_ready(pod))
        if status.get("completionTime"):
            status.pop("active", None)
        job["status"] = status
        self._store.update_status(job)

    def _label(self, job: Object) -> None:
        meta = job["metadata"]
        labels = {
            "batch.kubernetes.io/controller-uid": meta["uid"],
            "batch.kubernetes.io/job-name": meta["name"],
            "controller-uid": meta["uid"],
            "job-name": meta["name"],
        }
        template = job["spec"]["template"].setdefault("metadata", {})
        template["labels"] = {**(template.get("labels") or {}), **labels}
        job["spec"]["selector"] = {
            "matchLabels": {"batch.kubernetes.io/controller-uid": meta["uid"]}
        }
        self._store.update(job)

    def _conclude(
        self, job: Object, status: Object, kinds: tuple[str, ...], reason: str, message: str
    ) -> None:
        now = self._clock.timestamp()
        status["conditions"] = [
            {
                "type": kind,
                "status": "True",
                "reason": reason,
                "message": message,
                "lastProbeTime": now,
                "lastTransitionTime": now,
            }
            for kind in kinds
        ]
