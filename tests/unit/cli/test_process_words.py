"""What the process around a command says and returns, for each kind of trouble."""

from __future__ import annotations

import errno
import io
import os
import signal
import threading
from pathlib import Path

import click
import pytest

from owlab.cli import process, shared_options, suggestions
from owlab.errors import ConfigError, LabError

ROOM = " Close other programs, or allow more memory and processes (ulimit -v, -u), and repeat."
INTERRUPTED = "\nInterrupted. What is done stays done; run it again to go on.\n"


def numbered(number: int, name: str | None = None) -> OSError:
    return OSError(number, os.strerror(number), name) if name else OSError(number, "said")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError(), "error: there is not enough memory. Close other programs and repeat."),
        (RecursionError("x"), "error: what was given is too deep."),
        (OSError("odd"), "error: odd."),
        (TimeoutError(), "error: TimeoutError."),
        (numbered(errno.EIO), "error: said."),
        (numbered(errno.EACCES, "/a"), "error: Permission denied: /a."),
        (numbered(errno.ENOENT, "/a"), "error: No such file or directory: /a."),
        (FileNotFoundError(errno.ENOENT, "said"), "error: said."),
        (numbered(errno.ENOMEM), f"error: said.{ROOM}"),
        (numbered(errno.ENOSPC), "error: said. Free some space and repeat."),
        (numbered(errno.EDQUOT), "error: said. Free some space and repeat."),
        (
            numbered(errno.EFBIG),
            "error: said. Files may not grow that large here (ulimit -f).",
        ),
        (
            numbered(errno.EMFILE),
            "error: said. Allow more open files (ulimit -n 1024) and repeat.",
        ),
        (
            numbered(errno.EAGAIN),
            "error: said. Allow more processes (ulimit -u) and repeat.",
        ),
    ],
)
def test_sentences(error: BaseException, sentence: str) -> None:
    assert process._sentence(error) == sentence


def test_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    here = "error: the folder that you are in is gone. Change to another one and repeat."
    assert process._sentence(FileNotFoundError(errno.ENOENT, "said")) == here
    assert process._sentence(numbered(errno.ENOENT, "/a")).endswith(": /a.")


def command(error: BaseException | None) -> process.Owlab:
    @click.group(cls=process.Owlab)
    def group() -> None:
        """Of one command."""

    @group.command()
    def act() -> None:
        """It may fail."""
        if error is not None:
            raise error
        click.echo("acted")

    return group


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (None, 0, ""),
        (numbered(errno.ENOSPC), 1, "error: said. Free some space and repeat.\n"),
        (MemoryError(), 1, "error: there is not enough memory. Close other programs and repeat.\n"),
        (RecursionError(), 1, "error: what was given is too deep.\n"),
        (RuntimeError(process.NO_THREAD), 1, f"error: no thread can be started.{ROOM}\n"),
        (click.ClickException("no"), 1, "Error: no\n"),
        (KeyboardInterrupt(), 1, "\nAborted!\n"),
    ],
)
def test_how_a_command_ends(
    error: BaseException | None, status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        command(error).main(["act"], prog_name="owlab")
    assert (left.value.code or 0) == status
    said = capsys.readouterr()
    assert (said.out, said.err) == ("" if error else "acted\n", sentence)


def test_a_fault_of_our_own_is_no_sentence() -> None:
    with pytest.raises(RuntimeError, match="our own"):
        command(RuntimeError("our own")).main(["act"], prog_name="owlab")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["act", "--yse"], "There is no option --yse."),
        (["act", "--hepl"], "There is no option --hepl. Did you mean --help?"),
        (["--hepl"], "There is no option --hepl. Did you mean --help?"),
        (["atc"], "There is no command atc."),
        (["acct"], "There is no command acct. Did you mean act?"),
    ],
)
def test_misspelt(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        command(None).main(words, prog_name="owlab")
    assert left.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"Error: {sentence}"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("status", ["status"]),
        ("statsu", ["status"]),
        ("stats", ["status"]),
        ("x", []),
        ("status" * 100, []),
    ],
)
def test_what_is_close(name: str, near: list[str]) -> None:
    assert suggestions._near(name, ["up", "status", "down"]) == near


# -- streams and signals -------------------------------------------------------------------


def test_closed_streams_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}", None)
    process._open_streams()
    import sys

    assert [one.mode for one in (sys.stdin, sys.stdout, sys.stderr)] == ["r", "w", "w"]
    for one in (sys.stdin, sys.stdout, sys.stderr):
        one.close()


def test_what_a_stream_cannot_write(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(taken, encoding="ascii"))
    process._open_streams()
    print("\N{CHECK MARK} done", end="", flush=True)
    assert taken.getvalue() == b"? done"


class Refusing(io.StringIO):
    """A stream of which the system takes nothing."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def flush(self) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (BrokenPipeError(), None, ""),
        (numbered(errno.ENOSPC), 1, "error: said. Free some space and repeat.\n"),
    ],
)
def test_output_that_is_not_taken(
    error: OSError,
    status: int | None,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdout", Refusing(error))
    if status is None:
        process._flush()
    else:
        with pytest.raises(SystemExit) as left:
            process._flush()
        assert left.value.code == status
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (None, 130)]
)
def test_signals(number: signal.Signals | None, status: int) -> None:
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP)}
    for one in before:
        signal.signal(one, signal.SIG_DFL)
    try:
        with pytest.raises(KeyboardInterrupt), process.signals_interrupt():
            if number is None:
                raise KeyboardInterrupt
            signal.raise_signal(number)
        assert process.interrupted_status() == status
        assert {signal.getsignal(one) for one in before} == {signal.SIG_DFL}
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with process.signals_interrupt():
            signal.raise_signal(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert process.interrupted_status() == 130
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_leave_the_signals() -> None:
    seen: list[object] = []

    def look() -> None:
        before = signal.getsignal(signal.SIGTERM)
        with process.signals_interrupt():
            seen.append(signal.getsignal(signal.SIGTERM) == before)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [True]


@pytest.mark.parametrize(
    ("error", "received", "status", "said"),
    [
        (LabError(brief="no"), [], 1, "error: no\n"),
        (
            ConfigError(brief="no", resolution="owlab up"),
            [],
            2,
            "error: no\nowlab up --lab night\n",
        ),
        (KeyboardInterrupt(), [], 130, INTERRUPTED),
        (KeyboardInterrupt(), [signal.SIGTERM], 143, INTERRUPTED),
        (SystemExit(130), [signal.SIGHUP], 129, ""),
        (SystemExit(130), [], 130, ""),
        (SystemExit(1), [signal.SIGHUP], 1, ""),
        (BrokenPipeError(), [], 0, ""),
    ],
)
def test_what_ends_a_command_of_a_lab(
    error: BaseException,
    received: list[int],
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    silenced: list[bool] = []
    monkeypatch.setattr(process, "_received", received)
    monkeypatch.setattr(shared_options, "silence", lambda: silenced.append(True))

    @shared_options.friendly
    def act(lab_name: str) -> None:
        raise error

    with pytest.raises(SystemExit) as left:
        act(lab_name="night")
    assert (left.value.code, capsys.readouterr().err) == (status, said)
    assert bool(silenced) is isinstance(error, BrokenPipeError)


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [("y\n", None, ""), ("n\n", 2, "Nothing was changed.\n"), ("\n", 2, "Nothing was changed.\n")],
)
def test_a_yes_at_a_terminal(
    answer: str,
    status: int | None,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shared_options.confirm("Go on?", yes=True)
    assert capsys.readouterr().out == ""
    stdin = io.StringIO(answer)
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", stdin)
    left = None
    try:
        shared_options.confirm("Go on?", yes=False)
    except SystemExit as leaving:
        left = leaving.code
    assert (left, capsys.readouterr().out) == (status, f"Go on? [y/N]: {said}")


def test_a_question_that_is_left_is_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.StringIO("")
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", stdin)
    with pytest.raises(KeyboardInterrupt):
        shared_options.confirm("Go on?", yes=False)
