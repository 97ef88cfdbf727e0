"""What a machine knows besides its files: units, packages, snaps, exports, mounts, tokens.

It is kept as JSON in the lab's database, by the names that earlier versions gave it.
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass, field
from typing import Any

from owlab.pocket.machines.nfs_exports import Export

BASE = ("ssh", "cron", "snapd", "systemd-resolved", "ufw")
"""Units that the image brings, and that run until somebody stops them."""

LAPTOP = "host"
"""The server of a folder that Multipass shares."""


@dataclass(slots=True)
class Unit:
    """A systemd unit, by its name without ``.service``."""

    active: bool = False
    enabled: bool = False
    failed: bool = False
    since: str = ""


@dataclass(slots=True)
class AptPackages:
    """What apt did to the image's packages."""

    installed: dict[str, str] = field(default_factory=dict)
    """Name and version of what was added."""
    removed: list[str] = field(default_factory=list)
    """What the image brought and is gone."""
    automatic: list[str] = field(default_factory=list)
    """What came because something else needs it."""


@dataclass(slots=True)
class InstalledSnap:
    """An installed snap."""

    version: str = ""
    revision: int = 0
    channel: str = ""


@dataclass(slots=True)
class Mount:
    """A directory of another machine in the place of one of ours."""

    source: str
    target: str
    server: str
    options: str

    @property
    def exported(self) -> str:
        """The server's directory."""
        return self.source.partition(":")[2]

    @property
    def kind(self) -> str:
        """The type of its file system, as ``/proc/mounts`` names it."""
        if self.server == LAPTOP:
            return "fuse.sshfs"
        return "nfs" if "vers=3" in self.options.split(",") else "nfs4"

    @property
    def read_only(self) -> bool:
        """Nothing can be written there."""
        return self.options.split(",")[0] == "ro"


@dataclass(slots=True)
class AgentToken:
    """A token with which agents may join a K3s server."""

    id: str
    secret: str
    expires: str = ""
    description: str = ""


@dataclass(slots=True)
class K3s:
    """A machine's part in a K3s cluster; no role before it is installed."""

    role: str = ""
    version: str = ""
    args: list[str] = field(default_factory=list)
    url: str = ""
    token: str = ""
    token_file: str = ""
    node_name: str = ""
    """What the installation was told."""
    node: str = ""
    """What the node is called."""
    environment: dict[str, str] = field(default_factory=dict)
    """The service's variables."""
    secret: str = ""
    ca_hash: str = ""
    """A server's: what its tokens begin with."""
    joined: str = ""
    """An agent's: the ``ca_hash`` of the cluster that gave it a certificate."""
    mirrors: dict[str, list[str]] = field(default_factory=dict)
    """The addresses that stand for a registry, by its name."""
    tokens: list[AgentToken] = field(default_factory=list)

    @property
    def unit(self) -> str:
        """The systemd unit that runs it."""
        return "k3s" if self.role == "server" else "k3s-agent"


@dataclass(slots=True)
class MachineState:
    """All of it."""

    units: dict[str, Unit] = field(default_factory=dict)
    packages: AptPackages = field(default_factory=AptPackages)
    snaps: dict[str, InstalledSnap] = field(default_factory=dict)
    images: list[str] = field(default_factory=list)
    """Container images on this node."""
    exports: list[Export] = field(default_factory=list)
    """The active NFS table."""
    mounts: list[Mount] = field(default_factory=list)
    journal: dict[str, list[list[str]]] = field(default_factory=dict)
    """A unit's lines: time, writer, text."""
    k3s: K3s = field(default_factory=K3s)
    snapshot_parent: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the database and for snapshots."""
        return {
            "units": {name: asdict(unit) for name, unit in self.units.items()},
            "packages": dict(self.packages.installed),
            "packages_removed": list(self.packages.removed),
            "packages_automatic": list(self.packages.automatic),
            "snaps": {name: asdict(snap) for name, snap in self.snaps.items()},
            "images": list(self.images),
            "exports": [export.as_json() for export in self.exports],
            "mounts": [asdict(mount) for mount in self.mounts],
            "journal": copy.deepcopy(self.journal),
            "k3s": asdict(self.k3s),
            "snapshot_parent": self.snapshot_parent,
        }

    def copy(self) -> MachineState:
        """The same, which changes by itself."""
        return copy.deepcopy(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> MachineState:
        """From what was stored, also by an earlier version."""
        k3s = dict(kept.get("k3s") or {})
        tokens = [_of(AgentToken, token) for token in k3s.pop("tokens", None) or []]
        part = _of(K3s, k3s)
        part.tokens = tokens
        return cls(
            units={name: _of(Unit, unit) for name, unit in kept.get("units", {}).items()},
            packages=AptPackages(
                dict(kept.get("packages", {})),
                list(kept.get("packages_removed", [])),
                list(kept.get("packages_automatic", [])),
            ),
            snaps={name: _of(InstalledSnap, snap) for name, snap in kept.get("snaps", {}).items()},
            images=list(kept.get("images", [])),
            exports=[Export.from_json(export) for export in kept.get("exports", [])],
            mounts=[_of(Mount, mount) for mount in kept.get("mounts", [])],
            journal=copy.deepcopy(kept.get("journal", {})),
            k3s=part,
            snapshot_parent=str(kept.get("snapshot_parent", "")),
        )


def _of(kind: Any, record: dict[str, Any]) -> Any:
    """A record as its class, without what that does not know (any more)."""
    known = {name: value for name, value in record.items() if name in kind.__dataclass_fields__}
    return kind(**known)
