"""Jobs in the background of a terminal."""

from __future__ import annotations

import asyncio

import pytest

from owlab.pocket.shell.jobs import in_background


class Terminal:
    def __init__(self, machine) -> None:
        self.session = machine.session(tty=True)
        self.status = 0

    async def type(self, text: str) -> str:
        seen = bytearray()

        async def show(data: bytes) -> None:
            seen.extend(data)

        self.status, _ = await self.session.type(text, show, show, self.status)
        return seen.decode()


@pytest.fixture
def terminal(master):
    return Terminal(master)


async def test_the_prompt_comes_back_at_once(terminal):
    assert await terminal.type("sleep 30 &") == "[1] 20001\n"
    assert (await terminal.type("jobs")).startswith("[1]+  Running                 sleep 30 &")
    assert await terminal.type("kill %1") == ""
    await asyncio.sleep(0.3)
    assert "Terminated" in await terminal.type("true")
    assert await terminal.type("jobs") == ""


async def test_what_it_printed_is_shown_and_how_it_ended(terminal):
    await terminal.type("export A=1; cd /tmp")
    await terminal.type("(pwd; echo $A; exit 3) &")
    assert await terminal.type("wait; echo x") in (
        "x\n",
        "/tmp\n1\n[1]+  Exit 3                  (pwd; echo $A; exit 3)\nx\n",
    )
    assert "Exit 3" in await terminal.type("true") or terminal.session.jobs.listed() == []


async def test_into_the_foreground(terminal):
    await terminal.type("sleep 0.2; echo done &")
    await terminal.type("sh -c 'sleep 0.3; echo late; exit 4' &")
    assert "late\n" in await terminal.type("fg %1") + await terminal.type("fg")
    assert "no such job" in await terminal.type("fg %7; kill %7; kill 99999")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("sleep 1 &", "sleep 1"),
        ("a && b &", "a && b"),
        ("a &&", None),
        ("a & b", None),
        ("a\nb &", None),
        ("echo 'x &", None),
    ],
)
def test_which_lines_go_there(text, command):
    assert in_background(text) == command
