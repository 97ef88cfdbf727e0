"""Providers of machines. The only package in which it matters which one is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from owlab.machines.provider import MachineInfo, Provider
from owlab.shell import Shell

if TYPE_CHECKING:
    from owlab.config import LabConfig

__all__ = ["MachineInfo", "Provider", "has_pocket_lab", "pocket_folder", "provider_for"]


def pocket_folder(directory: Path) -> Path:
    """Where a pocket lab keeps its files in a lab's folder."""
    return directory / "pocket"


def has_pocket_lab(directory: Path) -> bool:
    """A pocket lab was started in a lab's folder, whatever else is known of that."""
    return pocket_folder(directory).is_dir()


def provider_for(config: LabConfig, directory: Path) -> Provider:
    """The provider that the configuration names. Nothing is started yet."""
    if config.provider == "pocket":
        from owlab.machines.pocket import PocketProvider

        return PocketProvider(pocket_folder(directory))
    if config.provider in ("kind", "k3d"):
        from owlab.machines.containers import K3dProvider, KindProvider

        made = KindProvider if config.provider == "kind" else K3dProvider
        return made(config, directory, Shell())
    if config.provider == "cluster":
        from owlab.machines.cluster import ClusterProvider

        return ClusterProvider(config, directory, Shell())
    if config.provider == "ssh":
        from owlab.machines.ssh import SshProvider

        return SshProvider(config, directory, Shell())
    from owlab.machines.multipass import MultipassProvider

    return MultipassProvider(Shell())
