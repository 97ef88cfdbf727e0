"""Where kubectl, helm and wsk are typed, and how they are called there.

On the master, as the guide does: K3s' kubeconfig is readable by root only, hence ``sudo``. For a
cluster that exists, on the laptop, with the kubeconfig that the lab was given, and with the lab's
own folder in place of the home directory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from owlab.command import HOST
from owlab.config import LabConfig
from owlab.lab import Lab

KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"
"""K3s' own kubeconfig, readable by root only. Helm must be told of it (guide, section 5)."""


@dataclass(frozen=True, slots=True)
class Control:
    """The words in front of what is asked of the cluster.

    :param machine: where they are typed.
    :param helm: with the kubeconfig; ``repositories`` is helm without it.
    :param home: where files are kept, to be followed by a slash, outside quotes.
    """

    machine: str
    kubectl: str
    helm: str
    repositories: str
    home: str


def control(lab: Lab) -> Control:
    """For this lab."""
    if lab.config.has_machines:
        helm = f"sudo helm --kubeconfig {KUBECONFIG}"
        return Control(lab.master, "sudo kubectl", helm, "sudo helm", "~")
    context = lab.config.cluster.context
    return Control(
        HOST,
        f"kubectl --context {context}" if context else "kubectl",
        f"helm --kube-context {context}" if context else "helm",
        "helm",
        '"$WORK"',
    )


def on_control(config: LabConfig) -> Sequence[str]:
    """Where a step is carried out that only talks to the cluster."""
    if not config.has_machines:
        return (HOST,)
    return [machine.name for machine in config.machines if machine.role == "server"]
