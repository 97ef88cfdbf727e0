"""Jobs: numbers, indexes, deadlines, policies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition, is_true
from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.objects import job


def made(script: str, **spec: Any) -> Object:
    obj = job(script)
    obj["spec"].update(spec)
    return obj


def task(bench: Bench) -> Object:
    return bench.store.get("Job", "task", "default")


async def until(true: Callable[[], object], seconds: float = 30) -> None:
    limit = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < limit
        await asyncio.sleep(0.05)


async def test_each_index_succeeds_once(bench: Bench) -> None:
    script = "echo $JOB_COMPLETION_INDEX; exit 0"
    await bench.make(made(script, completions=4, parallelism=2, completionMode="Indexed"))
    await until(lambda: is_true(task(bench), "Complete"))
    assert task(bench)["status"]["completedIndexes"] == "0-3"
    assert task(bench)["status"]["succeeded"] == 4
    names = sorted(p["metadata"]["name"] for p in bench.pods())
    assert [name.rpartition("-")[0] for name in names] == [f"task-{n}" for n in range(4)]


async def test_no_more_at_once_than_allowed(bench: Bench) -> None:
    most = 0

    def count(change: object) -> None:
        nonlocal most
        active = [p for p in bench.pods() if p["status"].get("phase") in ("Pending", "Running")]
        most = max(most, len(active))

    bench.store.subscribe(count)
    await bench.make(made("exit 0", completions=6, parallelism=2))
    await until(lambda: is_true(task(bench), "Complete"))
    assert most == 2


async def test_a_deadline_ends_it(bench: Bench) -> None:
    await bench.make(made("sleep 3600", activeDeadlineSeconds=1))
    await until(lambda: is_true(task(bench), "Failed"))
    assert condition(task(bench), "Failed")["reason"] == "DeadlineExceeded"  # type: ignore[index]
    await until(lambda: not [p for p in bench.pods() if p["status"]["phase"] == "Running"])


async def test_it_is_removed_when_its_time_after_the_end_is_over(bench: Bench) -> None:
    await bench.make(made("exit 0", ttlSecondsAfterFinished=0))
    await until(lambda: bench.store.find("Job", "task", "default") is None)
    await until(lambda: bench.pods() == [])


@pytest.mark.parametrize(
    ("code", "reason", "pods"), [(42, "PodFailurePolicy", 1), (7, "BackoffLimitExceeded", 2)]
)
async def test_a_policy_says_what_a_failure_means(
    bench: Bench, code: int, reason: str, pods: int
) -> None:
    rule = {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [code]}}
    await bench.make(made("exit 42", backoffLimit=1, podFailurePolicy={"rules": [rule]}))
    await until(lambda: is_true(task(bench), "Failed"))
    assert condition(task(bench), "Failed")["reason"] == reason  # type: ignore[index]
    assert len(bench.pods()) == pods


async def test_suspended_it_has_no_pods_and_goes_on_when_it_is_resumed(bench: Bench) -> None:
    await bench.make(made("exit 0", suspend=True))
    assert bench.pods() == []
    assert is_true(task(bench), "Suspended")
    obj = bench.store.draft("Job", "task", "default")
    obj["spec"]["suspend"] = False
    bench.store.update(obj)
    await until(lambda: is_true(task(bench), "Complete"))


async def test_a_pod_that_somebody_deletes_is_counted_and_replaced(bench: Bench) -> None:
    await bench.make(made("sleep 3600"))
    (pod,) = bench.pods()
    bench.store.delete("Pod", pod["metadata"]["name"], "default")
    await until(lambda: task(bench)["status"].get("failed") == 1)
    await until(lambda: any(p["metadata"]["uid"] != pod["metadata"]["uid"] for p in bench.pods()))


async def test_nothing_is_left_when_it_is_deleted(bench: Bench) -> None:
    await bench.make(made("sleep 3600"))
    bench.store.delete("Job", "task", "default")
    await until(lambda: bench.pods() == [])


async def test_without_a_number_one_success_is_enough(bench: Bench) -> None:
    obj = made("exit 0", parallelism=3)
    await bench.make(obj)
    await until(lambda: is_true(task(bench), "Complete"))
    assert "completions" not in task(bench)["spec"]
