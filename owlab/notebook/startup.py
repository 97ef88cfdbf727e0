"""What every kernel of ``owlab lab`` runs first: failures in a few lines, before any cell ran.

A check cell that is run before all others has no ``check`` yet: it is told which cell to run.
"""

from __future__ import annotations

import os
from pathlib import Path

_OWN = "OWLAB_PYTHONSTARTUP"


def environment() -> dict[str, str]:
    """Variables for Jupyter's process; its kernels inherit them."""
    mine = os.environ.get("PYTHONSTARTUP", "")
    paths = [str(Path(__file__).resolve().parents[1] / "jupyter")]  # our kernel is in it
    paths += [os.environ["JUPYTER_PATH"]] if os.environ.get("JUPYTER_PATH") else []
    return {
        "JUPYTER_PATH": os.pathsep.join(paths),
        "PYTHONSTARTUP": str(Path(__file__).resolve()),
        **({_OWN: mine} if mine else {}),
        # glibc keeps a heap for each thread, and what is free in one is free for that one only.
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "1"),
    }


def _start() -> None:
    from owlab.notebook import trouble

    trouble.show_briefly()
    path = Path(os.environ.get(_OWN, ""))
    if path.is_file():  # what the user has there is run as ever
        exec(compile(path.read_text("utf-8"), str(path), "exec"), globals())


if os.environ.get("PYTHONSTARTUP") == str(Path(__file__).resolve()):
    _start()
    # This runs in the learner's own namespace, which should look as if it had not.
    del os, Path, environment, _start, _OWN
