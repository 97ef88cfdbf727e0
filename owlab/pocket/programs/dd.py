"""`dd`, `truncate` and `fallocate`: bytes by the block, and files of a size.

Zeros are counted, not kept, so that a file as large as the machine's disk costs nothing.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import time
from dataclasses import dataclass, field

from owlab.pocket.machines.devices import ENDLESS
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, missing_operand, parse, usage
from owlab.pocket.programs.text import MOST_ENDLESS

UNITS = "KMGTPE"
NUMBER = re.compile(r"(\d+)([cwb]|[kKMGTPE](?:i?B)?)?")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPERANDS = _names("if of bs ibs obs count skip seek conv iflag oflag status cbs")
CONVERSIONS = _names("notrunc sync fsync fdatasync ucase lcase noerror excl nocreat swab sparse")
FLAGS = _names(
    "append direct directory dsync sync fullblock nonblock noatime nocache noctty nofollow "
    "count_bytes skip_bytes seek_bytes"
)
AT_ONCE = 64 << 20
IO_BLOCK = 4096
MOST_WITHOUT_DISK = 64 << 30
"""Where no disk has a size: a container's."""


def size_of(text: str) -> int:
    """``10``, ``4k``, ``1M``, ``1MB``, ``2x512``; ValueError for anything else."""
    total = 1
    for part in text.split("x"):
        found = NUMBER.fullmatch(part)
        if found is None:
            raise ValueError(text)
        total *= int(found[1]) * _unit(found[2] or "")
    return total


def count_of(text: str) -> int:
    """The same for programs that know no products, no ``c`` and ``w``, but an ``m``."""
    if not {"c", "w", "x"}.isdisjoint(text):
        raise ValueError(text)
    return size_of(text.replace("m", "M"))


def _unit(suffix: str) -> int:
    if suffix in ("", "c", "w", "b"):
        return {"": 1, "c": 1, "w": 2, "b": 512}[suffix]
    base = 1000 if suffix[1:] == "B" else 1024
    return int(base ** (UNITS.index(suffix[0].upper()) + 1))


def copied(size: int, seconds: float) -> str:
    """The last line, of so many bytes in so much time."""
    sizes = [_human(size, 1000)] if size >= 1000 else []
    sizes += [_human(size, 1024)] if size >= 1024 else []
    also = f" ({', '.join(sizes)})" if sizes else ""
    word = "byte" if size == 1 else "bytes"
    return f"{size} {word}{also} copied, {seconds:g} s, {_speed(size / seconds)}/s\n"


def _human(size: float, base: int) -> str:
    unit = 0
    while size >= base and unit < len(UNITS):
        size, unit = size / base, unit + 1
    number = f"{size:.1f}" if unit and size < 10 else f"{size:.0f}"
    return f"{number} {_prefix(unit, base)}B"


def _speed(rate: float) -> str:
    """Bytes in a second, at least thousands of them, and with a decimal where it is short."""
    size, unit = rate / 1000, 1
    while size >= 1000 and unit < len(UNITS):
        size, unit = size / 1000, unit + 1
    return f"{size:.{int(size < 100)}f} {_prefix(unit, 1000)}B"


def _prefix(unit: int, base: int) -> str:
    prefix = UNITS[unit - 1] if unit else ""
    if base == 1000:
        return prefix.replace("K", "k")
    return f"{prefix}i" if prefix else ""


@dataclass
class Copying:
    """What `dd` was asked for, and how far it is."""

    call: Call
    words: dict[str, str]
    ibs: int = 512
    obs: int = 512
    started: float = field(default_factory=time.monotonic)
    read: list[int] = field(default_factory=lambda: [0, 0])
    written: list[int] = field(default_factory=lambda: [0, 0])
    bytes: int = 0

    def names(self, word: str) -> set[str]:
        """The words of ``conv=`` and its like."""
        return {name for name in self.words.get(word, "").split(",") if name}

    def number(self, word: str) -> int | None:
        """A number of blocks, or of bytes."""
        return size_of(self.words[word]) if word in self.words else None

    def count(self, size: int, records: list[int], block: int) -> None:
        """So many bytes, as whole records and one that is not."""
        records[0] += size // block
        records[1] += bool(size % block)

    async def told(self) -> None:
        """The lines at the end."""
        status = self.words.get("status")
        if status == "none":
            return
        text = "".join(
            f"{whole}+{part} records {way}\n"
            for (whole, part), way in ((self.read, "in"), (self.written, "out"))
        )
        if status != "noxfer":
            seconds = max(time.monotonic() - self.started, 1e-6)
            text += copied(self.bytes, seconds)
        await self.call.err(text)


def _operands(call: Call) -> Copying:
    words: dict[str, str] = {}
    for word in call.argv:
        name, equals, value = word.partition("=")
        if not equals or name not in OPERANDS:
            if word.startswith("--"):
                raise usage("dd", f"unrecognized option '{word}'")
            raise usage("dd", f"unrecognized operand ‘{word}’")
        several = name in ("conv", "iflag", "oflag") and name in words
        words[name] = f"{words[name]},{value}" if several else value
    asked = Copying(call, words)
    for name in ("bs", "ibs", "obs", "count", "skip", "seek"):
        try:
            size = asked.number(name)
        except ValueError:
            raise Complaint(f"dd: invalid number: ‘{words[name]}’\n") from None
        if size == 0 and name.endswith("bs"):
            raise Complaint(f"dd: invalid number: ‘{words[name]}’\n")
    for name, known in (("conv", CONVERSIONS), ("iflag", FLAGS), ("oflag", FLAGS)):
        for word in sorted(asked.names(name) - known):
            kind = {"conv": "conversion", "iflag": "input flag", "oflag": "output flag"}[name]
            raise usage("dd", f"invalid {kind}: ‘{word}’")
    if {"lcase", "ucase"} <= asked.names("conv"):
        raise Complaint("dd: cannot combine lcase and ucase\n")
    if {"excl", "nocreat"} <= asked.names("conv"):
        raise Complaint("dd: cannot combine excl and nocreat\n")
    if words.get("status", "none") not in ("none", "noxfer", "progress"):
        raise usage("dd", f"invalid status level: ‘{words['status']}’")
    both = asked.number("bs")
    asked.ibs = both or asked.number("ibs") or 512
    asked.obs = both or asked.number("obs") or 512
    return asked


@program("dd", machines="all")
async def dd(call: Call) -> int:
    """Copy by the block: ``if of bs count skip seek conv iflag oflag status``."""
    asked = _operands(call)
    source, target = asked.words.get("if"), asked.words.get("of")
    wanted = _wanted(asked)
    data, endless = await _opened(asked, source)
    _prepared(asked, target)
    try:
        if endless:
            await _endless(asked, call.path(source or ""), target, wanted)
        else:
            await _finite(asked, data, source is None, target, wanted)
    except OSError as error:
        where = f"'{target}'" if target else "'standard output'"
        await call.err(f"dd: error writing {where}: {error.strerror}\n")
        await asked.told()
        return 1
    await asked.told()
    return 0


def _wanted(asked: Copying) -> int | None:
    """How many bytes to read at most."""
    count = asked.number("count")
    if count is None:
        return None
    by_bytes = "count_bytes" in asked.names("iflag") or asked.words["count"].endswith("B")
    return count if by_bytes else count * asked.ibs


async def _opened(asked: Copying, source: str | None) -> tuple[bytes, bool]:
    """What is read: all of a file without what is skipped; or that it has no end."""
    call = asked.call
    skip = asked.number("skip") or 0
    skip *= 1 if "skip_bytes" in asked.names("iflag") else asked.ibs
    if source is None or source == "/dev/stdin":
        data = await call.stdin()
        return data[skip:], False
    path = call.path(source)
    if path in ENDLESS:
        return b"", True
    try:
        data = call.fs.read_file(path)
    except IsADirectoryError as error:
        await call.err(f"dd: error reading '{source}': {error.strerror}\n")
        await asked.told()
        raise Complaint("") from None
    except OSError as error:
        raise Complaint(f"dd: failed to open '{source}': {error.strerror}\n") from None
    if skip > len(data) and asked.words.get("status") != "none":
        await call.err(f"dd: {source}: cannot skip to specified offset\n")
    return data[skip:], False


def _seek(asked: Copying) -> int:
    seek = asked.number("seek") or 0
    return seek if "seek_bytes" in asked.names("oflag") else seek * asked.obs


def _is_file(call: Call, target: str | None) -> bool:
    if not target:
        return False
    path = call.path(target)
    try:
        return call.fs.look(path).source is None
    except OSError:
        return not path.startswith("/dev/")


def _prepared(asked: Copying, target: str | None) -> None:
    """Open what is written: made, and cut off where it goes on from."""
    call, conv = asked.call, asked.names("conv")
    if not _is_file(call, target) or target is None:
        return
    path = call.path(target)
    there = call.fs.exists(path)
    try:
        if there and "excl" in conv:
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
        if not there and "nocreat" in conv:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        if not there:
            call.fs.write_file(path, b"")
        elif call.fs.is_directory(path):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        elif not call.fs.allows(path, 2):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        if "notrunc" not in conv and "append" not in asked.names("oflag"):
            call.fs.set_size(path, _seek(asked))
    except OSError as error:
        raise Complaint(f"dd: failed to open '{target}': {error.strerror}\n") from None


async def _endless(asked: Copying, path: str, target: str | None, wanted: int | None) -> None:
    """From a device: zeros into a file are only counted."""
    call, zeros = asked.call, ENDLESS[path] is bytes
    if zeros and target and _is_file(call, target) and not asked.names("conv"):
        await _zeros(asked, call.path(target), wanted)
        return
    if zeros and target and wanted is not None and call.path(target) == "/dev/null":
        asked.count(wanted, asked.read, asked.ibs)
        asked.count(wanted, asked.written, asked.obs)
        asked.bytes = wanted
        return
    to_pipe = target in (None, "/dev/stdout")
    while (wanted is None or wanted > 0) and not (
        to_pipe and wanted is None and asked.bytes >= MOST_ENDLESS
    ):
        step = min(wanted if wanted is not None else AT_ONCE, max(asked.ibs, 1 << 16))
        data = ENDLESS[path](step)
        asked.count(step, asked.read, asked.ibs)
        await _write(asked, target, data)
        wanted = None if wanted is None else wanted - step
        await asyncio.sleep(0)  # Ctrl-C comes through here


async def _zeros(asked: Copying, path: str, wanted: int | None) -> None:
    call = asked.call
    begin = _seek(asked)
    if "append" in asked.names("oflag"):
        begin = call.fs.look(path).size
    room = call.fs.room(path)
    room = MOST_WITHOUT_DISK if room is None else room
    size = room if wanted is None else min(wanted, room)
    call.fs.set_size(path, begin + size, sparse=False)
    asked.count(size, asked.written, asked.obs)
    asked.bytes = size
    if wanted is None or size < wanted:
        asked.read = [size // asked.ibs + 1, 0]
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    asked.count(size, asked.read, asked.ibs)


async def _finite(
    asked: Copying, data: bytes, piped: bool, target: str | None, wanted: int | None
) -> None:
    data = data if wanted is None else data[:wanted]
    asked.count(len(data), asked.read, asked.ibs)
    conv = asked.names("conv")
    data = data.upper() if "ucase" in conv else data.lower() if "lcase" in conv else data
    if "swab" in conv:
        even = len(data) // 2 * 2
        pairs = bytearray(data)
        pairs[0:even:2], pairs[1:even:2] = data[1:even:2], data[0:even:2]
        data = bytes(pairs)
    if "sync" in conv and len(data) % asked.ibs:
        data += bytes(asked.ibs - len(data) % asked.ibs)
    await _write(asked, target, data)


async def _write(asked: Copying, target: str | None, data: bytes) -> None:
    call = asked.call
    if target is None or target == "/dev/stdout":
        await call.out(data)
    elif data:
        path = call.path(target)
        if not _is_file(call, target) or "append" in asked.names("oflag"):
            call.fs.append_file(path, data)
        else:
            begin = _seek(asked) + asked.bytes
            old = call.fs.read_file(path)
            old += bytes(max(0, begin - len(old)))
            call.fs.write_file(path, old[:begin] + data + old[begin + len(data) :])
    asked.count(len(data), asked.written, asked.obs)
    asked.bytes += len(data)


@program("truncate", machines="all")
async def truncate(call: Call) -> int:
    """Cut files off or let them go on: ``-s SIZE`` (``+ - < > / %`` before it), ``-r``, ``-c``."""
    options = parse(call, "cor:s:", "no-create io-blocks reference= size=")
    given, reference = options.value("s", "size"), options.value("r", "reference")
    if given is None and reference is None:
        raise usage("truncate", "you must specify either ‘--size’ or ‘--reference’")
    blocks = options.has("o", "io-blocks")
    if blocks and given is None:
        raise usage("truncate", "‘--io-blocks’ was specified but ‘--size’ was not")
    if not options.words:
        raise missing_operand("truncate", what="file operand")
    base, sign, size = _base(call, reference), "", 0
    if given is not None:
        found = re.fullmatch(r"\s*([-+<>/%]?)(.+)", given)
        try:
            sign, size = (found[1], size_of(found[2])) if found else ("", size_of(given))
        except ValueError:
            raise Complaint(f"truncate: Invalid number: ‘{given}’\n") from None
        size *= IO_BLOCK if blocks else 1
    if given is not None and base is not None and not sign:
        raise usage("truncate", "you must specify a relative ‘--size’ with ‘--reference’")
    status = 0
    for name in options.words:
        path = call.path(name)
        there = call.fs.exists(path)
        if not there and options.has("c", "no-create"):
            continue
        try:
            now = base if base is not None else call.fs.look(path).size if there else 0
            call.fs.set_size(path, _changed(now, sign, size) if given is not None else now)
        except OSError as error:
            await call.err(f"truncate: cannot open '{name}' for writing: {error.strerror}\n")
            status = 1
    return status


def _base(call: Call, reference: str | None) -> int | None:
    if reference is None:
        return None
    try:
        return call.fs.look(call.path(reference)).size
    except OSError as error:
        raise Complaint(f"truncate: cannot stat '{reference}': {error.strerror}\n") from None


def _changed(now: int, sign: str, size: int) -> int:
    if sign in "/%" and sign and not size:
        raise Complaint("truncate: division by zero\n")
    return {
        "": lambda: size,
        "+": lambda: now + size,
        "-": lambda: max(0, now - size),
        "<": lambda: min(now, size),
        ">": lambda: max(now, size),
        "/": lambda: now // size * size,
        "%": lambda: -(-now // size) * size,
    }[sign]()


@program("fallocate", machines="all")
async def fallocate(call: Call) -> int:
    """Give a file room on the disk: ``-l SIZE``, from ``-o OFFSET`` on."""
    options = parse(call, "l:o:nxvdpcizw", "length= offset= keep-size posix verbose")
    for flag in ("d", "p", "c", "i", "z", "w"):
        if options.has(flag):
            raise Complaint(f"fallocate: -{flag}: files of the pocket lab have no blocks\n")
    length = options.value("l", "length")
    if length is None:
        raise Complaint("fallocate: no length argument specified\n")
    if len(options.words) != 1:
        what = "no filename specified" if not options.words else "unexpected number of arguments"
        raise Complaint(f"fallocate: {what}\n")
    try:
        size = size_of(length)
        begin = size_of(options.value("o", "offset") or "0")
    except ValueError:
        raise Complaint("fallocate: invalid length value specified\n") from None
    if not size:
        raise Complaint("fallocate: invalid length value specified\n")
    name = options.words[0]
    try:
        if not call.fs.exists(call.path(name)):
            call.fs.write_file(call.path(name), b"")
        elif call.fs.is_directory(call.path(name)):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        elif not call.fs.allows(call.path(name), 2):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise Complaint(f"fallocate: cannot open {name}: {error.strerror}\n") from None
    try:
        now = call.fs.look(call.path(name)).size
        if not options.has("n", "keep-size") and begin + size > now:
            call.fs.set_size(call.path(name), begin + size, sparse=False)
    except OSError as error:
        raise Complaint(f"fallocate: fallocate failed: {error.strerror}\n") from None
    if options.has("v", "verbose"):
        await call.out(f"{name}: {_told(size)} ({size} bytes) allocated.\n")
    return 0


def _told(size: int) -> str:
    """``1.5 KiB``, as the tools of util-linux say it."""
    power = min(max(size.bit_length() - 1, 0) // 10, 5)
    tenths = (size * 20 + (1 << 10 * power) >> 10 * power) // 2
    unit = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")[power]
    return f"{tenths // 10}{f'.{tenths % 10}' if tenths % 10 else ''} {unit}"
