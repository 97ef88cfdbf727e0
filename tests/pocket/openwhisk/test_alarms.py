"""Feeds of /whisk.system/alarms: their life, their sentences, and that they fire."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from owlab.pocket.openwhisk.alarms import Alarms, next_time
from owlab.pocket.openwhisk.deployment.components_ready import NAMES, Components
from owlab.pocket.openwhisk.refusals import WhiskError
from owlab.pocket.openwhisk.service import Service

from .conftest import Client

FEEDS = "https://ow/api/v1/namespaces/whisk.system/actions/alarms"
FUTURE = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@pytest.fixture
async def trigger(service: Service, guest: Client) -> Client:
    service.install_catalog()
    await guest.action("echo", "function main(args) { return args }")
    await guest.put("/triggers/t", json={})
    await guest.put("/rules/r", json={"trigger": "/_/t", "action": "/_/echo"})
    return guest


async def feed(guest: Client, name: str, event: str, **given: Any) -> httpx.Response:
    body = {"lifecycleEvent": event, "triggerName": "/_/t", "authKey": "x:y"} | given
    return await guest.post(f"{FEEDS}/{name}?blocking=true&result=true", json=body)


async def fired(guest: Client, seconds: float = 4) -> list[dict[str, Any]]:
    for _ in range(int(seconds * 20)):
        found: list[dict[str, Any]] = (await guest.get("/activations?name=echo&docs=true")).json()
        if found:
            return found
        await asyncio.sleep(0.05)
    return []


async def test_an_alarm_lives(trigger: Client, service: Service) -> None:
    made = await feed(trigger, "alarm", "CREATE", cron="0 0 1 1 *", trigger_payload={"a": 1})
    assert (made.status_code, made.json()) == (200, {"status": "success"})
    told = (await feed(trigger, "alarm", "READ")).json()
    assert told["config"] == {
        "name": "t",
        "namespace": "guest",
        "payload": {"a": 1},
        "strict": False,
        "cron": "0 0 1 1 *",
    }
    assert told["status"]["active"] is True
    assert (await feed(trigger, "alarm", "UPDATE", cron="5 5 * * *")).status_code == 200
    assert (await feed(trigger, "alarm", "READ")).json()["config"]["cron"] == "5 5 * * *"
    assert (await feed(trigger, "alarm", "DELETE")).status_code == 200
    assert service.alarms.all() == []
    assert (await feed(trigger, "alarm", "READ")).status_code == 502


async def test_an_alarm_does_not_end_before_it_starts(trigger: Client) -> None:
    cron = {"cron": "0 0 1 1 *", "startDate": "2101-01-01T00:00:00Z"}
    assert (await feed(trigger, "alarm", "CREATE", **cron)).status_code == 200
    early = await feed(trigger, "alarm", "UPDATE", stopDate="2100-06-01T00:00:00Z")
    assert "must be greater than the startDate parameter '2101-01-01" in early.text
    late = {"stopDate": "2102-01-01T00:00:00Z"}
    assert (await feed(trigger, "alarm", "UPDATE", **late)).status_code == 200
    both = {"startDate": "2100-01-01T00:00:00Z", "stopDate": "2100-06-01T00:00:00Z"}
    assert (await feed(trigger, "alarm", "UPDATE", **both)).status_code == 200
    after = await feed(trigger, "alarm", "UPDATE", startDate="2100-06-01T00:00:00Z")
    assert "must be less than the stopDate parameter '2100-06-01" in after.text


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("alarm", {}, "alarms trigger feed is missing the cron parameter"),
        ("alarm", {"cron": "x"}, "cron pattern 'x' is not valid"),
        ("alarm", {"cron": "* * * * *", "timezone": "Mars/Base"}, "Invalid timezone."),
        ("interval", {}, "interval trigger feed is missing the minutes parameter"),
        ("interval", {"minutes": 1.5}, "the minutes parameter must be an integer"),
        ("interval", {"minutes": -1}, "the minutes parameter must be an integer greater than zero"),
        ("once", {}, "alarms once trigger feed is missing the date parameter"),
        ("once", {"date": "soon"}, "date parameter 'soon' is not a valid Date"),
        ("once", {"date": 1000}, "date parameter '1000' must be in the future"),
        (
            "once",
            {"date": FUTURE, "deleteAfterFire": "maybe"},
            "deleteAfterFire parameter must be one of [false, true, rules].",
        ),
    ],
)
async def test_what_makes_no_alarm(
    trigger: Client, name: str, given: dict[str, Any], sentence: str
) -> None:
    answer = await feed(trigger, name, "CREATE", **given)
    assert (answer.status_code, answer.json()) == (502, {"error": {"error": sentence}})


async def test_a_cron_alarm_fires_with_its_payload(trigger: Client) -> None:
    await feed(trigger, "alarm", "CREATE", cron="* * * * * *", trigger_payload={"a": 1})
    (first, *_) = await fired(trigger)
    assert first["response"]["result"]["a"] == 1


async def test_once_is_once_and_may_take_the_trigger_with_it(trigger: Client) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=0.4)).isoformat()
    await feed(trigger, "once", "CREATE", date=soon, deleteAfterFire="rules")
    assert len(await fired(trigger)) == 1
    assert (await trigger.get("/triggers/t")).status_code == 404
    assert (await trigger.get("/rules/r")).status_code == 404


async def test_alarms_outlive_the_service_and_need_their_provider(
    trigger: Client, service: Service
) -> None:
    service.health.update(Components(frozenset(NAMES) - {"alarmprovider"}, (("i", True),)))
    await feed(trigger, "alarm", "CREATE", cron="* * * * * *", maxTriggers=1)
    await service.alarm_clock.stop()
    assert len(Alarms(service.store._db).all()) == 1
    service.alarm_clock._task = None
    service.start()
    assert await fired(trigger, 1.5) == []
    service.health.update(Components(frozenset(NAMES), (("i", True),)))
    assert len(await fired(trigger)) == 1
    await asyncio.sleep(1.2)
    assert len((await trigger.get("/activations?name=echo")).json()) == 1
    assert service.alarms.all()[0]["status"]["active"] is False


async def test_an_alarm_whose_trigger_is_gone_is_disabled(
    trigger: Client, service: Service
) -> None:
    await feed(trigger, "alarm", "CREATE", cron="* * * * * *")
    await trigger.delete("/triggers/t")
    for _ in range(80):
        status = service.alarms.all()[0]["status"]
        if not status["active"]:
            break
        await asyncio.sleep(0.05)
    assert status["active"] is False
    assert status["reason"] == {
        "kind": "AUTO",
        "statusCode": 404,
        "message": "Automatically disabled after receiving a 404 status code when firing the "
        "trigger",
    }


def test_an_interval_is_counted_from_its_start() -> None:
    start = datetime(2030, 1, 1, tzinfo=UTC)
    alarm = {"kind": "interval", "minutes": 10, "startDate": start.isoformat()}
    assert next_time(alarm, start - timedelta(days=1)) == start
    assert next_time(alarm, start) == start + timedelta(minutes=10)
    late = start + timedelta(minutes=25)
    assert next_time(alarm, late) == start + timedelta(minutes=30)
    stopped = alarm | {"stopDate": (start + timedelta(minutes=29)).isoformat()}
    assert next_time(stopped, late) is None


def due() -> dict[str, Any]:
    """An alarm of the trigger that is due in a moment."""
    return {
        "kind": "once",
        "namespace": "guest",
        "name": "t",
        "payload": {},
        "maxTriggers": -1,
        "status": {"active": True, "dateChanged": 0},
        "date": (datetime.now(UTC) + timedelta(seconds=0.1)).isoformat(),
    }


AUTO = "Automatically disabled after "
REFUSED = AUTO + "receiving a {} status code when firing the trigger"


@pytest.mark.parametrize(
    ("more", "reason", "left"),
    [
        ({}, None, -1),
        ({"maxTriggers": 3}, None, 2),
        ({"maxTriggers": 1}, {"message": f"{AUTO}reaching max triggers"}, 0),
        ({"name": "none"}, {"statusCode": 404, "message": REFUSED.format(404)}, -1),
        ({"namespace": "nobody"}, {"statusCode": 401, "message": REFUSED.format(401)}, -1),
    ],
)
async def test_what_becomes_of_an_alarm_that_is_due(
    trigger: Client,
    service: Service,
    more: dict[str, Any],
    reason: dict[str, Any] | None,
    left: int,
) -> None:
    given = due() | more
    service.alarms.put(given)
    service.alarm_clock.changed()
    if not (reason and "statusCode" in reason):
        assert len(await fired(trigger)) == 1
    for _ in range(100):
        (alarm,) = service.alarms.all()
        if alarm != given or more == {}:
            break
        await asyncio.sleep(0.02)
    assert (alarm["maxTriggers"], alarm["status"]["active"]) == (left, reason is None)
    assert alarm["status"].get("reason") == (reason and {"kind": "AUTO", **reason})


@pytest.mark.parametrize(
    ("after", "alarms", "status", "rule"),
    [("false", 1, 200, "active"), ("true", 0, 404, "inactive"), ("rules", 0, 404, None)],
)
async def test_what_goes_with_an_alarm_that_fires_once(
    trigger: Client,
    service: Service,
    after: str,
    alarms: int,
    status: int,
    rule: str | None,
) -> None:
    service.alarms.put(due() | {"deleteAfterFire": after})
    service.alarm_clock.changed()
    assert len(await fired(trigger)) == 1
    assert len(service.alarms.all()) == alarms
    assert (await trigger.get("/triggers/t")).status_code == status
    assert (await trigger.get("/rules/r")).json().get("status") == rule


async def test_too_many_fires_a_minute_are_left_out(trigger: Client, service: Service) -> None:
    owner = service.subjects.find("guest")
    assert owner is not None
    service.subjects.put(replace(owner, limits={"firesPerMinute": 0}))
    service.alarms.put(due() | {"maxTriggers": 5})
    service.alarm_clock.changed()
    assert await fired(trigger, 0.3) == []
    (alarm,) = service.alarms.all()
    assert (alarm["maxTriggers"], alarm["status"]["active"]) == (5, True)


@pytest.mark.parametrize(
    ("status", "disabled"),
    [
        (400, True),
        (401, True),
        (403, True),
        (404, True),
        (408, False),
        (409, False),
        (413, True),
        (429, False),
    ],
)
async def test_which_refusals_disable_an_alarm(
    trigger: Client,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    disabled: bool,
) -> None:
    asked = asyncio.Event()

    def refuse(*words: object) -> None:
        asked.set()
        raise WhiskError(status, "no")

    monkeypatch.setattr(service.runner, "trigger", refuse)
    service.alarms.put(due() | {"maxTriggers": 5})
    service.alarm_clock.changed()
    await asyncio.wait_for(asked.wait(), 10)
    (alarm,) = service.alarms.all()
    reason = {"kind": "AUTO", "statusCode": status, "message": REFUSED.format(status)}
    assert (alarm["maxTriggers"], alarm["status"].get("reason")) == (
        5,
        reason if disabled else None,
    )
