"""What the site adds to Sphinx: colours of cells, search in Chinese, and the other language."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from website.chinese import SearchChinese
from website.lexer import CellLexer

_OTHERS = {
    "en": {"folder": "zh/", "tag": "zh-CN", "name": "中文"},
    "zh_CN": {"folder": "../", "tag": "en", "name": "English"},
}
"""From a language's own top folder to the other one."""


class NoEmptyHead(SphinxTransform):
    """A table whose head has no word has no head: a screen reader would read it out."""

    default_priority = 700

    def apply(self, **_: Any) -> None:
        """Remove it."""
        for head in list(self.document.findall(nodes.thead)):
            if not head.astext().strip():
                head.parent.remove(head)


def _other_language(app: Sphinx, page: str, template: str, context: dict[str, Any], _: Any) -> None:
    if app.tags.has("several_languages"):
        context["other_language"] = _OTHERS[app.config.language]


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_lexer("owlab", CellLexer)
    app.add_search_language(SearchChinese)
    app.add_transform(NoEmptyHead)
    app.connect("html-page-context", _other_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
