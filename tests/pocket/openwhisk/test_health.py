"""A request needs the parts that it needs: each missing one is told in OpenWhisk's own way."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.openwhisk.deployment.components_ready import NAMES, Components
from owlab.pocket.openwhisk.service import Service

from .conftest import Client

ALL = Components(frozenset(NAMES), (("owdev-invoker-0", True),))
ECHO = "function main(args) { return args }"
BAD_GATEWAY = "<center><h1>502 Bad Gateway</h1></center>"


def without(*parts: str) -> Components:
    return replace(ALL, ready=ALL.ready - set(parts))


@pytest.fixture
async def ready(service: Service, guest: Client) -> Client:
    service.health.update(ALL)
    await guest.action("echo", ECHO, annotations=[{"key": "web-export", "value": True}])
    assert (await guest.call("echo")).status_code == 200
    return guest


async def test_without_the_controller_nginx_answers_alone(
    service: Service, ready: Client, nobody: Client
) -> None:
    service.health.update(without("controller"))
    for answer in (
        await ready.get("/actions"),
        await ready.call("echo"),
        await nobody.get("/ping"),
        await nobody.get("/api/v1/web/guest/default/echo.json"),
    ):
        assert answer.status_code == 502 and BAD_GATEWAY in answer.text


async def test_without_the_database_nothing_is_known(
    service: Service, ready: Client, nobody: Client
) -> None:
    service.health.update(without("couchdb"))
    for answer in (
        await ready.get("/actions"),
        await ready.put("/actions/f", json={}),
        await ready.call("echo"),
        await nobody.get("/api/v1/web/guest/default/echo.json"),
    ):
        assert answer.status_code == 500
        assert answer.json()["error"] == "There was an internal server error."
    assert (await nobody.get("/ping")).text == "pong"


@pytest.mark.parametrize(
    "parts",
    [
        without("kafka"),
        replace(ALL, invokers=()),
        replace(ALL, invokers=(("owdev-invoker-0", False),)),
    ],
)
async def test_calls_need_an_invoker_that_kafka_reaches(
    service: Service, ready: Client, nobody: Client, parts: Components
) -> None:
    service.health.update(parts)
    for answer in (
        await ready.call("echo"),
        await ready.post("/actions/echo", json={}),
        await nobody.get("/api/v1/web/guest/default/echo.json"),
    ):
        assert answer.status_code == 503
        assert answer.json()["error"].startswith("The server is currently unavailable")
    assert (await ready.get("/actions")).status_code == 200
    assert (await nobody.get("/invokers/healthy/count")).text == "0"
    assert (await nobody.get("/invokers/ready")).status_code == 500
    service.health.update(ALL)
    assert (await ready.call("echo")).status_code == 200
    assert (await nobody.get("/invokers")).json() == {"invoker0/owdev-invoker-0": "up"}


async def test_a_fired_rule_says_that_no_invoker_is_there(service: Service, ready: Client) -> None:
    await ready.put("/triggers/t", json={})
    await ready.put("/rules/r", json={"trigger": "/_/t", "action": "/_/echo"})
    service.health.update(without("kafka"))
    fired = (await ready.post("/triggers/t", json={})).json()["activationId"]
    (line,) = (await ready.get(f"/activations/{fired}/logs")).json()["logs"]
    assert "The server is currently unavailable" in line


@pytest.fixture
async def patient(service: Service) -> Service:
    service.health._clock = Clock("real")
    return service


async def test_what_was_accepted_waits_in_kafka(patient: Service, ready: Client) -> None:
    patient.health.update(replace(ALL, invokers=()))
    accepted = (await ready.post("/actions/echo", json={"a": 1})).json()["activationId"]
    await asyncio.sleep(0.1)
    assert (await ready.get(f"/activations/{accepted}")).status_code == 404
    patient.health.update(ALL)
    await patient.settled()
    record = (await ready.get(f"/activations/{accepted}")).json()
    assert record["response"]["result"] == {"a": 1}
    waited = {a["key"]: a["value"] for a in record["annotations"]}["waitTime"]
    assert waited >= 90


async def test_a_changed_key_counts_when_the_database_is_initialised_again(
    service: Service, guest: Client
) -> None:
    service._keys = ("22222222-2222-4333-8444-555555555555:" + "n" * 64, service._keys[1])
    assert (await guest.get("/actions")).status_code == 200
    service.wipe()
    assert (await guest.get("/actions")).status_code == 401
