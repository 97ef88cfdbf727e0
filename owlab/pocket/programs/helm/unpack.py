"""The files of a chart archive, checked before anything is written."""

from __future__ import annotations

import io
import posixpath
import tarfile

from owlab.pocket.programs.helm.remote import HelmFailed


def unpack(content: bytes) -> dict[str, bytes]:
    """Files by path; raises HelmFailed for what is no archive, or would leave its directory."""
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                if not member.isfile():
                    continue
                path = posixpath.normpath(member.name)
                if path.startswith(("/", "..")):
                    raise HelmFailed("chart illegally references parent directory")
                reader = archive.extractfile(member)
                files[path] = reader.read() if reader else b""
    except tarfile.TarError as problem:
        raise HelmFailed(f"file does not appear to be a gzipped archive: {problem}") from None
    if not files:
        raise HelmFailed("no files in chart archive")
    return files
