"""Callbacks of widgets show their failures. ipywidgets itself swallows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from owlab.errors import LabError
from owlab.language import _
from owlab.notebook import page
from owlab.redact import redact


def shielded(handler: Callable[[Any], None], show: Callable[[str], None]) -> Callable[[Any], None]:
    """A callback that does as ``handler``, and shows an exception in place of losing it.

    :param show: takes HTML.
    """

    def called(change: object) -> None:
        try:
            handler(change)
        except LabError as failure:
            show(html(page.error(failure.brief, failure.details, failure.resolution)))
        except Exception as failure:
            kind = type(failure).__name__
            show(
                html(
                    page.error(
                        f"{kind}: {redact(str(failure))}",
                        resolution=_(
                            "This is a fault of owlab's own. Please report it, with what you "
                            "clicked."
                        ),
                    )
                )
            )

    return called


def html(content: str) -> str:
    """Content with its style, for a widget of HTML."""
    return str(page.bundle(content, "")["text/html"])
