"""Jobs of a terminal: in its background, and stopped by Ctrl-Z."""

from __future__ import annotations

import asyncio
import shutil
import subprocess

import pytest

from owlab.pocket.machines.signals import listing
from owlab.pocket.shell.jobs import segments
from tests.waiting import PATIENCE


class Terminal:
    def __init__(self, machine) -> None:
        self.session = machine.session(tty=True)
        self.status = 0
        self.left = False
        self.seen = bytearray()

    async def show(self, data: bytes) -> None:
        self.seen.extend(data)

    async def type(self, text: str) -> str:
        self.seen.clear()
        self.status, self.left = await self.session.type(text, self.show, self.show, self.status)
        return self.seen.decode()

    async def type_and_stop(self, text: str, after: str = "") -> str:
        """Ctrl-Z, as soon as the command has printed something."""
        self.seen.clear()
        typing = asyncio.ensure_future(self.session.type(text, self.show, self.show, self.status))
        async with asyncio.timeout(PATIENCE):
            while after.encode() not in self.seen or not self.session.busy:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        self.session.suspend()
        self.status, self.left = await typing
        return self.seen.decode()

    async def told(self, text: str) -> str:
        """What comes at one of the next prompts."""
        seen = ""
        async with asyncio.timeout(PATIENCE):
            while text not in seen:
                await asyncio.sleep(0.02)
                seen += await self.type("true")
        return seen


@pytest.fixture
def terminal(master):
    return Terminal(master)


async def test_the_prompt_comes_back_at_once(terminal):
    assert await terminal.type("sleep 30 &") == "[1] 20001\n"
    assert (await terminal.type("jobs")).startswith("[1]+  Running                 sleep 30 &")
    assert await terminal.type("kill %1") == ""
    await terminal.told("[1]+  Terminated              sleep 30\n")
    assert await terminal.type("jobs") == ""


async def test_what_it_printed_is_shown_and_how_it_ended(terminal):
    await terminal.type("export A=1; b=2; f() { echo f; }; cd /tmp")
    await terminal.type("(pwd; echo $A $b; f; exit 3) &")
    assert "/tmp\n1 2\nf\n" in await terminal.type("wait; echo x")
    assert "Exit 3" in await terminal.type("true")
    assert terminal.session.jobs.listed() == []


async def test_into_the_foreground(terminal):
    await terminal.type("sleep 0.2; echo done &")
    await terminal.type("sh -c 'sleep 0.3; echo late; exit 4' &")
    assert "late\n" in await terminal.type("fg %2")
    assert terminal.status == 4
    assert "no such job" in await terminal.type("fg %7; kill %7; kill 99999")


async def test_ctrl_z_stops_and_fg_goes_on(terminal):
    await terminal.type("x=5; cd /tmp")
    seen = await terminal.type_and_stop("for i in 1 2 3; do echo $i; sleep 0.2; done", "1\n")
    assert seen.endswith(
        "\n[1]+  Stopped                 for i in 1 2 3; do echo $i; sleep 0.2; done\n"
    )
    assert terminal.status == 148
    assert await terminal.type("echo $? $x; pwd") == "148 5\n/tmp\n"
    before = await terminal.type("jobs")
    await asyncio.sleep(0.5)
    assert await terminal.type("jobs") == before
    assert before.startswith("[1]+  Stopped  ")
    seen = await terminal.type("fg")
    assert seen.startswith("for i in 1 2 3;")
    assert seen.endswith("3\n")
    assert terminal.status == 0
    assert await terminal.type("jobs") == ""


async def test_ps_shows_jobs_and_their_state(terminal):
    await terminal.type_and_stop("sleep 61")
    await terminal.type("sleep 62 &")
    assert await terminal.type("ps -o pid,stat,args | grep -v ps | grep sleep") == (
        "  20001 T    sleep 61\n  20002 S    sleep 62\n"
    )
    await terminal.type("kill 20001 20002")


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("pkill sleep", "Terminated"),
        ("killall -v sleep", "Terminated"),
        ("pkill -9 -f 'sleep 6'", "Killed"),
        ("sudo pkill -e -x sleep", "Terminated"),
    ],
)
async def test_jobs_end_by_their_name(terminal, how, told):
    await terminal.type("sleep 61 &")
    seen = await terminal.type(how)
    assert (told in seen or await terminal.told(f"[1]+  {told}")) and terminal.status == 0
    assert await terminal.type("pgrep sleep") == ""


async def test_jobs_of_another_terminal_end_too(terminal, master):
    await terminal.type("sleep 61 &")
    other = Terminal(master)
    visit = master.visits.arrive(terminal.session, "10.0.0.1")
    assert await other.type("pgrep -l sleep") == "20001 sleep\n"
    assert await other.type("kill 20001") == ""
    await terminal.told("Terminated")
    visit.left = 0.0


async def test_bg_goes_on_behind_the_prompt(terminal):
    await terminal.type_and_stop("sh -c 'echo a; sleep 0.3; echo b; exit 3'", "a\n")
    assert await terminal.type("bg") == "[1]+ sh -c 'echo a; sleep 0.3; echo b; exit 3' &\n"
    seen = await terminal.told("Exit 3")
    assert "b\n[1]+  Exit 3                  sh -c" in seen


async def test_a_job_is_stopped_again_in_the_foreground(terminal):
    await terminal.type_and_stop("sh -c 'echo a; sleep 0.4; echo b; sleep 60'", "a\n")
    assert "[1]+  Stopped" in await terminal.type_and_stop("fg", "b\n")
    assert terminal.status == 148
    assert await terminal.type("kill %1") == ""
    await terminal.told("[1]+  Terminated")


async def test_signals_stop_and_go_on(terminal):
    await terminal.type("sleep 60 &")
    await terminal.type("sleep 70 &")
    await terminal.type("kill -STOP %1")
    assert await terminal.type("jobs") == (
        "[1]+  Stopped                 sleep 60\n[2]-  Running                 sleep 70 &\n"
    )
    assert await terminal.type("jobs -r; jobs -p %1") == (
        "[2]-  Running                 sleep 70 &\n20001\n"
    )
    await terminal.type("kill -CONT $!; kill -SIGCONT %1; kill -9 %?60")
    await terminal.told("[1]+  Killed                  sleep 60\n")
    assert "invalid signal specification" in await terminal.type("kill -NOSUCH %2")
    await terminal.type("kill -s INT 20002")
    await terminal.told("Interrupt")


async def test_a_shell_with_stopped_jobs_warns_once(terminal):
    await terminal.type_and_stop("sleep 60")
    assert await terminal.type("exit") == "There are stopped jobs.\n"
    assert not terminal.left
    await terminal.type("exit")
    assert terminal.left


async def test_disowned_jobs_outlive_the_terminal(terminal, master):
    await terminal.type("{ sleep 0.4; echo 1 > /tmp/a; } & disown")
    await terminal.type("{ sleep 0.4; echo 2 > /tmp/b; } &")
    await terminal.type("nohup sh -c 'sleep 0.4; echo 3 > /tmp/c' &")
    assert "sleep 0.4; echo 1" not in await terminal.type("jobs")
    terminal.session.kill()
    async with asyncio.timeout(PATIENCE):
        while not (master.files.exists("/tmp/a") and master.files.exists("/tmp/c")):
            await asyncio.sleep(0.05)
    assert not master.files.exists("/tmp/b")


async def test_waiting_for_the_next_one(terminal):
    await terminal.type("sh -c 'sleep 0.4; exit 3' &")
    await terminal.type("sh -c 'sleep 0.1; exit 5' &")
    assert "5\n" in await terminal.type("wait -n; echo $?")
    assert "5\n" in await terminal.type("wait $!; echo $?")
    assert "3\n" in await terminal.type("wait %1; echo $?")
    assert await terminal.type("wait -n; echo $?; (exit 2) & wait %1; echo $?") == (
        "127\n[1] 20001\n2\n"
    )


async def test_a_line_with_several_commands(terminal):
    seen = await terminal.type("sleep 60 & sleep 70 & echo now; kill $! %1")
    assert seen == "[1] 20001\n[2] 20002\nnow\n"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("sleep 1 &", [("sleep 1", True)]),
        ("a && b &", [("a && b", True)]),
        ("a &&", [("a &&", False)]),
        ("a & b", [("a", True), ("b", False)]),
        ("a; b & c; d", [("a", False), ("b", True), ("c; d", False)]),
        ("a\nb &", [("a", False), ("b", True)]),
        ("echo 'x &", [("echo 'x &", False)]),
        ("for i in 1; do x & done", [("for i in 1; do x & done", False)]),
        ("{ x & y; } &", [("{ x & y; }", True)]),
        ("x 2>&1 &> f", [("x 2>&1 &> f", False)]),
        ("echo $(a & b)", [("echo $(a & b)", False)]),
    ],
)
def test_which_parts_of_a_line_go_there(text, parts):
    assert segments(text) == parts


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash to compare with")
def test_signals_are_listed_as_in_bash():
    real = subprocess.run(["bash", "-c", "kill -l"], capture_output=True, text=True, check=True)
    assert listing() == real.stdout


async def test_a_job_in_the_background_begins_well(terminal):
    await terminal.type("false")
    await terminal.type("sleep 30 &")
    assert terminal.status == 0
    assert await terminal.type("echo $?") == "0\n"
    await terminal.type("false; sleep 30 &")
    assert terminal.status == 0
    await terminal.type("sleep 30 & false")
    assert terminal.status == 1


async def test_how_a_job_ended_is_told_once(terminal):
    await terminal.type("set +m")
    seen = await terminal.type(
        "true & while kill -0 $! 2>/dev/null; do :; done; jobs; echo --; jobs; echo ."
    )
    told, _, again = seen.partition("--\n")
    assert told.splitlines()[-1].split() == ["[1]+", "Done", "true"]
    assert again == ".\n"
