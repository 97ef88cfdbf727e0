"""Watches: which changes they tell of, as what, and when they end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.apiserver import watch
from owlab.pocket.kube.store import Store

from ..controllers.plain_store import obj, store_of
from .api_client import SPACE, client_of, status

MAPS = f"{SPACE}/configmaps"


def watched(obj: Object) -> bool:
    """What the watcher of these tests has selected."""
    return bool((obj["metadata"].get("labels") or {}).get("app") != "hidden")


def opened(store: Store, version: str = "", **more: Any) -> AsyncIterator[bytes]:
    options = {"bookmarks": False, "initial": False, "shape": None, "timeout": 0.3} | more
    kind = store.registry.get("ConfigMap")
    return watch.changes(store, kind, watched, version=version, **options)


async def told(stream: AsyncIterator[bytes], most: int = 1000) -> list[str]:
    """``EVENT name`` of each line; of a bookmark its notes, of an error its reason."""
    found = []
    async for line in stream:
        event = json.loads(line)
        meta = event["object"].get("metadata", {})
        what = meta.get("name") or event["object"].get("reason") or len(meta.get("annotations", {}))
        found.append(f"{event['type']} {what}")
        if len(found) == most:
            break
    return found


@pytest.fixture
def store() -> Store:
    return store_of(obj("ConfigMap", "a"), obj("Secret", "s"), labelled("h", "hidden"))


def labelled(name: str, app: str) -> Object:
    return obj("ConfigMap", name, metadata={"labels": {"app": app}})


def relabel(store: Store, name: str, app: str) -> None:
    made = store.draft("ConfigMap", name, "default")
    made["metadata"]["labels"] = {"app": app}
    store.update(made)


@pytest.mark.parametrize("version", ["", "0"])
async def test_from_the_start_what_is_there_comes_first(store, version):
    assert await told(opened(store, version)) == ["ADDED a"]


async def test_from_a_version_on_what_came_after(store):
    at = str(store.resource_version)
    store.create(obj("ConfigMap", "b"))
    store.create(obj("Secret", "t"))
    store.delete("ConfigMap", "a", "default")
    assert await told(opened(store, at)) == ["ADDED b", "DELETED a"]
    assert await told(opened(store, str(store.resource_version))) == []


async def test_what_enters_and_leaves_the_selection(store):
    at = str(store.resource_version)
    relabel(store, "h", "web")
    relabel(store, "h", "api")
    relabel(store, "h", "hidden")
    relabel(store, "h", "hidden ")
    relabel(store, "h", "hidden")
    store.delete("ConfigMap", "h", "default")
    assert await told(opened(store, at)) == [
        *("ADDED h", "MODIFIED h", "DELETED h"),
        *("ADDED h", "DELETED h"),
    ]


async def test_changes_are_told_while_one_watches(store):
    stream = opened(store, timeout=20)
    assert await told(stream, 1) == ["ADDED a"]
    store.create(obj("Secret", "t"))
    store.create(labelled("g", "hidden"))
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    assert not waiting.done()
    store.create(obj("ConfigMap", "b"))
    assert json.loads(await asyncio.wait_for(waiting, 5))["object"]["metadata"]["name"] == "b"
    store.delete("ConfigMap", "b", "default")
    store.create(obj("ConfigMap", "c"))
    assert await asyncio.wait_for(told(stream, 2), 5) == ["DELETED b", "ADDED c"]
    await stream.aclose()  # type: ignore[attr-defined]


async def test_a_watch_that_is_closed_hears_nothing_more(store):
    before = len(store._subscribers)
    stream = opened(store, timeout=20)
    await told(stream, 1)
    assert len(store._subscribers) == before + 1
    await stream.aclose()  # type: ignore[attr-defined]
    assert len(store._subscribers) == before


async def test_bookmarks(store):
    assert await told(opened(store, initial=True, bookmarks=True)) == [
        *("ADDED a", "BOOKMARK 1", "BOOKMARK 0"),
    ]
    assert await told(opened(store, initial=True)) == ["ADDED a", "BOOKMARK 1"]
    at = str(store.resource_version)
    assert await told(opened(store, at, bookmarks=True)) == ["BOOKMARK 0"]
    # The list comes first also where a version is named.
    assert (await told(opened(store, at, initial=True)))[0] == "ADDED a"
    [line] = [line async for line in opened(store, at, bookmarks=True)]
    assert json.loads(line)["object"] == {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": at},
    }


async def test_bookmarks_come_while_nothing_changes(store, monkeypatch):
    monkeypatch.setattr(watch, "_BOOKMARK_SECONDS", 0.01)
    stream = opened(store, str(store.resource_version), bookmarks=True, timeout=60)
    assert await asyncio.wait_for(told(stream, 3), 10) == ["BOOKMARK 0"] * 3
    await stream.aclose()  # type: ignore[attr-defined]
    quiet = opened(store, str(store.resource_version), timeout=0.2)
    assert await told(quiet) == []


async def test_a_version_that_is_too_old(store):
    assert await told(opened(store, "1")) == ["ERROR Expired"]


async def test_who_does_not_read_has_to_list_again(store, monkeypatch):
    monkeypatch.setattr(watch, "_MOST_BYTES", 2000)
    stream = opened(store, timeout=20)
    await told(stream, 1)
    for number in range(20):
        store.create(obj("ConfigMap", f"n{number}", data={"a": "x" * 200}))
    assert await asyncio.wait_for(told(stream), 5) == ["ERROR Expired"]


async def test_who_reads_may_get_more_than_may_wait(store, monkeypatch):
    monkeypatch.setattr(watch, "_MOST_BYTES", 2000)
    stream = opened(store, timeout=20)
    await told(stream, 1)
    for number in range(20):
        store.create(obj("ConfigMap", f"n{number}", data={"a": "x" * 200}))
        assert await asyncio.wait_for(told(stream, 1), 5) == [f"ADDED n{number}"]
    await stream.aclose()  # type: ignore[attr-defined]


async def test_an_object_may_be_told_in_another_shape(store):
    [line] = [line async for line in opened(store, shape=lambda obj: {"is": obj["kind"]})]
    assert json.loads(line) == {"type": "ADDED", "object": {"is": "ConfigMap"}}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("watch=true", ["ADDED a", "ADDED h", "ADDED x"]),
        ("watch=1", ["ADDED a", "ADDED h", "ADDED x"]),
        ("watch=1&labelSelector=app=hidden", ["ADDED h"]),
        ("watch=1&fieldSelector=metadata.name=a", ["ADDED a"]),
        ("watch=1&fieldSelector=metadata.name=a&allowWatchBookmarks=1", ["ADDED a", "BOOKMARK 0"]),
        ("watch=1&fieldSelector=metadata.name=a&allowWatchBookmarks=false", ["ADDED a"]),
        ("watch=1&fieldSelector=metadata.name=a&sendInitialEvents=true", ["ADDED a", "BOOKMARK 1"]),
        ("watch=1&fieldSelector=metadata.name=a&sendInitialEvents=false", ["ADDED a"]),
    ],
)
async def test_what_a_client_may_ask_for(store, monkeypatch, query, wanted):
    monkeypatch.setattr("owlab.pocket.kube.apiserver.lists._WATCH_SECONDS", 0.1)
    store.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
    store.create(obj("ConfigMap", "x", metadata={"namespace": "other"}))
    async with client_of(store) as api:
        answer = await api.get(f"/api/v1/configmaps?{query}")
        assert [line["type"] + " " + told_of(line) for line in lines(answer)] == wanted
        # In one namespace, what is in no other.
        inside = await api.get(f"{MAPS}?{query}")
        assert "ADDED x" not in [line["type"] + " " + told_of(line) for line in lines(inside)]


def lines(answer: Any) -> list[Object]:
    return [json.loads(line) for line in answer.text.splitlines()]


def told_of(line: Object) -> str:
    meta = line["object"]["metadata"]
    return str(meta.get("name") or len(meta.get("annotations", {})))


async def test_a_table_has_its_heading_once(store, monkeypatch):
    monkeypatch.setattr("owlab.pocket.kube.apiserver.lists._WATCH_SECONDS", 0.1)
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    async with client_of(store) as api:
        rows = [line["object"] for line in lines(await api.get(f"{MAPS}?watch=1", headers=accept))]
    assert [row["kind"] for row in rows] == ["Table", "Table"]
    assert [bool(row.get("columnDefinitions")) for row in rows] == [True, False]
    assert [row["rows"][0]["cells"][0] for row in rows] == ["a", "h"]


@pytest.mark.parametrize("name", ["timeoutSeconds", "resourceVersion"])
@pytest.mark.parametrize("text", ["x", "-1", "1.5", "٣"])
async def test_numbers_that_are_none(store, name, text):
    async with client_of(store) as api:
        answer = await api.get(f"{MAPS}?watch=1&{name}={text}")
    assert status(answer) == (
        *(400, "BadRequest"),
        f'{name}: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax',
    )
