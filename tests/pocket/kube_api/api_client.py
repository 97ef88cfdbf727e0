"""The Kubernetes API on objects at rest: no cluster behind it, so that an answer takes no time."""

from __future__ import annotations

from typing import Any, cast

import httpx

from owlab.pocket.kube.apiserver.app import kube_app
from owlab.pocket.kube.kubelet.protocol import KubeletApi
from owlab.pocket.kube.store import Store

TOKEN = "a-token"
SPACE = "/api/v1/namespaces/default"


def client_of(store: Store, **more: Any) -> httpx.AsyncClient:
    """An administrator's client."""
    kubelet = cast(KubeletApi, None)
    app = kube_app(store, tokens={TOKEN: "system:admin"}, version="v1", kubelet=kubelet, **more)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="https://127.0.0.1",
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )


def names(answer: httpx.Response) -> list[str]:
    """Of the objects of a list."""
    assert answer.status_code == 200, answer.text
    return [obj["metadata"]["name"] for obj in answer.json()["items"]]


def status(answer: httpx.Response) -> tuple[int, str, str]:
    """Of a refusal: its code, its reason and what it says."""
    said = answer.json()
    assert said["kind"] == "Status"
    return answer.status_code, said["reason"], said["message"]
