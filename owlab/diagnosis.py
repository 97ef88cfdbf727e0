"""What to look at when a step failed or took too long: the machine, its first boot, the cluster.

Everything here only looks, for a short time, and is never the reason for another error.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress

from owlab.command import HOST, Command
from owlab.errors import LabError
from owlab.lab import Lab
from owlab.language import _
from owlab.redact import redact
from owlab.step import Step

_SECONDS = 30
_LEAST_DISK = 20 * 2**20
_FIRST_BOOT = (
    "command -v cloud-init > /dev/null || { echo 'no cloud-init'; exit; }; "
    "cloud-init status --long; "
    "cloud-init status | grep -q done || sudo tail -n 5 /var/log/cloud-init-output.log"
)


def diagnose(lab: Lab, step: Step, machine: str) -> str:
    """Lines for people; empty when there is nothing to see."""
    found = [_disk(lab)]
    if machine != HOST and lab.provider.has_machines:
        found += [_try(lambda: _state(lab, machine)), _try(lambda: _first_boot(lab, machine))]
    if step.diagnose is not None:
        found.append(_try(lambda: step.diagnose(lab, machine) if step.diagnose else ""))
    return redact("\n".join(part for part in found if part))


def _disk(lab: Lab) -> str:
    """A full disk shows itself in the strangest ways: everything waits for what is not written."""
    free = shutil.disk_usage(lab.directory).free if lab.directory.exists() else _LEAST_DISK
    if free >= _LEAST_DISK:
        return ""
    return _("The disk with {folder} is full: {free:.1f} MB are free.").format(
        folder=lab.directory, free=free / 2**20
    )


def _try(look: Callable[[], str]) -> str:
    with suppress(LabError):
        return look().strip()
    return ""


def _state(lab: Lab, machine: str) -> str:
    info = lab.machine_info(machine)
    if info is None:
        return _("{machine} does not exist.").format(machine=machine)
    known = f"{info.state}, {info.ipv4}" if info.ipv4 else info.state
    return _("{machine} is {known}.").format(machine=machine, known=known)


def _first_boot(lab: Lab, machine: str) -> str:
    info = lab.machine_info(machine)
    if info is None or info.state not in ("Running", "Reachable"):
        return ""
    seen = lab.read(Command(_FIRST_BOOT, on=machine, timeout=_SECONDS)).stdout.strip()
    if seen.splitlines()[:1] == ["status: done"]:
        return _("Its first boot (cloud-init) is done.")
    if not seen:
        return _("It answers no commands.")
    return _("Its first boot (cloud-init): {seen}").format(seen=seen)
