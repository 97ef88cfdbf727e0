"""What a cloud-init document does to a machine, and what a terminal shows meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from owlab.pocket.multipass.cloud_init import LOG, apply
from owlab.pocket.multipass.invocation import Invocation
from owlab.pocket.multipass.spinner import spinner

from .conftest import Driver

WRITTEN: dict[str, Any] = {
    "bootcmd": ["echo boot > /order; touch /etc/base", ["touch", "/a b"]],
    "write_files": [
        {"path": "/srv/plain", "content": "text\n"},
        {"path": "/srv/coded", "content": "aGk=", "encoding": "b64", "permissions": "0600"},
        {"path": "/srv/coded2", "content": "aGk=", "encoding": "base64", "owner": "ubuntu:adm"},
        {"path": "/srv/plain", "content": "more\n", "append": True},
        {"path": "/srv/new", "content": "first\n", "append": True},
        {"content": "nowhere"},
        {"path": "/srv/mode", "permissions": "rw"},
        {"path": "/srv/last"},
    ],
    "runcmd": ["echo run >> /order", "echo said; false", 7, "cat /srv/plain"],
    "users": ["x"],
    "hostname": "y",
}


async def test_a_document_is_carried_out_in_its_order(master: Driver) -> None:
    machine = master.lab.fleet.machines["master"]
    await apply(machine, WRITTEN)
    assert machine.read("/order") == b"boot\nrun\n"
    assert machine.read("/srv/plain") == b"text\nmore\n"
    assert machine.read("/srv/new") == b"first\n"
    assert machine.read("/srv/coded") == machine.read("/srv/coded2") == b"hi"
    assert machine.read("/srv/last") == b""
    shown = await master.on("master", "stat -c '%a %U:%G %n' '/a b' /etc/base /srv/[cpl]*")
    assert shown.out == (
        "644 root:root /a b\n644 root:root /etc/base\n600 root:root /srv/coded\n"
        "644 ubuntu:adm /srv/coded2\n644 root:root /srv/last\n644 root:root /srv/plain\n"
    )
    assert (machine.read(LOG) or b"").decode() == (
        "write_files: KeyError('path')\n"
        "write_files: ValueError(\"invalid literal for int() with base 8: 'rw'\")\n"
        "said\nbash: line 1: 7: command not found\ntext\nmore\n"
        "the pocket lab does not carry out: hostname\nthe pocket lab does not carry out: users\n"
    )
    assert machine.read("/var/lib/cloud/instance/boot-finished")


@pytest.mark.parametrize(
    ("document", "lists", "installs"),
    [
        ({"package_update": True}, True, False),
        ({"packages": ["jq", 5], "package_upgrade": True}, True, True),
        ({"packages": "jq", "package_update": False}, False, False),
    ],
)
async def test_packages(
    master: Driver, document: dict[str, Any], lists: bool, installs: bool
) -> None:
    machine = master.lab.fleet.machines["master"]
    await apply(machine, document)
    log = (machine.read(LOG) or b"").decode()
    assert ("Reading package lists" in log) is lists
    assert ("Setting up jq" in log) is installs
    assert "does not carry out" not in log and "Unable to locate" not in log


@dataclass
class Terminal:
    """What a command has of its terminal."""

    tty: bool
    speed: str
    shown: list[str] = field(default_factory=list)

    async def out(self, text: str) -> None:
        self.shown.append(text)

    @property
    def lab(self) -> Any:
        return SimpleNamespace(clock=SimpleNamespace(speed=self.speed))


@pytest.mark.parametrize(
    ("tty", "speed", "shown"),
    [
        (True, "real", ["\r\x1b[2KStarting  |", "\r\x1b[2K"]),
        (False, "real", []),
        (True, "instant", []),
    ],
)
async def test_a_bar_turns_on_a_terminal_only(tty: bool, speed: str, shown: list[str]) -> None:
    terminal = Terminal(tty, speed)
    async with spinner(cast(Invocation, terminal), "Starting"):
        await asyncio.sleep(0)
    assert terminal.shown == shown
