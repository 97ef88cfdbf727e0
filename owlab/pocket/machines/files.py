"""A machine's files as one process sees them: its user, its groups, its umask.

The calls have the names of bashkit's ``FileSystem`` and fail like the kernel's, with OSError.
``stat``, ``remove``, ``rename`` and ``read_link`` are about a link itself; all others follow it.
"""

from __future__ import annotations

import errno
import posixpath
from collections.abc import Callable

from owlab.pocket.bash.extra_streams import PRINTED
from owlab.pocket.machines.file_status import DirectoryEntry, FileStatus, about
from owlab.pocket.machines.inode import (
    EXECUTE,
    READ,
    ROOT,
    SETGID,
    STICKY,
    WRITE,
    Credentials,
    Inode,
    Kind,
)
from owlab.pocket.machines.tree import ResolvedPath, Standing, Tree, failure, find

UMASK = 0o022
ASIDE = {path: number for number, path in PRINTED.items()}
COUNTED = 1 << 16
"""Writes from this size on ask how much room the disk has."""


class Files:
    """Files of a machine, with the rights of a user."""

    def __init__(self, tree: Tree, who: Credentials = ROOT, umask: int = UMASK) -> None:
        self.tree = tree
        self.who = who
        self.umask = umask
        self.descriptors: Callable[[str], bytes] | None = None
        """What a process has open as ``/dev/fd/63``, as the shell made it for `<(...)`."""
        self.pipes: Callable[[str, bytes], None] | None = None
        """Where what it writes there goes, as the shell made it for `>(...)`."""
        self.aside: Callable[[str, bytes], None] | None = None
        """Prints what is written to a stream that the shell keeps aside."""

    # looking

    def look(self, path: str, *, follow: bool = True) -> Inode:
        """What is at a path; FileNotFoundError where nothing is."""
        return self._there(path, follow=follow).inode

    def exists(self, path: str) -> bool:
        """Something is there, and not only a link that leads nowhere."""
        try:
            return find(self.tree, path, self.who).inode is not None
        except OSError:
            return False

    def is_directory(self, path: str) -> bool:
        """A directory is there, perhaps behind a link."""
        try:
            return self.look(path).is_directory
        except OSError:
            return False

    def stat(self, path: str) -> FileStatus:
        """Type, size, mode, times and owner, of a link itself where it is one."""
        return about(self.look(path, follow=False))

    def allows(self, path: str, bits: int) -> bool:
        """The user may read, write or execute what is there."""
        try:
            at = self._there(path)
        except OSError:
            return False
        return at.inode.allows(at.who, bits) and not (at.read_only and bits & WRITE)

    def read_dir(self, path: str) -> list[DirectoryEntry]:
        """The entries of a directory, sorted by name."""
        at = self._there(path)
        if not at.inode.is_directory:
            raise failure(errno.ENOTDIR, path)
        self._check(at, READ, path)
        found = ((name, at.inode.get(name)) for name in at.inode.names())
        return [{"name": name, "metadata": about(one)} for name, one in found if one is not None]

    def read_file(self, path: str) -> bytes:
        """A file's whole content."""
        at = self._there(path)
        if at.inode.is_directory:
            raise failure(errno.EISDIR, path)
        self._check(at, READ, path)
        return at.inode.read()

    def read_link(self, path: str) -> str:
        """Where a symbolic link points."""
        inode = self.look(path, follow=False)
        if inode.kind != "symlink":
            raise failure(errno.EINVAL, path)
        return inode.target

    def resolve(self, path: str) -> str:
        """The path without links in it; as it is where it leads nowhere."""
        done = "/"
        left, hops = [part for part in path.split("/") if part], 0
        while left:
            part = left.pop(0)
            step = posixpath.normpath(posixpath.join(done, part))
            try:
                target = self.read_link(step)
            except OSError:
                done = step
                continue
            hops += 1
            if hops > 40:
                return path
            done = "/" if target.startswith("/") else done
            left = [piece for piece in target.split("/") if piece] + left
        return done

    # writing

    def write_file(self, path: str, content: bytes) -> None:
        """Make a file, or replace its content."""
        self._put(path, content, append=False)

    def append_file(self, path: str, content: bytes) -> None:
        """Add to a file, which is made where it is missing."""
        self._put(path, content, append=True)

    def set_size(self, path: str, size: int, *, sparse: bool = True) -> None:
        """Cut a file off, or let it go on with zeros; ``sparse`` ones take no room."""
        found = find(self.tree, path, self.who)
        inode, tree = found.inode, found.parent.tree
        if found.at is None or inode is None:
            inode = self._make(found, "file", 0o666, path)
        else:
            tree = found.at.tree
            if inode.is_directory:
                raise failure(errno.EISDIR, path)
            self._check(found.at, WRITE, path)
            if inode.source is not None:
                raise failure(errno.EINVAL, path)
        if size > inode.size:
            self._roomy(tree, 0 if sparse else size - inode.size, path)
            inode.sparse = sparse if not inode.zeros else inode.sparse and sparse
            inode.zeros += size - inode.size
        elif size < inode.size:
            cut = max(0, inode.zeros - (inode.size - size))
            inode.content, inode.zeros = inode.content[:size], cut
            tree.nearly_full = False
        tree.note(inode)

    def room(self, path: str) -> int | None:
        """Bytes that are free where a path is; None where nobody counts."""
        found = find(self.tree, path, self.who)
        return (found.at or found.parent).tree.room()

    def touch(self, path: str, modified: float | None = None, *, create: bool = True) -> None:
        """Make an empty file, or set the time of what is there."""
        found = find(self.tree, path, self.who)
        if found.at is None:
            if create:
                inode = self._make(found, "file", 0o666, path)
                inode.modified = modified if modified is not None else inode.modified
            return
        at = found.at
        if not (self._owns(at) or (modified is None and at.inode.allows(at.who, WRITE))):
            raise failure(errno.EPERM if modified is not None else errno.EACCES, path)
        self._writable(at, path)
        at.tree.note(at.inode)
        if modified is not None:
            at.inode.modified = modified

    def mkdir(self, path: str, recursive: bool = False, mode: int = 0o777) -> None:
        """Make a directory; ``recursive`` also its parents, and an existing one is no error."""
        if recursive:
            parent = posixpath.dirname(path.rstrip("/") or "/")
            if parent != "/" and not self.is_directory(parent):
                self.mkdir(parent, recursive=True)
        found = find(self.tree, path, self.who)
        if found.inode is not None:
            if recursive and found.inode.is_directory:
                return
            raise failure(errno.EEXIST, path)
        self._make(found, "directory", mode, path)

    def symlink(self, target: str, link: str) -> None:
        """Make a symbolic link."""
        found = find(self.tree, link, self.who, follow=False)
        if found.at is not None:
            raise failure(errno.EEXIST, link)
        self._make(found, "symlink", 0o777, link).target = target

    def link(self, old: str, new: str) -> None:
        """A second name for a file."""
        at = self._there(old)
        if at.inode.is_directory:
            raise failure(errno.EPERM, old)
        found = find(self.tree, new, self.who, follow=False)
        if found.at is not None:
            raise failure(errno.EEXIST, new)
        if found.parent.tree is not at.tree:
            raise failure(errno.EXDEV, new)
        self._check(found.parent, WRITE | EXECUTE, new)
        found.parent.inode.entries[found.name] = at.inode
        at.inode.links += 1
        at.tree.note(found.parent.inode)
        at.tree.note(at.inode, content=False)

    def chmod(self, path: str, mode: int) -> None:
        """Change the mode: the owner's and root's right."""
        at = self._there(path)
        if not self._owns(at):
            raise failure(errno.EPERM, path)
        self._writable(at, path)
        at.inode.mode = mode & 0o7777
        at.tree.note(at.inode, content=False)

    def chown(self, path: str, uid: int = -1, gid: int = -1, *, follow: bool = True) -> None:
        """Change the owner (root's right) or the group (an owner may take one of their own)."""
        at = self._there(path, follow=follow)
        who, inode = at.who, at.inode
        changes_owner = uid not in (-1, inode.uid)
        changes_group = gid not in (-1, inode.gid)
        own = who.uid == inode.uid and not changes_owner
        if not who.is_root and not (own and (not changes_group or who.in_group(gid))):
            raise failure(errno.EPERM, path)
        self._writable(at, path)
        inode.uid = uid if uid != -1 else inode.uid
        inode.gid = gid if gid != -1 else inode.gid
        at.tree.note(inode, content=False)

    def remove(self, path: str, recursive: bool = False) -> None:
        """Remove a name; a directory must be empty, or is removed with all that is in it."""
        found = find(self.tree, path, self.who, follow=False)
        if found.at is None:
            raise failure(errno.ENOENT, path)
        if not found.name or found.at.inode in found.parent.tree.mounts:
            raise failure(errno.EBUSY, path)
        if found.parent.tree is not found.at.tree:
            raise failure(errno.EBUSY, path)
        self._removable(found, path)
        inode = found.at.inode
        if inode.is_directory and inode.names():
            if not recursive:
                raise failure(errno.ENOTEMPTY, path)
            self._check(found.at, READ | WRITE | EXECUTE, path)
            for name in inode.names():
                self.remove(posixpath.join(path, name), recursive=True)
        if found.parent.inode.entries.pop(found.name, None) is None:
            raise failure(errno.EROFS, path)
        inode.links -= 1
        found.at.tree.note(found.parent.inode)
        found.at.tree.note(inode, content=False)

    def rename(self, old: str, new: str) -> None:
        """Move a name; what has the new name already is replaced."""
        source = find(self.tree, old, self.who, follow=False)
        target = find(self.tree, new, self.who, follow=False)
        if source.at is None:
            raise failure(errno.ENOENT, old)
        moved = source.at.inode
        if not source.name or moved in source.parent.tree.mounts:
            raise failure(errno.EBUSY, old)
        if (target.parent.tree, target.parent.read_only) != (
            source.parent.tree,
            source.parent.read_only,
        ):
            self._across(old, new)
            return
        self._removable(source, old)
        if target.inode is moved:
            return
        if target.at is None:
            self._check(target.parent, WRITE | EXECUTE, new)
        else:
            self._removable(target, new)
            if target.at.inode.is_directory != moved.is_directory:
                raise failure(errno.EISDIR if target.at.inode.is_directory else errno.ENOTDIR, new)
            if target.at.inode.names() if moved.is_directory else False:
                raise failure(errno.ENOTEMPTY, new)
        if moved.is_directory and f"{new}/".startswith(f"{old.rstrip('/')}/"):
            raise failure(errno.EINVAL, new)
        if source.parent.inode.entries.pop(source.name, None) is None:
            raise failure(errno.EROFS, old)
        target.parent.inode.entries[target.name] = moved
        for parent in (source.parent, target.parent):
            parent.tree.note(parent.inode)
        source.parent.tree.note(moved, content=False)

    def copy(self, source: str, target: str) -> None:
        """A file's content into another, which gets its mode where it is new."""
        there = self._there(source)
        inode = there.inode
        if inode.zeros:
            self._check(there, READ, source)
        content, zeros, size = inode.content, inode.zeros, inode.size
        content = content if zeros else self.read_file(source)
        found = find(self.tree, target, self.who)
        if found.at is None:
            self._make(found, "file", inode.mode & 0o777, target)
        self.write_file(target, content)
        if zeros:
            self.set_size(target, size, sparse=inode.sparse)

    # how

    def _there(self, path: str, *, follow: bool = True) -> Standing:
        if self.aside is not None and path in ASIDE:
            return Standing(self.tree, Inode("character", 0o622, self.who.uid), self.who)
        if self.descriptors is not None and path.startswith("/dev/fd/"):
            pipe = Inode("file", 0o600, self.who.uid, self.who.gid, self.descriptors(path))
            return Standing(self.tree, pipe, self.who)
        at = find(self.tree, path, self.who, follow=follow).at
        if at is None:
            raise failure(errno.ENOENT, path)
        return at

    def _check(self, at: Standing, bits: int, path: str) -> None:
        if not at.inode.allows(at.who, bits):
            raise failure(errno.EACCES, path)
        if bits & WRITE:
            self._writable(at, path)

    @staticmethod
    def _writable(at: Standing, path: str) -> None:
        if at.read_only:
            raise failure(errno.EROFS, path)

    @staticmethod
    def _owns(at: Standing) -> bool:
        return at.who.is_root or at.who.uid == at.inode.uid

    def _removable(self, found: ResolvedPath, path: str) -> None:
        self._check(found.parent, WRITE | EXECUTE, path)
        directory, at = found.parent, found.at
        if directory.inode.mode & STICKY and at is not None:
            mine = at.who.is_root or at.who.uid in (at.inode.uid, directory.inode.uid)
            if not mine:
                raise failure(errno.EPERM, path)

    def _make(self, found: ResolvedPath, kind: Kind, mode: int, path: str) -> Inode:
        if not found.name:
            raise failure(errno.EEXIST, path)
        parent = found.parent
        if not parent.inode.is_directory:
            raise failure(errno.ENOTDIR, path)
        self._check(parent, WRITE | EXECUTE, path)
        made = Inode(kind, mode if kind == "symlink" else mode & ~self.umask)
        made.uid, made.gid = parent.who.uid, parent.who.gid
        if parent.inode.mode & SETGID:
            made.gid = parent.inode.gid
            made.mode |= SETGID if kind == "directory" else 0
        parent.inode.entries[found.name] = made
        parent.tree.note(made)
        parent.tree.note(parent.inode)
        return made

    def _put(self, path: str, content: bytes, *, append: bool) -> None:
        if self.pipes is not None and path.startswith("/dev/fd/"):
            self.pipes(path, content)
            return
        if self.aside is not None and path in ASIDE:
            self.aside(ASIDE[path], content)
            return
        found = find(self.tree, path, self.who)
        if found.at is None:
            inode, tree = self._make(found, "file", 0o666, path), found.parent.tree
        else:
            inode, tree = found.at.inode, found.at.tree
            if inode.is_directory:
                raise failure(errno.EISDIR, path)
            self._check(found.at, WRITE, path)
            if inode.source is not None:
                inode.source.write(content)
                return
        self._roomy(tree, len(content) - (0 if append else inode.taken), path)
        inode.replace(inode.read() + content if append else bytes(content))
        tree.note(inode)

    @staticmethod
    def _roomy(tree: Tree, growth: int, path: str) -> None:
        """Refuse what the disk has no room for. Small writes are not counted until it is full."""
        if tree.capacity is None or not (growth >= COUNTED or (growth > 0 and tree.nearly_full)):
            return
        room = tree.room() or 0
        tree.nearly_full = room - growth < COUNTED
        if growth > room:
            raise failure(errno.ENOSPC, path)

    def _across(self, old: str, new: str) -> None:
        """From one file system to another: copied, then removed."""
        inode = self.look(old, follow=False)
        if inode.kind == "symlink":
            self.symlink(inode.target, new)
        elif inode.is_directory:
            self.mkdir(new)
            for name in inode.names():
                self._across(posixpath.join(old, name), posixpath.join(new, name))
        else:
            self.copy(old, new)
        self.remove(old, recursive=True)
