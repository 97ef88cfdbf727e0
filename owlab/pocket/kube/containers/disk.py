"""A container's files: what its image brings, and its volumes in their places."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import ROOT, Credentials, Inode
from owlab.pocket.machines.tree import Mounted, Tree, failure, find

_DIRECTORIES = ("bin", "dev", "etc", "home", "root", "tmp", "usr/bin", "var/log")
_EVERYBODY = 0o1777


def same(who: Credentials) -> Credentials:
    """Nobody becomes another one."""
    return who


class Disk:
    """The root file system of one container. Its volumes are mounted anew for each shell."""

    def __init__(self, files: Mapping[str, bytes], *, read_only: bool = False) -> None:
        """``files``: absolute paths and what is in them."""
        self._inner = Tree()
        root = Files(self._inner)
        for directory in _DIRECTORIES:
            root.mkdir(f"/{directory}", recursive=True)
        root.chmod("/tmp", _EVERYBODY)
        for path, content in files.items():
            root.mkdir(posixpath.dirname(path), recursive=True)
            root.write_file(path, content)
        self.tree = self._inner
        if read_only:
            self.tree = Tree()
            self.tree.mounts[self.tree.root] = Mounted(self._inner, self._inner.root, True, same)

    def files(self, who: Credentials) -> Files:
        """The files as a user sees them."""
        return Files(self.tree, who)

    def mount(self, path: str, mounted: Mounted) -> None:
        """Put a directory, or one file, of another tree at a path, which is made if missing."""
        root = Files(self._inner)
        if not root.exists(path):
            if mounted.root.is_directory:
                root.mkdir(path, recursive=True)
            else:
                root.mkdir(posixpath.dirname(path), recursive=True)
                root.write_file(path, b"")
        found = find(self._inner, posixpath.dirname(path), ROOT)
        name = posixpath.basename(path)
        point = found.inode.get(name) if found.inode is not None and name else self._inner.root
        assert point is not None and found.at is not None
        # A volume may be below another one: then its point is in that one's tree.
        found.at.tree.mounts[point] = mounted


def directory_of(tree: Tree, path: str) -> Inode:
    """A directory of a tree, made with its parents if missing; raises NotADirectoryError."""
    root = Files(tree)
    if not root.exists(path):
        root.mkdir(path, recursive=True)
    inode = find(tree, path, ROOT).inode
    if inode is None:
        raise failure(20, path)
    return inode
