"""Feeds and API management as the service executes them: what they answer, and to whom."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.openwhisk.activations import APPLICATION_ERROR, SUCCESS
from owlab.pocket.openwhisk.deployment.components_ready import NAMES, Components
from owlab.pocket.openwhisk.entity_names import Identity
from owlab.pocket.openwhisk.inside import PROGRAMS
from owlab.pocket.openwhisk.service import Service

UNNAMED = "no trigger name parameter was provided"
REFUSED = "Trigger authentication request failed."
UNKNOWN = "could not find trigger :guest:{} in the database"


@pytest.fixture
def guest(service: Service) -> Identity:
    found = service.known("guest")
    assert found is not None
    service.triggers.put(found, "_", "t", {}, overwrite=False)
    return found


def failed(sentence: str) -> tuple[int, Any]:
    return APPLICATION_ERROR, {"error": {"error": sentence}}


DONE = (SUCCESS, {"status": "success"})


@pytest.mark.parametrize(
    ("value", "ended"),
    [
        ({}, failed(UNNAMED)),
        ({"triggerName": ""}, failed(UNNAMED)),
        ({"triggerName": 7}, failed(UNNAMED)),
        ({"triggerName": "/_/none"}, failed(REFUSED)),
        ({"triggerName": "/_/t", "lifecycleEvent": "READ"}, failed(UNKNOWN.format("t"))),
        ({"triggerName": "/_/none", "lifecycleEvent": "READ"}, failed(REFUSED)),
        ({"triggerName": "/_/none", "lifecycleEvent": "UPDATE"}, failed(REFUSED)),
        # Its trigger may be gone before its alarm.
        ({"triggerName": "/_/none", "lifecycleEvent": "DELETE"}, failed(UNKNOWN.format("none"))),
        ({"triggerName": "/_/t", "lifecycleEvent": "BURN"}, failed("unsupported lifecycleEvent")),
        ({"triggerName": "/_/t"}, failed("unsupported lifecycleEvent")),
        ({"triggerName": "/_/t", "lifecycleEvent": "CREATE", "cron": "0 0 1 1 *"}, DONE),
        ({"triggerName": "t", "lifecycleEvent": "CREATE", "cron": "0 0 1 1 *"}, DONE),
        ({"triggerName": "/guest/t", "lifecycleEvent": "CREATE", "cron": "0 0 1 1 *"}, DONE),
    ],
)
async def test_a_feed(service: Service, guest: Identity, value: Any, ended: Any) -> None:
    assert PROGRAMS["alarms/alarm"](service, guest, value) == ended
    assert [alarm["name"] for alarm in service.alarms.all()] == (["t"] if ended == DONE else [])


async def test_an_alarm_outlives_its_trigger_until_it_is_deleted(
    service: Service, guest: Identity
) -> None:
    run = PROGRAMS["alarms/interval"]
    made = {"triggerName": "/_/t", "lifecycleEvent": "CREATE", "minutes": 5}
    assert run(service, guest, made) == DONE
    service.triggers.delete(guest, "_", "t")
    assert run(service, guest, {**made, "lifecycleEvent": "READ"}) == failed(REFUSED)
    assert run(service, guest, {**made, "lifecycleEvent": "DELETE"}) == DONE
    assert service.alarms.all() == []


@pytest.mark.parametrize(
    ("missing", "name"), [("apigateway", "API gateway"), ("redis", "API gateway's Redis")]
)
@pytest.mark.parametrize("verb", ["createApi", "getApi", "deleteApi"])
async def test_without_the_gateway(
    service: Service, guest: Identity, missing: str, name: str, verb: str
) -> None:
    service.health.update(Components(frozenset(NAMES) - {missing}, (("i", True),)))
    said = f"The {name} does not answer."
    run = PROGRAMS[f"apimgmt/{verb}"]
    assert run(service, guest, {}) == (APPLICATION_ERROR, {"error": said})
    assert run(service, guest, {"__ow_method": "get"}) == (
        APPLICATION_ERROR,
        {
            "error": {
                "statusCode": 502,
                "headers": {"Content-Type": "application/json"},
                "body": {"error": said},
            }
        },
    )


WHO = {"accesstoken": "k", "spaceguid": "u"}


async def test_with_the_gateway(service: Service, guest: Identity) -> None:
    run, found = PROGRAMS["apimgmt/getApi"], {"apis": list[Any]()}
    assert run(service, guest, {**WHO}) == (SUCCESS, found)
    headers = {"Content-Type": "application/json"}
    assert run(service, guest, {**WHO, "__ow_method": "get"}) == (
        SUCCESS,
        {"statusCode": 200, "headers": headers, "body": found},
    )
    said = "Authentication is required: accesstoken and spaceguid."
    assert run(service, guest, {}) == (APPLICATION_ERROR, {"error": said})
    assert run(service, guest, {"__ow_method": "get"}) == (
        APPLICATION_ERROR,
        {"error": {"statusCode": 401, "headers": headers, "body": {"error": said}}},
    )
