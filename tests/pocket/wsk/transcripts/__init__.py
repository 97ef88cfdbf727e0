"""What the real wsk 1.2.0 printed: command lines with their output, in the order in which they ran.

A line begins with what it is: ``$`` a command line, ``|`` its standard output, ``!`` its standard
error, ``=`` its exit status when that is not 0. ``+`` is a command that only makes what later ones
need, and ``#`` a comment. Sentences of the server are those of our OpenWhisk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
FILES = HERE / "files"


@dataclass
class Run:
    """One command line, and what it should do; without expectations it is a preparation."""

    command: str
    expected: bool
    status: int = 0
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)


def runs(name: str) -> list[Run]:
    """The command lines of a transcript."""
    path = HERE / f"{name}.txt"
    found: list[Run] = []
    for line in path.read_text("utf-8").splitlines():
        mark, text = line[:1], line[2:]
        if mark in ("$", "+"):
            found.append(Run(text, mark == "$"))
        elif mark == "|":
            found[-1].out.append(text)
        elif mark == "!":
            found[-1].err.append(text)
        elif mark == "=":
            found[-1].status = int(text)
    return found


REPLACED = (
    (r"\b[0-9a-f]{32}\b", "<id>"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?", "<time>"),
    (r"at <time> \S+ \S+\)", "at <time>)"),
    (r'"(updated|start|end|duration|initTime|waitTime|dateChanged)": \d+', r'"\1": <n>'),
    (r"(displaying field (?:duration|start|end)\n)\d+", r"\1<n>"),
    (r'("key": "(?:wait|init)Time",\n +"value": )\d+', r"\1<n>"),
    (r"(cold|warm)  +[\d.]+m?s +", "<start> "),
    (r"(127\.0\.0\.1|<APIHOST>):\d+", "<host>"),
    (r"<APIHOST>", "<host>"),
    (r"[0-9a-f-]{36}:\w{64}|<KEY>", "<key>"),
    (r"Basic [\w+/=]+", "Basic <key>"),
    (r"DIR/|/home/ubuntu/", "<dir>/"),
    # Where Node.js was when the action threw is no affair of wsk's.
    (r',\n *"<time> stdout:     at (?!main)[^\n]*"', ""),
)


# What Go keeps in a map it tells in another order each time.
UNORDERED = re.compile(r"(Valid values are: \[|Supported (?:Runtimes|Web Exports) \[)([^]]*)")


def plain(text: str) -> str:
    """Without identifiers, times, addresses and the order of what has none."""
    for pattern, replacement in REPLACED:
        text = re.sub(pattern, replacement, text)
    return UNORDERED.sub(
        lambda found: found[1] + " ".join(sorted(re.split(r",? ", found[2]))), text
    )
