"""A field of another type, as each way to change an object tells it."""

from __future__ import annotations

import json

import httpx
import pytest

from ...clients.manifests import deployment
from ..controllers.conftest import Bench, bench
from .test_boundary import api

__all__ = ["api", "bench"]
APPLY, STRATEGIC = "application/apply-patch+yaml", "application/strategic-merge-patch+json"
PLACE = "/apis/apps/v1/namespaces/default/deployments/web"


def at(path: str, value: object) -> dict[str, object]:
    """An object with one field."""
    for word in reversed(path.split(".")):
        value = {word: value}
    assert isinstance(value, dict)
    return value


async def told(api: httpx.AsyncClient, kind: str, body: object) -> str:
    more = {"fieldManager": "me", "force": "true"} if kind == APPLY else {}
    headers = {"Content-Type": kind}
    answer = await api.patch(PLACE, content=json.dumps(body), headers=headers, params=more)
    assert answer.status_code in (400, 422, 500), answer.text
    return str(answer.json()["message"])


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec.replicas", "two", "expected numeric (int or float), got string"),
        ("spec.replicas", True, "expected numeric (int or float), got bool"),
        ("spec.replicas", [1], "expected numeric (int or float), got []interface {}"),
        ("spec.replicas", {"a": 1}, "expected numeric (int or float), got map[string]interface {}"),
        ("spec.selector", "web", "expected map, got &{web}"),
        ("spec.selector", 7, "expected map, got &{7}"),
        ("spec.template.spec.nodeSelector", "web", "expected map, got &{web}"),
        ("spec.template.spec.nodeSelector", True, "expected map, got &{true}"),
        ("spec.template.spec.containers", "web", "expected list, got &{web}"),
        ("spec.template.spec.containers", {"a": "b"}, "expected list, got &{map["),
        ("spec.paused", "yes", "expected bool"),
        (
            "spec.template.spec.nodeName",
            7,
            "expected string, got &value.valueUnstructured{Value:7}",
        ),
    ],
)
async def test_of_an_apply(api, bench: Bench, path, value, said):
    await bench.make(deployment("web"))
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    message = await told(api, APPLY, {**body, **at(path, value)})
    assert f".{path}" in message
    assert said in message


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec.replicas", "two", "unrecognized type: int32"),
        ("spec.paused", 7, "unrecognized type: bool"),
        ("spec.template.spec.nodeName", ["a"], "unrecognized type: string"),
        ("spec.selector", "web", "cannot restore struct from: string"),
        ("spec.selector", 7, "cannot restore struct from: int64"),
        ("spec.selector", False, "cannot restore struct from: bool"),
        ("spec.selector", [1], "cannot restore struct from: slice"),
        ("spec.template.spec.nodeSelector", "web", "cannot restore map from string"),
        ("spec.template.spec.nodeSelector", 1.5, "cannot restore map from float64"),
        ("spec.template.spec.containers", "web", "cannot restore slice from string"),
    ],
)
async def test_of_a_strategic_patch(api, bench: Bench, path, value, said):
    await bench.make(deployment("web"))
    assert said in await told(api, STRATEGIC, at(path, value))
    assert bench.store.get("Deployment", "web", "default")["spec"]["replicas"] == 1
