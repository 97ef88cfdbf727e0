"""Pods in which actions run, as the invoker asks for them: tests have others than a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ActionPod:
    """A running action container as a pod of the cluster."""

    name: str
    node: str


class ActionPods(Protocol):
    """Where the Kubernetes container factory makes its pods."""

    async def start(
        self, name: str, image: str, memory_mb: int, labels: Mapping[str, str]
    ) -> ActionPod:
        """Create a pod and wait until it is Running.

        Raises ``PodStartError`` with OpenWhisk's own sentence (pull failure, timeout, no node).
        """

    async def remove(self, name: str) -> None:
        """Delete the pod; a missing one is no error."""

    def gone(self, name: str) -> bool:
        """True when the pod was deleted or its node is down: its process must not be reused."""


class PodStartError(Exception):
    """An action pod did not start; the message is what the activation shows."""
