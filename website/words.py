"""What the site itself says, beside the texts that it shows: in English, and in Chinese."""

from __future__ import annotations

import tomllib
from pathlib import Path

ENGLISH, CHINESE = "en", "zh"

_FILE = Path(__file__).with_name("words.toml")


class Words:
    """Phrases of one language. An unknown phrase is an error: nothing stays half translated."""

    def __init__(self, language: str) -> None:
        self.language = language
        known = tomllib.loads(_FILE.read_text("utf-8"))
        self._texts: dict[str, str] = known["texts"][language]
        self._phrases: dict[str, str] = known.get(language, {})

    def __call__(self, phrase: str, **values: object) -> str:
        """The phrase, in English or by its name, with its values filled in.

        :raises KeyError: nobody has translated it.
        """
        if phrase in self._texts:
            return self._texts[phrase]
        known = phrase if self.language == ENGLISH else self._phrases[phrase]
        return known.format(**values)
