"""What came of a run: judged, kept, listed; its logs, and the channel to its process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from owlab.pocket.ground.database import Database
from owlab.pocket.openwhisk.activations import (
    APPLICATION_ERROR,
    DEVELOPER_ERROR,
    INTERNAL_ERROR,
    SUCCESS,
    Activation,
    Activations,
    summary_of,
)
from owlab.pocket.openwhisk.invoker import ActionContainer, RunOutcome, _judge
from owlab.pocket.openwhisk.process import Channel, Logs, ProcessEnded, _lines
from owlab.pocket.openwhisk.refusals import WhiskError
from owlab.pocket.openwhisk.rest import invoke_status
from owlab.pocket.openwhisk.store import EntityStore

# -- judged -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ok", "body", "limit", "status", "result"),
    [
        (True, {"a": 1}, 7, SUCCESS, {"a": 1}),
        (True, [1], 99, SUCCESS, [1]),
        (True, {"error": "x", "a": 1}, 99, APPLICATION_ERROR, {"error": "x"}),
        (True, {"error": None}, 99, APPLICATION_ERROR, {"error": None}),
        (True, ["error"], 99, SUCCESS, ["error"]),
        (False, {"error": "x"}, 99, DEVELOPER_ERROR, {"error": "x"}),
        (False, {"a": 1}, 6, APPLICATION_ERROR, ...),
    ],
)
def test_replies_are_judged(ok: bool, body: Any, limit: int, status: int, result: Any) -> None:
    outcome = RunOutcome()
    _judge(ok, body, limit, outcome)
    assert outcome.status == status
    assert result is ... or outcome.result == result


def test_a_reply_that_is_too_large() -> None:
    outcome = RunOutcome()
    _judge(True, {"a": "ä"}, 9, outcome)
    said = outcome.result["error"]
    assert outcome.status == APPLICATION_ERROR and "length: 10 > 9 bytes" in said
    assert said.endswith('The truncated response was: {"a":"ä"}')
    outcome = RunOutcome()
    _judge(True, {"a": "ä"}, 10, outcome)
    assert outcome.status == SUCCESS


@pytest.mark.parametrize(
    ("alive", "broken", "busy", "ready", "calls", "concurrency", "takes"),
    [
        (True, False, False, True, 0, 1, True),
        (True, False, False, False, 0, 1, True),
        (True, False, True, True, 1, 1, False),
        (True, False, True, True, 1, 2, True),
        (True, False, True, True, 2, 2, False),
        (True, False, True, False, 1, 2, False),
        (True, False, True, True, 0, 2, False),
        (True, True, False, True, 0, 1, False),
        (False, False, False, True, 0, 1, False),
    ],
)
def test_who_takes_another_call(
    alive: bool, broken: bool, busy: bool, ready: bool, calls: int, concurrency: int, takes: bool
) -> None:
    class Worker:
        def __init__(self) -> None:
            self.alive = alive

    worker: Any = Worker()
    pod: Any = None
    container = ActionContainer(pod, worker, 256, busy=busy, calls=calls, ready=ready,
                                broken=broken)  # fmt: skip
    assert container.takes(concurrency) is takes


# -- records -------------------------------------------------------------------------------


def activation(start: int = 1000, name: str = "f", **more: Any) -> Activation:
    made = Activation("guest", name, "0.0.1", "guest", start, **more)
    made.annotations.setdefault("path", f"guest/{name}")
    return made


def test_a_whole_record_and_its_line_in_a_list() -> None:
    made = activation(end=1007, id="1a", cause="2b", logs=["x"], status=APPLICATION_ERROR)
    made.result = {"error": "ä"}
    both = {
        "activationId": "1a",
        "annotations": [{"key": "path", "value": "guest/f"}],
        "cause": "2b",
        "duration": 7,
        "end": 1007,
        "name": "f",
        "namespace": "guest",
        "publish": False,
        "start": 1000,
        "version": "0.0.1",
    }
    assert made.summary() == both | {"statusCode": 1}
    response = {
        "result": {"error": "ä"},
        "size": 18,
        "status": "application error",
        "statusCode": 1,
        "success": False,
    }
    assert made.document() == both | {"logs": ["x"], "response": response, "subject": "guest"}
    made.logs_apart, made.cause = True, None
    assert made.document()["logs"] == []
    assert "cause" not in made.document()


@pytest.mark.parametrize(
    ("annotations", "listed"),
    [
        ({"path": "guest/f"}, "guest/f"),
        ({"path": "guest/p/f"}, "guest/p/f"),
        ({"path": "whisk.system/utils/f"}, "guest/utils/f"),
        ({"path": "guest/p/f", "binding": "guest/q"}, "guest/q/f"),
        ({}, "guest/f"),
    ],
)
def test_the_names_of_lists(annotations: dict[str, Any], listed: str) -> None:
    made = Activation("guest", "f", "0.0.1", "guest", 0, annotations=annotations)
    assert made.listed == listed


@pytest.mark.parametrize(
    ("more", "duration"),
    [({}, 0), ({"end": 1500}, 500), ({"end": 900}, 0), ({"end": 1500, "spent": 7}, 7),
     ({"spent": 0, "end": 1500}, 0)],
)  # fmt: skip
def test_durations(more: dict[str, Any], duration: int) -> None:
    assert activation(**more).duration == duration


@pytest.mark.parametrize(
    ("status", "word", "success", "http"),
    [
        (SUCCESS, "success", True, 200),
        (APPLICATION_ERROR, "application error", False, 502),
        (DEVELOPER_ERROR, "action developer error", False, 502),
        (INTERNAL_ERROR, "whisk internal error", False, 500),
    ],
)
def test_how_it_ended(status: int, word: str, success: bool, http: int) -> None:
    made = activation(status=status, result={"a": "ä"}, logs=["x"], cause="c")
    assert made.response() == {
        "result": {"a": "ä"}, "size": len('{"a":"\\u00e4"}'), "status": word,
        "statusCode": status, "success": success,
    }  # fmt: skip
    assert invoke_status(made) == http
    whole = made.document()
    assert "statusCode" not in whole and whole["cause"] == "c" and whole["logs"] == ["x"]
    assert summary_of(whole) == made.summary()
    assert "cause" not in activation().document()


@pytest.fixture
def records() -> Callable[..., Activations]:
    def made(**more: Any) -> Activations:
        db = Database()
        EntityStore(db)
        return Activations(db, **more)

    return made


def test_records_are_found_between_times(records: Callable[..., Activations]) -> None:
    kept = records()
    for start in (1000, 2000, 3000):
        kept.keep(activation(start, id=f"{start:032}"))
    kept.keep(activation(2000, "g", id="a" * 32))

    def starts(**asked: Any) -> list[int]:
        return [row["start"] for row in kept.list("guest", **asked)]

    assert starts() == [3000, 2000, 2000, 1000]
    assert starts(since=2000, name="f") == [3000, 2000]
    assert starts(upto=2000, name="f") == [2000, 1000]
    assert starts(since=2001, upto=2999) == [] and starts(since=0, upto=0) == []
    assert starts(name="g") == [2000] and kept.list("other") == []
    # Of the same moment the one that came last is first.
    assert [row["name"] for row in kept.list("guest", since=2000, upto=2000)] == ["g", "f"]
    assert len(kept.every()) == 4


def test_the_oldest_records_go(records: Callable[..., Activations]) -> None:
    kept = records(kept=3)
    for start in range(7):
        kept.keep(activation(start, id=f"{start:032}"))
    assert {row["start"] for row in kept.list("guest")} >= {4, 5, 6}
    assert min(row["start"] for row in kept.list("guest")) >= 3


@pytest.mark.parametrize(
    ("identifier", "status", "sentence"),
    [
        ("a" * 31, 400, "Activation id length is 31 but must be 32."),
        ("a" * 33, 400, "Activation id length is 33 but must be 32."),
        ("g" * 32, 400, "The activation id is not valid."),
        ("A" * 32, 404, "The requested resource does not exist."),
    ],
)
def test_ids(
    records: Callable[..., Activations], identifier: str, status: int, sentence: str
) -> None:
    with pytest.raises(WhiskError) as refused:
        records().get("guest", identifier)
    assert (refused.value.status, refused.value.message) == (status, sentence)


def test_a_record_is_its_namespaces(records: Callable[..., Activations]) -> None:
    kept = records()
    kept.keep(activation(id="a" * 32, logs=["x"], logs_apart=True))
    assert kept.get("guest", "a" * 32)["logs"] == []
    assert kept.logs("guest", "a" * 32) == ["x"]
    with pytest.raises(WhiskError):
        kept.get("other", "a" * 32)


def test_what_was_accepted_and_not_stored_is_forgotten(
    records: Callable[..., Activations],
) -> None:
    kept = records()
    for number, stored in enumerate((True, False)):
        made = activation(id=str(number) * 32)
        kept.accept(made)
        kept.keep(made, stored=stored)
    kept.recover()
    assert [row["activationId"] for row in kept.list("guest")] == ["0" * 32]
    kept.accept(activation(id="c" * 32))
    kept.recover()
    lost = kept.get("guest", "c" * 32)
    assert lost["response"]["status"] == "whisk internal error" and lost["end"] == lost["start"]
    kept.recover()
    assert len(kept.list("guest")) == 2


# -- logs and channels ---------------------------------------------------------------------

END = b"XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX"


async def test_logs_are_complete_when_both_streams_ended() -> None:
    logs = Logs()
    logs.start(100)
    logs.add(b"one")
    logs.add(END)
    assert not logs.complete
    logs.add(b"two \xff" + END)
    assert logs.complete
    lines = await logs.collect()
    assert [line.split(" ", 1)[1] for line in lines] == ["stdout: one", "stdout: two �"]
    logs.start(100)
    assert not logs.complete
    logs.end()
    assert await logs.collect() == []


@pytest.mark.parametrize(
    ("limit", "kept"),
    [(8, ["abc", "abc"]), (7, ["abc", None]), (4, ["abc", None]), (3, [None]), (0, [None])],
)
async def test_logs_are_cut(limit: int, kept: list[str | None]) -> None:
    logs = Logs()
    logs.start(limit)
    for _ in range(2):
        logs.add(b"abc")
    if limit < 8:
        logs.add(b"more")
    logs.end()
    apart = Logs.limited((("t", "abc"), ("t", "abc"), *((("t", "x"),) if limit < 8 else ())), limit)
    for lines in (await logs.collect(), apart):
        told = [None if "truncated" in line else line.split(": ", 1)[1] for line in lines]
        assert told == kept
    if limit < 8:
        assert apart[-1].endswith(f"exceeds the limit of {limit} bytes.")


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        (None, ()),
        ("x", ()),
        ([["t", "a"], ["t"], 5, ["t", 1]], (("t", "a"), ("t", "1"))),
        ([], ()),
    ],
)
def test_lines_that_a_function_may_have_written(told: Any, lines: Any) -> None:
    assert _lines(told) == lines


class Wire(asyncio.Transport):
    """Takes what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.sent, self.ended = b"", False

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def is_closing(self) -> bool:
        return self.ended

    def abort(self) -> None:
        self.ended = True


def framed(value: Any) -> bytes:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return len(data).to_bytes(4, "big") + data


@pytest.fixture
async def channel() -> Channel:
    made = Channel()
    made.connection_made(Wire())
    return made


async def test_replies_find_their_requests(channel: Channel) -> None:
    first, second = (asyncio.ensure_future(channel.ask({"op": n})) for n in "ab")
    await asyncio.sleep(0)
    data = framed({"ok": True, "id": 2, "n": 2}) + framed({"ok": True, "id": 1, "n": 1})
    for piece in (data[:3], data[3:7], data[7:]):
        channel.data_received(piece)
    assert ((await first)["n"], (await second)["n"]) == (1, 2)
    only = asyncio.ensure_future(channel.ask({"op": "c"}))
    await asyncio.sleep(0)
    channel.data_received(framed({"ok": False, "id": 99}) + framed({"ok": False, "id": "x"}))
    channel.data_received(framed({"ok": True}))
    assert (await only)["ok"] is True
    channel.data_received(framed({"ok": True}))


@pytest.mark.parametrize(
    "data",
    [framed(b"{"), framed([]), framed({"body": 1}), (2**31).to_bytes(4, "big"),
     framed(b"[" * 100_000)],
)  # fmt: skip
async def test_a_function_may_write_anything(channel: Channel, data: bytes) -> None:
    asked = asyncio.ensure_future(channel.ask({"op": "a"}))
    await asyncio.sleep(0)
    channel.data_received(data)
    with pytest.raises(ProcessEnded):
        await asked


async def test_a_channel_that_is_closed(channel: Channel) -> None:
    asked = asyncio.ensure_future(channel.ask({"op": "a"}))
    await asyncio.sleep(0)
    channel.connection_lost(None)
    with pytest.raises(ProcessEnded):
        await asked
    channel.close()
    with pytest.raises(ProcessEnded):
        await channel.ask({"op": "b"})
    with pytest.raises(ProcessEnded):
        await Channel().ask({"op": "b"})
    Channel().close()
