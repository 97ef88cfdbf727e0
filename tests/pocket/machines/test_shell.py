"""Shells on a machine."""

from __future__ import annotations

import asyncio

import pytest

from tests.pocket.machines.conftest import Driver
from tests.waiting import PATIENCE


async def test_a_new_shell_has_nothing_left_over_but_files(master: Driver) -> None:
    await master.on("master", "cd /tmp; export A=1; B=2; f() { :; }; echo kept > ~/file")
    seen = await master.on(
        "master", "pwd; echo [$A$B]; declare -F | grep -x 'declare -f f'; cat ~/file"
    )
    assert seen.out == "/home/ubuntu\n[]\nkept\n"


async def test_who_and_where(master: Driver) -> None:
    seen = await master.on("master", "whoami; hostname; echo $HOME ~ $USER; sudo whoami")
    assert seen.out == "ubuntu\nmaster\n/home/ubuntu /home/ubuntu ubuntu\nroot\n"


@pytest.mark.parametrize(
    ("script", "out"),
    [
        ("sudo bash -c 'whoami; echo $HOME'", "root\n/root\n"),
        ("bash -c 'sudo whoami'", "root\n"),
        ("echo 'sudo whoami' > s.sh; bash s.sh; sh s.sh", "root\nroot\n"),
        ("echo 'sudo whoami' > s.sh; chmod +x s.sh; ./s.sh", "root\n"),
        ("sudo -u ubuntu whoami", "ubuntu\n"),
        ("sudo -i pwd", "/root\n"),
        ("A=1 sudo bash -c 'echo [$A]'", "[]\n"),
        ("A=1 sudo -E bash -c 'echo [$A]'", "[1]\n"),
        ("sudo A=1 bash -c 'echo [$A]'", "[1]\n"),
        ("echo words | sudo tee /etc/x > /dev/null; cat /etc/x", "words\n"),
        ("printf 'a\\nb\\n' | sudo grep b", "b\n"),
        ("sudo bash -c 'exit 7'; echo $?", "7\n"),
        ("echo x | xargs sudo echo", "x\n"),
    ],
)
async def test_sudo(master: Driver, script: str, out: str) -> None:
    assert (await master.on("master", script)).out == out


@pytest.mark.parametrize(
    ("script", "status", "text"),
    [
        ("sudo nope", 1, "sudo: nope: command not found\n"),
        ("sudo -u bob true", 1, "sudo: unknown user bob"),
        ("sudo", 1, "usage: sudo"),
        ("sudo --nope true", 1, "unrecognized option '--nope'"),
        ("nope", 127, "nope: command not found\n"),
        ("kubectl get nodes", 127, "kubectl: command not found\n"),
    ],
)
async def test_what_cannot_be_run(master: Driver, script: str, status: int, text: str) -> None:
    done = await master.on("master", script)
    assert (done.status, text in done.err) == (status, True), done


@pytest.mark.parametrize(
    ("script", "out"),
    [
        ("echo 'echo got $1 as $0' > s; cat s | sh -s - one", "got one as sh\n"),
        ("echo 'echo $A' | A=1 sh -", "1\n"),
        ("echo 'echo $A' | A=1 bash", "1\n"),
        ("echo 'exit 3' | sh; echo $?", "3\n"),
        ("echo 'echo $#' | bash -s -- a 'b c'", "2\n"),
        ("echo 'false; echo no' | sh -e; echo $?", "1\n"),
        ("bash -c 'echo $0 $1' name first", "name first\n"),
        ("bash <<'X'\necho $((1 + 1))\nX", "2\n"),
        ("bash -c \"bash -c 'echo deep'\"", "deep\n"),
    ],
)
async def test_scripts_from_a_pipe(master: Driver, script: str, out: str) -> None:
    done = await master.on("master", script)
    assert done.out == out


async def test_exec_keeps_words_apart(master: Driver) -> None:
    done = await master("exec", "master", "--", "printf", "%s|", "a b", "$HOME", "*", "", "'q'")
    assert done.out == "a b|$HOME|*||'q'|"


async def test_exec_with_variables_and_arguments(master: Driver) -> None:
    words = ("env", "A=a b", "B=$x", "bash", "-c", 'echo "$A" "$B" "$1"', "bash", "one two")
    done = await master("exec", "-n", "master", "--", *words)
    assert done.out == "a b $x one two\n"


async def test_exec_in_a_directory(master: Driver) -> None:
    assert (await master("exec", "-d", "/etc", "master", "--", "pwd")).out == "/etc\n"


async def test_standard_input(master: Driver) -> None:
    assert (await master.on("master", "cat; echo end", stdin=b"given\n")).out == "given\nend\n"
    assert (await master("exec", "master", "--", "wc", "-c", stdin=b"abc")).out.strip() == "3"
    assert (await master.on("master", "exit 4", stdin=b"unread")).status == 4


async def test_bad_grammar_is_said_and_harms_nothing(master: Driver) -> None:
    done = await master.on("master", "echo 'open")
    assert done.status == 2
    assert "unexpected EOF" in done.err
    assert (await master.on("master", "echo fine")).out == "fine\n"


async def test_commands_on_one_machine_run_side_by_side(master: Driver) -> None:
    meet = "until test -e ~/0 -a -e ~/1 -a -e ~/2 -a -e ~/3; do sleep 0.05; done"
    each = (master.on("master", f"echo {n} > ~/{n}; {meet}; cat ~/{n}") for n in range(4))
    async with asyncio.timeout(PATIENCE):  # in a row, the first would wait for ever
        done = await asyncio.gather(*each)
    assert [one.out for one in done] == ["0\n", "1\n", "2\n", "3\n"]


async def test_a_command_that_is_cancelled_leaves_the_machine_usable(master: Driver) -> None:
    running = asyncio.create_task(master.on("master", "touch ~/begun; sleep 600; touch ~/ended"))
    machine = master.lab.fleet.machines["master"]
    while machine.read("/home/ubuntu/begun") is None:
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not machine.sessions
    assert (await master.on("master", "ls ~")).out == "begun\n"


async def test_stopping_a_machine_ends_what_runs_there(master: Driver) -> None:
    running = asyncio.create_task(master.on("master", "touch ~/begun; sudo sleep 600"))
    while master.lab.fleet.machines["master"].read("/home/ubuntu/begun") is None:
        await asyncio.sleep(0.01)
    assert (await master("stop", "master")).status == 0
    assert (await running).status == 255


async def test_multipass_on_the_laptop(master: Driver) -> None:
    script = "IP=$(multipass info master | grep IPv4 | awk '{print $2}'); echo $IP"
    address = master.lab.fleet.machines["master"].address
    assert (await master.on("host", script)).out == f"{address}\n"
    assert (await master.on("host", "multipass exec master -- hostname")).out == "master\n"
    assert (await master.on("host", "hostname; multipass nope")).status == 1
    await master.on("host", "echo hi > f; multipass transfer f master:g")
    assert (await master.on("master", "cat g")).out == "hi\n"
    assert (await master.on("master", "multipass list")).status == 127
