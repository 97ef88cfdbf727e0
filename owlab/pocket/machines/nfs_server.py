"""The NFS server of a machine: what its files say, and what it exports.

The active export table is ``machine.state.exports``; like the kernel's it changes only when
`exportfs` runs or the service starts, never because the file was edited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from owlab.pocket.machines import units
from owlab.pocket.machines.nfs_exports import Export, Table, parse

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

FILE = "/etc/exports"


def active_exports(machine: Machine) -> list[Export]:
    """What the machine exports at this moment."""
    return list(machine.state.exports)


def file_table(machine: Machine) -> Table:
    """What ``/etc/exports`` and ``/etc/exports.d/*.exports`` say."""
    names = [FILE] + [
        f"/etc/exports.d/{name}"
        for name in machine.listdir("/etc/exports.d") or []
        if name.endswith(".exports")
    ]
    tables = [parse((machine.read(name) or b"").decode(errors="replace"), name) for name in names]
    return Table(
        tuple(export for table in tables for export in table.exports),
        tuple(error for table in tables for error in table.errors),
        tuple(warning for table in tables for warning in table.warnings),
    )


def publish(machine: Machine, exports: list[Export]) -> None:
    """Make a table the active one, and let the cluster look at its mounts again."""
    machine.state.exports = list(exports)
    machine.lab.fleet.changed(machine)


def bad_directory(machine: Machine, export: Export) -> str | None:
    """exportfs' complaint about the directory of an entry, or None."""
    if not machine.files.exists(export.path):
        return f"exportfs: Failed to stat {export.path}: No such file or directory\n\n"
    if machine.files.stat(export.path)["file_type"] not in ("directory", "file"):
        return f"exportfs: {export.path} does not support NFS export\n"
    return None


async def start(machine: Machine) -> str | None:
    """nfs-server.service runs ``exportfs -r`` before its daemon."""
    table = file_table(machine)
    good = [export for export in table.exports if bad_directory(machine, export) is None]
    for line in table.errors:
        units.note(machine, "nfs-server", line, by="exportfs[612]")
    for export in table.exports:
        if export not in good:
            units.note(
                machine,
                "nfs-server",
                f"exportfs: Failed to stat {export.path}: No such file or directory",
                by="exportfs[612]",
            )
    publish(machine, good)
    return None


async def stop(machine: Machine) -> None:
    """Nothing is exported any more."""
    publish(machine, [])
