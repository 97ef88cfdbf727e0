"""Reading other people's files: never more than asked for, never a file of somebody else.

A learner owns the folder, and may have put anything there: a link to a file that only the teacher
may read, a pipe on which one would wait for ever, a file without end.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from owlab.language import _

MOST = 2 << 20
"""Bytes of one file that are read: its end, where the newest lines are."""


class NotRead(Exception):
    """A file that is there, and is not read; says why."""


def owner(path: Path) -> int:
    """Who owns a folder.

    :raises NotRead: it cannot be looked at.
    """
    try:
        return path.stat().st_uid
    except OSError as error:
        raise NotRead(f"{path.name}: {_why(error)}") from None


def tail(path: Path, of: int) -> str | None:
    """The end of a file that belongs to the user ``of``; None when it is not there.

    :raises NotRead: it may not be read, or is no plain file of theirs.
    """
    try:
        # Links are not followed, and a pipe that nobody writes to is opened all the same.
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotRead(f"{path.name}: {_why(error)}") from None
    try:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode):
            raise NotRead(_("{file}: it is no plain file").format(file=path.name))
        if found.st_uid != of:
            raise NotRead(_("{file}: it belongs to somebody else").format(file=path.name))
        skipped = max(0, found.st_size - MOST)
        data = os.pread(number, MOST, skipped)
    except OSError as error:
        raise NotRead(f"{path.name}: {_why(error)}") from None
    finally:
        os.close(number)
    if skipped:
        data = data.partition(b"\n")[2]  # the first line is cut
    return data.decode("utf-8", "replace")


def folders(path: Path) -> list[Path]:
    """The folders in a folder, without links; none when it is not there.

    :raises NotRead: it may not be read.
    """
    try:
        with os.scandir(path) as entries:
            found = [Path(entry.path) for entry in entries if _is_folder(entry)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise NotRead(f"{path.name}: {_why(error)}") from None
    return sorted(found)


def files(path: Path, suffix: str) -> list[Path]:
    """The names in a folder that end so; none when it is not there.

    :raises NotRead: it may not be read.
    """
    try:
        return sorted(path / name for name in os.listdir(path) if name.endswith(suffix))  # noqa: PTH208
    except FileNotFoundError:
        return []
    except OSError as error:
        raise NotRead(f"{path.name}: {_why(error)}") from None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return entry.is_dir(follow_symlinks=False)
    return False


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return _("it may not be read")
    return error.strerror.lower() if error.strerror else _("it cannot be read")
