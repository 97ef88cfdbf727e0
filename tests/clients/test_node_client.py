"""The official client for JavaScript, the npm package ``@kubernetes/client-node``."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .test_port_forward import web  # noqa: F401
from .test_python_clients import box  # noqa: F401

PACKAGE = "@kubernetes/client-node"
VERSION = "1.4.0"
SCRIPT = Path(__file__).parent / "kubernetes_client.mjs"

pytestmark = pytest.mark.npm


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """A directory with the client in its node_modules."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        pytest.skip("there is no npm on this computer")
    place = tmp_path_factory.mktemp("client")
    words = [npm, "install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts"]
    words += ["--prefix", str(place), f"{PACKAGE}@{VERSION}"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        pytest.skip("npm's registry does not answer")
    if not (place / "node_modules" / PACKAGE).is_dir():
        pytest.skip(f"npm cannot install {PACKAGE}: {done.stderr.strip()[-300:]}")
    return place


def test_what_its_documentation_shows(api, packages, web, box):  # noqa: F811
    environment = {
        **os.environ,
        "KUBECONFIG": str(api.kubeconfig),
        "PACKAGES": str(packages / "package.json"),
    }
    done = subprocess.run(
        ["node", str(SCRIPT)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
