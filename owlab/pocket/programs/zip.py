"""`zip`: archives in the real format, with Info-ZIP's words."""

from __future__ import annotations

import fnmatch
import io
import itertools
import posixpath
import stat
import time
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.machines.apt_packages import installed
from owlab.pocket.programs.base import Call, program

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

FLAGS = set("rqyjmDXu0123456789@fdgS")
"""``X``, ``g`` and ``S`` change nothing: no more is kept, and Linux has no hidden system files."""
ABSENT = "FTklov"
NOTHING, READING, PARAMETERS = 12, 18, 16
KINDS = {"directory": stat.S_IFDIR, "symlink": stat.S_IFLNK}


def zip_installed(machine: Machine) -> bool:
    """The package is there; a laptop has it."""
    return machine.is_host or "zip" in installed(machine)


class ZipError(Exception):
    """zip gives up: its words and its exit status."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.text, self.status = text, status


@dataclass
class ZipRequest:
    """A parsed command line."""

    flags: set[str] = field(default_factory=set)
    archive: str = ""
    names: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    included: list[str] = field(default_factory=list)

    @property
    def level(self) -> int:
        """From 1, fast, to 9, small."""
        return max((int(flag) for flag in self.flags if flag.isdecimal()), default=0) or 6

    def takes(self, name: str) -> bool:
        """``-x`` and ``-i`` let this one in."""
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.excluded):
            return False
        return not self.included or any(fnmatch.fnmatchcase(name, p) for p in self.included)


LONG = {"recurse-paths": "r", "quiet": "q", "symlinks": "y", "junk-paths": "j", "verbose": "v"}
LONG |= {"move": "m", "update": "u", "freshen": "f", "delete": "d", "no-extra": "X", "test": "T"}


def parse(argv: list[str]) -> ZipRequest:
    """Read zip's words. Raises :class:`ZipError`."""
    request, words, into = ZipRequest(), list(argv), None
    while words:
        word = words.pop(0)
        if word == "-" or not word.startswith("-"):
            if into is not None:
                into.append(word)
            elif not request.archive:
                request.archive = word
            else:
                request.names.append(word)
            continue
        into = None
        if word.startswith("--"):
            name = word[2:]
            if name in ("exclude", "include"):
                into = request.excluded if name == "exclude" else request.included
            elif LONG.get(name, "") in (*ABSENT,):
                raise ZipError(
                    f"\nzip error: --{name} is not part of the pocket lab's zip\n", PARAMETERS
                )
            elif name in LONG:
                request.flags.add(LONG[name])
            else:
                raise _invalid(f"long option '{name}' not supported")
            continue
        for index, letter in enumerate(word[1:], 1):
            if letter in "xi":
                into = request.excluded if letter == "x" else request.included
                if word[index + 1 :]:
                    into.append(word[index + 1 :])
                break
            if letter in "eP":
                raise ZipError("\nzip error: the pocket lab's zip does not encrypt\n", PARAMETERS)
            if letter in ABSENT:
                raise ZipError(
                    f"\nzip error: -{letter} is not part of the pocket lab's zip\n", PARAMETERS
                )
            if letter not in FLAGS:
                raise _invalid(f"short option '{letter}' not supported")
            request.flags.add(letter)
    return request


def _invalid(what: str) -> ZipError:
    return ZipError(f"\nzip error: Invalid command arguments ({what})\n", PARAMETERS)


@dataclass
class Member:
    """A member of an archive."""

    info: zipfile.ZipInfo
    content: bytes
    path: str = ""


@program("zip", machines="all", installed=zip_installed)
async def zip_(call: Call) -> int:
    """Put files into an archive; ``-r`` ``-q`` ``-j`` ``-y`` ``-d`` ``-u`` ``-m`` ``-x`` ``-i``."""
    request = None
    try:
        request = parse(call.argv)
        if not request.archive:
            lists = bool(request.excluded or request.included)
            raise _invalid(
                "nothing to select from" if lists else "cannot write zip file to terminal"
            )
        return await _run(call, request)
    except ZipError as refused:
        hidden = request is not None and request.archive == "-"
        await (call.err if hidden else call.out)(refused.text)
        return refused.status


async def _run(call: Call, request: ZipRequest) -> int:
    name = request.archive
    if name != "-" and "." not in posixpath.basename(name):
        name += ".zip"
    old = _stored(call, name)
    entries = dict(old)
    if "@" in request.flags:
        request.names += (await call.stdin()).decode(errors="replace").splitlines()
    quiet = "q" in request.flags
    say = call.err if name == "-" else call.out
    if "d" in request.flags:
        gone = [n for n in entries if any(fnmatch.fnmatchcase(n, p) for p in request.names)]
        for one in request.names:
            if not any(fnmatch.fnmatchcase(n, one) for n in entries):
                await say(f"\tzip warning: name not matched: {one}\n")
        if not gone:
            raise ZipError(f"\nzip error: Nothing to do! ({name})\n", NOTHING)
        for one in gone:
            del entries[one]
            await say("" if quiet else f"deleting: {one}\n")
        _write(call, name, entries, request.level)
        return 0
    found: list[Member] = []
    for word in request.names:
        if word == "-":
            found.append(_member("-", await call.stdin(), 0o600, unix_time(), ""))
        elif not _collect(call, request, word, found) and not quiet:
            await say(f"\tzip warning: name not matched: {word}\n")
    found = [entry for entry in found if request.takes(entry.info.filename)]
    if {"u", "f"} & request.flags:
        found = [entry for entry in found if _newer(entry, old, "f" in request.flags)]
    if not found:
        if {"u", "f"} & request.flags and request.names:
            return NOTHING if "u" in request.flags else 0
        typed = " ".join(itertools.takewhile(lambda word: word.startswith("-"), call.argv))
        hint = f"try: zip {typed} {name} . -i {' '.join(request.names)}"
        deep = "r" in request.flags and request.names
        raise ZipError(f"\nzip error: Nothing to do! ({hint if deep else name})\n", NOTHING)
    for entry in found:
        member = entry.info.filename
        doing = "updating" if member in old else "  adding"
        entries[member] = entry
        told = _packed(entry, request)
        if not quiet:
            await say(f"{doing}: {member} ({told})\n")
    content = _write(call, name, entries, request.level)
    if name == "-":
        await call.out(content)
    if "m" in request.flags:
        for entry in reversed(found):
            call.fs.remove(entry.path)
    return 0


def _stored(call: Call, name: str) -> dict[str, Member]:
    content = call.read(call.path(name)) if name != "-" else None
    if not content:
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {info.filename: Member(info, archive.read(info)) for info in archive.infolist()}
    except zipfile.BadZipFile:
        raise ZipError(f"\nzip error: Zip file structure invalid ({name})\n", 3) from None


def _collect(call: Call, request: ZipRequest, word: str, found: list[Member]) -> bool:
    path = call.path(word)
    try:
        inode = call.fs.look(path, follow="y" not in request.flags)
        name = word.lstrip("/").removeprefix("./").rstrip("/")
        if "j" in request.flags:
            name = posixpath.basename(name)
        if inode.is_directory:
            if name not in ("", ".") and not {"j", "D"} & request.flags:
                found.append(
                    _member(name + "/", b"", inode.mode, inode.modified, path, "directory")
                )
            if "r" in request.flags:
                for entry in call.fs.read_dir(path):
                    inner = posixpath.join(word, str(entry["name"]))
                    if call.path(inner) != call.path(request.archive):
                        _collect(call, request, inner, found)
        elif inode.kind == "symlink":
            target = inode.target.encode()
            found.append(_member(name, target, inode.mode, inode.modified, path, "symlink"))
        else:
            content = call.fs.read_file(path)
            found.append(_member(name, content, inode.mode, inode.modified, path))
    except PermissionError:
        raise ZipError(
            f"\tzip warning: could not open for reading: {word}\n"
            f"zip error: File not found or no read permission ({word})\n",
            READING,
        ) from None
    except OSError:
        return False
    return True


def _member(
    name: str, content: bytes, mode: int, modified: float, path: str, kind: str = "file"
) -> Member:
    info = zipfile.ZipInfo(name, time.gmtime(max(modified, 315532800))[:6])
    info.create_system = 3
    info.external_attr = (mode | KINDS.get(kind, stat.S_IFREG)) << 16
    info.external_attr |= 0x10 if kind == "directory" else 0
    return Member(info, content, path)


def _newer(entry: Member, old: dict[str, Member], only_known: bool) -> bool:
    known = old.get(entry.info.filename)
    if known is None:
        return not only_known
    *day, second = entry.info.date_time
    return [*day, second // 2 * 2] > list(known.info.date_time)  # it is kept in steps of 2 s


def _packed(entry: Member, request: ZipRequest) -> str:
    """``deflated 53%``; what would not get smaller is stored, and said so."""
    size = len(entry.content)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", entry.content, compresslevel=request.level)
        small = archive.infolist()[0].compress_size
    if "0" in request.flags or not size or small >= size or entry.info.external_attr >> 28 == 0xA:
        entry.info.compress_type = zipfile.ZIP_STORED
        return "stored 0%"
    entry.info.compress_type = zipfile.ZIP_DEFLATED
    return f"deflated {round(100 * (size - small) / size)}%"


def _write(call: Call, name: str, entries: dict[str, Member], level: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for entry in entries.values():
            archive.writestr(entry.info, entry.content, entry.info.compress_type, level)
    content = buffer.getvalue()
    if name != "-":
        try:
            call.fs.write_file(call.path(name), content)
        except OSError as error:
            raise ZipError(
                f"zip I/O error: {error.strerror}\n"
                f"zip error: Could not create output file ({name})\n",
                15,
            ) from None
    return content
