"""A function that is a folder: its zip file, with what a manifest includes and leaves out."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from owlab.pocket.programs.base import Call

LIKE_A_FOLDER = ("/", "*")


def packed(
    call: Call, folder: str, root: str, include: Sequence[Sequence[str]], exclude: Sequence[str]
) -> bytes:
    """The zip file of a folder; ``include`` and ``exclude`` are relative to the manifest's."""
    left_out = [posixpath.normpath(posixpath.join(root, pattern)) for pattern in exclude]
    files = {
        posixpath.relpath(path, folder): path
        for path in _files(call, folder)
        if not any(_matches(path, pattern) for pattern in left_out)
    }
    for words in include:
        files |= _included(call, root, *words[:2])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files.items()):
            content = call.fs.read_file(path)
            if content:
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _files(call: Call, folder: str) -> Iterator[str]:
    for entry in call.fs.read_dir(folder):
        path = posixpath.join(folder, str(entry["name"]))
        if call.fs.look(path).is_directory:
            yield from _files(call, path)
        else:
            yield path


def _matches(path: str, pattern: str) -> bool:
    """A pattern means files, and all that is below the folders that it fits."""
    place = PurePosixPath(path)
    return any(part.match(pattern) for part in (place, *place.parents))


def _included(call: Call, root: str, source: str, target: str = "") -> dict[str, str]:
    """Names in the archive, and the files there: of a file, of a folder, or of a pattern."""
    path = posixpath.normpath(posixpath.join(root, source))
    to = target or source
    if "*" in source:
        stem = path.partition("*")[0].rpartition("/")[0]
        into = to.partition("*")[0]
        return {
            posixpath.normpath(posixpath.join(into, posixpath.relpath(found, stem))): found
            for found in _files(call, stem)
            if _matches(found, path)
        }
    if not call.fs.look(path).is_directory:
        if target.endswith(LIKE_A_FOLDER):
            to = posixpath.join(target.rstrip("*"), posixpath.basename(path))
        return {posixpath.normpath(to): path}
    return {
        posixpath.normpath(posixpath.join(to, posixpath.relpath(found, path))): found
        for found in _files(call, path)
    }
