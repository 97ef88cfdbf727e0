"""What `helm status --show-resources` and `helm test --logs` ask the cluster, and show."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import yaml

from owlab.pocket.programs.helm import resources
from owlab.pocket.programs.helm.resources import Tables, connect, pod_logs

CONFIG = {
    "current-context": "here",
    "contexts": [
        {"name": "other", "context": {"cluster": "far", "user": "nobody"}},
        {"name": "here", "context": {"cluster": "near", "user": "ann"}},
    ],
    "clusters": [
        {"name": "near", "cluster": {"server": "https://near:6443"}},
        {
            "name": "far",
            "cluster": {"server": "https://far:6443", "insecure-skip-tls-verify": True},
        },
    ],
    "users": [{"name": "ann", "user": {"token": "secret"}}],
}


@pytest.mark.parametrize(
    ("asked", "url", "authorization"),
    [
        ({}, "https://near:6443", "Bearer secret"),
        ({"kube_context": "other"}, "https://far:6443", None),
        ({"kube_context": "none"}, "", None),
        ({"kube_token": "mine"}, "https://near:6443", "Bearer mine"),
        ({"kube_apiserver": "https://else:1"}, "https://else:1", "Bearer secret"),
    ],
)
async def test_the_server_and_the_user_are_those_of_the_context(asked, url, authorization):
    async with connect({"kubeconfig_content": yaml.safe_dump(CONFIG), **asked}) as client:
        assert str(client.base_url) == url
        assert client.headers.get("Authorization") == authorization


KINDS = {
    "/api/v1": [
        {"name": "pods", "kind": "Pod", "namespaced": True},
        {"name": "pods/eviction", "kind": "Eviction", "namespaced": True},
        {"name": "nodes", "kind": "Node", "namespaced": False},
    ],
    "/apis/apps/v1": [{"name": "deployments", "kind": "Deployment", "namespaced": True}],
}
TABLE = {
    "columnDefinitions": [
        {"name": "Name", "priority": 0},
        {"name": "IP", "priority": 1},
        {"name": "Ready"},
    ],
    "rows": [
        {"cells": ["one", "10.0.0.1", "1/1"], "object": {"metadata": {"name": "one"}}},
        {"cells": ["two", "10.0.0.2", None], "object": {"metadata": {"name": "two"}}},
        {"cells": ["three", "10.0.0.3", ""], "object": {"metadata": {"name": "three"}}},
    ],
}
LISTS = {
    "/api/v1/namespaces/space/pods": TABLE,
    "/api/v1/nodes": {**TABLE, "rows": []},
    "/apis/apps/v1/namespaces/space/deployments": TABLE,
}


class Asked(list[str]):
    """Paths and queries that came in."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.append(request.url.raw_path.decode())
        path = request.url.path
        if path in KINDS:
            return httpx.Response(200, json={"resources": KINDS[path]})
        if path in LISTS and "as=Table" in request.headers["Accept"]:
            return httpx.Response(200, json=LISTS[path])
        if path.endswith("/pods/one/log"):
            return httpx.Response(200, text="it ran")
        return httpx.Response(404, json={"message": "nothing"})

    def client(self) -> httpx.AsyncClient:
        transport = httpx.MockTransport(self.answer)
        return httpx.AsyncClient(base_url="http://cluster", transport=transport)


@pytest.fixture
def asked() -> Asked:
    return Asked()


HEADER = ["NAME", "READY"]
ONE, TWO, THREE = ["one", "1/1"], ["two", "<none>"], ["three", "<none>"]


@pytest.mark.parametrize(
    ("version", "kind", "chosen", "rows"),
    [
        ("v1", "Pod", {}, [HEADER, ONE, TWO, THREE]),
        ("v1", "Pod", {"names": {"two", "nine"}}, [HEADER, TWO]),
        ("v1", "Pod", {"names": {"nine"}}, []),
        ("v1", "Node", {}, []),
        ("v1", "Eviction", {}, []),
        ("apps/v1", "Deployment", {"names": {"one", "three"}}, [HEADER, ONE, THREE]),
        ("batch/v1", "Job", {}, []),
    ],
)
async def test_a_table_has_the_columns_that_kubectl_shows(asked, version, kind, chosen, rows):
    async with asked.client() as client:
        assert await Tables(client, "space").rows(version, kind, **chosen) == rows


async def test_what_the_server_calls_a_kind_is_asked_once(asked):
    async with asked.client() as client:
        tables = Tables(client, "space")
        for labels in ("app=a,tier=b", ""):
            await tables.rows("v1", "Pod", labels=labels)
    assert asked == [
        "/api/v1",
        "/api/v1/namespaces/space/pods?labelSelector=app%3Da%2Ctier%3Db",
        "/api/v1/namespaces/space/pods",
    ]


@pytest.fixture
def connected(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> Asked:
    @asynccontextmanager
    async def to_these(_cluster: dict[str, Any]) -> Any:
        async with asked.client() as client:
            yield client

    monkeypatch.setattr(resources, "connect", to_these)
    return asked


MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: one}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: two}
spec: {selector: {matchLabels: {b: x, a: y}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: three}
spec: {selector: {matchLabels: {c: z}}}
---
apiVersion: v1
kind: Pod
metadata: {name: gone}
"""


async def test_resources_are_shown_by_kind_and_then_the_pods_of_workloads(connected):
    pods = "NAME    READY\none     1/1\ntwo     <none>\nthree   <none>\n"
    assert await resources.resources({}, MANIFEST, "space") == (
        "==> apps/v1/Deployment\nNAME    READY\ntwo     <none>\nthree   <none>\n\n"
        "==> v1/Pod\nNAME   READY\none    1/1\n\n"
        "==> v1/Pod(related)\n" + pods + pods.partition("\n")[2] + "\n"
    )
    queries = [path.partition("?")[2] for path in connected if "labelSelector" in path]
    assert queries == ["labelSelector=a%3Dy%2Cb%3Dx", "labelSelector=c%3Dz"]


async def test_logs_are_those_of_the_pods_that_have_some(connected):
    assert await pod_logs({}, "space", ["none", "one"]) == "POD LOGS: one\nit ran\n"
