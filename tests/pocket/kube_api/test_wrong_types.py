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


SPEC = "spec.template.spec"
MAINS = f"{SPEC}.containers"
NUMBER = "expected numeric (int or float), got"
ANY = "got &value.valueUnstructured{Value:"
DEEP = {"b": {"c": False}, "a": ["x", 1, None]}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec.replicas", "two", f"{NUMBER} string"),
        ("spec.replicas", True, f"{NUMBER} bool"),
        ("spec.replicas", [1], f"{NUMBER} []interface {{}}"),
        ("spec.replicas", {"a": 1}, f"{NUMBER} map[string]interface {{}}"),
        ("spec.selector", "web", "expected map, got &{web}"),
        ("spec.selector", 7, "expected map, got &{7}"),
        ("spec.selector", [7, "x"], "expected map, got &{[7 x]}"),
        (f"{SPEC}.nodeSelector", "web", "expected map, got &{web}"),
        (f"{SPEC}.nodeSelector", True, "expected map, got &{true}"),
        (f"{SPEC}.nodeSelector", [], "expected map, got &{[]}"),
        (f"{SPEC}.containers", "web", "expected list, got &{web}"),
        (f"{SPEC}.containers", 1.5, "expected list, got &{1.5}"),
        (f"{SPEC}.containers", DEEP, "expected list, got &{map[a:[x 1 <nil>] b:map[c:false]]}"),
        ("spec.paused", "yes", f'expected boolean, {ANY}"yes"}}'),
        ("spec.paused", 'ä"', f'expected boolean, {ANY}"ä\\""}}'),
        ("spec.paused", 7, f"expected boolean, {ANY}7}}"),
        ("spec.paused", 1.5, f"expected boolean, {ANY}1.5}}"),
        ("spec.paused", [], f"expected boolean, {ANY}[]interface {{}}{{}}}}"),
        (f"{SPEC}.nodeName", 7, f"expected string, {ANY}7}}"),
        (f"{SPEC}.nodeName", True, f"expected string, {ANY}true}}"),
        (
            f"{SPEC}.nodeName",
            DEEP,
            f'expected string, {ANY}map[string]interface {{}}{{"a":[]interface {{}}{{"x", 1, '
            'interface {}(nil)}, "b":map[string]interface {}{"c":false}}}',
        ),
    ],
)
async def test_of_an_apply(api, bench: Bench, path, value, said):
    await bench.make(deployment("web"))
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    assert await told(api, APPLY, {**body, **at(path, value)}) == (
        "failed to create typed patch object (default/web; apps/v1, Kind=Deployment): "
        f".{path}: {said}"
    )


MAIN: dict[str, object] = {"name": "main", "image": "nginx"}


@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        ({"spce": 1}, [f"{SPEC}.spce"]),
        ({"a": 1, "containers": [{**MAIN, "b": 1}]}, [f"{SPEC}.a", f'{MAINS}[name="main"].b']),
        (
            {"containers": [{**MAIN, "ports": [{"containerPort": 80, "x": 1}]}]},
            [f'{MAINS}[name="main"].ports[containerPort=80,protocol="TCP"].x'],
        ),
        (
            {"containers": [{**MAIN, "ports": [{"containerPort": 53, "protocol": "UDP", "x": 1}]}]},
            [f'{MAINS}[name="main"].ports[containerPort=53,protocol="UDP"].x'],
        ),
        (
            {"containers": [{**MAIN, "volumeMounts": [{"name": "v", "mountPath": "/v", "x": 1}]}]},
            [f'{MAINS}[name="main"].volumeMounts[mountPath="/v"].x'],
        ),
        (
            {"containers": [{**MAIN, "env": [{"name": "A"}, {"name": "B", "valu": "x"}]}]},
            [f'{MAINS}[name="main"].env[name="B"].valu'],
        ),
        ({"containers": [MAIN], "tolerations": [{}, {"x": 1}]}, [f"{SPEC}.tolerations[1].x"]),
        (
            {
                "containers": [MAIN],
                "topologySpreadConstraints": [
                    {"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "x": 1}
                ],
            },
            [
                f'{SPEC}.topologySpreadConstraints[topologyKey="zone",'
                'whenUnsatisfiable="DoNotSchedule"].x'
            ],
        ),
    ],
)
async def test_fields_that_there_are_not(api, bench: Bench, spec, paths):
    """An apply names each, by the keys of the lists that it is in."""
    await bench.make(deployment("web"))
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    said = [f".{path}: field not declared in schema" for path in paths]
    every = said[0] if len(said) == 1 else "\n  ".join(["errors:", *said])
    assert await told(api, APPLY, {**body, **at(SPEC, spec)}) == (
        f"failed to create typed patch object (default/web; apps/v1, Kind=Deployment): {every}"
    )


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
