"""`getopt`: a script's options in an order that it can walk through."""

from __future__ import annotations

import getopt
import re

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, usage

OWN = re.compile(r"[+-]?(?:[A-Za-z0-9?]:{0,2})*")


LONGEST = ("options", "longoptions", "name", "shell")


@program("getopt", machines="all")
async def getopt_tool(call: Call) -> int:
    """``getopt -o SHORT [-l LONG] [-n NAME] -- WORDS``; ``-T`` tells that it is the new one."""
    argv = call.argv
    if argv in (["-T"], ["--test"]):
        return 4
    if argv and not argv[0].startswith("-"):
        return await _parsed(call, argv[0], [], argv[1:], "getopt", plain=True)
    try:
        own, words = getopt.getopt(
            argv, "o:l:n:aqQs:u", ["options=", "longoptions=", "name=", "alternative", "quiet",
                                   "quiet-output", "shell=", "unquoted", "long="],
        )  # fmt: skip
    except getopt.GetoptError as error:
        raise usage("getopt", _own_fault(error, argv), 2) from None
    given = dict(own)
    short = given.get("-o", given.get("--options"))
    if short is None:
        if not words:
            raise usage("getopt", "missing optstring argument", 2)
        short = words.pop(0)
    names = [value for name, value in own if name in ("-l", "--long", "--longoptions")]
    long = [name for value in names for name in re.split(r"[,\s]+", value) if name]
    name = given.get("-n") or given.get("--name") or "getopt"
    plain = bool({"-u", "--unquoted"} & set(given))
    quiet = bool({"-q", "--quiet"} & set(given))
    if {"-a", "--alternative"} & set(given):
        words = [f"-{word}" if _alternative(word, short, long) else word for word in words]
    shell = given.get("-s", given.get("--shell", "sh"))
    if shell in ("csh", "tcsh"):
        raise Complaint(f"getopt: -s {shell} is not part of the pocket lab's getopt\n", 2)
    if shell not in ("sh", "bash"):
        raise usage("getopt", "unknown shell after -s or --shell argument", 2)
    silent = bool({"-Q", "--quiet-output"} & set(given))
    return await _parsed(call, short, long, words, name, plain=plain, quiet=quiet, silent=silent)


def _own_fault(error: getopt.GetoptError, argv: list[str]) -> str:
    """What is wrong with an option of its own, as getopt says it."""
    typed = next((word for word in argv if word.startswith(f"--{error.opt}")), "")
    lacking = "requires argument" in error.msg
    if not typed or len(error.opt) == 1:
        kind = "option requires an argument" if lacking else "invalid option"
        return f"{kind} -- '{error.opt}'"
    if lacking:
        whole = next((one for one in LONGEST if one.startswith(error.opt)), error.opt)
        return f"option '--{whole}' requires an argument"
    return f"unrecognized option '{typed}'"


def _alternative(word: str, short: str, long: list[str]) -> bool:
    """``-name`` that means ``--name``."""
    key = word[1:].partition("=")[0]
    return (
        word[:1] == "-"
        and len(key) > 1
        and word[1] != "-"
        and any(one.rstrip(":").startswith(key) for one in long)
    )


async def _parsed(
    call: Call,
    short: str,
    long: list[str],
    words: list[str],
    name: str,
    *,
    plain: bool,
    quiet: bool = False,
    silent: bool = False,
) -> int:
    if OWN.fullmatch(short) is None:
        raise Complaint(f"getopt: invalid option string '{short}'\n", 2)
    letters = short.lstrip("+-")
    maybe = set(re.findall(r"(\w)::", letters))
    wanted = {one.rstrip(":"): one.count(":") for one in long}
    found, rest, status = [], [], 0
    words = list(words)

    def quoted(text: str) -> str:
        return text if plain else "'" + text.replace("'", "'\\''") + "'"

    async def wrong(text: str) -> None:
        nonlocal status
        status = 1
        if not quiet:
            await call.err(f"{name}: {text}\n")

    while words:
        word = words.pop(0)
        if word == "--":
            rest += words
            break
        if word.startswith("--"):
            key, equals, value = word[2:].partition("=")
            fits = [one for one in wanted if one == key] or [
                one for one in wanted if one.startswith(key)
            ]
            if len(fits) != 1:
                several = " ".join(f"'--{one}'" for one in fits)
                kind = f"is ambiguous; possibilities: {several}"
                shown = f"option '--{key}' {kind}" if fits else f"unrecognized option '{word}'"
                await wrong(shown)
                continue
            takes = wanted[fits[0]]
            if equals and not takes:
                await wrong(f"option '--{fits[0]}' doesn't allow an argument")
                continue
            if takes == 1 and not equals:
                if not words:
                    await wrong(f"option '--{fits[0]}' requires an argument")
                    continue
                value = words.pop(0)
            found.append(f"--{fits[0]}" + (f" {quoted(value)}" if takes else ""))
        elif word.startswith("-") and len(word) > 1:
            at = 1
            while at < len(word):
                letter = word[at]
                at += 1
                place = letters.find(letter)
                if place < 0 or letter == ":":
                    await wrong(f"invalid option -- '{letter}'")
                    continue
                if letters[place + 1 : place + 2] != ":":
                    found.append(f"-{letter}")
                    continue
                value, at = word[at:], len(word)
                if not value and letter not in maybe:
                    if not words:
                        await wrong(f"option requires an argument -- '{letter}'")
                        continue
                    value = words.pop(0)
                found.append(f"-{letter} {quoted(value)}")
        elif short.startswith("-"):
            found.append(quoted(word))
        elif short.startswith("+") or "POSIXLY_CORRECT" in call.env:
            rest += [word, *words]
            break
        else:
            rest.append(word)
    if silent:
        return status
    await call.out(" " + " ".join([*found, "--", *map(quoted, rest)]) + "\n")
    return status
