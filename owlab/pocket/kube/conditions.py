"""Conditions in a status: one of each type, whose time moves only when its status changes."""

from __future__ import annotations

from typing import Any

from owlab.pocket.ground.views import Object


def condition(obj: Object, kind: str) -> Object | None:
    """The condition of that type in an object's status."""
    for found in (obj.get("status") or {}).get("conditions") or ():
        if found["type"] == kind:
            known: Object = found
            return known
    return None


def is_true(obj: Object, kind: str) -> bool:
    """The condition is there, and is ``True``."""
    found = condition(obj, kind)
    return found is not None and found["status"] == "True"


def since(status: Object, kind: str, value: str, now: str) -> str:
    """Since when a condition has this value: now, if it had another."""
    old = condition({"status": status}, kind) or {}
    return str(old.get("lastTransitionTime") or now) if old.get("status") == value else now


def with_condition(
    status: Object,
    kind: str,
    value: str,
    now: str,
    reason: str = "",
    message: str = "",
    **more: Any,
) -> Object:
    """The status with a condition set; what it was given is not changed.

    :param value: ``True``, ``False`` or ``Unknown``.
    :param more: further fields, such as ``lastUpdateTime``.
    """
    conditions = list(status.get("conditions") or ())
    place = next((i for i, c in enumerate(conditions) if c["type"] == kind), None)
    new = {
        "type": kind,
        "status": value,
        "lastTransitionTime": since(status, kind, value, now),
        **({"reason": reason} if reason else {}),
        **({"message": message} if message else {}),
        **more,
    }
    if place is None:
        conditions.append(new)
    else:
        conditions[place] = new
    return {**status, "conditions": conditions}


def without_condition(status: Object, kind: str) -> Object:
    """The status without it, and without an empty list."""
    if "conditions" not in status:
        return status
    left = [c for c in status["conditions"] if c["type"] != kind]
    others = {name: value for name, value in status.items() if name != "conditions"}
    return {**others, "conditions": left} if left else others
