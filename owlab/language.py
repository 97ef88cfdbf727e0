"""Which language owlab speaks, and its own sentences in it.

``_("text")`` is the text in the language of the moment. Programs that owlab runs, such as kubectl,
speak as they do.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from gettext import NullTranslations

ENGLISH, CHINESE = "en", "zh"
LANGUAGES = {ENGLISH: "English", CHINESE: "中文"}
VARIABLE = "OWLAB_LANG"
"""In the environment; processes that owlab starts inherit it."""

_CATALOGUES = {CHINESE: "zh_CN"}
_SYSTEM = ("LC_ALL", "LC_MESSAGES", "LANG")
_FOLDER = Path(__file__).parent / "locale"


def current() -> str:
    """The language of this moment: OWLAB_LANG, else Chinese where the system's is, else English."""
    if wanted := os.environ.get(VARIABLE, ""):
        return named(wanted) or ENGLISH
    system = next((value for name in _SYSTEM if (value := os.environ.get(name, ""))), "")
    return CHINESE if named(system) == CHINESE else ENGLISH


def named(name: str) -> str:
    """The language that ``zh``, ``zh-CN`` or ``zh_CN.UTF-8`` names; empty if there is none."""
    code = name.strip().lower().partition(".")[0].replace("-", "_").partition("_")[0]
    return code if code in LANGUAGES else ""


def unknown(name: str) -> str:
    """What to answer to a name that is none."""
    known = ", ".join(f"{code} ({title})" for code, title in LANGUAGES.items())
    return f"{name!r} is not a language of owlab. There are: {known}."


def choose(language: str) -> None:
    """Speak this language from now on, also in processes that are started."""
    os.environ[VARIABLE] = language


def follow(folder: Path) -> None:
    """Speak the language of the notebooks in a folder, unless one was asked for.

    Editors start kernels in the notebook's folder: whoever opens ``zh/01-...`` reads Chinese.
    """
    if VARIABLE not in os.environ and folder.name in _CATALOGUES:
        choose(folder.name)


def _(text: str) -> str:
    """A sentence of ours in the language of the moment."""
    language = current()
    # To gettext the empty text is the catalogue's own header.
    return text if language == ENGLISH or not text else _catalogue(language).gettext(text)


def spellings(text: str) -> tuple[str, ...]:
    """A sentence of ours in every language: to recognise it."""
    return (text, *(_catalogue(language).gettext(text) for language in _CATALOGUES))


def pair(what: str, said: str) -> str:
    """A thing, and what is said of it."""
    return _("{what}: {seen}").format(what=what, seen=said)


def aside(text: str, note: str) -> str:
    """A text, and what is said beside it; the text alone where that is nothing."""
    return _("{text} ({note})").format(text=text, note=note) if note else text


def listed(items: Iterable[str]) -> str:
    """Several things, one after the other."""
    return _("{first}, {second}").format(first="", second="").join(items)


def N_(text: str) -> str:
    """Marks a text that is translated later, where it is shown: with ``_``."""
    return text


class Texts(Sequence[str]):
    """Texts that are translated when they are read."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return Texts(*self._texts[place])
        return _(self._texts[place])


@cache
def _catalogue(language: str) -> NullTranslations:
    from gettext import translation  # not for those who need no translation

    return translation("owlab", _FOLDER, [_CATALOGUES[language]])
