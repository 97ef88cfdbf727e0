"""How Chinese is set here, and which words it uses: what a text does against that."""

from __future__ import annotations

import re
from functools import cache

from tools.translation.catalogue import ROOT

GLOSSARY = ROOT / "docs" / "glossary.zh-CN.md"

_HAN = r"[\u4e00-\u9fff]"
_CODE = re.compile(r"`[^`]+`")
_LINK = re.compile(r"\]\([^)]+\)")
_MARKUP = re.compile(r"<[^>]+>|\*\*")
_VALUE = re.compile(r"\{[^}]*\}")
_ANYTHING = "\N{OBJECT REPLACEMENT CHARACTER}"
"""In place of a value: it may be Chinese or not."""
_ITEM = r"(?:- |\d+\. |> |#)"
_ONE_LINE = "a paragraph on one line"
_SLIPS = {
    "a space between Chinese and Latin": rf"{_HAN}[A-Za-z0-9`]|[A-Za-z0-9`%]{_HAN}",
    "full-width punctuation": rf"{_HAN}[,.;:?!](?!\w)|[,;:?!]\s?{_HAN}|{_HAN}[()]|[()]{_HAN}",
    "full-width punctuation after a Latin word": rf"(?<=[A-Za-z`])[,;?!] ?(?={_HAN})",
    "no space before full-width punctuation": r"(?<![-.|>]) [，。；：？！、）]",
    "no space after full-width punctuation": r"[，。；：？！、（] (?![|\\])",
    "no space between Chinese words": rf"{_HAN} {_HAN}",
    _ONE_LINE: rf"\n(?!\s*{_ITEM})",
    "no comma of ours between Latin letters": r"[a-z]，[a-z]",
}


@cache
def _forbidden() -> dict[str, str]:
    """Each word that is not used, and the one that is."""
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \| ([^|]+) \|", GLOSSARY.read_text("utf-8"), re.M)
    words = {bad: good for good, bads in rows[1:] for bad in bads.strip().split("、")}
    return {bad: good.strip() for bad, good in words.items() if re.search(_HAN, bad)}


def complaints(text: str, *, markdown: bool = True) -> list[str]:
    """One line each; empty if all is well.

    :param markdown: where a line that ends within a paragraph becomes a space.
    """
    found = [f"{bad} -> {good}: {text}" for bad, good in _forbidden().items() if bad in text]
    plain = _MARKUP.sub("", _LINK.sub("]", _CODE.sub("`c`", _VALUE.sub(_ANYTHING, text))))
    for rule, pattern in _SLIPS.items():
        if rule == _ONE_LINE and not markdown:
            continue
        if slip := re.search(pattern, plain):
            around = plain[max(0, slip.start() - 8) : slip.end() + 8]
            found.append(f"{rule}: {around!r}")
    return found
