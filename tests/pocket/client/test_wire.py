"""What a command's client does by itself: the wire, announcements, words for kubectl, keys."""

from __future__ import annotations

import io
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import DummyInput
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyPress

from owlab.pocket.client import checkpoints, frames, multipass, running, wire
from owlab.pocket.client.completion import MachineCompleter
from owlab.pocket.client.container_shell import kubectl_words
from owlab.pocket.client.shell_history import ShellHistory
from owlab.pocket.client.terminal import prompt
from owlab.pocket.client.typed_ahead import TypedAhead
from owlab.pocket.client.wire import Gone, Outdated, ServiceResponse, Silent

# -- responses -----------------------------------------------------------------------------


def response(data: bytes, *, end: bool = True, seconds: float = 5) -> ServiceResponse:
    ours, theirs = socket.socketpair()
    ours.settimeout(seconds)
    theirs.sendall(data)
    if end:
        theirs.close()
    made = ServiceResponse(ours, 7)
    made.other = theirs  # type: ignore[attr-defined]
    return made


HEAD = b"HTTP/1.1 200 OK\r\nServer: x\r\n"


@pytest.mark.parametrize(
    ("data", "status", "body"),
    [
        (HEAD + b"Content-Length: 3\r\n\r\nabcdef", 200, b"abc"),
        (b"HTTP/1.1 404 No\r\nCONTENT-LENGTH:  1\r\n\r\nx", 404, b"x"),
        (b"HTTP/1.1 204 No\r\n\r\n", 204, b""),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nA\r\n0123456789\r\n0\r\n\r\n", 200,
         b"ab0123456789"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, b""),
    ],
)  # fmt: skip
def test_bodies(data: bytes, status: int, body: bytes) -> None:
    found = response(data)
    assert (found.status, found.read(), found.read(), found.read(1)) == (status, body, b"", b"")


def test_bodies_in_pieces() -> None:
    found = response(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n")
    assert [found.read(2) for _ in range(4)] == [b"ab", b"c", b"d", b""]


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"Content-Length: 3\r\n\r\nab",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nab",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    ],
)
def test_a_body_that_breaks_off(data: bytes) -> None:
    with pytest.raises(ConnectionError, match="broke off"):
        response(data).read()


def test_a_service_that_closes_or_falls_silent() -> None:
    for data in (b"", b"HTTP/1.1\r\n"):
        with pytest.raises(Gone):
            response(data)
    found = response(HEAD + b"Content-Length: 3\r\n\r\na", end=False, seconds=0.05)
    assert found.read(1) == b"a"
    with pytest.raises(Silent) as silent:
        found.read()
    assert (silent.value.pid, silent.value.seconds) == (7, 0.05)
    assert "process 7, for 0 s" in str(silent.value)


@pytest.mark.parametrize(
    "about",
    [{}, {"port": "x", "token": "t", "pid": 1}, {"port": 1, "token": "t"},
     {"port": 99999999, "token": "t", "pid": 1}, {"port": None, "token": "t", "pid": 1}],
)  # fmt: skip
def test_announcements_that_lead_nowhere(about: dict[str, Any]) -> None:
    with pytest.raises(Gone):
        wire.request(about, "GET", "/v1/status", None)


@pytest.fixture
def serving() -> Iterator[Callable[..., dict[str, Any]]]:
    """A service that gives each connection one of these answers; None says nothing."""
    opened: list[socket.socket] = []

    def serve(*answers: bytes | None) -> dict[str, Any]:
        listener = socket.create_server(("127.0.0.1", 0))
        opened.append(listener)
        asked: list[bytes] = []

        def answer() -> None:
            for said in answers:
                connection, _ = listener.accept()
                opened.append(connection)
                asked.append(connection.recv(65536))
                if said is not None:
                    connection.sendall(said)
                    connection.close()

        threading.Thread(target=answer, daemon=True).start()
        return {"port": listener.getsockname()[1], "token": "t", "pid": 7, "asked": asked}

    yield serve
    for one in opened:
        one.close()


def test_what_is_sent(serving: Callable[..., dict[str, Any]]) -> None:
    about = serving(HEAD + b"Content-Length: 2\r\n\r\nok")
    assert wire.request(about, "POST", "/v1/x", b"body").read() == b"ok"
    (asked,) = about["asked"]
    assert asked.startswith(b"POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"Authorization: Bearer t\r\nContent-Length: 4\r\n\r\nbody" in asked


def test_a_service_that_hangs_is_asked_whether_it_is_well(
    serving: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "SILENCE", 0.1)
    monkeypatch.setattr(wire, "HEALTH", 0.1)
    with pytest.raises(Silent) as silent:
        wire.request(serving(None, None), "POST", "/v1/x", b"")
    assert silent.value.seconds == 0.2
    with pytest.raises(Silent) as silent:
        wire.request(serving(None), "GET", wire.STATUS, None)
    assert silent.value.seconds == 0.1
    # One that is well may take its time.
    with pytest.raises(Silent):
        wire.request(serving(None, HEAD + b"\r\n", None), "POST", "/v1/x", b"")


# -- announcements -------------------------------------------------------------------------


def announce(folder: Path, text: str) -> str:
    (folder / "daemon.json").write_text(text)
    return str(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '{"directory": "/elsewhere"}'])
def test_announcements_that_are_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(Gone):
        multipass.service(announce(tmp_path, text))
    with pytest.raises(Gone):
        multipass.service(str(tmp_path / "none"))


def test_announcements(tmp_path: Path) -> None:
    good = {"protocol": wire.PROTOCOL, "directory": str(tmp_path), "pid": 1}
    assert multipass.service(announce(tmp_path, json.dumps(good))) == good
    (tmp_path.parent / "link").symlink_to(tmp_path)
    assert multipass.service(str(tmp_path.parent / "link")) == good
    for protocol in (wire.PROTOCOL + 1, wire.PROTOCOL - 1):
        with pytest.raises(Outdated):
            multipass.service(announce(tmp_path, json.dumps(good | {"protocol": protocol})))


@pytest.mark.parametrize(
    ("argv", "status", "sentence"),
    [
        ([], 1, "usage: python -m owlab.pocket.client.multipass --dir DIR"),
        (["--dir"], 1, "usage: "),
        (["list", "--dir", "x"], 1, "usage: "),
        (["--dir", "/nowhere", "list"], 2, "list failed: cannot connect to the pocket lab"),
        (["--dir", "/nowhere"], 2, "multipass failed: cannot connect to the pocket lab"),
    ],
)
def test_the_commands_own_refusals(
    argv: list[str], status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert multipass.main(argv) == status
    assert capsys.readouterr().err.startswith(sentence)


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (Outdated("x"), 2, "list failed: the pocket lab in /lab was started by another version"),
        (BrokenPipeError(), 141, ""),
        (Silent(7, 15), 255, "list failed: the lab does not answer: process 7"),
        (OSError(28, "No space left"), 2, "list failed: No space left\n"),
        (OSError("odd"), 2, "list failed: odd\n"),
        (MemoryError(), 2, "list failed: there is not enough memory\n"),
        (RuntimeError("can't start new thread"), 2, "list failed: can't start new thread\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_happens_to_a_command(
    error: BaseException,
    status: int,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(directory: str, words: list[str]) -> int:
        raise error

    monkeypatch.setattr(multipass, "run", fails)
    assert multipass.main(["--dir", "/lab", "list"]) == status
    told = capsys.readouterr().err
    assert told.startswith(sentence) and bool(told) is bool(sentence)


# -- frames, saved states ------------------------------------------------------------------


class Pieces:
    """Gives at most three bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, amount: int, /) -> bytes:
        return self._file.read(min(amount, 3))


def test_frames_travel_whole() -> None:
    sent = [(frames.OUT, b"hello" * 9), (frames.ERR, b""), (frames.EXIT, b"0")]
    data = b"".join(frames.frame(*one) for one in sent)
    assert list(frames.frames(Pieces(data))) == sent
    assert list(frames.frames(Pieces(b""))) == []
    for cut in (1, 4, 7):
        with pytest.raises(ConnectionError, match="broke off"):
            list(frames.frames(Pieces(data[:cut])))


@pytest.mark.parametrize("name", ["a", "A1._-", "x" * 64])
def test_names_of_states(tmp_path: Path, name: str) -> None:
    assert checkpoints.place(tmp_path, name) == tmp_path / "saved" / f"{name}.sqlite"


@pytest.mark.parametrize("name", ["", "-a", ".a", "a/b", "..", "x" * 65, "a b", "ä"])
def test_names_of_states_that_are_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(checkpoints.BadName):
        checkpoints.place(tmp_path, name)


# -- what the terminal does itself ---------------------------------------------------------

ROOT: dict[str, Any] = {"serves": True, "user": "root"}
UBUNTU: dict[str, Any] = {"serves": True, "user": "ubuntu"}


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("sudo kubectl exec -it pod -- sh", UBUNTU, ["exec", "-it", "pod", "--", "sh"]),
        ("  sudo  k3s kubectl exec -ti p", UBUNTU, ["exec", "-ti", "p"]),
        ("kubectl exec -i -t 'my pod' -- sh -c ls", ROOT,
         ["exec", "-i", "-t", "my pod", "--", "sh", "-c", "ls"]),
        ("kubectl run x --stdin --tty --image=busybox", ROOT,
         ["run", "x", "--stdin", "--tty", "--image=busybox"]),
        ("kubectl attach -it p", ROOT, ["attach", "-it", "p"]),
        ("kubectl exec -it p", UBUNTU, None),
        ("kubectl exec -it p", {"serves": False, "user": "root"}, None),
        ("kubectl exec -it p", {"user": "root"}, None),
        ("kubectl exec -i p -- sh", ROOT, None),
        ("kubectl exec -t p -- sh", ROOT, None),
        ("kubectl exec p -- bash -it", ROOT, None),
        ("kubectl get pods -it", ROOT, None),
        ("kubectl exec -it p -- sh | cat", ROOT, None),
        ("kubectl exec -it $POD -- sh", ROOT, None),
        ("kubectl exec -it 'p", ROOT, None),
        ("kubectl --kubeconfig=x exec -it p", ROOT, None),
        ("kubectl exec -it p -- sh --kubeconfig", ROOT,
         ["exec", "-it", "p", "--", "sh", "--kubeconfig"]),
        ("kubectl get pods -- exec -it", ROOT, None),
        ("echo kubectl exec -it p", ROOT, None),
    ],
)  # fmt: skip
def test_what_needs_the_terminal_itself(
    text: str, where: dict[str, Any], words: list[str] | None
) -> None:
    assert kubectl_words(text, where) == words


@pytest.fixture
def source() -> Iterator[DummyInput]:
    made = DummyInput()
    yield made
    get_typeahead(made)


def ahead(source: DummyInput, text: str) -> TypedAhead:
    presses: list[KeyPress] = []
    Vt100Parser(presses.append).feed_and_flush(text)
    store_typeahead(source, presses)
    return TypedAhead(source)


def test_lines_that_were_typed_too_early(source: DummyInput) -> None:
    keys = ahead(source, "one\rtwo\nrest")
    assert [keys.taken(0) for _ in range(3)] == ["one\n", "two\n", None]
    keys.put(" more\r")
    assert keys.taken(2) == "re"
    assert keys.taken(0) == "st more\n" and keys.taken(1) is None and keys.taken(0) is None
    keys = ahead(source, "\x04x\x04")
    assert keys.taken(0) == "" and keys.taken(0) == "x" and keys.taken(0) is None


def test_what_nobody_asked_for_is_for_the_next_prompt(source: DummyInput) -> None:
    keys = ahead(source, "one\rtwo")
    keys.taken(0)
    keys.give_back()
    assert "".join(press.data for press in get_typeahead(source)) == "two"
    assert keys.taken(1) is None


def offered(line: str, printed: str | Exception, asked: bool = True) -> list[tuple[str, int, str]]:
    lines: list[str] = []

    def capture(text: str) -> str:
        lines.append(text)
        if isinstance(printed, Exception):
            raise printed
        return printed

    event = CompleteEvent(completion_requested=asked)
    found = MachineCompleter(capture).get_completions(Document(line), event)
    return [(one.text, one.start_position, one.display_text) for one in found]


@pytest.mark.parametrize(
    ("line", "printed", "wanted"),
    [
        ("ls /ho", "/home/\n", [("/home/", -3, "/home")]),
        ("kubectl get po", "pods \npodtemplates \n",
         [("pods ", -2, "pods"), ("podtemplates ", -2, "podtemplates")]),
        ("ls ", "a\n", [("a", 0, "a")]),
        ("ls|gre", "grep \n", [("grep ", -3, "grep")]),
        ("cat my\\ fi", "my\\ file\n", [("my\\ file", -6, "my\\ file")]),
        ("cd ", "/\n", [("/", 0, "/")]),
        ("x", ConnectionError(), []),
        ("x", "", []),
    ],
)  # fmt: skip
def test_offers(line: str, printed: Any, wanted: list[tuple[str, int, str]]) -> None:
    assert offered(line, printed) == wanted
    assert offered(line, printed, asked=False) == []


def test_the_shells_history_is_told_with_each_prompt() -> None:
    history = ShellHistory()
    history.learn({"history": ["a"], "typed": ["b"]})
    assert history.get_strings() == ["a", "b"]
    history.learn({"typed": ["c"]})
    assert list(history.load_history_strings()) == ["c", "b", "a"]
    history.learn({})
    history.append_string("x")
    assert history.get_strings() == ["a", "b", "c"]
    history.learn({"history": []})
    assert history.get_strings() == []


def test_a_title_takes_no_room_in_a_prompt() -> None:
    shown = prompt("\x1b]0;me@m: ~\x07\x1b[1mme\x1b[0m$ ")
    text = "".join(part[1] for part in shown.__pt_formatted_text__() if "Zero" not in part[0])
    assert text == "me$ "


# -- its process, from outside -------------------------------------------------------------


def test_a_lock_that_nobody_holds(tmp_path: Path) -> None:
    path = tmp_path / "daemon.lock"
    assert not running.is_held(path)
    path.write_text(str(os.getpid()))
    assert not running.is_held(path) and running.process(tmp_path) is None
    running.end(tmp_path, 0.1)


DUMP = """Stack (most recent call first):
  File "earlier.py", line 1 in work
  File "base_events.py", line 4 in run_forever
Stack (most recent call first):
  File "here.py", line 3 in loops
  File "base_events.py", line 4 in run_forever
"""


def test_where_a_service_stands_still(tmp_path: Path) -> None:
    assert running._where(DUMP) == 'File "here.py", line 3 in loops'
    assert running._where("") == "" == running._where(DUMP.replace("run_forever", "x"))
    number = 2**22 + 1
    assert running.why_silent(tmp_path, number) == f"Its log: {tmp_path / 'daemon.log'}."
    (tmp_path / "daemon.err").write_text(DUMP)
    assert "stands still here: File" in running.why_silent(tmp_path, number)


def test_folders_that_may_not_be_written_are_removed(tmp_path: Path) -> None:
    place = tmp_path / "lab"
    (place / "in").mkdir(parents=True)
    (place / "in" / "f").write_text("")
    (place / "in").chmod(0o500)
    running.remove(place)
    assert not place.exists()
    running.remove(place)
