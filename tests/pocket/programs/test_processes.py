"""`ps`, `pgrep`, `pkill`, `killall`: they obey what they are asked, or refuse it."""

from __future__ import annotations

import pytest


@pytest.fixture
async def machine(on):
    await on("master", "curl -sfL https://get.k3s.io | sh -")
    return on


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("ps -eo rss --sort=-rss | sed -n 2p; ps -eo rss k rss | sed -n 2p", "520000\n     0\n"),
        ("ps aux --sort -%mem | sed -n 2p | cut -d/ -f4-", "bin/k3s server\n"),
        ("ps -e -o pid= --sort=-pid | tail -1", "      1\n"),
        ("ps -eo user,pid --sort=user,-pid | awk '$1==\"root\"' | tail -1", "root           1\n"),
        ("ps axo comm,pid h | sort | grep -c k3s", "1\n"),
        ("ps -p 1,2 -o pid,comm", "    PID COMMAND\n      1 init\n      2 kthreadd\n"),
        ("ps 1 2 | awk '{print $1}'", "PID\n1\n2\n"),
        ("ps -o pid=NUMBER -p1", " NUMBER\n      1\n"),
        ("ps --ppid 1 -o comm= | grep k3s", "k3s\n"),
        ("ps -u message+ -o comm=", "@dbus-daemon\n"),
        ("ps ax | head -1", "    PID TTY      STAT   TIME COMMAND\n"),
        ("ps -p 99999; echo $?", "    PID TTY          TIME CMD\n1\n"),
        ("ps -ef --no-headers | head -1 | awk '{print $1, $2}'", "root 1\n"),
        ("ps -e --forest | grep -c '\\\\_ '", "TREE"),
    ],
)
async def test_ps_shows_what_is_asked_for(machine, line, out):
    typed = await machine("master", line)
    if out == "TREE":
        assert int(typed.out) > 3
    else:
        assert (typed.out, typed.err) == (out, "")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ps --sort=foo", "error: unknown sort specifier"),
        ("ps --sort", "error: long sort specification must follow --sort"),
        ("ps --foo", "error: unknown gnu long option"),
        ("ps -B", "error: unsupported SysV option"),
        ("ps aB", "error: unsupported option (BSD syntax)"),
        ("ps aux -o pid", "error: conflicting format options"),
        ("ps -o foo", 'error: unknown user-defined format specifier "foo"'),
        ("ps -p", "error: list missing"),
        ("ps -L", "error: the pocket lab's ps has no -L"),
        ("ps axl", "error: the pocket lab's ps has no l"),
        ("pgrep", "pgrep: no matching criteria specified"),
        ("pgrep a b", "pgrep: only one pattern can be provided"),
        ("pgrep -z a", "pgrep: invalid option -- 'z'"),
        ("pkill -FOO a", "pkill: FOO: unknown signal"),
        ("killall nosuch", "nosuch: no process found"),
    ],
)
async def test_what_they_refuse(machine, line, said):
    typed = await machine("master", line)
    assert said in typed.err
    assert typed.status


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("pgrep -u root -x k3s > n; ps -o comm= -p $(cat n)", "k3s\n"),
        ("pgrep -u ubuntu k3s; echo $?", "1\n"),
        ("pgrep -l kthr", "2 kthreadd\n"),
        ("pgrep -a -P 0 init", "1 /sbin/init\n"),
        ("pgrep -d, 'kthreadd|init'", "1,2\n"),
        ("pgrep -o .; pgrep -c -f 'k3s server'", "1\n1\n"),
        ("pgrep -i KTHREADD", "2\n"),
        ("pidof init kthreadd; pidof -s init kthreadd; pidof nosuch; echo $?", "2 1\n2\n1\n"),
    ],
)
async def test_processes_are_found(machine, line, out):
    assert (await machine("master", line)).out == out


async def test_only_what_is_ones_own(machine):
    typed = await machine(
        "master", "pkill k3s; echo $?; pkill -0 init; sudo pkill -0 init; echo $?"
    )
    assert typed.out == "1\n0\n"
    assert "Operation not permitted" in typed.err


async def test_a_daemon_lives_through_what_only_tells_it_something(machine):
    typed = await machine(
        "master", "sudo pkill -HUP cron; pgrep -c cron; sudo pkill cron; pgrep -c cron"
    )
    assert typed.out == "1\n0\n"


async def test_what_cannot_be_ended_says_so(machine):
    typed = await machine("master", "sudo kill -9 2; echo $?; sudo pkill kthreadd; echo $?")
    assert typed.out == "1\n1\n"
    assert typed.err.count("the pocket lab ends only jobs and services") == 2


async def test_the_lock_of_a_descriptor_is_warned_of(on):
    """Which file a descriptor leads to is the interpreter's, and nobody can be kept out."""
    typed = await on("master", "exec 9>/tmp/lock; flock -n 9 && echo got; flock x; echo $?")
    assert typed.out == "got\n64\n"
    warned, wrong = typed.err.splitlines()
    assert warned.startswith("flock: 9: the pocket lab does not know the file of a descriptor")
    assert wrong == "flock: bad file descriptor: 'x'"
