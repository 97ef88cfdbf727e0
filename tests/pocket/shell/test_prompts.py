"""What a prompt shows, and what a shell knows of itself."""

from __future__ import annotations

from datetime import datetime

import pytest

from owlab.pocket.bash.parameters import told
from owlab.pocket.shell.prompting import prompted
from owlab.pocket.shell.prompts import DEFAULT, PromptFacts, drawn

FACTS = PromptFacts(
    user="ubuntu",
    machine="master",
    cwd="/home/ubuntu/src/web",
    home="/home/ubuntu",
    root=False,
    jobs=2,
    terminal="pts/3",
    now=datetime(2026, 11, 26, 9, 5, 7),
    number=4,
)


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        (r"\u@\h:\w\$ ", "ubuntu@master:~/src/web$ "),
        (r"[\W] \j \l \! > ", "[web] 2 3 4 > "),
        (r"\t|\A|\@|\D{%Y}|", "09:05:07|09:05|09:05 AM|2026|"),
        (r"\[\e[1m\]x\[\033[0m\]\n\\$ ", "\x1b[1mx\x1b[0m\n\\$ "),
        (r"\s-\v\$ ", "bash-5.2$ "),
        (r"\q", r"\q"),
        (DEFAULT, "\x1b[01;32mubuntu@master\x1b[00m:\x1b[01;34m~/src/web\x1b[00m$ "),
    ],
)
def test_backslashes(template: str, shown: str) -> None:
    assert drawn(template, FACTS) == shown


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
