"""What an action may read and write of this computer, where the kernel has Landlock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from owlab.pocket.openwhisk.confine import SHARED, version

from .conftest import Client

pytestmark = pytest.mark.skipif(not version(), reason="needs Landlock")

READ = {
    "python:3": "def main(args):\n    return {'text': open(args['path']).read()}",
    "nodejs:14": "function main(a) { return {text: require('fs').readFileSync(a.path, 'utf8')} }",
}
CHILD = """
import subprocess
def main(args):
    done = subprocess.run(["cat", args["path"]], capture_output=True, text=True)
    return {"text": done.stdout, "error_text": done.stderr}
"""


@pytest.fixture
def secret() -> Iterator[Path]:
    """A file of the user's, outside what is temporary."""
    path = Path.home() / f".owlab-test-{os.getpid()}"
    if any(path.resolve().is_relative_to(place) for place in SHARED):
        pytest.skip("this user's home is in a folder for temporary files, which actions may read")
    path.write_text("secret")
    yield path
    path.unlink()


@pytest.mark.parametrize("kind", READ)
async def test_the_users_files_are_not_read(guest: Client, kind: str, secret: Path) -> None:
    await guest.action("f", READ[kind], kind)
    record = (await guest.call("f", path=str(secret))).json()
    assert record["response"]["success"] is False
    assert "ermission denied" in str(record["response"]["result"]) or "EACCES" in str(record)


async def test_nor_by_what_an_action_starts(guest: Client, secret: Path) -> None:
    await guest.action("f", CHILD, "python:3")
    result = (await guest.call("f", path=str(secret))).json()["response"]["result"]
    assert result["text"] == "" and "Permission denied" in result["error_text"]


@pytest.mark.parametrize("path", ["own.txt", "/tmp/owlab-test-written"])
async def test_its_own_and_temporary_files_are_written(guest: Client, path: str) -> None:
    code = (
        "def main(args):\n    open(args['path'], 'w').write('x')\n"
        "    return {'text': open(args['path']).read()}"
    )
    await guest.action("f", code, "python:3")
    record = (await guest.call("f", path=path)).json()
    assert record["response"]["result"] == {"text": "x"}
    Path("/tmp/owlab-test-written").unlink(missing_ok=True)
