"""Where labs live on this computer."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from platformdirs import user_state_path


def home() -> Path:
    """The folder of all labs: ``OWLAB_HOME``, or the user's state directory."""
    named = os.environ.get("OWLAB_HOME")
    return Path(named).expanduser().absolute() if named else user_state_path("owlab")


def lab_directory(name: str) -> Path:
    """The folder of one lab. It need not exist."""
    return home() / "labs" / name


def lab_names() -> list[str]:
    """The labs of this computer."""
    labs = home() / "labs"
    if not labs.is_dir():
        return []
    return sorted(path.name for path in labs.iterdir() if (path / "config.yaml").exists())


def remove(directory: Path) -> None:
    """Remove one lab's folder; a missing one is no error."""
    if directory.parent != home() / "labs":
        raise ValueError(f"{directory} is not a lab's folder")
    shutil.rmtree(directory, ignore_errors=True)
