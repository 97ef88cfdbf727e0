"""Commands that start at the same time, with threads that switch at every moment."""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Iterator

import pytest
from bashkit import CommandContext

from owlab.pocket.bash.contexts import SharedContext
from owlab.pocket.bash.interpreter import execute, new_bash

LINE = "one | one | one | one; (one & one & one & wait); one | cat"


@pytest.fixture
def switching() -> Iterator[None]:
    """Threads that are made to give way all the time, and one that always wants its turn."""
    ended = threading.Event()

    def busy() -> None:
        while not ended.is_set():
            sum(range(50))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=busy)
    thread.start()
    yield
    ended.set()
    thread.join()
    sys.setswitchinterval(before)


async def test_commands_start_at_the_same_time(switching: None) -> None:
    bash = new_bash("ubuntu", "machine", "/", {})

    async def one(context: CommandContext) -> int:
        try:
            await context.stdout.write(b"x\n")
        except BrokenPipeError:
            return 0  # its reader has ended already
        return 0

    bash.add_command("one", one)
    out, err = bytearray(), bytearray()

    async def keep(data: bytes) -> None:
        out.extend(data)

    async def keep_said(data: bytes) -> None:
        err.extend(data)

    for _ in range(100):
        await execute(bash, LINE, keep, keep_said)
    assert (out.count(b"x\n"), bytes(err)) == (500, b"")


def test_a_context_is_entered_twice() -> None:
    variable = contextvars.ContextVar("variable", default=0)
    variable.set(1)
    shared = SharedContext()
    variable.set(2)

    def within(*, again: bool) -> list[int]:
        seen = [variable.get()]
        variable.set(3)
        return seen + (shared.run(within, again=False) if again else [])

    assert shared.run(within, again=True) == [1, 1]
    assert variable.get() == 2


async def test_the_copy_of_a_context_is_pythons_own_afterwards() -> None:
    own = contextvars.copy_context
    bash = new_bash("ubuntu", "machine", "/", {})

    async def keep(data: bytes) -> None:
        """Nothing is printed."""

    await execute(bash, "true", keep, keep)
    assert contextvars.copy_context is own
