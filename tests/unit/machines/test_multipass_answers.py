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
    InstanceInfo,
    InstanceState,
    InstanceSummary,
    Network,
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


FULL = {
    "state": "Running",
    "ipv4": ["10.0.0.2"],
    "release": "Ubuntu 24.04 LTS",
    "image_release": "24.04 LTS",
    "cpu_count": "2",
    "memory": {"total": 1024, "used": 5},
    "disks": {"sda1": {"total": "2048", "used": "7"}, "sdb": {"total": "9"}},
}


@pytest.mark.parametrize(
    ("change", "field", "wanted"),
    [
        ({}, "cpus", 2),
        ({"cpu_count": ""}, "cpus", None),
        ({"memory": {}}, "memory_total", None),
        ({"memory": "?"}, "memory_total", None),
        ({"disks": {}}, "disk_total", None),
        ({"disks": {"sda1": {}}}, "disk_total", None),
        ({"ipv4": None}, "ipv4", ()),
        ({"release": "Not Available"}, "release", ""),
        ({"image_release": None}, "image_release", ""),
        ({"state": "Stopped"}, "state", STOPPED),
    ],
)
def test_what_is_known_of_a_machine(change: dict[str, Any], field: str, wanted: Any) -> None:
    whole = InstanceInfo(
        "a", RUNNING, ("10.0.0.2",), "Ubuntu 24.04 LTS", "24.04 LTS", 2, 1024, 2048
    )
    assert models.read_info(json.dumps({"info": {"a": FULL}})) == {"a": whole}
    found = models.read_info(json.dumps({"info": {"a": FULL | change}}))["a"]
    assert getattr(found, field) == wanted


def test_images_and_networks() -> None:
    images = {"24.04": {"aliases": ["noble", "lts"], "release": "24.04 LTS", "remote": ""}, "x": 5}
    assert models.read_images(json.dumps({"images": images})) == [
        Image("24.04", ("noble", "lts"), "24.04 LTS", ""),
        Image("x", (), "", ""),
    ]
    networks = [{"name": "eth0", "type": "ethernet", "description": "Ethernet"}, {"type": "x"}]
    assert models.read_networks(json.dumps({"list": networks})) == [
        Network("eth0", "ethernet", "Ethernet")
    ]


@pytest.mark.parametrize(
    ("said", "number", "repeats"),
    [
        ({"multipass": "1.17.0", "multipassd": "1.16.2"}, (1, 16), True),
        ({"multipass": "1.16.0", "multipassd": "1.17.0+mac"}, (1, 17), False),
        ({"multipass": "1.16.0"}, (1, 16), True),
        ({"multipass": "2.0.0", "multipassd": ""}, (2, 0), False),
        ({}, (0, 0), True),
        ({"multipass": "1"}, (0, 0), True),
    ],
)
def test_versions(said: dict[str, str], number: tuple[int, int], repeats: bool) -> None:
    found = models.read_version(json.dumps(said))
    assert found == Version(said.get("multipass", ""), said.get("multipassd") or None)
    assert (found.number, found.repeats_exit_4) == (number, repeats)


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
