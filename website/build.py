"""Make the site: write the pages of each language, and let Sphinx put them together."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from owlab.errors import BatchError
from website import sources
from website.course_run import CourseRun
from website.finish import finish
from website.sources import LanguageTree
from website.words import CHINESE, ENGLISH, Words

_CONFIGURATION = Path(__file__).parent
_SPHINX_LANGUAGE = {ENGLISH: "en", CHINESE: "zh_CN"}
_FOLDER = {ENGLISH: "", CHINESE: "zh"}
"""Below the site's own."""


def build(out: Path, run: CourseRun, course: Path = sources.COURSE) -> None:
    """Make the site in ``out``; an earlier one is there until the new one is whole.

    :raises BatchError: Sphinx found something wrong, such as a link that leads nowhere.
    """
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    trees = sources.languages(course, run)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as made:
        new = Path(made) / "site"
        for tree in trees:
            _make(tree, Path(made) / tree.language, new / _FOLDER[tree.language], len(trees) > 1)
        shutil.rmtree(out, ignore_errors=True)
        new.rename(out)


def _make(tree: LanguageTree, source: Path, out: Path, several: bool) -> None:
    said = Words(tree.language)
    sources.write(tree, source)
    words = [
        *(sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going"),
        *("-c", str(_CONFIGURATION), "-d", f"{source}.doctrees"),
        *("-D", f"language={_SPHINX_LANGUAGE[tree.language]}"),
        *(("-t", "several_languages") if several else ()),
        *("-D", "nb_code_prompt_show=" + said("Show the cell's code")),
        *("-D", "nb_code_prompt_hide=" + said("Hide the cell's code")),
        *(str(source), str(out)),
    ]
    done = subprocess.run(words, cwd=_CONFIGURATION.parent, text=True, stderr=subprocess.PIPE)
    finish(out, said)
    for unwanted in (".buildinfo", "objects.inv"):
        (out / unwanted).unlink(missing_ok=True)
    shutil.rmtree(out / "_sources", ignore_errors=True)
    if done.returncode:
        raise BatchError(
            brief="The site has faults; nothing was replaced.",
            details=done.stderr.replace(f"{source}/", ""),
            resolution="Each line names the page and what is wrong in it.",
        )
