"""CronJobs: what is made when, and what is kept of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket.ground import clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.cron import Schedule

from .conftest import Bench

START = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


def cron_job(command: str = "true", **spec: object) -> Object:
    container = {"name": "main", "image": "busybox", "command": ["sh", "-c", command]}
    pod = {"restartPolicy": "Never", "containers": [container]}
    job = {"metadata": {"labels": {"a": "b"}}, "spec": {"template": {"spec": pod}}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "tick", "namespace": "default"},
        "spec": {"schedule": "* * * * *", "jobTemplate": job, **spec},
    }


@pytest.fixture
def at(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    """Sets the lab's clock to so many seconds after the beginning."""
    monkeypatch.setattr(clock, "source", lambda: int(START.timestamp()) * 10**9)

    async def move(seconds: float) -> None:
        later = int((START + timedelta(seconds=seconds)).timestamp() * 10**9)
        monkeypatch.setattr(clock, "source", lambda: later)
        bench.cluster.look_at_everything()
        await bench.settle()

    return move


def jobs(bench: Bench) -> dict[str, str]:
    """Names, and how they ended."""
    return {
        job["metadata"]["name"]: next(
            (c["type"] for c in job["status"].get("conditions", []) if c["type"] != "FailureTarget"
             and c["type"] != "SuccessCriteriaMet"), "")
        for job in bench.store.list("Job", "default")
    }  # fmt: skip


MINUTE = int(START.timestamp()) // 60


async def test_a_job_each_minute_and_three_are_kept(bench: Bench, at) -> None:
    await bench.make(cron_job())
    assert jobs(bench) == {}
    await at(31)
    assert jobs(bench) == {f"tick-{MINUTE + 1}": "Complete"}
    status = bench.store.get("CronJob", "tick", "default")["status"]
    assert status["lastScheduleTime"] == "2026-03-01T12:01:00Z"
    assert "active" not in status
    assert bench.messages("SawCompletedJob") == [
        f"Saw completed job: tick-{MINUTE + 1}, condition: Complete"
    ]
    for minute in range(2, 6):
        await at(minute * 60)
    assert set(jobs(bench)) == {f"tick-{MINUTE + n}" for n in (3, 4, 5)}
    job = bench.store.get("Job", f"tick-{MINUTE + 5}", "default")
    assert job["metadata"]["labels"]["a"] == "b"
    assert job["spec"]["backoffLimit"] == 6


async def test_what_was_missed_is_made_once(bench: Bench, at) -> None:
    await bench.make(cron_job())
    await at(3600)
    assert set(jobs(bench)) == {f"tick-{MINUTE + 60}"}


async def test_failures_are_kept_apart(bench: Bench, at) -> None:
    made = cron_job("exit 1")
    made["spec"]["jobTemplate"]["spec"]["backoffLimit"] = 0
    await bench.make(made)
    await at(31)
    await at(91)
    assert jobs(bench) == {f"tick-{MINUTE + 2}": "Failed"}


@pytest.mark.parametrize(
    ("policy", "left", "said"),
    [
        ("Allow", {1, 2}, None),
        ("Forbid", {1}, "JobAlreadyActive"),
        ("Replace", {2}, "SuccessfulDelete"),
    ],
)
async def test_policies(bench: Bench, at, policy: str, left: set[int], said: str | None) -> None:
    await bench.make(cron_job("sleep 600", concurrencyPolicy=policy))
    await at(31)
    await at(91)
    assert set(jobs(bench)) == {f"tick-{MINUTE + n}" for n in left}
    active = bench.store.get("CronJob", "tick", "default")["status"]["active"]
    assert {entry["name"] for entry in active} == set(jobs(bench))
    if said:
        assert len(bench.messages(said)) == 1


async def test_suspended_and_too_late(bench: Bench, at) -> None:
    await bench.make(cron_job(suspend=True))
    await at(31)
    assert jobs(bench) == {}
    cron = bench.store.get("CronJob", "tick", "default")
    cron["spec"] |= {"suspend": False, "startingDeadlineSeconds": 10}
    bench.store.update(cron)
    await at(80)
    assert jobs(bench) == {}
    assert len(bench.messages("MissSchedule")) == 1
    await at(95)
    assert set(jobs(bench)) == {f"tick-{MINUTE + 2}"}


async def test_a_zone_of_its_own(bench: Bench, at) -> None:
    await bench.make(cron_job(schedule="1 20 * * *", timeZone="Asia/Shanghai"))
    await at(31)
    assert set(jobs(bench)) == {f"tick-{MINUTE + 1}"}


@pytest.mark.parametrize(
    ("text", "zone", "said"),
    [
        ("* * * *", "", "expected exactly 5 fields, found 4: [* * * *]"),
        ("@often", "", "unrecognized descriptor: @often"),
        ("61 * * * *", "", "bad minute"),
        ("* * * * *", "Mars/Base", "unknown time zone Mars/Base"),
    ],
)
def test_no_schedules(text: str, zone: str, said: str) -> None:
    with pytest.raises(ValueError, match="^" + said.replace("[", r"\[").replace("*", r"\*")):
        Schedule(text, zone)


FIELDS = st.tuples(
    st.sampled_from(["*", "0", "*/7", "1-5,30", "59"]),
    st.sampled_from(["*", "3", "*/5", "8-18"]),
    st.sampled_from(["*", "1", "31", "?"]),
    st.sampled_from(["*", "2", "JAN-MAR"]),
    st.sampled_from(["*", "MON", "1-5", "0", "7"]),
).filter(lambda f: f[2] != "31" or f[3] != "2")
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(FIELDS, MOMENTS, st.sampled_from(["", "Asia/Shanghai"]))
def test_the_last_and_the_next_enclose_the_present(fields, moment, zone: str) -> None:
    schedule = Schedule(" ".join(fields), zone)
    last, upcoming = schedule.last(moment), schedule.next(moment)
    assert last is not None and upcoming is not None
    assert last <= moment < upcoming
    assert schedule.last(upcoming) == upcoming
    assert schedule.next(last) == upcoming


async def test_each_that_ended_is_told_of(bench: Bench, at) -> None:
    """Also one that ended before an older one, which runs."""
    command = f"[ $(hostname | cut -d- -f2) = {MINUTE + 1} ] && sleep 1000; true"
    await bench.make(cron_job(command, concurrencyPolicy="Allow"))
    for seconds in (31, 91, 100):
        await at(seconds)
    assert jobs(bench) == {f"tick-{MINUTE + 1}": "", f"tick-{MINUTE + 2}": "Complete"}
    (told,) = bench.messages("SawCompletedJob")
    assert f"Saw completed job: tick-{MINUTE + 2}, condition: Complete" in told
