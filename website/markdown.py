"""Small pieces of Markdown, as MyST reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

_LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)]*)?\))")
_HEADING = re.compile(r"^(#+) (.+)$")
_FENCE = re.compile(r"^(`{3,})")
_SPECIAL = re.compile(r"([\\*_<\[\]#|~$])")


def fence(text: str, language: str = "text", caption: str = "") -> str:
    """A block of code, whatever backticks are in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    option = f":caption: {caption}\n" if caption else ""
    return f"{ticks}{{code-block}} {language}\n{option}\n{text.rstrip()}\n{ticks}\n"


def folded(summary: str, content: str, *, open_: bool = False) -> str:
    """Something that opens when it is clicked."""
    state = " open" if open_ else ""
    return f"<details{state}><summary>{summary}</summary>\n\n{content.strip()}\n\n</details>\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(c) for c in line) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split()))


def code(text: str) -> str:
    """Words of a program inside a line."""
    if not text:
        return ""
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{text}{ticks}"


def plain(text: str) -> str:
    """A sentence that is no Markdown, but for code between backticks."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(p if p.startswith("`") else _SPECIAL.sub(r"\\\1", p) for p in parts)


def section(text: str, title: str) -> str:
    """What stands under a heading, without the heading.

    :raises LookupError: there is none of that title: the page that wants it would be empty.
    """
    level, found, fenced = 0, [], ""
    for line in text.splitlines():
        fenced = _fenced(line, fenced)
        heading = None if fenced else _HEADING.match(line)
        if level and heading and len(heading[1]) <= level:
            break
        if level:
            found.append(line)
        elif heading and heading[2].strip() == title:
            level = len(heading[1])
    if not level:
        raise LookupError(f"no heading {title!r}")
    return "\n".join(found).strip() + "\n"


def _fenced(line: str, fence_: str) -> str:
    """The fence that is open after this line."""
    mark = _FENCE.match(line)
    if not mark:
        return fence_
    if not fence_:
        return mark[1]
    return "" if line.strip() == fence_ else fence_


def relink(text: str, target: Callable[[str], str]) -> str:
    """The same with other targets of its relative links."""
    return _LINK.sub(lambda found: f"{found[1]}{target(found[2])}{found[3]}", text)
