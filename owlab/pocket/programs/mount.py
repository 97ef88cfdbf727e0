"""`mount` and `umount`: another machine's exported directory, shared for real.

A mount puts a directory of the server's tree in place of one of ours: it works within the script
that makes it, in both directions, and the server says as whom a client's users come.
"""

from __future__ import annotations

from owlab.pocket.machines.mounts import fstab, mounts, unmount
from owlab.pocket.machines.mounts import mount as mount_nfs
from owlab.pocket.machines.nfs_mount_options import NfsOptions, options_of
from owlab.pocket.machines.state import Mount
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, Options, parse, usage

NFS = ("nfs", "nfs4")
FAILED, USAGE = 32, 1
ROOT_LINE = "/dev/vda1 on / type ext4 (rw,relatime,discard,errors=remount-ro)\n"
ONLY_NFS = "the pocket lab mounts exported directories (NFS), and nothing else"
LONG = (
    "all fake fstab= help internal-only show-labels no-mtab verbose options= options-source= "
    "read-only read-write rw types= source= target= bind rbind move make-shared make-private "
    "make-slave label= uuid= loop fork onlyonce mkdir?"
)
ABSENT = "fstab T h help i internal-only l show-labels options-source O source target "
ABSENT += "onlyonce mkdir"
ELSEWHERE = "B bind R rbind M move make-shared make-private make-slave L label U uuid loop"
"""Mounts that are no NFS."""


@program("mount", "mount.nfs", "mount.nfs4")
async def mount(call: Call) -> int:
    """``mount -t nfs SERVER:PATH TARGET``; ``-a``, ``-o``, ``-r``, ``-v``, ``-f``; and the list."""
    options = parse(call, "acfhilno:rwt:vO:BRML:U:FT:", LONG, USAGE, absent=ABSENT)
    kinds = [kind for value in options.values("t", "types") for kind in value.split(",")]
    if not options.words and not options.has("a", "all"):
        await _list(call, kinds)
        return 0
    if not call.root:
        target = options.words[-1] if options.words else "-a"
        await call.err(f"mount: {target}: must be superuser to use mount.\n")
        return USAGE
    if not options.words:
        return await _all(call, options)
    if options.has(*ELSEWHERE.split()):
        raise Complaint(f"mount: {options.words[-1]}: {ONLY_NFS}.\n", FAILED)
    given = ",".join(options.values("o", "options"))
    if "remount" in given.split(","):
        return await _remount(call, options.words[-1], given)
    if len(options.words) > 2:
        raise usage("mount", "bad usage", USAGE)
    if len(options.words) == 1:
        source, target, kind, written = _in_fstab(call, options.words[0])
        given = ",".join(filter(None, (written, given)))
    else:
        (source, target), kind = options.words, "".join(kinds[:1])
    return await _mount(call, source, target, kind, given, options)


async def _list(call: Call, kinds: list[str]) -> None:
    if not kinds or "ext4" in kinds:
        await call.out(ROOT_LINE)
    for entry in mounts(call.machine):
        if not kinds or entry.kind in kinds:
            await call.out(
                f"{entry.source} on {entry.target} type {entry.kind} ({entry.options})\n"
            )


def _in_fstab(call: Call, word: str) -> tuple[str, str, str, str]:
    for line in fstab(call.machine):
        if word.rstrip("/") in line[:2]:
            return line
    raise Complaint(f"mount: {word}: can't find in /etc/fstab.\n", USAGE)


async def _mount(
    call: Call, source: str, target: str, kind: str, given: str, options: Options
) -> int:
    path = call.path(target)
    if ":" not in source or kind not in ("", *NFS):
        raise Complaint(_no_nfs(call, source, target, kind), FAILED)
    try:
        asked = options_of(
            ",".join(filter(None, (given, "ro" if options.has("r", "read-only") else "")))
        )
    except ValueError as error:
        raise Complaint(f"{error}\n", FAILED) from None
    if not call.fs.is_directory(path):
        what = "is not a directory" if call.fs.exists(path) else "does not exist"
        await call.err(f"mount.nfs: mount point {target} {what}\n")
        return FAILED
    if any(entry.target == path for entry in mounts(call.machine)):
        await call.err(f"mount.nfs: {path} is busy or already mounted\n")
        return FAILED
    if options.has("f", "fake"):
        return 0
    status = await _attached(call, source, path, asked)
    if not status and options.has("v", "verbose"):
        await call.out(f"mount.nfs: mount(2) of {source} on {path}: vers={asked.version}\n")
    return status


def _no_nfs(call: Call, source: str, target: str, kind: str) -> str:
    """Why a mount that is no NFS does not work: as in life where it would not there either."""
    if source.startswith("/") and not call.fs.exists(call.path(source)):
        return f"mount: {target}: special device {source} does not exist.\n"
    if kind and f"\t{kind}\n" not in (call.machine.read("/proc/filesystems") or b"").decode():
        return f"mount: {target}: unknown filesystem type '{kind}'.\n"
    return f"mount: {target}: {ONLY_NFS}.\n"


async def _attached(call: Call, source: str, path: str, asked: NfsOptions) -> int:
    reason = mount_nfs(call.machine, source, path, asked)
    if reason is None:
        return 0
    # mount names the target where the helper is missing.
    await call.err(reason.replace("mount: bad", f"mount: {path}: bad") + "\n")
    return FAILED


async def _remount(call: Call, word: str, given: str) -> int:
    """``-o remount,ro TARGET``: the same mount with other options."""
    path = call.path(word)
    entry = next((e for e in mounts(call.machine) if word == e.source or path == e.target), None)
    if entry is None:
        if path == "/":
            raise Complaint(
                f"mount: /: the pocket lab's own disk stays as it is; {ONLY_NFS}.\n", 32
            )
        raise Complaint(f"mount: {word}: mount point not mounted or bad option.\n", FAILED)
    try:
        asked = options_of(f"vers={_version_of(entry)},{given}")
    except ValueError as error:
        await call.err(f"{error}\n")
        return FAILED
    unmount(call.machine, entry)
    return await _attached(call, entry.source, entry.target, asked)


def _version_of(entry: Mount) -> str:
    versions = [o.partition("=")[2] for o in entry.options.split(",") if o.startswith("vers=")]
    return versions[0] if versions else "4.2"


async def _all(call: Call, options: Options) -> int:
    status = 0
    mounted = {entry.target for entry in mounts(call.machine)}
    for source, target, kind, given in fstab(call.machine):
        if kind in NFS and "noauto" not in given.split(",") and target not in mounted:
            status = await _mount(call, source, target, kind, given, options) or status
    return status


@program("umount", "umount.nfs")
async def umount(call: Call) -> int:
    """Take the directory away, and show what was there before: ``-a``, ``-t``, ``-f``, ``-l``."""
    options = parse(call, "aflnrt:v", "all force lazy verbose types=", status=USAGE)
    if not options.words and not options.has("a", "all"):
        raise usage("umount", "bad usage", USAGE)
    if not call.root:
        word = options.words[0] if options.words else "-a"
        await call.err(f"umount: {word}: must be superuser to unmount.\n")
        return FAILED
    kinds = [kind for value in options.values("t", "types") for kind in value.split(",")]
    found, status = list[Mount](), 0
    if not options.words:
        found = [entry for entry in mounts(call.machine) if not kinds or entry.kind in kinds]
    for word in options.words:
        path = call.path(word)
        entry = next(
            (e for e in mounts(call.machine) if word == e.source or path == e.target), None
        )
        if entry is None:
            known = call.fs.exists(path)
            what = "not mounted." if known else "no mount point specified."
            await call.err(f"umount: {word}: {what}\n")
            status = FAILED
        elif entry not in found:
            found.append(entry)
    for entry in found:
        unmount(call.machine, entry)
        if options.has("v", "verbose"):
            await call.out(f"umount: {entry.target} ({entry.source}) unmounted\n")
    return status
