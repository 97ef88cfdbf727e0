"""What a Job has counted, and how many pods it makes next, as numbers."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.job_counts import JobCounts, finished_at, index_of, verdict

INDEX = "batch.kubernetes.io/job-completion-index"


def pod(phase: str = "Failed", index: object = None, **status: Any) -> Object:
    annotations = {} if index is None else {INDEX: str(index)}
    meta = {"name": "task-x", "namespace": "default", "annotations": annotations}
    return {"metadata": meta, "spec": {}, "status": {"phase": phase, **status}}


def counted(status: Object | None = None, **spec: Any) -> JobCounts:
    return JobCounts.of({"spec": spec, "status": status or {}})


INDEXED: dict[str, Any] = {"completionMode": "Indexed"}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("", set()), ("3", {3}), ("0-2", {0, 1, 2}), ("0-2,5,7-8", {0, 1, 2, 5, 7, 8})],
)
def test_indexes_are_read(text, numbers):
    counts = counted({"completedIndexes": text, "failedIndexes": text}, **INDEXED)
    assert counts.done == counts.failed_indexes == numbers


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ({3}, "3"),
        ({0, 1}, "0,1"),
        ({0, 1, 2}, "0-2"),
        ({7, 0, 1, 2, 5, 8}, "0-2,5,7,8"),
        ({0, 2, 4}, "0,2,4"),
    ],
)
def test_indexes_are_written(numbers, text):
    counts = counted(**INDEXED)
    counts.done, counts.failed_indexes = numbers, {1}
    assert counts.into({"startTime": "now", "failed": 3}) == {
        "startTime": "now",
        "completedIndexes": text,
        "failedIndexes": "1",
    }


def test_without_indexes_none_are_written():
    counts = counted({"succeeded": 1, "failed": 2})
    counts.active = [pod("Running")]
    assert counts.into({"active": 9}) == {"active": 1, "succeeded": 1, "failed": 2}


def test_each_success_counts_and_each_index_once():
    plain, indexed = counted({"succeeded": 1}), counted(**INDEXED)
    for _ in range(2):
        plain.add(pod("Succeeded"), "Count")
        indexed.add(pod("Succeeded", 4), "Count")
    indexed.add(pod("Succeeded"), "Count")
    assert (plain.succeeded, indexed.succeeded, indexed.done) == (3, 1, {4})
    assert plain.failed == indexed.failed == 0


@pytest.mark.parametrize(
    ("action", "failed", "indexes", "fatal"),
    [
        ("Ignore", 0, set(), ""),
        ("Count", 1, set(), ""),
        ("FailIndex", 1, {2}, ""),
        ("It is broken", 1, set(), "It is broken"),
    ],
)
def test_what_a_failure_counts(action, failed, indexes, fatal):
    counts = counted(backoffLimitPerIndex=1, **INDEXED)
    counts.add(pod(index=2), action)
    assert (counts.failed, counts.failed_indexes, counts.fatal) == (failed, indexes, fatal)


def test_an_index_fails_after_its_own_limit():
    counts = counted(backoffLimitPerIndex=1, **INDEXED)
    counts.add(pod(index=2), "Count")
    counts.add(pod(index=3), "Count")
    assert counts.failed_indexes == set()
    counts.add(pod(index=2), "Count")
    assert (counts.failed, counts.failed_indexes) == (3, {2})
    never = counted(**INDEXED)
    for _ in range(3):
        never.add(pod(index=0), "Count")
    assert never.failed_indexes == set()


@pytest.mark.parametrize(
    ("spec", "succeeded", "active", "complete"),
    [
        ({}, 0, 0, False),
        ({}, 1, 0, True),
        ({}, 1, 1, False),
        ({"completions": 2}, 1, 0, False),
        ({"completions": 2}, 2, 0, True),
        ({"completions": 2}, 3, 1, True),
    ],
)
def test_when_a_job_is_complete(spec, succeeded, active, complete):
    counts = counted({"succeeded": succeeded})
    counts.active = [pod("Running")] * active
    assert counts.is_complete(spec) == complete


@pytest.mark.parametrize(
    ("spec", "succeeded", "active", "made"),
    [
        ({}, 0, 0, 1),
        ({}, 0, 1, 0),
        ({"parallelism": 3}, 0, 1, 2),
        ({"parallelism": 3}, 1, 1, 0),  # one success, and the others end
        ({"parallelism": 3}, 0, 5, 0),
        ({"parallelism": 3, "completions": 5}, 0, 0, 3),
        ({"parallelism": 3, "completions": 5}, 3, 1, 1),
        ({"parallelism": 3, "completions": 5}, 5, 0, 0),
        ({"parallelism": 0, "completions": 5}, 0, 0, 0),
    ],
)
def test_how_many_pods_are_made(spec, succeeded, active, made):
    counts = counted({"succeeded": succeeded})
    counts.active = [pod("Running")] * active
    assert counts.missing(spec) == [None] * made


def test_which_indexes_are_made():
    counts = counted({"completedIndexes": "0,3", "failedIndexes": "1", "succeeded": 2}, **INDEXED)
    counts.active = [pod("Running", 4)]
    assert counts.missing({"parallelism": 3, "completions": 8}) == [2, 5]
    assert counts.missing({"parallelism": 9, "completions": 6}) == [2, 5]
    assert counts.missing({"parallelism": 1, "completions": 8}) == []
    assert not counts.all_indexes_over({"completions": 4})
    assert counts.all_indexes_over({"completions": 3})


def test_restarts_in_place_count_where_pods_are_started_again():
    statuses = [{"restartCount": 2}, {"restartCount": 1}, {}]
    again = {**pod("Running", containerStatuses=statuses), "spec": {"restartPolicy": "OnFailure"}}
    never = {**again, "spec": {"restartPolicy": "Never"}}
    counts = counted()
    counts.active = [again, never, again]
    assert counts.restarts() == 6


@pytest.mark.parametrize(("text", "index"), [(7, 7), ("", None), ("seven", None), (None, None)])
def test_the_index_of_a_pod(text, index):
    assert index_of(pod(index=text)) == index


def test_the_last_end_of_a_pod():
    ended = [{"state": {"terminated": {"finishedAt": f"2026-03-0{n}"}}} for n in (1, 3, 2)]
    assert finished_at(pod(containerStatuses=[*ended, {"state": {"running": {}}}, {}])) == (
        "2026-03-03"
    )
    assert finished_at(pod()) == ""


def policy(*rules: Object) -> Object:
    return {"spec": {"podFailurePolicy": {"rules": list(rules)}}}


def codes(operator: str, *values: int, action: str = "FailJob", **more: str) -> Object:
    return {"action": action, "onExitCodes": {"operator": operator, "values": [*values], **more}}


def failed(*codes: int | None) -> Object:
    return pod(
        containerStatuses=[
            {"name": f"c{n}", "state": {"terminated": {"exitCode": code}}}
            for n, code in enumerate(codes)
        ]
    )


def disrupted(value: str) -> Object:
    return pod(conditions=[{"type": "DisruptionTarget", "status": value}])


ON_DISRUPTION = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}
FATAL = "Container c{0} for pod default/task-x failed with exit code {1} matching FailJob rule at index {2}"  # noqa: E501


@pytest.mark.parametrize(
    ("job", "ended", "said"),
    [
        ({"spec": {}}, failed(1), "Count"),
        (policy(codes("In", 1, 42)), failed(42), FATAL.format(0, 42, 0)),
        (policy(codes("In", 1, 42)), failed(2), "Count"),
        (policy(codes("NotIn", 1)), failed(2), FATAL.format(0, 2, 0)),
        (policy(codes("NotIn", 1)), failed(1), "Count"),
        (policy(codes("NotIn", 1)), failed(0), "Count"),
        (policy(codes("In", 7)), failed(0, 7), FATAL.format(1, 7, 0)),
        (policy(codes("In", 7, containerName="c0")), failed(0, 7), "Count"),
        (policy(codes("In", 7, containerName="c1")), failed(0, 7), FATAL.format(1, 7, 0)),
        (policy(ON_DISRUPTION, codes("In", 7)), failed(7), FATAL.format(0, 7, 1)),
        (policy(codes("In", 7, action="Ignore"), codes("In", 7)), failed(7), "Ignore"),
        (policy(codes("In", 7, action="FailIndex")), failed(7), "FailIndex"),
        (policy(ON_DISRUPTION), disrupted("True"), "Ignore"),
        (policy(ON_DISRUPTION), disrupted("False"), "Count"),
        (
            policy({**ON_DISRUPTION, "action": "FailJob"}),
            disrupted("True"),
            "Pod default/task-x has condition DisruptionTarget matching FailJob rule at index 0",
        ),
    ],
)
def test_what_a_failure_policy_says(job, ended, said):
    assert verdict(job, ended) == said
    assert verdict(job, {**ended, "status": {**ended["status"], "phase": "Running"}}) == "Count"
