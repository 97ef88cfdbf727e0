"""What has to be so before machines are made or used, and how long it will take."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

import psutil

from owlab.config import PROFILES, LabConfig, size_in_bytes
from owlab.diagnostic import Diagnostic
from owlab.errors import LabError, ProviderError
from owlab.machines.multipass_cli import MultipassCLI
from owlab.machines.multipass_models import InstanceState, InstanceSummary

GIGABYTE = 1 << 30
RESERVE = 2 * GIGABYTE
"""What the laptop itself needs beside the machines."""

_ONLY_AMD64 = "OpenWhisk's images exist for amd64 only"
_DATA = {
    "Linux": Path("/var/snap/multipass/common"),
    "Darwin": Path("/var/root/Library/Application Support/multipassd"),
}


def preflight(config: LabConfig, cli: MultipassCLI) -> list[Diagnostic]:
    """Findings about this computer and Multipass. Changes nothing."""
    return [
        architecture(platform.machine()),
        virtualisation(),
        cores(config, psutil.cpu_count() or 1),
        memory(config, psutil.virtual_memory().total),
        disk(config, _free_disk()),
        *multipass(config, cli),
        programs({"curl": "section 7.2 calls a function with it"}),
        duration(config),
    ]


def programs(wanted: dict[str, str]) -> Diagnostic:
    """Programs of this computer that steps type, each with its use or where it comes from."""
    missing = [name for name in wanted if shutil.which(name) is None]
    if not missing:
        return Diagnostic("programs", "ok", ", ".join(wanted))
    advice = "; ".join(f"{name}: {wanted[name]}" for name in missing)
    return Diagnostic("programs", "fail", f"not here: {', '.join(missing)}", f"Install {advice}.")


def refuse(diagnostics: list[Diagnostic]) -> None:
    """Raise ProviderError when something makes a lab impossible."""
    failed = [diagnostic for diagnostic in diagnostics if diagnostic.verdict == "fail"]
    if failed:
        raise ProviderError(
            brief="This computer cannot carry the lab as it is.",
            details="\n".join(f"{diagnostic.name}: {diagnostic.seen}" for diagnostic in failed),
            resolution="\n".join(diagnostic.advice for diagnostic in failed if diagnostic.advice),
        )


def architecture(machine: str) -> Diagnostic:
    """Intel or AMD."""
    good = machine.lower() in ("x86_64", "amd64")
    return Diagnostic(
        "architecture",
        "ok" if good else "fail",
        machine if good else f"{machine}; {_ONLY_AMD64}",
        "" if good else "Use the provider pocket here, or ssh with machines that are x86-64.",
    )


def virtualisation() -> Diagnostic:
    """Hardware support that this user may use."""
    if sys.platform != "linux":
        return Diagnostic("virtualisation", "ok", "the system's own")
    if not Path("/dev/kvm").exists():
        return Diagnostic(
            "virtualisation",
            "fail",
            "no /dev/kvm",
            "Enable virtualisation in the firmware, or for the virtual machine that this is.",
        )
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        # Multipass' service runs as root: this is about the snap's own permission.
        return Diagnostic(
            "virtualisation",
            "ok",
            "/dev/kvm, for root",
            "If launching fails: snap connect multipass:kvm",
        )
    return Diagnostic("virtualisation", "ok", "/dev/kvm")


def cores(config: LabConfig, present: int) -> Diagnostic:
    """Machines may share cores, at a price."""
    wanted = sum(machine.cpus for machine in config.machines)
    enough = present * 2 >= wanted
    seen = f"{present}, the machines get {wanted} together"
    advice = "" if enough else "It works, slowly: lower worker_cpus, or use fewer workers."
    return Diagnostic("processor cores", "ok" if enough else "warn", seen, advice)


def memory(config: LabConfig, total: int) -> Diagnostic:
    """All machines at once, beside the laptop's own programs."""
    wanted = config.memory_bytes
    seen = f"{total / GIGABYTE:.0f} GB, the machines want {wanted / GIGABYTE:.0f} GB"
    if total >= wanted + RESERVE:
        return Diagnostic("memory", "ok", seen)
    if total >= wanted:
        advice = "It is enough if little else runs; memory_profile=small leaves room."
        return Diagnostic("memory", "warn", seen, advice)
    small = LabConfig.model_validate(_nested(PROFILES["small"])).memory_bytes
    if wanted > small and total >= small + RESERVE:
        return Diagnostic("memory", "fail", seen, f"Choose memory_profile=small: {small_profile()}")
    return Diagnostic(
        "memory",
        "fail",
        seen,
        "Use the provider pocket, or ssh with other computers.",
    )


def small_profile() -> str:
    """What the small profile is, and what it gives up."""
    return (
        "11 GB with one worker. You give up the second worker (nothing to move to when it stops), "
        "many functions at once, and room for data; starting takes longer."
    )


def _nested(flat: dict[str, object]) -> dict[str, object]:
    sizes: dict[str, dict[str, object]] = {}
    others: dict[str, object] = {}
    for name, value in flat.items():
        kind, _, what = name.partition("_")
        if kind in ("master", "worker", "storage") and what:
            sizes.setdefault(kind, {})[what] = value
        else:
            others[name] = value
    return {**others, **sizes}


def disk(config: LabConfig, free: int) -> Diagnostic:
    """Disks grow as they fill: the whole size is needed late, or never."""
    wanted = config.disk_bytes
    used_at_first = len(config.machines) * 6 * GIGABYTE
    seen = f"{free / GIGABYTE:.0f} GB free, up to {wanted / GIGABYTE:.0f} GB may be used"
    if free >= wanted:
        return Diagnostic("disk", "ok", seen)
    if free >= used_at_first:
        return Diagnostic(
            "disk", "warn", seen, "Enough to begin with; machines stop when it is full."
        )
    return Diagnostic(
        "disk",
        "fail",
        seen,
        f"Free {(used_at_first - free) / GIGABYTE:.0f} GB: see also `multipass list` for Deleted "
        "machines, which keep theirs.",
    )


def _free_disk() -> int:
    folder = Path(os.environ.get("MULTIPASS_STORAGE") or _DATA.get(platform.system(), Path("/")))
    while True:
        try:
            return shutil.disk_usage(folder).free
        except OSError:
            folder = folder.parent


def multipass(config: LabConfig, cli: MultipassCLI) -> list[Diagnostic]:
    """Multipass itself, and the names of the lab's machines."""
    try:
        version = cli.version()
    except LabError as error:
        if shutil.which("snap"):
            advice = "Step 1.1 installs it: sudo snap install multipass."
            return [Diagnostic("Multipass", "warn", error.brief, advice)]
        advice = "See https://canonical.com/multipass/install (macOS: brew install multipass)."
        return [Diagnostic("Multipass", "fail", error.brief, advice)]
    diagnostics = [_version(version.client, version.daemon)]
    try:
        instances = cli.machines(addresses=False)
    except LabError as error:
        return [
            *diagnostics,
            Diagnostic("Multipass' service", "fail", error.brief, error.resolution),
        ]
    return [*diagnostics, names(config, instances), _others(config, instances, cli)]


def _version(client: str, daemon: str | None) -> Diagnostic:
    if daemon is None:
        return Diagnostic(
            "Multipass", "warn", f"{client}, its service does not answer", "Wait a bit."
        )
    return Diagnostic("Multipass", "ok", daemon)


def names(config: LabConfig, instances: list[InstanceSummary]) -> Diagnostic:
    """Who holds the names that the lab wants; a deleted machine does."""
    wanted = {machine.name for machine in config.machines}
    held = [one for one in instances if one.name in wanted]
    deleted = [one.name for one in held if one.state is InstanceState.DELETED]
    if deleted:
        return Diagnostic(
            "names",
            "fail",
            f"in the recycle bin, and still held: {', '.join(deleted)}",
            f"`multipass recover {deleted[0]}`, or for good `multipass delete --purge "
            f"{' '.join(deleted)}`; or set prefix.",
        )
    if held:
        seen = ", ".join(f"{one.name} ({one.word})" for one in held)
        return Diagnostic(
            "names",
            "warn",
            f"in use: {seen}",
            "Fine if this lab made them; it touches no others. Else set prefix.",
        )
    return Diagnostic("names", "ok", f"free: {', '.join(sorted(wanted))}")


def _others(config: LabConfig, instances: list[InstanceSummary], cli: MultipassCLI) -> Diagnostic:
    """Memory of machines that run already and are not the lab's."""
    own = {machine.name for machine in config.machines}
    running = [
        one.name for one in instances if one.name not in own and one.state is InstanceState.RUNNING
    ]
    taken = 0.0
    for name in running:
        try:
            taken += size_in_bytes(cli.get(f"local.{name}.memory").replace("iB", ""))
        except (LabError, ValueError):
            continue
    if not running:
        return Diagnostic("other machines", "ok", "none run")
    room = psutil.virtual_memory().total - taken >= config.memory_bytes + RESERVE
    return Diagnostic(
        "other machines",
        "ok" if room else "warn",
        f"{', '.join(running)} use {taken / GIGABYTE:.0f} GB",
        "" if room else f"Stop what you do not need: multipass stop {' '.join(running)}",
    )


def duration(config: LabConfig) -> Diagnostic:
    """A guess, said as one: nobody can know the line to the internet."""
    minutes = 20 + 2 * config.workers
    seen = f"about {minutes} to {2 * minutes} minutes the first time (0.7 GB image, 4 GB in all)"
    return Diagnostic("time", "ok", seen)
