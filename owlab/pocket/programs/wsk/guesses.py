"""``Did you mean this?``: commands that are spelled almost as a word that is none."""

from __future__ import annotations

# In the order in which wsk names them.
COMMANDS = (
    "action", "activation", "package", "rule", "trigger", "sdk", "property", "namespace", "list",
    "api", "project",
)  # fmt: skip
NEAR = 2
"""So many letters may be wrong, missing, or too many."""


def distance(left: str, right: str) -> int:
    """How many letters have to be changed, added or taken away."""
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        above, row = row, [i]
        for j, other in enumerate(right, 1):
            row.append(min(row[-1] + 1, above[j] + 1, above[j - 1] + (letter != other)))
    return row[-1]


def suggestions(word: str) -> str:
    """What is told behind the sentence about an unknown command; nothing when none is near."""
    given = word.lower()
    near = [name for name in COMMANDS if distance(given, name) <= NEAR or name.startswith(given)]
    if not near:
        return ""
    return "\n\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in near)
