"""Section 3: Helm, the package manager of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator

from owlab.command import Command
from owlab.fact import Fact
from owlab.lab import Lab
from owlab.step import Check, Evidence, Step
from owlab.steps import given, vms
from owlab.steps.control import on_control


def _install(lab: Lab, machine: str) -> Iterator[Command]:
    channel = "" if lab.config.as_written else f" --channel={lab.config.helm.channel}"
    yield Command(
        f"sudo snap install helm --classic{channel}",
        on=machine,
        timeout=600,
        why="a classic snap may read /etc/rancher/k3s/k3s.yaml",
    )


def _installed(lab: Lab, machine: str) -> Check:
    version = lab.fact(Fact(Command("helm version --short", on=machine), str.strip, ""))
    right = version.startswith(("v3.", "v4."))
    return Check((Evidence("helm", right, version or "not found"),))


def _remove(lab: Lab, machine: str) -> Iterator[Command]:
    yield Command("sudo snap remove helm", on=machine, timeout=300)


install = Step(
    key="helm.install",
    section="3",
    title="install Helm",
    commands=given.instead(_install, given.ask("helm version --short")),
    check=_installed,
    where=on_control,
    needs=(vms.create,),
    undo=given.instead(_remove, given.nothing),
    expect="helm 4.x installed",
)
