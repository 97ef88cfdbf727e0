"""Providers of machines. The only package in which it matters which one is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from owlab.language import _
from owlab.machines.provider import MachineInfo, Provider
from owlab.shell import Shell

if TYPE_CHECKING:
    from owlab.config import LabConfig

__all__ = [
    "MachineInfo",
    "Provider",
    "halt",
    "has_pocket_lab",
    "has_simulated_machines",
    "only_asking",
    "pocket_folder",
    "provider_for",
]


def pocket_folder(directory: Path) -> Path:
    """Where a pocket lab keeps its files in a lab's folder."""
    return directory / "pocket"


def has_pocket_lab(directory: Path) -> bool:
    """A pocket lab was started in a lab's folder, whatever else is known of that."""
    return pocket_folder(directory).is_dir()


def has_simulated_machines(config: LabConfig) -> bool:
    """What its machines are said to have costs this computer nothing."""
    return config.provider == "pocket"


def halt(directory: Path) -> None:
    """End what runs for a lab that is all in its folder, so that the folder can be moved."""
    if has_pocket_lab(directory):
        from owlab.machines.pocket import end_service

        end_service(pocket_folder(directory))


def only_asking(config: LabConfig, directory: Path) -> Provider:
    """Asks a lab of somebody else that runs; starts nothing, and writes nothing in its folder.

    :raises ProviderError: its machines are not those of a pocket lab.
    """
    from owlab.errors import ProviderError
    from owlab.machines.pocket import PocketProvider

    if config.provider != "pocket":
        raise ProviderError(
            brief=_("its machines are those of {provider}").format(provider=config.provider)
        )
    return PocketProvider(pocket_folder(directory), only_asks=True)


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
