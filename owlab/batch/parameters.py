"""Parameters of a run: read from the notebooks, and checked before anything starts.

papermill only warns of a misspelt parameter and takes ``-p cpus four`` for a number, so the names
and types come from the annotated assignments of the cell tagged ``parameters``, and ranges from
the lab's own configuration.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from owlab import settings
from owlab.batch.course import NotebookFile
from owlab.errors import ConfigError
from owlab.language import N_, _

SETTING_OF = {"lab_name": "name"}
"""Parameters whose name differs from the lab's setting."""

_TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_CALLED = {
    str: N_("text"),
    int: N_("a whole number"),
    float: N_("a number"),
    bool: N_("true or false"),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """One line of a parameters cell: ``workers: int = None  # 1 to 20``.

    The default None makes it optional. Not ``int | None``: papermill does not recognise that.
    """

    name: str
    kind: type
    optional: bool
    default: Any
    help: str = ""

    def read(self, value: object) -> Any:
        """``value`` as this parameter's type; text from a command line is converted.

        :raises ValueError: it is of another type.
        """
        if value is None or (self.optional and value == "None"):
            if self.optional:
                return None
            raise ValueError(_("a value is needed"))
        if isinstance(value, str) and self.kind is not str:
            return _from_text(value, self.kind)
        if self.kind is float and type(value) is int:
            return float(value)
        # bool is an int to Python, but `workers: true` is a mistake.
        if type(value) is not self.kind:
            hint = _(" (write it in quotes)") if self.kind is str else ""
            raise ValueError(
                _("{called} is needed{hint}").format(called=_(_CALLED[self.kind]), hint=hint)
            )
        return value


def _from_text(text: str, kind: type) -> Any:
    if kind is bool and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if kind is int and re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    if kind is float:
        try:
            return float(text)
        except ValueError:
            pass
    raise ValueError(_("{called} is needed").format(called=_(_CALLED[kind])))


def declared_in_source(source: str) -> dict[str, Declared]:
    """The parameters that the source of a parameters cell declares."""
    lines = source.splitlines()
    found = {}
    for node in ast.parse(source).body:
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        words = [word.strip() for word in ast.unparse(node.annotation).split("|")]
        kinds = [_TYPES[word] for word in words if word in _TYPES]
        if len(kinds) != 1 or node.value is None:
            continue
        default = ast.literal_eval(node.value)
        comment = lines[node.lineno - 1][node.end_col_offset or 0 :].strip()
        found[node.target.id] = Declared(
            name=node.target.id,
            kind=kinds[0],
            optional=default is None or "None" in words,
            default=default,
            help=comment.removeprefix("#").strip(),
        )
    return found


def declared_in(notebook: NotebookFile) -> dict[str, Declared]:
    """The parameters of a notebook, by name."""
    for cell in notebook.read().cells:
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", []):
            return declared_in_source(cell.source)
    return {}


@dataclass(frozen=True, slots=True)
class Plan:
    """What each notebook is given."""

    by_notebook: dict[str, dict[str, Any]]
    environment: dict[str, dict[str, str]]
    """Settings of the lab that its parameters cell does not declare, for its kernel's
    environment, where the lab finds them as well."""


def plan(
    values: Mapping[str, Any],
    chosen: Iterable[NotebookFile],
    known: Iterable[NotebookFile],
    config_file: Path | None = None,
) -> Plan:
    """Check all values, and hand each notebook those that it declares.

    :param values: by parameter name, or by the lab's setting name.
    :param chosen: the notebooks of this run.
    :param known: every notebook of the course: a parameter of a notebook that is not
        run now is known, and ignored.
    :param config_file: a YAML file of settings, handed on to each kernel.
    :raises ConfigError: with name, value, what is allowed and the nearest match.
    """
    everywhere = {notebook.name: declared_in(notebook) for notebook in known}
    declared = {name: item for items in everywhere.values() for name, item in items.items()}
    wrong, read = [], {}
    for name, value in values.items():
        try:
            if name in declared:
                read[name] = declared[name].read(value)
            elif name in settings.SETTINGS:
                read[name] = value
            else:
                wrong.append(_unknown(name, value, {*declared, *settings.SETTINGS}))
        except ValueError as error:
            wrong.append(f"{name} = {value!r}: {error}{_allowed(declared[name])}")
    if wrong:
        raise ConfigError(
            brief=_("1 parameter cannot be used.")
            if len(wrong) == 1
            else _("{count} parameters cannot be used.").format(count=len(wrong)),
            details="\n".join(wrong),
            resolution=_("Correct them and try again; nothing was started or changed."),
        )
    _check_ranges(read, config_file)
    common = {"OWLAB_CONFIG": str(config_file.absolute())} if config_file else {}
    plan = Plan({}, {})
    for notebook in chosen:
        items = everywhere[notebook.name]
        plan.by_notebook[notebook.name] = {name: read[name] for name in items if name in read}
        plan.environment[notebook.name] = common | {
            f"OWLAB_{name.upper()}": _as_environment(value)
            for name, value in read.items()
            if name not in items and name in settings.SETTINGS and value is not None
        }
    return plan


def _check_ranges(read: Mapping[str, Any], config_file: Path | None) -> None:
    """Let the lab's own model judge what becomes its settings."""
    lab = {SETTING_OF.get(name, name): value for name, value in read.items()}
    chosen = {name: value for name, value in lab.items() if name in settings.SETTINGS}
    settings.load(chosen, file=config_file)


def _unknown(name: str, value: object, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    hint = _("did you mean {near}?").format(near=near[0]) if near else _("nothing is like it")
    return _("{name} = {value!r}: there is no such parameter; {hint}").format(
        name=name, value=value, hint=hint
    )


def _allowed(item: Declared) -> str:
    return f"; {item.help}" if item.help else ""


def _as_environment(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
