"""Exercises of notebook 00."""

from __future__ import annotations

from owlab import settings
from owlab.command import HOST
from owlab.errors import ConfigError
from owlab.lab import Lab
from owlab.language import _
from owlab.notebook.checks import Claim, claim
from owlab.notebook.exercises.base import printed

_GIB = 1024**3


def _note_on_the_laptop(lab: Lab, answer: object) -> list[Claim]:
    said = printed(lab, HOST, "cat ~/notes.txt")
    return [
        claim(
            _("~/notes.txt is on the laptop, and tells a date"),
            any(year in said for year in ("202", "203")),
            said or _("there is no such file"),
            _("Begin the cell with %%on host, and write `date` into the file with >."),
        )
    ]


def _small_and_real(lab: Lab, answer: object) -> list[Claim]:
    if not isinstance(answer, dict):
        seen = _("no answer yet") if answer is ... else repr(answer)
        remedy = _("A dict: {'provider': ..., ...}.")
        return [claim(_("there is an answer"), False, seen, remedy)]
    try:
        config = settings.load(answer, environment={})
    except ConfigError as error:
        return [Claim(_("the settings are possible"), False, (error.details,), error.resolution)]
    memory = config.memory_bytes / _GIB
    return [
        claim(
            _("the machines are real"),
            config.provider == "multipass",
            _("provider {provider}").format(provider=config.provider),
            _("Which provider makes real machines on this computer?"),
        ),
        claim(
            _("4 GB are left for everything else"),
            memory <= 12,
            _("{count} machines, {memory:.0f} GB").format(
                count=len(config.machines), memory=memory
            ),
            _("Look for a profile in the table of parameters, or name sizes one by one."),
        ),
    ]


JUDGES = {"00.1": _note_on_the_laptop, "00.2": _small_and_real}
