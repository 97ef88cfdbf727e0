"""Terminals in this process: which shell is at the top, and what is said as one leaves it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from owlab.pocket.client import frames
from owlab.pocket.multipass.failures import Failure
from owlab.pocket.service.consoles import Console, Consoles
from owlab.pocket.service.runs import Run

from ..programs.conftest import NotedLab, lab

__all__ = ["lab"]
Type = Callable[[str], Awaitable[str]]


class Told(Run):
    """Keeps what it is told, and the place after each command."""

    def __init__(self) -> None:
        super().__init__()
        self.printed = bytearray()
        self.where: dict[str, Any] = {}

    async def out(self, data: bytes) -> None:
        self.printed += data

    async def err(self, data: bytes) -> None:
        self.printed += data

    async def say(self, kind: bytes, text: str) -> None:
        if kind == frames.SWITCH:
            self.where = json.loads(text)


class Typist:
    """Somebody at one terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.where: dict[str, Any] = {}

    async def __call__(self, text: str) -> str:
        run = Told()
        run.input.feed(b"yes\n")  # of a machine's key
        await self.console.type(text, run, asks=True)
        self.where = run.where
        return run.printed.decode()

    @property
    def place(self) -> str:
        """``user@machine depth``, or that the terminal is left, and with which status."""
        if self.where["left"]:
            return f"left {self.where['status']}"
        return "{user}@{machine} {depth}".format(**self.where)


@pytest.fixture
def consoles(lab: NotedLab) -> Consoles:
    return Consoles(lab)


async def on(consoles: Consoles, machine: str = "master", interactive: bool = True) -> Typist:
    told = await consoles.open(machine, interactive=interactive)
    console = consoles.find(told["id"])
    assert console is not None and told["left"] is False
    typist = Typist(console)
    typist.where = told
    return typist


async def test_without_a_name_the_primary_machine_is_meant_and_made(
    lab: NotedLab, consoles: Consoles
) -> None:
    type_ = await on(consoles, "")
    assert type_.place == "ubuntu@primary 1"
    assert type_.where["welcome"].startswith("Launched: primary\n")
    assert "Launched" not in (await on(consoles, "")).where["welcome"]
    lab.remember("client.primary-name", "master")
    assert (await on(consoles, "")).place == "ubuntu@master 1"
    lab.remember("client.primary-name", "")
    with pytest.raises(Failure, match="provide an instance name"):
        await consoles.open("", interactive=True)


async def test_a_shell_goes_on_until_it_is_left(consoles: Consoles) -> None:
    type_ = await on(consoles)
    assert type_.place == "ubuntu@master 1"
    assert "Welcome to Ubuntu" in type_.where["welcome"]
    assert await type_("x=5; cd /tmp") == ""
    assert await type_("echo $x; false\npwd") == "5\n/tmp\n"
    assert (type_.where["cwd"], type_.where["status"]) == ("/tmp", 0)
    await type_("(exit 7)")
    assert type_.where["status"] == 7
    assert await type_("echo $?") == "7\n"
    assert await type_("exit 3\necho never") == "logout\n"
    assert type_.place == "left 3"


@pytest.mark.parametrize(
    ("enters", "place", "leaves"),
    [
        ("sudo -i", "root@master 2", "logout\n"),
        ("sudo su -", "root@master 2", "logout\n"),
        ("sudo su", "root@master 2", "exit\n"),
        ("bash", "ubuntu@master 2", "exit\n"),
        ("sudo -u root bash", "root@master 2", "exit\n"),
        ("ssh worker1", "ubuntu@worker1 2", "logout\nConnection to worker1 closed.\n"),
    ],
)
async def test_shells_within_shells(
    lab: NotedLab, consoles: Consoles, enters: str, place: str, leaves: str
) -> None:
    type_ = await on(consoles)
    key = await type_("x=5; ssh-keygen -qf .ssh/id_rsa -N ''; cat .ssh/id_rsa.pub")
    known = "/home/ubuntu/.ssh/authorized_keys"
    lab.fleet.machines["worker1"].write(known, key.encode(), owner="ubuntu")
    await type_(enters)
    assert type_.place == place
    assert await type_("echo [$x] $SHLVL") in ("[] 2\n", "[] 1\n")
    assert await type_("exit 4") == leaves
    assert (type_.place, type_.where["status"]) == ("ubuntu@master 1", 4)
    assert await type_("echo [$x]") == "[5]\n"


async def test_a_shell_in_anothers_place(consoles: Consoles) -> None:
    type_ = await on(consoles)
    await type_("x=5; echo $$ > pid")
    await type_("exec bash")
    assert type_.place == "ubuntu@master 1"
    assert await type_('echo "[$x]"; [ "$(cat pid)" = $$ ] && echo same') == "[]\nsame\n"
    await type_("exit")
    assert type_.place == "left 0"


async def test_a_machine_that_goes_takes_its_shells(lab: NotedLab, consoles: Consoles) -> None:
    type_ = await on(consoles, "host")
    await type_("multipass shell worker1")
    assert type_.place == "ubuntu@worker1 2"
    await type_("sudo poweroff; sleep 60")
    assert type_.place.endswith("@host 1"), "what ran there ended with it"
    await type_("multipass start worker1; multipass shell worker1")
    assert type_.place == "ubuntu@worker1 2"
    await lab.fleet.stop(lab.fleet.machines["worker1"])
    assert await type_("hostname") == "Connection to worker1 closed.\n"
    assert (type_.place[-6:], type_.where["status"]) == ("host 1", 255)
    assert await type_("hostname") == "host\n"


async def test_who_is_there(lab: NotedLab, consoles: Consoles) -> None:
    type_ = await on(consoles)
    other = await on(consoles)
    assert (await type_("who | wc -l")) == "2\n"
    await other("exit")
    assert (await type_("who | wc -l")) == "1\n"
    await type_("sudo -i")
    assert (await type_("who | wc -l")) == "1\n", "a shell within a shell is no other login"
    assert type_.console.id in consoles._open
    consoles.close(type_.console.id)
    assert consoles.find(type_.console.id) is None and type_.console.left
    consoles.close("none")


async def test_a_script_is_greeted_by_nobody(consoles: Consoles) -> None:
    type_ = await on(consoles, interactive=False)
    assert type_.where["welcome"] == ""
    assert await type_("exit") == ""
    assert type_.place == "left 0"


@pytest.mark.parametrize(
    ("columns", "lines", "size"),
    [
        ("97", "31", "97 31\n"),
        ("x", "31", "80 24\n"),
        ("97", "", "80 24\n"),
        ("-5", "9", "80 24\n"),
    ],
)
async def test_the_windows_size(consoles: Consoles, columns: str, lines: str, size: str) -> None:
    type_ = await on(consoles)
    type_.console.resize("80", "24")
    type_.console.resize(columns, lines)
    assert await type_("echo $COLUMNS $LINES") == size


async def test_lines_that_the_client_does_not_know_yet(consoles: Consoles) -> None:
    type_ = await on(consoles)
    assert type_.where.get("history") == []
    run = Told()
    await type_.console.type("echo a", run, asks=True)
    assert run.where["typed"] == ["echo a"] and "history" not in run.where
    await type_.console.type("history -c", run, asks=True)
    assert run.where["history"] == [] or run.where["history"] == ["history -c"]
    await type_.console.type("bash", run, asks=True)
    assert isinstance(run.where["history"], list)


async def test_where_a_script_runs(lab: NotedLab, consoles: Consoles) -> None:
    run = Told()
    run.input.feed(b"")
    assert await consoles.script("worker1", "hostname; exit 5", run) == 5
    assert run.printed == b"worker1\n"
    run = Told()
    run.input.feed(b"")
    script = "multipass shell worker1\nhostname\nexit 3\nhostname"
    assert await consoles.script("host", script, run) == 0
    assert run.printed == b"worker1\nhost\n"
    # Only what begins a line enters a machine.
    run = Told()
    run.input.feed(b"")
    await consoles.script("host", "echo multipass shell worker1\nhostname", run)
    assert run.printed == b"multipass shell worker1\nhost\n"
