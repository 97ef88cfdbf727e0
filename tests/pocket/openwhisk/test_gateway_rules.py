"""The API gateway's documents and routes, without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk.gateway import Gateway, GatewayError

WHO = {"spaceguid": "tenant", "accesstoken": "x"}
BACKEND = "https://h/api/v1/web/_/default/w.http"


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(Database(), "host:31001")


def operation(path: str = "/p", method: str = "GET", **more: Any) -> dict[str, Any]:
    action = {
        "name": "w", "namespace": "_", "backendMethod": method, "backendUrl": BACKEND,
        "authkey": "k",
    } | more.pop("action", {})  # fmt: skip
    given = {"gatewayBasePath": "/b", "gatewayPath": path, "gatewayMethod": method}
    return given | {"action": action} | more


def add(gateway: Gateway, apidoc: Any, **more: Any) -> dict[str, Any]:
    return gateway.createApi("guest", WHO | {"apidoc": apidoc} | more)


def shown(gateway: Gateway, **more: Any) -> list[dict[str, Any]]:
    return [row["value"] for row in gateway.getApi("guest", WHO | more)["apis"]]


def test_an_operation_makes_an_api(gateway: Gateway) -> None:
    made = add(gateway, json.dumps(operation(action={"name": "pkg/w"}, apiName="Books")))
    assert {k: v for k, v in made.items() if k != "apidoc"} == {
        "namespace": "guest",
        "gwApiUrl": "https://host:31001/api/tenant/b",
        "gwApiActivated": True,
        "tenantId": "tenant",
    }
    document = made["apidoc"]
    assert (document["swagger"], document["basePath"]) == ("2.0", "/b")
    assert document["info"] == {"title": "Books", "version": "1.0.0"}
    get = document["paths"]["/p"]["get"]
    assert get["operationId"] == "get/p"
    assert get["x-openwhisk"] == {
        "action": "w",
        "namespace": "guest",
        "package": "pkg",
        "url": "https://h/api/v1/web/guest/default/w.json",
    }
    assert shown(gateway) == [made]


def test_operations_of_an_api_add_up(gateway: Gateway) -> None:
    add(gateway, operation("/p", "GET"))
    add(gateway, operation("/p", "POST"), responsetype="text")
    wanted = [{"name": "id", "in": "path"}]
    # An API may be named by its title, too: without a name it is the base path.
    last = add(gateway, operation("/p/{id}", "GET", pathParameters=wanted))
    paths = last["apidoc"]["paths"]
    assert {path: sorted(has) for path, has in paths.items()} == {
        "/p": ["get", "post"],
        "/p/{id}": ["get", "parameters"],
    }
    assert paths["/p/{id}"]["parameters"] == wanted
    assert paths["/p"]["post"]["x-openwhisk"]["url"].endswith("/w.text")
    assert last["apidoc"]["info"]["title"] == "/b"
    assert len(shown(gateway)) == 1


def test_a_secret_is_the_gateways_alone(gateway: Gateway) -> None:
    made = add(gateway, operation(action={"secureKey": "sesame"}))
    assert "sesame" not in json.dumps(made) + json.dumps(shown(gateway))
    route = gateway.route("tenant", "/b/p", "GET")
    assert route is not None and route.secret == "sesame"


@pytest.mark.parametrize("field", ["gatewayBasePath", "gatewayPath", "gatewayMethod", "action"])
def test_what_an_operation_needs(gateway: Gateway, field: str) -> None:
    given = operation()
    del given[field]
    with pytest.raises(GatewayError, match=f"apidoc is missing the {field} field") as refused:
        add(gateway, given)
    assert refused.value.status == 400


@pytest.mark.parametrize("field", ["backendMethod", "backendUrl", "namespace", "name", "authkey"])
def test_what_its_action_needs(gateway: Gateway, field: str) -> None:
    with pytest.raises(GatewayError, match=f"action is missing the {field} field"):
        add(gateway, operation(action={field: ""}))


SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "basePath": "/s",
    "info": {"title": "S"},
    "paths": {
        "/p": {
            "get": {"x-openwhisk": {"namespace": "_", "action": "w", "url": BACKEND}},
            "parameters": [],
        }
    },
}


@pytest.mark.parametrize(
    ("apidoc", "sentence"),
    [
        (None, "apidoc is required."),
        ([], "apidoc is required."),
        ("{", "swagger field cannot be parsed. Ensure it is valid JSON"),
        ("[]", "swagger field cannot be parsed. Ensure it is valid JSON."),
        ({"swagger": "{"}, "swagger field cannot be parsed. Ensure it is valid JSON"),
        ({"swagger": {}}, "apidoc is missing the gatewayBasePath field"),
        ({"swagger": SWAGGER | {"basePath": ""}},
         "swagger is missing the basePath, info or paths field."),
        ({"swagger": SWAGGER | {"paths": {"/p": {"put": {}}}}},
         "API creation failure: operation put of /p names no action (x-openwhisk)"),
        (operation() | {"gatewayBasePath": "Books"},
         "API creation failure: API 'Books' does not exist"),
    ],
)  # fmt: skip
def test_what_makes_no_api(gateway: Gateway, apidoc: Any, sentence: str) -> None:
    with pytest.raises(GatewayError) as refused:
        add(gateway, apidoc)
    assert str(refused.value).startswith(sentence)
    assert shown(gateway) == []


def test_a_document_replaces_an_api(gateway: Gateway) -> None:
    add(gateway, {"swagger": SWAGGER})
    other = SWAGGER | {"paths": {"/q": SWAGGER["paths"]["/p"]}}
    told = add(gateway, {"swagger": json.dumps(other)})["apidoc"]["paths"]
    assert list(told) == ["/q"]
    assert told["/q"]["get"]["x-openwhisk"]["url"] == BACKEND.replace("/_/", "/guest/")
    assert list(shown(gateway)[0]["apidoc"]["paths"]) == ["/q"]


def test_apis_are_found_by_path_and_by_name(gateway: Gateway) -> None:
    add(gateway, {"swagger": SWAGGER})
    add(gateway, operation())
    for wanted, found in (("/s", ["/s"]), ("S", ["/s"]), ("/b", ["/b"]), ("/S", []), ("s", [])):
        assert [api["apidoc"]["basePath"] for api in shown(gateway, basepath=wanted)] == found
    assert len(shown(gateway)) == 2
    assert gateway.getApi("guest", WHO | {"spaceguid": "other"}) == {"apis": []}
    # By its name an operation comes to one that is there.
    add(gateway, operation("/new") | {"gatewayBasePath": "S"})
    assert list(shown(gateway, basepath="/s")[0]["apidoc"]["paths"]) == ["/p", "/new"]


@pytest.mark.parametrize("gone", ["spaceguid", "accesstoken"])
def test_who_asks_is_told(gateway: Gateway, gone: str) -> None:
    given = {name: value for name, value in WHO.items() if name != gone}
    for verb in (gateway.createApi, gateway.getApi, gateway.deleteApi):
        with pytest.raises(GatewayError, match="Authentication is required") as refused:
            verb("guest", given)
        assert refused.value.status == 401


def remove(gateway: Gateway, **given: Any) -> None:
    assert gateway.deleteApi("guest", WHO | {"basepath": "/b"} | given) == {}


def test_parts_are_removed(gateway: Gateway) -> None:
    for path, method in (("/p", "GET"), ("/p", "POST"), ("/q", "GET"), ("/r/{id}", "GET")):
        more = {"pathParameters": [{"name": "id"}]} if "{" in path else {}
        add(gateway, operation(path, method, **more))

    def left() -> dict[str, list[str]]:
        found = shown(gateway)
        paths = found[0]["apidoc"]["paths"] if found else {}
        return {path: sorted(has) for path, has in paths.items()}

    remove(gateway, relpath="/p", operation="GET")
    assert left() == {"/p": ["post"], "/q": ["get"], "/r/{id}": ["get", "parameters"]}
    # A path without operations is none, whatever else is said of it.
    remove(gateway, relpath="/r/{id}", operation="get")
    assert left() == {"/p": ["post"], "/q": ["get"]}
    remove(gateway, relpath="/p")
    assert left() == {"/q": ["get"]}
    remove(gateway, relpath="/q", operation="get")
    assert left() == {}
    with pytest.raises(GatewayError, match="API '/b' does not exist") as refused:
        remove(gateway)
    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("given", "status", "sentence"),
    [
        ({"basepath": ""}, 400, "basepath is required."),
        ({"basepath": "/none"}, 404, "API deletion failure: API '/none' does not exist"),
        ({"relpath": "/none"}, 404,
         "API deletion failure: path '/none' does not exist in the API"),
        ({"relpath": "/p", "operation": "PUT"}, 404,
         "API deletion failure: path '/p' with operation 'put' does not exist in the API"),
    ],
)  # fmt: skip
def test_what_is_not_there_to_be_removed(
    gateway: Gateway, given: dict[str, Any], status: int, sentence: str
) -> None:
    add(gateway, operation())
    with pytest.raises(GatewayError) as refused:
        remove(gateway, **given)
    assert (refused.value.status, str(refused.value)) == (status, sentence)
    assert len(shown(gateway)) == 1


@pytest.mark.parametrize(
    ("path", "template", "told"),
    [
        ("/b/p", "/p", ""),
        ("/b/p/", "/p", ""),
        ("/b/p%20q", "/p q", ""),
        ("/b/x", "/{id}", "/b/x"),
        ("/b/x/y", "/x/{id}", "/b/x/y"),
        ("/b/z/y", "/{one}/{two}", "/b/z/y"),
        ("/b/none/of/these", None, None),
        ("/b", None, None),
        ("/bb/p", None, None),
    ],
)
def test_the_most_exact_path_is_taken(
    gateway: Gateway, path: str, template: str | None, told: str | None
) -> None:
    for number, known in enumerate(("/{one}/{two}", "/p", "/{id}", "/x/{id}", "/p q")):
        add(gateway, operation(known, action={"name": f"pkg/w{number}"}))
    route = gateway.route("tenant", path, "GET")
    if template is None:
        assert route is None
        return
    assert route is not None
    number = ["/{one}/{two}", "/p", "/{id}", "/x/{id}", "/p q"].index(template)
    assert (route.action, route.extension, route.path) == (f"guest/pkg/w{number}", "json", told)
    assert gateway.route("other", path, "GET") is None
    with pytest.raises(GatewayError, match="Method not allowed") as refused:
        gateway.route("tenant", path, "PUT")
    assert refused.value.status == 405


def test_an_api_at_the_root(gateway: Gateway) -> None:
    add(gateway, operation("/p") | {"gatewayBasePath": "/"})
    assert shown(gateway)[0]["gwApiUrl"] == "https://host:31001/api/tenant"
    route = gateway.route("tenant", "/p", "GET")
    assert route is not None and route.action == "guest/default/w"
