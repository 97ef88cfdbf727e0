"""Real machines: the critical path of a deployment, and what owlab adds to each command.

The path is computed from the guide's own graph and the durations below; nothing is deployed. The
overhead is measured: a command through a lab against the same words run directly, with programs
``multipass`` and ``ssh`` that only pass their command on.
"""

from __future__ import annotations

import heapq
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from owlab import Lab, guide
from owlab.command import Command
from owlab.runner import AT_ONCE

# Seconds, estimated: launches with KVM take 20 to 60 s when the image is in the cache (the first
# also downloads it), and OpenWhisk 5 to 20 minutes; the others are typical of the downloads that
# they make, on a line of 100 Mbit/s. All are guesses until somebody measures them.
ESTIMATED = {
    "vms.install_provider": 60,
    "vms.create": 50,
    "k3s.install_server": 60,
    "k3s.join_workers": 45,
    "nfs.install_server": 25,
    "nfs.install_clients": 25,
    "helm.install": 25,
    "wsk.install": 8,
    "storage.deploy_provisioner": 40,
    "openwhisk.label_nodes": 2,
    "openwhisk.write_values": 2,
    "openwhisk.configure_wsk": 2,
    "openwhisk.deploy": 540,
    "functions.deploy_cli": 8,
    "functions.deploy_web": 8,
}
# Seconds, measured by `make test-vm`: four Debian machines on two cores, under software emulation,
# with local stand-ins for K3s and all four at work at the same time.
MEASURED = {
    "k3s.install_server": 33,
    "k3s.join_workers": 53,
    "nfs.install_server": 121,
    "nfs.install_clients": 164,
}
DOWNLOAD_IMAGE = 120
ROUNDS = 20
LIMIT_MS = 50

_PASS_ON = '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\n{}\n'
# What a machine must say of itself before it is used; everything else is carried out here.
_SAYS = "arch=x86_64 apt=yes systemd=yes sudo=yes"
_SUITS = f'case "$*" in *systemd=*) printf "%s\\n" {_SAYS}; exit;; esac\n'
_PROGRAMS = {
    "multipass": _PASS_ON.format('exec "$@"'),
    "ssh": _PASS_ON.format(_SUITS + 'exec sh -c "$*"'),
}


def schedule(lab: Lab, seconds: Mapping[str, float], at_once: int) -> float:
    """How long the units of work of these steps take with so many side by side."""
    steps = [step for step in guide.ordered() if step.key in seconds]
    units = {(step.key, place): step for step in steps for place in step.where(lab.config)}
    left = {}
    for unit, step in units.items():
        needed = {need.key for need in step.needs}
        left[unit] = {other for other in units if other[0] in needed}
    running: list[tuple[float, tuple[str, str]]] = []
    now, first = 0.0, True
    while left or running:
        ready = [unit for unit, needs in left.items() if not needs]
        for unit in ready[: at_once - len(running)]:
            del left[unit]
            extra = DOWNLOAD_IMAGE if unit[0] == "vms.create" and first else 0
            first = first and not extra
            heapq.heappush(running, (now + seconds[unit[0]] + extra, unit))
        now, ended = heapq.heappop(running)
        for needs in left.values():
            needs.discard(ended)
    return now


def critical_path(seconds: Mapping[str, float]) -> tuple[float, list[str]]:
    """The longest chain of these steps that need one another."""
    best: dict[str, tuple[float, list[str]]] = {}
    for step in guide.ordered():
        if step.key in seconds:
            before = max((best[n.key] for n in step.needs if n.key in best), default=(0.0, []))
            extra = DOWNLOAD_IMAGE if step.key == "vms.create" else 0
            best[step.key] = (before[0] + seconds[step.key] + extra, [*before[1], step.key])
    return max(best.values())


def print_path(lab: Lab, what: str, seconds: Mapping[str, float]) -> None:
    """One after another, side by side, and the least that is possible."""
    least, chain = critical_path(seconds)
    print(f"{what}:")
    print(f"  one after another   {schedule(lab, seconds, 1):6.0f} s")
    print(f"  {AT_ONCE} side by side      {schedule(lab, seconds, AT_ONCE):6.0f} s")
    print(f"  critical path       {least:6.0f} s: {' > '.join(chain)}")


def overhead(lab: Lab) -> tuple[float, float]:
    """Milliseconds of a command run directly, and through the lab."""
    command = Command("true", on=lab.master)
    lab.run(command)
    argv = lab.provider.argv(command, {})
    direct, through = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run(argv, check=True, capture_output=True)
        direct.append(time.perf_counter() - started)
        started = time.perf_counter()
        assert lab.run(command)
        through.append(time.perf_counter() - started)
    return statistics.median(direct) * 1000, statistics.median(through) * 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OWLAB_HOME"] = folder
        os.environ["PATH"] = f"{folder}/bin{os.pathsep}{os.environ['PATH']}"
        (Path(folder) / "bin").mkdir()
        for name, text in _PROGRAMS.items():
            path = Path(folder) / "bin" / name
            path.write_text(text)
            path.chmod(0o755)
        lab = Lab.open("plan", provider="multipass", planning=True)
        print_path(lab, "The whole guide, by the estimates in this file", ESTIMATED)
        print_path(lab, "Sections 1.3 to 2, as measured on emulated machines", MEASURED)
        print(f"Per command (median of {ROUNDS}; at most {LIMIT_MS} ms more):")
        for provider in ("multipass", "ssh"):
            hosts: dict[str, Any] = {"ssh_hosts": "u@a,u@b,u@c,u@d"} if provider == "ssh" else {}
            lab = Lab.open(provider, provider=provider, **hosts)
            direct, through = overhead(lab)
            print(
                f"  {provider:<10} directly {direct:5.1f} ms, by owlab {through:5.1f} ms: "
                f"{through - direct:+.1f} ms"
            )


if __name__ == "__main__":
    main()
