"""Which commands of a script ask the terminal for a line, and how often."""

from __future__ import annotations

import pytest

from owlab.pocket.bash.terminal_reads import asking

from .test_keyboard import session, typed

__all__ = ["session"]


def asked(script: str, shows: bool = False) -> str:
    """The script as it is run, with short names of the lab's own."""
    made = asking(script, frozenset({"cat", "sudo"}), frozenset({"echo", "true"}), shows=shows)
    return made.replace("__owlab_", "")


def wrapped(text: str, words: str = " --all") -> str:
    return f'{{ if [ -n "$tty" ]; then {text} < <(tty=1 line{words}); else {text}; fi; }}'


@pytest.mark.parametrize("name", ["sort", "wc", "sed x", "awk x", "jq x", "read x", "mapfile x"])
@pytest.mark.parametrize("behind", ["a | {}", "{} < f", "{} <<< f", "{} <<E\nE\n"])
def test_what_reads_something_else_is_left_alone(name, behind):
    script = behind.format(name)
    assert asked(script) == script


@pytest.mark.parametrize(
    ("script", "asks"),
    [
        *((f"{name}", True) for name in ("sort", "wc", "nl", "tac", "uniq", "md5sum", "od")),
        *((f"{name} f", False) for name in ("sort", "wc", "nl", "tac", "uniq", "md5sum", "od")),
        ("sort -r", True),
        ("sort -r f", False),
        ("wc -l -", True),
        *((f"{name} x", True) for name in ("sed", "awk", "jq")),
        *((f"{name} x f", False) for name in ("sed", "awk", "jq")),
        *((name, False) for name in ("sed", "awk", "jq")),
        ("sed -n p", True),
        ("sed -e p", False),
        ("sed -ne p", False),
        ("sed -f x", False),
        ("sed -n p f", False),
        ("awk -F: x", True),
        # What the words will be nobody knows before: it may be a file.
        ("sort $f", False),
        ("sort `f`", False),
        ("sort *", False),
        ("sort f?", False),
        ("echo f", False),
        ("true", False),
    ],
)
def test_tools_of_the_interpreter_ask_where_they_name_no_file(script, asks):
    assert asked(script) == (wrapped(script) if asks else script)


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("read a", wrapped("read a", " a")),
        ("read -r a b", wrapped("read -r a b", " -r a b")),
        ("mapfile -t x", wrapped("mapfile -t x")),
        ("read -u 3 a", "read -u 3 a"),
        ("read -u3 a", "read -u3 a"),
        ("read -ru3 a", "read -ru3 a"),
        ("read a < /dev/tty", "{ read a < /dev/tty < <(tty=1 line a); }"),
        ("x | read a < /dev/tty", "x | { read a < /dev/tty < <(tty=1 line a); }"),
        (
            "read -p x a",
            '{ if [ -n "$tty" ]; then line --prompt -p x a && read -p x a < <(tty=1 line -p x a); '
            "else read -p x a; fi; }",
        ),
        ("cat", "tty=$tty cat"),
        ("cat f", "tty=$tty cat f"),
        ("a | cat", "a | tty= cat"),
        ("cat < /dev/tty", "tty=1 cat "),
        ("cat > /dev/tty", "tty=$tty cat > /dev/stderr"),
        ("echo a > /dev/tty", "echo a > /dev/stderr"),
        ("> /dev/tty", "> /dev/stderr"),
        ("./x", "tty=$tty ./x"),
        ("a | ./x", "a | tty= ./x"),
        ("a | f", "a | tty= f"),
        ("a | echo", "a | echo"),
        ("a | $x", "a | $x"),
        ("f", "f"),
        ("x=1 cat", "x=1 tty=$tty cat"),
        ("x=$(cat)", "x=$(tty=$tty cat)"),
    ],
)
def test_who_is_told_of_the_terminal(script, wanted):
    assert asked(script) == wanted


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("ls", True),
        ("ls -l; echo", True),
        ("ls 2> f", True),
        ("ls || echo", True),
        ("ls && echo", True),
        ("ls > f", False),
        ("ls >> f", False),
        ("ls &> f", False),
        ("ls | wc f", False),
        ("ls &", False),
        ("(ls)", False),
        ("x=$(ls)", False),
    ],
)
def test_who_prints_otherwise_on_a_terminal(script, shown):
    without = asked(script)
    assert asked(script, shows=True) == (f"out=1 {without}" if shown else without)


async def test_names_that_are_files_later(session):
    script = "printf 'b\\na\\n' > f; x=f; sort $x; sort f*; sort `echo f`"
    assert await typed(session, script, "typed") == "a\nb\n" * 3
