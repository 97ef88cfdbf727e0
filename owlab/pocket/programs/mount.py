"""`mount` and `umount`: another machine's exported directory, shared for real.

A mount puts a directory of the server's tree in place of one of ours: it works within the script
that makes it, in both directions, and the server says as whom a client's users come.
"""

from __future__ import annotations

import getopt
from typing import TYPE_CHECKING

from owlab.pocket.machines.exports import matching
from owlab.pocket.machines.inode import ROOT, Credentials
from owlab.pocket.machines.state import Mount
from owlab.pocket.machines.tree import Mounted, find
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.nfs import active_exports

if TYPE_CHECKING:
    from owlab.pocket.machines.fleet import Fleet
    from owlab.pocket.machines.machine import Machine

NFS = ("nfs", "nfs4")
FAILED, USAGE = 32, 1
ROOT_LINE = "/dev/vda1 on / type ext4 (rw,relatime,discard,errors=remount-ro) [simulated]\n"


def mounts(machine: Machine) -> list[Mount]:
    """What is mounted on the machine: source, target, server, options."""
    return machine.state.mounts


def after_boot(machine: Machine) -> None:
    """Only what ``/etc/fstab`` names is mounted when a machine comes up."""
    lasting = {(row[0], row[1]) for row in _fstab(machine)}
    for entry in list(mounts(machine)):
        if (entry.source, entry.target) not in lasting:
            detach(machine, entry)


@program("mount", "mount.nfs", "mount.nfs4")
async def mount(call: Call) -> int:
    """``mount -t nfs SERVER:PATH TARGET``, ``mount -a``, and the list without any words."""
    try:
        options, words = getopt.gnu_getopt(call.argv, "t:o:avlfr", ["types=", "options=", "all"])
    except getopt.GetoptError as error:
        await call.err(f"mount: {error.msg}\nTry 'mount --help' for more information.\n")
        return USAGE
    given = dict(options)
    kind = given.get("-t") or given.get("--types") or ""
    if not words and "-a" not in given and "--all" not in given:
        await call.out("" if kind in NFS else ROOT_LINE)
        for entry in mounts(call.machine):
            await call.out(f"{entry.source} on {entry.target} type nfs4 ({entry.options})\n")
        return 0
    if not call.root:
        target = words[-1] if words else "-a"
        await call.err(f"mount: {target}: must be superuser to use mount.\n")
        return USAGE
    if not words:
        return await _all(call)
    if len(words) == 1:
        wanted = [line for line in _fstab(call.machine) if words[0].rstrip("/") in line[:2]]
        if not wanted:
            await call.err(f"mount: {words[0]}: can't find in /etc/fstab.\n")
            return USAGE
        words, kind = list(wanted[0][:2]), wanted[0][2]
    source, target = words[0], words[1]
    if kind not in ("", *NFS) or ":" not in source:
        await call.err(f"mount: {target}: special device {source} does not exist.\n")
        return FAILED
    return await _mount(call, source, target, given.get("-o") or given.get("--options") or "rw")


async def _mount(call: Call, source: str, target: str, options: str) -> int:
    path = call.path(target)
    if not call.fs.is_directory(path):
        what = "is not a directory" if call.fs.exists(path) else "does not exist"
        await call.err(f"mount.nfs: mount point {target} {what}\n")
        return FAILED
    if any(entry.target == path for entry in mounts(call.machine)):
        await call.err(f"mount.nfs: {path} is busy or already mounted\n")
        return FAILED
    address, _, exported = source.partition(":")
    error = call.fleet.nfs_error(call.machine.name, address, exported)
    server = call.fleet.nfs_server(address)
    if error or server is None:
        # mount names the target where the helper is missing.
        reason = error or "mount.nfs: No route to host"
        await call.err(reason.replace("mount: bad", f"mount: {target}: bad") + "\n")
        return FAILED
    export = matching(active_exports(server), exported, call.machine.address, call.machine.name)
    writable = export is not None and export.writable() and "ro" not in options.split(",")
    shown = f"{'rw' if writable else 'ro'},vers=4.2,hard,proto=tcp,addr={server.address}"
    entry = Mount(source, path, server.name, shown)
    attach(call.machine, server, entry)
    mounts(call.machine).append(entry)
    call.machine.save()
    return 0


async def _all(call: Call) -> int:
    status = 0
    mounted = {entry.target for entry in mounts(call.machine)}
    for source, target, kind, options in _fstab(call.machine):
        if kind in NFS and "noauto" not in options.split(",") and target not in mounted:
            status = await _mount(call, source, target, options) or status
    return status


def _fstab(machine: Machine) -> list[tuple[str, str, str, str]]:
    """The entries of ``/etc/fstab``: source, target, type, options."""
    text = (machine.read("/etc/fstab") or b"").decode(errors="replace")
    rows = [line.split() for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [(row[0], row[1], row[2], row[3]) for row in rows if len(row) >= 4]


@program("umount", "umount.nfs")
async def umount(call: Call) -> int:
    """Take the link away, and put back what was there before."""
    words = [word for word in call.argv if not word.startswith("-")]
    if not words:
        await call.err("umount: bad usage\nTry 'umount --help' for more information.\n")
        return USAGE
    if not call.root:
        await call.err(f"umount: {words[0]}: must be superuser to unmount.\n")
        return FAILED
    status = 0
    for word in words:
        path = call.path(word)
        entry = next(
            (e for e in mounts(call.machine) if path == e.target or word == e.source), None
        )
        if entry is None:
            known = call.fs.exists(path)
            what = "not mounted." if known else "no mount point specified."
            await call.err(f"umount: {word}: {what}\n")
            status = FAILED
            continue
        detach(call.machine, entry)
    call.machine.save()
    return status


def attach(machine: Machine, server: Machine, entry: Mount) -> None:
    """Put the server's directory in the place of ours."""
    exported = entry.exported
    directory = find(server.tree, exported, ROOT).inode
    if directory is None:
        return

    def squash(who: Credentials) -> Credentials:
        export = matching(active_exports(server), exported, machine.address, machine.name)
        return export.identity(who) if export is not None else who

    read_only = entry.read_only
    point = find(machine.tree, entry.target, ROOT).inode
    if point is not None:
        machine.tree.mounts[point] = Mounted(server.tree, directory, read_only, squash)


def restore(machine: Machine, fleet: Fleet) -> None:
    """Mount again what was mounted when the lab's service ended."""
    for entry in mounts(machine):
        server = fleet.get(entry.server)
        target = entry.target
        if find(machine.tree, target, ROOT, follow=False).inode is None:
            machine.files.mkdir(target, recursive=True)
        elif machine.files.stat(target)["file_type"] == "symlink":
            # As labs of earlier versions kept a mount.
            machine.files.remove(target)
            machine.files.mkdir(target)
        if server is not None:
            attach(machine, server, entry)


def detach(machine: Machine, entry: Mount) -> None:
    """Undo one mount."""
    target = entry.target.rstrip("/")
    found = find(machine.tree, target, ROOT)
    point = found.parent.inode.get(found.name)
    if point is not None:
        machine.tree.mounts.pop(point, None)
    mounts(machine).remove(entry)
