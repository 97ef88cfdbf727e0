"""The ``multipass`` command's client: what it sends, passes on, and which terminal it opens."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from owlab.pocket.client import frames, multipass
from owlab.pocket.client.wire import PROTOCOL, Gone, Outdated, Silent


class Answer:
    """A service's answer."""

    def __init__(self, body: bytes = b"", status: int = 200) -> None:
        self._file, self.status = io.BytesIO(body), status

    def read(self, amount: int = -1, /) -> bytes:
        return self._file.read(amount)


class Service:
    """Notes what it is asked, and answers with what was laid out."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bytes | None]] = []
        self.answers: list[Any] = []

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


def announced(folder: Path, **changes: object) -> None:
    about = {"protocol": PROTOCOL, "directory": str(folder), "port": 1, "token": "t", "pid": 7}
    (folder / "daemon.json").write_text(json.dumps({**about, **changes}))


# -- what comes back -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status", "out", "err"),
    [
        ([(frames.EXIT, b"0")], 0, "", ""),
        ([(frames.OUT, b"a\n"), (frames.ERR, b"b\n"), (frames.EXIT, b"3")], 3, "a\n", "b\n"),
        ([(frames.OUT, b"a"), (frames.BEAT, b""), (frames.OUT, b"b"), (frames.EXIT, b"0")], 0,
         "ab", ""),
        ([(frames.OUT, b"half")], 255, "half", multipass.NO_STATUS),
        ([], 255, "", multipass.NO_STATUS),
    ],
)  # fmt: skip
def test_what_a_run_says(
    sent: list[tuple[bytes, bytes]],
    status: int,
    out: str,
    err: str,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    body = Answer(b"".join(frames.frame(kind, data) for kind, data in sent))
    assert multipass.follow({}, body, None) == status  # type: ignore[arg-type]
    said = capfdbinary.readouterr()
    assert (said.out.decode(), said.err.decode()) == (out, err)


def test_a_terminals_keys_are_not_for_the_command(service: Service) -> None:
    body = Answer(frames.frame(frames.RUN, b"r1") + frames.frame(frames.EXIT, b"0"))
    assert multipass.follow({}, body, None) == 0  # type: ignore[arg-type]
    assert service.asked == [("POST", "/v1/runs/r1/stdin", b"")]


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([], [b"hello", b""]),
        ([Answer(status=404)], [b"hello"]),
        ([Gone("x")], [b"hello"]),
        ([Silent(7, 15)], [b"hello"]),
        ([OSError("reset")], [b"hello"]),
    ],
)
def test_standard_input_is_sent_until_it_ends(
    service: Service, answers: list[Any], asked: list[bytes]
) -> None:
    source, target = os.pipe()
    os.write(target, b"hello")
    os.close(target)
    service.answers = answers
    try:
        multipass.feed({}, "r1", source)
    finally:
        os.close(source)
    assert [body for _, _, body in service.asked] == asked
    assert {path for _, path, _ in service.asked} == {"/v1/runs/r1/stdin"}


# -- what is sent --------------------------------------------------------------------------


def test_a_command_line_is_sent_as_it_is(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced(tmp_path)
    monkeypatch.chdir(tmp_path)
    service.answers = [Answer(frames.frame(frames.EXIT, b"5"))]
    assert multipass.run(str(tmp_path), ["exec", "a", "--", "x y", "\udcff"]) == 5
    ((method, path, body),) = service.asked
    assert (method, path) == ("POST", "/v1/multipass")
    asked = json.loads(body or b"")
    assert asked["argv"] == ["exec", "a", "--", "x y", "\N{REPLACEMENT CHARACTER}"]
    assert (asked["cwd"], asked["tty"]) == (str(tmp_path), False)


def test_a_refusal_is_told_as_no_lab(service: Service, tmp_path: Path) -> None:
    announced(tmp_path)
    service.answers = [Answer(b"no", 401)]
    with pytest.raises(Gone, match="no"):
        multipass.run(str(tmp_path), ["list"])


def test_a_folder_that_was_removed_under_our_feet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert multipass._here() == "/"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"protocol": PROTOCOL - 1}, Outdated),
        ({"protocol": PROTOCOL + 1}, Outdated),
        ({"protocol": "?"}, None),
        ({"directory": "/elsewhere"}, Gone),
        ({"directory": None}, Gone),
        ({"protocol": PROTOCOL + 1, "directory": "/elsewhere"}, Outdated),
    ],
)
def test_whose_announcement_it_is(
    tmp_path: Path, changes: dict[str, object], problem: type[Exception] | None
) -> None:
    announced(tmp_path, **changes)
    if problem is None:
        assert multipass.service(str(tmp_path))["pid"] == 7
    else:
        with pytest.raises(Gone) as told:
            multipass.service(str(tmp_path))
        assert told.type is problem


def test_a_lab_reached_through_a_link(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    lab.mkdir()
    announced(lab)
    (tmp_path / "link").symlink_to(lab)
    assert multipass.service(str(tmp_path / "link"))["port"] == 1


# -- which terminal opens ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "machine"),
    [
        ([], ""),
        (["master"], "master"),
        (["--timeout", "60"], ""),
        (["--timeout", "60", "master"], "master"),
        (["master", "--timeout", "60"], "master"),
        (["--timeout"], None),
        (["--timeout", "master"], None),
        (["--timeout", "0", "master"], None),
        (["--help"], None),
        (["-h"], None),
        (["master", "--help"], None),
        (["--nonsense", "master"], None),
        (["master", "worker1"], None),
    ],
)
def test_whose_terminal_opens(words: list[str], machine: str | None) -> None:
    assert multipass.terminal_of(words) == machine


@pytest.mark.parametrize(
    ("tty", "words", "opened", "ran"),
    [
        (True, ["shell", "master"], ["master"], False),
        (True, ["sh"], [""], False),
        (True, ["connect", "worker1"], ["worker1"], False),
        (True, ["shell", "--help"], [], True),
        (True, ["exec", "master"], [], True),
        (False, ["shell", "master"], [], True),
    ],
)
def test_a_terminal_opens_at_a_terminal_only(
    tty: bool, words: list[str], opened: list[str], ran: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Left(Exception):
        """This process is another program now."""

    became: list[list[str]] = []

    def become(program: str, argv: list[str]) -> None:
        became.append(argv)
        raise Left

    asked: list[list[str]] = []

    def run(directory: str, given: list[str]) -> int:
        asked.append(given)
        return 9

    monkeypatch.setattr("os.execv", become)
    monkeypatch.setattr(multipass, "run", run)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stdin.isatty", lambda: tty, raising=False)
    if ran:
        assert multipass.main(["--dir", "/lab", *words]) == 9
    else:
        with pytest.raises(Left):
            multipass.main(["--dir", "/lab", *words])
    assert asked == ([words] if ran else [])
    assert [argv[-1] for argv in became] == opened
    assert all(argv[1:-1] == ["-m", "owlab.pocket.client.terminal", "--dir", "/lab"]
               for argv in became)  # fmt: skip
