"""One look of the Job controller at objects at rest: what it counts, makes, ends and says."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition, is_true
from owlab.pocket.kube.controllers.jobs import INDEX, TRACKED, Jobs

from .at_rest import AtRest, ago, edit
from .plain_store import obj, pod


class Scene:
    """A Job, and pods of it."""

    def __init__(self, status: Object | None = None, **spec: Any) -> None:
        labels = {"metadata": {"labels": {"job-name": "task"}}}
        template = {**labels, "spec": {"containers": [{"name": "main", "image": "busybox"}]}}
        wanted = {"template": template, "selector": {"matchLabels": {"job-name": "task"}}}
        made = obj("Job", "task", {**wanted, **spec}, "batch/v1", status=status or {})
        made["metadata"]["uid"] = "u1"
        self.plane = AtRest(made)
        self.store = self.plane.store
        self.controller = Jobs(self.plane)

    def pod(self, name: str, phase: str = "Running", tracked: bool = True, **more: Any) -> Scene:
        """Add a pod; ``ends`` says that it has been told to."""
        made = pod(name, **more.pop("spec", {}))
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "task", "uid": "u1"}
        made["metadata"] |= {
            "labels": {"job-name": "task"},
            "ownerReferences": [owner | {"controller": True} | more.pop("owner", {})],
            "finalizers": [*([TRACKED] if tracked else []), "example.com/x"],
            "annotations": more.pop("annotations", {}),
        }
        ends = more.pop("ends", False)
        made["status"] |= {"phase": phase, **more}
        self.store.create(made)
        if ends:
            self.store.delete("Pod", name, "default")
        return self

    def look(self) -> Scene:
        self.controller.reconcile(self.store.key("Job", "task", "default"))
        return self

    @property
    def job(self) -> Object:
        found: Object = self.store.get("Job", "task", "default")
        return found

    @property
    def made(self) -> list[Object]:
        pods = self.store.list("Pod", "default")
        return [p for p in pods if p["metadata"].get("generateName")]

    def ending(self) -> list[str]:
        pods = self.store.list("Pod", "default")
        return [p["metadata"]["name"] for p in pods if p["metadata"].get("deletionTimestamp")]

    def tracked(self) -> list[str]:
        pods = self.store.list("Pod", "default")
        held = [p["metadata"] for p in pods if TRACKED in p["metadata"].get("finalizers", ())]
        return [meta["name"] for meta in held]

    def counts(self) -> dict[str, int]:
        names = ("active", "ready", "terminating", "succeeded", "failed")
        return {name: self.job["status"][name] for name in names if self.job["status"].get(name)}

    def verdict(self, kind: str) -> tuple[str, str] | None:
        found = condition(self.job, kind)
        return None if found is None else (found["reason"], found["message"])


READY: Object = {"conditions": [{"type": "Ready", "status": "True"}]}


def ended(seconds: float) -> Object:
    return {"state": {"terminated": {"exitCode": 1, "finishedAt": ago(seconds)}}}


def test_how_many_do_what() -> None:
    scene = Scene(parallelism=3, completions=9, backoffLimit=9)
    scene.pod("a", **READY).pod("b", "Pending").pod("c", **READY, ends=True)
    scene.pod("d", "Succeeded").pod("e", "Failed").pod("f", "Failed", ends=True)
    scene.pod("g", "Succeeded", tracked=False).pod("h", "Pending", spec={"nodeName": ""}, ends=True)
    scene.look()
    assert scene.counts() == {
        "active": 2,
        "ready": 1,
        "terminating": 2,
        "succeeded": 1,
        "failed": 3,
    }
    assert scene.tracked() == ["a", "b", "c", *[p["metadata"]["name"] for p in scene.made]]
    assert scene.job["status"]["startTime"] == ago(0)
    scene.look()
    assert (scene.counts()["succeeded"], scene.counts()["failed"]) == (1, 3), "each counts once"


def test_a_pod_of_a_job() -> None:
    both = {"containers": [{"name": "main", "env": [{"name": "A", "value": "1"}]}],
            "initContainers": [{"name": "first"}]}  # fmt: skip
    labels = {"labels": {"job-name": "task"}, "annotations": {"note": "x"}}
    spec: Object = {
        "template": {"metadata": labels, "spec": both},
        "completions": 2,
        "parallelism": 2,
    }
    plain = Scene(**spec).look()
    assert len(plain.made) == 2
    for made in plain.made:
        meta = made["metadata"]
        assert (meta["generateName"], meta["finalizers"]) == ("task-", [TRACKED])
        assert meta["annotations"] == {"note": "x"} and INDEX not in meta["labels"]
        assert "hostname" not in made["spec"]
    said = sorted(f"Created pod: {made['metadata']['name']}" for made in plain.made)
    assert sorted(plain.plane.events()) == [("Normal", "SuccessfulCreate", text) for text in said]
    indexed = Scene(**spec, completionMode="Indexed").look()
    for number, made in enumerate(indexed.made):
        meta = made["metadata"]
        assert meta["generateName"] == f"task-{number}-"
        assert meta["annotations"] == {"note": "x", INDEX: str(number)}
        assert meta["labels"][INDEX] == str(number)
        assert made["spec"]["hostname"] == f"task-{number}"
        [container], [first] = made["spec"]["containers"], made["spec"]["initContainers"]
        names = [one["name"] for one in container["env"]]
        assert names == ["A", "JOB_COMPLETION_INDEX"]
        reference = container["env"][-1]["valueFrom"]["fieldRef"]
        assert reference["fieldPath"] == f"metadata.annotations['{INDEX}']"
        assert [one["name"] for one in first["env"]] == ["JOB_COMPLETION_INDEX"]


def test_with_less_parallelism_some_end() -> None:
    scene = Scene(parallelism=1, completions=9).pod("a").pod("b").pod("c").look()
    assert scene.ending() == ["a", "b"] and scene.made == []
    assert scene.look().ending() == ["a", "b"]


@pytest.mark.parametrize(
    ("failed", "since", "wait"),
    [(1, 3, 7), (1, 10, None), (2, 3, 17), (3, 3, 37), (6, 0, 320), (7, 0, 600), (9, 1, 599)],
)
def test_a_pod_follows_those_that_failed_later_each_time(
    failed: int, since: int, wait: int | None
) -> None:
    scene = Scene({"failed": failed - 1}, backoffLimit=20)
    scene.pod("old", "Failed", tracked=False, containerStatuses=[ended(1000)])
    scene.pod("new", "Failed", containerStatuses=[ended(since)]).look()
    assert scene.plane.later == ([] if wait is None else [wait])
    assert len(scene.made) == (wait is None)


@pytest.mark.parametrize(
    ("failed", "restarts", "limit", "over"),
    [
        (2, 0, {"backoffLimit": 2}, False),
        (3, 0, {"backoffLimit": 2}, True),
        (0, 3, {"backoffLimit": 2}, True),
        (1, 1, {"backoffLimit": 2}, False),
        (1, 0, {"backoffLimit": 0}, True),
        (6, 0, {}, False),
        (7, 0, {}, True),
    ],
)
def test_too_many_failures(failed: int, restarts: int, limit: Object, over: bool) -> None:
    scene = Scene({"failed": failed}, **limit)
    statuses = [{"name": "main", "restartCount": restarts}]
    scene.pod("a", spec={"restartPolicy": "OnFailure"}, containerStatuses=statuses).look()
    why = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
    assert scene.verdict("Failed") == scene.verdict("FailureTarget") == (why if over else None)
    assert scene.ending() == (["a"] if over else [])
    assert is_true(scene.job, "Complete") is False
    if over:
        assert scene.plane.events() == [
            ("Normal", "SuccessfulDelete", "Deleted pod: a"),
            ("Warning", *why),
        ]
        assert "completionTime" not in scene.job["status"]
        assert scene.counts() == ({"failed": failed} if failed else {})


@pytest.mark.parametrize(
    ("index", "verdict"),
    [(1, ("FailedIndexes", "Job has failed indexes")), (2, None)],
)
def test_indexes_that_failed(index: int, verdict: tuple[str, str] | None) -> None:
    spec = {"completionMode": "Indexed", "completions": index + 1, "backoffLimitPerIndex": 0}
    scene = Scene({"completedIndexes": "0", "failed": 8}, **spec)
    scene.pod("a", "Failed", annotations={INDEX: "1"}).look()
    assert scene.job["status"]["failedIndexes"] == "1"
    assert scene.verdict("Failed") == verdict


@pytest.mark.parametrize(
    ("since", "suspend", "over", "later"),
    [(99, False, False, [1.05]), (100, False, True, []), (100, True, False, [])],
)
def test_a_deadline(since: int, suspend: bool, over: bool, later: list[float]) -> None:
    scene = Scene({"startTime": ago(since)}, activeDeadlineSeconds=100, suspend=suspend)
    scene.pod("a").look()
    why = ("DeadlineExceeded", "Job was active longer than specified deadline")
    assert scene.verdict("Failed") == (why if over else None)
    assert scene.plane.later == pytest.approx(later)


def test_it_is_complete() -> None:
    scene = Scene({"succeeded": 1}, completions=2).pod("a", "Succeeded").pod("b", **READY).look()
    why = ("CompletionsReached", "Reached expected number of succeeded pods")
    assert scene.verdict("Complete") == scene.verdict("SuccessCriteriaMet") == why
    assert is_true(scene.job, "Complete") and not is_true(scene.job, "Failed")
    assert scene.job["status"]["completionTime"] == ago(0)
    assert scene.ending() == ["b"] and scene.made == []
    assert scene.counts() == {"succeeded": 2}
    assert scene.plane.events() == [
        ("Normal", "SuccessfulDelete", "Deleted pod: b"),
        ("Normal", "Completed", "Job completed"),
    ]


def test_it_is_suspended_and_resumed() -> None:
    scene = Scene({"startTime": ago(50)}, suspend=True, completions=1).pod("a").look()
    assert scene.verdict("Suspended") == ("JobSuspended", "Job suspended")
    assert scene.ending() == ["a"]
    assert "startTime" not in scene.job["status"]
    assert scene.look().plane.events() == [
        ("Normal", "SuccessfulDelete", "Deleted pod: a"),
        ("Normal", "Suspended", "Job suspended"),
    ]
    edit(scene.store, "Job", "task", spec={"suspend": False})
    scene.look()
    assert scene.verdict("Suspended") == ("JobResumed", "Job resumed")
    assert not is_true(scene.job, "Suspended")
    assert scene.job["status"]["startTime"] == ago(0)
    assert ("Normal", "Resumed", "Job resumed") in scene.plane.events()
    assert len(scene.made) == 1


@pytest.mark.parametrize("kind", ["Complete", "Failed"])
@pytest.mark.parametrize(
    ("seconds", "since", "later"),
    [(None, 1000, []), (100, 99, [1.05]), (100, 100, None), (0, 0, None)],
)
def test_how_long_it_stays_when_it_is_over(
    kind: str, seconds: int | None, since: int, later: list[float] | None
) -> None:
    over = {"type": kind, "status": "True", "lastTransitionTime": ago(since)}
    spec = {} if seconds is None else {"ttlSecondsAfterFinished": seconds}
    scene = Scene({"conditions": [over]}, **spec).look()
    assert (scene.store.find("Job", "task", "default") is None) is (later is None)
    assert scene.plane.later == pytest.approx(later or [])
    assert scene.store.list("Pod") == []


@pytest.mark.parametrize(
    ("state", "free"),
    [
        ("there", []),
        ("over", ["ended"]),
        ("going", ["ended", "runs"]),
        ("gone", ["ended", "runs"]),
    ],
)
def test_pods_that_nobody_counts_any_more_are_let_go_of(state: str, free: list[str]) -> None:
    done = [{"type": "Complete", "status": "True"}]
    scene = Scene({"conditions": done} if state == "over" else None)
    scene.pod("ended", "Succeeded").pod("runs")
    scene.pod("other", "Succeeded", owner={"uid": "u2", "name": "other"})
    scene.store.create(obj("Job", "other", {}, "batch/v1", metadata={"uid": "u2"}))
    if state == "going":
        edit(scene.store, "Job", "task", metadata={"finalizers": ["example.com/x"]})
    if state in ("going", "gone"):
        scene.store.delete("Job", "task", "default")
    if state != "there":
        scene.look()
    assert scene.tracked() == [name for name in ("ended", "other", "runs") if name not in free]
