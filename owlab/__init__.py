"""owlab: learn serverless on Kubernetes by deploying Apache OpenWhisk."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from owlab.package_version import __version__

if TYPE_CHECKING:
    from owlab.command import HOST, Command, Result
    from owlab.config import LabConfig
    from owlab.errors import LabError
    from owlab.guided import GuidedLab as Lab

__all__ = ["HOST", "Command", "Lab", "LabConfig", "LabError", "Result", "__version__"]

_HOMES = {
    "HOST": "owlab.command.HOST",
    "Command": "owlab.command.Command",
    "Result": "owlab.command.Result",
    "LabConfig": "owlab.config.LabConfig",
    "LabError": "owlab.errors.LabError",
    "Lab": "owlab.guided.GuidedLab",
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    # Loaded when used: the pocket lab's service needs none of them, and starts with this package.
    if name in _HOMES:
        module, _, own_name = _HOMES[name].rpartition(".")
        return getattr(importlib.import_module(module), own_name)
    raise AttributeError(f"module 'owlab' has no attribute {name!r}")
