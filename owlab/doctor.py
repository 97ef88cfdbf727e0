"""What this computer can run, and what is missing."""

from __future__ import annotations

import platform
import sys

from owlab.diagnostic import Diagnostic
from owlab.lab import Lab
from owlab.language import _


def examine(lab: Lab) -> list[Diagnostic]:
    """Findings for the lab's provider, worst problems included; starts nothing."""
    return [_python(), _system(), *lab.provider.examine(lab.config)]


def _python() -> Diagnostic:
    version = platform.python_version()
    good = sys.version_info >= (3, 11)
    return Diagnostic(
        "Python",
        "ok" if good else "fail",
        version,
        "" if good else _("Install Python 3.11 or later."),
    )


def _system() -> Diagnostic:
    known = platform.system() in ("Linux", "Darwin")
    seen = f"{platform.system()} {platform.release()} {platform.machine()}"
    advice = "" if known else "On Windows, run owlab in WSL."
    return Diagnostic("system", "ok" if known else "fail", seen, advice)
