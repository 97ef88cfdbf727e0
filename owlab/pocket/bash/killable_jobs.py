"""Jobs of a script that may be killed: what they print comes at once.

bashkit gives a job's output on when the job has ended, and not at all when it is killed. Where a
script kills, a job at its top prints through a program of ours, which passes on what comes.
"""

from __future__ import annotations

import re

from owlab.pocket.bash.tokens import statements

KILLS = re.compile(r"\bkill\b")
KEEP = "__owlab_kept"


def kept(script: str) -> str:
    """The script, with such jobs."""
    if "&" not in script or not KILLS.search(script):
        return script
    for one in reversed(statements(script)):
        text = script[one.start : one.end]
        if one.sign != "&" or "<<" in text or "#" in text:
            continue
        job = f"{{ {{ {text}; }} | {KEEP}; (exit ${{PIPESTATUS[0]}}); }}"
        script = script[: one.start] + job + script[one.end :]
    return script
