"""The context in which bashkit calls back, so that its callbacks can start at the same time."""

from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from bashkit import Bash

_P = ParamSpec("_P")
_T = TypeVar("_T")
_copy_context = contextvars.copy_context


class SharedContext:
    """A context that any number of threads may enter at once: each enters a copy.

    bashkit starts all callbacks of a script in one :class:`contextvars.Context`, from threads of
    its own. Such a context can be entered by one thread at a time, so that a thread switch at the
    wrong moment, as on a busy machine, made a command fail with "cannot enter context".
    """

    def __init__(self) -> None:
        self._original = _copy_context()

    def run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call ``work`` in a copy."""
        return self._original.copy().run(work, *args, **kwargs)


def start_script(bash: Bash, script: str, **sinks: Any) -> Awaitable[Any]:
    """``bash.execute(…)``, whose callbacks cannot be in each other's way.

    bashkit asks :mod:`contextvars` for the context when it is called, and never again.
    """
    contextvars.copy_context = SharedContext  # type: ignore[assignment]
    try:
        awaitable: Awaitable[Any] = bash.execute(script, **sinks)
        return awaitable
    finally:
        contextvars.copy_context = _copy_context
