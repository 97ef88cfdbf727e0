"""`flock`: one command at a time, by the lock of a file."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import dataclass, field

from owlab.pocket.machines.inode import Inode
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, Options, parse, refuse, usage
from owlab.pocket.programs.shells import child_of

LONG = (
    "shared exclusive unlock nonblock wait= timeout= close command= conflict-exit-code= verbose "
    "no-fork nb"
)
USAGE, BUSY, NO_FILE = 64, 1, 66
NO_DESCRIPTORS = (
    "the pocket lab does not know the file of a descriptor: nobody is kept out (flock FILE COMMAND)"
)


@dataclass(eq=False)
class FileLock:
    """Who holds the lock of a file now."""

    shared: int = 0
    exclusive: bool = False
    wanted: int = 0
    """Those that hold it or wait for it."""
    released: asyncio.Condition = field(default_factory=asyncio.Condition)

    def free(self, *, shared: bool) -> bool:
        """It can be taken."""
        return not self.exclusive and (shared or not self.shared)


_locks: dict[int, FileLock] = {}
"""By the number of the file."""


@program("flock", machines="all")
async def flock(call: Call) -> int:
    """Run COMMAND while the lock of FILE is held; ``-n -w SECONDS -s -x -E STATUS -c``."""
    options = parse(call, "sxeunw:oFE:c:v", LONG, status=USAGE, mixed=False, absent="v verbose")
    if not options.words:
        raise usage("flock", "not enough arguments", USAGE)
    name, *words = options.words
    command = options.value("c", "command")
    if words[:1] in (["-c"], ["--command"]):
        if len(words) != 2:
            raise Complaint("flock: -c requires exactly one command argument\n", USAGE)
        command = words[1]
    if command is None and not words:
        if not name.isdecimal():
            raise Complaint(f"flock: bad file descriptor: '{name}'\n", USAGE)
        # The shell's own descriptors are the interpreter's, which does not tell where they lead.
        await call.err(f"flock: {name}: {NO_DESCRIPTORS}\n")
        return 0
    refuse("flock", options.given, "u unlock", USAGE)
    number = _file(call, name).number
    ways = ("s", "shared", "x", "e", "exclusive")
    way = next((given for given, _ in reversed(options.given) if given in ways), "")
    shared, patience = way in ("s", "shared"), _patience(options)
    lock = _locks.setdefault(number, FileLock())
    lock.wanted += 1
    try:
        return await _held(call, options, lock, shared, patience, command, words)
    finally:
        lock.wanted -= 1
        if not lock.wanted:
            _locks.pop(number, None)


async def _held(
    call: Call,
    options: Options,
    lock: FileLock,
    shared: bool,
    patience: float | None,
    command: str | None,
    words: list[str],
) -> int:
    """Take the lock, run the command, give it back."""
    if not await _taken(lock, shared, patience):
        return int(options.value("E", "conflict-exit-code") or BUSY)
    try:
        line = shlex.join(["sh", "-c", command]) if command is not None else shlex.join(words)
        return await child_of(call).run(line, call.out, call.err, stdin=call.reader)
    finally:
        await _given_back(lock, shared)


def _file(call: Call, name: str) -> Inode:
    path = call.path(name)
    try:
        if not call.fs.exists(path):
            call.fs.write_file(path, b"")
        return call.fs.look(path)
    except OSError as error:
        raise Complaint(
            f"flock: cannot open lock file {name}: {error.strerror}\n", NO_FILE
        ) from None


def _patience(options: Options) -> float | None:
    """Seconds to wait; None for as long as it takes."""
    if options.has("n", "nonblock", "nb"):
        return 0
    text = options.value("w", "wait", "timeout")
    try:
        return float(text) if text is not None else None
    except ValueError:
        raise Complaint(f"flock: invalid timeout value: '{text}'\n", USAGE) from None


async def _taken(lock: FileLock, shared: bool, patience: float | None) -> bool:
    async def wait() -> None:
        async with lock.released:
            await lock.released.wait_for(lambda: lock.free(shared=shared))
            _hold(lock, shared)

    if lock.free(shared=shared):
        _hold(lock, shared)
        return True
    if patience == 0:
        return False
    try:
        await asyncio.wait_for(wait(), patience)
    except TimeoutError:
        return False
    return True


def _hold(lock: FileLock, shared: bool) -> None:
    lock.shared += shared
    lock.exclusive = lock.exclusive or not shared


async def _given_back(lock: FileLock, shared: bool) -> None:
    async with lock.released:
        lock.shared -= shared
        lock.exclusive = lock.exclusive and shared
        lock.released.notify_all()
