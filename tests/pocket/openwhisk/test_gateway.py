"""APIs: made, listed, served and removed."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from owlab.pocket.openwhisk.deployment.components_ready import NAMES, Components
from owlab.pocket.openwhisk.service import Service

from .conftest import GUEST, Client

MANAGE = "https://ow/api/v1/web/whisk.system/apimgmt"
TENANT = GUEST.split(":")[0]
QUERY = f"accesstoken=x&spaceguid={TENANT}"
CODE = "function main(a) { return {body: {path: a.__ow_path, name: a.name, m: a.__ow_method}} }"


def operation(base: str, path: str, method: str, style: str = "http") -> dict[str, Any]:
    return {
        "apidoc": {
            "namespace": "_",
            "gatewayBasePath": base,
            "gatewayPath": path,
            "gatewayMethod": method,
            "action": {
                "name": "w",
                "namespace": "_",
                "backendMethod": method,
                "backendUrl": f"https://h/api/v1/web/_/default/w.{style}",
                "authkey": GUEST,
            },
        }
    }


@pytest.fixture
async def club(service: Service, guest: Client) -> Client:
    service.install_catalog()
    annotations = [{"key": "web-export", "value": True}]
    await guest.action("w", CODE, annotations=annotations)
    for path, method in (("/books", "GET"), ("/books/{isbn}", "DELETE")):
        body = operation("/club", path, method)
        made = await guest.post(f"{MANAGE}/createApi.http?{QUERY}&responsetype=http", json=body)
        assert made.status_code == 200, made.text
        assert made.json()["gwApiUrl"] == f"https://127.0.0.1:31001/api/{TENANT}/club"
    return guest


def url(path: str) -> str:
    return f"https://ow/api/{TENANT}{path}"


async def test_an_api_is_served_without_a_key(club: Client, nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get(url("/club/books?name=Ada"))
    assert answer.json() == {"path": "", "name": "Ada", "m": "get"}
    answer = await nobody.delete(url("/club/books/978-0"))
    assert answer.json()["path"] == "/club/books/978-0"
    assert (await nobody.get(url("/club/books/978-0"))).status_code == 405
    assert (await nobody.get(url("/club/none"))).status_code == 404
    assert (await nobody.get("https://ow/api/nobody/club/books")).status_code == 404


async def test_apis_are_listed_and_removed(club: Client, nobody: httpx.AsyncClient) -> None:
    found = (await club.get(f"{MANAGE}/getApi.http?{QUERY}")).json()["apis"]
    assert [sorted(api["value"]["apidoc"]["paths"]) for api in found] == [
        ["/books", "/books/{isbn}"]
    ]
    document = found[0]["value"]["apidoc"]
    told = document["paths"]["/books"]["get"]["x-openwhisk"]
    assert (told["namespace"], told["package"], told["action"]) == ("guest", "default", "w")
    gone = f"{MANAGE}/deleteApi.http?{QUERY}&basepath=/club"
    assert (await club.delete(f"{gone}&relpath=/books&operation=GET")).status_code == 200
    assert (await nobody.get(url("/club/books"))).status_code == 404
    assert (await club.delete(gone)).status_code == 200
    assert (await club.get(f"{MANAGE}/getApi.http?{QUERY}")).json() == {"apis": []}
    assert (await club.delete(gone)).status_code == 404
    # What was exported can be imported.
    body = {"apidoc": {"namespace": "_", "swagger": json.dumps(document)}}
    assert (await club.post(f"{MANAGE}/createApi.http?{QUERY}", json=body)).status_code == 200
    assert (await nobody.get(url("/club/books"))).status_code == 200


async def test_a_secured_action_is_called_by_the_gateway_alone(
    club: Client, nobody: httpx.AsyncClient
) -> None:
    pairs = [
        {"key": "web-export", "value": True},
        {"key": "require-whisk-auth", "value": "sesame"},
    ]
    await club.action("w", CODE, annotations=pairs)
    assert (await nobody.get("https://ow/api/v1/web/guest/default/w")).status_code == 401
    assert (await nobody.get(url("/club/books"))).status_code == 401
    body = operation("/club", "/books", "GET")
    body["apidoc"]["action"]["secureKey"] = "sesame"
    await club.post(f"{MANAGE}/createApi.http?{QUERY}&responsetype=http", json=body)
    assert (await nobody.get(url("/club/books"))).status_code == 200


async def test_the_gateway_is_a_part(
    club: Client, nobody: httpx.AsyncClient, service: Service
) -> None:
    service.health.update(Components(frozenset(NAMES) - {"apigateway"}, (("i", True),)))
    assert (await nobody.get(url("/club/books"))).status_code == 502
    service.health.update(Components(frozenset(NAMES) - {"redis"}, (("i", True),)))
    assert (await nobody.get(url("/club/books"))).status_code == 500


@pytest.mark.parametrize("part", ["apigateway", "redis"])
async def test_its_management_needs_the_gateway(service: Service, club: Client, part: str) -> None:
    service.health.update(Components(frozenset(NAMES) - {part}, (("owdev-invoker-0", True),)))
    for method, verb in (("GET", "getApi"), ("DELETE", "deleteApi"), ("POST", "createApi")):
        answer = await club.request(method, f"{MANAGE}/{verb}.http?{QUERY}&basepath=/club")
        assert answer.status_code == 502 and "does not answer" in answer.json()["error"], (
            answer.text
        )
    service.health.update(Components(frozenset(NAMES), (("owdev-invoker-0", True),)))
    found = (await club.get(f"{MANAGE}/getApi.http?{QUERY}")).json()["apis"]
    assert len(found) == 1
