"""Editors typed in a terminal: the file is fetched from the machine, edited here, written there."""

from __future__ import annotations

import base64
import json
import re
import shlex
import sys
from collections.abc import Callable

Capture = Callable[[str], str]
"""Runs a command in the terminal's shell and returns what it printed."""

EDITORS = ("vim", "vi", "view", "nano", "pico", "editor", "emacs")
NAMES = "|".join((*EDITORS, "sudoedit", "visudo"))
LOOKS_LIKE = re.compile(rf"^\s*(?:sudo\s+(?:-\S+\s+)*)?(?:\S*/)?(?:{NAMES})\b")


def words_of(text: str) -> tuple[str, str, str] | None:
    """Program, file and what comes before (``sudo``), where a line opens an editor."""
    if not LOOKS_LIKE.match(text) or any(mark in text for mark in "|;&<>\n`$("):
        return None
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    before = ""
    if words and words[0] in ("sudo", "sudoedit"):
        before = "sudo "
        if words.pop(0) == "sudoedit":
            words.insert(0, "editor")
        while words and words[0].startswith("-"):
            words.pop(0)
    if not words:
        return None
    program = words.pop(0).rpartition("/")[2]
    if program == "visudo":
        return "nano", "/etc/sudoers", before
    files = [word for word in words if not word.startswith(("-", "+"))]
    if program not in EDITORS or len(files) != 1:
        return None
    return program, files[0], before


def edit(program: str, name: str, before: str, capture: Capture) -> int:
    """Open a file of the machine in an editor; returns its exit status."""
    from owlab.pocket.client.editor import Editor

    quoted = shlex.quote(name)
    try:
        answer = json.loads(capture(f"{before}__owlab_read {quoted}") or "{}")
    except ValueError:
        answer = {"problem": "the machine did not answer"}
    if "problem" in answer:
        sys.stdout.write(f"{program}: {name}: {answer['problem']}\n")
        return 1

    def write(target: str, text: str) -> str:
        packed = base64.b64encode(text.encode()).decode()
        return capture(f"{before}__owlab_write {shlex.quote(target)} <<< {packed}").strip()

    text = base64.b64decode(answer["text"]).decode(errors="replace")
    return Editor(name, text, write, program=program, new="new" in answer).run()
