"""What an alarm may say, what it becomes, and when it is due next: without waiting for any."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk.alarms import AlarmError, Alarms, milliseconds, next_time

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
BY_KIND: dict[str, dict[str, Any]] = {
    "alarm": {"cron": "0 0 1 1 *"},
    "interval": {"minutes": 5},
    "once": {"date": "2100-01-01"},
}


@pytest.fixture
def alarms() -> Alarms:
    return Alarms(Database())


def made(alarms: Alarms, kind: str, name: str = "t", **given: Any) -> dict[str, Any]:
    event = {"lifecycleEvent": "CREATE"} | BY_KIND[kind] | given
    assert alarms.live(kind, "guest", name, event) == {"status": "success"}
    alarm = alarms.find("guest", name)
    assert alarm is not None
    return alarm


def changed(alarms: Alarms, **given: Any) -> dict[str, Any]:
    alarms.live("", "guest", "t", {"lifecycleEvent": "UPDATE"} | given)
    alarm = alarms.find("guest", "t")
    assert alarm is not None
    return alarm


def read(alarms: Alarms) -> dict[str, Any]:
    return alarms.live("", "guest", "t", {"lifecycleEvent": "READ"})


@pytest.mark.parametrize(
    ("kind", "given", "wanted"),
    [
        ("alarm", {}, {"payload": {}, "maxTriggers": -1, "strict": False, "timezone": None}),
        ("alarm", {"trigger_payload": "x"}, {"payload": {"payload": "x"}}),
        ("alarm", {"trigger_payload": {"a": 1}, "maxTriggers": 3},
         {"payload": {"a": 1}, "maxTriggers": 3}),
        ("alarm", {"strict": True, "timezone": "Asia/Shanghai"},
         {"strict": True, "timezone": "Asia/Shanghai"}),
        ("alarm", {"startDate": "2100-01-01", "stopDate": "2101-02-01"},
         {"startDate": "2100-01-01", "stopDate": "2101-02-01"}),
        ("interval", {"minutes": "7"}, {"minutes": 7}),
        ("interval", {"minutes": 2.0, "startDate": "2100-01-01"},
         {"minutes": 2, "startDate": "2100-01-01"}),
        ("once", {"deleteAfterFire": " Rules "}, {"deleteAfterFire": "rules"}),
    ],
)  # fmt: skip
def test_what_is_kept(
    alarms: Alarms, kind: str, given: dict[str, Any], wanted: dict[str, Any]
) -> None:
    alarm = made(alarms, kind, **given)
    assert wanted.items() <= alarm.items()
    assert alarm["kind"] == kind and alarm["status"]["active"] is True


def test_an_interval_begins_in_half_a_minute_unless_told(alarms: Alarms) -> None:
    before = time.time() * 1000
    start = made(alarms, "interval")["startDate"]
    assert before + 29_000 <= start <= time.time() * 1000 + 30_000
    assert "startDate" not in made(alarms, "alarm")


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        ("alarm", {"maxTriggers": 1, "stopDate": "2100-01-01"},
         "maxTriggers is not allowed when the stopDate parameter is specified"),
        ("interval", {"maxTriggers": 1, "stopDate": "2100-01-01"},
         "maxTriggers is not supported for the interval trigger feed"),
        ("alarm", {"startDate": "2100-01-01", "stopDate": "2100-01-01"},
         "stopDate parameter '2100-01-01' must be greater than the startDate parameter"
         " '2100-01-01'"),
        ("alarm", {"startDate": "2000-01-01"},
         "startDate parameter '2000-01-01' must be in the future"),
        ("alarm", {"startDate": True}, "startDate parameter 'True' is not a valid Date"),
        ("alarm", {"cron": "0 0 30 2 *"}, "cron pattern '0 0 30 2 *' is not valid"),
        ("interval", {"minutes": 0.5}, "the minutes parameter must be an integer"),
        ("interval", {"minutes": "many"}, "the minutes parameter must be an integer"),
        ("interval", {"minutes": -1},
         "the minutes parameter must be an integer greater than zero"),
    ],
)  # fmt: skip
def test_what_is_refused(alarms: Alarms, kind: str, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AlarmError) as refused:
        made(alarms, kind, **given)
    assert str(refused.value) == sentence
    assert alarms.all() == []


def test_an_alarm_that_would_first_fire_after_its_end(alarms: Alarms) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    with pytest.raises(AlarmError, match="not until after the stop date"):
        made(alarms, "alarm", cron="0 0 29 2 *", stopDate=soon)


@pytest.mark.parametrize(
    ("kind", "given", "wanted"),
    [
        ("alarm", {"cron": "5 5 * * *"}, {"cron": "5 5 * * *", "strict": False}),
        ("alarm", {"timezone": "Europe/Berlin"},
         {"cron": "0 0 1 1 *", "timezone": "Europe/Berlin"}),
        ("alarm", {"strict": True}, {"strict": True}),
        ("alarm", {"trigger_payload": "x"}, {"payload": {"payload": "x"}}),
        ("alarm", {"startDate": "2100-01-01"}, {"startDate": "2100-01-01"}),
        ("interval", {"minutes": 6}, {"minutes": 6}),
        ("interval", {"stopDate": "2100-01-01"}, {"minutes": 5, "stopDate": "2100-01-01"}),
        ("once", {"date": "2101-01-01"}, {"date": "2101-01-01"}),
        ("once", {"deleteAfterFire": "true"}, {"date": "2100-01-01", "deleteAfterFire": "true"}),
    ],
)  # fmt: skip
def test_what_is_changed(
    alarms: Alarms, kind: str, given: dict[str, Any], wanted: dict[str, Any]
) -> None:
    made(alarms, kind)
    assert wanted.items() <= changed(alarms, **given).items()


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        ("alarm", {}, "no updatable parameters were specified"),
        ("alarm", {"minutes": 5}, "no updatable parameters were specified"),
        ("interval", {"cron": "* * * * *"}, "no updatable parameters were specified"),
        ("once", {"startDate": "2100-01-01"}, "no updatable parameters were specified"),
        ("alarm", {"cron": "x"}, "cron pattern 'x' is not valid"),
        ("interval", {"minutes": -1},
         "the minutes parameter must be an integer greater than zero"),
        ("once", {"deleteAfterFire": "x"},
         "deleteAfterFire parameter must be one of [false, true, rules]."),
    ],
)  # fmt: skip
def test_what_cannot_be_changed(
    alarms: Alarms, kind: str, given: dict[str, Any], sentence: str
) -> None:
    before = made(alarms, kind)
    with pytest.raises(AlarmError) as refused:
        changed(alarms, **given)
    assert str(refused.value) == sentence
    assert alarms.find("guest", "t") == before


def test_a_change_makes_an_alarm_active_again(alarms: Alarms) -> None:
    alarm = made(alarms, "alarm", startDate="2100-01-01", stopDate="2101-01-01")
    alarms.put(alarm | {"status": {"active": False, "dateChanged": 0}})
    told = read(alarms)["status"]
    assert (told["active"], told["dateChangedISO"]) == (False, "1970-01-01T00:00:00Z")
    assert changed(alarms, startDate="2100-06-01")["status"]["active"] is True


@pytest.mark.parametrize(
    ("kind", "given", "shown"),
    [
        ("alarm", {"timezone": "UTC"}, {"cron", "timezone"}),
        ("alarm", {"startDate": "2100-01-01", "stopDate": "2101-01-01"},
         {"cron", "startDate", "stopDate"}),
        ("interval", {"stopDate": "2101-01-01"}, {"minutes", "startDate", "stopDate"}),
        ("once", {"deleteAfterFire": "true"}, {"date", "deleteAfterFire"}),
        ("once", {}, {"date"}),
    ],
)  # fmt: skip
def test_what_is_told(alarms: Alarms, kind: str, given: dict[str, Any], shown: set[str]) -> None:
    made(alarms, kind, **given)
    assert set(read(alarms)["config"]) == {"name", "namespace", "payload", "strict"} | shown


def test_each_trigger_has_its_own(alarms: Alarms) -> None:
    made(alarms, "alarm")
    made(alarms, "once", "u")
    assert {alarm["name"] for alarm in alarms.all()} == {"t", "u"}
    alarms.live("once", "guest", "u", {"lifecycleEvent": "DELETE"})
    assert [alarm["name"] for alarm in alarms.all()] == ["t"]
    for event in ("READ", "UPDATE", "DELETE"):
        with pytest.raises(AlarmError, match="could not find trigger :guest:u in the database"):
            alarms.live("once", "guest", "u", {"lifecycleEvent": event})
    with pytest.raises(AlarmError, match="unsupported lifecycleEvent"):
        alarms.live("alarm", "guest", "t", {"lifecycleEvent": "PAUSE"})


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (0, 0.0),
        (1500, 1500.0),
        ("1970", 0.0),
        ("1970-02", 31 * 86_400_000.0),
        ("1970-01-02", 86_400_000.0),
        (" 1970-01-01T00:00:01Z ", 1000.0),
        ("1970-01-01T08:00:00+08:00", 0.0),
    ],
)
def test_dates_as_javascript_reads_them(given: Any, wanted: float) -> None:
    assert milliseconds(given) == wanted


@pytest.mark.parametrize("given", [True, "soon", "2030-13-01T00:00:00Z", None])
def test_dates_that_are_none(given: Any) -> None:
    assert math.isnan(milliseconds(given))


@pytest.mark.parametrize(
    ("alarm", "due"),
    [
        ({"kind": "once", "date": "2030-01-02"}, NOON.replace(day=2, hour=0)),
        ({"kind": "once", "date": "2030-01-01T12:00:00Z"}, None),
        ({"kind": "once", "date": "2029-01-01"}, None),
        ({"kind": "alarm", "cron": "0 12 * * *"}, NOON + timedelta(days=1)),
        ({"kind": "alarm", "cron": "30 12 * * *"}, NOON + timedelta(minutes=30)),
        # 21:00 in Shanghai is 13:00 in UTC.
        ({"kind": "alarm", "cron": "0 21 * * *", "timezone": "Asia/Shanghai"},
         NOON + timedelta(hours=1)),
        ({"kind": "alarm", "cron": "0 * * * *", "startDate": "2030-01-01T15:30:00Z"},
         NOON + timedelta(hours=4)),
        ({"kind": "alarm", "cron": "0 * * * *", "startDate": "2029-01-01"},
         NOON + timedelta(hours=1)),
        ({"kind": "alarm", "cron": "0 * * * *", "stopDate": "2030-01-01T13:00:00Z"},
         NOON + timedelta(hours=1)),
        ({"kind": "alarm", "cron": "0 * * * *", "stopDate": "2030-01-01T12:59:59Z"}, None),
        ({"kind": "interval", "minutes": 60, "startDate": "2030-01-01T11:59:00Z"},
         NOON + timedelta(minutes=59)),
        ({"kind": "interval", "minutes": 1, "startDate": "2030-01-01T12:00:00Z"},
         NOON + timedelta(minutes=1)),
        ({"kind": "interval", "minutes": 1, "startDate": "2030-01-02"},
         NOON + timedelta(hours=12)),
    ],
)  # fmt: skip
def test_when_it_is_due_after_noon(alarm: dict[str, Any], due: datetime | None) -> None:
    assert next_time(alarm, NOON) == due


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        ("interval", {"minutes": "Infinity"}, "the minutes parameter must be an integer"),
        ("interval", {"minutes": "nan"}, "the minutes parameter must be an integer"),
        ("once", {"date": "2100-13"}, "date parameter '2100-13' is not a valid Date"),
        ("once", {"date": "2100-02-30"}, "date parameter '2100-02-30' is not a valid Date"),
        ("once", {"date": 1e300}, "date parameter '1e+300' is not a valid Date"),
        ("once", {"date": math.inf}, "date parameter 'inf' is not a valid Date"),
        ("once", {"date": -1e300}, "date parameter '-1e+300' is not a valid Date"),
        ("once", {"date": -1000}, "date parameter '-1000' must be in the future"),
        ("alarm", {"startDate": "soon"}, "startDate parameter 'soon' is not a valid Date"),
        ("alarm", {"stopDate": 1e300}, "stopDate parameter '1e+300' is not a valid Date"),
    ],
)
def test_numbers_and_dates_that_are_none(
    alarms: Alarms, kind: str, given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AlarmError) as refused:
        made(alarms, kind, **given)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("given", "most"),
    [(3, 3), ("3", 3), (3.0, 3), (0, -1), (None, -1), ("many", -1), ([], -1), (math.inf, -1)],
)
def test_how_often_an_alarm_fires(alarms: Alarms, given: object, most: int) -> None:
    assert made(alarms, "alarm", maxTriggers=given)["maxTriggers"] == most


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2100", "2100-01-01T00:00:00+00:00"),
        ("2100-02", "2100-02-01T00:00:00+00:00"),
        ("2100-02-03", "2100-02-03T00:00:00+00:00"),
        (" 2100-02-03T04:05 ", "2100-02-03T04:05:00+00:00"),
        ("2100-02-03T04:05:06.5Z", "2100-02-03T04:05:06.500000+00:00"),
        ("2100-02-03T04:05:06+08:00", "2100-02-02T20:05:06+00:00"),
        (4102444800000, "2100-01-01T00:00:00+00:00"),
        (4102444800000.0, "2100-01-01T00:00:00+00:00"),
    ],
)
def test_dates_by_their_form(text: object, read: str) -> None:
    assert datetime.fromtimestamp(milliseconds(text) / 1000, UTC).isoformat() == read
