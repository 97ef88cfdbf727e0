"""How far a Job is: what has succeeded and failed, by number or by index."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition

_INDEX = "batch.kubernetes.io/job-completion-index"


@dataclass
class JobCounts:
    """The pods of one Job, in numbers."""

    indexed: bool
    succeeded: int = 0
    failed: int = 0
    active: list[Object] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    failures: dict[int, int] = field(default_factory=dict)
    failed_indexes: set[int] = field(default_factory=set)
    per_index: int | None = None
    fatal: str = ""
    """Why the Job's failure policy ends it, if it does."""

    @classmethod
    def of(cls, job: Object) -> JobCounts:
        """What the status has counted already."""
        status, spec = job.get("status") or {}, job["spec"]
        return cls(
            spec.get("completionMode") == "Indexed",
            int(status.get("succeeded", 0)),
            int(status.get("failed", 0)),
            done=_numbers(status.get("completedIndexes", "")),
            failed_indexes=_numbers(status.get("failedIndexes", "")),
            per_index=spec.get("backoffLimitPerIndex"),
        )

    def add(self, pod: Object, action: str) -> None:
        """Count a pod that has ended.

        :param action: what the failure policy says: ``Count``, ``Ignore``, ``FailIndex`` or a
            sentence, with which the whole Job fails.
        """
        index = index_of(pod)
        if pod["status"].get("phase") == "Succeeded":
            if not self.indexed:
                self.succeeded += 1
            elif index is not None and index not in self.done:
                self.done.add(index)
                self.succeeded = len(self.done)
            return
        if action == "Ignore":
            return
        self.failed += 1
        if action not in ("Count", "FailIndex"):
            self.fatal = action
        if index is not None:
            self.failures[index] = self.failures.get(index, 0) + 1
            over = self.per_index is not None and self.failures[index] > self.per_index
            if over or action == "FailIndex":
                self.failed_indexes.add(index)

    def restarts(self) -> int:
        """Restarts of containers count as failures, of pods that are started again in place."""
        return sum(
            int(status.get("restartCount", 0))
            for pod in self.active
            if pod["spec"].get("restartPolicy") == "OnFailure"
            for status in pod["status"].get("containerStatuses") or ()
        )

    def is_complete(self, spec: Object) -> bool:
        """Enough has succeeded; without a number, one success is, when the others have ended."""
        wanted = spec.get("completions")
        if wanted is None:
            return self.succeeded > 0 and not self.active
        return self.succeeded >= int(wanted)

    def all_indexes_over(self, spec: Object) -> bool:
        """Every index has succeeded, or has failed for good."""
        return len(self.done | self.failed_indexes) >= int(spec.get("completions") or 0)

    def missing(self, spec: Object) -> list[int | None]:
        """The pods to make now: indexes, or None for each one without."""
        free = int(spec.get("parallelism", 1)) - len(self.active)
        wanted = spec.get("completions")
        if wanted is None:
            free = 0 if self.succeeded else free
        else:
            free = min(free, int(wanted) - self.succeeded - len(self.active))
        if not self.indexed:
            return [None] * max(free, 0)
        taken = self.done | self.failed_indexes | {index_of(pod) for pod in self.active}
        open_ = [number for number in range(int(wanted or 0)) if number not in taken]
        return list(open_[: max(free, 0)])

    def into(self, status: Object) -> Object:
        """The status with these counts; zeros are left out."""
        counts: dict[str, Any] = {
            "active": len(self.active),
            "succeeded": self.succeeded,
            "failed": self.failed,
        }
        if self.indexed:
            counts["completedIndexes"] = _ranges(self.done)
        if self.failed_indexes:
            counts["failedIndexes"] = _ranges(self.failed_indexes)
        others = {name: value for name, value in status.items() if name not in counts}
        return {**others, **{name: value for name, value in counts.items() if value}}


def index_of(pod: Object) -> int | None:
    """A pod's completion index."""
    text = (pod["metadata"].get("annotations") or {}).get(_INDEX, "")
    return int(text) if text.isdecimal() else None


def finished_at(pod: Object) -> str:
    """When the last of a pod's containers ended."""
    ends = [
        (s.get("state") or {}).get("terminated", {}).get("finishedAt", "")
        for s in pod["status"].get("containerStatuses") or ()
    ]
    return max(ends, default="")


def verdict(job: Object, pod: Object) -> str:
    """What a Job's ``podFailurePolicy`` says of a failed pod."""
    if pod["status"].get("phase") != "Failed":
        return "Count"
    name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
    for number, rule in enumerate((job["spec"].get("podFailurePolicy") or {}).get("rules") or ()):
        said = _matches(rule, pod)
        if said is None:
            continue
        if rule["action"] == "FailJob":
            return f"{said.format(name=name)} matching FailJob rule at index {number}"
        return str(rule["action"])
    return "Count"


def _matches(rule: Object, pod: Object) -> str | None:
    """How a pod meets a rule, in the words of the Job's condition; None if it does not."""
    codes = rule.get("onExitCodes")
    if codes:
        for status in pod["status"].get("containerStatuses") or ():
            ended = (status.get("state") or {}).get("terminated") or {}
            code = ended.get("exitCode")
            wanted = codes.get("containerName") in (None, status["name"])
            inside = code in codes["values"]
            if wanted and code and inside == (codes["operator"] == "In"):
                return f"Container {status['name']} for pod {{name}} failed with exit code {code}"
    for wish in rule.get("onPodConditions") or ():
        found = condition(pod, wish["type"])
        if found is not None and found["status"] == wish.get("status", "True"):
            return f"Pod {{name}} has condition {wish['type']}"
    return None


def _numbers(text: str) -> set[int]:
    """``0-2,5`` as numbers."""
    found: set[int] = set()
    for part in text.split(",") if text else []:
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def _ranges(numbers: set[int]) -> str:
    """Numbers as ``0-2,5``."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][-1] == number - 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    # Two in a row are written one by one.
    return ",".join(f"{p[0]}-{p[-1]}" if len(p) > 2 else ",".join(map(str, p)) for p in parts)
