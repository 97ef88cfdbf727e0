"""Where one command ends and the next begins, in what was typed or pasted."""

from __future__ import annotations

import functools
import re
import secrets
import shlex
from collections.abc import Callable, Iterator

from bashkit import Bash, BashError

UNFINISHED = re.compile(r"unexpected end|unexpected EOF|unterminated|missing ['\"]?(fi|done|esac)")
HEREDOC = re.compile(r"<<(-?)\s*(\\?)(['\"]?)([A-Za-z_][\w.-]*)\3")
CONTINUES = re.compile(r"(?:&&|\|\|?)\s*(?:#.*)?$")


@functools.cache
def _parser() -> Bash:
    return Bash()


def complete(text: str) -> bool:
    """The text can be run as it is; False while bash would ask for another line."""
    lines = text.split("\n")
    if in_heredocs(lines)[1]:
        return False
    last = next((line for line in reversed(lines) if line.strip()), "")
    if _continued(text) or (CONTINUES.search(last) and not last.lstrip().startswith("#")):
        return False
    try:
        _parser().analyze(text)
    except BashError as error:
        return not UNFINISHED.search(str(error))
    return True


def _continued(text: str) -> bool:
    """The text ends in a backslash that is not itself escaped."""
    stripped = text.removesuffix("\n")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return backslashes % 2 == 1


def in_heredocs(lines: list[str]) -> tuple[list[bool], bool]:
    """Of each line whether it is of a here-document, and whether one still waits for its end."""
    waiting: list[tuple[bool, str]] = []
    inside: list[bool] = []
    for line in lines:
        inside.append(bool(waiting))
        if waiting:
            tabs, word = waiting[0]
            if (line.lstrip("\t") if tabs else line) == word:
                waiting.pop(0)
            continue
        without = re.sub(r"'[^']*'|<<<", "", line) if "<<" in line and "<<'" not in line else line
        if not line.lstrip().startswith("#"):
            waiting = [(bool(tabs), word) for tabs, _, _, word in HEREDOC.findall(without)]
    return inside, bool(waiting)


def commands(text: str) -> Iterator[str]:
    """Split a script into complete commands, in order; comments and empty lines are dropped.

    What is left at the end without being complete is given as it is: the shell says what misses.
    """
    pending: list[str] = []
    for line in text.split("\n"):
        if not pending and (not line.strip() or line.lstrip().startswith("#")):
            continue
        pending.append(line)
        candidate = "\n".join(pending)
        if complete(candidate):
            yield candidate
            pending.clear()
    if any(line.strip() for line in pending):
        yield "\n".join(pending)


def with_input(text: str, typed: Callable[[int | None], str]) -> str:
    """A command that would read the terminal, with what is typed for it as a here-document.

    :param typed: asks for lines: so many, or until their end.
    """
    if not reads_terminal(text):
        return text
    lines = typed(1 if text.split()[0] == "read" else None)
    end = f"END_{secrets.token_hex(4)}"
    return f"{{ {text.strip()}\n}} <<'{end}'\n{lines}{end}"


def reads_terminal(text: str) -> bool:
    """``cat > FILE``, ``tee FILE``, ``read NAME`` and their like, alone on a line."""
    line = text.strip()
    if "\n" in line or re.search(r"<|;|&&|\|\||&$|^[^|]*\$\(", line):
        return False
    try:
        words = shlex.split(re.sub(r"\d?>>?\s*\S+", "", line.split("|")[0]))
    except ValueError:
        return False
    while words and (words[0] in ("sudo", "command") or words[0].startswith("-")):
        words.pop(0)
    if not words:
        return False
    files = [word for word in words[1:] if word == "-" or not word.startswith("-")]
    if words[0] in ("cat", "sort", "wc", "nl", "tac", "rev"):
        return files in ([], ["-"])
    return words[0] in ("tee", "read")
