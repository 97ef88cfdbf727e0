"""`mkdir`, `rmdir`, `unlink` and `touch`: names that come and go."""

from __future__ import annotations

import errno
import os
import posixpath
from datetime import datetime

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.date import zone_of
from owlab.pocket.programs.dates import NotADate, parsed
from owlab.pocket.programs.modes import changed
from owlab.pocket.programs.options import Complaint, Options, missing_operand, parse, usage

READ, WRITTEN = ("atime", "access", "use"), ("mtime", "modify")
TIMES = "Valid arguments are:\n  - ‘atime’, ‘access’, ‘use’\n  - ‘mtime’, ‘modify’"


@program("mkdir", machines="all")
async def mkdir(call: Call) -> int:
    """Make directories; ``-p`` with their parents, ``-m MODE``."""
    options = parse(call, "pvm:Z", "parents verbose mode= context")
    if not options.words:
        raise missing_operand("mkdir")
    text = options.value("m", "mode")
    mode = changed(0o777, text, directory=True, umask=call.fs.umask) if text else None
    if text and mode is None:
        raise Complaint(f"mkdir: invalid mode ‘{text}’\n")
    status = 0
    for name in options.words:
        try:
            for path, shown in missing_folders(call, name, options.has("p", "parents")):
                call.fs.mkdir(path)
                if mode is not None and shown == name:
                    call.fs.chmod(path, mode)
                if options.has("v", "verbose"):
                    await call.out(f"mkdir: created directory '{shown}'\n")
        except OSError as error:
            shown = error.filename if isinstance(error, NoFolder) else name
            await call.err(f"mkdir: cannot create directory ‘{shown}’: {error.strerror}\n")
            status = 1
    return status


class NoFolder(NotADirectoryError):
    """What should be above is a file; its name is as typed."""


def missing_folders(call: Call, name: str, parents: bool) -> list[tuple[str, str]]:
    """The directories to make, the outermost first, each with its name as typed."""
    path = call.path(name)
    if not parents:
        return [(path, name)]
    if call.fs.is_directory(path):
        return []
    above = posixpath.dirname(name.rstrip("/"))
    if call.fs.exists(call.path(above)) and not call.fs.is_directory(call.path(above)):
        raise NoFolder(errno.ENOTDIR, os.strerror(errno.ENOTDIR), above)
    return [*(missing_folders(call, above, True) if above not in ("", "/") else []), (path, name)]


@program("rmdir", machines="all")
async def rmdir(call: Call) -> int:
    """Remove empty directories; ``-p`` with their parents."""
    options = parse(call, "pv", "parents verbose ignore-fail-on-non-empty")
    if not options.words:
        raise missing_operand("rmdir")
    status = 0
    names = list(options.words)
    while names:
        name = names.pop(0)
        if options.has("v", "verbose"):
            await call.out(f"rmdir: removing directory, '{name}'\n")
        try:
            if not call.fs.look(call.path(name), follow=False).is_directory:
                raise NotADirectoryError(20, "Not a directory")
            if posixpath.basename(name.rstrip("/")) == ".":
                raise OSError(22, "Invalid argument")
            call.fs.remove(call.path(name))
        except OSError as error:
            if error.errno == errno.ENOTEMPTY and options.has("ignore-fail-on-non-empty"):
                continue
            await call.err(f"rmdir: failed to remove '{name}': {error.strerror}\n")
            status = 1
            continue
        above = posixpath.dirname(name.rstrip("/"))
        if options.has("p", "parents") and above:
            names.insert(0, above)
    return status


@program("unlink", machines="all")
async def unlink(call: Call) -> int:
    """Remove one file."""
    options = parse(call, "")
    if len(options.words) != 1:
        raise (
            missing_operand("unlink")
            if not options.words
            else Complaint(
                f"unlink: extra operand ‘{options.words[1]}’\n"
                "Try 'unlink --help' for more information.\n"
            )
        )
    name = options.words[0]
    try:
        if call.fs.look(call.path(name), follow=False).is_directory:
            raise IsADirectoryError(21, "Is a directory")
        call.fs.remove(call.path(name))
    except OSError as error:
        await call.err(f"unlink: cannot unlink '{name}': {error.strerror}\n")
        return 1
    return 0


@program("touch", machines="all")
async def touch(call: Call) -> int:
    """Make empty files, or set their times; ``-c``, ``-d``, ``-t``, ``-r``."""
    options = parse(
        call,
        "acmfhd:r:t:",
        "no-create date= reference= time= no-dereference",
        absent="h no-dereference",
    )
    read, written = _times(options)
    if not options.words:
        raise missing_operand("touch", what="file operand")
    moment = _moment(call, options)
    status = 0
    for name in options.words:
        try:
            create = not options.has("c", "no-create")
            there = call.fs.exists(call.path(name))
            if (read and not written and there) or not (create or there):
                continue  # the lab's files keep no time of reading
            call.fs.touch(call.path(name), moment, create=create)
        except OSError as error:
            doing = "setting times of" if call.fs.exists(call.path(name)) else "cannot touch"
            reason = error.strerror
            if doing == "setting times of" and isinstance(error, PermissionError):
                doing = "cannot touch" if moment is None else doing
            await call.err(f"touch: {doing} '{name}': {reason}\n")
            status = 1
    return status


def _times(options: Options) -> tuple[bool, bool]:
    """Which of the times is meant: of reading, of writing; both unless said."""
    asked = options.values("time")
    for word in asked:
        if word not in READ + WRITTEN:
            raise usage("touch", f"invalid argument ‘{word}’ for ‘--time’\n{TIMES}")
    read = options.has("a") or bool(set(asked) & set(READ))
    return read, options.has("m") or bool(set(asked) & set(WRITTEN))


def _moment(call: Call, options: Options) -> float | None:
    reference = options.value("r", "reference")
    if reference is not None:
        try:
            return call.fs.look(call.path(reference)).modified
        except OSError as error:
            raise Complaint(
                f"touch: failed to get attributes of '{reference}': {error.strerror}\n"
            ) from None
    text = options.value("d", "date")
    if text is not None:
        try:
            return parsed(text, utc_now().astimezone(zone_of(call))).timestamp()
        except NotADate:
            raise Complaint(f"touch: invalid date format ‘{text}’\n") from None
    stamp = options.value("t")
    if stamp is None:
        return None
    digits, _, seconds = stamp.partition(".")
    known = {12: "%Y%m%d%H%M", 10: "%y%m%d%H%M", 8: "%m%d%H%M"}.get(len(digits), "")
    try:
        when = datetime.strptime(digits, known)
    except ValueError:
        raise Complaint(f"touch: invalid date format ‘{stamp}’\n") from None
    year = when.year if len(digits) > 8 else utc_now().year
    return when.replace(year=year, tzinfo=zone_of(call)).timestamp() + int(seconds or 0)
