"""`mktemp`: a file or directory that nobody else has."""

from __future__ import annotations

import posixpath
import re
import secrets
import string

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse, usage

LETTERS = string.ascii_letters + string.digits
DEFAULT = "tmp.XXXXXXXXXX"
TRIES = 100


@program("mktemp", machines="all")
async def mktemp(call: Call) -> int:
    """Make it and print its name; ``-d -u -q -p DIR -t --suffix=``."""
    options = parse(call, "dqup:t", "directory quiet dry-run tmpdir? suffix=")
    if len(options.words) > 1:
        raise usage("mktemp", "too many templates")
    template = options.words[0] if options.words else DEFAULT
    suffix = options.value("suffix")
    if suffix is None:
        found = re.search(r"X([^X/]*)$", template)
        suffix = found[1] if found is not None else ""
        template = template.removesuffix(suffix) if suffix else template
    elif not template.endswith("X"):
        raise Complaint(f"mktemp: with --suffix, template ‘{template}’ must end in X\n")
    stem = template.rstrip("X")
    count = len(template) - len(stem)
    if count < 3:
        raise Complaint(f"mktemp: too few X's in template ‘{template}{suffix}’\n")
    if "/" in suffix:
        raise Complaint(f"mktemp: invalid suffix ‘{suffix}’, contains directory separator\n")
    if options.has("t") and "/" in template:
        told = f"‘{template}{suffix}’, contains directory separator"
        raise Complaint(f"mktemp: invalid template, {told}\n")
    if options.has("p", "tmpdir") and template.startswith("/"):
        told = f"‘{template}{suffix}’; with --tmpdir, it may not be absolute"
        raise Complaint(f"mktemp: invalid template, {told}\n")
    folder = None
    if not options.words or options.has("p", "tmpdir", "t"):
        folder = options.value("p", "tmpdir") or call.env.get("TMPDIR") or "/tmp"
    what = "directory" if options.has("d", "directory") else "file"
    for _ in range(TRIES):
        name = stem + "".join(secrets.choice(LETTERS) for _ in range(count)) + suffix
        name = posixpath.join(folder, name) if folder is not None else name
        if call.fs.exists(call.path(name)):
            continue
        try:
            if not options.has("u", "dry-run"):
                _make(call, call.path(name), what)
        except OSError as error:
            shown = posixpath.join(folder, f"{template}{suffix}") if folder else template + suffix
            if options.has("q", "quiet"):
                return 1
            raise Complaint(
                f"mktemp: failed to create {what} via template ‘{shown}’: {error.strerror}\n"
            ) from None
        await call.out(f"{name}\n")
        return 0
    raise Complaint(f"mktemp: failed to create {what} via template ‘{template}’: File exists\n")


def _make(call: Call, path: str, what: str) -> None:
    if what == "directory":
        call.fs.mkdir(path)
        call.fs.chmod(path, 0o700)
    else:
        call.fs.write_file(path, b"")
        call.fs.chmod(path, 0o600)
