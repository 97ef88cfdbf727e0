"""One machine of the lab: its files, its state, and shells on both."""

from __future__ import annotations

import asyncio
import posixpath
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Unpack

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.machines import mounts
from owlab.pocket.machines.accounts import Accounts
from owlab.pocket.machines.files import UMASK, Files
from owlab.pocket.machines.inode import READ, WRITE, Credentials
from owlab.pocket.machines.state import BASE, K3s, MachineState
from owlab.pocket.machines.tree import Tree
from owlab.pocket.machines.views import LabView, ShellOptions, ShellView
from owlab.pocket.machines.visits import Visits

if TYPE_CHECKING:
    from owlab.pocket.machines.snapshots import Snapshot

HOST = "host"
"""The reserved name of the laptop."""


MIB = 1 << 20
# What a real machine's disk holds before anybody has made a file.
SYSTEM_DISK, PER_IMAGE, PER_PACKAGE = 1_750 * MIB, 170 * MIB, 4 * MIB


@dataclass(slots=True)
class Spec:
    """What a machine was launched with; sizes in bytes."""

    cpus: int = 1
    memory: int = 1 << 30
    disk: int = 5 << 30
    image: str = "24.04"

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Spec:
        """As it was written down; an older lab wrote down more."""
        return cls(**{field.name: kept[field.name] for field in fields(cls) if field.name in kept})


@dataclass
class Machine:
    """A virtual machine, or the laptop (``host``). Implements ``views.MachineView``."""

    name: str
    address: str
    lab: LabView = field(repr=False)
    status: str = "Running"
    spec: Spec = field(default_factory=Spec)
    state: MachineState = field(default_factory=MachineState)
    tree: Tree = field(default_factory=Tree, repr=False)
    sessions: set[ShellView] = field(default_factory=set, repr=False)
    visits: Visits = field(default_factory=Visits, repr=False)
    snapshots: dict[str, Snapshot] = field(default_factory=dict, repr=False)
    shutdown: asyncio.Task[None] | None = field(default=None, repr=False)
    booted: float = field(default_factory=unix_time, repr=False)
    """When it came up; the service's own start where it was up before."""

    def __post_init__(self) -> None:
        """Its disk has a size from the start."""
        self.limit_disk()

    @property
    def files(self) -> Files:
        """The files as root sees them."""
        return Files(self.tree)

    @property
    def accounts(self) -> Accounts:
        """The users and groups."""
        return Accounts(self.tree)

    def files_of(self, user: str, umask: int = UMASK) -> Files:
        """The files as a user sees them; KeyError where there is no such user."""
        return Files(self.tree, self.accounts.credentials(user), umask)

    def replace_files(self, tree: Tree) -> None:
        """Another disk in place of this one."""
        self.tree = tree
        self.limit_disk()

    def limit_disk(self) -> None:
        """Its disk is as large as it was launched with."""
        if not self.is_host:
            self.tree.capacity = self.disk_for_files

    @property
    def disk_total(self) -> int:
        """Bytes of its file system, which takes a little of the disk for itself."""
        return int(self.spec.disk * 0.967)

    @property
    def disk_used(self) -> int:
        """What Ubuntu, packages, images and all files take."""
        return min(self.disk_total, self._disk_of_system + self.tree.used())

    @property
    def _disk_of_system(self) -> int:
        installed = len(self.state.packages.installed)
        return SYSTEM_DISK + PER_IMAGE * len(self.images()) + PER_PACKAGE * installed

    def disk_for_files(self) -> int:
        """What Ubuntu, packages and images leave."""
        return max(0, self.disk_total - self._disk_of_system)

    @property
    def is_host(self) -> bool:
        """This is the laptop, not a virtual machine."""
        return self.name == HOST

    @property
    def running(self) -> bool:
        """The virtual machine is up."""
        return self.status in ("Running", "Delayed Shutdown")

    def service_active(self, unit: str) -> bool:
        """A systemd unit is active, on a machine that runs."""
        name = unit.removesuffix(".service")
        found = self.state.units.get(name)
        return self.running and (found.active if found is not None else name in BASE)

    def package_installed(self, package: str) -> bool:
        """An apt package is installed."""
        return package in self.state.packages.installed

    @property
    def k3s(self) -> K3s:
        """Its part in a K3s cluster."""
        return self.state.k3s

    def images(self) -> set[str]:
        """Container images present on this node."""
        return set(self.state.images)

    def add_image(self, image: str) -> None:
        """Remember an image as pulled on this node."""
        self.state.images = sorted({*self.images(), image})
        self.save()

    def remove_image(self, image: str) -> bool:
        """Forget an image of this node; False where it is not there."""
        if image not in self.state.images:
            return False
        self.state.images.remove(image)
        self.lab.fleet.changed(self)
        return True

    def read(self, path: str) -> bytes | None:
        """A file's content, or None where there is no file."""
        try:
            return self.files.read_file(path)
        except OSError:
            return None

    def write(self, path: str, content: bytes, mode: int = 0o644, owner: str = "root") -> None:
        """Write a file, with its parents; durable when it returns."""
        self.mkdir(posixpath.dirname(path))
        self.files.write_file(path, content)
        self.files.chmod(path, mode)
        self.own(path, owner)
        self.save()

    def resolve(self, path: str) -> str:
        """A path with its symbolic links followed."""
        return self.files.resolve(path)

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        """Make a directory, with its parents; an existing one stays as it is."""
        if not self.files.exists(path):
            self.files.mkdir(path, recursive=True)
            self.files.chmod(path, mode)
            self.save()

    def rename(self, old: str, new: str) -> None:
        """Rename a file or directory."""
        self.files.rename(old, new)
        self.save()

    def remove(self, path: str) -> None:
        """Remove a file or directory, with what is in it; a missing one is no error."""
        try:
            self.files.remove(path, recursive=True)
        except FileNotFoundError:
            return
        self.save()

    def listdir(self, path: str) -> list[str] | None:
        """Names in a directory, or None where there is none."""
        try:
            return [str(entry["name"]) for entry in self.files.read_dir(path)]
        except OSError:
            return None

    def owner(self, path: str) -> str:
        """Who owns a path, as ``user:group``."""
        try:
            inode = self.files.look(path, follow=False)
        except OSError:
            return "root:root"
        return f"{self.accounts.user_name(inode.uid)}:{self.accounts.group_name(inode.gid)}"

    def own(self, path: str, owner: str) -> None:
        """Change who owns a path (``user`` with their own group, or ``user:group``)."""
        uid, gid = self.accounts.numbers(owner if ":" in owner else f"{owner}:")
        self.files.chown(path, uid, gid, follow=False)

    def readable(self, path: str, user: str) -> bool:
        """A user may read this path: each directory above can be entered, the last has r."""
        return self.files_of(user).allows(path, READ)

    def writable(self, path: str, user: str) -> bool:
        """A user may write this path, or make it where nothing is yet."""
        files = self.files_of(user)
        while path != "/" and not self.files.exists(path):
            path = posixpath.dirname(path)
        return files.allows(path, WRITE)

    def credentials(self, user: str) -> Credentials:
        """As whom a user's processes run."""
        return self.accounts.credentials(user)

    def session(self, user: str = "ubuntu", **options: Unpack[ShellOptions]) -> ShellView:
        """A new shell on this machine, with nothing left over from others."""
        return self.lab.shell(self, user, **options)

    def boot(self) -> None:
        """What runs after a start is what is enabled; what was in memory is gone."""
        self.booted, self.visits = unix_time(), Visits()
        for unit in self.state.units.values():
            unit.active = unit.enabled
        mounts.after_boot(self)

    def cancel_shutdown(self) -> None:
        """Forget a shutdown that was planned for later."""
        if self.shutdown is not None:
            self.shutdown.cancel()
            self.shutdown = None

    def save(self) -> None:
        """Make files and state durable."""
        self.lab.keep(self)
