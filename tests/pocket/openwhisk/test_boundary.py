"""What comes over OpenWhisk's API, and out of functions, is checked before it is believed."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import pytest

from owlab.pocket.openwhisk.service import Service

from .conftest import Client

ECHO = "def main(args):\n    return args\n"

JSON = {"content-type": "application/json"}


async def test_halves_of_characters_are_no_text_and_break_nothing(guest: Client) -> None:
    body = (
        b'{"exec": {"kind": "python:3", "code": "def main(args):\\n    return args\\n"},'
        b' "parameters": [{"key": "a\\udfff", "value": "x\\ud800y"}]}'
    )
    assert (await guest.put("/actions/half", content=body, headers=JSON)).status_code == 200
    action = await guest.get("/actions/half")
    assert action.json()["parameters"] == [{"key": "a?", "value": "x?y"}]
    answer = await guest.post(
        "/actions/half?blocking=true&result=true", content=b'{"b": "\\ud83d"}', headers=JSON
    )
    assert answer.json() == {"a?": "x?y", "b": "?"}
    assert (await guest.get("/activations?docs=true")).status_code == 200


async def test_what_a_function_says_that_is_no_text(guest: Client) -> None:
    code = "def main(args):\n    return {'a': '\\ud800', 'b': '\\U0001f600'}\n"
    await guest.action("says", code, "python:3")
    answer = await guest.post("/actions/says?blocking=true&result=true", json={})
    assert (answer.status_code, answer.json()) == (200, {"a": "?", "b": "\U0001f600"})


@pytest.mark.parametrize(
    "result", ["float('nan')", "float('inf')", "10 ** 5000", "deep(300)", "1e400"]
)
async def test_what_a_function_says_that_is_no_json(guest: Client, result: str) -> None:
    code = (
        "def deep(n):\n    value = 1\n    for _ in range(n):\n        value = [value]\n"
        f"    return value\n\ndef main(args):\n    return {{'a': {result}}}\n"
    )
    await guest.action("odd", code, "python:3")
    answer = await guest.call("odd")
    assert answer.status_code == 502
    record = (await guest.get(f"/activations/{answer.json()['activationId']}")).json()
    assert record["response"]["status"] == "action developer error"
    assert (await guest.get("/activations?docs=true")).status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"null", "Object expected"),
        (b"[]", "Object expected"),
        (b"7", "Object expected"),
        (b'{"a": NaN}', "invalid character 'N'"),
        (b'{"a": 1e999}', "cannot unmarshal number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"a":' * 3000, "exceeded max depth"),
        (b'{"version": 7}', "semantic version malformed"),
        (b'{"version": "x"}', "semantic version malformed"),
        (b'{"publish": {}}', "Expected JsBoolean"),
        (b'{"parameters": 7}', "parameters malformed"),
    ],
)
async def test_bodies_of_the_wrong_shape(guest: Client, body: bytes, said: str) -> None:
    answer = await guest.put("/packages/p", content=body, headers=JSON)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert (await guest.get("/packages/p")).status_code == 404


async def test_numbers_in_queries(guest: Client) -> None:
    for text in ("9" * 30, "1_0", "x", "\u0663"):
        answer = await guest.get("/activations", params={"since": text})
        assert answer.status_code == 400
        assert "is not a valid value for epoch seconds" in answer.json()["error"]
        answer = await guest.get("/activations", params={"limit": text})
        assert "is not an integer" in answer.json()["error"]


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), ("../up", "x"), ("x" * 400,)])
async def test_archives_that_cannot_be_unpacked(guest: Client, names: tuple[str, ...]) -> None:
    from tests.fuzz.whisk import archive

    code = archive(*((name, "text") for name in names))
    await guest.action("zipped", code, "python:3")
    answer = await guest.call("zipped")
    assert answer.status_code == 502


async def test_credentials_and_names_that_are_none(guest: Client, nobody: Client) -> None:
    for header in ("Basic \xff", "Basic a", "Bearer x", "\xff"):
        given = {b"Authorization": header.encode("latin-1")}
        answer = await nobody.get("/api/v1/namespaces/_/actions", headers=given)
        assert answer.status_code == 401
    assert (await guest.get("/actions", headers={"Host": "evil.example"})).status_code == 421
    answer = await guest.request("TRACE", "/actions")
    assert answer.status_code == 405
    assert "HTTP method not allowed" in answer.json()["error"]
    answer = await guest.get("/actions", headers={"X-Request-ID": "x" * 5000})
    assert len(answer.headers["x-request-id"]) == 32


async def test_a_call_that_is_cancelled_with_its_service(guest: Client, service: Service) -> None:
    await guest.action("slow", "def main(args):\n    import time; time.sleep(30)\n", "python:3")
    call = asyncio.create_task(guest.call("slow"))
    while not service._tasks:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    for task in list(service._tasks):
        task.cancel()
    answer = await call
    assert answer.status_code == 202
    assert "activationId" in answer.json()


async def test_what_nobody_thought_of_has_a_name_in_the_log(
    guest: Client, service: Service, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(service.actions, "list", broken)
    with caplog.at_level(logging.ERROR):
        answer: httpx.Response = await guest.get("/actions")
    assert answer.status_code == 500
    assert answer.json()["error"] == "There was an internal server error."
    assert answer.json()["code"] in caplog.text
    assert "ZeroDivisionError: of ours" in caplog.text


async def test_a_call_that_was_accepted_has_an_end_after_a_kill(
    guest: Client, service: Service
) -> None:
    from owlab.pocket.openwhisk.activations import Activations

    await guest.action("slow", "def main(args):\n    import time; time.sleep(30)\n", "python:3")
    answer = await guest.post("/actions/slow", json={})
    assert answer.status_code == 202
    identifier = answer.json()["activationId"]
    assert (await guest.get(f"/activations/{identifier}")).status_code == 404
    assert service.store._db.rows("SELECT id FROM whisk_accepted") == [(identifier,)]
    Activations(service.store._db).recover()  # what the next service does, on the same database
    record = (await guest.get(f"/activations/{identifier}")).json()
    assert record["response"]["status"] == "whisk internal error"
    assert "ended before the action did" in record["response"]["result"]["error"]
    assert record["name"] == "slow"
    assert record["end"] >= record["start"]
    assert service.store._db.rows("SELECT id FROM whisk_accepted") == []
