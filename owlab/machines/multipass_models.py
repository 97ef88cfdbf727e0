"""What Multipass' JSON says, read tolerantly: both eras, unknown keys, unknown states."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from owlab.machines.multipass_errors import MalformedOutput


class InstanceState(StrEnum):
    """The words of ``multipass list``; ``OTHER`` stands for those of a future release."""

    RUNNING = "Running"
    STOPPED = "Stopped"
    DELETED = "Deleted"
    STARTING = "Starting"
    RESTARTING = "Restarting"
    DELAYED_SHUTDOWN = "Delayed Shutdown"
    SUSPENDING = "Suspending"
    SUSPENDED = "Suspended"
    UNAVAILABLE = "Unavailable"
    UNKNOWN = "Unknown"
    OTHER = "Other"

    @classmethod
    def read(cls, text: str) -> InstanceState:
        """The state of that name, however it is capitalised."""
        return next((s for s in cls if s.value.lower() == text.strip().lower()), cls.OTHER)


@dataclass(frozen=True, slots=True)
class InstanceSummary:
    """One machine of ``list``. ``word`` is its state as Multipass wrote it."""

    name: str
    state: InstanceState
    word: str
    ipv4: tuple[str, ...]
    release: str


@dataclass(frozen=True, slots=True)
class Image:
    """One image of ``find``."""

    name: str
    aliases: tuple[str, ...]
    release: str
    remote: str


@dataclass(frozen=True, slots=True)
class Version:
    """The client's and the daemon's version. No daemon means not ready, or no access to it."""

    client: str
    daemon: str | None

    @property
    def number(self) -> tuple[int, int]:
        """Major and minor of the daemon, or of the client; ``(0, 0)`` if it says nothing known."""
        found = re.match(r"(\d+)\.(\d+)", self.daemon or self.client)
        return (int(found[1]), int(found[2])) if found else (0, 0)


@dataclass(frozen=True, slots=True)
class CloudInit:
    """How a machine's first boot went."""

    status: str
    errors: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Nothing more will happen."""
        return self.status in ("done", "error", "disabled", "degraded")

    @property
    def good(self) -> bool:
        """It finished, and no module failed."""
        return self.status in ("done", "disabled") and not self.errors


def read_list(text: str) -> list[InstanceSummary]:
    """``list --format json``, in the order of names: Multipass' own order is random."""
    found = [
        InstanceSummary(
            name=str(item.get("name", "")),
            state=InstanceState.read(str(item.get("state", ""))),
            word=str(item.get("state", "")),
            ipv4=_addresses(item.get("ipv4")),
            release=_known(item.get("release")),
        )
        for item in _items(_object(text).get("list"))
    ]
    return sorted(found, key=lambda one: one.name)


def read_version(text: str) -> Version:
    """``version --format json``."""
    said = _object(text)
    daemon = said.get("multipassd")
    return Version(str(said.get("multipass", "")), str(daemon) if daemon else None)


def read_images(text: str) -> list[Image]:
    """``find --format json``."""
    return [
        Image(
            name=name,
            aliases=tuple(str(alias) for alias in _list(_mapping(item).get("aliases"))),
            release=str(_mapping(item).get("release", "")),
            remote=str(_mapping(item).get("remote", "")),
        )
        for name, item in _mapping(_object(text).get("images")).items()
    ]


def read_cloud_init(text: str) -> CloudInit:
    """``cloud-init status --format json``; errors of its stages included."""
    said = _object(text)
    status = str(said.get("status", ""))
    if "degraded" in str(said.get("extended_status", "")):
        status = "degraded"
    return CloudInit(status, tuple(str(error) for error in _list(said.get("errors"))))


def _object(text: str) -> Mapping[str, Any]:
    """The JSON object in ``text``; log lines may stand before it."""
    start = text.find("{")
    try:
        found = json.loads(text[start:]) if start >= 0 else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise MalformedOutput(
            brief="Multipass printed something else than JSON.",
            details=text[:500].strip() or "(nothing)",
            resolution="Run the same `multipass` command by hand; then `owlab doctor`.",
        )
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _items(value: object) -> list[Mapping[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict) and item.get("name")]


def _addresses(value: object) -> tuple[str, ...]:
    """The IPv4 addresses: up to 1.16, ``N/A`` may stand where one is not known yet."""
    found = []
    for item in _list(value):
        try:
            found.append(str(ipaddress.IPv4Address(str(item))))
        except ValueError:
            continue
    return tuple(found)


def _number(value: object) -> int | None:
    """Numbers come as numbers, as text, and as empty text."""
    try:
        return int(str(value))
    except ValueError:
        return None


def _known(value: object) -> str:
    text = str(value or "")
    return "" if text == "Not Available" else text
