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
