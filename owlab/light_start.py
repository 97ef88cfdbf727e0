"""Runs a module as ``python -m`` would, without parts that cost much and that nobody here uses.

Each of them is optional to whoever imports it: a class has thirty JupyterLabs and sixty kernels.
"""

from __future__ import annotations

import runpy
import sys

WITHOUT = {
    "jupyterlab": ("rfc3987_syntax",),  # 17 MB: whether a text is an IRI; no schema asks for it
    "jupyterhub.singleuser": ("rfc3987_syntax",),
    "ipykernel_launcher": ("debugpy",),  # 8 MB: breakpoints in cells
}


def main() -> None:
    """``python -m owlab.light_start MODULE ARGUMENTS``."""
    del sys.argv[0]
    module = sys.argv[0]
    for name in WITHOUT.get(module, ()):
        sys.modules[name] = None  # type: ignore[assignment]  # for import it is not installed
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
