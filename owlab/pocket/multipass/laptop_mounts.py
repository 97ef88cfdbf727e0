"""``multipass mount`` and ``umount``: a folder of the laptop in a machine, the same files at both.

The laptop is the lab's own, ``host``. A folder of the computer that carries the lab is never
shared: what a machine's programs do there could not be taken back.
"""

from __future__ import annotations

import posixpath
import re

from owlab.pocket.machines import mounts
from owlab.pocket.machines.machine import HOST, Machine
from owlab.pocket.machines.refusals import Refused
from owlab.pocket.multipass.failures import COMMAND_FAIL, Failure, usage
from owlab.pocket.multipass.invocation import Invocation, VirtualFiles
from owlab.pocket.multipass.options import Option, VerbArguments

OPTIONS = (
    Option(("g", "gid-map"), "host>:<instance", "A mapping of group IDs for use in the mount"),
    Option(("u", "uid-map"), "host>:<instance", "A mapping of user IDs for use in the mount"),
    Option(("t", "type"), "type", "Specify the type of mount to use: classic or native"),
)
HOME = "/home/ubuntu"
SSHFS = "rw,nosuid,nodev,relatime,user_id=0,group_id=0,allow_other"
_ID_MAP = re.compile(r"\d+:\d+")
REFUSAL = (
    "The pocket lab does not share folders of this computer: `multipass transfer` copies files. "
    "In the lab's own laptop (owlab shell host) mount works."
)


async def mount(call: Invocation, words: VerbArguments) -> int:
    """mount"""
    if len(words.rest) < 2:
        raise usage("Not enough arguments given")
    source, *targets = words.rest
    _check_options(words)
    path = _folder(call, source, "mount")
    for target in targets:
        name, _, inside = target.partition(":")
        share(call, path, name, inside)
    return 0


def source_of(call: Invocation, text: str) -> tuple[str, str]:
    """A folder of the lab's laptop and where it is to be, of ``launch --mount SOURCE[:TARGET]``."""
    source, _, inside = text.partition(":")
    return _folder(call, source, "launch"), inside


def home(call: Invocation) -> str | None:
    """The home directory on the lab's laptop; none for who sits at the computer around it."""
    return HOME if isinstance(call.files, VirtualFiles) else None


def _folder(call: Invocation, source: str, verb: str) -> str:
    path = call.files.absolute(source)
    kind = call.files.kind(path)
    if kind is None:
        raise usage(f'Source path "{source}" does not exist')
    if kind == "file":
        raise usage(f'Source path "{source}" is not a directory')
    if not isinstance(call.files, VirtualFiles):
        raise Failure(f"{verb} failed: {REFUSAL}", COMMAND_FAIL)
    return path


def _check_options(words: VerbArguments) -> None:
    kind = words.last("type", "classic")
    if kind not in ("classic", "native"):
        raise usage(f"Bad mount type '{kind}' specified, please use 'classic' or 'native'")
    if kind == "native":
        raise Failure("mount failed: The pocket lab has no native mounts.", COMMAND_FAIL)
    for option in ("uid-map", "gid-map"):
        if option in words:
            value = words.last(option)
            what = option.partition("-")[0].upper()
            if not _ID_MAP.fullmatch(value):
                raise usage(f"Invalid {what} map given: {value}")
            raise Failure(
                f"mount failed: The pocket lab maps every {what} to the laptop's user.",
                COMMAND_FAIL,
            )


def share(call: Invocation, path: str, name: str, inside: str) -> str:
    """Put a folder of the lab's laptop into a machine; returns where."""
    machine = _machine(call, name)
    target = posixpath.normpath(posixpath.join(HOME, inside or posixpath.basename(path)))
    shown = inside or posixpath.basename(path)
    if any(entry.target == target for entry in mounts.mounts(machine)):
        raise Refused(f"\"{shown}\" is already mounted in '{name}'")
    if target in ("/", "/proc", "/dev", "/sys", "/etc", "/usr", "/home", HOME):
        raise Refused(f'unable to mount to "{target}"')
    try:
        mounts.share(machine, call.lab.fleet.host, path, target, SSHFS)
    except NotADirectoryError:
        raise Refused(f'unable to mount to "{target}": not a directory') from None
    return target


def _machine(call: Invocation, name: str) -> Machine:
    machine = call.lab.fleet.machines.get(name)
    if machine is None or machine.is_host or machine.status == "Deleted":
        what = "is deleted" if machine is not None and not machine.is_host else "does not exist"
        raise Refused("The following errors occurred:", f"instance '{name}' {what}")
    return machine


async def umount(call: Invocation, words: VerbArguments) -> int:
    """umount"""
    if not words.rest:
        raise usage("Not enough arguments given")
    for word in words.rest:
        name, _, inside = word.partition(":")
        machine = _machine(call, name)
        shared = [entry for entry in mounts.mounts(machine) if entry.server == HOST]
        if inside:
            target = posixpath.normpath(posixpath.join(HOME, inside))
            shared = [entry for entry in shared if entry.target == target]
            if not shared:
                raise Refused(f"path \"{inside}\" is not mounted in '{name}'")
        for entry in shared:
            mounts.unmount(machine, entry)
    return 0
