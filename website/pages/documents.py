"""The project's own Markdown files as pages, with their links led to pages."""

from __future__ import annotations

import re
from pathlib import Path

from website import ROOT
from website.markdown import relink, section

PAGES = {
    "docs/class.md": "class.md",
    "docs/real-machines.md": "real-machines.md",
    "docs/kubernetes-fields.md": "kubernetes-fields.md",
    "docs/openwhisk-api.md": "openwhisk-api.md",
    "CONTRIBUTING.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "README.zh-CN.md": "readme-zh.md",
    "docs/glossary.zh-CN.md": "glossary-zh.md",
    "README.md": "index.md",
}
"""Files of the project, and the pages that they are."""

_DIFFERENCES = (
    "What is real, and what is simulated, in the pocket lab",
    "Where we differ from the guide",
)

_CHINESE = ".zh-CN.md"
_UNSHOWN = re.compile(r"\[[^\]]+\]\((?:\.\./)?(Containerfile|deploy/[\w.-]+)\)")
"""Links to files that are no text for a page: there they are named."""

TITLES = {"CONTRIBUTING.md": "Architecture, and how to change it"}
"""Where a page is called otherwise than its file."""


def read(name: str) -> str:
    """A file of the project, its links leading to pages."""
    path = ROOT / name
    text = _UNSHOWN.sub(r"`\1`", path.read_text("utf-8"))
    linked = relink(text, lambda target: _page_of(target, Path(name).parent))
    # Each page of the site leads to the other language by itself.
    own = PAGES.get(name.replace(_CHINESE, ".md"), "")
    return re.sub(rf"^\[\w+\]\({re.escape(own)}\)\n\n", "", linked, flags=re.M)


def is_chinese(name: str) -> bool:
    """A file that is written in Chinese."""
    return name.endswith(_CHINESE)


def translation(name: str) -> str:
    """The same file in Chinese; empty where nobody has written it."""
    chinese = name.removesuffix(".md") + _CHINESE
    return chinese if (ROOT / chinese).is_file() else ""


def _page_of(target: str, folder: Path) -> str:
    """The page that a file is; what is no page stays as it is, and the build complains."""
    named = (ROOT / folder / target).resolve()
    if not named.is_relative_to(ROOT):
        return target
    inside = named.relative_to(ROOT).as_posix()
    if inside.startswith("notebooks/"):
        return inside.replace("notebooks/", "course/", 1)
    return PAGES.get(inside, PAGES.get(inside.replace(_CHINESE, ".md"), target))


def differences() -> str:
    """From README, which has the only copy."""
    readme = read("README.md")
    return "\n".join(f"## {title}\n\n{section(readme, title)}" for title in _DIFFERENCES)


def introduction() -> str:
    """README's first words."""
    text = read("README.md").partition("\n## ")[0]
    return text.partition("\n")[2].strip() + "\n"
