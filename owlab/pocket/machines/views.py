"""What machines and their programs ask of the lab around them, and of the shells on them.

Protocols only: the lab's service and the shell are above this room, and hand themselves down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, Unpack

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.keyboards import Keyboard
from owlab.pocket.ground.streams import Reader, Sink
from owlab.pocket.ground.views import FleetView, MachineView
from owlab.pocket.machines.addresses import LabNetwork
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.tree import Mounted, Tree
from owlab.pocket.machines.typed_history import TypedHistory
from owlab.pocket.network.routes import Routes

if TYPE_CHECKING:
    from owlab.pocket.machines.fleet import Fleet
    from owlab.pocket.machines.machine import Machine


class DiskMachine(MachineView, Protocol):
    """A machine whose files volumes can be made of."""

    tree: Tree


class DiskFleet(FleetView, Protocol):
    """The machines, as volumes need them."""

    def get(self, name: str) -> DiskMachine | None:
        """The machine of that name, unless it is deleted."""

    def nfs_server(self, address: str) -> DiskMachine | None:
        """The running machine of this address or host name that serves NFS."""

    def nfs_mounted(
        self, client: str, address: str, export: str, path: str, read_only: bool
    ) -> Mounted | None:
        """A path below a server's export as a client has it: who is squashed, what is read-only.

        A missing directory is made, as the provisioner or the kubelet would have. None where no
        server answers at the address.
        """


@dataclass(frozen=True, slots=True)
class ShellWanted:
    """A shell that a program opens at its terminal: it begins when the program has ended."""

    machine: str
    user: str = "ubuntu"
    cwd: str | None = None
    """None for the user's home."""
    login: bool = True
    env: Mapping[str, str] = field(default_factory=dict)
    closing: str = ""
    """What is said when it was left."""


class ShellView(Protocol):
    """A shell on a machine, as a program sees the one that it was started from."""

    user: str
    pid: int
    """A process number that no other shell has."""
    started: float
    tty: bool
    switch: Callable[[ShellWanted], None] | None
    files: Files
    keyboard: Keyboard | None
    """Who types at its terminal, while something runs there."""
    history: TypedHistory
    """What was typed in it."""
    litter: list[str]
    used: float
    """When a command last ended in it."""
    size: tuple[int, int] | None
    """Columns and lines of its terminal's window, where there is one."""

    @property
    def parent(self) -> ShellView | None:
        """The shell that it was started from."""

    @property
    def running(self) -> str:
        """What was typed and runs now, or nothing."""

    @property
    def busy(self) -> bool:
        """A command runs in it."""

    def signal(self, pid: int, name: str) -> bool:
        """Send a signal to one of its jobs; False where it has none of that number."""

    def background(self) -> list[tuple[int, str, str, float]]:
        """Process number, command, state and start of what runs behind its prompt."""

    async def run(
        self, script: str, out: Sink, err: Sink, stdin: Reader | bytes | None = None
    ) -> int:
        """Run a script; its exit status."""

    async def tell(self, data: bytes) -> None:
        """What a job of the script that runs prints."""

    @property
    def killed_hard(self) -> bool:
        """It was ended by SIGKILL, or a shell around it was."""

    def kill(self, hard: bool = False) -> None:
        """End what runs in it; ``hard`` as SIGKILL does."""


class ShellOptions(TypedDict, total=False):
    """How a new shell differs from one that somebody opens by `multipass shell`."""

    cwd: str | None
    """None for the user's home."""
    env: Mapping[str, str] | None
    tty: bool
    switch: Callable[[ShellWanted], None] | None
    """How it hands its terminal to another."""
    login: bool
    umask: int
    parent: ShellView | None
    """The shell that it is started from."""


class ClusterView(Protocol):
    """The lab's cluster, as K3s on a machine brings it up and joins it."""

    @property
    def server(self) -> Machine | None:
        """The machine that is the server."""

    def api_port_taken(self, address: str) -> bool:
        """Something that is none of ours listens where the API server would."""

    async def start_cluster(self, machine: str, version: str, args: list[str]) -> None:
        """``k3s server`` started on a machine: the first one makes the cluster."""

    async def join(self, machine: str, role: str, version: str, args: list[str]) -> None:
        """A node came to the cluster."""

    async def leave(self, machine: str) -> None:
        """K3s was removed from a machine; with the server goes the cluster."""

    def accepts_node(self, node: str, password: str) -> bool:
        """The cluster knows no other machine as this node; it remembers the first password."""

    def has_node(self, node: str) -> bool:
        """The cluster has a node of that name."""

    def has_image(self, image: str) -> bool:
        """A registry from which the cluster's nodes pull has the image."""

    def kubeconfig(self) -> str | None:
        """The administrator's kubeconfig, with the server's address and authority."""

    def kubeconfig_on(self, server: Machine) -> bytes:
        """The same as K3s writes it on its server."""

    async def settle(self) -> None:
        """Until the servers answer exactly where they should."""

    async def purged(self, machine: Machine) -> None:
        """A machine is gone for good, and with it what only it had."""


class LabView(Protocol):
    """The lab that a machine belongs to."""

    directory: Path
    db: Database
    clock: Clock
    network: LabNetwork
    fleet: Fleet
    routes: Routes

    @property
    def hosting(self) -> ClusterView:
        """Its cluster, there or not."""

    def recall(self, name: str) -> str | None:
        """A setting of the lab, or None."""

    def remember(self, name: str, value: str) -> None:
        """Keep a setting of the lab."""

    def keep(self, machine: Machine) -> None:
        """Make a machine's files and state durable."""

    def background(self, task: asyncio.Future[Any]) -> None:
        """Hold on to work that may outlive the command that asked for it."""

    def shell(self, machine: Machine, user: str, **options: Unpack[ShellOptions]) -> ShellView:
        """A new shell on a machine."""

    def furnish(self, machine: Machine) -> None:
        """Show the programs that the machine has, at their places."""
