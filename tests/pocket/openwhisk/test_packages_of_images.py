"""What an action may import: what its image has, and nothing else of this computer's."""

from __future__ import annotations

import base64
import io
import zipfile

import pytest

from .conftest import Client


async def _result(guest: Client, code: str, kind: str, **more: object) -> dict[str, object]:
    await guest.action("f", code, kind, **more)
    record = (await guest.call("f")).json()
    found: dict[str, object] = record["response"]["result"]
    return found


@pytest.mark.parametrize("module", ["requests", "bs4", "dateutil.parser"])
async def test_python_has_the_images_packages(guest: Client, module: str) -> None:
    code = f"import {module}\ndef main(args): return {{'name': {module}.__name__}}"
    assert await _result(guest, code, "python:3") == {"name": module}


@pytest.mark.parametrize("module", ["owlab", "starlette", "jupyterlab"])
async def test_python_has_nothing_of_the_labs(guest: Client, module: str) -> None:
    code = f"def main(args):\n    import {module}\n    return {{}}"
    assert await _result(guest, code, "python:3") == {"error": f"No module named '{module}'"}


async def test_a_virtualenv_in_the_zip_is_used(guest: Client) -> None:
    files = {
        "__main__.py": "import mine\ndef main(args): return {'told': mine.TOLD}",
        "virtualenv/bin/activate_this.py": "",
        "virtualenv/lib/python3.7/site-packages/mine.py": "TOLD = 'from the virtualenv'",
    }
    with io.BytesIO() as buffer:
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        code = base64.b64encode(buffer.getvalue()).decode()
    assert await _result(guest, code, "python:3") == {"told": "from the virtualenv"}


NODE = """
const openwhisk = require('openwhisk');
async function main() {
  const ow = openwhisk();
  return {kinds: Object.keys(ow).sort(), key: ow.actions.client.key, path: process.env.NODE_PATH};
}
"""


async def test_node_has_a_client_of_openwhisk(guest: Client) -> None:
    provided = [{"key": "provide-api-key", "value": True}]
    result = await _result(guest, NODE, "nodejs:14", annotations=provided)
    assert "actions" in result["kinds"] and "triggers" in result["kinds"]  # type: ignore[operator]
    assert str(result["key"]).endswith("g" * 64) and "path" not in result


@pytest.mark.parametrize("kind", ["nodejs:18", "nodejs:20", "nodejs:22", "python:3.11"])
async def test_newer_kinds_have_their_names(guest: Client, kind: str) -> None:
    code = "def main(args): return {}" if "python" in kind else "function main() { return {} }"
    made = await guest.action("f", code, kind)
    assert made["exec"]["kind"] == kind
    assert (await guest.call("f")).json()["response"]["success"] is True
