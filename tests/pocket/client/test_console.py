"""The terminal's side of a console: what is sent, shown and remembered of its answers."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prompt_toolkit.formatted_text import to_formatted_text

from owlab.pocket.client import container_shell, frames, multipass, running, terminal
from owlab.pocket.client.terminal import RemoteConsole
from owlab.pocket.client.wire import PROTOCOL, Gone

OPEN = {"id": "c1", "left": False, "prompt": "$ ", "welcome": "Welcome\n", "user": "me"}


class Answer:
    """A service's answer, noted when it is hung up."""

    def __init__(self, *sent: tuple[bytes, bytes], status: int = 200, body: bytes = b"") -> None:
        framed = b"".join(frames.frame(kind, data) for kind, data in sent)
        self._file, self.status, self.closed = io.BytesIO(body + framed), status, False

    def read(self, amount: int = -1, /) -> bytes:
        return self._file.read(amount)

    def close(self) -> None:
        self.closed = True


class Service:
    """Opens a console, and answers then with what was laid out."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bytes | None]] = []
        self.answers: list[Any] = [Answer(body=json.dumps(OPEN).encode())]

    def __call__(self, about: dict[str, Any], method: str, path: str, body: bytes | None) -> Any:
        self.asked.append((method, path, body))
        answer = self.answers.pop(0) if self.answers else Answer(status=204)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service()
    monkeypatch.setattr(multipass, "request", made)
    return made


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    about = {"protocol": PROTOCOL, "directory": str(tmp_path), "port": 1, "token": "t", "pid": 7}
    (tmp_path / "daemon.json").write_text(json.dumps(about))
    return tmp_path


@pytest.fixture
def console(service: Service, lab: Path) -> RemoteConsole:
    made = RemoteConsole(lab, "master")
    service.asked.clear()
    return made


def test_a_console_is_opened_on_a_machine(service: Service, lab: Path) -> None:
    made = RemoteConsole(lab, "master")
    ((method, path, body),) = service.asked
    assert (method, path) == ("POST", "/v1/consoles")
    assert json.loads(body or b"") == {"machine": "master", "interactive": False}
    assert not made.left and made.where["prompt"] == "$ "
    made.close()
    assert service.asked[-1] == ("DELETE", "/v1/consoles/c1", None)


SWITCHED = json.dumps({**OPEN, "left": True}).encode()


@pytest.mark.parametrize(
    ("sent", "status", "out", "err", "left"),
    [
        ([(frames.OUT, b"a\n"), (frames.ERR, b"b\n"), (frames.EXIT, b"3")], 3, "a\n", "b\n", False),
        ([(frames.RUN, b"r1"), (frames.BEAT, b""), (frames.EXIT, b"0")], 0, "", "", False),
        ([(frames.SWITCH, SWITCHED), (frames.EXIT, b"0")], 0, "", "", True),
        ([(frames.OUT, b"half")], 255, "half", multipass.NO_STATUS, False),
        # Without a terminal nothing can be asked for, and nothing edited.
        ([(frames.ASK, b"{}"), (frames.EDIT, b"{}"), (frames.EXIT, b"0")], 0, "", "", False),
    ],
)
def test_what_is_typed(
    service: Service,
    console: RemoteConsole,
    sent: list[tuple[bytes, bytes]],
    status: int,
    out: str,
    err: str,
    left: bool,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "30")
    answer = Answer(*sent)
    service.answers = [answer]
    assert console.type("ls\n") == status
    said = capfdbinary.readouterr()
    assert (said.out.decode(), said.err.decode()) == (out, err)
    assert (console.left, answer.closed) == (left, True)
    path = "/v1/consoles/c1?columns=100&lines=30&asks=0"
    assert service.asked == [("POST", path, b"ls\n")]


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        ([b"plain"], False),
        ([terminal.SCREEN], True),
        ([b"x" + terminal.SCREEN + b"y", b"plain"], True),
        ([terminal.SCREEN, terminal.SCREEN_LEFT], False),
        ([terminal.SCREEN + b"y" + terminal.SCREEN_LEFT], False),
        ([terminal.SCREEN_LEFT + terminal.SCREEN], True),
    ],
)
def test_a_program_that_has_the_whole_screen(
    service: Service, console: RemoteConsole, pieces: list[bytes], whole: bool
) -> None:
    sent = [(frames.OUT, piece) for piece in pieces]
    service.answers = [Answer(*sent, (frames.EXIT, b"0"))]
    console.type("less x")
    assert console.whole_screen is whole


def test_what_a_command_prints(service: Service, console: RemoteConsole) -> None:
    sent = [(frames.OUT, b"a "), (frames.ERR, b"no"), (frames.OUT, b"\xff"), (frames.EXIT, b"0")]
    service.answers = [Answer(*sent), Answer(status=404, body=b"gone")]
    assert console.capture("x") == "a \N{REPLACEMENT CHARACTER}"
    with pytest.raises(terminal.NotOpened, match="gone"):
        console.capture("x")


def test_a_service_that_went_away_is_left_in_peace(
    service: Service, console: RemoteConsole
) -> None:
    service.answers = [Gone("x"), OSError("x"), Gone("x")]
    console.suspend()
    console.close()
    console._feeder("r1")(b"x")
    assert [path for _, path, _ in service.asked] == [
        *("/v1/consoles/c1/suspend", "/v1/consoles/c1", "/v1/runs/r1/stdin"),
    ]


@pytest.mark.parametrize(
    ("answers", "status", "err"),
    [
        ([Answer(status=404, body=b"no such machine\n")], 2, "no such machine\n"),
        (
            [Answer(body=json.dumps(OPEN).encode()), Answer(status=410, body=b"it is gone\n")],
            255,
            "it is gone\n",
        ),
        ([Answer(body=json.dumps(OPEN).encode()), Answer((frames.EXIT, b"4"))], 4, ""),
    ],
)
def test_a_script_on_standard_input(
    service: Service,
    lab: Path,
    answers: list[Any],
    status: int,
    err: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service.answers = answers
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"echo a\nexit 4\n")))
    assert terminal.run_terminal(lab, "master") == status
    assert capsys.readouterr().err == err
    if status == 4:
        assert service.asked[1][2] == b"echo a\nexit 4\n"
        assert service.asked[2][0] == "DELETE"


# -- at the prompt -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "typed", "out", "err", "status"),
    [
        ("ls", ["ls"], "", "", 7),
        ("!!", ["echo b"], "echo b\n", "", 7),
        ("!!:p", [], "echo b\n", "", 0),
        ("!nothing", [], "", "bash: !nothing: event not found\n", 1),
    ],
)
def test_what_is_recalled_is_shown(
    text: str,
    typed: list[str],
    out: str,
    err: str,
    status: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    def carry_out(console: Any, whole: str, source: Any) -> int:
        done.append(whole)
        return 7

    monkeypatch.setattr(terminal, "_carry_out", carry_out)
    history = SimpleNamespace(get_strings=lambda: ["echo a", "echo b"])
    session = cast(Any, SimpleNamespace(history=history, input=None))
    assert terminal._recall_and_carry_out(cast(Any, None), text, session) == status
    said = capsys.readouterr()
    assert (done, said.out, said.err) == (typed, out, err)


@pytest.mark.parametrize(("ends", "status"), [(0, 0), (5, 5), (None, 130)])
def test_kubectl_on_the_terminal_itself(
    service: Service, monkeypatch: pytest.MonkeyPatch, ends: int | None, status: int
) -> None:
    seen: list[Any] = []

    def run(words: list[str]) -> SimpleNamespace:
        config = Path(words[2])
        seen.extend([words, config, config.read_text(), config.stat().st_mode & 0o777])
        if ends is None:
            raise KeyboardInterrupt
        return SimpleNamespace(returncode=ends)

    service.answers[:] = [Answer(body=b"clusters: []")]
    monkeypatch.setattr("subprocess.run", run)
    assert container_shell.run({}, ["exec", "-it", "p"]) == status
    words, config, text, mode = seen
    assert (words[1], words[3:]) == ("--kubeconfig", ["exec", "-it", "p"])
    assert (text, mode, config.exists()) == ("clusters: []", 0o600, False)
    assert service.asked == [("GET", "/v1/kubeconfig", None)]


@pytest.mark.parametrize("end", ["\x07", "\x1b\\"])
def test_both_ends_of_a_title(end: str) -> None:
    title = f"\x1b]0;me@master{end}"
    parts = to_formatted_text(terminal.prompt(f"{title}me$ "))
    assert "".join(part[1] for part in parts if part[0] == "[ZeroWidthEscape]") == title
    assert "".join(part[1] for part in parts if part[0] != "[ZeroWidthEscape]") == "me$ "


# -- which process it is -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lock", "announced", "numbers"),
    [
        ("12", '{"pid": 13}', [12, 13]),
        ("", '{"pid": 13}', [-1, 13]),
        ("0", '{"pid": 13}', [-1, 13]),
        ("x", '{"pid": 13}', [13]),
        ("\N{SNOWMAN}", '{"pid": "13"}', [13]),
        (None, '{"pid": 13}', [13]),
        ("12", None, [12]),
        ("12", "[]", [12]),
        ("12", "{}", [12]),
        ("12", '{"pid": null}', [12]),
        ("12", '{"pid": "x"}', [12]),
    ],
)
def test_where_its_number_stands(
    tmp_path: Path, lock: str | None, announced: str | None, numbers: list[int]
) -> None:
    for name, text in ((running.LOCK, lock), ("daemon.json", announced)):
        if text is not None:
            (tmp_path / name).write_text(text, "utf-8")
    assert list(running._numbers(tmp_path)) == numbers
