"""`wsk --help`, of each command: the real one's form, with every flag that the command has."""

from __future__ import annotations

import re

import pytest

from owlab.pocket.programs.wsk.flags import FLAGS, GLOBAL, PROJECT
from owlab.pocket.programs.wsk.helptext import ALONE, GROUPS, VERBS, help_text
from owlab.pocket.programs.wsk.main import COMMANDS

from .conftest import Shell

FLAG = re.compile(r"  (?:-(\w), |    )--([\w-]+)")


def flags_in(text: str, title: str) -> list[tuple[str, str]]:
    """The letters and names below a title."""
    block = text.partition(f"\n{title}:\n")[2].partition("\n\n")[0]
    return [(found[1] or "", found[2]) for found in map(FLAG.match, block.splitlines()) if found]


@pytest.mark.parametrize("path", FLAGS, ids=" ".join)
def test_a_command_tells_its_flags(path: tuple[str, ...]) -> None:
    text = help_text([*path])
    assert f"\nUsage:\n  wsk {' '.join(path)}" in text or text.startswith("Usage:")
    assert re.search(r"Usage:\n  wsk [^\n]+ \[flags\]\n", text)
    shared = {flag.name for flag in GLOBAL}
    mine = [(flag.short, flag.name) for flag in FLAGS[path] if flag.name not in shared]
    told = mine if path[0] != "project" else []
    assert flags_in(text, "Flags") == sorted([*told, ("h", "help")], key=lambda pair: pair[1])
    everywhere = [(flag.short, flag.name) for flag in GLOBAL]
    if path[0] == "project":
        names = {flag.name for flag in PROJECT}
        everywhere = [pair for pair in everywhere if pair[1] not in names]
        everywhere += [(flag.short, flag.name) for flag in PROJECT]
    assert flags_in(text, "Global Flags") == sorted(everywhere, key=lambda pair: pair[1])


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_tells_its_commands(group: str) -> None:
    assert set(VERBS[group]) == set(COMMANDS[group])
    text = help_text([group])
    assert text.startswith(f"{GROUPS[group]}\nUsage:\n  wsk {group} [command]\n\n")
    rows = text.partition("Available Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert rows == [f"  {verb:<11} {told.about}" for verb, told in sorted(VERBS[group].items())]
    assert text.endswith(
        f'Use "wsk {group} [command] --help" for more information about a command.\n'
    )
    assert help_text([group, "bogus"]) == text


def test_wsk_tells_its_commands() -> None:
    text = help_text([])
    rows = text.partition("Available Commands:\n")[2].partition("\n\n")[0].splitlines()
    names = [row.split()[0] for row in rows]
    assert names == sorted([*GROUPS, *ALONE, "help"])
    assert ("h", "help") in flags_in(text, "Flags") and "Global Flags" not in text


def test_flags_say_what_they_take_and_their_default() -> None:
    text = help_text(["action", "create"])
    assert re.search(r"^  -m, --memory LIMIT +\S.*\(default 256\)$", text, re.MULTILINE)
    assert re.search(r"^      --copy +treat ACTION", text, re.MULTILINE)
    assert re.search(
        r'^      --format TYPE +.*\(default "json"\)$', help_text(["api", "get"]), re.M
    )
    update = help_text(["action", "update"])
    assert re.search(r"^      --del-annotation stringArray +\S", update, re.MULTILINE)


@pytest.mark.parametrize(
    ("line", "like"),
    [
        ("wsk", "wsk --help"),
        ("wsk help", "wsk --help"),
        ("wsk -v", "wsk --help"),
        ("wsk --help action", "wsk --help"),
        ("wsk action --help create", "wsk action --help"),
        ("wsk action", "wsk action --help"),
        ("wsk action bogus", "wsk help action"),
        ("wsk action help create", "wsk help action"),
        ("wsk help action create", "wsk action create -h"),
        ("wsk help help", "wsk help -h"),
    ],
)
async def test_ways_to_ask_for_help(shell: Shell, line: str, like: str) -> None:
    told, same = await shell(line), await shell(like)
    assert (told.status, told.err) == (0, "")
    assert told.out == same.out != ""


async def test_unknown_words(shell: Shell) -> None:
    ran = await shell("wsk help bogus")
    assert ran.status == 0 and ran.out == ""
    assert ran.err.startswith("Unknown help topic [`bogus`]\nUsage:\n  wsk [command]\n")
    ran = await shell("wsk actoin list")
    assert ran.status == 1 and ran.err == (
        'Error: unknown command "actoin" for "wsk"\n\nDid you mean this?\n\taction\n\n'
        "Run 'wsk --help' for usage.\n"
        'unknown command "actoin" for "wsk"\n\nDid you mean this?\n\taction\n\n'
    )
    ran = await shell("wsk p")
    assert "Did you mean this?\n\tpackage\n\tproperty\n\tapi\n\tproject\n\n" in ran.err
    assert "Did you mean" not in (await shell("wsk bogus")).err


@pytest.mark.parametrize(
    ("command", "flag", "told"),
    [
        ("action create", "concurrency LIMIT", "1"),
        ("action update", "concurrency LIMIT", "1"),
        ("action create", "memory LIMIT", "256"),
        ("action create", "logsize LIMIT", "10"),
        ("action create", "timeout LIMIT", "60000"),
        ("action list", "limit LIMIT", "30"),
        ("activation list", "limit LIMIT", "30"),
        ("api list", "limit LIMIT", "30"),
        ("action list", "skip SKIP", None),
        ("api create", "response-type TYPE", '"json"'),
    ],
)
def test_a_flag_tells_what_it_is_without(command: str, flag: str, told: str | None) -> None:
    lines = help_text(command.split()).splitlines()
    [line] = [line for line in lines if f"--{flag} " in line]
    assert (line.rpartition(" (default ")[2].rstrip(")") if "(default" in line else None) == told
