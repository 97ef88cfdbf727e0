"""What is read out of Multipass' JSON: whole, with holes, and of older releases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from owlab.errors import LabError
from owlab.machines import multipass_models as models
from owlab.machines.multipass_models import (
    CloudInit,
    Image,
    InstanceState,
    InstanceSummary,
    Version,
)

RUNNING, STOPPED = InstanceState.RUNNING, InstanceState.STOPPED


def test_a_list_is_in_the_order_of_names() -> None:
    rows: list[Any] = [
        {"name": "b", "state": "Stopped", "ipv4": [], "release": "Not Available"},
        "odd",
        {"state": "Running"},
        {"name": "a", "state": "Running", "ipv4": ["N/A", "10.0.0.2", "::1", "10.0.0.3"],
         "release": "Ubuntu 24.04 LTS"},
    ]  # fmt: skip
    assert models.read_list(json.dumps({"list": rows})) == [
        InstanceSummary("a", RUNNING, "Running", ("10.0.0.2", "10.0.0.3"), "Ubuntu 24.04 LTS"),
        InstanceSummary("b", STOPPED, "Stopped", (), ""),
    ]


def test_images() -> None:
    images = {"24.04": {"aliases": ["noble", "lts"], "release": "24.04 LTS", "remote": ""}, "x": 5}
    assert models.read_images(json.dumps({"images": images})) == [
        Image("24.04", ("noble", "lts"), "24.04 LTS", ""),
        Image("x", (), "", ""),
    ]


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ({"multipass": "1.17.0", "multipassd": "1.16.2"}, (1, 16)),
        ({"multipass": "1.16.0", "multipassd": "1.17.0+mac"}, (1, 17)),
        ({"multipass": "1.16.0"}, (1, 16)),
        ({"multipass": "2.0.0", "multipassd": ""}, (2, 0)),
        ({}, (0, 0)),
        ({"multipass": "1"}, (0, 0)),
    ],
)
def test_versions(said: dict[str, str], number: tuple[int, int]) -> None:
    found = models.read_version(json.dumps(said))
    assert found == Version(said.get("multipass", ""), said.get("multipassd") or None)
    assert found.number == number


@pytest.mark.parametrize(
    ("said", "wanted", "finished", "good"),
    [
        ({"status": "running"}, CloudInit("running"), False, False),
        ({"status": "done"}, CloudInit("done"), True, True),
        ({"status": "disabled"}, CloudInit("disabled"), True, True),
        ({"status": "error"}, CloudInit("error"), True, False),
        ({"status": "done", "errors": ["x", 5]}, CloudInit("done", ("x", "5")), True, False),
        (
            {"status": "done", "extended_status": "degraded done"},
            CloudInit("degraded"),
            True,
            False,
        ),
        ({}, CloudInit(""), False, False),
    ],
)
def test_a_first_boot(said: dict[str, Any], wanted: CloudInit, finished: bool, good: bool) -> None:
    found = models.read_cloud_init(json.dumps(said))
    assert (found, found.finished, found.good) == (wanted, finished, good)


@pytest.mark.parametrize(
    ("text", "details"),
    [("", "(nothing)"), ("  \n", "(nothing)"), ("[5]", "[5]"), ("{", "{"), ("x" * 600, "x" * 500)],
)
def test_something_else_than_json(text: str, details: str) -> None:
    with pytest.raises(LabError, match="something else than JSON") as refused:
        models.read_list(text)
    assert refused.value.details == details


def test_lines_of_a_log_may_stand_before_it() -> None:
    assert models.read_version('[warning] slow\n{"multipass": "1.16.0"}').client == "1.16.0"
