"""Providers of machines. The only package in which it matters which one is used."""

from __future__ import annotations

from pathlib import Path

from owlab.config import LabConfig
from owlab.machines.base import MachineInfo, Provider
from owlab.shell import Shell

__all__ = ["MachineInfo", "Provider", "provider_for"]


def provider_for(config: LabConfig, directory: Path, shell: Shell) -> Provider:
    """The provider that the configuration names. Nothing is started yet."""
    if config.provider == "pocket":
        from owlab.machines.pocket import PocketProvider

        return PocketProvider(directory / "pocket", shell)
    if config.provider in ("kind", "k3d"):
        from owlab.machines.containers import K3dProvider, KindProvider

        made = KindProvider if config.provider == "kind" else K3dProvider
        return made(config, directory, shell)
    if config.provider == "cluster":
        from owlab.machines.cluster import ClusterProvider

        return ClusterProvider(config, directory, shell)
    if config.provider == "ssh":
        from owlab.machines.ssh import SshProvider

        return SshProvider(config, directory, shell)
    from owlab.machines.multipass import MultipassProvider

    return MultipassProvider(shell)
