"""`mount` and `umount`: another machine's exported directory, shared for real.

A mount puts a directory of the server's tree in place of one of ours: it works within the script
that makes it, in both directions, and the server says as whom a client's users come.
"""

from __future__ import annotations

import getopt
from typing import TYPE_CHECKING

from owlab.pocket.machines.exports import matching
from owlab.pocket.machines.mounts import attach, detach, fstab, mounts
from owlab.pocket.machines.state import Mount
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.nfs import active_exports

if TYPE_CHECKING:
    pass

NFS = ("nfs", "nfs4")
FAILED, USAGE = 32, 1
ROOT_LINE = "/dev/vda1 on / type ext4 (rw,relatime,discard,errors=remount-ro) [simulated]\n"


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
        wanted = [line for line in fstab(call.machine) if words[0].rstrip("/") in line[:2]]
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
    for source, target, kind, options in fstab(call.machine):
        if kind in NFS and "noauto" not in options.split(",") and target not in mounted:
            status = await _mount(call, source, target, options) or status
    return status


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
