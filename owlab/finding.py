"""One finding about a computer: the vocabulary of `owlab doctor` and of preflights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, the verdict, what was seen, and what to do about it."""

    name: str
    verdict: Verdict
    seen: str
    advice: str = ""
