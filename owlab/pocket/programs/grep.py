"""`grep`: lines that match, as they come in."""

from __future__ import annotations

import fnmatch
import getopt
import posixpath
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, refuse
from owlab.pocket.programs.patterns import BadPattern, translated

SHORT = "EFGPe:f:ivwxcnHhlLoqsrRA:B:C:m:bzZaIUTuyd:D:"
LONG = (
    "extended-regexp fixed-strings basic-regexp perl-regexp regexp= file= ignore-case "
    "no-ignore-case invert-match word-regexp line-regexp count line-number with-filename "
    "no-filename files-with-matches files-without-match only-matching quiet silent no-messages "
    "recursive dereference-recursive after-context= before-context= context= max-count= "
    "byte-offset null-data null text binary-files= include= exclude= exclude-from= exclude-dir= "
    "color? colour? line-buffered initial-tab label= group-separator= no-group-separator "
    "directories= devices= version"
)
SHORTS = {
    "extended-regexp": "E", "fixed-strings": "F", "basic-regexp": "G", "perl-regexp": "P",
    "regexp": "e", "file": "f", "ignore-case": "i", "y": "i", "invert-match": "v",
    "word-regexp": "w", "line-regexp": "x", "count": "c", "line-number": "n",
    "with-filename": "H", "no-filename": "h", "files-with-matches": "l",
    "files-without-match": "L", "only-matching": "o", "quiet": "q", "silent": "q",
    "no-messages": "s", "recursive": "r", "dereference-recursive": "R", "after-context": "A",
    "before-context": "B", "context": "C", "max-count": "m", "byte-offset": "b",
    "null-data": "z", "null": "Z", "text": "a", "initial-tab": "T", "colour": "color",
}  # fmt: skip
USAGE = "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n"
MATCH, NAME, NUMBER, SIGN = "01;31", "35", "32", "36"
SAID = (
    ("bad character range", "Invalid range end"),
    ("missing ), unterminated", "missing closing parenthesis"),
    ("min repeat greater", "Invalid content of \\{\\}"),
)
"""How a fault begins for Python, and how it is called."""
FOLDERS = ("d", "directories")
AT_ONCE = 96 << 10
"""Bytes of a file that are read at once: a NUL among them makes the rest of it binary."""
NO_TEXT = re.compile(r"[\udc80-\udcff]")
"""What is no UTF-8, once it is decoded."""


@dataclass
class Search:
    """What is looked for, and how it is shown."""

    pattern: re.Pattern[str]
    flags: set[str] = field(default_factory=set)
    before: int = 0
    after: int = 0
    most: int | None = None
    named: bool = False
    coloured: bool = False
    separator: str | None = "--"
    skips_folders: bool = False
    label: str = "(standard input)"
    """What standard input is called."""
    status: int = 1

    def has(self, flag: str) -> bool:
        """An option of one letter was given."""
        return flag in self.flags


@program("grep", "egrep", "fgrep", machines="all")
async def grep(call: Call) -> int:
    """Lines that match: ``-E -F -P -i -v -w -x -c -n -l -L -o -q -r -A -B -C -m --color``."""
    options, words = _options(call)
    flags = {name for name, _ in options}
    patterns = [value for name, value in options if name == "e"]
    for name in [value for name, value in options if name == "f"]:
        patterns += await _from_file(call, name)
    if not flags & {"e", "f"}:
        if not words:
            raise Complaint(USAGE, 2)
        patterns.append(words.pop(0))
    kinds = {"text": "a", "without-match": "I", "binary": ""}
    asked = [value for name, value in options if name == "binary-files"]
    if set(asked) - set(kinds):
        raise Complaint("grep: unknown binary-files type\n", 2)
    flags |= {kinds[value] for value in asked}
    search = _search(call, options, flags, [line for text in patterns for line in text.split("\n")])
    doing = next((value for name, value in reversed(options) if name in FOLDERS), "read")
    if doing not in ("read", "recurse", "skip"):
        valid = "Valid arguments are:\n  - ‘read’\n  - ‘recurse’\n  - ‘skip’"
        told = f"invalid argument ‘{doing}’ for ‘--directories’\n{valid}"
        raise Complaint(f"grep: {told}\n{USAGE}", 2)
    search.skips_folders = doing == "skip"
    deep = bool(flags & {"r", "R"}) or doing == "recurse"
    names = words or (["."] if deep else ["-"])
    files = list(_files(call, names, options, deep)) if deep else names
    several = len(names) > 1 or (deep and call.fs.is_directory(call.path(names[0])))
    search.named = "H" in flags or ("h" not in flags and several)
    worst = False
    for name in files:
        problem = await _one(call, search, name, bare=not words)
        worst = worst or bool(problem)
        if problem and not search.has("s"):
            await call.err(problem)
        if search.status == 0 and search.has("q"):
            return 0
    return 2 if worst and not (search.status == 0 and search.has("q")) else search.status


def _options(call: Call) -> tuple[list[tuple[str, str]], list[str]]:
    long = LONG.split()
    maybe = {f"--{name[:-1]}" for name in long if name.endswith("?")}
    argv = [f"{word}=auto" if word in maybe else word for word in call.argv]
    argv = [f"-C{word[1:]}" if re.fullmatch(r"-\d+", word) else word for word in argv]
    try:
        given, words = getopt.gnu_getopt(argv, SHORT, [name.replace("?", "=") for name in long])
    except getopt.GetoptError as error:
        one = len(error.opt) == 1
        said = f"invalid option -- '{error.opt}'" if one else f"unrecognized option '--{error.opt}'"
        if "requires argument" in error.msg:
            said = f"option requires an argument -- '{error.opt}'"
        raise Complaint(f"grep: {said}\n{USAGE}", 2) from None
    refuse("grep", given, "D devices exclude-from u", 2)
    names = [(name.lstrip("-"), value) for name, value in given]
    return [(SHORTS.get(name, name), value) for name, value in names], words


async def _from_file(call: Call, name: str) -> list[str]:
    if name in ("-", "/dev/stdin"):
        content: bytes | None = await call.stdin()
    else:
        content = call.read(call.path(name))
    if content is None:
        raise Complaint(f"grep: {name}: No such file or directory\n", 2)
    return content.decode(errors="surrogateescape").splitlines()


def _search(
    call: Call, options: list[tuple[str, str]], flags: set[str], patterns: list[str]
) -> Search:
    values = dict(options)
    numbers = {}
    for letter in "ABCm":
        text = values.get(letter)
        if text is not None:
            what = "max count" if letter == "m" else "context length argument"
            if not text.isdecimal():
                told = f"invalid {what}" if letter == "m" else f"{text}: invalid {what}"
                raise Complaint(f"grep: {told}\n", 2)
            numbers[letter] = int(text)
    color = values.get("color", "")
    if color not in ("", "auto", "always", "never", "tty", "yes", "no", "if-tty", "force", "none"):
        raise Complaint(f"grep: invalid argument ‘{color}’ for ‘--color’\n{USAGE}", 2)
    shows = color in ("always", "yes", "force") or (color in ("auto", "tty") and call.terminal)
    separator = values.get("group-separator", "--")
    return Search(
        _compiled(call, flags, patterns),
        flags,
        numbers.get("B", numbers.get("C", 0)),
        numbers.get("A", numbers.get("C", 0)),
        numbers.get("m"),
        coloured=shows,
        label=values.get("label", "(standard input)"),
        separator=None if "no-group-separator" in flags else separator,
    )


def _compiled(call: Call, flags: set[str], patterns: list[str]) -> re.Pattern[str]:
    kind = "F" if call.name == "fgrep" else "E" if call.name == "egrep" else "G"
    kind = next((letter for letter in "PFEG" if letter in flags), kind)
    try:
        if kind == "F":
            parts = [re.escape(one) for one in patterns]
        elif kind == "P":
            parts = [one.replace(r"\K", r"(?P<kept>)") for one in patterns]
        else:
            parts = [translated(one, extended=kind == "E") for one in patterns]
        whole = "|".join(f"(?:{part})" for part in parts) if len(parts) != 1 else parts[0]
        whole = whole or ("" if parts else "(?!)")
        if "x" in flags:
            whole = f"^(?:{whole})$"
        elif "w" in flags:
            whole = rf"(?<!\w)(?:{whole})(?!\w)"
        form = re.DOTALL if "z" in flags else re.NOFLAG
        return re.compile(whole, form | (re.I if "i" in flags else re.NOFLAG))
    except BadPattern as problem:
        raise Complaint(f"grep: {problem}\n", 2) from None
    except re.error as error:
        known = (said for start, said in SAID if error.msg.startswith(start))
        raise Complaint(f"grep: {next(known, error.msg)}\n", 2) from None


def _files(
    call: Call, names: list[str], options: list[tuple[str, str]], deep: bool
) -> Iterator[str]:
    """Files below directories, in the order of their names."""
    inside = [value for name, value in options if name == "include"]
    without = [value for name, value in options if name == "exclude"]
    closed = [value.rstrip("/") for name, value in options if name == "exclude-dir"]

    def wanted(base: str) -> bool:
        fits = not inside or any(fnmatch.fnmatchcase(base, one) for one in inside)
        return fits and not any(fnmatch.fnmatchcase(base, one) for one in without)

    def walk(name: str, top: bool) -> Iterator[str]:
        try:
            inode = call.fs.look(call.path(name), follow=top)
        except OSError:
            yield name
            return
        if inode.kind == "symlink" and not top and "R" not in dict(options):
            return
        if not inode.is_directory:
            if top or wanted(posixpath.basename(name)):
                yield name
            return
        base = posixpath.basename(name)
        if not top and any(fnmatch.fnmatchcase(base, one) for one in closed):
            return
        try:
            entries = call.fs.read_dir(call.path(name))
        except OSError:
            yield name
            return
        for entry in entries:
            below = str(entry["name"])
            yield from walk(below if name == "." and bare else posixpath.join(name, below), False)

    bare = names == ["."] and call.argv[-1:] != ["."]
    for name in names:
        yield from walk(name, True)


async def _one(call: Call, search: Search, name: str, *, bare: bool) -> str:
    """Search one file; what is wrong with it, or nothing."""
    shown = search.label if name == "-" else name
    if name not in ("-", "/dev/stdin"):
        try:
            inode = call.fs.look(call.path(name))
            if inode.is_directory:
                if search.skips_folders:
                    return ""
                if search.has("L") and not search.has("q"):
                    await call.out(f"{name}\n")
                elif search.has("c") and not search.flags & {"l", "q"}:
                    await call.out(f"{name}:0\n" if search.named else "0\n")
                return f"grep: {name}: Is a directory\n"
            content = call.fs.read_file(call.path(name))
        except OSError as error:
            return f"grep: {name}: {error.strerror}\n"
        chunks = _of_file(content)
    else:
        chunks = _incoming(call)
    await _Lines(call, search, shown).run(chunks)
    return ""


async def _of_file(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), AT_ONCE):
        yield content[start : start + AT_ONCE]


async def _incoming(call: Call) -> AsyncIterator[bytes]:
    while (chunk := await call.reader.read_chunk()) is not None:
        yield chunk


class _Lines:
    """One file's lines on their way."""

    def __init__(self, call: Call, search: Search, name: str) -> None:
        self.call, self.search, self.name = call, search, name
        self.binary = False
        """Something with a NUL was read: what is found is not shown any more."""
        self.unshown = False
        """A line was not shown, because it is no text."""
        self.count = self.last = 0
        self.earlier: list[tuple[int, int, str]] = []
        self.left = 0
        self.out = bytearray()

    async def _read(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Lines, each as soon as it is whole; what comes at once is all binary, or all text."""
        end = b"\0" if self.search.has("z") else b"\n"
        rest = b""
        async for chunk in chunks:
            self.binary |= b"\0" in chunk and not self.search.flags & {"a", "z"}
            *whole, rest = (rest + chunk).split(end)
            for line in whole:
                yield line
        if rest:
            yield rest

    async def run(self, chunks: AsyncIterator[bytes]) -> None:
        search = self.search
        number = offset = 0
        status = search.status
        async for raw in self._read(chunks):
            number += 1
            if self.binary and search.has("I"):
                self.count, search.status = 0, status
                break
            if self.binary:
                if self._binary(raw):
                    break
                continue
            text = raw.decode(errors="surrogateescape")
            enough = search.most is not None and self.count >= search.most
            if not enough and (search.pattern.search(text) is not None) != search.has("v"):
                self.count += 1
                search.status = 0
                if search.flags & {"q", "l", "L"}:
                    break
                if not search.has("c"):
                    await self._selected(number, offset, text)
            elif not search.flags & {"c", "o", "q", "l", "L"}:
                await self._context(number, offset, text)
            offset += len(raw) + 1
            if self.count == search.most and not self.left:
                break
        await self._told()

    def _binary(self, raw: bytes) -> bool:
        """Count what fits, of which NULs are ends as well; whether that is enough."""
        search = self.search
        for part in raw.split(b"\0"):
            text = part.decode(errors="surrogateescape")
            if (search.pattern.search(text) is not None) != search.has("v"):
                self.count += 1
                search.status = 0
                self.unshown = True
                if not search.has("c") or self.count == search.most:
                    return True
        return False

    def _spans(self, text: str) -> list[tuple[int, int]]:
        spans = []
        for found in self.search.pattern.finditer(text):
            start = found.start("kept") if "kept" in found.re.groupindex else found.start()
            # A dot is no half of a character.
            if found.end() > start and not NO_TEXT.search(text, start, found.end()):
                spans.append((start, found.end()))
        return spans

    async def _selected(self, number: int, offset: int, text: str) -> None:
        search = self.search
        first = self.earlier[0][0] if self.earlier else number
        grouped = search.flags & {"A", "B", "C"} and not search.has("o")
        if grouped and self.last and first > self.last + 1 and search.separator is not None:
            await self._say(self._painted(search.separator, SIGN) + "\n")
        for earlier in self.earlier:
            await self._line(*earlier, "-")
        self.earlier.clear()
        if search.has("o"):
            for start, end in [] if search.has("v") else self._spans(text):
                head = self._head(
                    number, offset + len(text[:start].encode(errors="surrogateescape")), ":"
                )
                part = text[start:end]
                await self._show(head, part, self._painted(part, MATCH))
        else:
            await self._line(number, offset, text, ":")
        self.last, self.left = number, search.after

    async def _context(self, number: int, offset: int, text: str) -> None:
        if self.left:
            self.left -= 1
            self.last = number
            await self._line(number, offset, text, "-")
        elif self.search.before:
            self.earlier.append((number, offset, text))
            del self.earlier[: -self.search.before]

    def _last(self) -> str:
        return "\0" if self.search.has("z") else "\n"

    async def _line(self, number: int, offset: int, text: str, sign: str) -> None:
        shown = text
        if self.search.coloured and sign == ":" and not self.search.has("v"):
            at, parts = 0, []
            for start, end in self._spans(text):
                parts += [text[at:start], self._painted(text[start:end], MATCH)]
                at = end
            shown = "".join([*parts, text[at:]])
        await self._show(self._head(number, offset, sign), text, shown)

    def _head(self, number: int, offset: int, sign: str) -> str:
        head = ""
        mark = self._painted(sign, SIGN)
        if self.search.named:
            head += self._painted(self.name, NAME) + ("\0" if self.search.has("Z") else mark)
        if self.search.has("n"):
            head += self._painted(str(number), NUMBER) + mark
        if self.search.has("b"):
            head += self._painted(str(offset), NUMBER) + mark
        return head + "\t" if head and self.search.has("T") else head

    def _painted(self, text: str, color: str) -> str:
        return f"\x1b[{color}m\x1b[K{text}\x1b[m\x1b[K" if self.search.coloured else text

    async def _show(self, head: str, text: str, shown: str) -> None:
        """A line or a part of it, if it is text."""
        if NO_TEXT.search(text) is not None and not self.search.has("a"):
            self.unshown = True
        else:
            await self._say(f"{head}{shown}{self._last()}")

    async def _say(self, text: str) -> None:
        await self.call.out(text.encode(errors="surrogateescape"))

    async def _told(self) -> None:
        """What is said of a file when it has ended."""
        search = self.search
        end = "\0" if search.has("Z") else "\n"
        if search.has("q"):
            return
        if search.has("l") or search.has("L"):
            if bool(self.count) == search.has("l"):
                await self._say(self._painted(self.name, NAME) + end)
            return
        if search.has("c"):
            head = ""
            if search.named:
                head = self._painted(self.name, NAME) + self._painted(":", SIGN)
            await self._say(f"{head}{self.count}\n")
        elif self.unshown and not search.has("I"):
            await self.call.err(f"grep: {self.name}: binary file matches\n")
