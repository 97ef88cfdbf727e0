"""What each incident types, to break and to mend, against a golden file.

``make goldens`` rewrites it. That the faults show and the repairs repair is tested on pocket labs
(``tests/incidents``), which takes minutes.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from owlab import Lab
from owlab.command import Command
from owlab.incidents import INCIDENTS

GOLDEN = Path(__file__).parents[2] / "golden" / "incidents.txt"
REWRITE = bool(os.environ.get("OWLAB_REWRITE_GOLDENS"))


def typed(command: Command) -> str:
    limit = "" if command.timeout == Command("true").timeout else f", {command.timeout:g} s"
    return f"-- on {command.on}{limit}\n{command.text}\n"


def test_commands(lab: Lab) -> None:
    parts = []
    for name, incident in INCIDENTS.items():
        for what, commands in (("breaks", incident.breaks), ("mends", incident.mends)):
            parts += [f"== {name} {what}\n", *map(typed, commands(lab)), "\n"]
    text = "".join(parts)
    if REWRITE:
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("name", INCIDENTS)
def test_a_story_has_hints_and_an_explanation(name: str) -> None:
    incident = INCIDENTS[name]
    assert incident.name == name and incident.level in (1, 2, 3)
    assert len(incident.hints) == 3 and all(incident.hints)
    assert incident.story and incident.why and incident.minutes > 0
