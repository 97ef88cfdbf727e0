"""What a lab remembers on disk: its settings, the machines it made, the steps it carried out."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from owlab.errors import LabError


class Record:
    """The files of one lab's folder. Writes are atomic: a reader sees the old or the new."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def make_folder(self) -> None:
        """Make the lab's folder; an existing one is no error.

        :raises LabError: it cannot be made there.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LabError(
                brief=f"The lab's folder {str(self.directory)!r} cannot be made.",
                details=str(error),
                resolution="Set OWLAB_HOME to a folder in which you may write.",
            ) from None

    def settings(self) -> dict[str, Any] | None:
        """The settings that the lab was made with, or None for a new lab."""
        path = self.directory / "config.yaml"
        if not path.exists():
            return None
        return dict(yaml.safe_load(path.read_text("utf-8")) or {})

    def write_settings(self, settings: dict[str, Any]) -> None:
        """Save the settings with the lab."""
        self._write("config.yaml", yaml.safe_dump(settings, sort_keys=False))

    def made(self) -> list[str]:
        """Names of the machines that this lab created, oldest first."""
        path = self.directory / "made.json"
        return list(json.loads(path.read_text("utf-8"))) if path.exists() else []

    def add_made(self, name: str) -> None:
        """Remember a machine as this lab's own, before it is created."""
        with self._lock("made"):
            self._write("made.json", json.dumps([*(n for n in self.made() if n != name), name]))

    def remove_made(self, name: str) -> None:
        """Forget a machine that was removed."""
        with self._lock("made"):
            self._write("made.json", json.dumps([n for n in self.made() if n != name]))

    def carried_out(self) -> list[tuple[str, str]]:
        """Steps, by key, that this lab began to carry out, each with the machine; oldest first."""
        path = self.directory / "steps.json"
        said = json.loads(path.read_text("utf-8")) if path.exists() else []
        return [(key, machine) for key, machine in said]

    def add_carried_out(self, key: str, machine: str) -> None:
        """Remember a step before its first command: what is half done is ours to undo."""
        with self._lock("steps"):
            known = self.carried_out()
            if (key, machine) not in known:
                self._write("steps.json", json.dumps([*known, (key, machine)]))

    def remove_carried_out(self, key: str, machine: str) -> None:
        """Forget a step that was undone."""
        with self._lock("steps"):
            known = [unit for unit in self.carried_out() if unit != (key, machine)]
            self._write("steps.json", json.dumps(known))

    @property
    def is_built(self) -> bool:
        """Something exists that this lab made: machines, or what a step left on others."""
        return bool(self.made() or self.carried_out())

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Only one process at a time changes a lab."""
        with self._lock("busy", wait=False):
            yield

    @contextmanager
    def _lock(self, name: str, wait: bool = True) -> Iterator[None]:
        self.make_folder()
        with (self.directory / f"{name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise LabError(
                    brief=f"Another owlab process is working on the lab {self.directory.name!r}.",
                    resolution="Wait until it ends, or use another lab with --lab NAME.",
                ) from None
            yield

    def _write(self, name: str, content: str) -> None:
        self.make_folder()
        fresh = self.directory / f".{name}.new"
        try:
            fresh.write_text(content, "utf-8")
            fresh.replace(self.directory / name)
        except OSError as error:
            raise LabError(
                brief=f"The lab's file {name} could not be saved.",
                details=str(error),
                resolution="Free some disk space, or set OWLAB_HOME to a folder that is writable.",
            ) from None
