"""One site for all these tests: in both languages, with one notebook that ran."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.accessibility import axe
from tests.browser.chromium import PROGRAM, Page
from tests.site.example import translate, write_run
from website.build import build
from website.course_run import CourseRun
from website.sources import COURSE

__all__ = ["axe"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once, also where several processes run the tests."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "site"
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            course = Path(f"{folder}-course")
            shutil.copytree(COURSE, course, ignore=shutil.ignore_patterns("zh"))
            translate(course)
            build(folder, CourseRun.read(write_run(Path(f"{folder}-run"), course)), course)
    return folder


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    if PROGRAM is None:
        pytest.skip("no Chromium on this computer: apt-get install chromium")
    made = Page(tmp_path / "profile")
    try:
        yield made
    finally:
        made.close()
