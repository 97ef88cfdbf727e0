"""A machine's tree of files: from a path to what is there, through links and mounts."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.machines.inode import EXECUTE, Credentials, Inode

MOST_LINKS = 40
LONGEST_NAME = 255


def failure(number: int, path: str) -> OSError:
    """The error of a system call, as the right subclass of OSError."""
    return OSError(number, os.strerror(number), path)


@dataclass(frozen=True, slots=True)
class Mounted:
    """A directory of another tree, in place of one of ours."""

    tree: Tree
    root: Inode
    read_only: bool
    squash: Callable[[Credentials], Credentials]


@dataclass(eq=False)
class Tree:
    """The root directory, what is mounted below it, and how often something was changed."""

    root: Inode = field(default_factory=lambda: Inode("directory", 0o755, modified=unix_time()))
    mounts: dict[Inode, Mounted] = field(default_factory=dict)
    revision: int = 0
    capacity: Callable[[], int] | None = None
    """How many bytes the disk has; without one, as many as anybody likes."""
    nearly_full: bool = False
    """What the last large write left: from then on each write is counted."""
    _revisions: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def used(self) -> int:
        """Bytes that its files take."""
        total, pending, seen = 0, [self.root], set[Inode]()
        while pending:
            inode = pending.pop()
            if inode.is_directory:
                pending += inode.entries.values()
            elif inode not in seen:
                seen.add(inode)
                total += inode.taken
        return total

    def room(self) -> int | None:
        """Bytes that are free, or None where nobody counts."""
        return None if self.capacity is None else max(0, self.capacity() - self.used())

    def note(self, inode: Inode, *, content: bool = True) -> None:
        """Something about an inode has changed; its content, or only what ``ls -l`` shows."""
        now = unix_time()
        inode.changed = now
        if content:
            inode.modified = now
        self.revision = inode.revision = next(self._revisions)


@dataclass(frozen=True, slots=True)
class Standing:
    """A directory on the way down a path, with the tree that it is in and as whom one is there."""

    tree: Tree
    inode: Inode
    who: Credentials
    read_only: bool = False

    def enter(self, inode: Inode) -> Standing:
        """Go into an entry; across a mount, into what is mounted there."""
        mounted = self.tree.mounts.get(inode)
        if mounted is None:
            return Standing(self.tree, inode, self.who, self.read_only)
        return Standing(
            mounted.tree,
            mounted.root,
            mounted.squash(self.who),
            # Each mount has its own: one for writing may be below one for reading.
            mounted.read_only,
        )


@dataclass(frozen=True, slots=True)
class ResolvedPath:
    """The end of a path: the directory, the last name, and what has that name, if anything."""

    parent: Standing
    name: str
    at: Standing | None

    @property
    def inode(self) -> Inode | None:
        """What is there."""
        return self.at.inode if self.at is not None else None


def find(tree: Tree, path: str, who: Credentials, *, follow: bool = True) -> ResolvedPath:
    """Walk down a path as the kernel does. Only the last name may be missing."""
    if not path:
        raise failure(errno.ENOENT, path)
    left = [part for part in path.split("/") if part]
    above = [Standing(tree, tree.root, who).enter(tree.root)]
    hops = 0
    last = ResolvedPath(above[-1], "", above[-1])
    while left:
        part = left.pop(0)
        here = above[-1]
        if not here.inode.is_directory:
            raise failure(errno.ENOTDIR, path)
        if not here.inode.allows(here.who, EXECUTE):
            raise failure(errno.EACCES, path)
        if part == ".":
            continue
        if part == "..":
            if len(above) > 1:
                above.pop()
            last = ResolvedPath(above[-1], "", above[-1])
            continue
        if len(part.encode()) > LONGEST_NAME:
            raise failure(errno.ENAMETOOLONG, path)
        inode = here.inode.get(part)
        if inode is None:
            if left:
                raise failure(errno.ENOENT, path)
            return ResolvedPath(here, part, None)
        if inode.kind == "symlink" and (left or follow):
            hops += 1
            if hops > MOST_LINKS:
                raise failure(errno.ELOOP, path)
            if inode.target.startswith("/"):
                del above[1:]
            left = [piece for piece in inode.target.split("/") if piece] + left
            last = ResolvedPath(above[-1], "", above[-1])
            continue
        there = here.enter(inode)
        last = ResolvedPath(here, part, there)
        above.append(there)
    return last
