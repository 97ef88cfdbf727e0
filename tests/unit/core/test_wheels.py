"""What `pip install` takes has a wheel for each platform that the README names.

The index is asked, and nothing is installed. Where none answers, the tests are skipped.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))[
    "project"
]
CORE: list[str] = PROJECT["dependencies"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def resolve(platforms: list[str], requirements: list[str], tmp_path: Path, *more: str) -> None:
    words = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
    words += ["--target", str(tmp_path), "--only-binary", ":all:", "--python-version", "3.12"]
    for platform in platforms:
        words += ["--platform", platform]
    done = subprocess.run(
        [*words, *more, *requirements], capture_output=True, text=True, timeout=280
    )
    if "establish a new connection" in done.stderr or "name resolution" in done.stderr:
        pytest.skip("no index of packages answers here")
    if done.returncode != 0 and not asks_pypi():
        pytest.skip(f"pip asks another index than PyPI here, which says: {done.stderr[-200:]}")
    assert done.returncode == 0, done.stderr


def asks_pypi() -> bool:
    """A mirror may hold the wheels of one platform only."""
    words = [sys.executable, "-m", "pip", "config", "list"]
    settings = subprocess.run(words, capture_output=True, text=True, timeout=60).stdout
    return "index-url" not in settings and "find-links" not in settings


def test_the_real_providers_and_jupyterlab_on_an_older_intel_mac(tmp_path: Path) -> None:
    """With all that they need in turn: the one Mac that Multipass could serve."""
    resolve(["macosx_12_0_x86_64"], [*CORE, *EXTRAS["lab"]], tmp_path)


@pytest.mark.parametrize(
    "platforms",
    [["macosx_14_0_arm64"], ["manylinux_2_28_aarch64", "manylinux_2_17_aarch64"]],
    ids=["macOS", "Linux"],
)
def test_the_pocket_lab_on_arm64(platforms: list[str], tmp_path: Path) -> None:
    resolve(platforms, EXTRAS["pocket"], tmp_path, "--no-deps")
