"""A real program that dies of want of memory: its stacks are not the user's business."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from owlab.pocket.programs import child
from owlab.pocket.programs.crash import NO_MEMORY, StackDump

GO = "fatal error: failed to reserve page summary memory\n\nruntime stack:\nruntime.throw(...)\n"


async def run(script: str, tmp_path: Path) -> tuple[int, str, str]:
    got: dict[str, bytes] = {"out": b"", "err": b""}

    async def out(data: bytes) -> None:
        got["out"] += data

    async def err(data: bytes) -> None:
        got["err"] += data

    status = await child.run(
        [sys.executable, "-c", script], env={}, cwd=tmp_path, stdin=None, out=out, err=err
    )
    return status, got["out"].decode(), got["err"].decode()


@pytest.mark.parametrize(
    "said",
    [
        GO,
        "runtime: out of memory: cannot allocate 4194304-byte block\nfatal error: out of memory\n",
        "runtime/cgo: pthread_create failed: Resource temporarily unavailable\nSIGABRT: abort\n",
    ],
)
async def test_a_death_for_want_of_memory_is_one_sentence(said: str, tmp_path: Path) -> None:
    script = f"import sys; sys.stderr.write({said!r}); sys.exit(2)"
    name = Path(sys.executable).name
    assert await run(script, tmp_path) == (2, "", f"{name}: {NO_MEMORY}\n")


@pytest.mark.parametrize(
    "said",
    [
        "fatal error: all goroutines are asleep - deadlock!\n",
        "error: no memory of that\n",
        "runt",
        'Traceback (most recent call last):\n  File "own.py"\nMemoryError\n',
        "Warning: a\nfatal error: out of memory\n",
    ],
)
async def test_all_else_is_passed_on_whole(said: str, tmp_path: Path) -> None:
    script = f"import sys; print('a'); sys.stderr.write({said!r}); sys.exit(1)"
    assert await run(script, tmp_path) == (1, "a\n", said)


async def test_what_begins_like_a_dump_and_comes_in_pieces(tmp_path: Path) -> None:
    script = (
        "import os, time\nfor c in b'fatally late':\n os.write(2, bytes([c])); time.sleep(.001)"
    )
    assert await run(script, tmp_path) == (0, "", "fatally late")


def test_the_engines_own_traceback_is_held_back() -> None:
    dump = StackDump(python=True)
    assert dump.take(b"Traceback (most recent call last):\n") == b""
    assert dump.take(b"MemoryError\n") == b""
    assert (dump.end(), dump.lacks_memory) == (b"", True)
