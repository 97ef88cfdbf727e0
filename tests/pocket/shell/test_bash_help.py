"""What bash tells of itself: `help`, and its builtins, of which some are functions of the lab."""

from __future__ import annotations

import subprocess

import pytest

from owlab.pocket.programs.bash_help import builtins, topics
from tests.pocket.programs.conftest import Type


def real(script: str) -> str:
    """What this computer's bash says, where it is of the machines' version."""
    told = subprocess.run(["bash", "-c", f"echo $BASH_VERSION; {script}"], capture_output=True)
    version, _, text = told.stdout.decode().partition("\n")
    if not version.startswith("5.2."):
        pytest.skip(f"this computer's bash is {version}, not 5.2")
    return text


def test_every_builtin_of_bash_has_its_line() -> None:
    assert list(builtins()) == sorted(real("compgen -b").split())
    known = [topic for topic in topics() if topic.name[0] not in "([{j" and topic.name[:3] != "for"]
    names = " ".join(topic.name for topic in known)
    told = real(f"for n in {names}; do help -s -- $n; done")
    assert "".join(f"{topic.name}: {topic.synopsis}\n" for topic in known) == told
    assert all(topic.about.endswith(".") and len(topic.about) < 70 for topic in topics())


@pytest.mark.parametrize("width", [80, 101, 140])
async def test_the_list_is_laid_out_as_bashs(on: Type, width: int) -> None:
    ours = (await on("master", f"COLUMNS={width} help")).out.partition("\n\n")[2]
    theirs = real(f"COLUMNS={width} help").partition(" job_spec")
    assert ours.splitlines() == [line.rstrip() for line in f"{theirs[1]}{theirs[2]}".splitlines()]


@pytest.mark.parametrize(
    ("line", "out", "err", "status"),
    [
        ("help cd", "cd: cd [-L|[-P [-e]] [-@]] [dir]\n    Change the working directory.\n", "", 0),
        ("help -d pwd", "pwd - Write the working directory.\n", "", 0),
        ("help -s pwd cd", "pwd: pwd [-LP]\ncd: cd [-L|[-P [-e]] [-@]] [dir]\n", "", 0),
        ("help -ds tru", "true - Succeed.\n", "", 0),
        ("help -s 'tr*'", "Shell commands matching keyword `tr*'\n\n"
         "trap: trap [-lp] [[arg] signal_spec ...]\ntrue: true\n", "", 0),
        ("help -m true", "NAME\n    true - Succeed.\n\nSYNOPSIS\n    true\n\n"
         "SEE ALSO\n    bash(1)\n\n", "", 0),
        ("help -s -- [", "[: [ arg... ]\n", "", 0),
        ("help --help | head -1", "help: help [-dms] [pattern ...]\n", "", 0),
        ("help nope true -s", "true: true\n    Succeed.\n",
         "bash: help: no help topics match `nope'.  Try `help help' or `man -k nope' or `info "
         "nope'.\nbash: help: no help topics match `-s'.  Try `help help' or `man -k -s' or `info "
         "-s'.\n", 1),
        ("help -x", "",
         "bash: help: -x: invalid option\nhelp: usage: help [-dms] [pattern ...]\n", 2),
        ("help() { echo mine; }; help", "mine\n", "", 0),
        ("type history fc help jobs", "history is a shell builtin\nfc is a shell builtin\n"
         "help is a shell builtin\njobs is a shell builtin\n", "", 0),
        ("command -V history", "history is a shell builtin\n", "", 0),
        ("type -t history; type -t cd; type -t ls; type -t if; type -t fc",
         "builtin\nbuiltin\nfile\nkeyword\nbuiltin\n", "", 0),
        ("history() { :; }; type -t history; type history",
         "function\nhistory is a function\nhistory () \n{ \n    :\n}\n", "", 0),
        ("declare -F; compgen -A function", "", "", 1),
        ("compgen -b | grep -c owlab; compgen -b w", "0\nwait\n", "", 0),
        ("enable -a | grep -v '^enable [a-z:.[]*$'; enable | tail -1", "enable wait\n", "", 0),
    ],
)  # fmt: skip
async def test_told(on: Type, line: str, out: str, err: str, status: int) -> None:
    typed = await on("master", line)
    assert (typed.out, typed.err, typed.status) == (out, err, status)
