"""``make notebooks``: the Chinese course, built from the English one and its catalogues.

Only markdown is translated. Code, tags, names of cells: everything else is the English notebook.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from owlab.notebook.pictures import PICTURES
from tools.translation.catalogue import CATALOGUES, ROOT, Catalogue, Text
from tools.translation.markdown import rewrite, texts

ENGLISH = ROOT / "notebooks"
CHINESE = ENGLISH / "zh"


def english_notebooks() -> list[Path]:
    """The notebooks that people write."""
    return sorted(ENGLISH.glob("*.ipynb"))


def catalogue(notebook: Path) -> Catalogue:
    """The catalogue of one English notebook."""
    return Catalogue(CATALOGUES / "notebooks" / f"{notebook.stem}.po", _texts(_read(notebook)))


def build(notebook: Path, translate: Catalogue) -> str:
    """The Chinese notebook, as the text of its file."""
    content = _read(notebook)
    for cell in content["cells"]:
        if cell["cell_type"] == "markdown":
            chinese = rewrite("".join(cell["source"]), translate)
            cell["source"] = chinese.splitlines(keepends=True)
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def picture_texts() -> Iterator[Text]:
    """What stands in the course's pictures; their descriptions are in the notebooks."""
    for name, drawing in PICTURES.items():
        for text in drawing.texts():
            yield Text(text, name)


def pictures() -> Catalogue:
    """The catalogue of the pictures."""
    return Catalogue(CATALOGUES / "pictures.po", picture_texts())


def draw(name: str, labels: Catalogue, descriptions: list[Catalogue]) -> str:
    """A picture with Chinese words."""
    drawing = PICTURES[name]
    words = next((c(drawing.words) for c in descriptions if c(drawing.words) != drawing.words), "")
    return drawing.translated(labels, words or drawing.words).svg() + "\n"


def files() -> tuple[dict[Path, str], list[str]]:
    """Every file that is built, with its content; and what a translator has to do."""
    wanted: dict[Path, str] = {}
    catalogues = [catalogue(notebook) for notebook in english_notebooks()]
    for notebook, translate in zip(english_notebooks(), catalogues, strict=True):
        wanted[translate.path] = translate.po()
        wanted[CHINESE / notebook.name] = build(notebook, translate)
    labels = pictures()
    wanted[labels.path] = labels.po()
    for name in PICTURES:
        wanted[CHINESE / "pictures" / f"{name}.svg"] = draw(name, labels, catalogues)
    return wanted, [line for c in (*catalogues, labels) for line in c.complaints()]


def main() -> int:
    """Write every file, say what is stale or missing; 1 if anything is."""
    wanted, complaints = files()
    for path, content in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    for line in complaints:
        print(line)
    print(f"{len(list(CHINESE.glob('*.ipynb')))} notebooks in {CHINESE.relative_to(ROOT)}.")
    return 1 if complaints else 0


def _read(notebook: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(notebook.read_text("utf-8"))
    return content


def _texts(content: dict[str, Any]) -> Iterator[Text]:
    for cell in content["cells"]:
        if cell["cell_type"] == "markdown":
            for text in texts("".join(cell["source"])):
                yield Text(text, cell["id"])


if __name__ == "__main__":
    sys.exit(main())
