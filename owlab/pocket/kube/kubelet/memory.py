"""What the kubelets remember of a pod between two looks: timers, what was said, probes, logs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass
class ProbeState:
    """How one probe of one start of a container has gone so far."""

    successes: int = 0
    failures: int = 0
    passed: bool | None = None
    """What it says now; None while it has not said anything."""
    due: float = 0.0
    """When it is to be asked again, by the event loop's clock."""
    task: asyncio.Task[None] | None = None


@dataclass
class Memory:
    """One pod's."""

    due: dict[str, float] = field(default_factory=dict)
    """When things that take time are over, by the event loop's clock."""
    tries: dict[str, int] = field(default_factory=dict)
    """How often an image was tried in vain."""
    said: set[tuple[str, str]] = field(default_factory=set)
    logs: dict[str, str] = field(default_factory=dict)
    """What simulated containers have printed."""
    probes: dict[tuple[str, str, int], ProbeState] = field(default_factory=dict)
    """By container, kind of probe, and how often the container was started again."""
    hooks: dict[tuple[str, str, int], asyncio.Task[str]] = field(default_factory=dict)
    """Life-cycle hooks, as the probes; their result is what went wrong, or nothing."""
    lost: bool = False
    """The node went down with the pod's containers."""

    def cancel(self) -> None:
        """End what still runs for the pod."""
        for state in self.probes.values():
            if state.task is not None:
                state.task.cancel()
        for hook in self.hooks.values():
            hook.cancel()
