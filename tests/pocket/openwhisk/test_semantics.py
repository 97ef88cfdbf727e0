"""Kinds of things that OpenWhisk does in its own way, each with its sentence."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk.service import Service

from .conftest import GUEST, SYSTEM, Client, FakePods
from .test_sequences import ECHO, sequence

NOT_ALLOWED = "Request defines parameters that are not allowed (e.g., reserved properties)."


def pair(key: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"key": key, "value": value, **more}


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


async def result(guest: Client, name: str, **value: Any) -> Any:
    return (await guest.call(name, **value)).json()["response"]["result"]


# -- parameters ----------------------------------------------------------------------------


async def test_final_parameters_stay_except_null_ones(guest: Client) -> None:
    given: dict[str, Any] = {
        "parameters": [pair("a", 1), pair("b", None)],
        "annotations": [pair("final", True)],
    }
    await guest.action("f", ECHO, **given)
    assert await result(guest, "f", b=2, c=3) == {"a": 1, "b": 2, "c": 3}
    assert error(await guest.call("f", a=9)) == (400, NOT_ALLOWED)


async def test_init_parameters_are_variables_of_the_environment(guest: Client) -> None:
    code = "function main(a) { return {a, env: [process.env.TOLD, process.env.SHAPE]} }"
    given = [pair("TOLD", "x", init=True), pair("SHAPE", {"n": 1}, init=True), pair("p", 2)]
    await guest.action("f", code, parameters=given)
    assert await result(guest, "f") == {"a": {"p": 2}, "env": ["x", '{"n":1}']}
    shown = (await guest.get("/actions/f")).json()["parameters"]
    assert pair("TOLD", "x", init=True) in shown


async def test_annotations_of_an_action_add_up_and_can_be_deleted(guest: Client) -> None:
    await guest.action("f", ECHO, annotations=[pair("a", 1), pair("b", 2)])
    body = {"annotations": [pair("b", 3)], "delAnnotations": ["a"]}
    made = (await guest.put("/actions/f?overwrite=true", json=body)).json()
    told = {p["key"]: p["value"] for p in made["annotations"]}
    assert told == {"provide-api-key": False, "b": 3, "exec": "nodejs:14"}


async def test_a_sequences_list_does_not_stay(guest: Client) -> None:
    await guest.action("e", ECHO)
    await guest.put("/actions/s", json=sequence("e") | {"parameters": [pair("x", 1)]})
    assert [p["key"] for p in (await guest.get("/actions/s")).json()["parameters"]] == ["_actions"]
    await guest.action("s", ECHO)
    assert (await guest.get("/actions/s")).json()["parameters"] == []


# -- sequences -----------------------------------------------------------------------------


async def test_a_component_that_is_gone_is_an_application_error(guest: Client) -> None:
    await guest.action("e", ECHO)
    await guest.put("/actions/s", json=sequence("e", "e"))
    await guest.delete("/actions/e")
    answer = await guest.call("s")
    assert answer.status_code == 502
    assert answer.json()["response"]["status"] == "application error"
    assert answer.json()["response"]["result"] == {"error": "Sequence component does not exist."}


async def test_what_comes_behind_a_component_that_is_gone_does_not_run(guest: Client) -> None:
    for name in ("first", "gone", "last"):
        await guest.action(name, ECHO)
    await guest.put("/actions/s", json=sequence("first", "gone", "last"))
    await guest.delete("/actions/gone")
    record = (await guest.call("s")).json()
    assert record["response"]["result"] == {"error": "Sequence component does not exist."}
    assert len(record["logs"]) == 1
    assert (await guest.get("/activations?name=last")).json() == []


async def test_a_sequence_takes_as_long_as_its_actions(guest: Client) -> None:
    await guest.action("e", "import time\ndef main(a): time.sleep(0.1); return a", "python:3")
    await guest.put("/actions/s", json=sequence("e", "e") | {"limits": {"memory": 512}})
    record = (await guest.call("s")).json()
    steps = [(await guest.get(f"/activations/{i}")).json() for i in record["logs"]]
    assert record["duration"] == sum(step["duration"] for step in steps) >= 200
    told = {p["key"]: p["value"] for p in record["annotations"]}
    assert told["topmost"] is True and told["limits"]["memory"] == 256 and "timeout" not in told


@pytest.mark.parametrize("limits", [{"sequence_length": 3, "invocations_per_minute": 1000}])
async def test_a_sequence_that_became_too_long_stops(guest: Client) -> None:
    await guest.action("e", ECHO)
    await guest.put("/actions/t", json=sequence("e"))
    await guest.put("/actions/s", json=sequence("t", "t", "t"))
    await guest.put("/actions/t?overwrite=true", json=sequence("e", "e"))
    answer = await guest.call("s")
    text = "Too many actions in the sequence."
    assert answer.json()["response"]["result"] == {"error": text}


# -- triggers and rules --------------------------------------------------------------------


async def test_inactive_rules_are_named_and_the_record_holds_the_payload(
    guest: Client, service: Service
) -> None:
    await guest.action("e", ECHO)
    await guest.put("/triggers/t", json={"parameters": [pair("own", 1)]})
    for name in ("on", "off"):
        await guest.put(f"/rules/{name}", json={"trigger": "/_/t", "action": "/_/e"})
    assert (await guest.post("/rules/off", json={"status": "inactive"})).text == "OK"
    fired = await guest.post("/triggers/t", json={"x": 1})
    identifier = fired.json()["activationId"]
    assert fired.headers["x-openwhisk-activation-id"] == identifier
    await service.settled()
    record = (await guest.get(f"/activations/{identifier}")).json()
    assert record["response"]["result"] == {"x": 1}
    lines = {line["rule"]: line for line in map(json.loads, record["logs"])}
    assert lines["guest/on"]["success"] is True
    assert lines["guest/off"]["error"] == (
        "Rule 'guest/off' is inactive, action 'guest/e' was not activated."
    )
    run = (await guest.get(f"/activations/{lines['guest/on']['activationId']}")).json()
    assert run["response"]["result"]["own"] == 1


async def test_a_rule_whose_trigger_is_gone(guest: Client) -> None:
    await guest.action("e", ECHO)
    await guest.put("/triggers/t", json={})
    await guest.put("/rules/r", json={"trigger": "/_/t", "action": "/_/e"})
    await guest.delete("/triggers/t")
    assert (await guest.get("/rules/r")).json()["status"] == "inactive"
    answer = await guest.post("/rules/r", json={"status": "active"})
    assert error(answer) == (404, "Only rules with existing triggers can be activated")
    # A new trigger of the name is not the rule's, until it is enabled.
    await guest.put("/triggers/t", json={})
    assert (await guest.post("/triggers/t", json={})).status_code == 204
    await guest.post("/rules/r", json={"status": "active"})
    assert (await guest.post("/triggers/t", json={})).status_code == 202


# -- requests ------------------------------------------------------------------------------


async def test_media_methods_and_paths(guest: Client) -> None:
    await guest.action("e", ECHO)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await guest.post("/actions/e", content=b"a=1", headers=form)
    assert error(answer) == (
        415,
        "The request's Content-Type [application/x-www-form-urlencoded] is not supported. "
        "Expected:\napplication/json",
    )
    answer = await guest.patch("/actions/e")
    assert answer.status_code == 405 and "supported methods: GET, PUT, DELETE" in error(answer)[1]
    assert (await guest.get("/actions/")).json()[0]["name"] == "e"
    assert (await guest.get("/actions", headers={"Accept": "text/html"})).status_code == 406
    long = "n" * 257
    text = "Name segement longer than allowed: 257 > 256."
    assert error(await guest.put(f"/actions/{long}", json={})) == (400, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("docs=true&count=true", "The parameter 'docs' is not permitted with 'count'."),
        (
            "limit=x",
            "The query parameter 'limit' was malformed:\n"
            "The value 'x' is not an integer for activations.",
        ),
        (
            "name=a/b/c",
            "The query parameter 'name' was malformed:\n"
            "Parameter may be a 'simple' name or 'package-name/simple' name: a/b/c",
        ),
        (
            "since=yesterday",
            "The query parameter 'since' was malformed:\n"
            "Parameter is not a valid value for epoch seconds: yesterday",
        ),
    ],
)
async def test_queries_that_make_no_sense(guest: Client, query: str, text: str) -> None:
    assert error(await guest.get(f"/activations?{query}")) == (400, text)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"version": "x"}, "semantic version malformed"),
        ({"parameters": {"a": 1}}, "parameters malformed!"),
        ({"parameters": [{"key": "a"}]}, "parameters malformed!"),
        ({"limits": {"memory": "much"}}, "memory limit malformed"),
        ({"limits": {"timeout": 99}}, "requirement failed: duration 99 milliseconds below allowed"),
    ],
)
async def test_bodies_that_make_no_sense(guest: Client, body: dict[str, Any], text: str) -> None:
    body = {"exec": {"kind": "nodejs:14", "code": ECHO}} | body
    status, told = error(await guest.put("/actions/f", json=body))
    assert status == 400 and told.startswith(f"The request content was malformed:\n{text}")


async def test_the_limits_of_a_namespace(guest: Client) -> None:
    assert (await guest.get("/limits")).json() == {
        "invocationsPerMinute": 1000,
        "concurrentInvocations": 30,
        "firesPerMinute": 60,
    }


# -- results -------------------------------------------------------------------------------


async def test_a_result_that_is_too_large_is_an_application_error(guest: Client) -> None:
    await guest.action("f", "function main() { return {big: 'x'.repeat(1100000)} }")
    answer = await guest.call("f")
    told = answer.json()["response"]
    assert (answer.status_code, told["status"]) == (502, "application error")
    text = "The action produced a response that exceeded the allowed length: 1100010 > 1048576"
    assert told["result"]["error"].startswith(f"{text} bytes. The truncated response was: ")
    assert told["result"]["error"].endswith("x" * 1000)


async def test_an_array_is_the_whole_answer(guest: Client) -> None:
    await guest.action("f", "function main() { return [1, {a: 2}] }")
    assert (await guest.call("f")).json() == [1, {"a": 2}]


# -- what was accepted ---------------------------------------------------------------------


async def test_what_was_accepted_has_an_end_after_a_crash(tmp_path: Path) -> None:
    def made(db: Database) -> Service:
        return Service(
            db, Clock(), FakePods(), guest_key=GUEST, system_key=SYSTEM, stem_cells=False
        )

    db = Database(tmp_path / "lab.sqlite")
    first = made(db)
    guest = first.known("guest")
    assert guest is not None
    code = {"kind": "nodejs:14", "code": "function main() { return new Promise(() => 0) }"}
    first.actions.put(guest, "_", "", "slow", {"exec": code}, overwrite=True)
    found = first.actions.find(guest, "_", "", "slow")
    identifier, _ = await first.invoke(guest, found, {}, wait=None)
    await asyncio.sleep(0.2)
    # Nothing of it is told: the next one finds the database as a killed one would leave it.
    second = made(db)
    record = second.activations.get("guest", identifier)
    assert record["response"]["status"] == "whisk internal error"
    assert "the lab's service ended" in record["response"]["result"]["error"]
    await first.stop()
    await second.stop()
    db.close()
