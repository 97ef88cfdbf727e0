"""Limits as the chart's values and the controller's environment write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from owlab.pocket import charts
from owlab.pocket.openwhisk.limits import MB, Limits, measured

from .conftest import Client

VALUES = Path(charts.__file__).parent / "openwhisk" / "values.yaml"


def test_the_charts_own_values_are_the_defaults() -> None:
    assert Limits.of(yaml.safe_load(VALUES.read_text())["whisk"]["limits"]) == Limits()


def test_nested_values_and_environment_say_the_same() -> None:
    nested = {
        "actionsInvokesPerminute": 5,
        "actions": {
            "time": {"min": "1s", "std": "2m", "max": "10m"},
            "memory": {"min": "64m", "std": "128m", "max": "1g"},
            "log": {"min": "0m", "std": "1m", "max": "2m"},
            "concurrency": {"min": 1, "std": 2, "max": 8},
        },
        "activation": {"payload": {"max": "2048"}},
    }
    environment = {
        "LIMITS_ACTIONS_INVOKES_PERMINUTE": "5",
        "CONFIG_whisk_timeLimit_min": "1s",
        "CONFIG_whisk_timeLimit_std": "2m",
        "CONFIG_whisk_timeLimit_max": "10m",
        "CONFIG_whisk_memory_min": "64m",
        "CONFIG_whisk_memory_std": "128m",
        "CONFIG_whisk_memory_max": "1g",
        "CONFIG_whisk_concurrencyLimit_std": "2",
        "CONFIG_whisk_concurrencyLimit_max": "8",
        "CONFIG_whisk_logLimit_std": "1m",
        "CONFIG_whisk_logLimit_max": "2m",
        "CONFIG_whisk_activation_payload_max": "2048",
    }
    wanted = Limits(
        invocations_per_minute=5,
        timeout_min=1000,
        timeout_std=120_000,
        timeout_max=600_000,
        memory_min=64,
        memory_std=128,
        memory_max=1024,
        logs_std=1,
        logs_max=2,
        concurrency_std=2,
        concurrency_max=8,
        payload=2048,
    )
    assert Limits.of(nested) == Limits.of(environment) == wanted


BOUNDS = {"timeout": "time", "memory": "memory", "logs": "log", "concurrency": "concurrency"}
VARIABLES = {"timeout": "timeLimit", "memory": "memory", "logs": "logLimit",
             "concurrency": "concurrencyLimit"}  # fmt: skip
NAMES = {
    "invocations_per_minute": ("actionsInvokesPerminute", "LIMITS_ACTIONS_INVOKES_PERMINUTE"),
    "concurrent_invocations": ("actionsInvokesConcurrent", "LIMITS_ACTIONS_INVOKES_CONCURRENT"),
    "fires_per_minute": ("triggersFiresPerminute", "LIMITS_TRIGGERS_FIRES_PERMINUTE"),
    "sequence_length": ("actionsSequenceMaxlength", "LIMITS_ACTIONS_SEQUENCE_MAXLENGTH"),
    "payload": ("activation.payload.max", "CONFIG_whisk_activation_payload_max"),
    **{
        f"{ours}_{bound}": (f"actions.{chart}.{bound}", f"CONFIG_whisk_{VARIABLES[ours]}_{bound}")
        for ours, chart in BOUNDS.items()
        for bound in ("min", "std", "max")
    },
}


@pytest.mark.parametrize("field", NAMES)
def test_every_name_of_a_limit(field: str) -> None:
    chart, variable = NAMES[field]
    nested: Any = 7
    for word in reversed(chart.split(".")):
        nested = {word: nested}
    wanted = Limits(**{field: 7})
    assert wanted != Limits()
    for values in ({field: 7}, {chart: 7}, {variable: "7"}, nested):
        assert Limits.of(values) == wanted
    assert Limits.of(wanted) is wanted
    assert Limits.of(None) == Limits.of({}) == Limits()


def test_what_the_chart_does_not_say() -> None:
    made = Limits()
    assert (made.code, made.list_default, made.list_max, made.user_memory) == (
        48 * 1024 * 1024, 30, 200, 2048,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "text", "amount"),
    [
        ("timeout_max", 5, 5),
        ("timeout_max", "5", 5),
        ("timeout_max", "5ms", 5),
        ("timeout_max", "5 milliseconds", 5),
        ("timeout_max", "5s", 5000),
        ("timeout_max", "5 seconds", 5000),
        ("timeout_max", "5m", 300_000),
        ("timeout_max", "1 minute", 60_000),
        ("timeout_max", " 5 MINUTES ", 300_000),
        ("timeout_max", "5h", None),
        ("memory_max", 256, 256),
        ("memory_max", "256m", 256),
        ("memory_max", "256 MB", 256),
        ("memory_max", "256Mi", 256),
        ("memory_max", "1g", 1024),
        ("memory_max", "1048576k", 1024),
        ("memory_max", "1023k", 0),
        ("logs_max", "10m", 10),
        ("logs_max", "10", 10),
        ("user_memory", "2g", 2048),
        ("user_memory", "2048", 2048),
        ("payload", "1048576", 1024 * 1024),
        ("payload", "1 m", 1024 * 1024),
        ("payload", "1k", 1024),
        ("payload", "1b", 1),
        ("payload", "1t", None),
        ("concurrency_max", 3, 3),
        ("payload", "", None),
        ("payload", "-1", None),
        ("payload", "1.5m", None),
        ("payload", "m", None),
        ("payload", None, None),
        ("payload", "9" * 12, 999_999_999_999),
        ("payload", "9" * 13, None),
    ],
)
def test_amounts(field: str, text: object, amount: int | None) -> None:
    assert measured(field, text) == amount


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12) | st.integers() | st.none()))
def test_nonsense_leaves_the_defaults(values: dict[str, Any]) -> None:
    assert Limits.of(values) == Limits()


@given(st.integers(0, 10**6))
def test_units(number: int) -> None:
    assert measured("timeout_max", f"{number}s") == measured("timeout_max", f"{number * 1000} ms")
    assert measured("memory_max", f"{number}g") == measured("memory_max", f"{number * 1024}m")
    assert measured("payload", f"{number}k") == number * 1024
    assert measured("payload", f"{number}Mi") == number * MB
    assert measured("timeout_max", f"{number}x") is None


@pytest.mark.parametrize("limits", [{"actions": {"memory": {"max": "300m"}}}])
async def test_they_take_effect(guest: Client) -> None:
    code = {"exec": {"kind": "nodejs:14", "code": "function main() {}"}}
    answer = await guest.put("/actions/big", json=code | {"limits": {"memory": 512}})
    assert answer.status_code == 400 and "300 MB" in answer.json()["error"]
    answer = await guest.put("/actions/big", json=code | {"limits": {"memory": 300}})
    assert answer.status_code == 200
