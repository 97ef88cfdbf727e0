"""One catalogue: a gettext ``.po`` file, kept in step with the English texts by Babel."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
LOCALE = "zh_CN"
CATALOGUES = ROOT / "locale" / LOCALE


_HEADER = """\
# owlab in Chinese. Write msgstr; where the English text changed, correct it and take the line
# "#, fuzzy" away. Then: make notebooks, make messages. Words: docs/glossary.zh-CN.md"""


@dataclass(frozen=True, slots=True)
class Text:
    """One English text, and where it is used."""

    english: str
    place: str
    comment: str = ""
    python_format: bool = False


class _Plain(Catalog):
    """Without dates and versions in its header: the same texts give the same file."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", LOCALE),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


class Catalogue:
    """The translations of one file of texts.

    :param path: the ``.po`` file; it may not be there yet.
    :param english: the texts as they are today.
    """

    def __init__(self, path: Path, english: Iterable[Text]) -> None:
        self.path = path
        template = _empty()
        for text in english:
            template.add(
                text.english,
                locations=[(text.place, 0)],
                auto_comments=[text.comment] if text.comment else [],
                flags=["python-brace-format"] if text.python_format else [],
            )
        catalogue: Any = Catalog(LOCALE)
        if path.is_file():
            with path.open("rb") as stream:
                catalogue = read_po(stream, locale=LOCALE)
        catalogue.update(template)
        self._catalogue = _empty()
        for message in _messages(catalogue):
            self._catalogue[message.id] = message

    def __call__(self, english: str) -> str:
        """The translation; the English text where there is none that is up to date."""
        message = self._catalogue.get(english)
        if message is None or not message.string or message.fuzzy:
            return english
        return str(message.string)

    def __iter__(self) -> Iterator[Message]:
        return _messages(self._catalogue)

    @property
    def missing(self) -> list[str]:
        """English texts without a translation."""
        return [str(message.id) for message in self if not message.string]

    @property
    def stale(self) -> list[str]:
        """English texts that changed after they were translated; gettext calls that fuzzy."""
        return [str(message.id) for message in self if message.string and message.fuzzy]

    def po(self) -> str:
        """The file as it should be."""
        stream = io.BytesIO()
        write_po(stream, self._catalogue, width=0, ignore_obsolete=True)
        return stream.getvalue().decode()

    def mo(self) -> bytes:
        """The same for programs; without what is stale."""
        stream = io.BytesIO()
        write_mo(stream, self._catalogue)
        return stream.getvalue()

    def save(self) -> None:
        """Write the ``.po`` file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.po(), "utf-8")

    def complaints(self) -> list[str]:
        """What a translator has to do, one line each."""
        name = self.path.relative_to(ROOT)
        return [
            *(f"{name}: missing: {_short(text)}" for text in self.missing),
            *(f"{name}: stale: {_short(text)}" for text in self.stale),
        ]


def _empty() -> _Plain:
    return _Plain(LOCALE, header_comment=_HEADER, fuzzy=False)


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 70 else f"{line[:67]}..."
