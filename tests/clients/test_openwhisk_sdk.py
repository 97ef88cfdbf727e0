"""OpenWhisk by its own JavaScript SDK, the npm package `openwhisk`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import OpenWhisk

VERSION = "3.21.9"
SCRIPT = Path(__file__).parent / "openwhisk_sdk.js"

pytestmark = pytest.mark.npm


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the SDK in its node_modules."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        pytest.skip("there is no npm on this computer")
    place = tmp_path_factory.mktemp("sdk")
    words = [npm, "install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts"]
    words += ["--prefix", str(place), f"openwhisk@{VERSION}"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        pytest.skip("npm's registry does not answer")
    if not (place / "node_modules" / "openwhisk").is_dir():
        pytest.skip(f"npm cannot install openwhisk: {done.stderr.strip()[-300:]}")
    return place


@pytest.mark.parametrize("trust", [True, False], ids=["authority", "ignore_certs"])
async def test_the_whole_sdk(openwhisk: OpenWhisk, sdk: Path, trust: bool) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "NODE_PATH": str(sdk / "node_modules"),
        "__OW_API_HOST": openwhisk.host,
        "__OW_API_KEY": openwhisk.key,
        **({"NODE_EXTRA_CA_CERTS": str(openwhisk.authority)} if trust else {}),
    }
    words = ["node", str(SCRIPT), *([] if trust else ["--ignore-certs"])]
    ran = await openwhisk.run(*words, env=environment)
    assert ran.status == 0, ran.err
    seen = json.loads(ran.out)
    assert seen.pop("version") == "0.0.2"
    assert seen == {
        "result": {"payload": "Hello, SDK!"},
        "actions": ["hello"],
        "logs": ["seen SDK"],
        "stored": {"payload": "Hello, SDK!"},
        "rule": "active",
        "fired": {"payload": "Hello, trigger!"},
        "packages": ["tools"],
        "sorted": ["a", "b"],
        "missing": 404,
        "failed": {"error": "on purpose"},
        "left": 0,
    }


async def test_the_sdk_refuses_an_unknown_authority(openwhisk: OpenWhisk, sdk: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "NODE_PATH": str(sdk / "node_modules"),
        "__OW_API_HOST": openwhisk.host,
        "__OW_API_KEY": openwhisk.key,
    }
    ran = await openwhisk.run("node", str(SCRIPT), env=environment)
    assert ran.status != 0 and "certificate" in ran.err
