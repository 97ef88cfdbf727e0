"""Where kubectl, helm and wsk are typed, and how they are called there: the provider says it."""

from __future__ import annotations

from dataclasses import dataclass

from owlab.command import HOST
from owlab.config import LabConfig

KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"
"""K3s' own kubeconfig, readable by root only. Helm must be told of it (guide, section 5)."""


@dataclass(frozen=True, slots=True)
class Control:
    """The words in front of what is asked of the cluster.

    :param machine: where they are typed.
    :param helm: with the kubeconfig; ``repositories`` is helm without it.
    :param home: where files are kept, to be followed by a slash, outside quotes.
    :param sudo: what makes one root there; empty on a computer that is somebody's own.
    """

    machine: str
    kubectl: str
    helm: str
    repositories: str
    home: str
    sudo: str = ""


def on_the_master(config: LabConfig) -> Control:
    """As the guide does: K3s' kubeconfig is readable by root only, hence ``sudo``."""
    master = config.machines[0].name
    helm = f"sudo helm --kubeconfig {KUBECONFIG}"
    return Control(master, "sudo kubectl", helm, "sudo helm", "~", "sudo ")


def on_the_laptop(context: str) -> Control:
    """For a cluster that is reached by its API only, with the lab's own folder as the home."""
    kubectl = f"kubectl --context {context}" if context else "kubectl"
    helm = f"helm --kube-context {context}" if context else "helm"
    return Control(HOST, kubectl, helm, "helm", '"$WORK"')
