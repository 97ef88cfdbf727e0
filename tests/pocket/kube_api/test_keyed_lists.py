"""Server-side apply tells the items of a list apart by all of its keys, as the API server."""

from __future__ import annotations

import copy
from typing import Any

import httpx
import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.apiserver import apply
from tests.clients.manifests import definition
from tests.pocket.controllers.conftest import bench
from tests.pocket.kube_api.test_boundary import api

__all__ = ["api", "bench"]
SERVICES, DEPLOYMENTS = "/api/v1/namespaces/default/services", "/apis/apps/v1/namespaces/default"


def service(*ports: Object) -> Object:
    made: Object = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "dns"}}
    return {**made, "spec": {"ports": list(ports)}}


def port(name: str, number: int, protocol: str = "") -> Object:
    return {"name": name, "port": number, **({"protocol": protocol} if protocol else {})}


def applied(live: Object | None, wanted: Object, schema: dict[str, Any] | None = None) -> Object:
    return apply.apply(copy.deepcopy(live), wanted, "me", False, "now", schema)


def test_a_port_twice_with_two_protocols() -> None:
    live = applied(None, service(port("tcp", 53), port("udp", 53, "UDP")))
    (entry,) = live["metadata"]["managedFields"]
    assert set(entry["fieldsV1"]["f:spec"]["f:ports"]) == {
        'k:{"port":53,"protocol":"TCP"}',
        'k:{"port":53,"protocol":"UDP"}',
    }
    changed = applied(live, service(port("tcp", 53, "TCP"), port("udp", 54, "UDP")))
    assert [(one["name"], one["port"]) for one in changed["spec"]["ports"]] == [
        ("tcp", 53),
        ("udp", 54),
    ]
    less = applied(live, service(port("udp", 53, "UDP")))
    assert less["spec"]["ports"] == [port("udp", 53, "UDP")]


def test_what_the_server_has_added_to_an_item_stays() -> None:
    live = applied(None, service(port("tcp", 53), port("udp", 53, "UDP")))
    for number, one in enumerate(live["spec"]["ports"]):
        one["nodePort"] = 30000 + number
    again = applied(live, service(port("udp", 53, "UDP"), port("tcp", 53)))
    assert [one["nodePort"] for one in again["spec"]["ports"]] == [30000, 30001]


@pytest.mark.parametrize("place", [("subsets", "ports"), ("spec", "ingress", "ports")])
def test_ports_that_have_no_key(place: tuple[str, ...]) -> None:
    assert apply.fields_of(_within(place, [{"port": 80}])) == {tuple(f"f:{one}" for one in place)}


def _within(place: tuple[str, ...], value: object) -> Object:
    for name in reversed(place):
        value = {name: value}
    assert isinstance(value, dict)
    return value


KEYED = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["zone", "id"]}


@pytest.mark.parametrize(
    ("schema", "path", "items", "keys"),
    [
        (KEYED, ("spec", "list"), [{"zone": "a", "id": 1, "x": 2}], 'k:{"id":1,"zone":"a"}'),
        ({}, ("spec", "list"), [{"name": "a"}], None),
        ({}, ("spec", "containers"), [{"name": "a"}], None),
        ({"x-kubernetes-list-type": "atomic"}, ("spec", "env"), [{"name": "a"}], None),
        (KEYED, ("metadata", "ownerReferences"), [{"uid": "u"}], 'k:{"uid":"u"}'),
    ],
)
def test_lists_of_custom_kinds(
    schema: Object, path: tuple[str, str], items: list[Object], keys: str | None
) -> None:
    """They go by what their definition declares, whatever they are called."""
    top, name = path
    properties = {top: {"type": "object", "properties": {name: {"type": "array", **schema}}}}
    fields = apply.fields_of({top: {name: items}}, {"type": "object", "properties": properties})
    found = {path[2] for path in fields if len(path) > 2}
    assert found == ({keys} if keys else set())


async def sent(api: httpx.AsyncClient, path: str, body: Object) -> tuple[int, str]:
    answer = await api.patch(
        f"{path}?fieldManager=me",
        json=body,
        headers={"content-type": "application/apply-patch+yaml"},
    )
    return answer.status_code, str(answer.json().get("message", ""))


async def test_items_that_are_there_twice(api: httpx.AsyncClient) -> None:
    wanted = service(port("a", 53), port("b", 53, "TCP"), port("c", 53, "UDP"))
    code, said = await sent(api, f"{SERVICES}/dns", wanted)
    assert code == 500
    assert said == (
        "failed to create typed patch object (default/dns; /v1, Kind=Service): "
        '.spec.ports: duplicate entries for key [port=53,protocol="TCP"]'
    )
    env = [{"name": "A", "value": "1"}, {"name": "B"}, {"name": "A", "value": "2"}, {"name": "A"}]
    pod = {"containers": [{"name": "main", "image": "nginx", "env": env}]}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"selector": {}, "template": {"spec": pod}},
    }
    _, said = await sent(api, f"{DEPLOYMENTS}/deployments/web", deployment)
    line = '.spec.template.spec.containers[name="main"].env: duplicate entries for key [name="A"]'
    assert said == (
        "failed to create typed patch object (default/web; apps/v1, Kind=Deployment): errors:\n"
        f"  {line}\n  {line}"
    )


async def test_lists_of_a_custom_kind_that_have_no_keys(api: httpx.AsyncClient) -> None:
    items = {
        "type": "array",
        "items": {"type": "object", "properties": {"name": {"type": "string"}}},
    }
    spec = {"type": "object", "properties": {"env": items}}
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    made = definition("crow", {"spec": spec})
    assert (await api.post(path, json=made)).status_code == 201
    crow: Object = {"apiVersion": "example.com/v1", "kind": "Crow", "metadata": {"name": "x"}}
    crow["spec"] = {"env": [{"name": "A"}, {"name": "A"}]}
    code, _ = await sent(api, "/apis/example.com/v1/namespaces/default/crows/x", crow)
    assert code == 201
