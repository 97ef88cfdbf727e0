"""What a prompt shows, and what a shell knows of itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from owlab.pocket.bash.parameters import told
from owlab.pocket.shell.prompting import prompted, remember
from owlab.pocket.shell.prompts import DEFAULT, PromptFacts, drawn

FACTS = PromptFacts(
    user="ubuntu",
    machine="master",
    cwd="/home/ubuntu/src/web",
    home="/home/ubuntu",
    root=False,
    jobs=2,
    terminal="pts/3",
    now=datetime(2026, 11, 26, 21, 5, 7),
    number=4,
    place=17,
)


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        (r"\u@\h:\w\$ ", "ubuntu@master:~/src/web$ "),
        (r"[\W] \j \l \# \! > ", "[web] 2 3 4 17 > "),
        (
            r"\t|\T|\A|\@|\d|\D{%Y}|\D{}",
            "21:05:07|09:05:07|21:05|09:05 PM|Thu Nov 26|2026|21:05:07",
        ),
        (r"\u|\h|\H|\w|\W|\s|\v|\V", "ubuntu|master|master|~/src/web|web|bash|5.2|5.2.21"),
        (r"\n|\r|\e|\a|\[|\]|\\|\101|\7|", "\n|\r|\x1b|\a|||\\|A|\\7|"),
        (r"\[\e[1m\]x\[\033[0m\]\n\\$ ", "\x1b[1mx\x1b[0m\n\\$ "),
        (r"\s-\v\$ ", "bash-5.2$ "),
        (r"\q", r"\q"),
        (DEFAULT, "\x1b[01;32mubuntu@master\x1b[00m:\x1b[01;34m~/src/web\x1b[00m$ "),
    ],
)
def test_backslashes(template: str, shown: str) -> None:
    assert drawn(template, FACTS) == shown


@pytest.mark.parametrize(
    ("cwd", "home", "long", "short"),
    [
        ("/home/ubuntu", "/home/ubuntu", "~", "~"),
        ("/home/ubuntu", "/home/ubuntu/", "~", "~"),
        ("/home/ubuntu2", "/home/ubuntu", "/home/ubuntu2", "ubuntu2"),
        ("/home", "/home/ubuntu", "/home", "home"),
        ("/", "/home/ubuntu", "/", "/"),
        ("/", "/", "/", "/"),
        ("/etc", "/", "/etc", "etc"),
    ],
)
def test_folders(cwd: str, home: str, long: str, short: str) -> None:
    assert drawn(r"\w|\W", replace(FACTS, cwd=cwd, home=home)) == f"{long}|{short}"


def test_root_has_another_sign() -> None:
    assert drawn(r"\$", replace(FACTS, root=True)) == "#"


@pytest.mark.parametrize(
    ("script", "after"),
    [
        ("echo $$ ${$} \"$$\" '$$' \\$$ # $$", "echo 7 7 \"7\" '$$' \\$$ # $$"),
        ("cat <<'E'\n$$\nE\necho $$", "cat <<'E'\n$$\nE\necho 7"),
        ("cat <<E\n$$\nE", "cat <<E\n7\nE"),
        ("cat <<'A' <<\"B\"\n$$\nA\n$$\nB\n$$", "cat <<'A' <<\"B\"\n$$\nA\n$$\nB\n7"),
        ("cat <<<'$$'\necho $$", "cat <<<'$$'\necho 7"),
        ('echo "it\'s $$"', 'echo "it\'s 7"'),
        ("echo $# $0 ${0##*/}", "echo $# bash ${0##*/}"),
    ],
)
def test_parameters(script: str, after: str) -> None:
    assert told(script, {"$": "7", "0": "bash"}) == after


async def drop(data: bytes) -> None:
    return None


async def test_prompts_of_the_shell(master):
    session = master.session(tty=True)
    assert await prompted(session, drop, drop) == (
        "\x1b[01;32mubuntu@master\x1b[00m:\x1b[01;34m~\x1b[00m$ ",
        "> ",
    )
    await session.type(r"PS1='$(echo a\"b; whoami) $x \w> '; PS2=': '; x=1", drop, drop, 0)
    assert await prompted(session, drop, drop) == ('a"b\nubuntu 1 ~> ', ": ")


async def test_commands_and_lines_are_counted(master):
    """The history knows what earlier shells were told, and leaves out what it is told to."""
    master.files.write_file("/home/ubuntu/.bash_history", b"a\nb\nc\n")
    session = master.session(tty=True)
    await session.type(r"PS1='\# \!'; HISTCONTROL=ignoredups", drop, drop, 0)
    session.history.load(session.files, "/home/ubuntu/.bash_history")
    shown = [(await prompted(session, drop, drop))[0]]
    for line in ("true", "true", "false"):
        remember(session, line)
        await session.type(line, drop, drop, 0)
        shown.append((await prompted(session, drop, drop))[0])
    assert shown == ["2 4", "3 5", "4 5", "5 6"]


async def test_what_a_shell_reads_first(master):
    files = {
        "/home/ubuntu/.profile": "echo profile; . ~/.bashrc",
        "/home/ubuntu/.bashrc": "echo bashrc; X=1",
        "/etc/profile.d/lab.sh": "echo lab",
    }
    for path, text in files.items():
        master.files.write_file(path, text.encode())
    for login, lines in ((True, ["lab", "profile", "bashrc"]), (False, ["bashrc"])):
        shown = bytearray()

        async def show(data: bytes, shown: bytearray = shown) -> None:
            shown.extend(data)

        session = master.session(tty=True, login=login, env={"SHLVL": "1"})
        master.files.write_file("/home/ubuntu/.sudo_as_admin_successful", b"")
        await prompted(session, show, show)
        assert shown.decode().split() == lines
