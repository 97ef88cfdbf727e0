"""What went wrong with Multipass, told from its messages: it has no error codes.

MachineError
├── InstanceExists       ├── InstanceBusy         ├── InstanceNotFound   ├── InstanceDeleted
├── InstanceNotRunning   ├── InstanceUnknownState ├── InstanceUnavailable
├── LaunchTimeout        ├── CloudInitFailed      ├── GuestUnreachable   └── InstanceMustBeStopped
└── ProviderError
    └── MultipassError: anything else it says
        ├── DaemonUnreachable  ├── DaemonPermission  ├── NotAuthenticated
        ├── VirtualizationUnavailable  ├── NotEnoughMemory  ├── NotEnoughDisk
        ├── ImageNotFound  ├── ImageDownloadFailed  ├── InvalidName  ├── InvalidResource
        └── MalformedOutput
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import NamedTuple

from owlab.errors import MachineError, NameTaken, ProviderError


class InstanceExists(NameTaken):
    """The name is taken, perhaps by a machine in the recycle bin."""


class InstanceBusy(MachineError):
    """The machine is being prepared or is changing its state."""


class InstanceNotFound(MachineError):
    """There is no machine of that name."""


class InstanceDeleted(MachineError):
    """The machine is in the recycle bin."""


class InstanceNotRunning(MachineError):
    """The machine has to run for this."""


class InstanceUnknownState(MachineError):
    """Multipass lost sight of the machine."""


class InstanceUnavailable(MachineError):
    """The machine's zone is switched off."""


class LaunchTimeout(MachineError):
    """The machine did not boot in time. It stays behind."""


class CloudInitFailed(MachineError):
    """The machine booted, and its first boot's set-up failed."""


class GuestUnreachable(MachineError):
    """Multipass could not reach the inside of the machine."""


class InstanceMustBeStopped(MachineError):
    """The machine has to be stopped for this."""


class MultipassError(ProviderError):
    """Multipass refused, for a reason that is not classified."""


class DaemonUnreachable(MultipassError):
    """Multipass' service does not answer."""


class DaemonPermission(MultipassError):
    """The user may not talk to Multipass' service."""


class NotAuthenticated(MultipassError):
    """Multipass' service does not trust this client."""


class VirtualizationUnavailable(MultipassError):
    """The computer cannot run virtual machines now."""


class NotEnoughMemory(MultipassError):
    """The computer has no memory left for the machine."""


class NotEnoughDisk(MultipassError):
    """The computer has no disk space left for the machine."""


class ImageNotFound(MultipassError):
    """There is no such image."""


class ImageDownloadFailed(MultipassError):
    """The image could not be downloaded whole."""


class InvalidName(MultipassError):
    """A machine cannot have that name."""


class InvalidResource(MultipassError):
    """A size that Multipass refuses."""


class MalformedOutput(MultipassError):
    """Multipass printed what cannot be read."""


class _Rule(NamedTuple):
    kind: type[MachineError]
    pattern: str
    advice: str


_RULES = (
    _Rule(
        InstanceExists,
        r"instance \"?'?[^\"']+\"?'? already exists",
        "`multipass list` shows who holds the name. If it is Deleted: `multipass recover NAME`, or "
        "give it up with `multipass delete --purge NAME`. Or set `prefix` for this lab.",
    ),
    _Rule(InstanceBusy, r"is being prepared", "Wait for the other launch to end, then try again."),
    _Rule(
        InstanceNotFound,
        r"(?i)instance.*does not exist|No such instance",
        "`multipass list` shows what there is; step 1.2 creates what is missing.",
    ),
    _Rule(
        InstanceDeleted,
        r"[Ii]nstance .*is deleted",
        "Take it back with `multipass recover NAME`, or give it up for good with "
        "`multipass delete --purge NAME`; then run the step again.",
    ),
    _Rule(
        InstanceUnavailable,
        r"while unavailable",
        "Its zone is switched off: see `multipass zones`, then `multipass enable-zones ZONE`.",
    ),
    # Before "not running": up to 1.16 says so of any machine that does not run.
    _Rule(
        InstanceUnknownState,
        r"in an unknown state|credentials in unknown state",
        "Run step 1.2 again: it does `multipass stop --force NAME` and `multipass start NAME`.",
    ),
    _Rule(
        InstanceBusy,
        r"while (starting|suspending|restarting)",
        "Wait until `multipass list` shows Running or Stopped, then try again.",
    ),
    _Rule(InstanceNotRunning, r"is not running", "Start it: `multipass start NAME`."),
    _Rule(
        LaunchTimeout,
        r"[Tt]imed out waiting for (response|initialization|instance)",
        "The machine was left behind and may still come up: look at `multipass list`, then run "
        "the step again. If it stays Unknown: `multipass delete --purge NAME`. Firewalls that "
        "block DHCP, VPNs, and virtualisation inside a virtual machine are the usual causes.",
    ),
    _Rule(
        InvalidName,
        r"Invalid instance name supplied|Invalid destination instance name|Invalid snapshot name",
        "Use a letter, then letters, digits and hyphens.",
    ),
    _Rule(
        InvalidResource,
        r"Invalid (memory|disk) size value|is not a valid memory size|Requested disk .* below "
        r"minimum|invalid CPU count",
        "Write sizes such as 6G; at least 512M of memory and 5G of disk.",
    ),
    _Rule(
        NotEnoughDisk,
        r"Available disk .* below|No space left",
        "Free disk space; Deleted machines hold theirs until `multipass delete --purge NAME`.",
    ),
    _Rule(
        DaemonUnreachable,
        r"cannot connect to the multipass socket",
        "Start its service: Linux `sudo snap start multipass`, macOS `sudo launchctl load -w "
        "/Library/LaunchDaemons/com.canonical.multipassd.plist`. It needs some seconds.",
    ),
    _Rule(
        DaemonPermission,
        r"socket access denied",
        "Add yourself to the group that owns the socket (sudo, admin or wheel) and log in again, "
        "or run `multipass authenticate`.",
    ),
    _Rule(
        NotAuthenticated,
        r"not authenticated",
        "Run `multipass authenticate`; the passphrase is set by an administrator with "
        "`multipass set local.passphrase`.",
    ),
    _Rule(
        VirtualizationUnavailable,
        r"KVM (support|device)|virtual machine manager is currently running|Virtualization is not "
        r"supported|Hyper-V",
        "Enable virtualisation in the firmware; on Linux `snap connect multipass:kvm`; stop other "
        "virtual machine managers. Without it, use the provider pocket or ssh.",
    ),
    _Rule(
        NotEnoughMemory,
        r"Cannot allocate memory|Not enough memory in the system",
        "Close programs or stop other machines, or use `memory_profile: small` (11 GB).",
    ),
    _Rule(
        ImageNotFound,
        r"Unable to find an image|Remote \".*\" is unknown|no longer supported",
        "`multipass find` lists the images; set `image`. The list itself may not be loaded yet: "
        "`multipass find --force-update`.",
    ),
    _Rule(
        ImageDownloadFailed,
        r"failed to download|Hash of .* does not match",
        "Check the connection to the internet and try again: a partial download is thrown away.",
    ),
    _Rule(
        InstanceMustBeStopped,
        r"can only (take|restore)|must be stopped|can only clone stopped",
        "Stop it first: `multipass stop NAME`.",
    ),
    _Rule(
        GuestUnreachable,
        r"ssh connection failed|\[ssh client\]",
        "The machine is up but does not answer: `multipass stop --force NAME`, then "
        "`multipass start NAME`. Its address may have changed, which owlab reads anew.",
    ),
)

_BRIEFS: dict[type[MachineError], str] = {
    InstanceExists: "A machine already has that name.",
    InstanceBusy: "The machine is busy.",
    InstanceNotFound: "There is no such machine.",
    InstanceDeleted: "The machine is in the recycle bin.",
    InstanceNotRunning: "The machine does not run.",
    InstanceUnknownState: "Multipass lost sight of the machine.",
    InstanceUnavailable: "The machine's zone is switched off.",
    LaunchTimeout: "The machine did not come up in time.",
    GuestUnreachable: "The machine cannot be reached.",
    InstanceMustBeStopped: "The machine has to be stopped first.",
    DaemonUnreachable: "Multipass' service does not answer.",
    DaemonPermission: "You may not use Multipass' service.",
    NotAuthenticated: "Multipass does not know you yet.",
    VirtualizationUnavailable: "This computer cannot run virtual machines now.",
    NotEnoughMemory: "There is not enough memory for the machine.",
    NotEnoughDisk: "There is not enough disk space for the machine.",
    ImageNotFound: "Multipass has no such image.",
    ImageDownloadFailed: "The image could not be downloaded.",
    InvalidName: "Multipass refuses the name.",
    InvalidResource: "Multipass refuses a size.",
}


def service_down(details: str) -> DaemonUnreachable:
    """The client answers, and the service behind it does not."""
    rule = next(rule for rule in _RULES if rule.kind is DaemonUnreachable)
    return DaemonUnreachable(_BRIEFS[DaemonUnreachable], details, rule.advice)


_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|.\x08|\r")
CLIENT_TIMED_OUT = 5
"""Exit status of launch, start, restart and shell when ``--timeout`` expired in the client."""


def plain(text: str) -> str:
    """``text`` without the spinner that Multipass draws even into files."""
    return _ESCAPES.sub("", text)


def classify(argv: Sequence[str], exit_code: int, stderr: str) -> MachineError:
    """The error that a failed call of Multipass stands for.

    :param argv: the call, shown in the details.
    :param stderr: searched for Multipass' messages; log lines may stand before them.
    """
    said = plain(stderr).strip()
    details = f"{shlex.join(argv)}\n{said}\n(exit status {exit_code})"
    for rule in _RULES:
        if re.search(rule.pattern, said):
            return rule.kind(_BRIEFS[rule.kind], details, rule.advice)
    if exit_code == CLIENT_TIMED_OUT:
        late = next(rule for rule in _RULES if rule.kind is LaunchTimeout)
        return LaunchTimeout(_BRIEFS[LaunchTimeout], details, late.advice)
    return MultipassError(
        brief=f"`multipass {argv[1] if len(argv) > 1 else ''}` failed.",
        details=details,
        resolution="Run the same command by hand; `owlab doctor` looks at Multipass itself.",
    )
