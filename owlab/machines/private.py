"""A short folder that only this user can enter: for locks, and for sockets of ssh."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from owlab.errors import ProviderError


def private_folder() -> Path:
    """The folder, made when it is missing.

    Its path is short: a socket's path has to fit in about 100 characters.
    :raises ProviderError: something of that name is there that others could tamper with.
    """
    folder = Path(tempfile.gettempdir()) / f"owlab-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        seen = folder.lstat()
        safe = stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid()
        if safe and seen.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        safe, why = False, str(error)
    else:
        why = "it belongs to somebody else, or is no folder"
    if not safe:
        raise ProviderError(
            brief=f"The folder {folder} cannot be used.",
            details=why,
            resolution="Remove it, or set TMPDIR to a folder of your own.",
        )
    return folder
