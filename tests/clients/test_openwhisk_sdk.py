"""OpenWhisk by its JavaScript SDK, the npm package `openwhisk`, and by ours of its interface."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from owlab.pocket.openwhisk import runtimes
from tests import npm

from .conftest import OpenWhisk

VERSION = "3.21.9"
SCRIPT = Path(__file__).parent / "openwhisk_sdk.js"
COMPOSITION = Path(__file__).parent / "openwhisk_composer.js"
OURS = Path(runtimes.__file__).parent / "nodejs" / "packages"


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the SDK and the composer in its node_modules."""
    place = tmp_path_factory.mktemp("sdk")
    return npm.install(place, f"openwhisk@{VERSION}", "openwhisk-composer@0.12.0").parent


def _environment(openwhisk: OpenWhisk, packages: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "NODE_PATH": str(packages),
        "__OW_API_HOST": openwhisk.host,
        "__OW_API_KEY": openwhisk.key,
    }


@pytest.mark.npm
@pytest.mark.parametrize("trust", [True, False], ids=["authority", "ignore_certs"])
async def test_the_whole_sdk(openwhisk: OpenWhisk, sdk: Path, trust: bool) -> None:
    await _everything(openwhisk, sdk / "node_modules", trust)


@pytest.mark.parametrize("trust", [True, False], ids=["authority", "ignore_certs"])
async def test_our_client_does_the_same(openwhisk: OpenWhisk, trust: bool) -> None:
    await _everything(openwhisk, OURS, trust)


async def _everything(openwhisk: OpenWhisk, packages: Path, trust: bool) -> None:
    environment = _environment(openwhisk, packages)
    if trust:
        environment["NODE_EXTRA_CA_CERTS"] = str(openwhisk.authority)
    words = [str(runtimes.node_path()), str(SCRIPT), *([] if trust else ["--ignore-certs"])]
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


@pytest.mark.npm
async def test_the_sdk_refuses_an_unknown_authority(openwhisk: OpenWhisk, sdk: Path) -> None:
    environment = _environment(openwhisk, sdk / "node_modules")
    ran = await openwhisk.run("node", str(SCRIPT), env=environment)
    assert ran.status != 0 and "certificate" in ran.err


@pytest.mark.npm
async def test_compositions_of_openwhisk_composer_run(openwhisk: OpenWhisk, sdk: Path) -> None:
    environment = _environment(openwhisk, sdk / "node_modules")
    ran = await openwhisk.run("node", str(COMPOSITION), env=environment)
    assert ran.status == 0, ran.err
    assert json.loads(ran.out) == {
        "right": {"message": "welcome"},
        "wrong": {"message": "who are you?"},
        "counted": {"n": 3},
        "caught": {"told": "no luck"},
    }
