"""YAML that people write, read within limits: small, not too deep, each name once, no cycles."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

MOST_BYTES = 1 << 20
MOST_VALUES = 100_000
"""Counted as often as aliases repeat them."""
DEEPEST = 50


class BadDocument(ValueError):
    """It cannot be read; the message says why, and where if that is known."""


class _StrictLoader(yaml.SafeLoader):
    """Safe, and a name that is said twice is a mistake: YAML itself would keep the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As usual, after a look at the names."""
        seen: set[Any] = set()
        for key, _ in node.value:
            if not isinstance(key.value, Hashable):
                raise yaml.constructor.ConstructorError(
                    problem="a name should be a word", problem_mark=key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value} is set twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load(text: str) -> Any:
    """What a document says.

    :raises BadDocument: it is no YAML, or beyond a limit.
    """
    if len(text) > MOST_BYTES:
        raise BadDocument(f"it is larger than {MOST_BYTES} bytes")
    try:
        found = yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as error:
        raise BadDocument(str(error)) from None
    except RecursionError:
        raise BadDocument(f"it is deeper than {DEEPEST} levels") from None
    except (ValueError, TypeError, OverflowError, AttributeError) as error:
        # An impossible date, a number without end: from the constructors of values.
        raise BadDocument(f"a value cannot be read: {error}") from None
    _measure(found)
    return found


def _measure(found: object) -> None:
    """A cycle has no end, and is too deep therefore."""
    count, level = 0, [found]
    for _ in range(DEEPEST + 1):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += value.values()
            elif isinstance(value, list | tuple | set):
                below += value
            count += 1
            if count + len(below) > MOST_VALUES:
                raise BadDocument(f"it has more than {MOST_VALUES} values")
        if not below:
            return
        level = below
    raise BadDocument(f"it is deeper than {DEEPEST} levels")
