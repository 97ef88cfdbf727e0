"""What a namespace and an action may use."""

from __future__ import annotations

from collections.abc import Mapping
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
    payload: int = MB
    code: int = 48 * MB
    list_default: int = 30
    list_max: int = 200
    user_memory: int = 2048

    @classmethod
    def of(cls, values: Mapping[str, Any] | Limits | None) -> Limits:
        """From the chart's ``whisk.limits`` (its names) or from ours; unknown names are ignored."""
        if isinstance(values, Limits):
            return values
        given = values or {}
        known = {field.name for field in fields(cls)}
        chosen: dict[str, int] = {}
        for name, value in given.items():
            target = CHART_NAMES.get(name, name)
            if target in known and str(value).isdigit():
                chosen[target] = int(value)
        return cls(**chosen)


CHART_NAMES = {
    "actionsInvokesPerminute": "invocations_per_minute",
    "actionsInvokesConcurrent": "concurrent_invocations",
    "triggersFiresPerminute": "fires_per_minute",
    "actionsSequenceMaxlength": "sequence_length",
}
