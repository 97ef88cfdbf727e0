"""Editors typed in a terminal: the file is fetched from the machine, edited here, written there."""

from __future__ import annotations

import base64
import json
import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Round:
    """Something that is read by one command, edited, and given to another."""

    name: str
    read: str
    write: str
    """Takes the text on standard input."""
    done: tuple[str, str] = ("", "")
    """A word of what the second command says, and the one to show in its place."""


def round_of(text: str) -> Round | None:
    """``kubectl edit`` and ``crontab -e``, where a line is one of them."""
    if any(mark in text for mark in "|;&<>\n`$("):
        return None
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    before = ["sudo"] if words[:1] == ["sudo"] else []
    words = words[len(before) :]
    if words[:1] == ["crontab"] and "-e" in words:
        rest = [word for word in words if word != "-e"]
        read, write = shlex.join([*before, *rest, "-l"]), shlex.join([*before, *rest, "-"])
        return Round("crontab", f"{read} 2>/dev/null", write)
    command = words[: words.index("edit")] if "edit" in words else []
    if not command or (command[-1:] not in (["kubectl"],) and "kubectl" not in command):
        return None
    rest = words[len(command) + 1 :]
    if not rest or rest[0].startswith("-"):
        return None
    base = [*before, *command]
    space = [w for i, w in enumerate(rest) if w in ("-n", "--namespace") or rest[i - 1] == "-n"]
    return Round(
        "kubectl-edit.yaml",
        shlex.join([*base, "get", *rest, "-o", "yaml"]),
        shlex.join([*base, "replace", *(space if len(space) == 2 else []), "-f", "-"]),
        ("replaced", "edited"),
    )


def edit_round(round_: Round, capture: Capture) -> int:
    """Read, edit, and hand over what was written."""
    from owlab.pocket.client.editor import Editor

    text = capture(round_.read)
    if round_.name != "crontab" and not text.startswith("apiVersion"):
        sys.stdout.write(capture(f"{round_.read} 2>&1"))
        return 1
    kept: list[str] = []

    def write(name: str, content: str) -> str:
        kept.append(content)
        return ""

    status = Editor(round_.name, text, write, program="vi", new=not text).run()
    if not kept or kept[-1] == text:
        sys.stdout.write("Edit cancelled, no changes made.\n")
        return status
    packed = base64.b64encode(kept[-1].encode()).decode()
    told = capture(f"base64 -d <<< {packed} | {round_.write} 2>&1")
    sys.stdout.write(told.replace(*round_.done) if round_.done[0] else told)
    return status


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
