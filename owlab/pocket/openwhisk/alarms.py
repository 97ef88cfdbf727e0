"""The feeds of /whisk.system/alarms: what a trigger's alarm is, and its life.

``CREATE``, ``READ``, ``UPDATE`` and ``DELETE``, with the parameters and sentences of OpenWhisk's
alarm package 2.3.0.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk.store import now_ms

SCHEMA = """
CREATE TABLE IF NOT EXISTS whisk_alarms (
    namespace TEXT NOT NULL, trigger TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (namespace, trigger)
) STRICT;
"""
Document = dict[str, Any]
MINUTE_MS = 60_000
# An interval without a start begins so much later: its start must be in the future.
START_MS = 30_000
# The end of the last year that a date can have here.
_LAST_MS = 253_402_300_799_999
AFTER_FIRE = ("false", "true", "rules")


class AlarmError(Exception):
    """The feed's refusal; its sentence is the activation's error."""


class Alarms:
    """The alarms of all triggers, in the database."""

    def __init__(self, db: Database) -> None:
        self._db = db
        db.schema(SCHEMA)

    def all(self) -> list[Document]:
        """Every alarm."""
        return [json.loads(text) for (text,) in self._db.rows("SELECT document FROM whisk_alarms")]

    def find(self, namespace: str, trigger: str) -> Document | None:
        """A trigger's alarm."""
        row = self._db.row(
            "SELECT document FROM whisk_alarms WHERE namespace = ? AND trigger = ?",
            namespace,
            trigger,
        )
        return json.loads(row[0]) if row else None

    def put(self, alarm: Document) -> None:
        """Write an alarm."""
        self._db.run(
            "INSERT OR REPLACE INTO whisk_alarms VALUES (?, ?, ?)",
            alarm["namespace"],
            alarm["name"],
            json.dumps(alarm),
        )

    def remove(self, namespace: str, trigger: str) -> None:
        """Forget an alarm."""
        self._db.run(
            "DELETE FROM whisk_alarms WHERE namespace = ? AND trigger = ?", namespace, trigger
        )

    def live(self, kind: str, namespace: str, trigger: str, given: Document) -> Document:
        """Obey a lifecycle event; ``kind`` is the feed action: alarm, interval or once."""
        event = given.get("lifecycleEvent")
        if event == "CREATE":
            self.put(_created(kind, namespace, trigger, given))
            return {"status": "success"}
        if event not in ("READ", "UPDATE", "DELETE"):
            raise AlarmError("unsupported lifecycleEvent")
        alarm = self.find(namespace, trigger)
        if alarm is None:
            raise AlarmError(f"could not find trigger :{namespace}:{trigger} in the database")
        if event == "READ":
            return _told(alarm)
        if event == "UPDATE":
            self.put(_updated(alarm, given))
        else:
            self.remove(namespace, trigger)
        return {"status": "success"}


def _payload(given: object) -> Any:
    return {"payload": given} if isinstance(given, str) else given


def _created(kind: str, namespace: str, trigger: str, given: Document) -> Document:
    alarm: Document = {
        "kind": kind,
        "namespace": namespace,
        "name": trigger,
        "payload": _payload(given.get("trigger_payload")) or {},
        "maxTriggers": _most(given.get("maxTriggers")),
        "status": {"active": True, "dateChanged": now_ms()},
        "created": now_ms(),
    }
    if kind == "once":
        if not given.get("date"):
            raise AlarmError("alarms once trigger feed is missing the date parameter")
        alarm["date"] = _date(given["date"], "date")
        if given.get("deleteAfterFire"):
            alarm["deleteAfterFire"] = _after_fire(given["deleteAfterFire"])
        return alarm
    if kind == "interval":
        if not given.get("minutes"):
            raise AlarmError("interval trigger feed is missing the minutes parameter")
        alarm["minutes"] = _minutes(given["minutes"])
    else:
        if not given.get("cron"):
            raise AlarmError("alarms trigger feed is missing the cron parameter")
        alarm |= {"cron": given["cron"], "timezone": given.get("timezone")}
        next_time(alarm, utc_now())
        alarm["strict"] = bool(given.get("strict", False))
    if given.get("startDate"):
        alarm["startDate"] = _date(given["startDate"], "startDate")
    elif kind == "interval":
        alarm["startDate"] = now_ms() + START_MS
    if given.get("maxTriggers") and given.get("stopDate"):
        if kind == "interval":
            raise AlarmError("maxTriggers is not supported for the interval trigger feed")
        raise AlarmError("maxTriggers is not allowed when the stopDate parameter is specified")
    if given.get("stopDate"):
        alarm["stopDate"] = _date(given["stopDate"], "stopDate", alarm.get("startDate"))
        if kind == "alarm":
            first = next_time(alarm, utc_now())
            if first is None:
                raise AlarmError(
                    "the first scheduled trigger fire is not until after the stop date"
                )
    return alarm


def _updated(alarm: Document, given: Document) -> Document:
    changed: Document = {}
    if given.get("trigger_payload"):
        changed["payload"] = _payload(given["trigger_payload"])
    if alarm["kind"] == "once":
        if given.get("date"):
            changed["date"] = _date(given["date"], "date")
        if given.get("deleteAfterFire"):
            changed["deleteAfterFire"] = _after_fire(given["deleteAfterFire"])
    elif alarm["kind"] == "interval" and given.get("minutes"):
        changed["minutes"] = _minutes(given["minutes"])
    elif alarm["kind"] == "alarm":
        changed |= {name: given[name] for name in ("cron", "timezone") if given.get(name)}
        if "strict" in given:
            changed["strict"] = bool(given["strict"])
        next_time(alarm | changed | {"startDate": None, "stopDate": None}, utc_now())
    if alarm["kind"] != "once":
        if given.get("startDate"):
            changed["startDate"] = _date(given["startDate"], "startDate")
        if given.get("stopDate"):
            start = given.get("startDate") or alarm.get("startDate")
            changed["stopDate"] = _date(given["stopDate"], "stopDate", start)
        elif (
            given.get("startDate")
            and alarm.get("stopDate")
            and milliseconds(given["startDate"]) >= milliseconds(alarm["stopDate"])
        ):
            raise AlarmError(
                f"startDate parameter '{given['startDate']}' must be less than the stopDate "
                f"parameter '{alarm['stopDate']}'"
            )
    if not changed:
        raise AlarmError("no updatable parameters were specified")
    return alarm | changed | {"status": {"active": True, "dateChanged": now_ms()}}


def _told(alarm: Document) -> Document:
    changed = alarm["status"]["dateChanged"]
    config = {
        "name": alarm["name"],
        "namespace": alarm["namespace"],
        "payload": alarm["payload"],
        "strict": alarm.get("strict", False),
    }
    more = {
        "once": ("date", "deleteAfterFire"),
        "interval": ("startDate", "stopDate", "minutes"),
        "alarm": ("startDate", "stopDate", "cron", "timezone"),
    }[alarm["kind"]]
    config |= {name: alarm[name] for name in more if alarm.get(name) is not None}
    status = alarm["status"] | {
        "dateChangedISO": datetime.fromtimestamp(changed / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    }
    return {"config": config, "status": status}


def _after_fire(given: object) -> str:
    word = str(given).strip().lower()
    if word not in AFTER_FIRE:
        raise AlarmError("deleteAfterFire parameter must be one of [false, true, rules].")
    return word


def _minutes(given: Any) -> int:
    try:
        number = float(given)
    except (TypeError, ValueError):
        number = math.nan
    if not number.is_integer():
        raise AlarmError("the minutes parameter must be an integer")
    if number <= 0:
        raise AlarmError("the minutes parameter must be an integer greater than zero")
    return int(number)


def _most(given: Any) -> int:
    """How often an alarm fires; -1 for as long as it is there."""
    try:
        return int(float(given)) or -1
    except (TypeError, ValueError, OverflowError):
        return -1


def milliseconds(given: object) -> float:
    """A date as JavaScript reads it: milliseconds since 1970, or a text; NaN for none.

    The provider's own time is UTC.
    """
    if isinstance(given, bool):
        return math.nan
    if isinstance(given, int | float):
        return float(given) if abs(given) <= _LAST_MS else math.nan
    text = str(given).strip()
    if re.fullmatch(r"\d{4}(-\d\d)?", text):
        text = f"{text}-01-01"[:10]
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return math.nan
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000


def _date(given: object, name: str, start: object = None) -> Any:
    when = milliseconds(given)
    if when != when:
        raise AlarmError(f"{name} parameter '{given}' is not a valid Date")
    if now_ms() >= when:
        raise AlarmError(f"{name} parameter '{given}' must be in the future")
    if start and when <= milliseconds(start):
        raise AlarmError(
            f"{name} parameter '{given}' must be greater than the startDate parameter '{start}'"
        )
    return given


def next_time(alarm: Document, after: datetime) -> datetime | None:
    """When an alarm is due next, strictly after a moment; None when it never is again."""
    if alarm["kind"] == "once":
        due = datetime.fromtimestamp(milliseconds(alarm["date"]) / 1000, UTC)
        return due if due > after else None
    start = alarm.get("startDate")
    begin = datetime.fromtimestamp(milliseconds(start) / 1000, UTC) if start else None
    if alarm["kind"] == "interval":
        assert begin is not None
        period = alarm["minutes"] * MINUTE_MS / 1000
        passed = math.floor((after - begin).total_seconds() / period) + 1
        due = datetime.fromtimestamp(begin.timestamp() + max(0, passed) * period, UTC)
    else:
        due = _cron(alarm, max(after, begin) if begin else after)
    stop = alarm.get("stopDate")
    if stop and due.timestamp() * 1000 > milliseconds(stop):
        return None
    return due


def _cron(alarm: Document, after: datetime) -> datetime:
    try:
        zone = ZoneInfo(alarm["timezone"]) if alarm.get("timezone") else UTC
    except (ZoneInfoNotFoundError, ValueError, TypeError) as error:
        raise AlarmError("Invalid timezone.") from error
    try:
        return next(CronSim(str(alarm["cron"]), after.astimezone(zone))).astimezone(UTC)
    except (CronSimError, StopIteration) as error:
        raise AlarmError(f"cron pattern '{alarm['cron']}' is not valid") from error
