"""A learner's own copies of the notebooks: made once, kept, renewed where nobody wrote in them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from owlab import durable
from owlab.batch.course import read_notebook
from owlab.errors import ConfigError
from owlab.language import _

_NOTES = ".owlab.json"
"""Beside the copies: what each looked like when it was made."""


class Copies:
    """The folder of a learner. The course's own notebooks are never written to.

    :param folder: where the copies are.
    :param course: the notebooks of the course.
    """

    def __init__(self, folder: Path, course: Path) -> None:
        self.folder = folder
        self._course = course

    def renew(self) -> Iterator[str]:
        """Bring what is missing or new; tells each thing that is worth telling."""
        self._refuse_the_course()
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self._course / "pictures", self.folder / "pictures", dirs_exist_ok=True)
        notes = self._notes()
        for source in sorted(self._course.glob("*.ipynb")):
            mine, fresh = self.folder / source.name, _digest(source)
            if not mine.exists():
                _put(source, mine)
                notes[source.name] = fresh
            elif notes.get(source.name) == fresh:
                continue  # nothing new in the course
            elif _digest(mine) in (notes.get(source.name), fresh):
                _put(source, mine)
                notes[source.name] = fresh
                yield _("{source}: a new version; you had written nothing in it.").format(
                    source=source.name
                )
            else:
                new = self._beside(source, notes)
                _put(source, new)
                notes[source.name] = notes[new.name] = fresh
                yield _("{source}: yours is kept. The new version is {new}.").format(
                    source=source.name, new=new.name
                )
        durable.write(self.folder / _NOTES, json.dumps(notes, indent=1))

    def restore(self, number: str) -> str:
        """A fresh copy of one notebook; what was written in the old one is kept beside it.

        :param number: such as ``03``.
        :raises ConfigError: there is none of that number.
        """
        known = number.isdecimal()
        found = sorted(self._course.glob(f"{number.zfill(2)}-*.ipynb")) if known else []
        if not found:
            raise ConfigError(
                brief=_("There is no notebook {number}.").format(number=number),
                resolution=_("Name one by its number, such as 03."),
            )
        self._refuse_the_course()
        (source,) = found
        mine = self.folder / source.name
        told = _("{source} is as new.").format(source=source.name)
        if mine.exists() and _digest(mine) != _digest(source):
            kept = _free(self.folder / f"{source.stem}.mine.ipynb")
            mine.rename(kept)
            told += _(" What you wrote is in {name}.").format(name=kept.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        _put(source, mine)
        notes = {**self._notes(), source.name: _digest(source)}
        durable.write(self.folder / _NOTES, json.dumps(notes, indent=1))
        return told

    def _beside(self, source: Path, notes: dict[str, str]) -> Path:
        """Where a new version goes: not over an earlier one in which somebody wrote."""
        new = self.folder / f"{source.stem}.new.ipynb"
        untouched = not new.exists() or _digest(new) == notes.get(new.name)
        return new if untouched else _free(new)

    def _refuse_the_course(self) -> None:
        if self.folder.resolve() == self._course.resolve():
            raise ConfigError(
                brief=_("{folder} holds the notebooks of the course itself.").format(
                    folder=self.folder
                ),
                resolution=_("Name another folder for your copies, with --folder."),
            )

    def _notes(self) -> dict[str, str]:
        with suppress(OSError, ValueError):
            return dict(json.loads((self.folder / _NOTES).read_text("utf-8")))
        return {}


def _put(source: Path, target: Path) -> None:
    """Copy a notebook, all or nothing: half a one would be taken for a learner's."""
    durable.write(target, source.read_text("utf-8"))


def _digest(path: Path) -> str:
    """Of what people write: a notebook that only ran is the same one."""
    try:
        cells = [(cell.cell_type, cell.source) for cell in read_notebook(path).cells]
    except Exception:
        # No notebook any more: whatever it is, somebody wrote it.
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _free(path: Path) -> Path:
    """This path, or the next one with a number that nobody has."""
    number = 1
    free = path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}.ipynb")
    return free
