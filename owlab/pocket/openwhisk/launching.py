"""How an action that is a program of its own is started, once its files are placed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from owlab.pocket.openwhisk.runtimes import LOOP, RuntimeKind, java, tools

Plan = dict[str, Any]
NO_FILE = "Zipped actions must contain {name} at the root."
NAMES = {
    "php": "index.php", "ruby": "main.rb", "go": "action.go", "rust": "main.rs",
    "swift": "main.swift",
}  # fmt: skip
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


class BadCode(Exception):
    """Code that the runtime cannot start; the message is the activation's error."""


def source_name(kind: RuntimeKind) -> str:
    """What a single file of source is called."""
    return NAMES.get(kind.family, "exec")


def launch(kind: RuntimeKind, place: Path, main: str, cache: Path) -> Plan:
    """What the proxy starts; ``place`` holds the action's files."""
    start = STARTS.get(kind.family)
    if start is None:
        raise BadCode(tools.missing(kind.family))
    plan = {"command": [], "told": False, "each": False, "compile": [], "compile_env": {}}
    return plan | {"directory": str(place)} | start(kind, place, main, cache)


def _script(kind: RuntimeKind, place: Path, main: str, cache: Path) -> Plan:
    path = tools.tool(kind.family)
    if path is None:
        raise BadCode(tools.missing(kind.family))
    name = source_name(kind)
    if not (place / name).is_file():
        raise BadCode(NO_FILE.format(name=name))
    flags = ["-d", "display_errors=stderr"] if kind.family == "php" else []
    launcher = LOOP / f"launcher.{'php' if kind.family == 'php' else 'rb'}"
    return {"command": [path, *flags, str(launcher), str(place / name), main], "told": True}


def _compiled(kind: RuntimeKind, place: Path, main: str, cache: Path) -> Plan:
    """A program of the action's own, which speaks the proxies' protocol."""
    program = place / "exec"
    if not program.is_file():
        raise BadCode(tools.missing(kind.family))
    program.chmod(0o755)
    return {"command": [str(program)]}


def _go(kind: RuntimeKind, place: Path, main: str, cache: Path) -> Plan:
    if (place / "exec").is_file():
        return _compiled(kind, place, main, cache)
    path = tools.tool("go")
    if path is None:
        raise BadCode(tools.missing("go"))
    if not IDENTIFIER.fullmatch(main):
        raise BadCode(f"'{main}' is not the name of a function.")
    launcher = (LOOP / "launcher.go.txt").read_text("utf-8")
    function = main[0].upper() + main[1:]
    (place / "main__.go").write_text(launcher.replace("ACTION", function), "utf-8")
    (cache / "go").mkdir(parents=True, exist_ok=True, mode=0o700)
    modules = (place / "go.mod").is_file()
    return {
        "command": [str(place / "exec")],
        "told": True,
        # One package at a time: the compiler's memory is the container's.
        "compile": [path, "build", "-p", "1", "-o", "exec", "."],
        "compile_env": {
            # A folder ``src`` is where packages are found without modules.
            "GOPATH": str(place.parent),
            "GO111MODULE": "on" if modules else "off",
            "GOCACHE": str(cache / "go"),
            "GOFLAGS": "-mod=mod" if modules and not (place / "vendor").is_dir() else "",
            "GOPROXY": "off",
            "GOTOOLCHAIN": "local",
            "CGO_ENABLED": "0",
            "GOGC": "50",
        },
    }


def _java(kind: RuntimeKind, place: Path, main: str, cache: Path) -> Plan:
    if problem := java.missing():
        raise BadCode(problem)
    if not any(place.rglob("*.class")):
        raise BadCode("A java action is a jar file with the compiled class of its main.")
    return {"command": java.command(LOOP / "Launcher.java", place, main), "told": True}


def _native(kind: RuntimeKind, place: Path, main: str, cache: Path) -> Plan:
    program = place / "exec"
    if program.is_file():
        program.chmod(0o755)
    return {"command": [str(program)], "each": True}


STARTS: dict[str, Callable[[RuntimeKind, Path, str, Path], Plan]] = {
    "php": _script,
    "ruby": _script,
    "go": _go,
    "java": _java,
    "rust": _compiled,
    "swift": _compiled,
    "native": _native,
}
