"""`xargs`: commands with words from standard input, in a shell of their own."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, Options, parse, usage
from owlab.pocket.programs.shells import child_of

LONG = (
    "null arg-file= delimiter= eof? replace? max-lines? max-args= open-tty max-procs= interactive "
    "no-run-if-empty max-chars= verbose exit show-limits"
)
ABSENT = "o open-tty show-limits"
MOST = 128 * 1024
"""Bytes of a command line, as GNU's."""
ABORTS, FAILED, NOT_RUN, NOT_FOUND = 124, 123, 126, 127
ESCAPES = dict(zip("\\abfnrtv", "\\\a\b\f\n\r\t\v", strict=True))


@dataclass
class XargsPlan:
    """How words become commands."""

    command: list[str]
    place: str | None
    lines: int | None
    words: int | None
    size: int
    skips_empty: bool
    tells: bool
    at_once: int
    exits: bool
    """Rather than run with fewer words than asked for."""


@program("xargs", machines="all")
async def xargs(call: Call) -> int:
    """COMMAND with words from standard input; ``-n -L -I -0 -d -r -t -P -a -x -s``."""
    before, command = _parted(call.argv)
    call.argv[:] = before
    options = parse(call, "0a:d:E:I:L:n:oP:prs:tx", LONG, mixed=False, absent=ABSENT)
    if options.has("p", "interactive"):
        raise Complaint("xargs: -p asks a terminal, which the pocket lab's xargs does not\n")
    if options.value("E", "eof") and options.has("0", "null", "d", "delimiter"):
        told = "warning: the -E option has no effect if -0 or -d is used."
        await call.err(f"xargs: {told}\n\n")
    plan = _plan(options, [*options.words, *command] or ["echo"])
    text = await _input(call, options.value("a", "arg-file"))
    groups: list[list[str]] = []
    problem: Complaint | None = None
    try:
        for group in _groups(plan, _words(plan, options, text)):
            groups.append(group)
    except Complaint as complaint:
        problem = complaint
    if not groups and problem is None and not plan.skips_empty and plan.place is None:
        groups = [[]]
    status = await _all(call, plan, groups)
    if problem is not None:
        raise problem
    return status


def _parted(argv: list[str]) -> tuple[list[str], list[str]]:
    """Its own options, with old forms made new, and the command."""
    words, own = list(argv), []
    with_value = set("adEILnPs")
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            break
        if word[:2] in ("-i", "-l", "-e") and word[1] != "-":
            value = word[2:]
            word = {"-i": f"-I{value or '{}'}", "-l": f"-L{value or 1}"}.get(word[:2], f"-E{value}")
            own += [word] if word != "-E" else []
            continue
        own.append(word)
        long = word.startswith("--")
        takes = word[2:] in ("arg-file", "delimiter", "max-args", "max-procs", "max-chars")
        if (takes if long else word[-1] in with_value and len(word) == 2) and words:
            own.append(words.pop(0))
        elif (
            not long
            and len(word) > 2
            and word[-1] in with_value
            and not set(word[1:-1]) & with_value
        ):
            own += [words.pop(0)] if words else []
    return own, words


def _plan(options: Options, command: list[str]) -> XargsPlan:
    def number(what: str, *names: str) -> int | None:
        text = options.value(*names)
        if text is None:
            return None
        if not re.fullmatch(r"-?\d+", text):
            raise usage("xargs", f'invalid number "{text}" for -{what} option')
        if int(text) < (0 if what == "P" else 1):
            raise usage(
                "xargs", f"value {text} for -{what} option should be >= {0 if what == 'P' else 1}"
            )
        return int(text)

    place = options.value("I", "replace")
    return XargsPlan(
        command,
        place="{}" if place == "" else place,
        lines=number("L", "L", "max-lines"),
        words=number("n", "n", "max-args"),
        size=number("s", "s", "max-chars") or MOST,
        skips_empty=options.has("r", "no-run-if-empty"),
        tells=options.has("t", "verbose"),
        at_once=number("P", "P", "max-procs") or 1,
        exits=options.has("x", "exit"),
    )


async def _input(call: Call, name: str | None) -> str:
    content = await call.stdin() if name in (None, "-") else call.read(call.path(name or ""))
    if content is None:
        reason = "No such file or directory"
        raise Complaint(f"xargs: Cannot open input file ‘{name}’: {reason}\n")
    return content.decode(errors="surrogateescape")


def _words(plan: XargsPlan, options: Options, text: str) -> list[list[str]]:
    """The words of each line."""
    delimiter = "\0" if options.has("0", "null") else options.value("d", "delimiter")
    if delimiter is not None:
        delimiter = _delimiter(delimiter)
        parts = text.split(delimiter)
        return [[part] for part in (parts[:-1] if parts[-1] == "" else parts)]
    if plan.place is not None:
        # A line is one word; blanks before it are not part of it.
        return [["".join(_split(line, whole=True))] for line in text.splitlines() if line.strip()]
    lines: list[list[str]] = []
    joined = ""
    ends = options.value("E", "eof") or None
    for line in text.split("\n"):
        joined += line
        if plan.lines is not None and line.endswith((" ", "\t")):
            continue
        words = _split(joined, whole=False)
        joined = ""
        if ends is not None and ends in words:
            return [*lines, words[: words.index(ends)]] if words[0] != ends else lines
        lines += [words] if words else []
    return lines


def _delimiter(text: str) -> str:
    if len(text) == 1:
        return text
    number = re.fullmatch(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3})", text)
    if number is not None:
        code = number[1]
        return chr(int(code[1:], 16) if code.startswith("x") else int(code, 8))
    if text[:1] == "\\" and text[1:2] not in ESCAPES:
        raise Complaint(
            f"xargs: Invalid escape sequence {text} in input delimiter specification.\n"
        )
    if len(text) != 2 or text[0] != "\\":
        raise Complaint(
            f"xargs: Invalid input delimiter specification {text}: the delimiter must be either "
            "a single character or an escape sequence starting with \\.\n"
        )
    return ESCAPES[text[1]]


def _split(line: str, *, whole: bool) -> list[str]:
    """Words as `xargs` reads them: quotes and backslashes, nothing expanded."""
    words, word, begun, at = [], "", False, 0
    line = line.lstrip()
    while at < len(line):
        char = line[at]
        at += 1
        if char in "'\"":
            end = line.find(char, at)
            if end < 0:
                kind = "single" if char == "'" else "double"
                raise Complaint(
                    f"xargs: unmatched {kind} quote; by default quotes are special to xargs "
                    "unless you use the -0 option\n"
                )
            word, begun, at = word + line[at:end], True, end + 1
        elif char == "\\" and at < len(line):
            word, begun, at = word + line[at], True, at + 1
        elif char in " \t" and not whole:
            words += [word] if begun else []
            word, begun = "", False
        else:
            word, begun = word + char, True
    return [*words, word] if begun else words


LONG_WORD, LONG_LIST = (f"xargs: argument {what} too long\n" for what in ("line", "list"))


def _groups(plan: XargsPlan, lines: list[list[str]]) -> Iterator[list[str]]:
    """The words of each command.

    :raises Complaint: what comes next has more characters than a command may; what was before
        it is carried out.
    """
    start = _characters(plan.command)
    if start > plan.size and plan.place is None:
        what = "single argument within argument list size limit"
        raise Complaint(f"xargs: cannot fit {what}\n")
    if plan.place is not None:
        for line in lines:
            if _characters(_replaced(plan.command, plan.place, line[0])) > plan.size:
                raise Complaint(LONG_WORD if _characters(line) > plan.size else LONG_LIST)
            yield line
        return
    if plan.lines is not None:
        for at in range(0, len(lines), plan.lines):
            words = [word for line in lines[at : at + plan.lines] for word in line]
            if any(start + _characters([word]) > plan.size for word in words):
                raise Complaint(LONG_WORD)
            if start + _characters(words) > plan.size:
                raise Complaint(LONG_LIST)
            yield words
        return
    group: list[str] = []
    for word in (word for line in lines for word in line):
        full = plan.words is not None and len(group) >= plan.words
        over = start + _characters([*group, word]) > plan.size
        if group and start + _characters([word]) > plan.size:
            yield group
            raise Complaint(LONG_WORD)
        if over and not group:
            raise Complaint(LONG_WORD)
        if over and not full and plan.exits and plan.words is not None:
            raise Complaint(LONG_LIST)
        if group and (full or over):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _characters(words: list[str]) -> int:
    """With the one that ends each."""
    return sum(len(word) + 1 for word in words)


def _replaced(command: list[str], place: str, word: str) -> list[str]:
    return [part.replace(place, word) for part in command]


async def _all(call: Call, plan: XargsPlan, groups: list[list[str]]) -> int:
    if (problem := cannot(call, plan.command[0])) is not None and groups:
        text, status = problem
        raise Complaint(f"xargs: {plan.command[0]}: {text}\n", status)
    waiting = asyncio.Semaphore(plan.at_once)
    shells = [child_of(call) for _ in range(min(plan.at_once, len(groups)))]
    worst, over = 0, False

    async def one(words: list[str]) -> None:
        nonlocal worst, over
        async with waiting:
            if over:
                return
            shell = shells.pop()
            try:
                if plan.place is not None:
                    line = _replaced(plan.command, plan.place, words[0])
                else:
                    line = [*plan.command, *words]
                if plan.tells:
                    await call.err(" ".join(map(_shown, line)) + "\n")
                status = await shell.run(shlex.join(line), call.out, call.err, stdin=b"")
            finally:
                shells.append(shell)
            if status == 255:
                over, worst = True, ABORTS
                await call.err(f"xargs: {plan.command[0]}: exited with status 255; aborting\n")
            elif status:
                worst = worst or FAILED

    await asyncio.gather(*map(one, groups))
    return worst


def _shown(word: str) -> str:
    """As a shell would read it, control characters by their names."""
    if re.fullmatch(r"[^\s\x00-\x1f\x7f!\"$&'()*;<=>?\[\\^`|~#]+", word) and word not in ("{", "}"):
        return word
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    parts = [part for part in re.split(r"([\n\t\r]+)", word) if part]
    if len(parts) == 1 and parts[0] == word and not set(word) & set(named):
        return shlex.quote(word)
    shown = (
        "$'" + "".join(named[letter] for letter in part) + "'"
        if part[0] in named
        else "'" + part.replace("'", "'\\''") + "'"
        for part in parts
    )
    return ("" if word and word[0] not in named else "''") + "".join(shown)


def cannot(call: Call, name: str) -> tuple[str, int] | None:
    """Why a command cannot be run: what starts programs knows no shell's own."""
    folders = call.env.get("PATH", "").split(":") if "/" not in name else [""]
    found = None
    for folder in folders:
        path = call.path(f"{folder}/{name}" if folder else name)
        try:
            inode = call.fs.look(path)
        except OSError:
            continue
        if not inode.is_directory and call.fs.allows(path, 1):
            return None
        found = ("Permission denied", NOT_RUN)
    return found or ("No such file or directory", NOT_FOUND)
