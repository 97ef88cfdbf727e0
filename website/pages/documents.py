"""The project's own Markdown files as pages, with their links led to pages."""

from __future__ import annotations

from pathlib import Path

from website import ROOT
from website.markdown import relink, section

PAGES = {
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

TITLES = {"CONTRIBUTING.md": "Architecture, and how to change it"}
"""Where a page is called otherwise than its file."""


def read(name: str) -> str:
    """A file of the project, its links leading to pages."""
    path = ROOT / name
    return relink(path.read_text("utf-8"), lambda target: _page_of(target, Path(name).parent))


def _page_of(target: str, folder: Path) -> str:
    """The page that a file is; what is no page stays as it is, and the build complains."""
    named = (ROOT / folder / target).resolve()
    if not named.is_relative_to(ROOT):
        return target
    inside = named.relative_to(ROOT).as_posix()
    if inside.startswith("notebooks/"):
        return inside.replace("notebooks/", "course/", 1)
    return PAGES.get(inside, target)


def differences() -> str:
    """From README, which has the only copy."""
    readme = read("README.md")
    return "\n".join(f"## {title}\n\n{section(readme, title)}" for title in _DIFFERENCES)


def introduction() -> str:
    """README's first words."""
    text = read("README.md").partition("\n## ")[0]
    return text.partition("\n")[2].strip() + "\n"
