"""What is typed while a command of a terminal runs."""

from __future__ import annotations

import asyncio

import pytest

PATIENCE = 30
ASK = """\
#!/bin/bash
read -p "name? " n
echo "hi $n"
ask() {
    read -rp "again? " m
    echo "m=$m"
}
ask
"""


class Typist:
    """Lines that are typed when they are asked for, and Ctrl-D when there are no more."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.shown, self.errors = bytearray(), bytearray()
        self.asked: list[bool] = []

    async def show(self, data: bytes) -> None:
        self.shown.extend(data)

    async def show_error(self, data: bytes) -> None:
        self.errors.extend(data)

    async def ask(
        self, *, echo: bool = True, keys: int = 0, seconds: float | None = None
    ) -> bytes | None:
        self.asked.append(echo)
        if not self.lines and seconds:
            raise TimeoutError
        if not self.lines:
            return None
        line = self.lines.pop(0)
        if keys and line[keys:]:
            self.lines.insert(0, line[keys:])
        return line[:keys].encode() if keys else f"{line}\n".encode()


@pytest.fixture
def session(master):
    return master.session(tty=True)


async def typed(session, text: str, *lines: str) -> str:
    """Its errors, where prompts are, and then what it printed."""
    typist = Typist(*lines)
    async with asyncio.timeout(PATIENCE):
        await session.type(text, typist.show, typist.show_error, 0, typist)
    return (typist.errors + typist.shown).decode()


async def test_a_question_is_shown_and_answered(session):
    assert await typed(session, "read -rp 'Name? ' a && echo hi $a; b=5; cd /tmp", "Ada") == (
        "Name? hi Ada\n"
    )
    assert await typed(session, "echo $a $b $PWD") == "Ada 5 /tmp\n"


async def test_lines_are_answered_as_they_come(session):
    shown = await typed(
        session, 'echo go; while read l; do echo "<$l>"; [ $l = q ] && break; done', "a", "b", "q"
    )
    assert shown == "go\n<a>\n<b>\n<q>\n"


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("echo hi | (read a; echo got $a)", "got hi\n"),
        ("echo hi | { read a; echo got $a; }", "got hi\n"),
        ("echo hi | if read a; then echo got $a; fi", "got hi\n"),
        ("(read a; echo got $a) <<< hi", "got hi\n"),
        ("(read a; echo got $a); wc -l < /dev/null", "got typed\n0\n"),
        ("{ read a; echo got $a; }; wc -l < /dev/null", "got typed\n0\n"),
    ],
)
async def test_what_reads_a_pipe_asks_nobody(session, script, shown):
    assert await typed(session, script, "typed") == shown


async def test_a_menu(session):
    shown = await typed(session, "select x in red blue; do echo $REPLY $x; break; done", "2")
    assert shown == "1) red\n2) blue\n#? 2 blue\n"


async def test_su_asks_in_vain_and_unseen(session):
    typist = Typist("secret")
    async with asyncio.timeout(PATIENCE):
        await session.type("su; echo $?", typist.show, typist.show_error, 0, typist)
    assert typist.asked == [False]
    assert typist.errors.decode().startswith("Password: \nsu: Authentication failure\n")
    assert typist.shown == b"1\n"


async def test_apt_asks(session):
    shown = await typed(session, "sudo apt-get install nfs-common", "n")
    assert shown.endswith("[Y/n] Abort.\n")


async def test_the_windows_size(session):
    session.size = (97, 31)
    assert await typed(session, "echo $COLUMNS $LINES") == "97 31\n"


@pytest.mark.parametrize(
    ("text", "lines", "shown"),
    [
        ("./ask.sh", ["Ada", "Eve"], "name? again? hi Ada\nm=Eve\n"),
        (
            "ssh-keygen -qf k; ssh-keygen -qf k && echo made",
            ["y"],
            "Overwrite (y/n)? /home/ubuntu/k already exists.\nmade\n",
        ),
        ("bash ask.sh", ["Ada", "Eve"], "name? again? hi Ada\nm=Eve\n"),
        ("sudo bash ./ask.sh", ["Ada", "Eve"], "name? again? hi Ada\nm=Eve\n"),
        (". ./ask.sh", ["Ada", "Eve"], "name? again? hi Ada\nm=Eve\n"),
        ("bash -c 'read x; echo got $x'", ["a b"], "got a b\n"),
        ("x=$(bash -c 'read x; echo $x'); echo =$x", ["q"], "=q\n"),
        ('while read -r l; do echo "<$l>"; done; echo end', ["a", "b"], "<a>\n<b>\nend\n"),
        ("read a; read b; echo $a$b", ["1", "2"], "12\n"),
        ("cat > f; cat f", ["one", "two"], "one\ntwo\n"),
        ("sort; echo end", ["b", "a"], "a\nb\nend\n"),
        ("mapfile -t l; echo ${l[1]}", ["a", "b"], "b\n"),
        ('read -n1 k; read -d : r; echo "$k $r"', ["yes:no"], "y es\n"),
        ("read -t 2 x || echo late", [], "late\n"),
        ("IFS=, read a b || echo end; echo $b", ["1,2"], "2\n"),
        ("read v < /dev/tty; echo $v", ["dev"], "dev\n"),
        ("echo no | { read v; read w < /dev/tty; echo $v $w; }", ["yes"], "no yes\n"),
        ("sudo apt-get install nfs-common | tail -n 1", ["n"], "Abort.\n"),
        ("touch g; rm -i g; ls g 2>/dev/null || echo gone", ["y"], "gone\n"),
    ],
)
async def test_who_reads_the_terminal(session, text: str, lines: list[str], shown: str):
    await typed(session, f"cat > ask.sh <<'E'\n{ASK}E\nchmod +x ask.sh")
    assert (await typed(session, text, *lines)).endswith(shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("printf 'a\\nb\\n' | ./ask.sh", "hi a\nm=b\n"),
        ("printf 'a\\nb\\n' | bash ask.sh", "hi a\nm=b\n"),
        ("echo y | while read l; do echo $l; done", "y\n"),
        ("f() { read x; echo f$x; }; echo 1 | f; f <<< 2", "f1\nf2\n"),
        ("while read l; do cat; done <<< 'a'", ""),
        ("(read x; echo $x) <<E\nhere\nE", "here\n"),
        ("read x < /dev/null || echo none", "none\n"),
        ("cat /dev/null | wc -l", "0\n"),
    ],
)
async def test_what_reads_something_else_asks_nothing(session, text: str, shown: str):
    await typed(session, f"cat > ask.sh <<'E'\n{ASK}E\nchmod +x ask.sh")
    typist = Typist("typed")
    async with asyncio.timeout(PATIENCE):
        await session.type(text, typist.show, typist.show_error, 0, typist)
    assert (typist.shown.decode(), typist.asked) == (shown, [])


async def test_a_password_is_not_shown(session):
    typist = Typist("secret")
    await session.type("read -rsp 'Password: ' p; echo $p", typist.show, typist.show, 0, typist)
    assert typist.asked == [False]


async def test_a_shells_script_keeps_its_last_letter(session):
    assert await typed(session, "bash -c 'echo x'") == "x\n"


async def test_the_marks_of_the_terminal_are_nobody_elses(session):
    shown = await typed(session, "bash -c 'env; export -p'; ./e; sudo env")
    assert "__owlab_tty" not in shown
