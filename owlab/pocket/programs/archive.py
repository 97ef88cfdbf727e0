"""`tar` on a machine's files: create, extract and list, plain or gzipped.

bashkit has a tar of its own, which forgets modes: `wsk` out of its archive must be executable.
"""

from __future__ import annotations

import fnmatch
import getopt
import io
import posixpath
import tarfile
import time
from dataclasses import dataclass, replace

from owlab.pocket.machines.files import Files
from owlab.pocket.programs.base import Call, program

SHORT = "xctrzvf:C:kpjJhPOaX:"
LONG = ["extract", "create", "list", "gzip", "gunzip", "verbose", "file=", "directory=", "get"]
LONG += ["strip-components=", "exclude=", "no-same-owner", "to-stdout", "overwrite", "bzip2", "xz"]
LONG += ["append", "auto-compress", "exclude-from=", "keep-old-files"]
LONG += ["absolute-names", "dereference", "preserve-permissions", "same-permissions"]
ENDINGS = {".tar.gz": "gz", ".tgz": "gz", ".tar.bz2": "bz2", ".tbz2": "bz2", ".tar.xz": "xz"}
COMPRESSIONS = {"-z": "gz", "--gzip": "gz", "--gunzip": "gz"}
COMPRESSIONS |= {"-j": "bz2", "--bzip2": "bz2", "-J": "xz", "--xz": "xz"}
WIDTH = 19
"""Of owner, group and size."""
TRY = "Try 'tar --help' or 'tar --usage' for more information.\n"


class TarError(Exception):
    """tar gives up; the message is its own."""


@dataclass(frozen=True, slots=True)
class TarRequest:
    """A parsed command line of tar."""

    action: str  # x, c or t
    file: str
    directory: str
    names: tuple[str, ...]
    compression: str
    verbose: int
    """How often it was said: twice is as `ls -l` while an archive is made."""
    strip: int
    to_stdout: bool
    without: tuple[str, ...]
    """Patterns of names that are left out."""
    whole: bool
    """Names keep their leading slash."""
    keeps: bool
    """Nothing that is there already is written over."""
    lists: tuple[str, ...]
    """Files with such patterns."""
    follows: bool
    """What links lead to is packed, not the links."""
    exact: bool
    """Modes become what they were, whatever the umask says; always so for root."""
    disowns: bool
    """What is extracted belongs to whoever extracts it, and be it root."""
    over: bool
    """Files are written over where they are."""

    def leaves_out(self, name: str) -> bool:
        """A pattern fits the name, or its end behind a slash, or what it is in."""
        parts = name.rstrip("/").split("/")
        ends = ["/".join(parts[at:upto]) for upto in range(1, len(parts) + 1) for at in range(upto)]
        return any(fnmatch.fnmatchcase(end, one) for one in self.without for end in ends)


def parse(argv: list[str]) -> TarRequest:
    """Read tar's words, also in the old style without a dash. Raises :class:`TarError`."""
    words = list(argv)
    if words and not words[0].startswith("-"):
        words = _old_style(words)
    try:
        options, names = getopt.gnu_getopt(words, SHORT, LONG)
    except getopt.GetoptError as error:
        raise TarError(f"tar: {error.msg}\n{TRY}") from None
    given = dict(options)
    actions = {"-x": "x", "--extract": "x", "--get": "x", "-c": "c", "--create": "c"}
    actions |= {"-t": "t", "--list": "t", "-r": "r", "--append": "r"}
    chosen = {actions[name] for name, _ in options if name in actions}
    if len(chosen) != 1:
        what = (
            "You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option"
            if chosen
            else "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options"
        )
        raise TarError(f"tar: {what}\n{TRY}")
    strip = given.get("--strip-components", "0")
    if not strip.isdigit():
        raise TarError(f"tar: {strip}: Invalid number of elements\n{TRY}")
    compression = ""
    for name, form in COMPRESSIONS.items():
        compression = form if name in given else compression
    file = given.get("-f") or given.get("--file") or "-"
    if {"-a", "--auto-compress"} & set(given):
        compression = next((ENDINGS[end] for end in ENDINGS if file.endswith(end)), compression)
    return TarRequest(
        chosen.pop(),
        file,
        given.get("-C") or given.get("--directory") or ".",
        tuple(names),
        compression,
        len([name for name, _ in options if name in ("-v", "--verbose")]),
        int(strip),
        bool({"-O", "--to-stdout"} & set(given)),
        tuple(value.rstrip("/") for name, value in options if name == "--exclude"),
        bool({"-P", "--absolute-names"} & set(given)),
        bool({"-k", "--keep-old-files"} & set(given)),
        tuple(value for name, value in options if name in ("-X", "--exclude-from")),
        follows=bool({"-h", "--dereference"} & set(given)),
        exact=bool({"-p", "--preserve-permissions", "--same-permissions"} & set(given)),
        disowns="--no-same-owner" in given,
        over="--overwrite" in given,
    )


def _old_style(words: list[str]) -> list[str]:
    """``tar xzf FILE`` as ``tar -x -z -f FILE``: letters first, their values after."""
    letters, rest = words[0], words[1:]
    found = []
    for letter in letters:
        found.append(f"-{letter}")
        if letter in "fC":
            if not rest:
                raise TarError(f"tar: Old option '{letter}' requires an argument.\n{TRY}")
            found.append(rest.pop(0))
    return [*found, *rest]


@program("tar", machines="all")
async def tar(call: Call) -> int:
    """``-c`` makes, ``-x`` unpacks, ``-t`` lists an archive: ``tar czf FILE.tar.gz NAME...``."""
    try:
        request = _with_lists(call, parse(call.argv))
        if request.action in ("c", "r"):
            return await _create(call, request)
        return await _read(call, request)
    except TarError as error:
        await call.err(str(error))
        return 2


def _with_lists(call: Call, request: TarRequest) -> TarRequest:
    """With the patterns that stand in files."""
    patterns = list(request.without)
    for name in request.lists:
        content = call.read(call.path(name))
        if content is None:
            raise TarError(f"tar: {name}: Cannot open: No such file or directory\n{TRY}")
        patterns += [
            line.rstrip("/") for line in content.decode(errors="replace").split("\n") if line
        ]
    return replace(request, without=tuple(patterns))


async def _read(call: Call, request: TarRequest) -> int:
    if request.file == "-":
        packed = await call.stdin()
    else:
        try:
            packed = call.fs.read_file(call.path(request.file))
        except OSError:
            raise TarError(
                f"tar: {request.file}: Cannot open: No such file or directory\n"
                "tar: Error is not recoverable: exiting now\n"
            ) from None
    folder = call.path(request.directory)
    if not call.fs.exists(folder):
        raise TarError(
            f"tar: {request.directory}: Cannot open: No such file or directory\n"
            "tar: Error is not recoverable: exiting now\n"
        )
    missing, status = set(request.names), 0
    try:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            for member in archive:
                wanted = [n for n in request.names if _within(member.name, n)]
                if (request.names and not wanted) or request.leaves_out(member.name):
                    continue
                missing.difference_update(wanted)
                status = await _take(call, request, archive, member, folder) or status
    except PermissionError as error:
        where = str(error.filename or folder)
        where = where if request.whole else posixpath.relpath(where, folder)
        raise TarError(
            f"tar: {where}: Cannot open: Permission denied\n"
            "tar: Exiting with failure status due to previous errors\n"
        ) from None
    except (tarfile.TarError, EOFError, OSError):
        raise TarError(
            "tar: This does not look like a tar archive\n"
            "tar: Exiting with failure status due to previous errors\n"
        ) from None
    for name in sorted(missing):
        await call.err(f"tar: {name}: Not found in archive\n")
    if missing or status:
        await call.err("tar: Exiting with failure status due to previous errors\n")
    return 2 if missing or status else 0


async def _take(
    call: Call, request: TarRequest, archive: tarfile.TarFile, member: tarfile.TarInfo, folder: str
) -> int:
    """List one member, or extract it."""
    shown = member.name + ("/" if member.isdir() else "")
    if request.action == "t":
        await call.out((_long(member, shown) if request.verbose else shown) + "\n")
        return 0
    name = "/".join(member.name.split("/")[request.strip :])
    if not name:
        return 0
    if request.verbose:
        await (call.err if request.to_stdout else call.out)(f"{shown}\n")
    # Names that lead out of the directory are refused, as GNU tar does.
    if ".." in name.split("/"):
        await call.err(f"tar: {name}: Member name contains '..'\n")
        return 2
    target = posixpath.join(folder, name if request.whole else name.lstrip("/"))
    if request.keeps and not request.to_stdout and not member.isdir() and call.fs.exists(target):
        await call.err(f"tar: {name}: Cannot open: File exists\n")
        return 2
    if member.isdir():
        if not call.fs.is_directory(target):
            call.fs.mkdir(target, recursive=True)
            _restore(call, request, member, target)
    elif member.issym():
        call.fs.mkdir(posixpath.dirname(target), recursive=True)
        if not call.fs.exists(target):
            call.fs.symlink(member.linkname, target)
    elif (source := archive.extractfile(member)) is not None:
        content = source.read()
        if request.to_stdout:
            await call.out(content)
            return 0
        call.fs.mkdir(posixpath.dirname(target), recursive=True)
        if call.fs.exists(target) and not request.over:
            call.fs.remove(target)
        call.fs.write_file(target, content)
        _restore(call, request, member, target)
    return 0


def _restore(call: Call, request: TarRequest, member: tarfile.TarInfo, path: str) -> None:
    """Mode, owner where root extracts, and time."""
    exact = request.exact or call.root
    call.fs.chmod(path, member.mode & (0o7777 if exact else 0o777 & ~call.fs.umask))
    if call.root and not request.disowns:
        accounts = call.machine.accounts
        user, group = accounts.user(member.uname), accounts.group(member.gname)
        uid = user.uid if user is not None else member.uid
        call.fs.chown(path, uid, group.gid if group is not None else member.gid)
    call.fs.touch(path, float(member.mtime))


async def _create(call: Call, request: TarRequest) -> int:
    if not request.names:
        raise TarError(f"tar: Cowardly refusing to create an empty archive\n{TRY}")
    buffer, status, leading = _before(call, request), 0, False
    with _writer(buffer, request) as archive:
        for name in request.names:
            path = posixpath.normpath(posixpath.join(call.path(request.directory), name))
            if request.leaves_out(name):
                continue
            if not call.fs.exists(path):
                await call.err(f"tar: {name}: Cannot stat: No such file or directory\n")
                status = 2
                continue
            if name.startswith("/") and not leading and not request.whole:
                leading = True
                await call.err("tar: Removing leading `/' from member names\n")
            kept = name if request.whole else name.lstrip("/") or "."
            await _pack(call, request, archive, path, kept)
    if request.file == "-":
        await call.out(buffer.getvalue())
    else:
        try:
            call.fs.write_file(call.path(request.file), buffer.getvalue())
        except OSError as error:
            raise TarError(
                f"tar: {request.file}: Cannot open: {error.strerror}\n"
                "tar: Error is not recoverable: exiting now\n"
            ) from None
    if status:
        await call.err("tar: Exiting with failure status due to previous errors\n")
    return status


def _before(call: Call, request: TarRequest) -> io.BytesIO:
    """What the archive has already."""
    if request.action == "c":
        return io.BytesIO()
    content = call.read(call.path(request.file)) or b""
    if request.compression or content[:2] in (b"\x1f\x8b", b"BZ", b"\xfd7"):
        raise TarError(
            "tar: Cannot update compressed archives\ntar: Error is not recoverable: exiting now\n"
        )
    buffer = io.BytesIO()
    buffer.write(content)
    buffer.seek(0)
    return buffer


def _writer(buffer: io.BytesIO, request: TarRequest) -> tarfile.TarFile:
    if request.action == "r":
        return tarfile.open(fileobj=buffer, mode="a" if buffer.getvalue() else "w")
    match request.compression:
        case "gz":
            return tarfile.open(fileobj=buffer, mode="w:gz")
        case "bz2":
            return tarfile.open(fileobj=buffer, mode="w:bz2")
        case "xz":
            return tarfile.open(fileobj=buffer, mode="w:xz")
    return tarfile.open(fileobj=buffer, mode="w")


async def _pack(
    call: Call, request: TarRequest, archive: tarfile.TarFile, path: str, name: str
) -> None:
    if request.leaves_out(name):
        return
    info = call.fs.stat(_leads(call.fs, path) if request.follows else path)
    member = tarfile.TarInfo(name.rstrip("/"))
    member.mode, member.mtime = int(info["mode"]), int(info["modified"])
    member.uid, member.gid = int(info["uid"]), int(info["gid"])
    member.uname = call.machine.accounts.user_name(member.uid)
    member.gname = call.machine.accounts.group_name(member.gid)
    if request.verbose:
        member.type = tarfile.DIRTYPE if info["file_type"] == "directory" else member.type
        member.size = int(info["size"]) if info["file_type"] == "file" else 0
        shown = name + ("/" if info["file_type"] == "directory" and not name.endswith("/") else "")
        line = _long(member, shown) if request.verbose > 1 else shown
        await (call.err if request.file == "-" else call.out)(f"{line}\n")
    if info["file_type"] == "symlink":
        member.type, member.linkname = tarfile.SYMTYPE, call.fs.read_link(path)
        archive.addfile(member)
        return
    if info["file_type"] != "directory":
        content = call.fs.read_file(path)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
        return
    member.type = tarfile.DIRTYPE
    archive.addfile(member)
    for entry in sorted(call.fs.read_dir(path), key=lambda entry: str(entry["name"])):
        inner = str(entry["name"])
        await _pack(call, request, archive, posixpath.join(path, inner), f"{name}/{inner}")


def _leads(fs: Files, path: str) -> str:
    """Where a link leads in the end; what leads nowhere is itself."""
    return fs.resolve(path) if fs.exists(path) else path


def _within(member: str, name: str) -> bool:
    name = name.rstrip("/")
    return member == name or member.startswith(name + "/")


def _long(member: tarfile.TarInfo, shown: str) -> str:
    kind = "d" if member.isdir() else "l" if member.issym() else "-"
    bits = "".join(
        letter if member.mode >> (8 - index) & 1 else "-"
        for index, letter in enumerate("rwxrwxrwx")
    )
    when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(member.mtime))
    owner = f"{member.uname or 'root'}/{member.gname or 'root'}"
    room = max(WIDTH - len(owner), len(str(member.size)) + 1)
    target = f" -> {member.linkname}" if member.issym() else ""
    return f"{kind}{bits} {owner}{member.size:>{room}} {when} {shown}{target}"
