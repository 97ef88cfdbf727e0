"""The control API, its runs and the service's files, in this process: who asks, and what for."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from owlab.pocket.client import frames
from owlab.pocket.ground.failures import DiskFull
from owlab.pocket.ground.keyboards import Draft
from owlab.pocket.machines.refusals import Refused
from owlab.pocket.service import daemon, runs
from owlab.pocket.service.consoles import Consoles
from owlab.pocket.service.control_api import Frames, control_app
from owlab.pocket.service.runs import Run, RunInput, RunKeyboard, Runs

TOKEN = "sesame"


class FakeLab:
    """What the handlers ask of a lab."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.speed = ""
        self.kept: Path | None = None
        self.properties: str | None = None
        self.failure: Exception | None = None

    def status(self) -> dict[str, Any]:
        if self.failure:
            raise self.failure
        return {"machines": []}

    def kubeconfig(self) -> str | None:
        return None

    def wskprops(self) -> str | None:
        return self.properties

    def set_speed(self, speed: str) -> None:
        self.speed = speed

    def save(self, path: Path) -> None:
        self.kept = path


@pytest.fixture
def lab(tmp_path: Path) -> FakeLab:
    return FakeLab(tmp_path)


@pytest.fixture
def stopped() -> list[bool]:
    return []


@pytest.fixture
async def client(lab: FakeLab, stopped: list[bool]) -> AsyncIterator[httpx.AsyncClient]:
    faked: Any = lab
    app = control_app(faked, TOKEN, lambda: stopped.append(True))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:5000/v1", headers=headers
    ) as made:
        yield made


# -- who asks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:5000"}, 403),
        ({"Authorization": "Bearer other"}, 401),
        ({"Authorization": ""}, 401),
        ({"Authorization": TOKEN}, 401),
        ({"Authorization": f"bearer {TOKEN}"}, 401),
    ],
)
async def test_who_is_let_in(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await client.get("/status", headers=headers)
    assert answer.status_code == status
    # Nothing is looked at before: also of a path that there is not.
    other = await client.get("/none", headers=headers)
    assert other.status_code == (404 if status == 200 else status)


# -- what for ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("multipass", "{", "Expecting property name"),
        ("multipass", "[]", "an object is expected"),
        ("multipass", {}, "argv should be of the type list"),
        ("multipass", {"argv": "version", "cwd": "/"}, "argv should be of the type list"),
        ("multipass", {"argv": []}, "cwd should be of the type str"),
        ("execute", {"script": "ls"}, "machine should be of the type str"),
        ("execute", {"machine": "host", "script": 5}, "script should be of the type str"),
        ("objects", {"machine": "m", "kind": "pod", "name": ""},
         "namespace should be of the type str"),
        ("consoles", {}, "machine should be of the type str"),
        ("speed", {"speed": 5}, "speed should be of the type str"),
        ("save", {"path": "/etc/passwd.sqlite"}, "saved states are kept in the lab's folder"),
        ("save", {"path": "saved/ok.sqlite"}, "saved states are kept in the lab's folder"),
        ("save", {"path": "/x/-bad.sqlite"}, "'-bad' is not a name for a saved state"),
    ],
)  # fmt: skip
async def test_requests_that_are_not_understood(
    client: httpx.AsyncClient, lab: FakeLab, path: str, body: Any, sentence: str
) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    answer = await client.post(f"/{path}", content=content)
    assert answer.status_code == 400
    assert answer.text.startswith("the request is not understood: ") and sentence in answer.text
    assert lab.kept is None and lab.speed == ""


async def test_what_is_done(client: httpx.AsyncClient, lab: FakeLab, stopped: list[bool]) -> None:
    assert (await client.post("/speed", json={"speed": "class"})).status_code == 204
    refused = await client.post("/speed", json={"speed": "warp"})
    assert (refused.status_code, lab.speed) == (400, "class")
    assert refused.text == "'warp' is no speed: use instant, class, real\n"
    target = lab.directory / "saved" / "mine.sqlite"
    assert (await client.post("/save", json={"path": str(target)})).status_code == 204
    assert lab.kept == target
    assert (await client.get("/kubeconfig")).status_code == 404
    assert (await client.get("/wskprops")).status_code == 404
    lab.properties = "AUTH=x\n"
    answer = await client.get("/wskprops")
    assert (answer.status_code, answer.text) == (200, "AUTH=x\n")
    assert not stopped
    assert (await client.post("/stop")).status_code == 202 and stopped


@pytest.mark.parametrize(
    ("asked", "interactive"),
    [({}, True), ({"interactive": True}, True), ({"interactive": False}, False)],
)
async def test_a_terminal_is_opened(
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    asked: dict[str, bool],
    interactive: bool,
) -> None:
    async def opened(self: Consoles, name: str, *, interactive: bool) -> dict[str, Any]:
        if name == "nobody":
            raise Refused("instance does not exist", "details\n")
        return {"name": name, "interactive": interactive}

    monkeypatch.setattr(Consoles, "open", opened)
    answer = await client.post("/consoles", content=json.dumps({"machine": "m\ud800", **asked}))
    assert answer.json() == {"name": "m\ufffd", "interactive": interactive}
    answer = await client.post("/consoles", json={"machine": "nobody", **asked})
    assert answer.status_code == 409
    assert answer.text == "shell failed: instance does not exist\ndetails\n"


async def test_what_has_ended_is_gone(client: httpx.AsyncClient) -> None:
    for path, body in (
        ("runs/none/stdin", b"x"),
        ("runs/none/save", b'{"name": "f", "text": "t"}'),
        ("consoles/none", b"ls"),
    ):
        assert (await client.post(f"/{path}", content=body)).status_code == 410, path
    assert (await client.post("/consoles/none/suspend")).status_code == 204
    assert (await client.delete("/consoles/none")).status_code == 204


@pytest.mark.parametrize(
    ("failure", "status", "sentence"),
    [
        (DiskFull("/x"), 507, "the lab's disk is full: /x. Free some space and repeat."),
        (sqlite3.OperationalError("database or disk is full"), 507, "disk is full"),
        (sqlite3.OperationalError("no such table"), 500, "in daemon.log it is called "),
        (ZeroDivisionError(), 500, "in daemon.log it is called "),
    ],
)
async def test_failures(
    client: httpx.AsyncClient, lab: FakeLab, failure: Exception, status: int, sentence: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    lab.failure = failure
    answer = await client.get("/status")
    assert answer.status_code == status and sentence in answer.text
    if status == 500:
        assert answer.text.split()[-1] in caplog.text


# -- runs ----------------------------------------------------------------------------------


async def collected(work: Any) -> list[tuple[bytes, bytes]]:
    whole = b"".join([piece async for piece in Runs().stream(work)])

    class Source:
        def __init__(self, data: bytes) -> None:
            self.data = data

        def read(self, amount: int) -> bytes:
            piece, self.data = self.data[:amount], self.data[amount:]
            return piece

    return list(frames.frames(Source(whole)))


async def test_a_run_is_told_in_frames() -> None:
    async def work(run: Run) -> int:
        await run.out(b"a")
        await run.err(b"b")
        return 3

    (kind, identifier), *rest = await collected(work)
    assert kind == frames.RUN and len(identifier) == 16
    assert rest == [(frames.OUT, b"a"), (frames.ERR, b"b"), (frames.EXIT, b"3")]


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [(DiskFull("/x"), b"the lab's disk is full: /x."), (ZeroDivisionError(), b"in daemon.log")],
)
async def test_a_run_that_fails_says_so(failure: Exception, sentence: bytes) -> None:
    async def work(run: Run) -> int:
        raise failure

    _, (kind, told), last = await collected(work)
    assert kind == frames.ERR and sentence in told and last == (frames.EXIT, b"1")


async def test_a_silent_run_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "BEAT_SECONDS", 0.01)

    async def work(run: Run) -> int:
        await asyncio.sleep(0.1)
        return 0

    kinds = [kind for kind, _ in await collected(work)]
    assert kinds[0] == frames.RUN and kinds[-1] == frames.EXIT
    assert set(kinds[1:-1]) == {frames.BEAT}


async def test_a_client_that_goes_away_ends_its_run() -> None:
    known, ended = Runs(), asyncio.Event()

    async def work(run: Run) -> int:
        assert known.find(run.id) is run
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return 0

    stream = known.stream(work)
    first = await anext(stream)
    identifier = first[frames.HEADER.size :].decode()
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.05)
    assert known.find(identifier) is not None and not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await stream.aclose()
    assert ended.is_set() and known.find(identifier) is None


async def streamed(lines: int, gone: asyncio.Event) -> tuple[list[bytes], bool]:
    """What a client gets of a stream that would go on, and whether the stream was closed."""
    closed = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal closed
        try:
            for number in range(lines):
                yield b"%d" % number
            if lines < 3:
                await asyncio.sleep(60)
        finally:
            closed = True

    sent: list[bytes] = []

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    before = asyncio.all_tasks()
    await asyncio.wait_for(Frames(body())({"type": "http"}, receive, send), 10)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before, "nobody waits for a client that has got all"
    return sent, closed


async def test_a_stream_ends_with_its_client_or_by_itself() -> None:
    gone = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, gone.set)
    assert await streamed(2, gone) == ([b"", b"0", b"1"], True)
    assert await streamed(3, asyncio.Event()) == ([b"", b"0", b"1", b"2", b""], True)


async def test_input_comes_in_pieces_and_ends_once() -> None:
    given = RunInput()
    for piece in (b"a", b"b", b"", b"c"):
        given.feed(piece)
    assert [await given.read_chunk() for _ in range(4)] == [b"a", b"b", None, None]
    # A terminal's end of input may not be the last.
    other = RunInput()
    for piece in (b"", b"c"):
        other.feed(piece)
    assert [await other.next_piece() for _ in range(2)] == [None, b"c"]


async def asked_of(keyboard: RunKeyboard, run: Run) -> list[tuple[bytes, Any]]:
    told = []
    while not run._frames.empty():
        piece = run._frames.get_nowait()
        assert piece is not None
        kind, _ = frames.HEADER.unpack(piece[: frames.HEADER.size])
        told.append((kind, json.loads(piece[frames.HEADER.size :])))
    return told


async def test_a_keyboard_is_asked() -> None:
    run = Run()
    keyboard = RunKeyboard(run)
    run.input.feed(b"line\n")
    assert await keyboard.ask(echo=False) == b"line\n"
    assert await asked_of(keyboard, run) == [(frames.ASK, {"echo": False, "keys": 0})]
    with pytest.raises(TimeoutError):
        await keyboard.ask(keys=1, seconds=0.01)
    assert await asked_of(keyboard, run) == [
        (frames.ASK, {"echo": True, "keys": 1}), (frames.ASK, {"stop": True}),
    ]  # fmt: skip
    run.input.feed(b"0")
    assert await keyboard.edit(Draft("nano", "f", "t"), lambda name, text, force: "") == 0
    assert run.save is not None
    ((kind, draft),) = await asked_of(keyboard, run)
    assert kind == frames.EDIT
    assert (draft["name"], draft["line"], draft["new"], draft["read_only"]) == (
        "f",
        1,
        False,
        False,
    )
    run.input.feed(b"")
    assert await keyboard.edit(Draft("vi", "f", ""), lambda name, text, force: "") == 1


# -- the service's files -------------------------------------------------------------------


def test_a_lab_has_one_service(tmp_path: Path) -> None:
    with daemon.only_one(tmp_path) as mine:
        assert mine
        path = tmp_path / "daemon.lock"
        assert path.read_text() == str(os.getpid())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with path.open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (tmp_path / "daemon.lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with daemon.only_one(tmp_path) as mine:
            assert not mine
    with daemon.only_one(tmp_path) as mine:
        assert mine


def test_an_announcement_is_its_owners_alone_and_its_own(tmp_path: Path) -> None:
    about = daemon._about(tmp_path, 1234, TOKEN, "instant")
    daemon._announce(tmp_path, about)
    path = tmp_path / "daemon.json"
    assert json.loads(path.read_text()) == about
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (about["pid"], about["directory"]) == (os.getpid(), str(tmp_path))
    daemon._withdraw(tmp_path, {**about, "port": 1})
    assert path.exists(), "another service's announcement stays"
    daemon._withdraw(tmp_path, about)
    assert not path.exists()
    daemon._withdraw(tmp_path, about)
    path.write_text("{")
    daemon._withdraw(tmp_path, about)
    assert path.exists()


async def test_a_lost_announcement_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "_LOOK_SECONDS", 0.01)
    folder = tmp_path / "lab"
    folder.mkdir()
    about = daemon._about(folder, 1234, TOKEN, "instant")
    looking = asyncio.create_task(daemon._look_after(folder, about))
    path = folder / "daemon.json"
    for damage in (None, "{", "[]", json.dumps({**about, "pid": 1}), "[" * 100_000):
        if damage is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(damage)
        for _ in range(500):
            await asyncio.sleep(0.01)
            if path.exists() and path.read_text() == json.dumps(about):
                break
        assert json.loads(path.read_text()) == about
    # A folder of the same name is another lab's.
    folder.rename(tmp_path / "moved")
    folder.mkdir()
    await asyncio.wait_for(looking, 5)
    assert not path.exists()


def test_no_lab_comes_back_from_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert daemon.main(["--dir", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err == f"there is no folder {tmp_path / 'none'}\n"
    assert not (tmp_path / "none").exists()
