"""One machine of the lab: its files, its state, and shells on both."""

from __future__ import annotations

import asyncio
import posixpath
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from bashkit import FileSystem

from owlab.pocket.programs import mount
from owlab.pocket.shell.session import Session

if TYPE_CHECKING:
    from owlab.pocket.service.lab import Lab

MOST_LINKS = 40
HOST = "host"
"""The reserved name of the laptop."""


@dataclass(slots=True)
class Spec:
    """What a machine was launched with; sizes in bytes."""

    cpus: int = 1
    memory: int = 1 << 30
    disk: int = 5 << 30
    release: str = "24.04 LTS"
    image: str = "24.04"


@dataclass
class Machine:
    """A virtual machine, or the laptop (``host``). Implements ``world.MachineView``.

    ``state`` is JSON and is kept with the machine. Its keys belong to the programs:

    - ``packages``: name -> version of what apt installed
    - ``units``: systemd unit without ``.service`` -> {"active": bool, "enabled": bool, ...}
    - ``snaps``: name -> {...}
    - ``images``: list of container images on the node
    - ``exports``: the active NFS export table, list of {"path", "client", "options"}
    """

    name: str
    address: str
    lab: Lab = field(repr=False)
    status: str = "Running"
    spec: Spec = field(default_factory=Spec)
    state: dict[str, Any] = field(default_factory=dict)
    fs: FileSystem = field(default_factory=FileSystem, repr=False)
    sessions: set[Session] = field(default_factory=set, repr=False)
    snapshots: dict[str, Any] = field(default_factory=dict, repr=False)
    shutdown: asyncio.Task[None] | None = field(default=None, repr=False)

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
        units: dict[str, Any] = self.state.get("units", {})
        return self.running and bool(units.get(unit.removesuffix(".service"), {}).get("active"))

    def package_installed(self, package: str) -> bool:
        """An apt package is installed."""
        return package in self.state.get("packages", {})

    def images(self) -> set[str]:
        """Container images present on this node."""
        return set(self.state.get("images", []))

    def add_image(self, image: str) -> None:
        """Remember an image as pulled on this node."""
        self.state["images"] = sorted({*self.images(), image})
        self.save()

    def read(self, path: str) -> bytes | None:
        """A file's content, or None where there is no file."""
        try:
            return self.fs.read_file(self.resolve(path))
        except (OSError, RuntimeError):
            return None

    def write(self, path: str, content: bytes, mode: int = 0o644, owner: str = "root") -> None:
        """Write a file, with its parents; durable when it returns."""
        self.mkdir(posixpath.dirname(path))
        self.fs.write_file(path, content)
        self.fs.chmod(path, mode)
        self.own(path, owner)
        self.save()

    def resolve(self, path: str) -> str:
        """A path with its symbolic links followed, which the file system does in shells only."""
        done, left = "/", [part for part in path.split("/") if part]
        hops = 0
        while left:
            part = left.pop(0)
            if part == "..":
                done = posixpath.dirname(done)
                continue
            step = posixpath.join(done, part)
            try:
                target = self.fs.read_link(step)
            except RuntimeError:
                done = step if part != "." else done
                continue
            hops += 1
            if hops > MOST_LINKS:
                return path
            done = "/" if target.startswith("/") else done
            left = [piece for piece in target.split("/") if piece] + left
        return done

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        """Make a directory, with its parents; an existing one stays as it is."""
        if not self.fs.exists(path):
            self.fs.mkdir(path, recursive=True)
            self.fs.chmod(path, mode)

    def rename(self, old: str, new: str) -> None:
        """Rename a file or directory."""
        self.fs.rename(old, new)
        self.save()

    def remove(self, path: str) -> None:
        """Remove a file or directory, with what is in it; a missing one is no error."""
        if self.fs.exists(path):
            self.fs.remove(path, recursive=True)
            self.save()

    def listdir(self, path: str) -> list[str] | None:
        """Names in a directory, or None where there is none."""
        try:
            return sorted(str(entry["name"]) for entry in self.fs.read_dir(self.resolve(path)))
        except (OSError, RuntimeError):
            return None

    def owner(self, path: str) -> str:
        """Who owns a path, as ``user:group``."""
        owners: dict[str, str] = self.state.get("owners", {})
        if path in owners:
            return owners[path]
        # Who wrote a file is not known: in these places it was most likely the user.
        users = (path + "/").startswith(("/home/ubuntu/", "/tmp/"))
        return "ubuntu:ubuntu" if users and path != "/tmp" else "root:root"

    def own(self, path: str, owner: str) -> None:
        """Change who owns a path (``user`` or ``user:group``)."""
        name = owner if ":" in owner else f"{owner}:{owner}"
        owners: dict[str, str] = self.state.setdefault("owners", {})
        owners.pop(path, None)
        if self.owner(path) != name:
            owners[path] = name

    def readable(self, path: str, user: str) -> bool:
        """A user may read this path: each directory above can be entered, the last has r."""
        parents = [str(parent) for parent in PurePosixPath(path).parents]
        return all(self._may(parent, user, 0o1) for parent in parents) and (
            self._may(path, user, 0o4)
        )

    def writable(self, path: str, user: str) -> bool:
        """A user may write this path, or make it where nothing is yet."""
        if self.fs.exists(path):
            return self._may(path, user, 0o2)
        parent = posixpath.dirname(path)
        while parent != "/" and not self.fs.exists(parent):
            parent = posixpath.dirname(parent)
        return self._may(parent, user, 0o2)

    def _may(self, path: str, user: str, bit: int) -> bool:
        if user == "root" or path == "/":
            return user == "root" or bit != 0o2
        try:
            mode = int(self.fs.stat(path)["mode"])
        except RuntimeError:
            return True
        owner, _, group = self.owner(path).partition(":")
        shift = 6 if owner == user else 3 if group == user else 0
        return bool(mode >> shift & bit)

    def session(self, user: str = "ubuntu", **options: Any) -> Session:
        """A new shell on this machine, with nothing left over from others."""
        return Session(self, user=user, **options)

    def boot(self) -> None:
        """What runs after a start is what is enabled; what was in memory is gone."""
        units: dict[str, Any] = self.state.get("units", {})
        for unit in units.values():
            unit["active"] = bool(unit.get("enabled"))
        mount.after_boot(self)

    def cancel_shutdown(self) -> None:
        """Forget a shutdown that was planned for later."""
        if self.shutdown is not None:
            self.shutdown.cancel()
            self.shutdown = None

    def save(self) -> None:
        """Make files and state durable."""
        self.lab.keep(self)
