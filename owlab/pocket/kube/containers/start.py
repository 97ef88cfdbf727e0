"""Whether a container's first word can be started at all: no shell stands in between."""

from __future__ import annotations

import posixpath
import uuid
from collections.abc import Collection

from owlab.pocket.kube.errors import ApiError
from owlab.pocket.machines.files import Files

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What images leave it at."""
_FOLDERS = tuple(PATH.split(":"))
_EXECUTABLE = 0o111


class CannotStart(ApiError):
    """The container engine finds no program of that name; ``why`` is its word for it."""

    code, reason = 500, "InternalError"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"Internal error occurred: error executing command in container: {self.told}"
        )

    @property
    def told(self) -> str:
        """As the kubelet hears it, of a command in a container that runs."""
        number = f"{uuid.uuid4().hex}{uuid.uuid4().hex}"
        return (
            f'failed to exec in container: failed to start exec "{number}": '
            "OCI runtime exec failed: exec failed: unable to start container process: "
            f"{self.why}: unknown"
        )

    @property
    def at_first(self) -> str:
        """The same, of the command with which a container begins."""
        return (
            "failed to create containerd task: failed to create shim task: OCI runtime create "
            "failed: runc create failed: unable to start container process: error during "
            f"container init: {self.why}: unknown"
        )


def require(word: str, programs: Collection[str], files: Files) -> None:
    """Raise CannotStart unless a program of this name, or at this path, is there.

    :param programs: the names that the image has in its usual folders.
    """
    if "/" in word:
        _require_at(word, programs, files)
        return
    for folder in _FOLDERS:
        path = posixpath.join(folder, word)
        if files.exists(path) and files.look(path).mode & _EXECUTABLE:
            return
    if word not in programs:
        raise CannotStart(f'exec: "{word}": executable file not found in $PATH')


def _require_at(path: str, programs: Collection[str], files: Files) -> None:
    if not files.exists(path):
        folder, name = posixpath.split(path)
        if name not in programs or folder not in (*_FOLDERS, "/"):
            raise CannotStart(f'exec: "{path}": stat {path}: no such file or directory')
        return
    inode = files.look(path)
    if inode.is_directory or not inode.mode & _EXECUTABLE:
        raise CannotStart(f'exec: "{path}": permission denied')
