"""Putting a lab at the start of a section, and bringing back what it was before.

A lab that is all in its folder is kept by moving the folder: at once, and without a copy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from owlab import durable, machines, places
from owlab.errors import ConfigError, DamagedFolder, LabError
from owlab.guide import STEPS, find, section_number
from owlab.guided import GuidedLab
from owlab.lab import Lab
from owlab.language import _

MOST = 3
"""Labs kept of one name; the oldest one goes for the next."""
_NOTE = "kept.json"
_LAST = section_number(STEPS[-1].section)[0]


@dataclass(frozen=True, slots=True)
class PastLab:
    """A lab as it was."""

    folder: Path
    when: datetime
    why: str
    about: str


def section_to_go_to(text: str) -> int:
    """A section of the guide, as people write it: ``05``, ``5``.

    :raises ConfigError: there is none of that number.
    """
    number = section_number(text)
    if len(number) != 1 or not 1 <= number[0] <= _LAST:
        raise ConfigError(
            brief=_("{text!r} is no section that a lab can be put at.").format(text=text),
            resolution=_("Name one from 1 to {last}, such as 05.").format(last=_LAST),
        )
    return number[0]


def refuse_what_cannot_be_kept(lab: Lab) -> None:
    """Only what can be brought back is put somewhere else.

    :raises ConfigError: nothing was changed.
    """
    if not lab.provider.is_all_in_its_folder:
        raise ConfigError(
            brief=_("A lab on {name} cannot be put somewhere else.").format(name=lab.provider.name),
            details=_(
                "Its machines cannot be kept as they are and brought back: what is on them "
                "would be lost. Nothing was changed."
            ),
            resolution=_(
                "Take steps back one by one, the last one first: `owlab step SECTION --undo`."
            ),
        )


def about(lab: Lab) -> str:
    """What there is to lose, in a few words; empty for a lab in which nothing was done.

    What somebody typed by hand in a pocket lab is in its folder, and in no record.
    """
    try:
        if not lab.folder.is_built:
            return _("what was typed in it") if machines.has_pocket_lab(lab.directory) else ""
    except DamagedFolder:
        return _("files that cannot be read")
    done = {key for key, _machine in lab.folder.carried_out()}
    last = max((find(key).section for key in done), key=section_number, default="")
    count = len(lab.folder.made())
    machines_made = (_("{count} machine") if count == 1 else _("{count} machines")).format(
        count=count
    )
    return _("{machines}, and steps up to {last}").format(
        machines=machines_made, last=last or _("none")
    )


def goto(lab: GuidedLab, section: int) -> bool:
    """Put the lab at the start of a section: all before it done, nothing after.

    :returns: whether there was something, which :func:`undo` brings back.
    """
    refuse_what_cannot_be_kept(lab)
    was = _put_aside(lab, _("before `owlab goto {section:02}`").format(section=section))
    before = [step for step in STEPS if section_number(step.section)[0] < section]
    if before:
        lab.up(before[-1].section, new=True)
    return was


def local(when: datetime) -> str:
    """A moment as people here read it."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def kept(name: str) -> list[PastLab]:
    """Labs of that name as they were, newest first."""
    found = []
    folder = places.kept_directory(name)
    for path in folder.iterdir() if folder.is_dir() else ():
        with suppress(OSError, ValueError, KeyError, TypeError):
            note = json.loads((path / _NOTE).read_text("utf-8"))
            when = datetime.fromisoformat(note["when"])
            found.append(PastLab(path, when, str(note["why"]), str(note["about"])))
    return sorted(found, key=lambda item: item.when, reverse=True)


def undo(lab: Lab, number: int = 1) -> PastLab:
    """Bring a lab back as it was; what it is now is kept in its place, for the next undo.

    :param number: which one: 1 is the newest.
    :raises ConfigError: there is nothing of it.
    """
    refuse_what_cannot_be_kept(lab)
    known = kept(lab.directory.name)
    if not 1 <= number <= len(known):
        raise ConfigError(
            brief=_("There is nothing to bring back for the lab {name!r}.").format(
                name=lab.directory.name
            )
            if not known
            else _("Number {number} is none of the {count} that are kept.").format(
                number=number, count=len(known)
            ),
            resolution=_(
                "`owlab goto` keeps a lab before it replaces it; "
                "`owlab undo --list` tells what is kept."
            ),
        )
    chosen = known[number - 1]
    _put_aside(lab, _("before `owlab undo`"), spare=chosen.folder)
    with _telling(lab):
        if lab.directory.exists():
            places.remove(lab.directory)  # nothing was done in it
        lab.directory.parent.mkdir(parents=True, exist_ok=True)
        chosen.folder.rename(lab.directory)
        (lab.directory / _NOTE).unlink(missing_ok=True)
    return chosen


def _put_aside(lab: Lab, why: str, spare: Path | None = None) -> bool:
    """Move the lab's folder to those that are kept, and begin a new one with its settings."""
    what = about(lab)
    if not what:
        return False
    settings = lab.config.flat()
    now = datetime.now(UTC)
    folder = places.kept_directory(lab.directory.name)
    target = folder / now.strftime("%Y%m%dT%H%M%S.%f")
    with lab.folder.busy(), _telling(lab):
        machines.halt(lab.directory)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        note = {"when": now.isoformat(), "why": why, "about": what}
        durable.write(lab.directory / _NOTE, json.dumps(note), 0o600)
        lab.directory.rename(target)
    lab.folder.make_folder()
    lab.folder.write_settings(settings)
    others = [item.folder for item in kept(lab.directory.name) if item.folder != spare]
    for old in others[MOST:]:
        with suppress(OSError):
            places.remove(old)
    return True


@contextmanager
def _telling(lab: Lab) -> Iterator[None]:
    """What the system refuses, as an error of owlab's."""
    try:
        yield
    except OSError as error:
        raise LabError(
            brief=_("The lab {name!r} could not be moved.").format(name=lab.directory.name),
            details=f"{error.strerror}: {error.filename}",
            resolution=_("Nothing of it is lost: see `owlab labs` and `owlab undo --list`."),
        ) from None
