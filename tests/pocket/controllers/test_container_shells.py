"""A shell in a container, as `kubectl exec` holds it: scripts, dictation, and a conversation."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bashkit import Bash

from owlab.pocket.kube.containers.foreground import carry_out
from owlab.pocket.kube.containers.streams import Streams

from .test_pod_terminals import Keys

PATIENCE = 30


class Paced(Keys):
    """Each chunk when what came before has been obeyed."""

    async def read_chunk(self) -> bytes | None:
        await asyncio.sleep(0.05)
        return await super().read_chunk()


async def ran(
    words: list[str], *typed: bytes, tty: bool = False, stdin: bool = True, name: str = "box:"
) -> tuple[int, str, str]:
    """The exit status, and what came on the two streams."""
    out, err = bytearray(), bytearray()

    async def to_out(data: bytes) -> None:
        out.extend(data)

    async def to_err(data: bytes) -> None:
        err.extend(data)

    keys: Any = Paced(*typed) if tty else Keys(*typed)
    streams = Streams(to_out, to_err, keys if stdin else None, tty)
    async with asyncio.timeout(PATIENCE):
        status = await carry_out(Bash(), words, streams, name, lambda data: data)
    return status, out.decode(), err.decode()


@pytest.mark.parametrize(
    ("words", "typed", "status", "out"),
    [
        (["sh", "-c", "echo a; exit 3"], b"", 3, "a\n"),
        (["echo", "a b"], b"", 0, "a b\n"),
        (["cat"], b"x\ny\n", 0, "x\ny\n"),
        (["sh", "-c", "read a; echo got $a; cat"], b"x\ny\n", 0, "got x\ny\n"),
        (["false"], b"", 1, ""),
    ],
)
async def test_commands(words: list[str], typed: bytes, status: int, out: str) -> None:
    assert await ran(words, typed) == (status, out, "")


async def test_errors_come_on_their_stream() -> None:
    status, out, err = await ran(["sh", "-c", "echo a; echo b >&2; ls /none"], stdin=False)
    assert status != 0 and out == "a\n"
    assert err.startswith("b\n") and "/none" in err


@pytest.mark.parametrize(
    ("typed", "status", "out"),
    [
        ([b"echo a\necho b\n"], 0, "a\nb\n"),
        ([b"x=5\n", b"echo $x\n"], 0, "5\n"),
        ([b"for i in 1 2; do\n", b"echo $i\n", b"done\n"], 0, "1\n2\n"),
        ([b"echo ", b"a\n"], 0, "a\n"),
        ([b"echo no end"], 0, "no end\n"),
        ([b"false\n", b"echo $?\n"], 0, "1\n"),
        ([b"false\n"], 1, ""),
        ([b"exit 4\n", b"echo never\n"], 4, ""),
        ([b"echo a; exit 5\n", b"echo never\n"], 5, "a\n"),
        ([b"\n\n"], 0, ""),
        ([], 0, ""),
        (["echo ä\n".encode()[:6], "echo ä\n".encode()[6:]], 0, "ä\n"),
    ],
)
async def test_what_is_dictated(typed: list[bytes], status: int, out: str) -> None:
    assert await ran(["sh"], *typed) == (status, out, "")


async def talked(*typed: bytes, name: str = "box:") -> tuple[int, list[str]]:
    status, out, err = await ran(["sh"], *typed, tty=True, name=name)
    assert err == "", "a terminal has one stream"
    return status, out.split("\r\n")


async def test_a_conversation() -> None:
    status, lines = await talked(b"x=5\r", b"echo $x\r", b"ls /none\r", b"exit 3\r")
    assert status == 3
    prompt = lines[0].removesuffix("x=5")
    assert prompt.startswith("box:/") and prompt.endswith("# ")
    assert lines[1:3] == [f"{prompt}echo $x", "5"]
    assert "/none" in lines[4]
    assert lines[5] == f"{prompt}exit 3"


async def test_an_empty_line_does_nothing_and_the_end_leaves() -> None:
    status, lines = await talked(b"false\r", b"\r", b"echo $?\r", b"\x04")
    assert status == 0
    assert "1" in lines
    status, _ = await talked(b"false\r", b"\x04")
    assert status == 1
    _, lines = await talked(b"\x04", name="")
    assert lines[0].endswith(" # ")


async def test_a_command_over_several_lines() -> None:
    _, lines = await talked(b"for i in 1 2; do\r", b"echo n$i\r", b"done\r", b"\x04")
    assert lines[1] == "> echo n$i" and lines[2] == "> done"
    assert lines[3:5] == ["n1", "n2"]


async def test_what_reads_the_terminal_gets_the_next_lines() -> None:
    status, lines = await talked(
        b"cat > f\r", b"one\r", b"two\r", b"\x04", b"cat f\r", b"read a\r", b"word\r",
        b"echo got $a\r", b"\x04",
    )  # fmt: skip
    assert status == 0
    at = next(n for n, line in enumerate(lines) if line.endswith("cat f"))
    assert lines[at + 1 : at + 3] == ["one", "two"]
    assert "got word" in lines


async def test_ctrl_c_while_a_line_is_typed_and_while_a_command_runs() -> None:
    status, lines = await talked(b"ech\x03", b"echo $?\r", b"exit\r")
    assert lines[0].endswith("ech^C") and lines[2] == "130"
    status, lines = await talked(b"sleep 60; echo never\r", b"\x03", b"echo $?\r", b"exit 2\r")
    assert status == 2
    assert "never" not in lines and "130" in lines


async def test_a_command_at_a_terminal() -> None:
    status, out, err = await ran(["sh", "-c", "echo a; echo b >&2; exit 6"], tty=True)
    assert (status, out, err) == (6, "a\r\nb\r\n", "")
    status, out, _ = await ran(["sh", "-c", "sleep 60; echo never"], b"\x03", tty=True)
    assert status == 130 and "never" not in out
