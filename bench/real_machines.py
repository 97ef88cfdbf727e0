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
from pathlib import Path

from owlab import Lab, guide
from owlab.command import Command
from owlab.runner import AT_ONCE

# Seconds. Launches: estimates for KVM with the image in the cache (the first also downloads it);
# the NFS steps: measured on Debian under software emulation, divided by ten; the others: typical
# of the downloads that they make, on a line of 100 Mbit/s. All are guesses until somebody measures.
SECONDS = {
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
DOWNLOAD_IMAGE = 120
ROUNDS = 20
LIMIT_MS = 50

_PASS_ON = '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\n{}\n'
_PROGRAMS = {"multipass": _PASS_ON.format('exec "$@"'), "ssh": _PASS_ON.format('exec sh -c "$*"')}


def schedule(lab: Lab, at_once: int) -> float:
    """How long all units of work take with so many side by side."""
    steps = guide.ordered()
    units = {(step.key, place): step for step in steps for place in step.where(lab.config)}
    left = {unit: {u for u in units if u[0] in step.needs} for unit, step in units.items()}
    running: list[tuple[float, tuple[str, str]]] = []
    now, first = 0.0, True
    while left or running:
        ready = [unit for unit, needs in left.items() if not needs]
        for unit in ready[: at_once - len(running)]:
            del left[unit]
            extra = DOWNLOAD_IMAGE if unit[0] == "vms.create" and first else 0
            first = first and not extra
            heapq.heappush(running, (now + SECONDS[unit[0]] + extra, unit))
        now, ended = heapq.heappop(running)
        for needs in left.values():
            needs.discard(ended)
    return now


def critical_path(lab: Lab) -> tuple[float, list[str]]:
    """The longest chain of steps that need one another."""
    best: dict[str, tuple[float, list[str]]] = {}
    for step in guide.ordered():
        before = max((best[key] for key in step.needs), default=(0.0, []))
        extra = DOWNLOAD_IMAGE if step.key == "vms.create" else 0
        best[step.key] = (before[0] + SECONDS[step.key] + extra, [*before[1], step.key])
    return max(best.values())


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
        seconds, chain = critical_path(lab)
        print("With the durations written in this file (estimates):")
        print(f"  one after another   {schedule(lab, 1):6.0f} s")
        print(f"  {AT_ONCE} side by side      {schedule(lab, AT_ONCE):6.0f} s")
        print(f"  critical path       {seconds:6.0f} s: {' > '.join(chain)}")
        print(f"Per command (median of {ROUNDS}; at most {LIMIT_MS} ms more):")
        for provider in ("multipass", "ssh"):
            lab = Lab.open(provider, provider=provider)
            if provider == "ssh":  # the machine's suitability is looked at once, not per command
                lab.provider._prepared = True
            direct, through = overhead(lab)
            print(
                f"  {provider:<10} directly {direct:5.1f} ms, by owlab {through:5.1f} ms: "
                f"{through - direct:+.1f} ms"
            )


if __name__ == "__main__":
    main()
