"""What a lab remembers on disk: its settings, the machines it made, the steps it carried out."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from owlab import documents, durable
from owlab.errors import DamagedFolder, LabError
from owlab.language import _


class LabFolder:
    """The files of one lab's folder. Writes are atomic: a reader sees the old or the new."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def make_folder(self) -> None:
        """Make the lab's folder, for its owner alone; an existing one is no error.

        :raises LabError: it cannot be made there.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.directory.stat().st_mode & 0o077:
                self.directory.chmod(0o700)
        except OSError as error:
            raise LabError(
                brief=_("The lab's folder {directory!r} cannot be made.").format(
                    directory=str(self.directory)
                ),
                details=str(error),
                resolution=_("Set OWLAB_HOME to a folder in which you may write."),
            ) from None

    def settings(self) -> dict[str, Any] | None:
        """The settings that the lab was made with, or None for a new lab.

        :raises DamagedFolder: they cannot be read.
        """
        text = self._read("config.yaml")
        if text is None:
            return None
        try:
            found = documents.load(text)
        except documents.BadDocument as error:
            raise self._damaged("config.yaml", str(error)) from None
        if not isinstance(found, dict):
            raise self._damaged("config.yaml", "it holds no settings")
        return found

    def write_settings(self, settings: dict[str, Any]) -> None:
        """Save the settings with the lab."""
        self._write("config.yaml", yaml.safe_dump(settings, sort_keys=False))

    def made(self) -> list[str]:
        """Names of the machines that this lab created, oldest first.

        :raises DamagedFolder: they cannot be read.
        """
        found = self._list("made.json")
        if not all(isinstance(name, str) for name in found):
            raise self._damaged("made.json", "it is no list of names")
        return found

    def add_made(self, name: str) -> None:
        """Remember a machine as this lab's own, before it is created."""
        with self._lock("made"):
            self._write("made.json", json.dumps([*(n for n in self.made() if n != name), name]))

    def remove_made(self, name: str) -> None:
        """Forget a machine that was removed."""
        with self._lock("made"):
            self._write("made.json", json.dumps([n for n in self.made() if n != name]))

    def carried_out(self) -> list[tuple[str, str]]:
        """Steps, by key, that this lab began to carry out, each with the machine; oldest first.

        :raises DamagedFolder: they cannot be read.
        """
        try:
            return [(str(key), str(machine)) for key, machine in self._list("steps.json")]
        except (TypeError, ValueError) as error:
            raise self._damaged("steps.json", str(error)) from None

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
        with self._lock_file(name) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise LabError(
                    brief=_("Another owlab process is working on the lab {name!r}.").format(
                        name=self.directory.name
                    ),
                    details=_who(self.directory / f"{name}.lock"),
                    resolution=_("Wait until it ends, or use another lab with --lab NAME."),
                ) from None
            with suppress(OSError):
                os.ftruncate(file, 0)
                os.pwrite(file, str(os.getpid()).encode(), 0)
            yield

    @contextmanager
    def _lock_file(self, name: str) -> Iterator[int]:
        path = self.directory / f"{name}.lock"
        try:
            number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            # A full disk has no place for it; the folder itself will do.
            number = os.open(self.directory, os.O_RDONLY)
        try:
            yield number
        finally:
            os.close(number)

    def _read(self, name: str) -> str | None:
        try:
            return (self.directory / name).read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise self._damaged(name, str(error)) from None

    def _list(self, name: str) -> list[Any]:
        text = self._read(name)
        try:
            found = json.loads(text) if text is not None else []
        except (ValueError, RecursionError) as error:
            raise self._damaged(name, str(error)) from None
        if not isinstance(found, list):
            raise self._damaged(name, "it is no list")
        return found

    def _damaged(self, name: str, why: str) -> DamagedFolder:
        return DamagedFolder(
            brief=_("The file {name} of the lab {lab!r} cannot be read.").format(
                name=name, lab=self.directory.name
            ),
            details=f"{self.directory / name}: {why}",
            resolution=_("`owlab reset` starts the lab again, and `owlab down` removes it."),
        )

    def _write(self, name: str, content: str) -> None:
        self.make_folder()
        try:
            durable.write(self.directory / name, content, 0o600)
        except OSError as error:
            raise LabError(
                brief=_("The lab's file {name} could not be saved.").format(name=name),
                details=str(error),
                resolution=_(
                    "Free some disk space, or set OWLAB_HOME to a folder that is writable."
                ),
            ) from None


def _who(lock: Path) -> str:
    """The process that wrote its number into a lock, and whether it was stopped."""
    import psutil

    with suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int(lock.read_text("ascii")))
        stopped = process.status() == psutil.STATUS_STOPPED
        return f"process {process.pid}" + (", which was stopped by a signal" if stopped else "")
    return ""
