"""The lab of a notebook: opened once, with the parameters, strictly."""

from __future__ import annotations

import ast
import difflib
import os
from pathlib import Path
from typing import Any

from owlab import language
from owlab.command import Result
from owlab.errors import ConfigError, LabError
from owlab.guided import GuidedLab
from owlab.language import N_, _, listed
from owlab.notebook import magic, page, trouble
from owlab.notebook.transcript import Transcript
from owlab.settings import SETTINGS
from owlab.step import StepResult

SIMULATED = {
    "pocket": (
        N_(
            "Pocket lab: bash, kubectl, Helm, Node.js, Python, TLS and the two APIs are real; "
            "the machines, their packages and the containers are simulated."
        )
    ),
}
"""What a notebook says about its lab, so that nobody takes it for another."""

_current: list[GuidedLab] = []


def begin(*, lab_name: str | None = None, **settings: Any) -> GuidedLab:
    """Find or make the lab of this notebook. Starts no machine.

    :param lab_name: None means the one that OWLAB_LAB names, else ``owlab``.
    :param settings: the other parameters of the notebook that are settings of the lab;
        None means "as the lab has it".
    :raises ConfigError: a parameter is unknown, of the wrong type, or impossible.
    """
    trouble.show_briefly()
    _speak()
    _refuse_unknown_parameters()
    _refuse_wrong_types()
    lab = GuidedLab.open(lab_name or os.environ.get("OWLAB_LAB", "owlab"), **settings)
    lab.listeners.append(Transcript(lab))
    _current[:] = [lab]
    magic.register(current)
    _show_once()
    _introduce(lab)
    return lab


def _speak() -> None:
    """The language that was asked for, else that of the notebook's folder."""
    named = os.environ.get(language.VARIABLE, "")
    if named and not language.named(named):
        raise ConfigError(
            brief=language.unknown(named),
            resolution=_("Set {variable} to one of them.").format(variable=language.VARIABLE),
        )
    language.follow(Path.cwd())


def current() -> GuidedLab:
    """The lab that the notebook began with.

    :raises LabError: it did not begin yet.
    """
    if not _current:
        raise LabError(
            brief=_("This notebook has no lab yet."),
            resolution=_("Run its first cells, up to `lab = begin(...)`."),
        )
    return _current[0]


def _show_once() -> None:
    """What a step or command returns stands in its transcript already: no Out[] of it."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is not None:
        for kind in (StepResult, Result):
            shell.display_formatter.ipython_display_formatter.for_type(kind, lambda _: None)


def _introduce(lab: GuidedLab) -> None:
    config = lab.config
    names = listed(machine.name for machine in config.machines)
    lines = [
        _("Lab {name!r}, provider {provider}: {names}.").format(
            name=config.name, provider=config.provider, names=names
        ),
        _(SIMULATED.get(config.provider, N_("These machines are real."))),
    ]
    if config.as_written:
        lines.append(_("as_written: the guide's own choices, in place of the better defaults."))
    page.show("<br>".join(page.prose(line) for line in lines), "\n".join(lines))


def _refuse_unknown_parameters() -> None:
    """papermill writes any name that it is given into a cell of its own, and only warns.

    So look at the cells that ran: what the injected cell sets must be declared in one before it,
    with an annotation, as parameters are.
    """
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    history: list[str] = list(shell.user_ns.get("In", [])) if shell is not None else []
    declared: set[str] = set()
    for cell in history:
        if not cell.startswith("# Parameters\n"):
            declared |= _targets(cell, ast.AnnAssign)
            continue
        for name in sorted(_targets(cell, ast.Assign) - declared if declared else ()):
            near = difflib.get_close_matches(name, sorted(declared), n=1, cutoff=0.5)
            raise ConfigError(
                brief=_("This notebook has no parameter {name!r}.").format(name=name),
                details=_("Did you mean {near}?").format(near=near[0]) if near else "",
                resolution=_("Its parameters: {names}.").format(names=listed(sorted(declared))),
            )


def _refuse_wrong_types() -> None:
    """What is no setting has only its annotation to go by: ``-p really false`` is a true text."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    cells: list[str] = list(shell.user_ns.get("In", [])) if shell is not None else []
    for name, kind in _annotations(cells).items():
        value = shell.user_ns.get(name)
        if name in (*SETTINGS, "lab_name") or value is None or isinstance(value, kind):
            continue
        wanted = (
            _("True or False") if kind is bool else _("of type {name}").format(name=kind.__name__)
        )
        raise ConfigError(
            brief=_("{name} = {value!r} should be {wanted}.").format(
                name=name, value=value, wanted=wanted
            ),
            details=_("Nothing was started or changed."),
            resolution=_("papermill knows -p NAME True and -p NAME False, with capital letters.")
            if kind is bool
            else _("Correct the parameter, and run the notebook again."),
        )


def _annotations(cells: list[str]) -> dict[str, type]:
    """The plain types of the annotated names that cells assign at their top level."""
    known: dict[str, type] = {"bool": bool, "int": int, "str": str, "float": float}
    found: dict[str, type] = {}
    for cell in cells:
        try:
            body = ast.parse(cell).body
        except SyntaxError:
            continue
        for node in body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                kind = known.get(ast.unparse(node.annotation))
                if kind is not None:
                    found[node.target.id] = kind
    return found


def _targets(source: str, kind: type[ast.Assign] | type[ast.AnnAssign]) -> set[str]:
    """The names that a cell assigns to at its top level, in this way."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return set()
    found: set[str] = set()
    for node in body:
        if isinstance(node, kind):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found
