"""``pods/NAME/log``: whose lines, which of them, and what is said where there are none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.apiserver.app import kube_app
from owlab.pocket.kube.containers.printed_lines import PrintedLine
from owlab.pocket.kube.store import Store

from ..controllers.plain_store import pod, store_of
from .api_client import SPACE, TOKEN, status


class Kubelet:
    """Has printed what a test says."""

    def __init__(self) -> None:
        self.lines = ["one", "two", "three"]
        self.asked: list[tuple[str, bool]] = []
        self.lost: str | None = None

    def unreached(self, found: Object) -> str | None:
        return self.lost

    def logs(self, found: Object, container: str, *, previous: bool = False) -> list[PrintedLine]:
        self.asked.append((container, previous))
        return [PrintedLine(1_700_000_000.0 + n, text) for n, text in enumerate(self.lines)]


@pytest.fixture
def kubelet() -> Kubelet:
    return Kubelet()


@pytest.fixture
def store() -> Store:
    two = pod(
        "two",
        initContainers=[{"name": "first", "image": "i"}],
        containers=[{"name": "a", "image": "i"}, {"name": "b", "image": "i"}],
    )
    two["status"]["containerStatuses"] = [
        {"name": "a", "restartCount": 1, "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
        {"name": "b", "restartCount": 0, "state": {"waiting": {"reason": "ErrImagePull"}}},
    ]
    two["status"]["initContainerStatuses"] = [
        {"name": "first", "state": {"waiting": {"message": "soon"}}}
    ]
    return store_of(pod("one"), two)


@pytest.fixture
async def api(store: Store, kubelet: Kubelet) -> AsyncIterator[httpx.AsyncClient]:
    asked: Any = kubelet
    app = kube_app(store, tokens={TOKEN: "system:admin"}, version="v1", kubelet=asked)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="https://127.0.0.1",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield client


async def test_the_only_container_need_not_be_named(
    api: httpx.AsyncClient, kubelet: Kubelet
) -> None:
    for query in ("", "?container=main"):
        answer = await api.get(f"{SPACE}/pods/one/log{query}")
        assert (answer.status_code, answer.text) == (200, "one\ntwo\nthree\n")
        assert answer.headers["content-type"].startswith("text/plain")
    assert kubelet.asked == [("main", False)] * 2


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("tailLines=1", "three\n"),
        ("tailLines=0", ""),
        ("tailLines=9", "one\ntwo\nthree\n"),
        ("limitBytes=5", "one\nt"),
        ("limitBytes=5&tailLines=1", "three"),
        ("timestamps=true&tailLines=1", "2023-11-14T22:13:22.000000000Z three\n"),
        ("sinceTime=2023-11-14T22:13:21Z", "two\nthree\n"),
        ("follow=false", "one\ntwo\nthree\n"),
    ],
)
async def test_which_lines(api: httpx.AsyncClient, query: str, text: str) -> None:
    assert (await api.get(f"{SPACE}/pods/one/log?{query}")).text == text


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("none/log", 404, 'pods "none" not found'),
        ("one/log?container=x", 400, "container x is not valid for pod one"),
        ("two/log", 400, "a container name must be specified for pod two, choose one of: "
                         "[first a b]"),
        ("two/log?container=b", 400,
         'container "b" in pod "two" is waiting to start: ErrImagePull'),
        ("two/log?container=first", 400,
         'container "first" in pod "two" is waiting to start: ContainerCreating'),
        ("one/log?previous=true", 400,
         'previous terminated container "main" in pod "one" not found'),
    ],
)  # fmt: skip
async def test_where_there_are_none(
    api: httpx.AsyncClient, kubelet: Kubelet, path: str, code: int, said: str
) -> None:
    answer = await api.get(f"{SPACE}/pods/{path}")
    assert (answer.status_code, status(answer)[2]) == (code, said)
    assert kubelet.asked == []


async def test_a_container_that_was_started_again(api: httpx.AsyncClient, kubelet: Kubelet) -> None:
    """It waits, and has printed before."""
    assert (await api.get(f"{SPACE}/pods/two/log?container=a")).status_code == 200
    assert (await api.get(f"{SPACE}/pods/two/log?container=a&previous=true")).status_code == 200
    assert kubelet.asked == [("a", False), ("a", True)]


async def test_a_node_that_does_not_answer(api: httpx.AsyncClient, kubelet: Kubelet) -> None:
    kubelet.lost = "127.9.0.3"
    answer = await api.get(f"{SPACE}/pods/one/log?tailLines=1")
    assert answer.status_code >= 500
    assert status(answer)[2].startswith(
        'Get "https://127.9.0.3:10250/containerLogs/default/one/main?tailLines=1"'
    )


async def test_following_until_the_pod_ends(
    api: httpx.AsyncClient, store: Store, kubelet: Kubelet, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = iter([["four"], [], ["five", "six"], None])
    really = asyncio.sleep

    async def step(seconds: float) -> None:
        await really(0)
        if seconds != 0.3:
            return
        more = next(steps)
        if more is None:
            store.set_status(store.get("Pod", "one", "default"), {"phase": "Succeeded"})
        else:
            kubelet.lines += more

    monkeypatch.setattr("owlab.pocket.kube.streams.logs.asyncio.sleep", step)
    answer = await api.get(f"{SPACE}/pods/one/log?follow=true&tailLines=1")
    assert answer.text == "three\nfour\nfive\nsix\n"


async def test_following_ends_with_its_limit(
    api: httpx.AsyncClient, kubelet: Kubelet, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = asyncio.sleep

    async def step(seconds: float) -> None:
        await really(0)
        if seconds == 0.3:
            kubelet.lines.append("more")

    monkeypatch.setattr("owlab.pocket.kube.streams.logs.asyncio.sleep", step)
    answer = await api.get(f"{SPACE}/pods/one/log?follow=true&limitBytes=17")
    assert answer.text == "one\ntwo\nthree\nmor"
