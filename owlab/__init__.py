"""owlab: learn serverless on Kubernetes by deploying Apache OpenWhisk."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from owlab.version import __version__

if TYPE_CHECKING:
    from owlab.command import HOST, Command, Result
    from owlab.config import LabConfig
    from owlab.errors import LabError
    from owlab.lab import Lab

__all__ = ["HOST", "Command", "Lab", "LabConfig", "LabError", "Result", "__version__"]

_HOMES = {
    "HOST": "owlab.command",
    "Command": "owlab.command",
    "Result": "owlab.command",
    "LabConfig": "owlab.config",
    "LabError": "owlab.errors",
    "Lab": "owlab.lab",
}


def __getattr__(name: str) -> Any:
    # Loaded when used: the pocket lab's service needs none of them, and starts with this package.
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'owlab' has no attribute {name!r}")
