"""Several calls at a time in one container, as docs/intra-concurrency.md of OpenWhisk has it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from owlab.pocket.openwhisk.service import Service
from tests.waiting import eventually

from .conftest import Client, FakePods

LIMITS = {"invocations_per_minute": 1000, "actions": {"concurrency": {"max": 4}}}
TOGETHER = pytest.mark.parametrize(
    ("limits", "allow_concurrent"), [(LIMITS, True)], ids=["allowed"]
)
# Answers when as many calls are there as it is told, and says how many it saw.
MEET = """
let here = 0;
async function main(args) {
  here += 1;
  console.log('in ' + args.name);
  while (here < args.wanted) await new Promise((resolve) => setTimeout(resolve, 5));
  console.log('out ' + args.name);
  return {name: args.name, met: here};
}
"""
SLOW = {
    "nodejs:14": "let n = 0; function main(a) { n += 1; const met = n;"
    " return new Promise((ok) => setTimeout(() => { n -= 1; ok({met}) }, 300)) }",
    "python:3": "import time\nn = 0\ndef main(args):\n    global n\n    n += 1\n    met = n\n"
    "    time.sleep(0.3)\n    n -= 1\n    return {'met': met}",
}


async def _at_once(guest: Client, count: int, **value: Any) -> list[dict[str, Any]]:
    answers = await asyncio.gather(
        *(guest.call("f", name=f"n{number}", **value) for number in range(count))
    )
    return [answer.json() for answer in answers]


@TOGETHER
async def test_calls_meet_in_one_container(guest: Client, service: Service) -> None:
    await guest.action("f", MEET, limits={"concurrency": 3})
    records = await _at_once(guest, 3, wanted=3)
    assert [record["response"]["result"]["met"] for record in records] == [3, 3, 3]
    assert service.invoker.containers == 1
    cold = [r for r in records if any(a["key"] == "initTime" for a in r["annotations"])]
    assert len(cold) == 1


@TOGETHER
async def test_calls_that_come_while_the_pod_starts_wait_for_it(
    guest: Client, service: Service, pods: FakePods
) -> None:
    await guest.action("f", MEET, limits={"concurrency": 3})
    pods.open.clear()
    calls = asyncio.ensure_future(_at_once(guest, 3, wanted=3))
    await asyncio.sleep(0.1)
    pods.open.set()
    assert [record["response"]["success"] for record in await calls] == [True] * 3
    assert service.invoker.containers == 1


@TOGETHER
async def test_no_more_meet_than_the_limit_says(guest: Client, service: Service) -> None:
    await guest.action("f", SLOW["nodejs:14"], limits={"concurrency": 2})
    met = [record["response"]["result"]["met"] for record in await _at_once(guest, 4)]
    assert max(met) == 2 and service.invoker.containers == 2


@TOGETHER
async def test_logs_are_each_calls_own_and_asked_for_by_themselves(guest: Client) -> None:
    await guest.action("f", MEET, limits={"concurrency": 2})
    for record in await _at_once(guest, 2, wanted=2):
        assert record["logs"] == []
        identifier, name = record["activationId"], record["response"]["result"]["name"]
        stored = (await guest.get(f"/activations/{identifier}")).json()
        assert stored["logs"] == [] and "logsApart" not in stored
        lines = (await guest.get(f"/activations/{identifier}/logs")).json()["logs"]
        assert [line.split(" stdout: ")[1] for line in lines] == [f"in {name}", f"out {name}"]
    listed = (await guest.get("/activations?docs=true")).json()
    assert all(row["logs"] == [] and "logsApart" not in row for row in listed)


@TOGETHER
async def test_a_logs_limit_is_each_calls(guest: Client) -> None:
    code = "function main(a) { console.log('x'.repeat(600000)); console.log('y'.repeat(600000)) }"
    await guest.action("f", code, limits={"concurrency": 2, "logs": 1})
    record = (await guest.call("f")).json()
    lines = (await guest.get(f"/activations/{record['activationId']}/logs")).json()["logs"]
    assert len(lines) == 2 and "Logs were truncated" in lines[1]


@TOGETHER
async def test_other_runtimes_take_one_call_at_a_time(guest: Client, service: Service) -> None:
    await guest.action("f", SLOW["python:3"], "python:3", limits={"concurrency": 4})
    records = await _at_once(guest, 3)
    assert [record["response"]["result"]["met"] for record in records] == [1, 1, 1]
    assert service.invoker.containers == 3


@TOGETHER
async def test_a_container_that_ends_takes_all_its_calls_along(
    guest: Client, service: Service
) -> None:
    code = (
        "let n = 0; function main() { n += 1; if (n === 2) process.exit(1);"
        " return new Promise(() => {}) }"
    )
    await guest.action("f", code, limits={"concurrency": 2})
    for record in await _at_once(guest, 2):
        assert record["response"]["status"] == "action developer error"
        assert "exited unexpectedly" in record["response"]["result"]["error"]
    await eventually(lambda: service.invoker.containers == 0)


@TOGETHER
async def test_a_container_that_fails_to_start_fails_one_call_each(guest: Client) -> None:
    await guest.action("f", "nonsense(", limits={"concurrency": 2})
    for record in await _at_once(guest, 3):
        assert record["response"]["status"] == "action developer error"
        assert "Initialization has failed" in record["response"]["result"]["error"]


@pytest.mark.parametrize("limits", [LIMITS])
async def test_without_the_invokers_leave_the_second_call_is_refused(guest: Client) -> None:
    await guest.action("f", SLOW["nodejs:14"], limits={"concurrency": 2})
    await guest.call("f")
    results = [record["response"] for record in await _at_once(guest, 2)]
    assert sorted(r["status"] for r in results) == ["action developer error", "success"]
    [refused] = [r for r in results if not r["success"]]
    assert refused["result"] == {"error": "System not ready, status is running."}


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [({}, 1), (LIMITS, 4), ({"CONFIG_whisk_concurrencyLimit_max": "8"}, 8)],
    ids=["default", "values", "environment"],
)
async def test_the_limit_is_the_charts(guest: Client, service: Service, wanted: int) -> None:
    body = {"exec": {"kind": "nodejs:14", "code": "x"}, "limits": {"concurrency": wanted + 1}}
    answer = await guest.put("/actions/f", json=body)
    text = f"concurrency {wanted + 1} exceeds allowed threshold of {wanted}"
    assert answer.status_code == 400 and text in answer.json()["error"]
    body["limits"] = {"concurrency": wanted}
    answer = await guest.put("/actions/f", json=body)
    assert answer.json()["limits"]["concurrency"] == wanted
