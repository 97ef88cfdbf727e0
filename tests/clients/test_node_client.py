"""The official client for JavaScript, the npm package ``@kubernetes/client-node``."""

import os
import subprocess
from pathlib import Path

import pytest

from tests import npm

from .test_port_forward import web  # noqa: F401
from .test_python_clients import box  # noqa: F401

PACKAGE = "@kubernetes/client-node"
VERSION = "1.4.0"
SCRIPT = Path(__file__).parent / "kubernetes_client.mjs"

pytestmark = pytest.mark.npm


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """A directory with the client in its node_modules."""
    place = tmp_path_factory.mktemp("client")
    npm.install(place, f"{PACKAGE}@{VERSION}")
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
