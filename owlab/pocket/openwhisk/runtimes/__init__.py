"""The kinds of actions that OpenWhisk has, and what really executes them here."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from owlab.pocket.openwhisk.runtimes import tools
from owlab.pocket.openwhisk.runtimes.kinds import (
    FAMILIES,
    KINDS,
    NATIVE,
    RuntimeKind,
    blackbox,
    resolve,
)
from owlab.pocket.openwhisk.runtimes.tools import node_path

__all__ = [
    "FAMILIES",
    "KINDS",
    "NATIVE",
    "RuntimeKind",
    "blackbox",
    "command",
    "environment",
    "manifest",
    "node_path",
    "program",
    "readable",
    "resolve",
]

HERE = Path(__file__).parent
# What runs here is newer than most kinds' Node.js, which takes no ECMAScript module for a package.
REQUIRES_MODULES = ("nodejs:22",)
LOOP = HERE / "loop"


def command(kind: RuntimeKind) -> list[str]:
    """The worker's command line; nothing where Python's interpreter, which is there, runs it."""
    if kind.family == "nodejs":
        flags = [] if kind.name in REQUIRES_MODULES else ["--no-experimental-require-module"]
        return [str(node_path()), *flags, str(HERE / "nodejs" / "worker.js")]
    return []


def program(kind: RuntimeKind) -> str:
    """What Python's interpreter runs instead of its own worker."""
    return "" if kind.family in ("nodejs", "python") else str(LOOP / "proxy.py")


def environment(kind: RuntimeKind) -> dict[str, str]:
    """Where its image's packages are: ours, or those of the folder OWLAB_NODE_PATH."""
    if kind.family != "nodejs":
        return {}
    places = (os.environ.get("OWLAB_NODE_PATH"), str(HERE / "nodejs" / "packages"))
    return {"NODE_PATH": os.pathsep.join(place for place in places if place)}


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
        *tools.homes(),
        *([own] if own else []),
    }
    return sorted(places | {os.path.realpath(place) for place in places})


def manifest(confined: bool) -> dict[str, list[dict[str, object]]]:
    """The runtimes as ``GET /`` lists them, and honestly what runs them."""
    listed: dict[str, list[dict[str, object]]] = {}
    for kind in KINDS.values():
        listed.setdefault(kind.family, []).append(
            {
                "kind": kind.name,
                "image": kind.image,
                "default": kind.default,
                "deprecated": False,
                "requireMain": kind.needs_main,
                "attached": True,
                "runsHere": tools.told(kind, confined),
            }
        )
    return listed
