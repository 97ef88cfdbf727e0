"""What the parts of the pocket lab may ask of one another.

Protocols only: a part is tested with a small fake of the others.
"""

from __future__ import annotations

from typing import Any, Protocol

Object = dict[str, Any]
"""A Kubernetes object as JSON: apiVersion, kind, metadata, ..."""


class SizeView(Protocol):
    """How large a machine is: processors, and memory in bytes."""

    @property
    def cpus(self) -> int:
        """How many it has."""

    @property
    def memory(self) -> int:
        """In bytes."""


class MachineView(Protocol):
    """What the cluster's simulated kubelet and programs know of one machine."""

    name: str
    address: str

    @property
    def spec(self) -> SizeView:
        """How large it is."""

    @property
    def running(self) -> bool:
        """The virtual machine is up."""

    def service_active(self, unit: str) -> bool:
        """A systemd unit (``k3s``, ``k3s-agent``, ``nfs-server``) is active."""

    def package_installed(self, package: str) -> bool:
        """An apt package is installed."""

    def images(self) -> set[str]:
        """Container images present on this node, as ``docker.io/library/nginx:1.21.1``."""

    def add_image(self, image: str) -> None:
        """Remember an image as pulled on this node."""

    def read(self, path: str) -> bytes | None:
        """A file of the machine's file system, or None."""

    def write(self, path: str, content: bytes, mode: int = 0o644, owner: str = "root") -> None:
        """Write a file, with its parents; durable when it returns."""

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        """Make a directory, with its parents."""

    def rename(self, old: str, new: str) -> None:
        """Rename a file or directory."""

    def remove(self, path: str) -> None:
        """Remove a file or directory, with what is in it; a missing one is no error."""

    def save(self) -> None:
        """Make files durable that were changed through volumes."""

    def listdir(self, path: str) -> list[str] | None:
        """Names in a directory, or None where there is none."""


class FleetView(Protocol):
    """The machines of the lab, and what connects them."""

    def get(self, name: str) -> MachineView | None:
        """The machine of that name, unless it is deleted."""

    def nfs_server(self, address: str) -> MachineView | None:
        """The running machine of this address or host name, the one that serves NFS if several."""

    def all(self) -> list[MachineView]:
        """Every machine that is not deleted, by name."""

    def nfs_error(self, client: str, server: str, path: str) -> str | None:
        """Why ``mount -t nfs server:path`` fails on machine ``client``, in mount's words, or None.

        Looks at the client's nfs-common, the server's state, its active exports and the client's
        address, as mount.nfs would.
        """
