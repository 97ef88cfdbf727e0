"""An expected failure takes a few lines in a notebook, not forty of stack trace."""

from __future__ import annotations

from owlab.errors import LabError

IPYTHON_ASKS_FOR = "_render_traceback_"
"""The method by which an exception may say how it is shown."""

WHAT_TO_DO = "What to do: "


def show_briefly() -> None:
    """From now on IPython shows a LabError by its three parts."""
    setattr(LabError, IPYTHON_ASKS_FOR, _three_parts)


def _three_parts(error: LabError) -> list[str]:
    """IPython asks for this more than once, so it only answers."""
    lines = [f"{type(error).__name__}: {error.brief}"]
    if error.details:
        lines.append(error.details)
    if error.resolution:
        lines.append(WHAT_TO_DO + error.resolution)
    return lines


def parts(kind: str, traceback: list[str]) -> tuple[str, str, str] | None:
    """Brief, details and resolution from such a traceback; None for any other."""
    if not traceback or not traceback[0].startswith(f"{kind}: ") or "Traceback" in traceback[0]:
        return None
    rest = traceback[1:]
    resolution = ""
    if rest and rest[-1].startswith(WHAT_TO_DO):
        resolution = rest.pop().removeprefix(WHAT_TO_DO)
    return traceback[0].removeprefix(f"{kind}: "), "\n".join(rest), resolution
