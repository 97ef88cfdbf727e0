"""OpenWhisk by the curl of this computer, as OpenWhisk's documentation shows it."""

from __future__ import annotations

import json
import shutil

import pytest

from .conftest import OpenWhisk

CURL = shutil.which("curl") or ""
HELLO = "def main(args):\n    return {'payload': 'Hello, ' + args.get('name', 'World') + '!'}"
WEB = """
def main(args):
    return {
        "statusCode": 200,
        "headers": { "Content-Type": "application/json" },
        "body": args
    }
"""
PUBLIC = [{"key": "web-export", "value": True}]
# curl's own status of a certificate that it cannot verify.
UNVERIFIED = 60

pytestmark = pytest.mark.skipif(not CURL, reason="there is no curl on this computer")


async def curl(openwhisk: OpenWhisk, path: str, *words: str, trust: bool = True) -> tuple[int, str]:
    """Status and body of an answer."""
    verify = ["--cacert", str(openwhisk.authority)] if trust else ["-k"]
    url = f"https://{openwhisk.host}{path}"
    ran = await openwhisk.run(CURL, "-q", "-sS", "-w", "\n%{http_code}", *verify, *words, url)
    assert ran.status == 0, ran.err
    body, _, status = ran.out.rpartition("\n")
    return int(status), body


async def _put(openwhisk: OpenWhisk, name: str, code: str, **more: object) -> None:
    body = json.dumps({"exec": {"kind": "python:3", "code": code}} | more)
    words = ["-u", openwhisk.key, "-X", "PUT", "-H", "Content-Type: application/json", "-d", body]
    path = f"/api/v1/namespaces/_/actions/{name}?overwrite=true"
    status, text = await curl(openwhisk, path, *words)
    assert status == 200, text


async def test_an_action_with_a_key(openwhisk: OpenWhisk) -> None:
    await _put(openwhisk, "hello", HELLO)
    path = "/api/v1/namespaces/_/actions/hello?blocking=true&result=true"
    data = ["-H", "Content-Type: application/json", "-d", '{"name": "curl"}']
    status, text = await curl(openwhisk, path, "-u", openwhisk.key, *data)
    assert (status, json.loads(text)) == (200, {"payload": "Hello, curl!"})
    status, text = await curl(openwhisk, path, *data)
    assert (status, "requires authentication" in text) == (401, True)
    status, text = await curl(openwhisk, path, "-u", "nobody:nothing", *data)
    assert status == 401
    assert json.loads(text)["error"] == "The supplied authentication is invalid."


@pytest.mark.parametrize("trust", [False, True])
async def test_the_guides_web_action(openwhisk: OpenWhisk, trust: bool) -> None:
    await _put(openwhisk, "helloweb", WEB, annotations=PUBLIC)
    path = "/api/v1/web/guest/default/helloweb"
    agent = ["-A", "curl/7.81.0"]
    assert (await curl(openwhisk, path, *agent, trust=trust))[1] == (
        '{\n  "__ow_headers": {\n    "accept": "*/*",\n    "host": "controllers",\n'
        '    "user-agent": "curl/7.81.0"\n  },\n  "__ow_method": "get",\n  "__ow_path": ""\n}'
    )
    status, text = await curl(openwhisk, f"{path}?name=Python", *agent, trust=trust)
    assert (status, json.loads(text)["name"]) == (200, "Python")


async def test_forms_bodies_and_heads(openwhisk: OpenWhisk) -> None:
    await _put(openwhisk, "helloweb", WEB, annotations=PUBLIC)
    path = "/api/v1/web/guest/default/helloweb.http"
    _, text = await curl(openwhisk, path, "-d", "name=Ada Lovelace", "-d", "n=1")
    seen = json.loads(text)
    assert (seen["name"], seen["n"], seen["__ow_method"]) == ("Ada Lovelace", "1", "post")
    status, text = await curl(openwhisk, path, "-I")
    assert status == 200 and "access-control-allow-origin: *" in text.lower()


async def test_without_the_authority_curl_refuses(openwhisk: OpenWhisk) -> None:
    ran = await openwhisk.run(CURL, "-q", "-sS", f"https://{openwhisk.host}/ping")
    assert ran.status == UNVERIFIED
