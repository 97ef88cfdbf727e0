"""What judges of exercises share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from owlab.command import Command
from owlab.lab import Lab
from owlab.language import _, pair
from owlab.notebook.checks import Claim, claim

Judge = Callable[[Lab, Any], list[Claim]]
"""Looks at the lab, and at the answer when there is one; changes nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of looking at an exercise. True when all of it holds."""

    key: str
    claims: tuple[Claim, ...]

    @property
    def passed(self) -> bool:
        """Everything that was looked at is as the task wants it."""
        return bool(self.claims) and all(item.passed for item in self.claims)

    @property
    def remedy(self) -> str:
        """What to do first."""
        return next((item.remedy for item in self.claims if not item.passed), "")

    @property
    def evidence(self) -> tuple[str, ...]:
        """Each thing that was looked at, whether it holds, and what was seen."""
        return tuple(
            pair(_("yes") if item.passed else _("no"), reduce(pair, (item.title, *item.evidence)))
            for item in self.claims
        )

    def __bool__(self) -> bool:
        return self.passed

    def _ipython_display_(self) -> None:
        """It is shown already."""


def printed(lab: Lab, machine: str, text: str) -> str:
    """What a command that only looks prints; empty when it fails."""
    return lab.read(Command(text, on=machine)).stdout.strip()


def answered(answer: object, right: object, question: str, remedy: str) -> list[Claim]:
    """Whether an answer is the right one. The right one is not told."""
    if answer is ...:
        return [
            claim(question, False, _("no answer yet"), _("Put your answer in place of the dots."))
        ]
    return [
        claim(question, answer == right, _("your answer: {answer!r}").format(answer=answer), remedy)
    ]
