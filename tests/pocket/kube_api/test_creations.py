"""POST: what a client may say of a new object, and what only the server says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from owlab.pocket.kube.store import Store

from ..controllers.plain_store import obj, store_of
from .api_client import SPACE, client_of

MAPS = f"{SPACE}/configmaps"
GIVEN = "resourceVersion should not be set on objects to be created"


@pytest.fixture
def store() -> Store:
    return store_of(obj("ConfigMap", "there"))


@pytest.fixture
async def api(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(store) as client:
        yield client


def config(name: str, **meta: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **meta}}


@pytest.mark.parametrize("name", ["new", "there"])
async def test_what_was_exported_is_not_made_again(api, name):
    """An object that was read, deleted and posted again: kubectl takes its version out itself."""
    answer = await api.post(MAPS, json=config(name, resourceVersion="12"))
    told = answer.json()
    assert (answer.status_code, told["message"]) == (500, GIVEN)
    assert not told.get("reason")


@pytest.mark.parametrize("version", ["", "0", "-1", "x"])
async def test_what_is_no_version_is_passed_over(api, version):
    answer = await api.post(MAPS, json=config("new", resourceVersion=version))
    assert answer.status_code == 201
    assert int(answer.json()["metadata"]["resourceVersion"]) > 0


async def test_apply_makes_nothing_with_a_version(api):
    answer = await api.patch(
        f"{MAPS}/new?fieldManager=me",
        json=config("new", resourceVersion="12"),
        headers={"content-type": "application/apply-patch+yaml"},
    )
    assert (answer.status_code, answer.json()["message"]) == (500, GIVEN)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("selfLink", "/api/v1/x"),
        ("deletionTimestamp", "2020-01-01T00:00:00Z"),
        ("deletionGracePeriodSeconds", 30),
    ],
)
async def test_what_only_the_server_says_is_dropped(api, store, field, value):
    answer = await api.post(MAPS, json=config("new", **{field: value}))
    assert answer.status_code == 201
    assert field not in answer.json()["metadata"]
    assert field not in store.get("ConfigMap", "new", "default")["metadata"]


async def test_who_it_is_and_since_when_the_server_says(api):
    given = {"uid": "mine", "creationTimestamp": "2020-01-01T00:00:00Z"}
    meta = (await api.post(MAPS, json=config("new", **given))).json()["metadata"]
    assert meta["uid"] != "mine" and len(meta["uid"]) == 36
    assert meta["creationTimestamp"] > "2026"
