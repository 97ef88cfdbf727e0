"""Packages of npm for tests, installed as far as the registry answers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

# Where a system keeps its certificates: a Node.js of its own brings others, and no proxy's.
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
)  # fmt: skip
QUIET = ("--no-audit", "--no-fund", "--no-save", "--ignore-scripts")


def environment() -> dict[str, str]:
    """This process's, with the system's certificates for Node.js."""
    known = next((path for path in BUNDLES if Path(path).is_file()), None)
    return ({"NODE_EXTRA_CA_CERTS": known} if known else {}) | os.environ


def install(place: Path, *packages: str, seconds: float = 180) -> Path:
    """The ``node_modules`` with these packages; skips the test, with the reason, without them."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        pytest.skip("there is no npm on this computer")
    words = [npm, "install", *QUIET, "--prefix", str(place), *packages]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=seconds, env=environment(), check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm's registry did not bring {packages[0]} in time")
    if done.returncode:
        pytest.skip(f"npm cannot install {packages[0]}: {done.stderr.strip()[-300:]}")
    return place / "node_modules"
