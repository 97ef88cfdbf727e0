"""An expected failure takes a few lines in a notebook, not forty of stack trace."""

from __future__ import annotations

from typing import Any

from owlab.errors import LabError
from owlab.language import N_, _, spellings
from owlab.notebook import cells

IPYTHON_ASKS_FOR = "_render_traceback_"
"""The method by which an exception may say how it is shown."""

WHAT_TO_DO = N_("What to do: ")


INTERRUPTED = N_("Interrupted. What is done stays done; run the cell again to go on.")


def show_briefly() -> None:
    """From now on IPython shows a LabError by its three parts, and an interrupt as one line.

    A name that an earlier cell would have made is answered with that cell.
    """
    setattr(LabError, IPYTHON_ASKS_FOR, _three_parts)
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is not None:
        shell.set_custom_exc((KeyboardInterrupt, NameError), _show)


def _show(
    shell: Any, kind: type[BaseException], value: BaseException, tb: Any, **options: Any
) -> None:
    """What IPython calls in place of a stack trace for these kinds."""
    if isinstance(value, KeyboardInterrupt):
        shell._showtraceback(kind, value, [f"KeyboardInterrupt: {_(INTERRUPTED)}"])
        return
    cell = cells.making(str(getattr(value, "name", "") or ""))
    # Only a name that this very cell uses: a fault inside a function is shown whole.
    if cell and tb.tb_next is not None and tb.tb_next.tb_next is None:
        wanted = _(WHAT_TO_DO) + _("Run this cell first, {cell}").format(cell=cell)
        shell._showtraceback(kind, value, [f"NameError: {value}", wanted])
        return
    lines = shell.InteractiveTB.structured_traceback(kind, value, tb)
    shell._showtraceback(kind, value, lines)


def _three_parts(error: LabError) -> list[str]:
    """IPython asks for this more than once, so it only answers."""
    lines = [f"{type(error).__name__}: {error.brief}"]
    if error.details:
        lines.append(error.details)
    if error.resolution:
        lines.append(_(WHAT_TO_DO) + error.resolution)
    return lines


def parts(kind: str, traceback: list[str]) -> tuple[str, str, str] | None:
    """Brief, details and resolution from such a traceback; None for any other."""
    if not traceback or not traceback[0].startswith(f"{kind}: ") or "Traceback" in traceback[0]:
        return None
    rest = traceback[1:]
    resolution = ""
    for mark in spellings(WHAT_TO_DO):
        if rest and rest[-1].startswith(mark):
            resolution = rest.pop().removeprefix(mark)
    return traceback[0].removeprefix(f"{kind}: "), "\n".join(rest), resolution
