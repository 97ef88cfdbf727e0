"""`exportfs` and `showmount`: what an NFS server exports, changed and shown."""

from __future__ import annotations

import getopt
from typing import TYPE_CHECKING

from owlab.pocket.machines import nfs_server
from owlab.pocket.machines.hosts import find, is_address
from owlab.pocket.machines.nfs_exports import Export, known_option
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import parse

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine


def server_installed(machine: Machine) -> bool:
    """The machine has the NFS server's programs."""
    return machine.package_installed("nfs-kernel-server")


def client_installed(machine: Machine) -> bool:
    """The machine has the NFS client's programs."""
    return machine.package_installed("nfs-common")


@program("exportfs", installed=server_installed)
async def exportfs(call: Call) -> int:
    """``-r``, ``-a``, ``-v``, ``-u``, ``-o OPTIONS CLIENT:PATH``, and the table without any."""
    try:
        options, words = getopt.gnu_getopt(call.argv, "ravuio:sf")
    except getopt.GetoptError as error:
        await call.err(f"exportfs: invalid option -- '{error.opt}'\n")
        return 1
    given = dict(options)
    if not call.root and (words or set(given) - {"-v", "-s"}):
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
        table = nfs_server.file_table(call.machine)
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
    kept = [] if "-r" in given else nfs_server.active_exports(call.machine)
    for export in wanted:
        if complaint := nfs_server.bad_directory(call.machine, export):
            await call.err(complaint)
            status = 1
            continue
        kept = [old for old in kept if (old.path, old.client) != (export.path, export.client)]
        kept.append(export)
        if "-v" in given:
            await call.out(f"exporting {export.client}:{export.path}\n")
    if not wanted and not status:
        await call.err("exportfs: No file systems exported!\n")
    nfs_server.publish(call.machine, kept)
    return status


async def _show(call: Call, verbose: bool) -> int:
    for export in nfs_server.active_exports(call.machine):
        client = "<world>" if export.client == "*" else export.client
        gap = "\n\t\t" if len(export.path) > 14 else "\t"
        suffix = f"({export.shown()})" if verbose else ""
        await call.out(f"{export.path:<15}".rstrip() + f"{gap}{client}{suffix}\n")
    return 0


async def _withdraw(call: Call, words: list[str], everything: bool) -> int:
    kept, status = nfs_server.active_exports(call.machine), 0
    if everything:
        kept = []
    for word in words:
        client, _, path = word.partition(":")
        left = [e for e in kept if (e.client, e.path) != (client or "*", path)]
        if len(left) == len(kept):
            await call.err(f"exportfs: Could not find '{word}' to unexport.\n")
            status = 1
        kept = left
    nfs_server.publish(call.machine, kept)
    return status


@program("showmount", installed=client_installed)
async def showmount(call: Call) -> int:
    """``showmount -e [HOST]``: what a server exports, asked over the (simulated) network."""
    options = parse(
        call, "adehv", "all directories exports no-headers", absent="a all d directories v h"
    )
    words, headed = options.words, not options.has("no-headers")
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
    if not options.has("e", "exports"):
        await call.out(f"Hosts on {host}:\n" if headed else "")
        return 0
    await call.out(f"Export list for {host}:\n" if headed else "")
    clients: dict[str, list[str]] = {}
    for export in nfs_server.active_exports(server):
        clients.setdefault(export.path, []).append(export.client)
    width = max((len(path) for path in clients), default=0)
    for path, names in clients.items():
        shown = "(everyone)" if names == ["*"] else ",".join(names)
        await call.out(f"{path:<{width}} {shown}\n")
    return 0
