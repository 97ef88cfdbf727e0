"""`ls`, `stat`, `chown`, `chgrp` and `ps` in a container: bashkit's own know no owners."""

from __future__ import annotations

import posixpath
import stat as modes
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from bashkit import CommandContext

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.ground.failures import PIPE_CLOSED
from owlab.pocket.kube.containers.process_namespace import SeenProcess
from owlab.pocket.machines.accounts import Accounts
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import Inode

_KINDS = {"directory": modes.S_IFDIR, "symlink": modes.S_IFLNK, "fifo": modes.S_IFIFO}
_WORDS = {"directory": "directory", "symlink": "symbolic link", "fifo": "fifo"}
_LISTED = set("laAdnhR1trSiFpgoC")
_HALF_A_YEAR = 182 * 24 * 3600

Command = Callable[[CommandContext], Awaitable[int]]


class OwnerCommandFailed(Exception):
    """What a command says before it ends with 1."""


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    path: str
    inode: Inode


class OwnerCommands:
    """The commands of one shell in a container.

    :param busybox: the image's programs are busybox', which write wider columns.
    """

    def __init__(self, files: Files, *, busybox: bool, processes: list[SeenProcess]) -> None:
        self._files, self._busybox = files, busybox
        self._processes = processes
        self._accounts = Accounts(files.tree)

    def commands(self) -> dict[str, Command]:
        """By name."""
        found = {"ls": self._ls, "stat": self._stat, "chown": self._chown, "chgrp": self._chown}
        if self._busybox:
            found["ps"] = self._ps
        return {name: _told(name, run) for name, run in found.items()}

    # ls --------------------------------------------------------------------------------------

    def _ls(self, context: CommandContext) -> Iterator[str]:
        options, names = _options(context, _LISTED)
        files: list[_Row] = []
        folders: list[_Row] = []
        missing: list[str] = []
        for name in names or ["."]:
            path = _path(context, name)
            try:
                inode = self._files.look(path, follow="l" not in options)
            except OSError as error:
                missing.append(f"ls: {self._cannot('access', name)}: {error.strerror}")
                continue
            row = _Row(name, path, inode)
            (folders if inode.is_directory and "d" not in options else files).append(row)
        yield self._lines(_ordered(files, options), options)
        for index, row in enumerate(folders):
            headed = len(names) > 1 or "R" in options
            try:
                yield from self._folder(row, options, headed, first=not files and not index)
            except OSError as error:
                missing.append(f"ls: {self._cannot('open', row.name)}: {error.strerror}")
        if missing:
            raise OwnerCommandFailed("\n".join(missing))

    def _cannot(self, doing: str, name: str) -> str:
        """How the two kinds of programs name what cannot be had."""
        if self._busybox:
            return name if doing == "access" else f"can't open '{name}'"
        return f"cannot {doing}{' directory' if doing == 'open' else ''} '{name}'"

    def _folder(self, row: _Row, options: set[str], headed: bool, first: bool) -> Iterator[str]:
        names = [str(entry["name"]) for entry in self._files.read_dir(row.path)]
        if not options & {"a", "A"}:
            names = [name for name in names if not name.startswith(".")]
        rows = []
        for name in names:
            path = posixpath.join(row.path, name)
            rows.append(_Row(name, path, self._files.look(path, follow=False)))
        rows = _ordered(rows, options)
        if "a" in options:
            above = posixpath.dirname(row.path)
            dots = [_Row(".", row.path, row.inode), _Row("..", above, self._files.look(above))]
            rows = [*dots, *rows]
        yield ("" if first else "\n") + (f"{row.name}:\n" if headed else "")
        if options & {"l", "n", "g", "o"}:
            yield f"total {sum(4 * -(-one.inode.size // 4096) for one in rows)}\n"
        yield self._lines(rows, options)
        for one in rows if "R" in options else ():
            if one.inode.is_directory and one.name not in (".", ".."):
                inner = _Row(posixpath.join(row.name, one.name), one.path, one.inode)
                yield from self._folder(inner, options, True, first=False)

    def _lines(self, rows: list[_Row], options: set[str]) -> str:
        cells = [self._cells(row, options) for row in rows]
        if not options & {"l", "n", "g", "o"}:
            return "".join(f"{name}\n" for *_, name in cells)
        widths = [max((len(cell[column]) for cell in cells), default=0) for column in range(5)]
        if self._busybox:
            widths = [max(*pair) for pair in zip(widths, (10, 4, 8, 8, 9), strict=True)]
        text = ""
        for mode, links, user, group, size, when, name in cells:
            text += f"{mode:<{widths[0]}} {links:>{widths[1]}} "
            text += "" if "g" in options else f"{user:<{widths[2]}} "
            text += "" if "o" in options else f"{group:<{widths[3]}} "
            text += f"{size:>{widths[4]}} {when} {name}\n"
        return text

    def _cells(self, row: _Row, options: set[str]) -> tuple[str, ...]:
        inode = row.inode
        name = row.name + ("/" if inode.is_directory and options & {"F", "p"} else "")
        if "l" in options and inode.kind == "symlink":
            name += f" -> {inode.target}"
        numbers = "n" in options
        return (
            _mode(inode),
            str(_links(inode)),
            str(inode.uid) if numbers else self._accounts.user_name(inode.uid),
            str(inode.gid) if numbers else self._accounts.group_name(inode.gid),
            _human(inode.size) if "h" in options else str(inode.size),
            _when(inode.modified),
            name,
        )

    # stat ------------------------------------------------------------------------------------

    def _stat(self, context: CommandContext) -> Iterator[str]:
        words = list(context.argv)
        form, follow, names = "", False, []
        while words:
            word = words.pop(0)
            if word in ("-c", "--format") and words:
                form = words.pop(0)
            elif word.startswith(("-c", "--format=")):
                form = word.removeprefix("--format=").removeprefix("-c")
            elif word in ("-L", "--dereference"):
                follow = True
            elif word.startswith("-"):
                raise OwnerCommandFailed(f"stat: unrecognized option: {word.lstrip('-')}")
            else:
                names.append(word)
        if not names:
            raise OwnerCommandFailed("stat: missing operand")
        for name in names:
            try:
                inode = self._files.look(_path(context, name), follow=follow)
            except OSError as error:
                said = "can't stat" if self._busybox else "cannot statx"
                raise OwnerCommandFailed(f"stat: {said} '{name}': {error.strerror}") from None
            yield self._formed(form, inode, name) + "\n" if form else self._whole(inode, name)

    def _formed(self, form: str, inode: Inode, name: str) -> str:
        found = {
            "a": f"{inode.mode:o}",
            "A": _mode(inode),
            "F": _WORDS.get(inode.kind, "regular file" if inode.size else "regular empty file"),
            "u": str(inode.uid),
            "U": self._accounts.user_name(inode.uid) if self._known(inode.uid) else "UNKNOWN",
            "g": str(inode.gid),
            "G": self._group(inode.gid),
            "h": str(_links(inode)),
            "i": str(inode.number),
            "n": name,
            "N": f"'{name}'",
            "s": str(inode.size),
            "b": str(8 * -(-inode.size // 4096)),
            "B": "512",
            "o": "4096",
            **{small: _stamp(inode.modified) for small in "xyz"},
            **{big: str(int(inode.modified)) for big in "XYZ"},
            "%": "%",
        }
        text, rest = "", form.replace("\\n", "\n")
        while rest:
            before, sign, rest = rest.partition("%")
            text += before
            if sign:
                text += found.get(rest[:1], "?")
                rest = rest[1:]
        return text

    def _known(self, uid: int) -> bool:
        return self._accounts.user(uid) is not None

    def _group(self, gid: int) -> str:
        return self._accounts.group_name(gid) if self._accounts.group(gid) else "UNKNOWN"

    def _whole(self, inode: Inode, name: str) -> str:
        def put(form: str) -> str:
            return self._formed(form, inode, name)

        return (
            f"  File: {name}\n  Size: {inode.size:<10}\t{put('Blocks: %b')}"
            f"{put('          IO Block: %o   %F')}\n"
            f"{put('Device: 52h/82d	Inode: %i        Links: %h')}\n"
            f"Access: ({inode.mode:04o}/{_mode(inode)})  Uid: ({inode.uid:>5}/{put('%U'):>8})   "
            f"Gid: ({inode.gid:>5}/{put('%G'):>8})\n"
            f"{put('Access: %x')}\n{put('Modify: %y')}\n{put('Change: %z')}\n"
        )

    # chown, ps -------------------------------------------------------------------------------

    def _chown(self, context: CommandContext) -> Iterator[str]:
        program = str(context.name).rpartition("/")[2]
        options, words = _options(context, set("Rhfvc"))
        if len(words) < 2:
            raise OwnerCommandFailed(f"{program}: missing operand")
        wanted = words[0] if program == "chown" else f":{words[0]}"
        try:
            uid, gid = self._accounts.numbers(wanted)
        except KeyError as error:
            sort, name = "group" if program == "chgrp" else "user", error.args[0].lstrip(":")
            said = f"unknown {sort} {name}" if self._busybox else f"invalid {sort}: '{name}'"
            raise OwnerCommandFailed(f"{program}: {said}") from None
        yield ""
        refused = []
        for name in words[1:]:
            for path, shown in self._below(_path(context, name), name, "R" in options):
                try:
                    self._files.chown(path, uid, gid)
                except OSError as error:
                    where = shown if self._busybox else f"changing ownership of '{shown}'"
                    refused.append(f"{program}: {where}: {error.strerror}")
        if refused:
            raise OwnerCommandFailed("\n".join(refused))

    def _below(self, path: str, name: str, deep: bool) -> Iterator[tuple[str, str]]:
        yield path, name
        if deep and self._files.is_directory(path):
            for entry in self._files.read_dir(path):
                inner = str(entry["name"])
                inside = posixpath.join(path, inner), posixpath.join(name, inner)
                yield from self._below(*inside, deep)

    def _ps(self, context: CommandContext) -> Iterator[str]:
        yield "PID   USER     TIME  COMMAND\n"
        for process in self._processes:
            yield f"{process.number:>5} {process.user:<8.8}  0:00 {process.command}\n"
        last, typed = self._processes[-1], " ".join(["ps", *context.argv])
        yield f"{last.number + 6:>5} {context.env.get('USER', last.user):<8.8}  0:00 {typed}\n"


def _told(name: str, run: Callable[[CommandContext], Iterator[str]]) -> Command:
    """A command of bashkit's shape from one that yields what it prints."""

    async def command(context: CommandContext) -> int:
        try:
            for text in run(context):
                if text:
                    await context.stdout.write(text.encode())
        except OwnerCommandFailed as refused:
            await context.stderr.write(f"{refused}\n".encode())
            return 1
        except BrokenPipeError:
            return PIPE_CLOSED
        except OSError as error:
            await context.stderr.write(f"{name}: {error.filename}: {error.strerror}\n".encode())
            return 1
        return 0

    return command


def _options(context: CommandContext, known: set[str]) -> tuple[set[str], list[str]]:
    program = str(context.name).rpartition("/")[2]
    given: set[str] = set()
    names: list[str] = []
    for word in context.argv:
        if word in ("--color=auto", "--color=never", "--color=always", "--"):
            continue
        if word.startswith("-") and len(word) > 1:
            letters = set(word[1:])
            if letters - known:
                unknown = sorted(letters - known)[0]
                raise OwnerCommandFailed(f"{program}: unrecognized option: {unknown}")
            given |= letters
        else:
            names.append(word)
    return given | ({"l"} if "n" in given and "l" in known else set()), names


def _path(context: CommandContext, name: str) -> str:
    return "/" + posixpath.normpath(posixpath.join(context.cwd, name)).lstrip("/")


def _ordered(rows: list[_Row], options: set[str]) -> list[_Row]:
    rows = sorted(rows, key=lambda row: row.name)
    if "t" in options:
        rows.sort(key=lambda row: -row.inode.modified)
    if "S" in options:
        rows.sort(key=lambda row: -row.inode.size)
    return rows[::-1] if "r" in options else rows


def _mode(inode: Inode) -> str:
    return modes.filemode(_KINDS.get(inode.kind, modes.S_IFREG) | inode.mode)


def _links(inode: Inode) -> int:
    inner = sum(entry.is_directory for entry in inode.entries.values())
    return 2 + inner if inode.is_directory else inode.links


def _human(size: float) -> str:
    for unit in ("", "K", "M", "G"):
        if size < 1024:
            return f"{size:.0f}{unit}" if not unit else f"{size:.1f}{unit}"
        size /= 1024
    return f"{size:.1f}T"


def _when(moment: float) -> str:
    recent = 0 <= unix_time() - moment < _HALF_A_YEAR
    return time.strftime("%b %e %H:%M" if recent else "%b %e  %Y", time.gmtime(moment))


def _stamp(moment: float) -> str:
    nanos = int(moment % 1 * 10**9)
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment)) + f".{nanos:09d} +0000"
