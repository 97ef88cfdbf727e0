"""Where labs live on this computer."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from platformdirs import user_state_path

from owlab.errors import ConfigError
from owlab.language import _

NO_SETTINGS = frozenset(
    {
        "OWLAB_HOME",  # where labs live
        "OWLAB_LAB",  # which one
        "OWLAB_CONFIG",  # which file has settings
        "OWLAB_LANG",  # which language is spoken
        "OWLAB_NOTEBOOKS",  # where a learner's copies are
        "OWLAB_SILENCE",  # seconds after which a lab that says nothing does not answer
        "OWLAB_PYTHONSTARTUP",  # what the learner's own kernels begin with
        "OWLAB_GSON",  # the library of Java actions
        "OWLAB_NODE_PATH",  # where notebooks find Node.js packages
        "OWLAB_REWRITE_GOLDENS",  # for tests
    }
)
"""Variables of the environment that begin like a setting and are none."""


def home() -> Path:
    """The folder of all labs: ``OWLAB_HOME``, or the user's state directory.

    :raises ConfigError: ``OWLAB_HOME`` is a file, or leads nowhere.
    """
    named = os.environ.get("OWLAB_HOME")
    if not named:
        return user_state_path("owlab")
    path = Path(named).expanduser().absolute()
    there = next(place for place in (path, *path.parents) if os.path.lexists(place))
    if not there.is_dir():
        raise ConfigError(
            brief=_("OWLAB_HOME is {named!r}, and {there!r} is no folder.").format(
                named=named, there=str(there)
            ),
            resolution=_("Set it to a folder, which need not be there yet, or unset it."),
        )
    return path


def lab_directory(name: str) -> Path:
    """The folder of one lab. It need not exist."""
    return home() / "labs" / name


def kept_directory(name: str) -> Path:
    """Where a lab is kept as it was before it was put somewhere else. It need not exist."""
    return home() / "kept" / name


def lab_names() -> list[str]:
    """The labs of this computer, also those whose settings are lost."""
    labs = home() / "labs"
    if not labs.is_dir():
        return []
    return sorted(path.name for path in labs.iterdir() if path.is_dir() and any(path.iterdir()))


def remove(directory: Path) -> None:
    """Remove a lab's folder, or one below those where it was kept; a missing one is no error.

    :raises OSError: something in it cannot be removed.
    """
    if home() / "labs" != directory.parent and home() / "kept" not in directory.parents:
        raise ValueError(f"{directory} is not a lab's folder")
    for last in (False, True):
        try:
            shutil.rmtree(directory)
        except FileNotFoundError:
            pass
        except OSError:
            if last:
                raise
            _open_up(directory)
        if not directory.exists():
            return


def _open_up(directory: Path) -> None:
    """Folders that may not be written, or were made meanwhile, should not stay."""
    for folder, names, _files in os.walk(directory):
        for path in (Path(folder), *(Path(folder) / name for name in names)):
            if not path.is_symlink():
                path.chmod(0o700)
