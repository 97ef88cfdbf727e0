"""The whole deployment, or course, under faults: what was done stays done, and it ends."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from owlab.pocket.client import service_process

from .faults import FAULTS
from .run import Report, left_of

OWLAB = [sys.executable, "-m", "owlab"]
UP, RUN = ["up"], ["run", "--out", "runs"]
_PATIENCE = 300
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP)


def course(seed: int, count: int, words: list[str] | None = None) -> Report:
    """Deploy with ``words`` while ``count`` faults happen, again and again until it succeeds.

    A fault is one of the service's, or a signal to the command itself. Each time the command has
    ended, every step that its journal calls done is asked for once more.
    """
    report, chance = Report(), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="owlab-chaos-") as folder:
        home = {**os.environ, "OWLAB_HOME": str(Path(folder) / "home"), "OWLAB_LAB": "chaos"}
        lab = Path(home["OWLAB_HOME"]) / "labs" / "chaos"
        try:
            done = 0
            until = time.monotonic() + _PATIENCE
            while True:
                command = subprocess.Popen(
                    [*OWLAB, *(words or UP)],
                    env=home,
                    cwd=folder,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
                if done < count:
                    time.sleep(chance.uniform(0.2, 3))
                    report.faults[_disturb(command, lab / "pocket", chance)] += 1
                    done += 1
                said, _ = command.communicate(timeout=_PATIENCE)
                report.wrong += _odd(command.returncode, said)
                report.acknowledged = len(_steps_done(lab))
                if command.returncode == 0 and done >= count:
                    break
                if time.monotonic() > until:
                    report.wrong.append(f"it does not end: {said[-2000:]}")
                    break
            report.wrong += _forgotten(home, lab)
        finally:
            subprocess.run([*OWLAB, "down", "--yes"], env=home, capture_output=True, check=False)
            service_process.destroy(lab / "pocket")
        report.wrong += left_of(lab)
    return report


def _disturb(command: subprocess.Popen[str], directory: Path, chance: random.Random) -> str:
    if chance.random() < 0.4:
        number = chance.choice(_SIGNALS)
        command.send_signal(number)
        return f"{number.name} to the command"
    name = chance.choice(sorted(FAULTS))
    FAULTS[name](directory, chance)
    return name


def _odd(status: int, said: str) -> list[str]:
    """A command that was disturbed says what happened, in words, and with a status of its own."""
    wrong = []
    if "Traceback" in said:
        wrong.append(f"a traceback: {said[-2000:]}")
    allowed = {0, 1, *(128 + number for number in _SIGNALS), *(-number for number in _SIGNALS)}
    if status not in allowed:
        wrong.append(f"exit status {status}: {said[-500:]}")
    return wrong


def _steps_done(lab: Path) -> set[str]:
    """What the journal calls done, line by line; the last one may be torn."""
    path = lab / "journal.jsonl"
    found = set()
    for line in path.read_text("utf-8").splitlines() if path.exists() else []:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry.get("kind") == "step-done":
            found.add(entry["step"])
    return found


def _forgotten(home: dict[str, str], lab: Path) -> list[str]:
    """Steps that were done, and that the lab has no more."""
    asked = subprocess.run(
        [*OWLAB, "check"], env=home, capture_output=True, text=True, check=False, timeout=300
    )
    if asked.returncode:
        return [f"`owlab check` after all: {asked.stdout[-3000:]}{asked.stderr[-500:]}"]
    return [] if _steps_done(lab) else ["the journal tells of no step"]
