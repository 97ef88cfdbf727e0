"""Four virtual machines for the tests of this folder, booted once."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from owlab import Lab
from tests.vm import image
from tests.vm.downloads import Downloads, helm_archive, served
from tests.vm.machines import Machines, booted
from tests.vm.performing import TIMES, timed

NAMES = ("master", "worker1", "worker2", "storage")


@pytest.fixture(scope="session")
def built() -> image.Image:
    reason = image.missing()
    if reason:
        pytest.skip(reason)
    with timed("image of the machines"):
        return image.build()


@pytest.fixture(scope="session")
def downloads(built) -> Iterator[Downloads]:
    """The stand-ins for what is downloaded, on this computer's loopback address."""
    with served(built.downloads_certificate) as running:
        yield running


@pytest.fixture(scope="session")
def machines(built, downloads, tmp_path_factory) -> Iterator[Machines]:
    folder = tmp_path_factory.mktemp("vm")
    with contextlib.ExitStack() as stack:
        with timed("boot of four machines"):
            running = stack.enter_context(booted(built, folder, downloads.relay, NAMES))
        yield running


@pytest.fixture(scope="session")
def open_lab(machines, tmp_path_factory) -> Iterator[Callable[..., Lab]]:
    """Makes labs of the provider ssh on the machines."""
    hosts = {n: {"host": n, "address": machines.all[n].address} for n in NAMES}
    written = {
        "master": hosts["master"],
        "workers": [hosts["worker1"], hosts["worker2"]],
        "storage": hosts["storage"],
        "ssh_config": str(machines.ssh_config),
    }
    inventory = machines.ssh_config.with_name("inventory.yaml")
    inventory.write_text(yaml.safe_dump(written))
    opened: list[Lab] = []

    def open_one(name: str, **settings: str) -> Lab:
        given: dict[str, Any] = {
            "helm_sha256": hashlib.sha256(helm_archive()).hexdigest(),
            **settings,
        }
        lab = Lab.open(name, provider="ssh", ssh_inventory=str(inventory), **given)
        opened.append(lab)
        return lab

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OWLAB_HOME", str(tmp_path_factory.mktemp("home")))
        yield open_one
        for lab in opened:
            lab.provider.close()


@pytest.fixture(scope="session")
def lab(open_lab: Callable[..., Lab]) -> Lab:
    """The lab that most tests build on, one after another."""
    return open_lab("vm")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How long each thing took, and what was a stand-in."""
    if TIMES:
        terminalreporter.section("virtual machines: seconds")
        for what, seconds in TIMES:
            terminalreporter.write_line(f"{seconds:7.1f}  {what}")
