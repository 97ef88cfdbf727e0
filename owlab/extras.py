"""Parts of owlab that may not be installed, and how to get them."""

from __future__ import annotations

from importlib.util import find_spec

from owlab.errors import LabError

_HOLDS = {
    "pocket": ("the pocket lab", "bashkit"),
    "plots": ("tables and plots", "pandas"),
    "lab": ("JupyterLab", "jupyterlab"),
}


def need(extra: str) -> None:
    """Refuse what needs an extra that is not installed.

    :param extra: its name in pyproject.toml.
    :raises LabError: says what to install.
    """
    what, module = _HOLDS[extra]
    if find_spec(module) is None:
        raise LabError(
            brief=f"{what[0].upper()}{what[1:]} cannot be used: a part of owlab is not installed.",
            details=f"There is no Python package {module!r}.",
            resolution=f"Install it: python -m pip install 'owlab[{extra}]'",
        )
