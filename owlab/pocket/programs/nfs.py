"""The NFS server's side: `exportfs`, `showmount`, and who may mount what.

The active export table is ``machine.state.exports``; like the kernel's it changes only when
`exportfs` runs or the service starts, never because the file was edited.
"""

from __future__ import annotations

import getopt
from typing import TYPE_CHECKING

from owlab.pocket.machines import apt_packages, units
from owlab.pocket.machines.hosts import find, is_address
from owlab.pocket.machines.nfs_exports import Export, Table, known_option, parse
from owlab.pocket.programs import unit_jobs
from owlab.pocket.programs.base import Call, program

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

FILE = "/etc/exports"


def server_installed(machine: Machine) -> bool:
    """The machine has the NFS server's programs."""
    return "nfs-kernel-server" in apt_packages.installed(machine)


def client_installed(machine: Machine) -> bool:
    """The machine has the NFS client's programs."""
    return "nfs-common" in apt_packages.installed(machine)


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


@program("exportfs", installed=server_installed)
async def exportfs(call: Call) -> int:
    """``-r``, ``-a``, ``-v``, ``-u``, ``-o OPTIONS CLIENT:PATH``, and the table without any."""
    try:
        options, words = getopt.gnu_getopt(call.argv, "ravuio:sfh")
    except getopt.GetoptError as error:
        await call.err(f"exportfs: invalid option -- '{error.opt}'\n")
        return 1
    given = dict(options)
    if not call.root and (given or words) and set(given) != {"-v"} and set(given) != {"-s"}:
        await call.err(
            "exportfs: could not open /var/lib/nfs/.etab.lock for locking: errno 13 "
            "(Permission denied)\n"
        )
        return 1
    if not set(given) - {"-v", "-s", "-f"} and not words:
        return await _show(call, verbose="-v" in given or "-s" in given)
    if "-u" in given:
        return await _withdraw(call, words, everything="-a" in given)
    wanted: list[Export] = []
    status = 0
    if "-r" in given or "-a" in given:
        table = file_table(call.machine)
        await call.err("".join(f"{line}\n" for line in (*table.errors, *table.warnings)))
        status = 1 if table.errors else 0
        wanted = list(table.exports)
    for word in words:
        client, _, path = word.partition(":")
        listed = tuple(option for option in given.get("-o", "").split(",") if option)
        if not path or not all(map(known_option, listed)):
            await call.err(f"exportfs: Invalid export {word}\n")
            return 1
        wanted.append(Export(path, client or "*", listed))
    kept = [] if "-r" in given else active_exports(call.machine)
    for export in wanted:
        if complaint := _bad_directory(call, export):
            await call.err(complaint)
            status = 1
            continue
        kept = [old for old in kept if (old.path, old.client) != (export.path, export.client)]
        kept.append(export)
        if "-v" in given:
            await call.out(f"exporting {export.client}:{export.path}\n")
    if not wanted and not status:
        await call.err("exportfs: No file systems exported!\n")
    publish(call, kept)
    return status


def publish(call: Call, exports: list[Export]) -> None:
    """Make a table the active one, and let the cluster look at its mounts again."""
    call.machine.state.exports = list(exports)
    call.fleet.changed(call.machine)


def _bad_directory(call: Call, export: Export) -> str | None:
    """exportfs' complaint about the directory of an entry, or None."""
    if not call.fs.exists(export.path):
        return f"exportfs: Failed to stat {export.path}: No such file or directory\n\n"
    if call.fs.stat(export.path)["file_type"] not in ("directory", "file"):
        return f"exportfs: {export.path} does not support NFS export\n"
    return None


async def _show(call: Call, verbose: bool) -> int:
    for export in active_exports(call.machine):
        client = "<world>" if export.client == "*" else export.client
        gap = "\n\t\t" if len(export.path) > 14 else "\t"
        suffix = f"({export.shown()})" if verbose else ""
        await call.out(f"{export.path:<15}".rstrip() + f"{gap}{client}{suffix}\n")
    return 0


async def _withdraw(call: Call, words: list[str], everything: bool) -> int:
    kept, status = active_exports(call.machine), 0
    if everything:
        kept = []
    for word in words:
        client, _, path = word.partition(":")
        left = [e for e in kept if (e.client, e.path) != (client or "*", path)]
        if len(left) == len(kept):
            await call.err(f"exportfs: Could not find '{word}' to unexport.\n")
            status = 1
        kept = left
    publish(call, kept)
    return status


@program("showmount", installed=client_installed)
async def showmount(call: Call) -> int:
    """``showmount -e [HOST]``: what a server exports, asked over the (simulated) network."""
    words = [word for word in call.argv if not word.startswith("-")]
    host = words[0] if words else call.machine.name
    own = host in (call.machine.name, "localhost", "127.0.0.1")
    server = call.machine if own else find(call.fleet, host, "nfs-server")
    if server is None:
        what = "No route to host" if is_address(host) else "Name or service not known"
        await call.err(f"clnt_create: RPC: Unknown host ({what})\n")
        return 1
    if not server.service_active("nfs-server"):
        await call.err(
            "clnt_create: RPC: Port mapper failure - Unable to receive: errno 111 "
            "(Connection refused)\n"
        )
        return 1
    if not {"-e", "--exports"} & set(call.argv):
        await call.out(f"Hosts on {host}:\n")
        return 0
    await call.out(f"Export list for {host}:\n")
    clients: dict[str, list[str]] = {}
    for export in active_exports(server):
        clients.setdefault(export.path, []).append(export.client)
    width = max((len(path) for path in clients), default=0)
    for path, names in clients.items():
        shown = "(everyone)" if names == ["*"] else ",".join(names)
        await call.out(f"{path:<{width}} {shown}\n")
    return 0


async def _starting(call: Call) -> str | None:
    """nfs-server.service runs ``exportfs -r`` before its daemon."""
    table = file_table(call.machine)
    good = [export for export in table.exports if _bad_directory(call, export) is None]
    for line in table.errors:
        units.note(call.machine, "nfs-server", line, by="exportfs[612]")
    for export in table.exports:
        if export not in good:
            units.note(
                call.machine,
                "nfs-server",
                f"exportfs: Failed to stat {export.path}: No such file or directory",
                by="exportfs[612]",
            )
    publish(call, good)
    return None


async def _stopping(call: Call) -> str | None:
    publish(call, [])
    return None


unit_jobs.STARTING["nfs-server"] = _starting
unit_jobs.STOPPING["nfs-server"] = _stopping
