"""Providers of machines. The only package in which it matters which one is used."""

from __future__ import annotations

from pathlib import Path

from owlab.config import LabConfig
from owlab.machines.base import MachineInfo, Provider
from owlab.shell import Shell

__all__ = ["MachineInfo", "Provider", "has_pocket_lab", "provider_for"]

_POCKET = "pocket"


def has_pocket_lab(directory: Path) -> bool:
    """A pocket lab was started in a lab's folder, whatever else is known of that."""
    return (directory / _POCKET).is_dir()


def provider_for(config: LabConfig, directory: Path, shell: Shell) -> Provider:
    """The provider that the configuration names. Nothing is started yet."""
    if config.provider == "pocket":
        from owlab.machines.pocket import PocketProvider

        return PocketProvider(directory / _POCKET, shell)
    if config.provider == "cluster":
        from owlab.machines.cluster import ClusterProvider

        return ClusterProvider(config, directory, shell)
    if config.provider == "ssh":
        from owlab.machines.ssh import SshProvider

        return SshProvider(config, directory, shell)
    from owlab.machines.multipass import MultipassProvider

    return MultipassProvider(shell)
