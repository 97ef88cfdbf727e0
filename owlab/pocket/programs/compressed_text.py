"""`zgrep`, `zless`, `zdiff` and their like: a program's work on what is in compressed files."""

from __future__ import annotations

import secrets
import shlex

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.compression import BZIP2, GZIP, XZ
from owlab.pocket.programs.options import Complaint
from owlab.pocket.programs.shells import child_of

MAGIC = ((b"\x1f\x8b", GZIP), (b"BZh", BZIP2), (b"\xfd7zXZ\x00", XZ))
WITH_VALUE = set("eABCmf")
TROUBLE = 2


def _plain(call: Call, name: str) -> bytes:
    """A file's content, unpacked where it is packed."""
    try:
        content = call.fs.read_file(call.path(name))
    except OSError as error:
        raise Complaint(f"gzip: {name}: {error.strerror}\n", TROUBLE) from None
    for start, form in MAGIC:
        if content.startswith(start):
            return form.unpack(content)
    return content


def _parted(words: list[str]) -> tuple[list[str], list[str]]:
    """Options with their values, and what they are for."""
    options, rest = [], list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        options.append(word)
        if not word.startswith("--") and word[-1] in WITH_VALUE and rest:
            options.append(rest.pop(0))
    return options, rest


@program("zgrep", "zegrep", "zfgrep", machines="all")
async def zgrep(call: Call) -> int:
    """`grep` in files that may be compressed."""
    options, words = _parted(call.argv)
    given = any(word.startswith(("-e", "-f", "--regexp", "--file")) for word in options)
    if not words and not given:
        raise Complaint("usage: zgrep [grep_options] pattern [files]\n", TROUBLE)
    pattern = [] if given else ["-e", words.pop(0)]
    shell, worst, found = child_of(call), 1, False
    for name in words or ["-"]:
        try:
            content = await call.stdin() if name == "-" else _plain(call, name)
        except Complaint as complaint:
            await call.err(complaint.text)
            worst = complaint.status
            continue
        label = f"--label={name}" if name != "-" else "--label=(standard input)"
        several = ["-H"] if len(words) > 1 and not {"-h", "--no-filename"} & set(options) else []
        line = shlex.join([call.name[1:], *several, label, *options, *pattern])
        status = await shell.run(line, call.out, call.err, stdin=content)
        found = found or not status
        worst = max(worst, status)
    return worst if worst > 1 else 0 if found else 1


@program("zless", "zmore", machines="all")
async def zless(call: Call) -> int:
    """Show files that may be compressed, page by page at a terminal."""
    _, words = _parted(call.argv)
    content = b"".join([_plain(call, name) for name in words]) if words else await call.stdin()
    return await child_of(call).run("less", call.out, call.err, stdin=content)


@program("zdiff", "zcmp", machines="all")
async def zdiff(call: Call) -> int:
    """`diff` or `cmp` of two files that may be compressed."""
    options, words = _parted(call.argv)
    if not words:
        raise Complaint(f"Usage: {call.name} [OPTION]... FILE1 [FILE2]\n", TROUBLE)
    left = words[0]
    right = words[1] if len(words) > 1 else left.rpartition(".")[0]
    path = f"/tmp/{call.name}.{secrets.token_hex(4)}"
    call.fs.write_file(path, _plain(call, right))
    try:
        line = shlex.join([call.name[1:], *options, "-", path])
        return await child_of(call).run(line, call.out, call.err, stdin=_plain(call, left))
    finally:
        call.fs.remove(path)
