"""``tar`` in containers, which ``kubectl cp`` runs: any names, modes and links.

BusyBox's tar, with its letters and its sentences. That of the machines is GNU's
(`programs/archive.py`): what both could share is Python's `tarfile`, which both use.
"""

from __future__ import annotations

import getopt
import io
import posixpath
import stat
import tarfile
from dataclasses import dataclass

from bashkit import CommandContext, FileSystem

_ACTIONS = {"-c": "c", "--create": "c", "-x": "x", "--extract": "x", "-t": "t", "--list": "t"}
_LETTERS = "xctzvmopkhf:C:"
_WORDS = ["create", "extract", "list", "gzip", "verbose", "file=", "directory="]


class _TarError(Exception):
    """tar gives up; the message is its own."""


@dataclass(frozen=True)
class _Request:
    action: str
    file: str
    cwd: str
    into: str
    names: list[str]
    zipped: bool
    verbose: bool

    @property
    def folder(self) -> str:
        """Where the names begin."""
        return self.at(self.into)

    def at(self, name: str) -> str:
        """A name's path."""
        return posixpath.normpath(posixpath.join(self.cwd, name))


async def tar(context: CommandContext) -> int:
    """Create, extract or list an archive; returns the exit status."""
    return await _tar(context)


async def _tar(context: CommandContext) -> int:
    try:
        request = _parse(context.argv, context.cwd)
        work = _create if request.action == "c" else _read
        said = await work(context, request)
    except _TarError as error:
        said = [str(error)]
    for text in said:
        await context.stderr.write(f"tar: {text}\n".encode())
    return 1 if said else 0


def _parse(argv: list[str], cwd: str) -> _Request:
    words = list(argv)
    if words and not words[0].startswith("-"):
        words[0] = f"-{words[0]}"
    try:
        options, names = getopt.gnu_getopt(words, _LETTERS, _WORDS)
    except getopt.GetoptError as error:
        raise _TarError(_refusal(error)) from None
    given = dict(options)
    actions = {_ACTIONS[name] for name in given if name in _ACTIONS}
    if len(actions) != 1:
        raise _TarError("must specify one of -c, -x, -t")
    file = given.get("-f") or given.get("--file") or "-"
    return _Request(
        action=actions.pop(),
        file=file,
        cwd=cwd,
        into=given.get("-C") or given.get("--directory") or ".",
        names=names,
        zipped=bool({"-z", "--gzip"} & given.keys()),
        verbose=bool({"-v", "--verbose"} & given.keys()),
    )


def _refusal(error: getopt.GetoptError) -> str:
    """In the words of BusyBox's own getopt."""
    missing = "requires argument" in error.msg
    if len(error.opt) > 1:
        dashed = f"'--{error.opt}'"
        return (
            f"option {dashed} requires an argument" if missing else f"unrecognized option {dashed}"
        )
    return f"{'option requires an argument' if missing else 'invalid option'} -- '{error.opt}'"


# Reading -------------------------------------------------------------------------------------


async def _read(context: CommandContext, request: _Request) -> list[str]:
    """Extract or list; returns what went wrong."""
    if not context.fs.exists(request.folder):
        raise _TarError(f"can't change directory to '{request.into}': No such file or directory")
    said, shown = [], ""
    missing = set(request.names)
    try:
        with tarfile.open(fileobj=io.BytesIO(await _archive(context, request))) as archive:
            for member in archive:
                wanted = {name for name in request.names if _within(member.name, name)}
                if request.names and not wanted:
                    continue
                missing -= wanted
                if request.action == "t" or request.verbose:
                    shown += member.name + ("/\n" if member.isdir() else "\n")
                if request.action == "x":
                    said += _extract(context.fs, archive, member, request.folder)
    except (tarfile.TarError, EOFError, OSError):
        said.append("short read: this does not look like a tar archive")
    if shown:
        await context.stdout.write(shown.encode())
    return said + [f"{name}: not found in archive" for name in sorted(missing)]


async def _archive(context: CommandContext, request: _Request) -> bytes:
    if request.file != "-":
        try:
            return context.fs.read_file(request.at(request.file))
        except RuntimeError:
            raise _TarError(f"can't open '{request.file}': No such file or directory") from None
    chunks = []
    while (chunk := await context.stdin.read_chunk()) is not None:
        chunks.append(chunk)
    return b"".join(chunks)


def _extract(
    fs: FileSystem, archive: tarfile.TarFile, member: tarfile.TarInfo, folder: str
) -> list[str]:
    """Put a member where it belongs; returns why that is not possible."""
    if ".." in member.name.split("/"):
        return [f"{member.name}: name with '..' is skipped"]
    target = posixpath.join(folder, member.name.strip("/"))
    try:
        fs.mkdir(target if member.isdir() else posixpath.dirname(target), recursive=True)
        if member.issym():
            if fs.exists(target):
                fs.remove(target)
            fs.symlink(member.linkname, target)
        elif (content := archive.extractfile(member)) is not None:
            fs.write_file(target, content.read())
            fs.chmod(target, member.mode & 0o7777)
    except RuntimeError as error:
        return [f"{member.name}: {error}"]
    return []


def _within(member: str, name: str) -> bool:
    name = name.strip("/")
    return member == name or member.startswith(f"{name}/")


# Creating ------------------------------------------------------------------------------------


async def _create(context: CommandContext, request: _Request) -> list[str]:
    """Pack the names; returns what went wrong."""
    if not request.names:
        raise _TarError("empty archive")
    said, buffer = [], io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz" if request.zipped else "w") as archive:
        for name in request.names:
            path = posixpath.normpath(posixpath.join(request.folder, name))
            if context.fs.exists(path):
                _pack(context.fs, archive, path, name.strip("/") or ".")
            else:
                said.append(f"{name}: No such file or directory")
        members = archive.getnames()
    if said:
        said.append("error exit delayed from previous errors")
    if request.verbose:
        # The archive itself may be what goes to standard output.
        told = context.stderr if request.file == "-" else context.stdout
        await told.write("".join(f"{name}\n" for name in members).encode())
    if not members:
        return said  # kubectl cp would take an empty archive for a success
    if request.file == "-":
        await context.stdout.write(buffer.getvalue())
    else:
        context.fs.write_file(request.at(request.file), buffer.getvalue())
    return said


def _pack(fs: FileSystem, archive: tarfile.TarFile, path: str, name: str) -> None:
    info = fs.stat(path)
    member = tarfile.TarInfo(name)
    member.mode, member.mtime = stat.S_IMODE(int(info["mode"])), int(info["modified"])
    member.uname = member.gname = "root"
    if info["file_type"] != "directory":
        content = fs.read_file(path)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
        return
    member.type = tarfile.DIRTYPE
    archive.addfile(member)
    for entry in sorted(fs.read_dir(path), key=lambda entry: str(entry["name"])):
        inner = posixpath.join(path, entry["name"])
        link = fs.read_link(inner) if entry["metadata"]["file_type"] == "symlink" else ""
        if link:
            _pack_link(archive, f"{name}/{entry['name']}", link)
        else:
            _pack(fs, archive, inner, f"{name}/{entry['name']}")


def _pack_link(archive: tarfile.TarFile, name: str, target: str) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    archive.addfile(member)
