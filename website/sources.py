"""What Sphinx reads: one folder of pages for each language, all written anew."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from website import ROOT, planned
from website.course_run import CourseRun
from website.markdown import section, table
from website.notebooks import ready, title_of
from website.pages import (
    command_line,
    commands,
    documents,
    incidents,
    other_commands,
    python_api,
    settings,
    troubleshooting,
)
from website.pages.commands import Lesson
from website.words import CHINESE, ENGLISH, Words

_LANGUAGE = "OWLAB_LANG"
COURSE = ROOT / "notebooks"

_PAGES = {
    "Practice": ("commands", "commands-as-written", "incidents", "troubleshooting", "class"),
    "Reference": (
        *("command-line", "python", "settings", "differences"),
        *("kubernetes-fields", "openwhisk-api", "real-machines"),
    ),
    "The project": ("architecture", "changelog", "security", "readme-zh", "glossary-zh"),
}
"""The pages beside the notebooks, as the site's navigation groups them."""
_ENGLISH_ONLY = ("command-line", "python", "differences")
"""Pages whose texts stand in files that are in English."""


@dataclass(frozen=True, slots=True)
class LanguageTree:
    """The pages of one language.

    :param course: the folder of the notebooks in English.
    :param translated: the folder of those in this language, where it is another one.
    """

    language: str
    course: Path
    run: CourseRun
    translated: Path | None = None

    @property
    def names(self) -> list[str]:
        """Of all notebooks, which is the same in every language."""
        return sorted(path.stem for path in self.course.glob("*.ipynb"))

    def source(self, name: str) -> Path:
        """A notebook in this language; in English where nobody has translated it."""
        own = self.translated / f"{name}.ipynb" if self.translated else None
        return own if own is not None and own.is_file() else self.course / f"{name}.ipynb"


def languages(course: Path, run: CourseRun) -> list[LanguageTree]:
    """English, and Chinese where there are notebooks in Chinese."""
    trees = [LanguageTree(ENGLISH, course, run)]
    if any((course / CHINESE).glob("*.ipynb")):
        trees.append(LanguageTree(CHINESE, course, run, course / CHINESE))
    return trees


def write(tree: LanguageTree, folder: Path) -> None:
    """Write every page below ``folder``."""
    words = Words(tree.language)
    (folder / "course").mkdir(parents=True)
    for name in tree.names:
        text = ready(tree.source(name), words, tree.run.executed(name))
        (folder / "course" / f"{name}.ipynb").write_text(text, "utf-8")
    for course in filter(None, (tree.course, tree.translated)):
        if (course / "pictures").is_dir():
            shutil.copytree(course / "pictures", folder / "course/pictures", dirs_exist_ok=True)
    with _speaking(tree.language):
        for name, text in _pages(tree, words):
            (folder / f"{name}.md").write_text(text, "utf-8")


@contextmanager
def _speaking(language: str) -> Iterator[None]:
    """Let owlab's own sentences come in this language, whatever the system's is."""
    before = os.environ.get(_LANGUAGE)
    os.environ[_LANGUAGE] = language
    try:
        yield
    finally:
        if before is None:
            del os.environ[_LANGUAGE]
        else:
            os.environ[_LANGUAGE] = before


def _pages(tree: LanguageTree, words: Words) -> Iterator[tuple[str, str]]:
    yield "index", _index(tree, words)
    yield from _commands(tree, words)
    for name, title, text in _generated(tree, words):
        note = _in_english(words) if name in _ENGLISH_ONLY else ""
        yield name, f"# {words(title)}\n\n{note}{text}"
    for file, target in documents.PAGES.items():
        if target != "index.md":
            yield target.removesuffix(".md"), _document(file, words)


def _document(file: str, words: Words) -> str:
    """A file of the project, in this language where it is there."""
    chinese = documents.translation(file) if words.language == CHINESE else ""
    title, _, text = documents.read(chinese or file).partition("\n")
    if file in documents.TITLES:
        title = f"# {words(documents.TITLES[file])}"
    note = "" if chinese or documents.is_chinese(file) else _in_english(words)
    return f"{title}\n\n{note}{text}"


def _commands(tree: LanguageTree, words: Words) -> Iterator[tuple[str, str]]:
    lessons = _lessons(tree)
    for name, title, about, as_written in (
        ("commands", "All commands of the guide", "about commands", False),
        ("commands-as-written", "All commands, as the guide chose", "about as written", True),
    ):
        lab = planned.lab(as_written=as_written)
        text = f"{commands.page(lab, lessons, words)}\n{other_commands.section(lab, words)}"
        yield name, f"# {words(title)}\n\n{words(about)}\n\n{text}"


def _generated(tree: LanguageTree, words: Words) -> Iterator[tuple[str, str, str]]:
    chinese = documents.translation("README.md") if words.language == CHINESE else ""
    readme = documents.read(chinese or "README.md")
    sources = [tree.source(name) for name in tree.names]
    english = [tree.course / f"{name}.ipynb" for name in tree.names]
    yield (
        "incidents",
        "Incidents",
        f"{words('about incidents')}\n\n{incidents.page(planned.lab(), words)}",
    )
    yield "troubleshooting", "Troubleshooting", troubleshooting.page(readme, sources, words)
    yield "command-line", "Command line", command_line.page()
    yield "python", "Python", python_api.page(english)
    about = section(readme, words("Settings"))
    yield "settings", "Settings", f"{about}\n{settings.page(words)}"
    yield "differences", "What is real, and what differs", documents.differences()


def _lessons(tree: LanguageTree) -> dict[str, Lesson]:
    """The notebooks of the guide's sections, by number."""
    found = {}
    for name in tree.names:
        number = name.partition("-")[0]
        if number.isdigit():
            found[str(int(number))] = Lesson(title_of(tree.source(name)), f"course/{name}.ipynb")
    return found


def _in_english(words: Words) -> str:
    """A note for whoever reads another language."""
    if words.language == ENGLISH:
        return ""
    return f"```{{note}}\n{words('This page is in English so far.')}\n```\n\n"


def _index(tree: LanguageTree, words: Words) -> str:
    """What it is, the notebooks and how they ran, and the navigation of the whole site."""
    introduction = documents.introduction() if words.language == ENGLISH else words("about owlab")
    rows = []
    for name in tree.names:
        link = f"[{title_of(tree.source(name))}](course/{name}.ipynb)"
        rows.append((link, _result(tree, name, words)))
    if tree.run.folder is None:
        about = words("The notebooks are shown without outputs.")
        overview = table((words("Notebook"),), [row[:1] for row in rows])
    else:
        day = tree.run.day
        about = words("The outputs are of a run on {day}.", day=day)
        overview = table((words("Notebook"), words("Result")), rows)
    groups = {"The course": tuple(f"course/{name}" for name in tree.names), **_PAGES}
    navigation = "\n".join(_toctree(words(title), pages) for title, pages in groups.items())
    parts = (
        f"# {words('owlab: serverless on Kubernetes')}\n",
        *(introduction, f"## {words('The course')}\n", f"{about}\n", overview, navigation),
    )
    return "\n".join(parts)


def _result(tree: LanguageTree, name: str, words: Words) -> str:
    """How it ran; nothing of what is not for running."""
    number = name.partition("-")[0]
    return words(tree.run.results.get(name, "not run")) if number.isdigit() else ""


def _toctree(caption: str, pages: tuple[str, ...]) -> str:
    listed = "\n".join(pages)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n:maxdepth: 1\n\n{listed}\n```\n"
