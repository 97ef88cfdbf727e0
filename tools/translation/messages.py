"""``make messages``: the program's own sentences, from its source to a compiled catalogue.

The compiled one is committed: programs read it with Python's own gettext.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from babel.messages.extract import extract_from_dir

from tools.translation.catalogue import CATALOGUES, LOCALE, ROOT, Catalogue, Text

COMPILED = ROOT / "owlab" / "locale" / LOCALE / "LC_MESSAGES" / "owlab.mo"

_METHODS = [("pocket/**", "ignore"), ("**.py", "python"), ("**.html", "jinja2")]
_KEYWORDS = {"_": None, "N_": None}


def texts() -> Iterator[Text]:
    """Every sentence that the source marks."""
    found = extract_from_dir(
        str(ROOT / "owlab"), _METHODS, keywords=_KEYWORDS, directory_filter=_ours
    )
    for name, _line, english, _comments, _context in sorted(found, key=lambda one: one[:2]):
        text = english if isinstance(english, str) else english[0]
        yield Text(text, f"owlab/{name}", python_format="{" in text)


def catalogue() -> Catalogue:
    """The catalogue of the program."""
    return Catalogue(CATALOGUES / "messages.po", texts())


def main() -> int:
    """Bring the catalogue up to date, compile it, and say what is stale or missing."""
    found = catalogue()
    found.save()
    COMPILED.parent.mkdir(parents=True, exist_ok=True)
    COMPILED.write_bytes(found.mo())
    for line in found.complaints():
        print(line)
    print(f"{len(list(found))} messages in {COMPILED.relative_to(ROOT)}.")
    return 1 if found.complaints() else 0


def _ours(path: str) -> bool:
    """Whether a folder is looked into; the pocket lab speaks as the programs that it plays."""
    return not path.endswith(("/pocket", "/__pycache__"))


if __name__ == "__main__":
    sys.exit(main())
