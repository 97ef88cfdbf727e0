"""`diff`: files or directories, line by line."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.comparison import LineChange, changes
from owlab.pocket.programs.diff_formats import DiffSide, beside, context, normal, unified
from owlab.pocket.programs.options import Complaint, Options, parse, refuse

SHORT = "abBC:cdeEiI:L:NnqrstTU:uwW:x:yZ"
LONG = (
    "text ignore-space-change ignore-blank-lines context? ed ignore-tab-expansion ignore-case "
    "ignore-matching-lines= label= new-file rcs brief recursive report-identical-files "
    "expand-tabs initial-tab unified? ignore-all-space width= exclude= side-by-side color? "
    "ignore-trailing-space suppress-common-lines minimal normal no-dereference "
    "strip-trailing-cr left-column"
)
ABSENT = "t expand-tabs T initial-tab no-dereference left-column"
SAME, DIFFERENT, TROUBLE = 0, 1, 2
OLD_NUMBER = re.compile(r"-(\d+)([a-zA-Z]*)")


@program("diff", machines="all")
async def diff(call: Call) -> int:
    """What differs between FILES; ``-u -c -y -q -s -r -N -i -b -w -B -I -x -L --color``."""
    call.argv[:] = [_renewed(word) for word in call.argv]
    try:
        options = parse(call, SHORT, LONG, status=TROUBLE)
    except Complaint as complaint:
        raise _wrong(complaint.text.partition("\n")[0].removeprefix("diff: ")) from None
    if len(options.words) < 2:
        last = ("diff", *call.argv)[-1]
        raise _wrong(f"missing operand after '{last}'")
    if len(options.words) > 2:
        raise _wrong(f"extra operand '{options.words[2]}'")
    if options.has("e", "ed", "n", "rcs"):
        raise Complaint("diff: the pocket lab's diff writes no scripts for ed and rcs\n", TROUBLE)
    refuse("diff", options.given, ABSENT, TROUBLE)
    run = _Run(call, options)
    left, right = options.words
    return await run.two(left, right)


def _wrong(text: str) -> Complaint:
    return Complaint(f"diff: {text}\ndiff: Try 'diff --help' for more information.\n", TROUBLE)


def _renewed(word: str) -> str:
    """``-3u`` is ``-U3``; a number alone changes nothing in the plain form."""
    old = OLD_NUMBER.fullmatch(word)
    if old is None:
        return word
    return f"-{old[2].upper()}{old[1]}" if old[2] in ("u", "c") else "--normal"


@dataclass
class _Run:
    call: Call
    options: Options

    async def two(self, left: str, right: str) -> int:
        """Two names that were given; a file and a directory mean the file of that name in it."""
        fs, path = self.call.fs, self.call.path
        if fs.is_directory(path(left)) and fs.is_directory(path(right)):
            return await self.folders(left, right)
        if fs.is_directory(path(left)) and right != "-":
            left = posixpath.join(left, posixpath.basename(right))
        elif fs.is_directory(path(right)) and left != "-":
            right = posixpath.join(right, posixpath.basename(left))
        return await self.files(left, right)

    async def folders(self, left: str, right: str) -> int:
        """Two directories, with what is in them."""
        fs, status = self.call.fs, SAME
        sides = [self._names(left), self._names(right)]
        for name in sorted(sides[0] | sides[1]):
            if any(fnmatch.fnmatchcase(name, one) for one in self.options.values("x", "exclude")):
                continue
            a, b = posixpath.join(left, name), posixpath.join(right, name)
            both = name in sides[0] and name in sides[1]
            if not both and not self.options.has("N", "new-file"):
                await self.call.out(f"Only in {left if name in sides[0] else right}: {name}\n")
                status = max(status, DIFFERENT)
                continue
            kinds = [both and fs.is_directory(self.call.path(one)) for one in (a, b)]
            if all(kinds):
                deep = self.options.has("r", "recursive")
                if not deep:
                    await self.call.out(f"Common subdirectories: {a} and {b}\n")
                status = max(status, await self.folders(a, b) if deep else SAME)
            elif any(kinds):
                about = [self._kind(one) for one in (a, b)]
                await self.call.out(f"File {a} is a {about[0]} while file {b} is a {about[1]}\n")
                status = max(status, DIFFERENT)
            else:
                status = max(status, await self.files(a, b, within=True))
        return status

    def _kind(self, name: str) -> str:
        inode = self.call.fs.look(self.call.path(name))
        if inode.is_directory:
            return "directory"
        return "regular file" if inode.size else "regular empty file"

    def _names(self, name: str) -> set[str]:
        return {str(entry["name"]) for entry in self.call.fs.read_dir(self.call.path(name))}

    async def files(self, left: str, right: str, *, within: bool = False) -> int:
        """Two files; within directories the command is shown before what differs."""
        sides = [await self._side(name, at, within) for at, name in enumerate((left, right))]
        if sides[0] is None or sides[1] is None:
            return TROUBLE
        a, b = sides[0], sides[1]
        wide = self.options.has("y", "side-by-side") and not self.options.has("q", "brief")
        if a.content == b.content and not wide:
            return await self._alike(left, right)
        binary = not self.options.has("a", "text") and b"\0" in a.content + b.content
        if binary or self.options.has("q", "brief"):
            brief = self.options.has("q", "brief")
            what = "Binary files" if binary and not brief else "Files"
            found = binary or self._changes(a, b)
            if found:
                await self.call.out(f"{what} {left} and {right} differ\n")
            return DIFFERENT if found else await self._alike(left, right)
        found = self._changes(a, b)
        if not found and not wide:
            return await self._alike(left, right)
        head = ""
        if within:
            words = [word for word in self.call.argv if word.startswith("-")]
            head = " ".join(["diff", *words, left, right]) + "\n"
        await self.call.out(head + self._shown(a, b))
        return DIFFERENT if found else await self._alike(left, right)

    async def _alike(self, left: str, right: str) -> int:
        if self.options.has("s", "report-identical-files"):
            await self.call.out(f"Files {left} and {right} are identical\n")
        return SAME

    async def _side(self, name: str, at: int, within: bool) -> DiffSide | None:
        labels = self.options.values("L", "label")
        label = labels[at] if at < len(labels) else None
        modified = None
        try:
            if name == "-":
                content = await self.call.stdin()
            else:
                content = self.call.fs.read_file(self.call.path(name))
                modified = self.call.fs.look(self.call.path(name)).modified
        except FileNotFoundError as error:
            if not within and not self.options.has("N", "new-file"):
                await self.call.err(f"diff: {name}: {error.strerror}\n")
                return None
            content, modified = b"", 0.0
        except OSError as error:
            await self.call.err(f"diff: {name}: {error.strerror}\n")
            return None
        return DiffSide(name, content, modified, label)

    def _changes(self, a: DiffSide, b: DiffSide) -> bool:
        return bool(self._found(a, b))

    def _found(self, a: DiffSide, b: DiffSide) -> list[LineChange]:
        key = _key(self.options)
        found = changes([key(line) for line in a.lines], [key(line) for line in b.lines])
        skips = self._skips()
        return [
            one
            for one in found
            if not all(
                skips(line)
                for line in [
                    *a.lines[one.left : one.left_end],
                    *b.lines[one.right : one.right_end],
                ]
            )
        ]

    def _skips(self) -> Callable[[str], bool]:
        blank = self.options.has("B", "ignore-blank-lines")
        patterns = [re.compile(text) for text in self.options.values("I", "ignore-matching-lines")]
        return lambda line: (
            (blank and not line.strip("\n"))
            or any(pattern.search(line.rstrip("\n")) for pattern in patterns)
        )

    def _shown(self, a: DiffSide, b: DiffSide) -> str:
        options, found = self.options, self._found(a, b)
        if options.has("y", "side-by-side"):
            width = int(options.value("W", "width") or 130)
            return beside(a, b, found, width, short=options.has("suppress-common-lines"))
        colour = options.has("color") and options.value("color") in ("always",)
        if options.has("u", "U", "unified"):
            return unified(a, b, found, self._around("U", "unified"), colour=colour)
        if options.has("c", "C", "context"):
            return context(a, b, found, self._around("C", "context"))
        return normal(a, b, found, colour=colour)

    def _around(self, *names: str) -> int:
        text = self.options.value(*names) or "3"
        if not text.isdecimal():
            raise _wrong(f"invalid context length '{text}'")
        return int(text)


def _key(options: Options) -> Callable[[str], str]:
    """What of a line is compared."""
    steps: list[Callable[[str], str]] = []
    if options.has("strip-trailing-cr"):
        steps.append(lambda line: line.replace("\r\n", "\n"))
    if options.has("E", "ignore-tab-expansion"):
        steps.append(str.expandtabs)
    if options.has("w", "ignore-all-space"):
        steps.append(lambda line: re.sub(r"\s+", "", line))
    elif options.has("b", "ignore-space-change"):
        steps.append(lambda line: re.sub(r"\s+", " ", line).rstrip())
    elif options.has("Z", "ignore-trailing-space"):
        steps.append(str.rstrip)
    if options.has("i", "ignore-case"):
        steps.append(str.lower)

    def key(line: str) -> str:
        for step in steps:
            line = step(line)
        return line

    return key
