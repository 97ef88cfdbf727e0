"""How many containers there are, how long they stay, and who must wait or is refused."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from owlab.pocket.openwhisk.service import Service
from tests.waiting import eventually

from .conftest import Client, FakePods

ECHO = "function main(a) { return a }"
PID = "function main() { return {pid: process.pid} }"
REST = (
    "const rest = () => new Promise((done) => setTimeout(done, 100));\n"
    "async function main() { await rest(); return {pid: process.pid} }"
)


async def _many(guest: Client, action: str, count: int) -> list[int]:
    answers = await asyncio.gather(
        *(guest.post(f"/actions/{action}?blocking=true&result=true") for _ in range(count))
    )
    return [answer.json()["pid"] for answer in answers]


async def test_calls_at_once_get_a_container_each(guest: Client) -> None:
    await guest.action("rest", REST)
    assert len(set(await _many(guest, "rest", 3))) == 3


@pytest.mark.parametrize("limits", [{"user_memory": 512}])
async def test_calls_wait_when_memory_is_full(guest: Client, pods: FakePods) -> None:
    await guest.action("rest", REST)
    assert len(set(await _many(guest, "rest", 5))) <= 2
    assert len(pods.running) <= 2


async def test_eight_containers_of_256_mb_and_not_nine(guest: Client, service: Service) -> None:
    for number in range(9):
        await guest.action(f"a{number}", PID)
        assert (await guest.call(f"a{number}")).status_code == 200
    assert service.invoker.containers == 8
    records = (await guest.get("/activations?docs=true&limit=9")).json()
    assert all("initTime" in {a["key"] for a in r["annotations"]} for r in records)


@pytest.mark.parametrize("stem_cells", [True])
async def test_a_stem_cell_is_an_actions_own_from_its_first_call_on(
    guest: Client, service: Service
) -> None:
    await guest.action("first", ECHO, "nodejs:14")
    await guest.action("second", PID, "nodejs:14")
    await guest.call("first")
    await eventually(lambda: service.invoker.containers == 3)  # its own, and two to come
    (pid,) = await _many(guest, "second", 1)
    await eventually(lambda: service.invoker.containers == 4)
    assert await _many(guest, "second", 1) == [pid]
    records = (await guest.get("/activations/?name=second&docs=true")).json()
    cold = ["initTime" in {a["key"] for a in record["annotations"]} for record in records]
    assert cold == [False, True]
    assert service.invoker.containers == 4


@pytest.mark.parametrize("limits", [{"user_memory": 512}])
async def test_the_longest_idle_container_makes_room(guest: Client, pods: FakePods) -> None:
    for name in ("old", "new", "newest"):
        await guest.action(name, ECHO)
    for name in ("old", "new", "newest"):
        await guest.call(name)
    assert [name.rsplit("-", 1)[1] for name in pods.running] == ["new", "newest"]


@pytest.mark.parametrize("idle_seconds", [0.05])
async def test_idle_containers_end(guest: Client, service: Service, pods: FakePods) -> None:
    await guest.action("hello", ECHO)
    assert (await guest.call("hello")).status_code == 200
    await eventually(lambda: not pods.running)
    assert service.invoker.containers == 0
    assert (await guest.call("hello")).status_code == 200


@pytest.mark.parametrize("stem_cells", [True])
async def test_stem_cells_follow_the_first_action(guest: Client, pods: FakePods) -> None:
    assert not pods.running
    await guest.action("hello", ECHO)
    await guest.call("hello")

    def ready() -> int:
        return sum("prewarm-nodejs14" in name for name in pods.running)

    await eventually(lambda: ready() == 2)
    # Taking one makes another.
    await guest.action("other", ECHO)
    await guest.call("other")
    await eventually(lambda: ready() == 3)


@pytest.mark.parametrize("limits", [{"concurrent_invocations": 2}])
async def test_too_many_at_once(guest: Client, service: Service) -> None:
    await guest.action("rest", REST)
    for _ in range(2):
        assert (await guest.post("/actions/rest")).status_code == 202
    refused = await guest.post("/actions/rest")
    text = "Too many concurrent requests in flight (count: 3, allowed: 2)."
    assert (refused.status_code, refused.json()["error"]) == (429, text)
    await service.settled()
    assert (await guest.post("/actions/rest")).status_code == 202


async def test_thirty_at_once_by_default(guest: Client, service: Service, pods: FakePods) -> None:
    await guest.action("rest", REST)
    pods.open.clear()
    statuses = [(await guest.post("/actions/rest")).status_code for _ in range(31)]
    assert statuses == [202] * 30 + [429]
    pods.failure = "Failed to provision resources to run the action."
    pods.open.set()
    await service.settled()
    assert (await guest.get("/activations?count=true")).json() == {"activations": 30}


@pytest.mark.parametrize("limits", [{"invocations_per_minute": 1}])
async def test_too_many_in_a_minute(guest: Client) -> None:
    await guest.action("echo", ECHO)
    assert (await guest.call("echo")).status_code == 200
    refused = await guest.call("echo")
    text = "Too many requests in the last minute (count: 2, allowed: 1)."
    assert (refused.status_code, refused.json()["error"]) == (429, text)


@pytest.mark.parametrize("limits", [{"invocations_per_minute": 1}])
async def test_a_sequence_counts_once(guest: Client) -> None:
    await guest.action("echo", ECHO)
    twice = {"exec": {"kind": "sequence", "components": ["/_/echo", "/_/echo"]}}
    await guest.put("/actions/twice", json=twice)
    assert (await guest.call("twice")).status_code == 200
    assert (await guest.call("twice")).status_code == 429


@pytest.mark.parametrize("limits", [{"fires_per_minute": 1, "invocations_per_minute": 1}])
async def test_fires_count_apart_and_their_actions_do(guest: Client) -> None:
    await guest.action("echo", ECHO)
    await guest.put("/triggers/t", json={})
    await guest.put("/rules/r", json={"trigger": "/_/t", "action": "/_/echo"})
    assert (await guest.post("/triggers/t", json={})).status_code == 202
    assert (await guest.post("/triggers/t", json={})).status_code == 429
    assert (await guest.call("echo")).status_code == 429


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("python:3", "def main(a):\n  return {'size': len(bytearray(2 * 1024 ** 3))}"),
        (
            "nodejs:14",
            "function main() { const a = []; for (;;) a.push(new Array(1e6).fill(7.1)) }",
        ),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
async def test_memory_is_limited(guest: Client, kind: str, code: str) -> None:
    await guest.action("big", code, kind, limits={"memory": 128})
    answer = await guest.call("big")
    assert answer.status_code == 502
    assert answer.json()["response"]["status"] in ("application error", "action developer error")


async def test_nothing_outlives_the_service(guest: Client, service: Service) -> None:
    await guest.action("hello", PID)
    pid = (await guest.post("/actions/hello?blocking=true&result=true")).json()["pid"]
    await service.stop()
    assert subprocess.run(["ps", "-p", str(pid)], capture_output=True).returncode != 0


async def test_calls_end_with_the_service_and_are_no_failures(
    guest: Client, service: Service
) -> None:
    await guest.action("slow", "function main() { return new Promise(() => {}) }")
    told = await guest.post("/actions/slow")
    assert told.status_code == 202
    running = list(service._tasks)
    assert len(running) == 1
    await service.stop()
    await asyncio.wait(running, timeout=20)
    assert [task.cancelled() for task in running] == [True]
    identifier = told.json()["activationId"]
    assert (await guest.get(f"/activations/{identifier}")).status_code == 404


async def test_the_memory_of_idle_containers_is_told(guest: Client, nobody: Client) -> None:
    await guest.action("f", "def main(args): return {}", "python:3")
    await guest.call("f")
    (line,) = [
        line
        for line in (await nobody.get("/metrics")).text.splitlines()
        if line.startswith("owlab_idle_container_memory_bytes{")
    ]
    assert 'kind="python:3"' in line and 2**20 < int(line.split()[-1]) < 2**27
