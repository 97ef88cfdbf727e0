"""The engine's process: it ends with its command, however that ends."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from owlab.pocket.machines.machine import Machine
from owlab.pocket.programs.crash import StackDump
from owlab.pocket.programs.helm.remote import HelmFailed, _relay_errors, perform


def engines() -> list[psutil.Process]:
    """Engine processes that this test run has started."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "engine.py" in " ".join(_words(child))]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


async def _none_left() -> bool:
    for _ in range(200):
        # What ends an engine goes on for a moment after its command; then it is done as well.
        if not engines() and asyncio.all_tasks() == {asyncio.current_task()}:
            return True
        await asyncio.sleep(0.05)
    return False


@pytest.fixture
def silent_server(machine: Machine) -> socket.socket:
    """An API server that takes connections and never answers; helm is told to use it."""
    listener = socket.create_server(("127.0.0.1", 0))
    machine.address = "127.0.0.1"
    config = {
        "clusters": [
            {
                "name": "c",
                "cluster": {"server": f"http://127.0.0.1:{listener.getsockname()[1]}"},
            }
        ],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "current-context": "c",
    }
    machine.write("/home/ubuntu/.kube/config", yaml.safe_dump(config).encode(), owner="ubuntu")
    return listener


async def test_ctrl_c_leaves_no_engine(machine: Machine, silent_server: socket.socket) -> None:
    async def ignore(_: bytes) -> None:
        return None

    with silent_server:
        running = asyncio.create_task(machine.session().run("helm list", ignore, ignore))
        await asyncio.to_thread(silent_server.accept)
        assert engines()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await _none_left()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("helm install x openwhisk-deploy-kube/helm/openwhisk", "Release x has been cancelled.\n"),
        ("helm list", ""),
    ],
)
async def test_ctrl_c_says_what_was_cancelled(
    machine: Machine, silent_server: socket.socket, typed: str, said: str
) -> None:
    out = bytearray()

    async def keep(data: bytes) -> None:
        out.extend(data)

    with silent_server:
        running = asyncio.create_task(machine.session().run(typed, keep, keep))
        await asyncio.to_thread(silent_server.accept)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert out.decode() == said


async def test_an_engine_that_dies_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        async def kill_it() -> None:
            await asyncio.to_thread(listener.accept)
            for process in engines():
                process.kill()

        async def ignore(_: dict[str, object]) -> None:
            return None

        request = {
            "action": "list",
            "namespace": "default",
            "options": {},
            "cluster": {"kube_apiserver": f"http://127.0.0.1:{listener.getsockname()[1]}"},
        }
        killer = asyncio.create_task(kill_it())
        with pytest.raises(HelmFailed, match="ended early"):
            await perform(request, tmp_path, ignore)
        await killer
    assert await _none_left()


async def test_the_engine_sees_nothing_of_the_users_own_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.write_text("this is no kubeconfig")
    monkeypatch.setenv("KUBECONFIG", str(own))
    monkeypatch.setenv("HELM_NAMESPACE", "mine")

    async def ignore(_: dict[str, object]) -> None:
        return None

    request: dict[str, Any] = {"action": "list", "namespace": None, "options": {}, "cluster": None}
    with pytest.raises(HelmFailed) as raised:
        await perform(request, tmp_path, ignore)
    assert str(own) not in str(raised.value)


CANCELLED = (
    'I1126 21:08:01.927663   22785 reflector.go:664] "Warning: watch ended with error" '
    'type="/v1, Kind=ConfigMap" err="an error on the server (unable to decode an event from the '
    'watch stream: context canceled) has prevented the request from succeeding"'
)
REFUSED = CANCELLED.replace("context canceled", "connection refused")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (CANCELLED, []),
        (REFUSED, [{"stderr": REFUSED}]),
        ("context canceled", [{"stderr": "context canceled"}]),
        ("2026/11/26 21:08:01 WARN it is old", [{"log": ["WARN", "it is old"]}]),
    ],
)
async def test_that_the_engine_ends_its_own_watch_is_no_news(
    line: str, told: list[dict[str, object]]
) -> None:
    heard: list[dict[str, object]] = []

    async def listen(message: dict[str, object]) -> None:
        heard.append(message)

    errors = asyncio.StreamReader()
    errors.feed_data(f"{line}\n".encode())
    errors.feed_eof()
    await _relay_errors(errors, listen, StackDump(python=True))
    assert heard == told
