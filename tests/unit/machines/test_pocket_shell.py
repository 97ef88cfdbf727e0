"""The pocket lab's ``multipass`` as a function: what callers see is as of a process."""

from __future__ import annotations

import threading

import pytest

from owlab.errors import CommandTimeout
from owlab.machines.pocket_shell import PocketShell
from owlab.shell import Finished
from tests.waiting import PATIENCE

BINARY = "/somewhere/bin/multipass"


class Line:
    """A command line that waits until somebody hangs up."""

    def __init__(self) -> None:
        self.hung_up = threading.Event()
        self.under_way = threading.Event()

    def hang_up(self) -> None:
        self.hung_up.set()

    def __call__(self, words, *, stdin, out, err, opened):
        opened(self)
        out(b"half a line")
        self.under_way.set()
        assert self.hung_up.wait(PATIENCE)
        return 255


def test_a_line_that_ends():
    def multipass(words, *, stdin, out, err, opened):
        assert (words, stdin) == (["exec", "master"], b"in")
        for byte in "größer\n".encode():
            out(bytes([byte]))
        err(b"bad: \xff\n")
        return 4

    shown: list[tuple[str, str]] = []
    shell = PocketShell(BINARY, multipass)
    done = shell.run(
        [BINARY, "exec", "master"], stdin=b"in", on_output=lambda *piece: shown.append(piece)
    )
    assert (done.exit_code, done.stdout, done.stderr) == (4, "größer\n", "bad: \ufffd\n")
    assert "".join(text for name, text in shown if name == "stdout") == done.stdout


def test_what_takes_too_long_is_ended():
    line = Line()
    with pytest.raises(CommandTimeout) as caught:
        PocketShell(BINARY, line).run([BINARY, "exec"], timeout=0.2)
    assert line.hung_up.is_set()
    assert "half a line" in caught.value.details


def test_cancelling_ends_what_is_under_way_and_what_comes():
    line = Line()
    shell = PocketShell(BINARY, line)
    ended: list[object] = []

    def run() -> None:
        try:
            ended.append(shell.run([BINARY, "exec"], timeout=PATIENCE))
        except KeyboardInterrupt as interrupt:
            ended.append(interrupt)

    thread = threading.Thread(target=run)
    thread.start()
    assert line.under_way.wait(PATIENCE)
    shell.cancel()
    thread.join(PATIENCE)
    assert [type(end) for end in ended] == [KeyboardInterrupt]
    with pytest.raises(KeyboardInterrupt):
        shell.run([BINARY, "exec"], timeout=PATIENCE)
    shell.resume()
    assert isinstance(shell.run(["echo", "alive"]), Finished)


def test_other_programs_are_processes():
    assert PocketShell(BINARY, Line()).run(["echo", "hi"]).stdout == "hi\n"
