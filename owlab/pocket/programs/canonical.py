"""`realpath` and `readlink`: where a path really leads."""

from __future__ import annotations

import errno
import os
import posixpath

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import missing_operand, parse

PATHS = (
    "canonicalize-existing canonicalize-missing logical physical quiet strip no-symlinks zero "
    "relative-to= relative-base="
)
LINKS = (
    "canonicalize canonicalize-existing canonicalize-missing no-newline quiet silent verbose zero"
)
MOST = 40


def canonical(call: Call, name: str, wants: str) -> str:
    """The path without links; ``wants`` says what of it must be there: all, parents or nothing.

    Raises OSError where it is not.
    """
    done, hops = "/", 0
    left = [part for part in (name if name[:1] == "/" else f"{call.cwd}/{name}").split("/") if part]
    if not name:
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    while left:
        part = left.pop(0)
        if part in (".", ".."):
            done = posixpath.dirname(done) if part == ".." else done
            continue
        step = posixpath.join(done, part)
        try:
            inode = call.fs.look(step, follow=False)
        except FileNotFoundError:
            if wants == "all" or (wants == "parents" and left):
                raise
            done = step
            continue
        except NotADirectoryError:
            if wants != "nothing":
                raise
            done = step
            continue
        if inode.kind == "symlink":
            hops += 1
            if hops > MOST:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            done = "/" if inode.target.startswith("/") else done
            left = [piece for piece in inode.target.split("/") if piece] + left
            continue
        if left and not inode.is_directory and wants != "nothing":
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        done = step
    slash = name.endswith("/") and wants != "nothing" and call.fs.exists(done)
    if slash and not call.fs.is_directory(done):
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    return done


@program("realpath", machines="all")
async def realpath(call: Call) -> int:
    """The path of each FILE without links; ``-e -m -L -s -q -z --relative-to=``."""
    options = parse(call, "emLPqsz", PATHS)
    if not options.words:
        raise missing_operand("realpath")
    wants = "parents"
    if options.has("e", "canonicalize-existing"):
        wants = "all"
    elif options.has("m", "canonicalize-missing"):
        wants = "nothing"
    # What .. leaves is a link's name, not what it leads to.
    logical = options.has("L", "logical")
    status = 0
    for name in options.words:
        try:
            found = (
                call.path(name)
                if options.has("s", "strip", "no-symlinks")
                else canonical(call, call.path(name) if logical and name else name, wants)
            )
        except OSError as error:
            if not options.has("q", "quiet"):
                await call.err(f"realpath: {name or repr('')}: {error.strerror}\n")
            status = 1
            continue
        base = options.value("relative-base")
        start = options.value("relative-to") or base
        inside = base is None or f"{found}/".startswith(f"{canonical(call, base, 'nothing')}/")
        if start is not None and inside:
            found = posixpath.relpath(found, canonical(call, start, "nothing"))
        await call.out(found + ("\0" if options.has("z", "zero") else "\n"))
    return status


@program("readlink", machines="all")
async def readlink(call: Call) -> int:
    """Where a link points; with ``-f``, ``-e`` or ``-m`` where it leads in the end."""
    options = parse(call, "femnqsvz", LINKS)
    if not options.words:
        raise missing_operand("readlink")
    status, texts = 0, []
    for name in options.words:
        try:
            if options.has("f", "canonicalize"):
                texts.append(canonical(call, name, "parents"))
            elif options.has("e", "canonicalize-existing"):
                texts.append(canonical(call, name, "all"))
            elif options.has("m", "canonicalize-missing"):
                texts.append(canonical(call, name, "nothing"))
            else:
                texts.append(call.fs.read_link(call.path(name)))
        except OSError as error:
            if options.has("v", "verbose"):
                await call.err(f"readlink: {name}: {error.strerror}\n")
            status = 1
    end = "\0" if options.has("z", "zero") else "\n"
    text = "".join(f"{text}{end}" for text in texts)
    alone = options.has("n", "no-newline") and len(options.words) == 1
    await call.out(text[:-1] if alone and text else text)
    return status
