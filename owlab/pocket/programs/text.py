"""`cat` and `tee`, which look at who may read and write (see ``rights``)."""

from __future__ import annotations

import getopt

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.rights import may_read, may_write


@program("cat", machines="all")
async def cat(call: Call) -> int:
    """Files, or standard input, one after the other; ``-n -b -s -E -T -A``."""
    try:
        options, names = getopt.gnu_getopt(
            call.argv, "nbsETAevtu", ["number", "number-nonblank", "squeeze-blank", "show-all"]
        )
    except getopt.GetoptError as error:
        await call.err(
            f"cat: invalid option -- '{error.opt}'\nTry 'cat --help' for more information.\n"
        )
        return 1
    flags = {name.lstrip("-") for name, _ in options}
    status = 0
    text = bytearray()
    for name in names or ["-"]:
        if name == "-" and not flags:
            while (chunk := await call.reader.read_chunk()) is not None:
                await call.out(chunk)
            continue
        content = await call.stdin() if name == "-" else await _file(call, name)
        if content is None:
            status = 1
        elif flags:
            text += content
        else:
            await call.out(content)
    if flags:
        await call.out(_shown(bytes(text), flags))
    return status


async def _file(call: Call, name: str) -> bytes | None:
    path = call.path(name)
    if name == "/dev/null":
        return b""
    if name == "/dev/stdin":
        return await call.stdin()
    try:
        if call.fs.stat(path)["file_type"] == "directory":
            raise IsADirectoryError
        if not may_read(call, path):
            raise PermissionError
        return call.fs.read_file(path)
    except RuntimeError:
        reason = "No such file or directory"
    except IsADirectoryError:
        reason = "Is a directory"
    except PermissionError:
        reason = "Permission denied"
    await call.err(f"cat: {name}: {reason}\n")
    return None


def _shown(content: bytes, flags: set[str]) -> bytes:
    """The text with numbers and marks."""
    lines, number, blank, out = content.splitlines(keepends=True), 0, False, bytearray()
    for line in lines:
        bare = line.rstrip(b"\n")
        if flags & {"s", "squeeze-blank"} and blank and not bare:
            continue
        blank = not bare
        if flags & {"n", "number"} or (bare and flags & {"b", "number-nonblank"}):
            number += 1
            out += f"{number:6d}\t".encode()
        shown = bare.replace(b"\t", b"^I") if flags & {"T", "t", "A", "show-all"} else bare
        end = line[len(bare) :]
        out += shown + (b"$" if end and flags & {"E", "e", "A", "show-all"} else b"") + end
    return bytes(out)


@program("tee", machines="all")
async def tee(call: Call) -> int:
    """Standard input to standard output and to files; ``-a`` appends."""
    try:
        options, names = getopt.gnu_getopt(call.argv, "aip", ["append", "ignore-interrupts"])
    except getopt.GetoptError as error:
        await call.err(
            f"tee: invalid option -- '{error.opt}'\nTry 'tee --help' for more information.\n"
        )
        return 1
    append = any(name in ("-a", "--append") for name, _ in options)
    status, paths, errors = 0, [], False
    for name in names:
        path = call.path(name)
        if path in ("/dev/null", "/dev/stdout", "/dev/stderr"):
            errors = errors or path == "/dev/stderr"
            continue
        if reason := _unwritable(call, path):
            await call.err(f"tee: {name}: {reason}\n")
            status = 1
            continue
        if not append:
            call.fs.write_file(path, b"")
        paths.append(path)
    while (chunk := await call.reader.read_chunk()) is not None:
        for path in paths:
            call.fs.append_file(path, chunk)
        if errors:
            await call.err(chunk)
        await call.out(chunk)
    return status


def _unwritable(call: Call, path: str) -> str:
    if call.machine.listdir(path) is not None:
        return "Is a directory"
    if not may_write(call, path):
        return "Permission denied"
    parent = path.rpartition("/")[0] or "/"
    return "" if call.fs.exists(parent) else "No such file or directory"
