"""Facts: a read-only command and a pure parser of what it prints.

Read at the moment of use, never remembered: the world is the state.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from owlab.command import Command

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """Something to know about the world.

    :param command: how to ask; it changes nothing.
    :param parse: from its standard output to the answer.
    :param default: the answer when the command fails, such as "there is none".
    """

    command: Command
    parse: Callable[[str], T]
    default: T


def json_fact(text: str, on: str, default: object = None, timeout: float = 60) -> Fact[Any]:
    """A fact whose command prints JSON."""
    return Fact(Command(text, on=on, timeout=timeout), parse_json, default)


def succeeds(text: str, on: str) -> Fact[bool]:
    """Whether a command exits with 0."""
    return Fact(Command(text, on=on, timeout=60), lambda _: True, False)


def parse_json(output: str) -> Any:
    """JSON that may follow lines for people, as after ``ok: got action hello``."""
    start = min((i for i in (output.find("{"), output.find("[")) if i >= 0), default=-1)
    if start < 0:
        raise ValueError(f"no JSON in {output[:80]!r}")
    return json.JSONDecoder().raw_decode(output[start:])[0]
