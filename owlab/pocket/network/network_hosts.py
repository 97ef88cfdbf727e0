"""What the network asks of machines. Views and machines themselves are both of this shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class NetworkHost(Protocol):
    """A machine with an address."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def address(self) -> str:
        """Its address."""

    @property
    def running(self) -> bool:
        """It is up."""

    def service_active(self, unit: str) -> bool:
        """A systemd unit is active."""


class NetworkHosts(Protocol):
    """All of them."""

    def get(self, name: str) -> NetworkHost | None:
        """The one of a name."""

    def all(self) -> Sequence[NetworkHost]:
        """Every one."""
