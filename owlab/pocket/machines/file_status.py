"""What ``stat`` tells of a file."""

from __future__ import annotations

from typing import TypedDict

from owlab.pocket.machines.inode import Inode, Kind


class FileStatus(TypedDict):
    """What ``stat`` tells, by bashkit's names and with what it lacks."""

    file_type: Kind
    size: int
    mode: int
    modified: float
    created: float
    uid: int
    gid: int
    links: int
    number: int


class DirectoryEntry(TypedDict):
    """A name in a directory, and what is there."""

    name: str
    metadata: FileStatus


def about(inode: Inode) -> FileStatus:
    """What ``stat`` tells, by bashkit's names and with what it lacks."""
    return {
        "file_type": inode.kind,
        "size": inode.size,
        "mode": inode.mode,
        "modified": inode.modified,
        "created": inode.changed,
        "uid": inode.uid,
        "gid": inode.gid,
        "links": inode.links + 1 + sum(e.is_directory for e in inode.entries.values())
        if inode.is_directory
        else inode.links,
        "number": inode.number,
    }
