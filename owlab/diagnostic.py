"""One finding about a computer: the vocabulary of `owlab doctor` and of preflights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from owlab.errors import LabError

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What was looked at, the verdict, what was seen, and what to do about it."""

    name: str
    verdict: Verdict
    seen: str
    advice: str = ""


def refused(name: str, error: LabError) -> Diagnostic:
    """An error as a finding: what to do stands in its own column."""
    return Diagnostic(name, "fail", f"{error.brief}\n{error.details}".strip(), error.resolution)
