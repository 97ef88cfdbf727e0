"""One run of `find`: what its options say, and the files that it comes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.machines.inode import Inode
from owlab.pocket.machines.mounts import mounts as mounts_of
from owlab.pocket.programs.base import Call


class FindEnd(Exception):
    """``-quit``."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file on the way."""

    name: str
    """As it is printed."""
    path: str
    inode: Inode
    depth: int
    start: str
    """The word that it was found below."""


Test = Callable[[FoundFile], Awaitable[bool]]


@dataclass
class FindRun:
    """What holds for a whole run."""

    call: Call
    follows: str = "P"
    least: int = 0
    most: int | None = None
    depth_first: bool = False
    one_system: bool = False
    prunes: bool = False
    """The file that was just tested is not gone into."""
    now: float = field(default_factory=unix_time)
    regular: str = "emacs"
    status: int = 0
    at_end: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def trouble(self, name: str, reason: str) -> None:
        """Say what is wrong with a file, and go on."""
        await self.call.err(f"find: ‘{name}’: {reason}\n")
        self.status = 1

    def other_systems(self) -> dict[str, str]:
        """What is mounted below the root, and its kind."""
        mounts = {mount.target: mount.kind for mount in mounts_of(self.call.machine)}
        return {"/proc": "proc", "/dev": "devtmpfs", **mounts}

    def system_of(self, path: str) -> str:
        """The kind of file system that a path is in."""
        found = [
            (len(target), kind)
            for target, kind in self.other_systems().items()
            if f"{path}/".startswith(f"{target}/")
        ]
        return max(found)[1] if found else "ext4"
