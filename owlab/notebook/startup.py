"""What every kernel of ``owlab lab`` runs first: failures in a few lines, before any cell ran.

A check cell that is run before all others has no ``check`` yet: it is told which cell to run.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_OWN = "OWLAB_PYTHONSTARTUP"


def environment() -> dict[str, str]:
    """Variables for Jupyter's process; its kernels inherit them."""
    mine = os.environ.get("PYTHONSTARTUP", "")
    ours = str(Path(__file__).resolve().parents[1] / "jupyter")
    return {
        "JUPYTER_PATH": _before(ours, "JUPYTER_PATH"),  # our kernel is in it
        # JupyterLab would ask for news, and the internet for updates: defaults that say no.
        "JUPYTER_CONFIG_PATH": _before(ours, "JUPYTER_CONFIG_PATH"),
        # JupyterLab's terminals: `owlab shell master`, from an environment that nobody activated.
        "PATH": _before(str(Path(sys.executable).parent), "PATH"),
        "PYTHONSTARTUP": str(Path(__file__).resolve()),
        **({_OWN: mine} if mine else {}),
        # glibc keeps a heap for each thread, and what is free in one is free for that one only.
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "1"),
    }


def _before(folder: str, variable: str) -> str:
    """The folders of a variable, with this one before them."""
    return os.pathsep.join(filter(None, (folder, os.environ.get(variable))))


def _start() -> None:
    from owlab.notebook import trouble

    trouble.show_briefly()
    path = Path(os.environ.get(_OWN, ""))
    if path.is_file():  # what the user has there is run as ever
        exec(compile(path.read_text("utf-8"), str(path), "exec"), globals())


if os.environ.get("PYTHONSTARTUP") == str(Path(__file__).resolve()):
    _start()
    # This runs in the learner's own namespace, which should look as if it had not.
    del os, sys, Path, environment, _before, _start, _OWN
