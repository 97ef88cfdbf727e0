"""A lab, clients that change it, and faults, by a seed: nothing acknowledged may be lost."""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from owlab.pocket.client import service_process

from .client import MACHINE, Client
from .faults import FAULTS
from .model import ABSENT, Model

CLIENTS = 2


@dataclass
class Report:
    """What was done to the lab, and what it did not stand."""

    faults: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} x {name}" for name, count in sorted(self.faults.items()))
        return (
            f"{sum(self.faults.values())} faults ({kinds}); {self.acknowledged} changes "
            f"acknowledged; {len(self.wrong)} wrong"
        )


def run(seed: int, count: int, every: int = 5) -> Report:
    """Do ``count`` faults to a new lab; all that was promised is looked at after ``every`` few."""
    report, chance = Report(), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="owlab-chaos-") as folder:
        directory = Path(folder) / "lab"
        service_process.ensure(directory)
        try:
            _prepare(directory)
            model, done = Model(), 0
            while done < count:
                clients = [Client(directory, chance.random(), model, n) for n in range(CLIENTS)]
                for client in clients:
                    client.start()
                for _ in range(min(every, count - done)):
                    name = chance.choice(sorted(FAULTS))
                    time.sleep(chance.uniform(0, 0.3))
                    FAULTS[name](directory, chance)
                    report.faults[name] += 1
                    done += 1
                    service_process.ensure(directory)
                for client in clients:
                    client.stop()
                report.wrong += _judge(directory, clients[0], model)
            report.acknowledged = model.acknowledged
        finally:
            service_process.destroy(directory)
        report.wrong += left_of(directory)
    return report


def _prepare(directory: Path) -> None:
    """A machine with K3s on it."""
    multipass = directory / "bin" / "multipass"
    done = psutil.Popen([str(multipass), "launch", "--name", MACHINE])
    assert done.wait(60) == 0
    script = "curl -sfL https://get.k3s.io | sh -"
    assert service_process.execute(directory, MACHINE, script) == 0


def _judge(directory: Path, client: Client, model: Model) -> list[str]:
    limit = time.monotonic() + 30
    while True:
        service_process.ensure(directory)
        try:
            found = client.found()
            break
        except (httpx.HTTPError, service_process.ServiceError, AssertionError) as error:
            # A port that was taken is tried again after a few seconds.
            if time.monotonic() > limit:
                return [f"the lab does not come back: {error!r}"]
            time.sleep(0.5)
    said = [model.judge(name, found.pop(name, ABSENT)) for name in model.names]
    said += [f"{name}: was never asked for" for name in found]
    return [text for text in said if text]


def left_of(directory: Path) -> list[str]:
    """Processes that outlived their lab, and with them their ports; and its folder."""
    time.sleep(0.5)
    left = [
        f"process {one.info['pid']} is left: {' '.join(one.info['cmdline'])[:200]}"
        for one in psutil.process_iter(["pid", "cmdline"])
        if any(str(directory) in word for word in one.info["cmdline"] or [])
    ]
    if directory.exists():
        left.append("the folder is left")
    return left
