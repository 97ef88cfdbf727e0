"""Schedules of CronJobs."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from owlab.pocket.ground.clock import utc_now

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


class Schedule:
    """Five fields of cron, or a name such as ``@hourly``, in a time zone.

    :raises ValueError: the text is no schedule, or there is no such time zone.
    """

    def __init__(self, text: str, zone: str = "") -> None:
        self._zone = _zone(zone)
        fields = _NAMED.get(text, text).split()
        if text.startswith("@") and text not in _NAMED:
            raise ValueError(f"unrecognized descriptor: {text}")
        if len(fields) != 5:
            said = f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
            raise ValueError(said)
        # To cron `?` is another word for `*`.
        self._text = " ".join(fields).replace("?", "*")
        try:
            CronSim(self._text, utc_now())
        except CronSimError as error:
            raise ValueError(str(error)[:1].lower() + str(error)[1:]) from None

    def last(self, now: datetime) -> datetime | None:
        """The newest time that is not after ``now``; None where there never was one."""
        local = now.astimezone(self._zone).replace(microsecond=0)
        found = next(CronSim(self._text, local, reverse=True), None)
        # What is due at this very second is not in its past.
        due = next(CronSim(self._text, found or local), None) if found else None
        return due if due is not None and due <= local else found

    def next(self, now: datetime) -> datetime | None:
        """The first time after ``now``."""
        return next(CronSim(self._text, now.astimezone(self._zone)), None)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name}") from None
