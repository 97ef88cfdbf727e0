"""Parts of owlab that may not be installed, and how to get them."""

from __future__ import annotations

from importlib.util import find_spec

from owlab.errors import LabError
from owlab.language import N_, _

_HOLDS = {
    "pocket": (N_("the pocket lab"), "bashkit"),
    "plots": (N_("plots and data frames"), "pandas"),
    "lab": (N_("JupyterLab"), "jupyterlab"),
}


def need(extra: str) -> None:
    """Refuse what needs an extra that is not installed.

    :param extra: its name in pyproject.toml.
    :raises LabError: says what to install.
    """
    what, module = _HOLDS[extra]
    if find_spec(module) is None:
        raise LabError(
            brief=_("{what} cannot be used: a part of owlab is not installed.").format(
                what=_(what)[:1].upper() + _(what)[1:]
            ),
            details=_("There is no Python package {module!r}.").format(module=module),
            resolution=_("Install it: python -m pip install 'owlab[{extra}]'").format(extra=extra),
        )
