"""Web actions, as a browser and curl see them."""

from __future__ import annotations

import httpx
import pytest

from .conftest import Client

WEB = "/api/v1/web/guest/default"
ECHO = "function main(a) { return {body: a} }"


def exported(**more: object) -> list[dict[str, object]]:
    given = {"web-export": True} | {k.replace("_", "-"): v for k, v in more.items()}
    return [{"key": key, "value": value} for key, value in given.items()]


async def test_not_exported(guest: Client, nobody: httpx.AsyncClient) -> None:
    await guest.action("private", ECHO)
    answer = await nobody.get(f"{WEB}/private")
    assert (answer.status_code, answer.json()["error"]) == (
        404,
        "The requested resource does not exist.",
    )


@pytest.mark.parametrize(
    ("result", "extension", "status", "text"),
    [
        ("{payload: 'x'}", "", 204, ""),
        ("{payload: 'x'}", ".json", 200, '{\n  "payload": "x"\n}'),
        ("{body: 'hi'}", ".http", 200, "hi"),
        ("{statusCode: '201', body: {a: 1}}", "", 201, '{\n  "a": 1\n}'),
        ("{html: '<b>'}", ".html", 200, "<b>"),
        ("{text: 5}", ".text", 200, "5"),
        ("{error: {statusCode: 418, body: 'tea'}}", "", 418, "tea"),
        ("{headers: {'content-type': 'image/png'}, body: 'aGk='}", "", 200, "hi"),
    ],
)
async def test_projection(
    guest: Client, nobody: httpx.AsyncClient, result: str, extension: str, status: int, text: str
) -> None:
    await guest.action("w", f"function main() {{ return {result} }}", annotations=exported())
    answer = await nobody.get(f"{WEB}/w{extension}")
    assert (answer.status_code, answer.text) == (status, text)
    assert len(answer.headers["x-openwhisk-activation-id"]) == 32


@pytest.mark.parametrize(
    ("result", "extension", "error"),
    [
        ("{error: 'boom'}", "", "Response is not valid 'message/http'."),
        ("{a: 1}", ".html", "Response is not valid 'text/html'."),
        ("5", "", "There was an error processing your request."),
    ],
)
async def test_bad_results(
    guest: Client, nobody: httpx.AsyncClient, result: str, extension: str, error: str
) -> None:
    await guest.action("w", f"function main() {{ return {result} }}", annotations=exported())
    answer = await nobody.get(f"{WEB}/w{extension}")
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_reserved_and_final_parameters(guest: Client, nobody: httpx.AsyncClient) -> None:
    fixed = [{"key": "unit", "value": "m"}]
    await guest.action("w", ECHO, annotations=exported(final=True), parameters=fixed)
    for query in ("unit=k", "__ow_method=x"):
        assert (await nobody.get(f"{WEB}/w?{query}")).status_code == 400
    assert (await nobody.get(f"{WEB}/w/a/b?x=1")).json()["__ow_path"] == "/a/b"


async def test_key_required(guest: Client, nobody: httpx.AsyncClient) -> None:
    await guest.action("w", ECHO, annotations=exported(require_whisk_auth="s3"))
    assert (await nobody.get(f"{WEB}/w")).status_code == 401
    allowed = await nobody.get(f"{WEB}/w", headers={"X-Require-Whisk-Auth": "s3"})
    assert allowed.status_code == 200


async def test_raw_and_cors(guest: Client, nobody: httpx.AsyncClient) -> None:
    await guest.action("w", ECHO, annotations=exported(raw_http=True))
    answer = await nobody.post(f"{WEB}/w?a=1", content=b"x", headers={"content-type": "text/plain"})
    assert (answer.json()["__ow_query"], answer.json()["__ow_body"]) == ("a=1", "x")
    options = await nobody.options(f"{WEB}/w", headers={"Access-Control-Request-Headers": "X-A"})
    assert options.headers["access-control-allow-headers"] == "X-A"
