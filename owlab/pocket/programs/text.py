"""`cat` and `tee`, live: what comes in goes out at once."""

from __future__ import annotations

import getopt

from owlab.pocket.bash.killable_jobs import KEEP
from owlab.pocket.machines.devices import ENDLESS
from owlab.pocket.programs.base import STDIN, Call, program
from owlab.pocket.programs.options import refuse

PART = 1 << 16
LONG = ["number", "number-nonblank", "squeeze-blank", "show-all", "show-ends", "show-tabs"]
LONG += ["show-nonprinting"]
TABS = {"T", "t", "A", "show-all", "show-tabs"}
ENDS = {"E", "e", "A", "show-all", "show-ends"}
UNSEEN = {"v", "e", "t", "A", "show-all", "show-nonprinting"}
MOST_ENDLESS = 16 << 20
"""Half of what the interpreter's own filters take before they give anything on."""


@program("cat", machines="all")
async def cat(call: Call) -> int:
    """Files, or standard input, one after the other; ``-n -b -s -E -T -A``."""
    try:
        options, names = getopt.gnu_getopt(call.argv, "nbsETAevtu", LONG)
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
        if call.path(name) in ENDLESS and not flags:
            for _ in range(MOST_ENDLESS // PART):
                await call.out(ENDLESS[call.path(name)](PART))
            continue
        content = await call.stdin() if name in STDIN else await _file(call, name)
        if content is None:
            status = 1
        elif flags:
            text += content
        else:
            await call.out(content)
    if flags:
        await call.out(_shown(bytes(text), flags))
    return status


@program(KEEP, machines="all")
async def pass_on(call: Call) -> int:
    """A job's output, to where its shell prints."""
    while (chunk := await call.reader.read_chunk()) is not None:
        if call.session is not None:
            await call.session.tell(chunk)
    return 0


async def _file(call: Call, name: str) -> bytes | None:
    if name == "/dev/stdin":
        return await call.stdin()
    try:
        return call.fs.read_file(call.path(name))
    except OSError as error:
        reason = error.strerror
    await call.err(f"cat: {name}: {reason}\n")
    return None


def _visible(line: bytes) -> bytes:
    """``^X`` for what controls, ``M-x`` for what is above ASCII."""
    out = bytearray()
    for byte in line:
        if byte >= 128:
            out += b"M-"
            byte -= 128
        if byte == 127:
            out += b"^?"
        elif byte < 32 and byte != 9:
            out += bytes([94, byte + 64])
        else:
            out.append(byte)
    return bytes(out)


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
        shown = _visible(bare) if flags & UNSEEN else bare
        shown = shown.replace(b"\t", b"^I") if flags & TABS else shown
        end = line[len(bare) :]
        out += shown + (b"$" if end and flags & ENDS else b"") + end
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
    refuse("tee", options, "i ignore-interrupts")
    append = any(name in ("-a", "--append") for name, _ in options)
    status, paths, errors = 0, [], False
    for name in names:
        path = call.path(name)
        if path in ("/dev/null", "/dev/stdout", "/dev/stderr"):
            errors = errors or path == "/dev/stderr"
            continue
        try:
            (call.fs.append_file if append else call.fs.write_file)(path, b"")
        except OSError as error:
            await call.err(f"tee: {name}: {error.strerror}\n")
            status = 1
            continue
        paths.append(path)
    while (chunk := await call.reader.read_chunk()) is not None:
        for path in paths:
            call.fs.append_file(path, chunk)
        if errors:
            await call.err(chunk)
        await call.out(chunk)
    return status
