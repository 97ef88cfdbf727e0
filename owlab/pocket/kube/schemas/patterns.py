"""Regular expressions that users bring, read as Go reads them: in linear time.

Python's own take for ever for some (``^(a+)+$``), and know others than Kubernetes does.
"""

from __future__ import annotations

import functools
from typing import Any

import re2

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
# The C++ library says a few things in other words than Go's.
_IN_GO = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid repetition size": "invalid repeat count",
}


def why_wrong(pattern: str) -> str:
    """Why Go would not read it; empty for a good one."""
    try:
        _compiled(pattern)
    except re2.error as error:
        said = error.args[0] if error.args else b""
        text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        what, _, where = text.partition(": ")
        return f"error parsing regexp: {_IN_GO.get(what, what)}: `{where}`"
    except UnicodeError:
        return "error parsing regexp: invalid UTF-8"
    return ""


def matches(pattern: str, text: str) -> bool | None:
    """Whether it occurs in a text; None when it cannot be read."""
    try:
        return _compiled(pattern).search(text) is not None
    except (re2.error, UnicodeError):
        return None


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern, _OPTIONS)
