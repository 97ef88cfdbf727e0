"""`ls`, with owners, modes and times; in columns and colours where somebody looks."""

from __future__ import annotations

import fnmatch
import math
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from owlab.pocket.ground.clock import unix_time
from owlab.pocket.machines.inode import Inode
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.date import zone_of
from owlab.pocket.programs.modes import shown
from owlab.pocket.programs.options import Options, parse, usage

SHORT = "aAlhdtrRSX1niFpCxmgoULHkGQqcusvBbNfZw:I:"
LONG = (
    "all almost-all human-readable directory recursive reverse inode numeric-uid-gid classify "
    "color? no-group sort= time-style= full-time group-directories-first si size "
    "indicator-style= file-type dereference hide= ignore= format= width= time= block-size= escape "
    "literal quote-name zero ignore-backups context"
)
ABSENT = "c q u Z context format block-size zero"
MARKS = {"none": "", "slash": "p", "file-type": "file-type", "classify": "F"}
SIX_MONTHS = 182 * 24 * 3600
COLOURS = {
    "directory": "01;34",
    "symlink": "01;36",
    "fifo": "40;33",
    **dict.fromkeys(["character", "block"], "40;33;01"),
}
TAB = 8
SORTS = ("none", "time", "size", "extension", "version", "width")
TROUBLE, SERIOUS = 1, 2
WIDTH = 80


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One line, or one cell."""

    name: str
    path: str
    inode: Inode


class Listing:
    """One run of `ls`."""

    def __init__(self, call: Call, options: Options) -> None:
        self.call, self.options = call, options
        self.status = 0
        shows = [o for o, _ in options.given if o in ("a", "all", "f", "A", "almost-all")]
        self.hidden = bool(shows)
        self.all = self.hidden and shows[-1] not in ("A", "almost-all")
        self.long = options.has("l", "g", "o", "n", "numeric-uid-gid", "full-time")
        self.plain = options.has("d", "directory")
        self.numbers = options.has("n", "numeric-uid-gid")
        session = call.session
        self.tty = session is not None and session.tty and call.terminal
        when = options.value("color") if options.has("color") else "never"
        self.colour = when in ("", "always") or (when == "auto" and self.tty)
        self.without = options.values("I", "ignore")
        self.without += ["*~"] if options.has("B", "ignore-backups") else []
        marks = {"F": "F", "classify": "F", "p": "p", "file-type": "file-type"}
        asked = [
            marks.get(name, MARKS.get(value, ""))
            for name, value in options.given
            if name in (*marks, "indicator-style")
        ]
        self.marks = asked[-1] if asked else ""
        quotes = {"N": "N", "literal": "N", "Q": "Q", "quote-name": "Q", "b": "b", "escape": "b"}
        self.quotes = next((quotes[n] for n, _ in reversed(options.given) if n in quotes), "")
        if not self.hidden:
            self.without += options.values("hide")
        width = options.value("w", "width") or call.env.get("COLUMNS", "")
        self.width = int(width) if width.isdecimal() and int(width) else WIDTH
        self.human = options.has("h", "human-readable", "si")
        self.base = 1000 if options.has("si") else 1024

    async def trouble(self, text: str, status: int) -> None:
        """Say what is wrong, and go on."""
        await self.call.err(f"ls: {text}\n")
        self.status = max(self.status, status)

    async def run(self) -> int:
        """Files first, then directories with what is in them."""
        files: list[ListedFile] = []
        folders: list[ListedFile] = []
        for name in self.options.words or (".",):
            path = self.call.path(name)
            try:
                inode = self._asked(path, name)
            except OSError as error:
                await self.trouble(f"cannot access '{name}': {error.strerror}", SERIOUS)
                continue
            row = ListedFile(name, path, inode)
            (folders if inode.is_directory and not self.plain else files).append(row)
        if files:
            await self.call.out(self.text(self.ordered(files)))
        for index, row in enumerate(self.ordered(folders)):
            headed = len(self.options.words) > 1 or self.options.has("R", "recursive")
            await self.folder(row, headed=headed, first=not files and not index)
        return self.status

    def _asked(self, path: str, name: str) -> Inode:
        """What a word of the line means: the link itself, or where it leads."""
        look = self.call.fs.look
        if name.endswith("/") or self.options.has("L", "dereference", "H"):
            return look(path)
        inode = look(path, follow=False)
        marked = self.marks == "F"
        if inode.kind == "symlink" and not (self.plain or self.long or marked):
            try:
                followed = look(path)
            except FileNotFoundError:
                return inode
            return followed
        return inode

    async def folder(self, row: ListedFile, *, headed: bool, first: bool) -> None:
        """A directory's entries, and with -R what is below."""
        fs = self.call.fs
        try:
            names = [str(entry["name"]) for entry in fs.read_dir(row.path)]
        except OSError as error:
            status = SERIOUS if row.name in self.options.words or not headed else TROUBLE
            await self.trouble(f"cannot open directory '{row.name}': {error.strerror}", status)
            return
        rows = []
        for name in names:
            path = posixpath.join(row.path, name)
            if any(fnmatch.fnmatchcase(name, one) for one in self.without):
                continue
            if self.hidden or not name.startswith("."):
                rows.append(ListedFile(name, path, fs.look(path, follow=False)))
        rows = self.ordered(rows)
        if self.all:
            above = posixpath.dirname(row.path)
            dots = [ListedFile(".", row.path, row.inode), ListedFile("..", above, fs.look(above))]
            rows = [*dots, *rows]
        text = "" if first else "\n"
        text += f"{row.name}:\n" if headed else ""
        if self.long or self.options.has("s", "size"):
            blocks = sum(_blocks(one.inode) for one in rows)
            text += f"total {_human(blocks * 1024, self.base) if self.human else blocks}\n"
        await self.call.out(text + self.text(rows))
        if self.options.has("R", "recursive"):
            for one in rows:
                if one.inode.is_directory and one.name not in (".", ".."):
                    inner = posixpath.join(row.name, one.name)
                    await self.folder(
                        ListedFile(inner, one.path, one.inode), headed=True, first=False
                    )

    def ordered(self, rows: list[ListedFile]) -> list[ListedFile]:
        """As the options say; by name otherwise, as Ubuntu's C.UTF-8 sorts."""
        order = self.options.value("sort") or ""
        if self.options.has("U", "f") or order == "none":
            return rows
        rows = sorted(rows, key=lambda row: row.name)
        if self.options.has("t") or order == "time":
            rows.sort(key=lambda row: -row.inode.modified)
        elif self.options.has("S") or order == "size":
            rows.sort(key=lambda row: -row.inode.size)
        elif self.options.has("X") or order == "extension":
            rows.sort(key=lambda row: posixpath.splitext(row.name)[1])
        elif self.options.has("v") or order == "version":
            rows.sort(key=lambda row: _version(row.name))
        elif order == "width":
            rows.sort(key=lambda row: len(row.name))
        if self.options.has("r", "reverse"):
            rows.reverse()
        if self.options.has("group-directories-first"):
            rows.sort(key=lambda row: not row.inode.is_directory)
        return rows

    def text(self, rows: list[ListedFile]) -> str:
        """The rows as they are printed."""
        if self.long:
            return self._long(rows)
        cells = [self._cell(row) for row in rows]
        forms = [name for name, _ in self.options.given if name in ("1", "C", "x", "m")]
        form = forms[-1] if forms else "C" if self.tty else "1"
        if form == "m":
            return ", ".join(cell for cell, _ in cells) + ("\n" if cells else "")
        columns = form in ("C", "x")
        return _columns(cells, self.width) if columns else "".join(f"{cell}\n" for cell, _ in cells)

    def _cell(self, row: ListedFile) -> tuple[str, int]:
        """A name as shown, and how wide it is."""
        before = f"{row.inode.number} " if self.options.has("i", "inode") else ""
        before += f"{_blocks(row.inode)} " if self.options.has("s", "size") else ""
        name = f"'{row.name}'" if self.tty and " " in row.name and not self.quotes else row.name
        name = f'"{row.name}"' if self.quotes == "Q" else name
        name = row.name.replace(" ", "\\ ") if self.quotes == "b" else name
        after = self._mark(row.inode)
        return before + self._painted(name, row) + after, len(before + name + after)

    def _mark(self, inode: Inode) -> str:
        if inode.is_directory:
            return "/" if self.marks else ""
        if self.marks not in ("F", "file-type"):
            return ""
        if inode.kind == "symlink":
            return "@"
        return "*" if inode.mode & 0o111 and self.marks == "F" else ""

    def _painted(self, name: str, row: ListedFile) -> str:
        if not self.colour:
            return name
        inode = row.inode
        colour = COLOURS.get(inode.kind, "01;32" if inode.mode & 0o111 else "")
        if inode.is_directory and inode.mode & 0o1002 == 0o1002:
            colour = "30;42"
        return f"\x1b[{colour}m{name}\x1b[0m" if colour else name

    def _long(self, rows: list[ListedFile]) -> str:
        accounts = self.call.machine.accounts
        table = []
        for row in rows:
            inode = row.inode
            links = _links(inode)
            user = str(inode.uid) if self.numbers else accounts.user_name(inode.uid)
            group = str(inode.gid) if self.numbers else accounts.group_name(inode.gid)
            size = _human(inode.size, self.base) if self.human else str(inode.size)
            size = "{}, {:>3}".format(*inode.device) if inode.device[0] else size
            number = str(inode.number) if self.options.has("i", "inode") else ""
            name = self._painted(row.name, row)
            if inode.kind == "symlink":
                name += f" -> {inode.target}"
            else:
                name += self._mark(inode)
            table.append((number, shown(inode), links, user, group, size, self._when(inode), name))
        widths = [max((len(line[column]) for line in table), default=0) for column in range(6)]
        text = ""
        for number, mode, links, user, group, size, when, name in table:
            text += f"{number:>{widths[0]}} " if number else ""
            text += f"{mode} {links:>{widths[2]}} "
            text += "" if self.options.has("g") else f"{user:<{widths[3]}} "
            text += "" if self.options.has("o", "G", "no-group") else f"{group:<{widths[4]}} "
            text += f"{size:>{widths[5]}} {when} {name}\n"
        return text

    def _when(self, inode: Inode) -> str:
        style = self.options.value("time-style") or ""
        moment = datetime.fromtimestamp(inode.modified, zone_of(self.call))
        if self.options.has("full-time") or style == "full-iso":
            nanos = int(inode.modified % 1 * 10**9)
            return f"{moment:%Y-%m-%d %H:%M:%S}.{nanos:09d} {moment:%z}"
        if style == "long-iso":
            return f"{moment:%Y-%m-%d %H:%M}"
        recent = 0 <= unix_time() - inode.modified < SIX_MONTHS
        if style == "iso":
            return moment.strftime("%m-%d %H:%M" if recent else "%Y-%m-%d ")
        if style.startswith("+"):
            return moment.strftime(style[1:])
        return moment.strftime("%b %e %H:%M" if recent else "%b %e  %Y")


def _links(inode: Inode) -> str:
    inner = sum(entry.is_directory for entry in inode.entries.values())
    return str(2 + inner if inode.is_directory else inode.links)


def _blocks(inode: Inode) -> int:
    return 0 if inode.kind == "symlink" else 4 * -(-inode.size // 4096)


def _version(name: str) -> list[tuple[bool, int, str]]:
    """``f2`` before ``f10``: a name as words and numbers."""
    parts = re.findall(r"\d+|\D+", name)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _human(size: float, base: int) -> str:
    """Rounded up, as GNU's tools do."""
    for unit in ("", "k" if base == 1000 else "K", "M", "G"):
        if size < base:
            if size < 9.95 and unit:
                return f"{math.ceil(round(size * 10, 6)) / 10:.1f}{unit}"
            return f"{math.ceil(round(size, 6))}{unit}"
        size /= base
    return f"{size:.1f}T"


def _columns(cells: list[tuple[str, int]], wide: int) -> str:
    """Down first, then across, as many columns as the line holds."""
    for rows in range(1, len(cells) + 1):
        groups = [cells[start : start + rows] for start in range(0, len(cells), rows)]
        widths = [max(width for _, width in group) for group in groups]
        if sum(widths) + 2 * (len(widths) - 1) <= wide or rows == len(cells):
            starts = [sum(widths[:index]) + 2 * index for index in range(len(widths))]
            lines = []
            for row in range(rows):
                line = ""
                for index, group in enumerate(groups):
                    if row < len(group):
                        cell, width = group[row]
                        last = index == len(groups) - 1 or row >= len(groups[index + 1])
                        here = starts[index] + width
                        line += cell if last else cell + _gap(here, starts[index + 1])
                lines.append(line)
            return "".join(f"{line}\n" for line in lines)
    return ""


def _gap(here: int, there: int) -> str:
    """From one place of a line to another, by tabs where they reach, as GNU's does."""
    gap = ""
    while here < there:
        if there // TAB > (here + 1) // TAB:
            gap += "\t"
            here += TAB - here % TAB
        else:
            gap += " "
            here += 1
    return gap


def _not_among(word: str, option: str, known: Iterable[str]) -> str:
    names = "".join(f"\n  - ‘{name}’" for name in known)
    return f"invalid argument ‘{word}’ for ‘--{option}’\nValid arguments are:{names}"


@program("ls", "dir", "vdir", machines="all")
async def ls(call: Call) -> int:
    """List what is in directories; the usual options of GNU's."""
    if call.name != "ls":
        # `dir` writes columns wherever it prints, and `vdir` the long form.
        flags = "".join(word for word in call.argv if word[:1] == "-" and word[1:2] != "-")
        form = "l" if call.name == "vdir" else "" if set(flags) & set("1lmxgon") else "C"
        call.argv.insert(0, f"-{form}b")
        call.name = "ls"
    options = parse(call, SHORT, LONG, status=SERIOUS, absent=ABSENT)
    for style in options.values("indicator-style"):
        if style not in MARKS:
            raise usage("ls", _not_among(style, "indicator-style", MARKS))
    for order in options.values("sort"):
        if order not in SORTS:
            raise usage("ls", _not_among(order, "sort", SORTS))
    return await Listing(call, options).run()
