"""A browser, and a JupyterLab with the course in it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from owlab import Lab
from owlab.notebook import startup

from .accessibility import axe
from .chromium import PROGRAM, Page, wait_until

__all__ = ["axe"]

LAB = "class-1"
"""A lab with a name: the usual one hides what goes wrong with others."""

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    if PROGRAM is None:
        pytest.skip("no Chromium on this computer: apt-get install chromium")
    made = Page(tmp_path / "profile")
    try:
        yield made
    finally:
        made.close()


@dataclass
class Jupyter:
    """A JupyterLab of the test's own, with copies of the notebooks."""

    url: str
    token: str
    folder: Path

    def notebook(self, name: str) -> str:
        return f"{self.url}/lab/tree/{name}.ipynb?token={self.token}"


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    if PROGRAM is None:
        pytest.skip("no Chromium on this computer: apt-get install chromium")
    home = tmp_path_factory.mktemp("jupyter")
    folder = home / "course"
    shutil.copytree(NOTEBOOKS, folder)
    token = secrets.token_hex(16)
    environment = {
        **os.environ,
        "OWLAB_HOME": str(home / "labs"),
        "OWLAB_LAB": LAB,
        **startup.environment(),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    log = (home / "jupyter.log").open("w")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *("--ip=127.0.0.1", "--port=0", f"--IdentityProvider.token={token}"),
            *(f"--notebook-dir={folder}", "--expose-app-in-browser"),
            *(
                "--LabApp.news_url=None",
                "--LabApp.check_for_updates_class="
                "jupyterlab.handlers.announcements.NeverCheckForUpdate",
                # Started at a terminal it takes a plain shell; a login shell makes its own PATH.
                "--ServerApp.terminado_settings={'shell_command': ['bash']}",
            ),
        ],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        server = wait_until(
            lambda: next(iter((home / "runtime").glob("jpserver-*.json")), None), "JupyterLab"
        )
        url = json.loads(server.read_text("utf-8"))["url"].rstrip("/")
        yield Jupyter(url, token, folder)
    finally:
        process.terminate()
        process.wait(30)
        log.close()
        before = os.environ.get("OWLAB_HOME")
        os.environ["OWLAB_HOME"] = str(home / "labs")
        Lab.open(LAB).down()
        if before is None:
            del os.environ["OWLAB_HOME"]
        else:
            os.environ["OWLAB_HOME"] = before
