"""Commands of people in a pocket lab: what reaches its service, and what is said of failures."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from owlab import extras
from owlab.errors import ProviderError
from owlab.machines import pocket_terminal
from owlab.pocket.client import service_process, terminal
from owlab.pocket.client.service_process import ServiceError
from owlab.pocket.client.wire import Gone

LAB = Path("/lab")


class Stream(io.BytesIO):
    """Notes what was to be seen at each flush."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(data)
        self.seen: list[bytes] = []

    def flush(self) -> None:
        self.seen.append(self.getvalue())


@pytest.mark.parametrize(("is_terminal", "stdin"), [(True, b""), (False, b"piped\n")])
def test_a_command_is_streamed(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, stdin: bytes
) -> None:
    asked: list[Any] = []
    out, err = Stream(), Stream()

    def execute(directory: Path, machine: str, text: str, **more: Any) -> int:
        asked.append((directory, machine, text, more["stdin"]))
        more["out"](b"o1")
        more["err"](b"e")
        more["out"](b"o2")
        return 4

    monkeypatch.setattr(service_process, "execute", execute)
    given = SimpleNamespace(buffer=Stream(b"piped\n"), isatty=lambda: is_terminal)
    streams = {"stdin": given, "stdout": SimpleNamespace(buffer=out)}
    with monkeypatch.context() as changed:
        changed.setattr(
            pocket_terminal, "sys", SimpleNamespace(**streams, stderr=SimpleNamespace(buffer=err))
        )
        assert pocket_terminal.attach(LAB, "master", "true") == 4
    assert asked == [(LAB, "master", "true", stdin)]
    assert (out.seen, err.seen) == ([b"o1", b"o1o2"], [b"e"]), "each piece is shown as it comes"


def test_without_a_command_it_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "run_terminal", lambda directory, machine: 6)
    assert pocket_terminal.attach(LAB, "master", None) == 6


def test_a_service_is_started_at_a_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(extras, "need", asked.append)
    monkeypatch.setattr(service_process, "ensure", lambda *words: asked.append(words))
    pocket_terminal.ensure(LAB)
    pocket_terminal.ensure(LAB, "real")
    assert asked == ["pocket", (LAB, None), "pocket", (LAB, "real")]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ServiceError("b", "d", "r"), ("b", "d", "r")),
        (ServiceError("b"), ("b", "", "Run `owlab doctor`; nothing is lost.")),
        *(
            (
                error,
                (
                    "The connection to the pocket lab was lost.",
                    "why",
                    "Look with `owlab status`; what was answered is kept.",
                ),
            )
            for error in (ConnectionResetError("why"), Gone("why"))
        ),
    ],
)
def test_what_is_refused_or_lost(error: Exception, told: tuple[str, str, str]) -> None:
    with pytest.raises(ProviderError) as refused, pocket_terminal.telling():
        raise error
    assert (refused.value.brief, refused.value.details, refused.value.resolution) == told


def test_our_own_output_that_nobody_takes_is_no_lost_connection() -> None:
    with pytest.raises(BrokenPipeError), pocket_terminal.telling():
        raise BrokenPipeError
