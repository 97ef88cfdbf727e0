"""What multipass answers, line by line: ``dialogues.txt`` holds them, with ``---`` between two.

Addresses, moments and the folder of the test are written ``ADDRESS``, ``WHEN`` and ``HERE``.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

DIALOGUES = Path(__file__).with_name("dialogues.txt").read_text("utf-8").rstrip("\n")
CHANGING = (
    (re.compile(r"127\.\d+\.\d+\.\d+"), "ADDRESS"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)"), "WHEN"),
)


def fixed(text: str, here: str) -> str:
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return text.replace(here, "HERE").rstrip("\n")


@pytest.mark.parametrize(
    "dialogue", DIALOGUES.split("\n---\n"), ids=range(99)[: 1 + DIALOGUES.count("\n---\n")]
)
async def test_answers(mp, dialogue):
    said = []
    for line in [line for line in dialogue.splitlines() if line.startswith("$ ")]:
        done = await mp(*shlex.split(line[2:]))
        said += [line, fixed(done.out + done.err, str(mp.cwd))]
        said += [f"[status {done.status}]"] if done.status else []
    assert "\n".join(text for text in said if text) == dialogue
