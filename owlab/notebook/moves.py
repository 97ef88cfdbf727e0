"""``goto`` and ``undo`` in a notebook, for the lab that it began with."""

from __future__ import annotations

from owlab import moving
from owlab.errors import ConfigError
from owlab.language import _
from owlab.notebook import page
from owlab.notebook.session import current


def goto(section: str | int, *, yes: bool = False) -> None:
    """Put the lab at the start of a section; :func:`undo` brings back what it was before.

    :param yes: nobody is asked in a notebook: say it here.
    :raises ConfigError: there is something in the lab, and nobody said yes.
    """
    number = moving.section_to_go_to(str(section))
    lab = current()
    moving.refuse_what_cannot_be_kept(lab)
    if (what := moving.about(lab)) and not yes:
        raise ConfigError(
            brief=_("The lab has {what}.").format(what=what),
            details=_(
                "It would be kept, and replaced by one at the start of section {number}."
            ).format(number=number),
            resolution=_("If that is what you want: goto({section!r}, yes=True)").format(
                section=section
            ),
        )
    was = moving.goto(lab, number)
    _say(
        _("The lab is at the start of section {number}.").format(number=number)
        + (_(" undo() brings back what it was before.") if was else "")
    )


def undo(number: int = 1) -> None:
    """Bring the lab back as it was before :func:`goto`; a second time takes that back."""
    found = moving.undo(current(), number)
    _say(
        _("The lab is what it was at {when}: {about}.").format(
            when=moving.local(found.when), about=found.about
        )
    )


def _say(text: str) -> None:
    page.show(page.prose(text), text)
