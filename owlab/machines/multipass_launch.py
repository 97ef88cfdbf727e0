"""Launching machines with Multipass: how many at once, and what to do when one comes up badly."""

from __future__ import annotations

import fcntl
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from owlab.config import MachinePlan
from owlab.machines.multipass_cli import MultipassCLI
from owlab.machines.multipass_errors import (
    CloudInitFailed,
    InstanceBusy,
    InstanceUnavailable,
    LaunchTimeout,
    classify,
)
from owlab.machines.multipass_models import CloudInit, InstanceState
from owlab.machines.private import private_folder
from owlab.shell import Finished

AT_ONCE = 3
"""Launches side by side. Ten of them crashed releases of Multipass."""

LOG = "tail -n 20 /var/log/cloud-init-output.log"


class Launcher:
    """Runs launches side by side, and looks after machines that came up late.

    :param patience: seconds that a machine gets after its launch timed out: Multipass leaves it
        behind and goes on with it.
    :param pause: seconds between two looks.
    """

    def __init__(self, cli: MultipassCLI, *, patience: float = 900, pause: float = 2.0) -> None:
        self._cli = cli
        self._patience = patience
        self._pause = pause
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._warming = threading.Lock()
        self._warm: set[str] = set()

    def launch(self, machine: MachinePlan, run: Callable[[], Finished]) -> Finished:
        """Carry out ``run``, which launches ``machine``; returns when it has booted well.

        :raises MachineError: it did not, with what was seen and what to do.
        """
        with self._turn(machine.image):
            done = run()
        if done.exit_code != 0:
            error = classify(["multipass", "launch"], done.exit_code, done.stderr)
            if not isinstance(error, LaunchTimeout | InstanceBusy):
                raise error
            self._wait_until_running(machine.name, error)
        self._wait_for_cloud_init(machine.name)
        return Finished(0, done.stdout, done.stderr, done.seconds)

    @contextmanager
    def _turn(self, image: str) -> Iterator[None]:
        """The first launch of an image is alone: the others find it in Multipass' cache."""
        with self._warming:
            if image not in self._warm:
                with _lock(image):
                    yield
                self._warm.add(image)
                return
        with self._places:
            yield

    def _wait_until_running(self, name: str, error: LaunchTimeout | InstanceBusy) -> None:
        limit = time.monotonic() + self._patience
        revived = False
        while True:
            state = self._cli.state(name)
            if state is InstanceState.RUNNING:
                return
            if state is InstanceState.UNAVAILABLE:
                raise InstanceUnavailable(
                    f"The zone of {name} is switched off.",
                    error.details,
                    "`multipass zones`, then `multipass enable-zones ZONE`.",
                )
            if state is InstanceState.UNKNOWN and not revived:
                revived = True
                self._cli.stop(name, force=True)
                self._cli.start(name)
                continue
            if (
                state not in (InstanceState.STARTING, InstanceState.RESTARTING)
                or time.monotonic() >= limit
            ):
                seen = state.value if state else "it does not exist"
                raise replace(error, details=f"{error.details}\n{name}: {seen}") from None
            time.sleep(self._pause)

    def _wait_for_cloud_init(self, name: str) -> None:
        """``launch`` tells nothing of a set-up that failed inside the machine."""
        limit = time.monotonic() + self._patience
        status = self._cli.cloud_init(name=name)
        while not status.finished and time.monotonic() < limit:
            time.sleep(self._pause)
            status = self._cli.cloud_init(name=name)
        if not status.good:
            raise CloudInitFailed(
                brief=f"{name} booted, but its first set-up "
                f"{'failed' if status.finished else 'did not end'} (cloud-init: {status.status}).",
                details=self._what_was_said(name, status),
                resolution="Usually a network that was not up yet. The machine is of no use: "
                f"`multipass delete --purge {name}`, then run the step again.",
            )

    def _what_was_said(self, name: str, status: CloudInit) -> str:
        log = self._cli.exec(name=name, words=["sh", "-c", f"sudo {LOG}"], timeout=60)
        return "\n".join([*status.errors, log.stdout.rstrip()]).strip()


@contextmanager
def _lock(image: str) -> Iterator[None]:
    """One process of this user at a time fetches an image."""
    name = re.sub(r"[^A-Za-z0-9.-]", "-", image) or "default"
    with (private_folder() / f"multipass-{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
