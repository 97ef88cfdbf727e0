"""``/proc``: what scripts read there of a machine, made when it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.machines import usage
from owlab.pocket.machines.devices import Device, read_only
from owlab.pocket.machines.inode import Inode
from owlab.pocket.machines.process_files import process_directory
from owlab.pocket.machines.processes import ProcessRow
from owlab.pocket.machines.visits import outermost

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

VERSION = "Linux version 6.8.0-31-generic-pocket (a pocket lab: no kernel of its own)\n"

FILE_SYSTEMS = (
    "".join(f"nodev\t{name}\n" for name in ("proc", "tmpfs", "overlay", "nfs", "nfs4", "nfsd"))
    + "\text4\n"
)


def _encoded(read: Callable[[], str]) -> Callable[[], bytes]:
    return lambda: read().encode()


class Proc:
    """The directory ``/proc`` of a machine. Implements ``Source``."""

    def __init__(self, machine: Machine, rows: Callable[[], list[ProcessRow]]) -> None:
        self._machine, self._rows = machine, rows
        files: dict[str, Callable[[], str]] = {
            "cmdline": lambda: "BOOT_IMAGE=/vmlinuz root=LABEL=cloudimg-rootfs ro console=ttyS0\n",
            "cpuinfo": self._processors,
            "filesystems": lambda: FILE_SYSTEMS,
            "loadavg": self._load,
            "meminfo": self._memory,
            "modules": lambda: "",
            "mounts": self._mounts,
            "swaps": lambda: "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
            "uptime": self._uptime,
            "version": lambda: VERSION,
        }
        self._made = {
            name: Inode("file", 0o444, source=Device(_encoded(read), read_only))
            for name, read in files.items()
        }

    def names(self) -> Iterable[str]:
        """The files, and a directory of each process."""
        return [*self._made, "self", *(str(row.pid) for row in self._rows())]

    def get(self, name: str) -> Inode | None:
        """One of them."""
        if name == "self":
            return Inode("symlink", 0o777, target=str(self._running()))
        if name.isdecimal():
            row = next((one for one in self._rows() if one.pid == int(name)), None)
            return process_directory(self._machine, row) if row is not None else None
        return self._made.get(name)

    def _running(self) -> int:
        """The shell that runs something, the last one to begin."""
        tops = [top for top in map(outermost, self._machine.sessions) if top is not None]
        return max((top.pid for top in tops), default=1)

    def read(self) -> bytes:
        """A directory has no content."""
        return b""

    def write(self, content: bytes) -> None:
        """Nor can it be written."""
        read_only(content)

    def _processors(self) -> str:
        return "".join(
            f"processor\t: {number}\nvendor_id\t: PocketLab\nmodel name\t: owlab pocket lab\n"
            f"cpu cores\t: {self._machine.spec.cpus}\nflags\t\t: fpu\n\n"
            for number in range(self._machine.spec.cpus)
        )

    def _memory(self) -> str:
        used, total = (size // 1024 for size in usage.memory(self._machine))
        free = total - used
        rows = {"MemTotal": total, "MemFree": free, "MemAvailable": free, "Buffers": 0}
        rows |= {"Cached": 0, "SwapTotal": 0, "SwapFree": 0}
        return "".join(f"{name + ':':<16}{size:>8} kB\n" for name, size in rows.items())

    def _load(self) -> str:
        shown = " ".join(f"{one:.2f}" for one in usage.load(self._machine))
        return f"{shown} 1/98 12001\n"

    def _mounts(self) -> str:
        lines = ["/dev/vda1 / ext4 rw,relatime,discard,errors=remount-ro 0 0"]
        lines += [
            f"{mount.source} {mount.target} {mount.kind} {mount.options} 0 0"
            for mount in self._machine.state.mounts
        ]
        return "".join(f"{line}\n" for line in lines)

    def _uptime(self) -> str:
        up = unix_time() - self._machine.booted
        return f"{up:.2f} {up * self._machine.spec.cpus:.2f}\n"
