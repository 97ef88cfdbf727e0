"""One setting, ``mirror="cn"``: what can be fetched from mainland China, and what cannot."""

from __future__ import annotations

from collections.abc import Iterator

from owlab.command import Command
from owlab.lab import Lab
from owlab.language import N_, Texts

SYSTEM_REGISTRY = "registry.cn-hangzhou.aliyuncs.com"
"""Rancher's own copy of K3s' system images."""

REGISTRIES = """\
mirrors:
  docker.io:
    endpoint: ["https://docker.m.daocloud.io"]
  registry.k8s.io:
    endpoint: ["https://k8s.m.daocloud.io"]
  quay.io:
    endpoint: ["https://quay.m.daocloud.io"]
"""

NOT_COVERED = Texts(
    N_("the chart's git repository and the wsk archive (GitHub)"),
    N_("what two jobs of the chart download while they run (GitHub and npm)"),
    N_("the Helm repository of the NFS provisioner (GitHub Pages)"),
    N_("Multipass' images, apt and snap: set those on the laptop and in cloud-init"),
)
"""What ``mirror="cn"`` cannot help with; shown when it is chosen."""


def registries(lab: Lab, machine: str) -> Iterator[Command]:
    """Container registries' mirrors, written before K3s is installed, which reads them once."""
    if lab.config.mirror != "cn":
        return
    yield Command(
        "sudo mkdir -p /etc/rancher/k3s &&\n"
        f"sudo tee /etc/rancher/k3s/registries.yaml > /dev/null <<'EOF'\n{REGISTRIES}EOF",
        on=machine,
        why=N_("pull container images through mirrors"),
    )
