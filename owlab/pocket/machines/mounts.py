"""Directories of other machines in a machine's own tree: who may mount what, and how it is done."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from owlab.pocket.machines.inode import ROOT, Credentials
from owlab.pocket.machines.nfs_exports import matching
from owlab.pocket.machines.nfs_mount_options import NfsOptions
from owlab.pocket.machines.state import LAPTOP, Mount
from owlab.pocket.machines.tree import Mounted, find

if TYPE_CHECKING:
    from owlab.pocket.machines.fleet import Fleet
    from owlab.pocket.machines.machine import Machine


def error(client: Machine, server: Machine | None, address: str, path: str) -> str | None:
    """Why ``mount -t nfs address:path`` fails on ``client``, or None."""
    if not client.package_installed("nfs-common"):
        return (
            "mount: bad option; for several filesystems (e.g. nfs, cifs) you might need a "
            "/sbin/mount.<type> helper program."
        )
    if server is None or not server.running:
        return "mount.nfs: No route to host"
    if not server.service_active("nfs-server"):
        return "mount.nfs: Connection refused"
    path = posixpath.normpath(path)
    if matching(server.state.exports, path, client.address, client.name) is None:
        return f"mount.nfs: access denied by server while mounting {address}:{path}"
    if server.listdir(path) is None:
        return (
            f"mount.nfs: mounting {address}:{path} failed, reason given by server: "
            "No such file or directory"
        )
    return None


def mounts(machine: Machine) -> list[Mount]:
    """What is mounted on the machine: source, target, server, options."""
    return list(machine.state.mounts)


def mount(machine: Machine, source: str, target: str, asked: NfsOptions) -> str | None:
    """Mount ``server:path`` at an empty place. Returns why that fails, or None."""
    address, _, exported = source.partition(":")
    server = machine.lab.fleet.nfs_server(address)
    reason = error(machine, server, address, exported)
    if reason or server is None:
        return reason
    entry = Mount(source, target, server.name, asked.table(server.address))
    attach(machine, server, entry)
    machine.state.mounts.append(entry)
    machine.save()
    return None


def unmount(machine: Machine, entry: Mount) -> None:
    """Take a directory away, and show what was there before."""
    detach(machine, entry)
    machine.save()


def share(machine: Machine, laptop: Machine, path: str, target: str, options: str) -> None:
    """Put a folder of the laptop in the place of a directory, which is made."""
    machine.mkdir(target)
    if not machine.files.is_directory(target):
        raise NotADirectoryError(target)
    machine.own(target, "ubuntu")
    entry = Mount(f"{LAPTOP}:{path}", target, LAPTOP, options)
    attach_laptop(machine, laptop, entry)
    machine.state.mounts.append(entry)
    machine.save()


def after_boot(machine: Machine) -> None:
    """Only what ``/etc/fstab`` names is mounted when a machine comes up."""
    lasting = {(row[0], row[1]) for row in fstab(machine)}
    for entry in mounts(machine):
        if entry.server != LAPTOP and (entry.source, entry.target) not in lasting:
            detach(machine, entry)


def fstab(machine: Machine) -> list[tuple[str, str, str, str]]:
    """The entries of ``/etc/fstab``: source, target, type, options."""
    text = (machine.read("/etc/fstab") or b"").decode(errors="replace")
    rows = [line.split() for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [(row[0], row[1], row[2], row[3]) for row in rows if len(row) >= 4]


def mounted(
    client: Machine | None, server: Machine, export: str, path: str, read_only: bool
) -> Mounted:
    """A path below an export, as a client's pods have it."""
    if not server.files.exists(path):
        server.files.mkdir(path, recursive=True)
    inode = find(server.tree, path, ROOT).inode
    assert inode is not None
    address, name = (client.address, client.name) if client is not None else ("", "")

    def squash(who: Credentials) -> Credentials:
        found = matching(server.state.exports, export, address, name)
        return found.identity(who) if found is not None else who

    found = matching(server.state.exports, export, address, name)
    closed = found is not None and not found.writable()
    return Mounted(server.tree, inode, read_only or closed, squash)


def attach(machine: Machine, server: Machine, entry: Mount) -> None:
    """Put the server's directory in the place of ours."""
    exported = entry.exported
    directory = find(server.tree, exported, ROOT).inode
    if directory is None:
        return

    def squash(who: Credentials) -> Credentials:
        export = matching(server.state.exports, exported, machine.address, machine.name)
        return export.identity(who) if export is not None else who

    export = matching(server.state.exports, exported, machine.address, machine.name)
    read_only = entry.read_only or (export is not None and not export.writable())
    point = find(machine.tree, entry.target, ROOT).inode
    if point is not None:
        machine.tree.mounts[point] = Mounted(server.tree, directory, read_only, squash)


def attach_laptop(machine: Machine, laptop: Machine, entry: Mount) -> None:
    """The same with a folder of the laptop: whoever comes, it is the laptop's user who acts."""
    directory = find(laptop.tree, entry.exported, ROOT).inode
    point = find(machine.tree, entry.target, ROOT).inode
    if directory is None or point is None:
        return
    user = laptop.credentials("ubuntu")
    machine.tree.mounts[point] = Mounted(laptop.tree, directory, entry.read_only, lambda _: user)


def restore(machine: Machine, fleet: Fleet) -> None:
    """Mount again what was mounted when the lab's service ended."""
    for entry in mounts(machine):
        server = fleet.machines.get(LAPTOP) if entry.server == LAPTOP else fleet.get(entry.server)
        target = entry.target
        if find(machine.tree, target, ROOT, follow=False).inode is None:
            machine.files.mkdir(target, recursive=True)
        elif machine.files.stat(target)["file_type"] == "symlink":
            # As labs of earlier versions kept a mount.
            machine.files.remove(target)
            machine.files.mkdir(target)
        if server is not None and entry.server == LAPTOP:
            attach_laptop(machine, server, entry)
        elif server is not None:
            attach(machine, server, entry)


def detach(machine: Machine, entry: Mount) -> None:
    """Undo one mount."""
    target = entry.target.rstrip("/")
    found = find(machine.tree, target, ROOT)
    point = found.parent.inode.get(found.name)
    if point is not None:
        machine.tree.mounts.pop(point, None)
    machine.state.mounts.remove(entry)
