"""``make messages``: the program's own sentences, from its source to a compiled catalogue.

The compiled one is committed: programs read it with Python's own gettext.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment

from tools.translation.catalogue import CATALOGUES, LOCALE, ROOT, Catalogue, Text

SOURCE = ROOT / "owlab"
COMPILED = SOURCE / "locale" / LOCALE / "LC_MESSAGES" / "owlab.mo"
MARKS = ("_", "N_")


def sources() -> list[Path]:
    """Our Python files; the pocket lab's programs speak as the ones that they play."""
    return sorted(path for path in SOURCE.rglob("*.py") if "pocket" not in path.parts)


def texts() -> Iterator[Text]:
    """Every sentence that the source marks."""
    for path in sources():
        for english in in_python(path.read_text("utf-8")):
            yield _text(english, path)
    for english, path in in_notebooks():
        yield _text(english, path)
    environment: Any = Environment(extensions=["jinja2.ext.i18n"])
    for path in sorted(SOURCE.rglob("*.j2")):
        for _line, _function, english in environment.extract_translations(path.read_text("utf-8")):
            if isinstance(english, str):  # and no variable, whose text is marked elsewhere
                yield _text(english, path)


def in_notebooks() -> Iterator[tuple[str, Path]]:
    """What cells claim: ``claim`` translates its texts, and the cells are the same everywhere."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and not source.startswith("%%"):
                for english in _claimed(ast.parse(source)):
                    yield english, path


def _claimed(tree: ast.AST) -> Iterator[str]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "claim":
            title, _passed, *more = call.args
            shown = [title, *more, *(word.value for word in call.keywords)]
            if isinstance(title, ast.Name):  # of several claims: they are the keys of a dict
                shown += [
                    key
                    for node in ast.walk(tree)
                    if isinstance(node, ast.Dict)
                    for key in node.keys
                    if key
                ]
            yield from (text for part in shown for text in _constants(part) if " " in text)


def _constants(part: ast.expr) -> Iterator[str]:
    """The texts that this may be as it stands."""
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        yield part.value
    elif isinstance(part, ast.IfExp):
        yield from (*_constants(part.body), *_constants(part.orelse))
    elif isinstance(part, ast.BoolOp):
        yield from (text for value in part.values for text in _constants(value))


def in_python(source: str) -> Iterator[str]:
    """The texts in calls of ``_`` and ``N_``, also within f-strings, which Babel does not see."""
    for call in marked(ast.parse(source)):
        text = call.args[0]
        if isinstance(text, ast.Constant):
            yield str(text.value)


def marked(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that mark a text, in the order of the source."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            yield node
        yield from marked(node)


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


def _text(english: str, path: Path) -> Text:
    return Text(english, str(path.relative_to(ROOT)), python_format="{" in english)


if __name__ == "__main__":
    sys.exit(main())
