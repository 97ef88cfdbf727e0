"""What a container's own command is, while it runs and after."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bashkit import Bash

from owlab.pocket.kube.containers.printed_lines import PrintedLines
from owlab.pocket.kube.containers.serving import Serving
from owlab.pocket.kube.network.pod_net import PodNet


@dataclass
class ContainerProcess:
    """A container's command, running or ended; a shell with ``stdin`` waits for who attaches."""

    waits: bool = False
    task: asyncio.Task[None] | None = None
    code: int | None = None
    log: PrintedLines = field(default_factory=PrintedLines)
    message: str = ""
    """What it left for its status as it ended."""
    attached: bool = False
    """Somebody has looked at it already."""
    shell: Bash | None = field(default=None, repr=False)
    net: PodNet | None = field(default=None, repr=False)
    serving: Serving | None = field(default=None, repr=False)

    def say(self, line: str) -> None:
        """Add a line to what it has printed."""
        self.keep(f"{line}\n".encode())

    def keep(self, data: bytes) -> None:
        """Add to what it has printed."""
        self.log.add(data.decode(errors="replace"))

    @property
    def printed(self) -> str:
        """What it has printed, in one piece."""
        return self.log.text

    def end(self) -> None:
        """Stop it, whatever it does."""
        if self.net is not None:
            self.net.close_all()
        if self.shell is not None:
            self.shell.cancel()
        if self.task is not None:
            self.task.cancel()
