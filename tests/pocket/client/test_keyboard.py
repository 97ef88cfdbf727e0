"""What is typed while a command runs, at a real terminal of the system's."""

from __future__ import annotations

import json
import os
import queue
import sys
import termios
from collections.abc import Iterator

import pytest
from prompt_toolkit.input import DummyInput
from prompt_toolkit.input.typeahead import get_typeahead

from owlab.pocket.client.keyboard import LOCAL, AnsweringKeyboard
from owlab.pocket.client.typed_ahead import TypedAhead


class Desk:
    """A terminal, who types at it, and what reaches the run."""

    def __init__(self) -> None:
        self.hand, self.screen = os.openpty()
        self.source = DummyInput()
        self.ahead = TypedAhead(self.source)
        self.sent: queue.Queue[bytes] = queue.Queue()
        self.keyboard: AnsweringKeyboard

    def ask(self, **wanted: object) -> None:
        self.keyboard.asked(json.dumps(wanted))

    def types(self, text: str) -> None:
        os.write(self.hand, text.encode())

    def modes(self) -> tuple[bool, bool]:
        """Whether it echoes, and hands over lines."""
        local = termios.tcgetattr(self.screen)[LOCAL]
        return bool(local & termios.ECHO), bool(local & termios.ICANON)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk()
    with os.fdopen(made.screen, "r", closefd=True) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        made.keyboard = AnsweringKeyboard("r1", made.sent.put, made.ahead)
        yield made
    os.close(made.hand)


@pytest.mark.parametrize(
    ("wanted", "typed", "sent", "modes"),
    [
        ({}, "hello\n", b"hello\n", (True, True)),
        ({"echo": False}, "secret\n", b"secret\n", (False, True)),
        ({"keys": 1}, "y", b"y", (True, False)),
        ({"keys": 3, "echo": False}, "abc", b"abc", (False, False)),
    ],
)
def test_what_is_asked_for_is_sent(
    desk: Desk, wanted: dict[str, object], typed: str, sent: bytes, modes: tuple[bool, bool]
) -> None:
    assert desk.modes() == (True, True)
    desk.ask(**wanted)
    assert desk.modes() == modes
    desk.types(typed)
    assert desk.sent.get(timeout=10) == sent
    desk.keyboard.close()
    assert desk.modes() == (True, True)


def test_one_question_after_another(desk: Desk) -> None:
    desk.ask(echo=False)
    desk.types("secret\n")
    assert desk.sent.get(timeout=10) == b"secret\n"
    desk.ask(keys=1)
    desk.types("y")
    assert desk.sent.get(timeout=10) == b"y"
    desk.ask()
    assert desk.modes() == (True, True)
    desk.types("a line\n")
    assert desk.sent.get(timeout=10) == b"a line\n"
    desk.keyboard.close()


def test_what_nobody_reads_stays_in_the_terminal(desk: Desk) -> None:
    desk.ask()
    desk.ask(stop=True)
    desk.types("for the prompt\n")
    desk.keyboard.close()
    assert desk.sent.empty()
    assert os.read(desk.screen, 100) == b"for the prompt\n"


@pytest.mark.parametrize(
    ("wanted", "ahead", "sent", "shown", "left"),
    [
        ({}, "one\rtwo", b"one\n", "one\n", "two"),
        ({"echo": False}, "one\rtwo", b"one\n", "", "two"),
        ({"keys": 2}, "abc", b"ab", "ab", "c"),
    ],
)
def test_what_was_typed_too_early(
    desk: Desk,
    wanted: dict[str, object],
    ahead: str,
    sent: bytes,
    shown: str,
    left: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk.ahead.put(ahead)
    desk.ask(**wanted)
    assert desk.sent.get(timeout=10) == sent
    assert capsys.readouterr().out == shown
    desk.keyboard.close()
    assert "".join(press.data for press in get_typeahead(desk.source)) == left


def test_somebody_else_has_the_terminal_for_a_while(desk: Desk) -> None:
    desk.ask(keys=1, echo=False)
    desk.keyboard.suspended()
    assert desk.modes() == (True, True)
    desk.ask(keys=1, echo=False)
    assert desk.modes() == (False, False)
    desk.types("q")
    assert desk.sent.get(timeout=10) == b"q"
    desk.keyboard.close()
    assert desk.modes() == (True, True)
