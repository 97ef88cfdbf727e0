"""An action's code as files in its container's directory."""

from __future__ import annotations

import base64
import io
import sysconfig
import zipfile
from pathlib import Path

from owlab.pocket.openwhisk.launching import BadCode, launch, source_name
from owlab.pocket.openwhisk.runtimes import LOOP, RuntimeKind

__all__ = ["BadCode", "is_binary", "place"]

UNPACKED = 512 * 1024 * 1024
MOST_ENTRIES = 50_000
NO_ARCHIVE = "There was an error uncompressing the action archive."
# How a zip file begins, and a program of Linux.
ZIP, ELF = b"PK\x03\x04", b"\x7fELF"


def is_binary(code: str) -> bool:
    """A zip file or a program, in base64; source does not begin like one."""
    if not code.startswith(("UEsDB", "f0VMR")):
        return False
    try:
        return base64.b64decode(code[:64], validate=True).startswith((ZIP, ELF))
    except ValueError:
        return False


def place(
    kind: RuntimeKind, code: str, binary: bool, directory: Path, *, main: str, cache: Path
) -> dict[str, object]:
    """Write the code below ``directory``; returns what the worker's ``init`` needs to know.

    ``cache`` is where compilers keep what they may use again.
    """
    if kind.family not in ("nodejs", "python"):
        return _program(kind, code, binary, directory, main, cache)
    if not binary:
        name = "index.js" if kind.family == "nodejs" else "exec__.py"
        (directory / name).write_text(code, encoding="utf-8")
        return {"directory": str(directory), "file": name, "archive": False} | _packages(kind)
    unpacked = directory / "action"
    _unpack(code, unpacked)
    if kind.family == "nodejs":
        # ``file.main`` names a module of the archive, which needs no package then.
        known = ("package.json", "index.js")
        if "." not in main and not any((unpacked / name).exists() for name in known):
            raise BadCode(
                "Initialization has failed due to: Error: Zipped actions must contain either "
                "package.json or index.js at the root."
            )
        return {"directory": str(unpacked), "file": "index.js", "archive": True}
    if (unpacked / "virtualenv").is_dir() and not _has_activate(unpacked):
        raise BadCode("Invalid virtualenv. Zip file does not include 'activate_this.py'.")
    if not (unpacked / "__main__.py").exists():
        raise BadCode("Zip file does not include mandatory files.")
    placed = {"directory": str(unpacked), "file": "__main__.py", "archive": True}
    return placed | _packages(kind, unpacked)


def _program(
    kind: RuntimeKind, code: str, binary: bool, directory: Path, main: str, cache: Path
) -> dict[str, object]:
    where = directory / "src"
    where.mkdir()
    if not binary:
        if not code and kind.family == "native":
            code = (LOOP / "stub.sh").read_text("utf-8")
        (where / source_name(kind)).write_text(code, encoding="utf-8")
    elif base64.b64decode(code[:64]).startswith(ELF):
        (where / "exec").write_bytes(base64.b64decode(code))
    else:
        _unpack(code, where)
    return launch(kind, where, main, cache)


def _unpack(code: str, target: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(code, validate=True))) as archive:
            entries = archive.infolist()
            too_many = len(entries) > MOST_ENTRIES
            if too_many or sum(entry.file_size for entry in entries) > UNPACKED:
                raise BadCode(NO_ARCHIVE)
            archive.extractall(target)
            for entry in entries:
                # What may be executed stays so: zipfile keeps no file's mode.
                if entry.external_attr >> 16 & 0o100 and not entry.is_dir():
                    (target / entry.filename).chmod(0o755)
    except BadCode:
        raise
    except Exception as error:
        # zipfile raises a dozen kinds for archives that are damaged, encrypted or contradictory
        # (a file ``a`` and another ``a/b``); none of them is a mistake of ours.
        raise BadCode(NO_ARCHIVE) from error


def _has_activate(unpacked: Path) -> bool:
    return (unpacked / "virtualenv" / "bin" / "activate_this.py").exists()


def _packages(kind: RuntimeKind, unpacked: Path | None = None) -> dict[str, object]:
    """Where a Python action finds packages: in its zip's virtualenv, and the image's."""
    if kind.family != "python":
        return {}
    inside = unpacked.glob("virtualenv/lib/python*/site-packages") if unpacked else ()
    ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return {"packages": sorted(ours), "paths": sorted(map(str, inside))}
