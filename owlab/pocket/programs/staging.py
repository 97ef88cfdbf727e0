"""Files of a machine that a real child process must see: copied out before, and back after."""

from __future__ import annotations

import contextlib
import posixpath
import shutil
import tempfile
from pathlib import Path

from owlab.pocket.machines.files import Files


class Stage:
    """A temporary directory that stands for the root of a machine's file system.

    Only what is asked for is copied in. What the child made or changed goes back. A path that
    the machine does not have stays missing: the computer's own files are never reached.
    """

    def __init__(self, fs: Files) -> None:
        self._fs = fs
        self.root = Path(tempfile.mkdtemp(prefix="owlab-stage-"))
        self._before: dict[Path, bytes] = {}

    def add(self, path: str) -> str:
        """Copy a file or directory in; returns where the child finds it."""
        target = self._place(path)
        try:
            kind = self._fs.stat(path)["file_type"]
        except OSError:
            return str(target)
        if kind == "directory":
            target.mkdir(parents=True, exist_ok=True)
            for entry in self._fs.read_dir(path):
                self.add(posixpath.join(path, str(entry["name"])))
        else:
            self.write(path, self._fs.read_file(path))
        return str(target)

    def write(self, path: str, content: bytes) -> str:
        """Place content of our own at a path; it is not copied back unless it changes."""
        target = self._place(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self._before[target] = content
        return str(target)

    def unstaged(self, text: bytes) -> bytes:
        """The child's words, with the machine's paths in them."""
        return text.replace(str(self.root).encode(), b"")

    def take_back(self) -> None:
        """Copy what the child changed to the machine, except its caches."""
        for file in sorted(self.root.rglob("*")):
            inside = "/" + file.relative_to(self.root).as_posix()
            if not file.is_file() or file.is_symlink() or "/.kube/cache/" in inside:
                continue
            content = file.read_bytes()
            if self._before.get(file) != content:
                with contextlib.suppress(OSError):
                    if not self._fs.exists(posixpath.dirname(inside)):
                        self._fs.mkdir(posixpath.dirname(inside), recursive=True)
                    self._fs.write_file(inside, content)

    def take_back_removals(self) -> None:
        """Remove from the machine what the child removed."""
        for file in self._before:
            if not file.exists():
                with contextlib.suppress(OSError):
                    self._fs.remove("/" + file.relative_to(self.root).as_posix())

    def close(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self.root, ignore_errors=True)

    def _place(self, path: str) -> Path:
        # Normalised, so that .. cannot lead out of the stage.
        clean = posixpath.normpath("/" + path.lstrip("/"))
        return self.root / clean.lstrip("/")
