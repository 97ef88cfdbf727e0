"""What comes over the Kubernetes API is checked before anything looks into it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from owlab.pocket.kube.apiserver.app import kube_app
from owlab.pocket.kube.quantities import quantity

from ...clients.manifests import config_map, definition, deployment, of
from ..controllers.conftest import Bench, bench

__all__ = ["bench"]
TOKEN = "a-token"
MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
async def api(bench: Bench) -> AsyncIterator[httpx.AsyncClient]:
    app = kube_app(
        bench.store, tokens={TOKEN: "system:admin"}, version="v1", kubelet=bench.cluster.kubelet
    )
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="https://127.0.0.1", headers=headers
    ) as client:
        yield client


def status(answer: httpx.Response) -> tuple[int, str, str]:
    said = answer.json()
    assert said["kind"] == "Status"
    return answer.status_code, said["reason"], said["message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"null", "not an object"),
        (b"7", "not an object"),
        (b"[]", "not an object"),
        (b'{"a": NaN}', "invalid character 'N'"),
        (b'{"a": 1e999}', "cannot unmarshal number 1e999"),
        (b"[" * 5000, "exceeded max depth"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "exceeded max depth"),
        (b'{"metadata": []}', "field ConfigMap.metadata of type v1.ObjectMeta"),
        (b'{"metadata": {"name": 7}}', "field ObjectMeta.metadata.name of type string"),
        (b'{"metadata": {"labels": {"a": 1}}}', "field ObjectMeta.metadata.labels of type string"),
        (b'{"kind": ["ConfigMap"]}', "does not match the expected ConfigMap"),
        (b'{"apiVersion": {}}', "does not match the expected API version (v1)"),
        (b"k8s\x00\xff\xff\xff", "protobuf body cannot be read"),
    ],
)
async def test_bodies_of_the_wrong_shape(api: httpx.AsyncClient, body: bytes, said: str) -> None:
    for method, path in (("POST", MAPS), ("PUT", f"{MAPS}/kube-root-ca.crt")):
        answer = await api.request(method, path, content=body)
        assert answer.status_code in (400, 404)
        if method == "POST":
            assert status(answer)[:2] == (400, "BadRequest")
            assert said in status(answer)[2]


@pytest.mark.parametrize(
    "body",
    [
        b"a: &a [*a]",
        b"a: &a {b: *a}",
        b"x: &x [1,1,1,1,1,1,1,1,1]\ny: &y [*x,*x,*x,*x,*x,*x,*x,*x,*x]\n"
        b"z: &z [*y,*y,*y,*y,*y,*y,*y,*y,*y]\nu: &u [*z,*z,*z,*z,*z,*z,*z,*z,*z]\n"
        b"v: &v [*u,*u,*u,*u,*u,*u,*u,*u,*u]\nw: &w [*v,*v,*v,*v,*v,*v,*v,*v,*v]\n"
        b"t: [*w,*w,*w,*w,*w,*w,*w,*w,*w]",
        b"a: .inf",
        b"a: !!binary YQ==",
        b"? [a]\n: b",
        b"[" * 3000,
        b"a: 0x" + b"f" * 6000,
    ],
)
async def test_yaml_beyond_limits(api: httpx.AsyncClient, body: bytes) -> None:
    headers = {"Content-Type": "application/yaml"}
    started = time.process_time()
    answer = await api.post(MAPS, content=body, headers=headers)
    assert status(answer)[:2] == (400, "BadRequest")
    assert time.process_time() - started < 2


async def test_halves_of_characters_become_what_go_makes_of_them(api: httpx.AsyncClient) -> None:
    body = b'{"metadata": {"name": "x"}, "data": {"a": "x\\ud800y"}}'
    assert (await api.post(MAPS, content=body)).status_code == 201
    assert (await api.get(f"{MAPS}/x")).json()["data"] == {"a": "x\ufffdy"}


async def test_numbers_beyond_64_bits(api: httpx.AsyncClient) -> None:
    path = "/apis/apps/v1/namespaces/default/deployments"
    for number in (2**63, 2**31, 10**30):
        body = json.dumps(deployment(replicas=number)).encode()
        code, _, said = status(await api.post(path, content=body))
        assert code == 400
        assert "DeploymentSpec.spec.replicas of type int32" in said
    answer = await api.get(f"{MAPS}?limit={10**30}")
    assert answer.status_code in (200, 400)


async def test_large_bodies(api: httpx.AsyncClient) -> None:
    answer = await api.post(MAPS, content=b"x" * (3 * 2**20 + 1))
    assert status(answer) == (
        413,
        "RequestEntityTooLarge",
        "Request entity too large: limit is 3145728",
    )
    for field, text in (("data", "x"), ("binaryData", "eHh4")):
        values: dict[str, Any] = {field: {"a": text * (2**20 + 4)}}
        big = of("v1", "ConfigMap", **values)
        code, _, said = status(await api.post(MAPS, json=big))
        assert code in (413, 422)
        assert "1048576" in said or "3145728" in said
    fits = of("v1", "ConfigMap", data={"a": "x" * 2**20})
    assert (await api.post(MAPS, json=fits)).status_code == 201


async def patched(api: httpx.AsyncClient, sort: str, patch: Any) -> httpx.Response:
    return await api.patch(
        f"{MAPS}/x",
        content=json.dumps(patch).encode(),
        headers={"Content-Type": f"application/{sort}+json"},
    )


@pytest.mark.parametrize(
    ("sort", "patch"),
    [
        ("merge-patch", 7),
        ("merge-patch", None),
        ("merge-patch", {"metadata": None}),
        ("merge-patch", {"metadata": "x"}),
        ("merge-patch", {"metadata": {"name": "other"}}),
        ("merge-patch", {"apiVersion": {"a": 1}}),
        ("merge-patch", {"kind": "Secret"}),
        ("strategic-merge-patch", True),
        ("strategic-merge-patch", {"$patch": 7}),
        ("strategic-merge-patch", {"$retainKeys": 7}),
        ("strategic-merge-patch", {"metadata": {"$setElementOrder/finalizers": 7}}),
        ("strategic-merge-patch", {"metadata": {"$deleteFromPrimitiveList/finalizers": {}}}),
        ("json-patch", {"op": "add"}),
        ("json-patch", [7]),
        ("json-patch", [{"op": "add", "path": 7, "value": 1}]),
        ("json-patch", [{"op": "copy", "path": "/data/b"}]),
        ("json-patch", [{"op": "replace", "path": "", "value": 7}]),
        ("json-patch", [{"op": "test", "path": "/data/a", "value": {}}]),
    ],
)
async def test_patches_of_the_wrong_shape(api: httpx.AsyncClient, sort: str, patch: Any) -> None:
    await api.post(MAPS, json=config_map("x", a="b"))
    before = (await api.get(f"{MAPS}/x")).json()
    assert (await patched(api, sort, patch)).status_code in (400, 422)
    assert (await api.get(f"{MAPS}/x")).json() == before


async def test_a_patch_that_doubles_its_object_again_and_again(api: httpx.AsyncClient) -> None:
    await api.post(MAPS, json=config_map("x", a="b"))
    double = [{"op": "copy", "from": "", "path": f"/data/{n}"} for n in range(60)]
    code, reason, _ = status(await patched(api, "json-patch", double))
    assert (code, reason) == (422, "Invalid")
    found = (await api.get(f"{MAPS}/x")).json()
    assert found["data"] == {"a": "b"}


async def test_a_pattern_that_python_would_never_finish(api: httpx.AsyncClient) -> None:
    schema = {"spec": {"type": "object", "properties": {"n": {"type": "string"}}}}
    schema["spec"]["properties"]["n"]["pattern"] = "^(a+)+$"  # type: ignore[index]
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    assert (await api.post(path, json=definition("crow", schema))).status_code == 201
    crow = of("example.com/v1", "Crow", spec={"n": "a" * 50_000 + "b"})
    started = time.process_time()
    answer = await api.post("/apis/example.com/v1/namespaces/default/crows", json=crow)
    assert time.process_time() - started < 2
    assert "should match '^(a+)+$'" in status(answer)[2]
    crow["spec"]["n"] = "aaa"
    answer = await api.post("/apis/example.com/v1/namespaces/default/crows", json=crow)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "missing closing ): `(`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("(?=x)", "invalid or unsupported Perl syntax: `(?=`"),
        ("a{2000}", "invalid repeat count: `{2000}`"),
    ],
)
async def test_a_pattern_that_go_cannot_read(
    api: httpx.AsyncClient, pattern: str, said: str
) -> None:
    schema = {"spec": {"type": "array", "items": {"type": "string", "pattern": pattern}}}
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    code, _, message = status(await api.post(path, json=definition("crow", schema)))
    assert code == 422
    assert "properties[spec].items.pattern: Invalid value" in message
    assert f"isn't: error parsing regexp: {said}" in message


def test_no_quantity_takes_long_or_is_larger_than_64_bits() -> None:
    started = time.process_time()
    for text in ("1e999999999", "9" * 100_000, "1" * 70_000 + "!", "9E"):
        assert abs(quantity(text)) < 1 << 63
    assert time.process_time() - started < 1


async def test_what_nobody_thought_of_has_a_name_in_the_log(
    api: httpx.AsyncClient, bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(bench.store, "list", broken)
    with caplog.at_level(logging.ERROR):
        code, reason, said = status(await api.get(MAPS))
    assert (code, reason) == (500, "InternalError")
    assert "of ours" not in said
    assert said.rpartition(" ")[2] in caplog.text
    assert "ZeroDivisionError: of ours" in caplog.text


async def test_methods_and_names_that_are_none(api: httpx.AsyncClient) -> None:
    assert status(await api.request("TRACE", MAPS))[:2] == (405, "MethodNotAllowed")
    for host, code in (
        ("evil.example", 421),
        ("127.0.0.1.evil.example:6443", 421),
        ("10.0.0.1:6443", 200),
        ("[::1]:6443", 200),
        ("master", 200),
        ("kubernetes.default.svc:443", 200),
    ):
        assert (await api.get(MAPS, headers={"Host": host})).status_code == code, host


async def test_an_event_is_about_something(api: httpx.AsyncClient) -> None:
    path = "/api/v1/namespaces/default/events"
    for event in (of("v1", "Event"), of("v1", "Event", involvedObject=None)):
        code, _, said = status(await api.post(path, json=event))
        assert (code, said) == (422, 'Event "some" is invalid: involvedObject: Required value')
    event = of("v1", "Event", involvedObject={"kind": "Pod", "name": "x"})
    assert (await api.post(path, json=event)).status_code == 201
