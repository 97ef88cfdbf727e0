"""Probes, hooks, sidecars, deadlines, restarts: what a kubelet does with containers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.object_state import is_ready
from tests.pocket.controllers.conftest import Bench


def pod(*containers: Object, **spec: object) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "one", "namespace": "default", "labels": {"app": "one"}},
        "spec": {"containers": list(containers), **spec},
    }


def shell(script: str, name: str = "main", **more: object) -> Object:
    return {"name": name, "image": "busybox", "command": ["sh", "-c", script], **more}


def one(bench: Bench) -> Object:
    return bench.store.get("Pod", "one", "default")


def status(bench: Bench, name: str = "main") -> Object:
    pod = one(bench)["status"]
    found = [*(pod.get("initContainerStatuses") or []), *(pod.get("containerStatuses") or [])]
    return next(s for s in found if s["name"] == name)


async def until(bench: Bench, true: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so."""
    limit = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < limit, one(bench)["status"]
        await asyncio.sleep(0.05)


async def test_a_readiness_command_decides(bench: Bench) -> None:
    probe = {"exec": {"command": ["cat", "/tmp/ready"]}, "periodSeconds": 1}
    script = "sleep 0.3; touch /tmp/ready; sleep 3600"
    await bench.make(pod(shell(script, readinessProbe=probe)))
    assert not is_ready(one(bench))
    await until(bench, lambda: is_ready(one(bench)))
    assert any("Readiness probe failed: " in m for m in bench.messages("Unhealthy"))


async def test_a_liveness_command_that_fails_restarts_its_container(bench: Bench) -> None:
    probe = {
        "exec": {"command": ["sh", "-c", "echo bad; exit 1"]},
        "timeoutSeconds": 60,
        "periodSeconds": 1,
        "failureThreshold": 1,
    }
    await bench.make(pod(shell("sleep 3600", livenessProbe=probe)))
    await until(bench, lambda: status(bench)["restartCount"] >= 1)
    assert "Liveness probe failed: bad" in bench.messages("Unhealthy")
    assert "Container main failed liveness probe, will be restarted" in bench.messages("Killing")
    assert status(bench)["lastState"]["terminated"]["exitCode"] == 137


async def test_a_port_on_which_nothing_listens(bench: Bench) -> None:
    image = {"name": "main", "image": "nginx"}
    for port, ready in ((80, True), (8080, False)):
        probe = {"httpGet": {"path": "/", "port": port}, "periodSeconds": 1}
        await bench.make(pod({**image, "readinessProbe": probe}))
        assert is_ready(one(bench)) is ready, port
        bench.store.delete("Pod", "one", "default", grace=0)
    (said,) = bench.messages("Unhealthy")
    assert said.startswith('Readiness probe failed: Get "http://10.42.')
    assert said.endswith(":8080: connect: connection refused")


async def test_a_startup_probe_comes_before_the_others(bench: Bench) -> None:
    never = {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 30}
    dead = {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 1}
    await bench.make(pod(shell("sleep 3600", startupProbe=never, livenessProbe=dead)))
    await asyncio.sleep(1.2)
    assert (status(bench)["started"], status(bench)["restartCount"]) == (False, 0)


async def test_hooks_run_after_the_start_and_before_the_end(bench: Bench) -> None:
    hooks = {
        "postStart": {"exec": {"command": ["sh", "-c", "echo hello > /tmp/started"]}},
        "preStop": {"exec": {"command": ["sh", "-c", "exit 0"]}},
    }
    probe = {"exec": {"command": ["cat", "/tmp/started"]}, "periodSeconds": 1}
    await bench.make(pod(shell("sleep 3600", lifecycle=hooks, readinessProbe=probe)))
    await until(bench, lambda: is_ready(one(bench)))
    bench.store.delete("Pod", "one", "default")
    await until(bench, lambda: bench.store.find("Pod", "one", "default") is None)


async def test_a_hook_that_fails_ends_its_container(bench: Bench) -> None:
    hook = {"postStart": {"exec": {"command": ["sh", "-c", "exit 3"]}}}
    await bench.make(pod(shell("sleep 3600", lifecycle=hook)))
    await until(bench, lambda: bench.messages("FailedPostStartHook"))
    await until(bench, lambda: status(bench)["restartCount"] >= 1)


async def test_a_sidecar_goes_on_and_does_not_keep_a_pod_from_ending(bench: Bench) -> None:
    sidecar = shell("sleep 3600", "proxy", restartPolicy="Always")
    made = pod(shell("sleep 0.2"), initContainers=[sidecar], restartPolicy="Never")
    await bench.make(made)
    assert "running" in status(bench, "proxy")["state"]
    await until(bench, lambda: one(bench)["status"]["phase"] == "Succeeded")


async def test_init_containers_one_after_the_other(bench: Bench) -> None:
    inits = [shell("exit 0", "first"), shell("exit 1", "second"), shell("exit 0", "third")]
    await bench.make(pod(shell("sleep 3600"), initContainers=inits))
    await until(bench, lambda: status(bench, "second")["restartCount"] >= 1)
    assert status(bench, "first")["state"]["terminated"]["exitCode"] == 0
    assert "waiting" in status(bench, "third")["state"]
    assert "waiting" in status(bench)["state"]


async def test_a_container_is_started_again_for_ever_with_growing_pauses(bench: Bench) -> None:
    await bench.make(pod(shell("exit 1")))
    await until(bench, lambda: status(bench)["restartCount"] >= 4)
    waiting = status(bench)["state"].get("waiting") or {}
    assert waiting.get("reason") in (None, "CrashLoopBackOff", "ContainerCreating")
    assert status(bench)["lastState"]["terminated"]["exitCode"] == 1
    assert bench.messages("BackOff")


async def test_a_pod_has_no_more_time_than_its_deadline(bench: Bench) -> None:
    await bench.make(pod(shell("sleep 3600"), activeDeadlineSeconds=1, restartPolicy="Never"))
    await until(bench, lambda: one(bench)["status"]["phase"] == "Failed")
    assert one(bench)["status"]["reason"] == "DeadlineExceeded"


async def test_sleep_takes_as_long_as_it_is_told(bench: Bench) -> None:
    for words in (["sleep", "3600"], ["sleep", "infinity"], ["tail", "-f", "/dev/null"]):
        await bench.make(pod({"name": "main", "image": "busybox", "command": words}))
        await asyncio.sleep(0.3)
        assert "running" in status(bench)["state"], words
        bench.store.delete("Pod", "one", "default", grace=0)
        await bench.settle()
    started = asyncio.get_running_loop().time()
    await bench.make(
        pod(
            {"name": "main", "image": "busybox", "command": ["sleep", "0.5"]}, restartPolicy="Never"
        )
    )
    await until(bench, lambda: one(bench)["status"]["phase"] == "Succeeded")
    assert asyncio.get_running_loop().time() - started >= 0.5


async def test_containers_of_a_node_that_was_down_start_again(bench: Bench) -> None:
    await bench.make(pod(shell("sleep 3600"), nodeName="worker1"))
    bench.fleet.machines["worker1"].running = False
    await bench.settle()
    assert not is_ready(one(bench))
    bench.fleet.machines["worker1"].running = True
    await bench.settle()
    await until(bench, lambda: is_ready(one(bench)))
    assert status(bench)["restartCount"] == 1
    assert status(bench)["lastState"]["terminated"]["reason"] == "Unknown"
