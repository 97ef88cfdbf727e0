"""What an image has not is not found: at the start, in a command, in a probe, in a shell."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from bashkit import Bash

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition
from owlab.pocket.kube.containers import userland
from owlab.pocket.kube.containers.start import CannotStart
from owlab.pocket.kube.containers.streams import Streams
from tests.pocket.controllers.conftest import Bench


def pod(image: str, *command: str, policy: str = "Always", **more: Any) -> Object:
    container = {"name": "a", "image": image, **more}
    if command:
        container["command"] = list(command)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "default"},
        "spec": {"containers": [container], "restartPolicy": policy},
    }


async def run(bench: Bench, *argv: str) -> tuple[int, str]:
    printed = io.BytesIO()

    async def keep(data: bytes) -> None:
        printed.write(data)

    made = bench.store.get("Pod", "p", "default")
    code = await bench.cluster.kubelet.exec(made, "a", list(argv), Streams(keep, keep))
    return code, printed.getvalue().decode()


def state(bench: Bench) -> Object:
    made = bench.store.get("Pod", "p", "default")
    found: Object = made["status"]["containerStatuses"][0]["state"]
    return found


@pytest.mark.parametrize(
    ("image", "command", "why"),
    [
        ("busybox", ["nosuch"], 'exec: "nosuch": executable file not found in $PATH'),
        ("busybox", ["echo a && echo b"], 'exec: "echo a && echo b": executable file not found'),
        ("busybox", ["exit", "0"], 'exec: "exit": executable file not found in $PATH'),
        ("busybox", ["bash", "-c", "true"], 'exec: "bash": executable file not found in $PATH'),
        ("alpine", ["/bin/bash"], 'exec: "/bin/bash": stat /bin/bash: no such file or directory'),
        ("traefik/whoami", ["sh"], 'exec: "sh": executable file not found in $PATH'),
        ("nginx", ["ps"], 'exec: "ps": executable file not found in $PATH'),
        ("busybox", ["/etc/passwd"], 'exec: "/etc/passwd": permission denied'),
        ("busybox", ["/etc"], 'exec: "/etc": permission denied'),
    ],
)
async def test_what_cannot_be_started_never_runs(
    bench: Bench, image: str, command: list[str], why: str
) -> None:
    await bench.make(pod(image, *command, policy="Never"))
    ended = state(bench)["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("StartError", 128)
    assert f"error during container init: {why}" in ended["message"]
    assert bench.messages("Failed") == [f"Error: {ended['message']}"]
    assert "Started container a" not in bench.messages("Started")
    made = bench.store.get("Pod", "p", "default")
    assert made["status"]["phase"] == "Failed"


@pytest.mark.parametrize(
    ("image", "command"),
    [
        ("busybox", ["true"]),
        ("busybox", ["/bin/true"]),
        ("nginx", ["/usr/bin/env"]),
        ("nginx", ["bash", "-c", "true"]),
        ("nginx:alpine", ["sh", "-c", "wget --help > /dev/null 2>&1 || true"]),
        ("python:3.12-unheard-of-variant", ["nosuch-but-nothing-is-known"]),
        ("ubuntu", ["ps"]),
    ],
)
async def test_what_the_image_has_is_started(bench: Bench, image: str, command: list[str]) -> None:
    await bench.make(pod(image, *command, policy="Never"))
    assert "StartError" not in str(state(bench))


@pytest.mark.parametrize("kind", ["debian", "busybox"])
async def test_a_command_in_a_container_is_found_or_not(bench: Bench, kind: str) -> None:
    await bench.make(pod("nginx" if kind == "debian" else "busybox", "sleep", "infinity"))
    assert await run(bench, "/bin/echo", "hi") == (0, "hi\n")
    assert await run(bench, "sh", "-c", "cat /etc/hostname | /usr/bin/tr p q") == (0, "q\n")
    for word in ("cd", "nosuch", "vim"):
        with pytest.raises(CannotStart, match=f'exec: "{word}": executable file not found'):
            await run(bench, word)
    if kind == "busybox":
        with pytest.raises(CannotStart, match='"bash"'):
            await run(bench, "bash")
        assert (await run(bench, "sh", "-c", "nosuch")) == (127, "sh: nosuch: not found\n")
        assert (await run(bench, "sh", "-c", "curl x")) == (127, "sh: curl: not found\n")
    else:
        assert (await run(bench, "sh", "-c", "nosuch")) == (127, "sh: 1: nosuch: not found\n")
        assert (await run(bench, "sh", "-c", "ps")) == (127, "sh: 1: ps: not found\n")
        code, said = await run(bench, "bash", "-c", "ps; top; nosuch")
        assert code == 127
        assert said.splitlines() == [
            f"bash: line 1: {name}: command not found" for name in ("ps", "top", "nosuch")
        ]


async def test_what_the_lab_lacks_is_said(bench: Bench) -> None:
    await bench.make(pod("nginx", "sleep", "infinity"))
    code, said = await run(bench, "apt-get", "update")
    assert (code, said) == (1, "apt-get: containers of the pocket lab have no such program\n")


async def test_a_program_that_a_volume_brings_can_be_started(bench: Bench) -> None:
    script = {"run.sh": "#!/bin/sh\necho brought\n"}
    meta = {"name": "scripts", "namespace": "default"}
    await bench.make({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": script})
    made = pod("busybox", "/scripts/run.sh", policy="Never")
    mount = {"name": "s", "mountPath": "/scripts"}
    made["spec"]["containers"][0]["volumeMounts"] = [mount]
    made["spec"]["volumes"] = [{"name": "s", "configMap": {"name": "scripts"}}]
    await bench.make(made)
    # Without the right to execute it, the classic error.
    assert state(bench)["terminated"]["reason"] == "StartError"
    assert "permission denied" in state(bench)["terminated"]["message"]
    bench.store.delete("Pod", "p", "default")
    await bench.settle()
    made["spec"]["volumes"][0]["configMap"]["defaultMode"] = 0o755
    await bench.make({**made, "metadata": {"name": "p", "namespace": "default"}})
    assert state(bench)["terminated"]["exitCode"] == 0


async def test_a_probe_that_cannot_be_asked_is_no_failure(bench: Bench) -> None:
    probe = {"exec": {"command": ["nosuch"]}, "periodSeconds": 1, "failureThreshold": 1}
    await bench.make(pod("busybox", "sleep", "infinity", livenessProbe=probe, readinessProbe=probe))
    made = bench.store.get("Pod", "p", "default")
    assert (condition(made, "Ready") or {})["status"] == "False"
    assert made["status"]["containerStatuses"][0]["restartCount"] == 0
    said = bench.messages("Unhealthy")
    assert said and all("probe errored and resulted in unknown state" in one for one in said)


async def test_a_hook_that_cannot_be_run_ends_its_container(bench: Bench) -> None:
    hook = {"postStart": {"exec": {"command": ["nosuch"]}}}
    await bench.make(pod("busybox", "sleep", "infinity", policy="Never", lifecycle=hook))
    assert 'exec: "nosuch"' in bench.messages("FailedPostStartHook")[0]


async def test_the_lists_are_of_what_the_interpreter_runs() -> None:
    """A new version may bring programs, which images then would have that have them not."""
    told = await Bash().execute("compgen -c | sort -u")
    runs = set(told.stdout.split())
    assert runs - userland.SHELL_WORDS - userland.RUNNABLE - userland.UNUSABLE == set()
    assert runs >= userland.RUNNABLE - userland.SHELL_WORDS


def test_the_lists_name_nothing_twice() -> None:
    for name in ("busybox", "debian", "procps", "netshoot"):
        assert not re.search(r"[^\w.+\[-]", "".join(userland.LISTS[name]))
    assert not userland.LISTS["busybox"] & userland.LISTS["common"]
    assert not userland.LISTS["debian"] & userland.LISTS["common"]
    assert not userland.RUNNABLE & userland.UNUSABLE
