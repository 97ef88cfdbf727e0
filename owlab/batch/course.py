"""Which notebooks there are, and which of them a run takes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

import owlab
from owlab.errors import BatchError
from owlab.language import ENGLISH, _, listed

_NAME = re.compile(r"(\d\d)-[a-z0-9-]+\.ipynb")


@dataclass(frozen=True, slots=True)
class NotebookFile:
    """One notebook of the course."""

    number: int
    path: Path

    @property
    def name(self) -> str:
        """Without the suffix: ``01-vm-cluster``."""
        return self.path.stem

    @property
    def digest(self) -> str:
        """Changes when the notebook does: a resumed run must not skip an edited notebook."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def read(self) -> Any:
        """Its content, as nbformat 4.

        :raises BatchError: it is no notebook.
        """
        try:
            return read_notebook(self.path)
        except Exception as error:
            # nbformat raises a dozen types for a file that it cannot use.
            raise BatchError(
                brief=_("{name} is not a notebook that can be read.").format(name=self.path.name),
                details=str(error).splitlines()[0] if str(error) else type(error).__name__,
                resolution=_("Get a fresh copy of it from the repository."),
            ) from None


def read_notebook(path: Path) -> Any:
    """A notebook file as nbformat 4; raises whatever nbformat raises."""
    library: Any = nbformat  # its functions have no types
    return library.read(path, as_version=4)


def find_directory(given: Path | None = None, language: str = ENGLISH) -> Path:
    """The folder with the notebooks: the given one, one here, or the one that came with owlab.

    :param language: of the course; a folder that is given has its own.
    """
    if given:
        return _first_of([given])
    return _first_of(_in_language([Path.cwd() / "notebooks", *_installed()], language))


def installed_directory(language: str = ENGLISH) -> Path:
    """The folder with the notebooks that came with owlab, whatever lies in the current folder."""
    return _first_of(_in_language(_installed(), language))


def _installed() -> list[Path]:
    package = Path(owlab.__file__).resolve().parent
    # In a source tree they are beside the package, in an installed one inside it.
    return [package.parent / "notebooks", package / "_notebooks"]


def _in_language(folders: list[Path], language: str) -> list[Path]:
    return folders if language == ENGLISH else [folder / language for folder in folders]


def _first_of(candidates: list[Path]) -> Path:
    for candidate in candidates:
        if any(_NAME.fullmatch(path.name) for path in candidate.glob("*.ipynb")):
            return candidate
    raise BatchError(
        brief=_("The notebooks were not found."),
        details="\n".join(
            _("looked in {candidate}").format(candidate=candidate) for candidate in candidates
        ),
        resolution=_("Run this in a clone of the repository, or name the folder with --notebooks."),
    )


def find_notebooks(directory: Path) -> list[NotebookFile]:
    """Every ``NN-name.ipynb`` there, in order."""
    found = [
        NotebookFile(int(match[1]), path)
        for path in sorted(directory.glob("*.ipynb"))
        if (match := _NAME.fullmatch(path.name))
    ]
    return sorted(found, key=lambda notebook: notebook.number)


def select(notebooks: list[NotebookFile], first: int, last: int) -> list[NotebookFile]:
    """Those numbered ``first`` to ``last``.

    :raises BatchError: there is none, or the order is reversed.
    """
    chosen = [notebook for notebook in notebooks if first <= notebook.number <= last]
    if chosen:
        return chosen
    numbers = listed(f"{notebook.number:02}" for notebook in notebooks)
    raise BatchError(
        brief=_("There is no notebook from {first:02} to {last:02}.").format(
            first=first, last=last
        ),
        details=_("Numbers that exist: {numbers}.").format(numbers=numbers),
        resolution=_("Choose --from and --to among them, the smaller one first."),
    )
