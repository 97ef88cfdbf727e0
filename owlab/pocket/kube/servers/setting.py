"""What a server is started with, and how it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from owlab.pocket.ground.views import Object
from owlab.pocket.network.http import Dial
from owlab.pocket.network.sockets import Serve


class ServerFailed(Exception):
    """The program ends at once: its exit status, and what it says."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.text, self.code = text, code


class ContainerFiles(Protocol):
    """A container's files."""

    def read(self, path: str) -> bytes | None:
        """A file, or None."""

    def names(self, path: str) -> list[str] | None:
        """What is in a directory, or None where there is none."""

    def modified(self, path: str) -> int | None:
        """When a file was written last, in seconds of Unix time, where that is known."""


@dataclass(frozen=True)
class Setting:
    """One start of a server."""

    argv: list[str]
    env: Mapping[str, str]
    pod: Object
    cwd: str
    log: Callable[[str], None]
    """Prints a line on its standard output."""
    view: Callable[[], ContainerFiles]
    dial: Dial
    """Connects from the container."""
    image: ContainerFiles | None = None
    """The image's own files, where nothing of a configuration is mounted over them."""

    def configuration(self) -> ContainerFiles:
        """The files to start with."""
        return self.image or self.view()

    @property
    def hostname(self) -> str:
        """The container's."""
        return str(self.pod["spec"].get("hostname") or self.pod["metadata"]["name"])

    @property
    def address(self) -> str:
        """The pod's."""
        return str(self.pod["status"].get("podIP") or "")


class ImageFiles:
    """What an image brings. Implements ``ContainerFiles``."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def read(self, path: str) -> bytes | None:
        """A file, or None."""
        return self._files.get(path)

    def names(self, path: str) -> list[str] | None:
        """What is in a directory, or None where there is none."""
        start = path.rstrip("/") + "/"
        found = {name.removeprefix(start) for name in self._files if name.startswith(start)}
        return sorted({name.partition("/")[0] for name in found}) or None

    def modified(self, path: str) -> int | None:
        """Not known."""
        return None


Ports = dict[int, Serve]
Server = Callable[[Setting], Ports]
"""Starts; raises ServerFailed."""


def port_of(text: str, program: str) -> int:
    """A port's number from a word."""
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise ServerFailed(f"{program}: invalid port: {text}\n")
