"""What the API server asks of the kubelets: logs, and commands in containers."""

from __future__ import annotations

from typing import Protocol

from owlab.pocket.world import Object


class Kubelet(Protocol):
    """All simulated kubelets together; a pod says which node it is on."""

    async def logs(
        self,
        pod: Object,
        container: str,
        *,
        tail: int | None,
        previous: bool,
        timestamps: bool,
        since: float | None,
    ) -> str:
        """What a container has printed; ``since`` in seconds before now."""

    async def exec(self, pod: Object, container: str, argv: list[str]) -> tuple[int, str, str]:
        """Exit status, standard output and standard error of a command in a container."""
