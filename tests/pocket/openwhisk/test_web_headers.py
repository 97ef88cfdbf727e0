"""What every answer of a web action carries, and paths that have one method only."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from owlab.pocket.openwhisk import web
from owlab.pocket.openwhisk.refusals import WhiskError

from .conftest import Client

WEB = "https://ow/api/v1/web/guest/default"
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH",
    "access-control-allow-headers": (
        "Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent"
    ),
}


def cors(answer: httpx.Response) -> dict[str, str]:
    return {k: v for k, v in answer.headers.items() if k.startswith("access-control-")}


async def put(guest: Client, code: str, **annotations: Any) -> None:
    told = {"web-export": True} | annotations
    pairs = [{"key": key.replace("_", "-"), "value": value} for key, value in told.items()]
    await guest.action("w", code, annotations=pairs)


@pytest.mark.parametrize(
    ("path", "status"),
    [("w", 200), ("w.json", 200), ("none", 404), ("w.html", 400), ("", 404)],
)
async def test_any_page_may_call_it(guest: Client, nobody: Client, path: str, status: int) -> None:
    await put(guest, "function main() { return {body: 'x', html: 5} }")
    if path == "w.html":
        await put(guest, "function main() { return {html: 5} }")
    answer = await nobody.get(f"{WEB}/{path}")
    assert (answer.status_code, cors(answer)) == (status, CORS)
    asked = {"Access-Control-Request-Headers": "X-Own"}
    answer = await nobody.get(f"{WEB}/{path}", headers=asked)
    assert cors(answer) == CORS | {"access-control-allow-headers": "X-Own"}


async def test_what_an_action_says_of_it_does_not_count_unless_it_answers_options_itself(
    guest: Client, nobody: Client
) -> None:
    code = (
        "function main() { return {headers: {'Access-Control-Allow-Origin': 'https://a.example',"
        " 'X-Own': '1'}, body: 'x'} }"
    )
    await put(guest, code)
    answer = await nobody.get(f"{WEB}/w")
    assert (cors(answer), answer.headers["x-own"]) == (CORS, "1")
    preflight = await nobody.options(f"{WEB}/w")
    assert (preflight.status_code, preflight.text, cors(preflight)) == (200, "", CORS)
    assert "x-openwhisk-activation-id" not in preflight.headers
    await put(guest, code, web_custom_options=True)
    for method in ("GET", "OPTIONS"):
        answer = await nobody.request(method, f"{WEB}/w")
        assert answer.status_code == 200 and answer.headers["x-own"] == "1"
        assert "access-control-allow-methods" not in answer.headers


async def test_an_answer_tells_its_call(guest: Client, nobody: Client) -> None:
    await put(guest, "function main(a) { return {statusCode: 201, body: a} }")
    answer = await nobody.get(f"{WEB}/w", headers={"X-Request-ID": "mine"})
    assert answer.headers["x-request-id"] == "mine"
    record = await guest.get(f"/activations/{answer.headers['x-openwhisk-activation-id']}")
    assert record.json()["name"] == "w"
    await put(guest, "function main(a) { return {statusCode: 999, body: 'x'} }")
    refused = await nobody.get(f"{WEB}/w")
    assert refused.status_code == 400 and len(refused.headers["x-openwhisk-activation-id"]) == 32


@pytest.mark.parametrize("path", ["/ping", "/api/v1", "/api/v1/namespaces", "/none"])
async def test_a_method_that_nothing_has(nobody: Client, path: str) -> None:
    answer = await nobody.request("TRACE", path)
    assert answer.status_code == 405
    allowed = answer.headers["allow"]
    assert "GET" in allowed.split(", ") and "TRACE" not in allowed
    assert answer.json()["error"] == f"HTTP method not allowed, supported methods: {allowed}"


@pytest.mark.parametrize("path", ["/", "/ping", "/invokers", "/metrics", "/api/v1"])
async def test_what_is_only_read(nobody: Client, path: str) -> None:
    assert (await nobody.get(path)).status_code == 200
    assert (await nobody.post(path)).status_code == 404


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (200, 200), (100, 100), (599, 599), ("404", 404), (201.0, 201),
        (99, None), (600, None), (200.5, None), ("x", None), (True, None), (None, None),
        ([], None), ({}, None), (float("inf"), None),
    ],
)  # fmt: skip
def test_statuses(given: Any, status: int | None) -> None:
    if status is None:
        with pytest.raises(WhiskError, match="is not valid 'message/http'"):
            web.answer({"statusCode": given, "body": "x"}, ".http", failed=False)
        return
    assert web.answer({"statusCode": given, "body": "x"}, ".http", failed=False).status == status
    assert web.answer({"statusCode": given}, ".http", failed=False).status == status


@pytest.mark.parametrize(
    ("result", "extension", "failed", "body", "kind"),
    [
        ({"a": 1}, ".json", False, '{\n  "a": 1\n}', "application/json"),
        ([1, "a"], ".json", False, '[1, "a"]', "application/json"),
        ({"error": {"a": 1}}, ".json", True, '{\n  "a": 1\n}', "application/json"),
        ({"body": "a"}, ".text", False, "a", "text/plain; charset=UTF-8"),
        ({"text": 5}, ".text", False, "5", "text/plain; charset=UTF-8"),
        ({"body": "a", "text": "b"}, ".text", False, "a", "text/plain; charset=UTF-8"),
        ({"error": "bad"}, ".text", True, "bad", "text/plain; charset=UTF-8"),
        ({"html": "<b>"}, ".html", False, "<b>", "text/html; charset=UTF-8"),
        ({"body": "<b>", "html": 5}, ".html", False, "<b>", "text/html; charset=UTF-8"),
        ("<b>", ".html", False, "<b>", "text/html; charset=UTF-8"),
        ({"svg": "<svg/>"}, ".svg", False, "<svg/>", "image/svg+xml"),
    ],
)
def test_a_result_as_its_extension_wants_it(
    result: Any, extension: str, failed: bool, body: str, kind: str
) -> None:
    answer = web.answer(result, extension, failed=failed)
    assert (answer.body.decode(), answer.content_type) == (body, kind)
    assert answer.negotiated is (extension in (".json", ".text"))


@pytest.mark.parametrize(
    ("result", "extension", "sentence"),
    [
        ("a", ".json", "Response is not valid 'application/json'."),
        ({"error": "a"}, ".json", None),
        ({"a": 1}, ".text", "Response does not include requested property."),
        ({"html": 5}, ".html", "Response is not valid 'text/html'."),
        ({"html": "<b>"}, ".svg", "Response is not valid 'image/svg+xml'."),
        ("a", ".http", "Response is not valid 'message/http'."),
        ({"headers": {"a": None}, "body": "x"}, ".http", "Response is not valid 'message/http'."),
        ({"headers": {"a": {}}, "body": "x"}, ".http", "Response is not valid 'message/http'."),
        ({"headers": {"a": "x\ny"}, "body": "x"}, ".http", "Response is not valid 'message/http'."),
        ({"headers": {"ä": "x"}, "body": "x"}, ".http", "Response is not valid 'message/http'."),
    ],
)
def test_a_result_that_is_no_answer(result: Any, extension: str, sentence: str | None) -> None:
    if sentence is None:
        assert web.answer(result, extension, failed=False).status == 200
        return
    with pytest.raises(WhiskError) as refused:
        web.answer(result, extension, failed=False)
    assert refused.value.message == sentence


def test_headers_of_an_answer() -> None:
    given = {
        "X-Own": ["a", ["b", 5]], "X-Flag": True, "Content-Length": 7, "connection": "close",
        "Transfer-Encoding": "chunked", "content-type": "text/plain",
    }  # fmt: skip
    answer = web.answer({"headers": given, "body": "x"}, ".http", failed=False)
    assert answer.headers == [("X-Own", "a"), ("X-Own", "b"), ("X-Own", "5"), ("X-Flag", "true")]
    assert answer.content_type == "text/plain; charset=UTF-8"
    empty = web.answer({"headers": given}, ".http", failed=False)
    assert (empty.status, empty.body, empty.content_type) == (204, b"", None)
    assert ("X-Flag", "true") in empty.headers


@pytest.mark.parametrize(
    ("kind", "body", "wanted"),
    [
        ("application/json", "eyJhIjoxfQ==", b'{"a":1}'),
        ("application/json", "{}", b"{}"),
        ("application/json", "abcde", b"abcde"),
        ("text/plain", "aGk=", b"aGk="),
        ("image/png", "aGk=", b"hi"),
        ("application/octet-stream", "aGk=", b"hi"),
        ("application/xml", "<a/>", b"<a/>"),
        ("application/json", {"a": 1}, b'{\n  "a": 1\n}'),
        ("application/vnd.x+json", {"a": 1}, b'{\n  "a": 1\n}'),
    ],
)
def test_bodies_by_their_type(kind: str, body: Any, wanted: bytes) -> None:
    given = {"headers": {"Content-Type": kind}, "body": body}
    assert web.answer(given, ".http", failed=False).body == wanted


def request(body: bytes = b"", kind: str = "", query: str = "", user: str = "") -> web.WebRequest:
    headers = {"host": "x", "connection": "close", "x-b": "2", "X-A": "1"}
    headers |= {"content-type": kind} if kind else {}
    return web.WebRequest("POST", headers, "/p", query, body, user)


def test_what_an_action_learns_of_a_request() -> None:
    told = web.parameters(request(query="a=1&b=&a=2", user="guest"), raw=False, fixed=set())
    assert told == {
        "a": "2",
        "b": "",
        "__ow_method": "post",
        "__ow_path": "/p",
        "__ow_user": "guest",
        "__ow_headers": {"host": "controllers", "x-a": "1", "x-b": "2"},
    }
    assert list(told["__ow_headers"]) == ["host", "x-a", "x-b"]
    assert "__ow_user" not in web.parameters(request(), raw=False, fixed=set())
    raw = web.parameters(request(b"x", "text/plain", "a=1"), raw=True, fixed={"a"})
    assert (raw["__ow_query"], raw["__ow_body"]) == ("a=1", "x") and "a" not in raw
    assert web.parameters(request(), raw=True, fixed=set())["__ow_body"] == ""


@pytest.mark.parametrize(
    ("query", "body", "fixed", "allowed"),
    [
        ("a=1", {}, set(), True),
        ("a=1", {}, {"a"}, False),
        ("", {"a": 1}, {"a"}, False),
        ("", {"b": 1}, {"a"}, True),
        ("__ow_user=x", {}, set(), False),
        ("", {"__ow_body": 1}, set(), False),
        ("__ow=x", {}, set(), True),
    ],
)
def test_what_a_request_may_not_set(
    query: str, body: dict[str, Any], fixed: set[str], allowed: bool
) -> None:
    given = request(json.dumps(body).encode(), "application/json", query)
    if allowed:
        assert body.items() <= web.parameters(given, raw=False, fixed=fixed).items()
        return
    with pytest.raises(WhiskError) as refused:
        web.parameters(given, raw=False, fixed=fixed)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("hello", ("hello", ".http")),
        ("hello.json", ("hello", ".json")),
        ("hello.http", ("hello", ".http")),
        ("hello.text", ("hello", ".text")),
        ("a.b.html", ("a.b", ".html")),
        ("hello.xml", ("hello.xml", ".http")),
        (".json", (".json", ".http")),
    ],
)
def test_extensions(name: str, parts: tuple[str, str]) -> None:
    assert web.split_extension(name) == parts
