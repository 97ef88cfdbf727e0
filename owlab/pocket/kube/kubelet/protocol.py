"""What the API server asks of the kubelets: logs, and commands in containers."""

from __future__ import annotations

from typing import Protocol

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.printed_lines import PrintedLine
from owlab.pocket.kube.containers.streams import Streams


class KubeletApi(Protocol):
    """All simulated kubelets together; a pod says which node it is on."""

    def unreached(self, pod: Object) -> str | None:
        """The address of a node whose kubelet does not answer; None where it does."""

    def logs(self, pod: Object, container: str, *, previous: bool = False) -> list[PrintedLine]:
        """What a container has printed, or did before it was started again."""

    async def exec(self, pod: Object, container: str, argv: list[str], streams: Streams) -> int:
        """Run a command in a container; returns its exit status. Cancelling ends it."""

    async def attach(self, pod: Object, container: str, streams: Streams) -> None:
        """What a container prints from now on, until it ends; a shell that waits gets the input."""
