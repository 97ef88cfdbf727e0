"""What bash remembers of what was typed, and `history` and `fc` of it."""

from __future__ import annotations

import pytest

from owlab.pocket.machines.typed_history import MOST, TypedHistory


@pytest.mark.parametrize(
    ("control", "ignored", "typed", "kept"),
    [
        ("", "", ["a", "a", " b", "", "  ", "c\n"], ["a", "a", " b", "c"]),
        ("ignoredups", "", ["a", "a", "b", "a", " a"], ["a", "b", "a", " a"]),
        ("ignorespace", "", [" a", "\tb", "c", "c"], ["c", "c"]),
        ("ignoreboth", "", [" a", "b", "b", "c"], ["b", "c"]),
        ("ignorespace:ignoredups", "", [" a", "b", "b"], ["b"]),
        ("erasedups", "", ["a", "b", "a", "c"], ["b", "a", "c"]),
        ("", "ls:cd *", ["ls", "ls -l", "cd x", "cd"], ["ls -l", "cd"]),
    ],
)
def test_what_is_remembered(control, ignored, typed, kept):
    history = TypedHistory()
    for line in typed:
        history.add(line, control, ignored)
    assert history.lines == kept


def test_a_screen_is_told_when_lines_went():
    history = TypedHistory(["a", "b"])
    history.add("c", "")
    assert history.generation == 0
    history.add("a", "erasedups")
    assert history.generation == 1
    history.forget(1, 1)
    history.clear()
    assert (history.lines, history.generation) == ([], 3)


async def test_between_shells(master):
    files, path = master.files, "/home/ubuntu/.h"
    first = TypedHistory()
    first.load(files, path)
    first.save(files, path)
    assert not files.exists(path)
    first.add("one", "")
    first.save(files, path)
    assert files.look(path).mode == 0o600
    second = TypedHistory()
    second.load(files, path)
    assert (second.lines, second.generation) == (["one"], 1)
    second.add("two", "")
    first.add("three", "")
    second.save(files, path)
    second.save(files, path)
    files.chmod(path, 0o644)
    first.save(files, path)
    assert files.read_file(path) == b"one\ntwo\nthree\n"
    assert files.look(path).mode == 0o644
    second.forget(1, 1)
    second.add("four", "")
    second.save(files, path)
    assert files.read_file(path) == b"one\ntwo\nthree\nfour\n"
    second.forget(1, 2)
    second.add("five", "")
    second.write(files, path)
    assert files.read_file(path) == b"five\n"
    assert files.look(path).mode == 0o600
    second.save(files, path)
    assert files.read_file(path) == b"five\n"
    files.write_file(path, b"x\n" * (MOST + 9))
    long = TypedHistory()
    long.load(files, path)
    assert len(long.lines) == MOST


def at_terminal(master, lines):
    session = master.session(tty=True)
    session.tells_of_jobs = False
    session.history.lines = list(lines)

    async def type_(text):
        shown = bytearray()

        async def show(data):
            shown.extend(data)

        await session.type(text, show, show, 0)
        return shown.decode()

    return session, type_


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("history", "    1  echo a\n    2  ls\n    3  echo b\n    4  LINE\n"),
        ("history 2", "    3  echo b\n    4  LINE\n"),
        ("history 99 | head -n 1", "    1  echo a\n"),
        ("history 0", ""),
        ("history -x", "bash: history: -x: invalid option\nhistory: usage: "),
        ("history x", "bash: history: x: numeric argument required\n"),
        ("history -d 9", "bash: history: 9: history position out of range\n"),
        ("history -d 0", "bash: history: 0: history position out of range\n"),
        ("history -d x", "bash: history: x: history position out of range\n"),
        ("history -d 3-2", "bash: history: 3-2: history position out of range\n"),
        ("fc -l", "1\t echo a\n2\t ls\n3\t echo b\n"),
        ("fc -l 2", "2\t ls\n3\t echo b\n"),
        ("fc -l 2 2", "2\t ls\n"),
        ("fc -l -1", "3\t echo b\n"),
        ("fc -l ls", "2\t ls\n3\t echo b\n"),
        ("fc -l echo", "3\t echo b\n"),
        ("fc -l nosuch", "bash: fc: no command found\n"),
        ("fc -ln 1 2", "\t echo a\n\t ls\n"),
        ("fc -lr", "3\t echo b\n2\t ls\n1\t echo a\n"),
        ("fc -lnr 2", "\t echo b\n\t ls\n"),
        ("fc 1", "bash: fc: in the pocket lab it lists only"),
    ],
)
async def test_listing(master, line, shown):
    session, type_ = at_terminal(master, ["echo a", "ls", "echo b"])
    session.history.lines.append(line)
    said = await type_(line)
    assert said.startswith(shown.replace("LINE", line)) if shown else said == ""


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("history -c", []),
        ("history -d 1", ["b", "c", "d"]),
        ("history -d 2-3", ["a", "d"]),
        ("history -d -1", ["a", "b", "c"]),
        ("history -d 4", ["a", "b", "c"]),
        ("echo new > h; history -r h", ["a", "b", "c", "d", "new"]),
        ("echo new > h; history -n h", ["a", "b", "c", "d", "new"]),
    ],
)
async def test_forgetting(master, line, left):
    session, type_ = at_terminal(master, "abcd")
    assert await type_(line) == ""
    assert session.history.lines == left


async def test_files_of_ones_own(master):
    _, type_ = at_terminal(master, ["a", "b"])
    await type_("echo old > h; history -a h")
    assert await type_("cat h") == "old\na\nb\n"
    await type_("history -w h")
    assert await type_("cat h; stat -c %a h") == "a\nb\n600\n"
    await type_("HISTFILE=$PWD/own; export HISTFILE; history -w")
    assert await type_("cat own") == "a\nb\n"
    await type_("unset HISTFILE; history -w")
    assert await type_("cat ~/.bash_history") == "a\nb\n"


async def test_a_script_has_none(on):
    assert str(await on("master", "history; fc -l 2>/dev/null; true")) == ""
