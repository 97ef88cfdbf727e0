"""What a namespace and an action may use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The chart's defaults. Times in milliseconds, memory and logs in MB."""

    invocations_per_minute: int = 60
    concurrent_invocations: int = 30
    fires_per_minute: int = 60
    sequence_length: int = 50
    timeout_min: int = 100
    timeout_std: int = 60_000
    timeout_max: int = 300_000
    memory_min: int = 128
    memory_std: int = 256
    memory_max: int = 512
    logs_min: int = 0
    logs_std: int = 10
    logs_max: int = 10
    concurrency_min: int = 1
    concurrency_std: int = 1
    concurrency_max: int = 1
    payload: int = MB
    code: int = 48 * MB
    list_default: int = 30
    list_max: int = 200
    user_memory: int = 2048

    @classmethod
    def of(cls, values: Mapping[str, Any] | Limits | None) -> Limits:
        """From our names, the chart's ``whisk.limits``, or the controller's environment.

        Unknown names and values that are no amounts are ignored: the default stays.
        """
        if isinstance(values, Limits):
            return values
        known = {field.name for field in fields(cls)}
        chosen: dict[str, int] = {}
        for name, value in _flat(values or {}):
            target = ALIASES.get(name, name)
            amount = measured(target, value)
            if target in known and amount is not None:
                chosen[target] = amount
        return cls(**chosen)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def measured(target: str, value: object) -> int | None:
    """``5m`` as the field counts: minutes in milliseconds for a time, megabytes for memory."""
    found = AMOUNT.fullmatch(str(value).strip().lower())
    if found is None:
        return None
    number, unit = int(found["number"]), found["unit"]
    if target.startswith("timeout_"):
        scale = TIMES.get(unit)
        return None if scale is None else number * scale
    size = SIZES.get(unit.removesuffix("b").removesuffix("i"))
    if size is None:
        return None
    if not target.startswith(("memory_", "logs_", "user_memory")):
        return number * size
    # A bare number of memory is megabytes here, as in an action's own limits.
    return number if not unit else number * size // MB


AMOUNT = re.compile(r"(?P<number>\d{1,12}) *(?P<unit>[a-z]*)")
TIMES = {"": 1, "ms": 1, "milliseconds": 1, "s": 1000, "seconds": 1000}
TIMES |= {"m": 60_000, "minute": 60_000, "minutes": 60_000}
SIZES = {"": 1, "k": 1024, "m": MB, "g": 1024 * MB}
ALIASES = {
    "actionsInvokesPerminute": "invocations_per_minute",
    "actionsInvokesConcurrent": "concurrent_invocations",
    "triggersFiresPerminute": "fires_per_minute",
    "actionsSequenceMaxlength": "sequence_length",
    "activation.payload.max": "payload",
    "LIMITS_ACTIONS_INVOKES_PERMINUTE": "invocations_per_minute",
    "LIMITS_ACTIONS_INVOKES_CONCURRENT": "concurrent_invocations",
    "LIMITS_TRIGGERS_FIRES_PERMINUTE": "fires_per_minute",
    "LIMITS_ACTIONS_SEQUENCE_MAXLENGTH": "sequence_length",
    "CONFIG_whisk_activation_payload_max": "payload",
}
for _ours, _chart, _variable in (
    ("timeout", "time", "timeLimit"),
    ("memory", "memory", "memory"),
    ("logs", "log", "logLimit"),
    ("concurrency", "concurrency", "concurrencyLimit"),
):
    for _bound in ("min", "std", "max"):
        ALIASES[f"actions.{_chart}.{_bound}"] = f"{_ours}_{_bound}"
        ALIASES[f"CONFIG_whisk_{_variable}_{_bound}"] = f"{_ours}_{_bound}"
