"""Web actions: media types, options, bodies, and how JSON is printed."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from .conftest import GUEST, Client

WEB = "https://ow/api/v1/web/guest/default"
ECHO = "function main(args) { return {body: args} }"


async def put(guest: Client, code: str, **annotations: Any) -> None:
    told = {"web-export": True, "final": True} | annotations
    pairs = [{"key": key.replace("_", "-"), "value": value} for key, value in told.items()]
    await guest.action("w", code, annotations=pairs)


async def returned(guest: Client, nobody: httpx.AsyncClient, value: str) -> httpx.Response:
    await put(guest, f"function main() {{ return {value} }}")
    return await nobody.get(f"{WEB}/w")


@pytest.mark.parametrize(
    ("media", "body", "expected"),
    [
        ("application/vnd.x+json", b'{"a": 1}', {"a": 1}),
        ("application/json; charset=utf-8", b'{"a": 1}', {"a": 1}),
        ("application/json", b"null", {"__ow_body": None}),
        ("application/json", b"[1]", {"__ow_body": [1]}),
        ("text/plain", b"hi", {"__ow_body": "hi"}),
        ("application/xml", b"<a/>", {"__ow_body": "<a/>"}),
        ("application/x-own", b"hi", {"__ow_body": base64.b64encode(b"hi").decode()}),
        ("application/x-own; charset=utf-8", b"hi", {"__ow_body": "hi"}),
        ("image/svg+xml", b"<svg/>", {"__ow_body": base64.b64encode(b"<svg/>").decode()}),
        ("application/x-www-form-urlencoded", b"a=1&b=", {"a": "1", "b": ""}),
    ],
)
async def test_bodies(
    guest: Client, nobody: httpx.AsyncClient, media: str, body: bytes, expected: dict[str, Any]
) -> None:
    await put(guest, ECHO)
    answer = await nobody.post(f"{WEB}/w", content=body, headers={"Content-Type": media})
    told = {k: v for k, v in answer.json().items() if not k.startswith("__ow") or k == "__ow_body"}
    assert told == expected


@pytest.mark.parametrize(
    ("value", "status", "media", "text"),
    [
        ("{body: 'a'}", 200, "text/html; charset=UTF-8", "a"),
        ("{body: null, headers: {'content-type': 'text/x'}}", 204, None, ""),
        ("{headers: {'content-type': 'application/json'}, body: '{}'}", 200, "application/json",
         "{}"),
        ("{headers: {'content-type': 'application/vnd.x+json'}, body: {a: 1}}", 200,
         "application/vnd.x+json; charset=UTF-8", '{\n  "a": 1\n}'),
        ("{headers: {'content-type': 'application/x-own; charset=utf-8'}, body: 'a'}", 200,
         "application/x-own; charset=UTF-8", "a"),
        ("{headers: {'content-type': 'image/png'}, body: 'aGk='}", 200, "image/png", "hi"),
        ("{body: {b: [1, {c: 1.5}], a: {}}}", 200, "application/json",
         '{\n  "a": {\n\n  },\n  "b": [1, {\n    "c": 1.5\n  }]\n}'),
    ],
)  # fmt: skip
async def test_answers(
    guest: Client, nobody: httpx.AsyncClient, value: str, status: int, media: str, text: str
) -> None:
    answer = await returned(guest, nobody, value)
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers.get("content-type") == media


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("{headers: {'content-type': 'image/png'}, body: 'no base64!'}",
         "Response type in header did not match generated content type."),
        ("{headers: {'content-type': 'text/html'}, body: {a: 1}}",
         "Response type in header did not match generated content type."),
        ("{headers: {'content-type': 'nonsense'}, body: 'a'}",
         "Response did not specify a known content-type."),
        ("{statusCode: 'x', body: 'a'}", "Response is not valid 'message/http'."),
        ("{headers: null, body: 'a'}", "Response is not valid 'message/http'."),
    ],
)  # fmt: skip
async def test_answers_that_are_none(
    guest: Client, nobody: httpx.AsyncClient, value: str, sentence: str
) -> None:
    answer = await returned(guest, nobody, value)
    assert (answer.status_code, answer.json()["error"]) == (400, sentence)


async def test_what_the_client_accepts(guest: Client, nobody: httpx.AsyncClient) -> None:
    await put(guest, "function main() { return {body: {a: 1}} }")
    answer = await nobody.get(f"{WEB}/w", headers={"Accept": "text/html"})
    assert answer.status_code == 406
    for accept in ("*/*", "application/*", "application/json;q=0.1", "text/html, application/json"):
        answer = await nobody.get(f"{WEB}/w", headers={"Accept": accept})
        assert answer.status_code == 200


async def test_own_options_need_no_key_and_the_rest_does(
    guest: Client, nobody: httpx.AsyncClient
) -> None:
    code = "function main(a) { return {headers: {'X-Method': a.__ow_method}, body: 'x'} }"
    await put(guest, code, web_custom_options=True, require_whisk_auth=True)
    answer = await nobody.options(f"{WEB}/w")
    assert (answer.status_code, answer.headers["x-method"]) == (200, "options")
    assert "access-control-allow-origin" not in answer.headers
    refused = await nobody.get(f"{WEB}/w")
    assert refused.status_code == 401
    assert refused.json()["error"] == (
        "The resource requires authentication, which was not supplied with the request"
    )
    key = httpx.BasicAuth(*GUEST.split(":", 1))
    assert (await nobody.get(f"{WEB}/w", auth=key)).status_code == 200
