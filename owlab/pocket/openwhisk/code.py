"""An action's code as files in its container's directory."""

from __future__ import annotations

import base64
import io
import sysconfig
import zipfile
from pathlib import Path

from owlab.pocket.openwhisk.runtimes import RuntimeKind

UNPACKED = 512 * 1024 * 1024
MOST_ENTRIES = 50_000
NO_ARCHIVE = "There was an error uncompressing the action archive."


class BadCode(Exception):
    """The archive is not one that the runtime can start; the message is the activation's error."""


def place(kind: RuntimeKind, code: str, binary: bool, directory: Path) -> dict[str, object]:
    """Write the code below ``directory``; returns what the worker's ``init`` needs to know."""
    if not binary:
        name = "index.js" if kind.family == "nodejs" else "exec__.py"
        (directory / name).write_text(code, encoding="utf-8")
        return {"directory": str(directory), "file": name, "archive": False} | _packages(kind)
    unpacked = directory / "action"
    try:
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(code, validate=True))) as archive:
            entries = archive.infolist()
            too_many = len(entries) > MOST_ENTRIES
            if too_many or sum(entry.file_size for entry in entries) > UNPACKED:
                raise BadCode(NO_ARCHIVE)
            archive.extractall(unpacked)
    except BadCode:
        raise
    except Exception as error:
        # zipfile raises a dozen kinds for archives that are damaged, encrypted or contradictory
        # (a file ``a`` and another ``a/b``); none of them is a mistake of ours.
        raise BadCode(NO_ARCHIVE) from error
    if kind.family == "nodejs":
        if not any((unpacked / name).exists() for name in ("package.json", "index.js")):
            raise BadCode(
                "Initialization has failed due to: Error: Zipped actions must contain either "
                "package.json or index.js at the root."
            )
        return {"directory": str(unpacked), "file": "index.js", "archive": True}
    if (unpacked / "virtualenv").is_dir() and not _has_activate(unpacked):
        raise BadCode("Invalid virtualenv. Zip file does not include 'activate_this.py'.")
    if not (unpacked / "__main__.py").exists():
        raise BadCode("Zip file does not include mandatory files.")
    place = {"directory": str(unpacked), "file": "__main__.py", "archive": True}
    return place | _packages(kind, unpacked)


def _has_activate(unpacked: Path) -> bool:
    return (unpacked / "virtualenv" / "bin" / "activate_this.py").exists()


def _packages(kind: RuntimeKind, unpacked: Path | None = None) -> dict[str, object]:
    """Where a Python action finds packages: in its zip's virtualenv, and the image's."""
    if kind.family != "python":
        return {}
    inside = unpacked.glob("virtualenv/lib/python*/site-packages") if unpacked else ()
    ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return {"packages": sorted(ours), "paths": sorted(map(str, inside))}
