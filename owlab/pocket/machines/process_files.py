"""``/proc/PID``: what is known of one process, as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from owlab.pocket.machines.devices import Device, read_only
from owlab.pocket.machines.inode import Inode
from owlab.pocket.machines.processes import ProcessRow

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

STATES = {"S": "sleeping", "R": "running", "T": "stopped"}


class _Entries:
    """A directory of files that are made when they are read. Implements ``Source``."""

    def __init__(self, entries: dict[str, Inode]) -> None:
        self._entries = entries

    def names(self) -> Iterable[str]:
        """The files."""
        return self._entries

    def get(self, name: str) -> Inode | None:
        """One of them."""
        return self._entries.get(name)

    def read(self) -> bytes:
        """A directory has no content."""
        return b""

    def write(self, content: bytes) -> None:
        """Nor can it be written."""
        read_only(content)


def process_directory(machine: Machine, row: ProcessRow) -> Inode:
    """The directory of a process, which is its user's."""
    user = machine.accounts.user(row.user)
    uid, gid = (user.uid, user.gid) if user is not None else (0, 0)
    command = "" if row.command.startswith("[") else row.command
    texts: dict[str, tuple[int, Callable[[], str]]] = {
        "cmdline": (0o444, lambda: "".join(f"{word}\0" for word in command.split())),
        "comm": (0o444, lambda: f"{row.name[:15]}\n"),
        "environ": (0o400, lambda: ""),
        "status": (0o444, lambda: _status(row, uid, gid)),
    }
    entries = {name: _file(mode, read, uid, gid) for name, (mode, read) in texts.items()}
    source = _Entries(entries)
    return Inode("directory", 0o555, uid, gid, source=source, modified=row.started)


def _file(mode: int, read: Callable[[], str], uid: int, gid: int) -> Inode:
    def content() -> bytes:
        return read().encode()

    return Inode("file", mode, uid, gid, source=Device(content, read_only))


def _status(row: ProcessRow, uid: int, gid: int) -> str:
    state = row.state[0]
    rows = {
        "Name": row.name[:15],
        "State": f"{state} ({STATES.get(state, 'sleeping')})",
        "Tgid": row.pid,
        "Pid": row.pid,
        "PPid": row.parent,
        "TracerPid": 0,
        "Uid": "\t".join([str(uid)] * 4),
        "Gid": "\t".join([str(gid)] * 4),
        "VmSize": f"{row.memory * 9:>8} kB",
        "VmRSS": f"{row.memory:>8} kB",
        "Threads": 1,
    }
    return "".join(f"{name}:\t{value}\n" for name, value in rows.items())
