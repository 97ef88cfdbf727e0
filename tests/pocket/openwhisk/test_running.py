"""Actions really run: results, logs, failures, reuse."""

from __future__ import annotations

import asyncio
import base64
import io
import zipfile

import pytest

from .conftest import Client, FakePods

HELLO = """
function main(params) {
    var name = params.name || 'World';
    return {payload: 'Hello, ' + name + '!'};
}
"""
PYTHON = """
def main(args):
    print("seen", args.get("name"))
    return {"payload": "Hello, " + args.get("name", "World") + "!"}
"""


def archive(**files: str) -> str:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name, text in files.items():
            made.writestr(name.replace("__dot__", "."), text)
    return base64.b64encode(data.getvalue()).decode()


async def test_both_streams_keep_their_order(guest: Client) -> None:
    """Of short calls, of long ones, and of what is printed before nobody waits."""
    code = """async function main(args) {
      for (let i = 0; i < 6; i += 1) {
        (i % 2 ? console.log : console.error)(i);
        if (args.slow) await new Promise((done) => setTimeout(done, 5));
      }
      return {};
    }"""
    await guest.action("both", code)
    for slow in (False, False, True, False):
        told = (await guest.call("both", slow=slow)).json()["logs"]
        assert [line.split(" ", 1)[1] for line in told] == [f"stdout: {i}" for i in range(6)]


async def test_what_is_printed_between_calls_holds_nothing_up(guest: Client) -> None:
    code = """function main(args) {
      if (args.later) setTimeout(() => console.log('x'.repeat(300000)), 50);
      return {};
    }"""
    await guest.action("later", code)
    await guest.call("later", later=True)
    await asyncio.sleep(0.3)
    assert (await guest.call("later")).json()["response"]["success"] is True


@pytest.mark.parametrize(("kind", "code"), [("nodejs:default", HELLO), ("python:3", PYTHON)])
async def test_cold_then_warm(guest: Client, pods: FakePods, kind: str, code: str) -> None:
    await guest.action("hello", code, kind)
    answer = await guest.post("/actions/hello?blocking=true&result=true", json={"name": "Ada"})
    assert (answer.status_code, answer.json()) == (200, {"payload": "Hello, Ada!"})
    second = (await guest.call("hello")).json()
    assert second["response"]["result"] == {"payload": "Hello, World!"}
    assert "initTime" not in {a["key"] for a in second["annotations"]}
    assert len(pods.running) == 1
    first = (await guest.get("/activations?limit=1&skip=1&docs=true")).json()[0]
    assert "initTime" in {a["key"] for a in first["annotations"]}


async def test_logs(guest: Client) -> None:
    await guest.action(
        "talk", "def main(a):\n  print('one')\n  print('two')\n  return {}", "python:3"
    )
    done = (await guest.call("talk")).json()
    assert [line.split(" ", 1)[1] for line in done["logs"]] == ["stdout: one", "stdout: two"]
    logs = (await guest.get(f"/activations/{done['activationId']}/logs")).json()
    assert logs == {"logs": done["logs"]}


@pytest.mark.parametrize(
    ("kind", "code", "status", "error"),
    [
        (
            "nodejs:14",
            "function main() { return 5 }",
            2,
            "The action did not return a dictionary or array.",
        ),
        (
            "python:3",
            "def main(a): return 5",
            2,
            "The action did not return a dictionary or array.",
        ),
        (
            "nodejs:14",
            "function main() { throw new Error('boom') }",
            2,
            "An error has occurred: Error: boom",
        ),
        ("python:3", "def main(a): raise ValueError('boom')", 1, "boom"),
        ("nodejs:14", "function main() { return {error: 'mine'} }", 1, "mine"),
        ("nodejs:14", "async function main() { throw {code: 7} }", 1, {"code": 7}),
        (
            "nodejs:14",
            "function main() { process.exit(3) }",
            2,
            "The action did not produce a valid response and exited unexpectedly.",
        ),
        (
            "python:3",
            "import os\ndef main(a): os._exit(3)",
            2,
            "The action did not produce a valid response and exited unexpectedly.",
        ),
        ("python:3", "def other(a): pass", 2, "Cannot start action. Check logs for details."),
        (
            "python:3",
            "import os\nos._exit(1)",
            2,
            "The action did not initialize and exited unexpectedly.",
        ),
        (
            "nodejs:14",
            "var x = 1",
            2,
            "Initialization has failed due to: Error: Action entrypoint 'main' is not a function.",
        ),
    ],
)
async def test_failures(guest: Client, kind: str, code: str, status: int, error: object) -> None:
    await guest.action("bad", code, kind)
    answer = await guest.call("bad")
    response = answer.json()["response"]
    assert answer.status_code == 502
    assert (response["statusCode"], response["result"]) == (status, {"error": error})


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("nodejs:14", "function main() { for (;;); }"),
        ("nodejs:14", "function main() { return new Promise(() => {}) }"),
        ("python:3", "def main(a):\n  while True: pass"),
    ],
)
async def test_time_limit(guest: Client, pods: FakePods, kind: str, code: str) -> None:
    await guest.action("slow", code, kind, limits={"timeout": 400})
    done = (await guest.call("slow")).json()
    text = "The action exceeded its time limits of 400 milliseconds"
    assert done["response"]["result"]["error"].startswith(text)
    assert {"key": "timeout", "value": True} in done["annotations"]


async def test_promises_and_environment(guest: Client) -> None:
    code = (
        "const os = require('os');\n"
        "exports.handle = async () => ({...process.env, cpus: os.cpus().length > 0})"
    )
    await guest.action("env", code, exec={"main": "handle"})
    answer = await guest.call("env")
    seen = answer.json()["response"]["result"]
    assert seen["__OW_ACTION_NAME"] == "/guest/env"
    assert seen["__OW_NAMESPACE"] == "guest"
    assert seen["__OW_API_HOST"] == "https://127.0.0.1:31001"
    assert seen["__OW_ACTIVATION_ID"] == answer.json()["activationId"]
    assert int(seen["__OW_DEADLINE"]) > 0
    assert "__OW_API_KEY" not in seen
    assert "OWLAB_HOME" not in seen and "VIRTUAL_ENV" not in seen


async def test_api_key_only_when_asked_for(guest: Client) -> None:
    await guest.action(
        "key",
        "import os\ndef main(a): return {'key': os.environ.get('__OW_API_KEY')}",
        "python:3",
        annotations=[{"key": "provide-api-key", "value": True}],
    )
    assert (await guest.call("key")).json()["response"]["result"]["key"].startswith("11111111-")


async def test_archives(guest: Client) -> None:
    node = archive(
        **{
            "package.json": '{"main": "lib/start.js"}',
            "lib/start.js": "const b = require('./b'); exports.main = () => ({b})",
            "lib/b.js": "module.exports = 3",
        }
    )
    await guest.action("zipped", node, exec={"code": node, "binary": True})
    assert (await guest.call("zipped")).json()["response"]["result"] == {"b": 3}
    python = archive(**{"__main__.py": "import b\ndef main(a): return {'b': b.B}", "b.py": "B = 4"})
    await guest.action("zipped", python, "python:3")
    assert (await guest.call("zipped")).json()["response"]["result"] == {"b": 4}


async def test_main_may_name_a_file_of_the_archive(guest: Client) -> None:
    code = archive(**{"first.js": "exports.go = { on: (a) => ({ told: a.word }) };"})
    execution = {"kind": "nodejs:14", "code": code, "binary": True, "main": "first.go.on"}
    await guest.action("file", code, exec=execution)
    assert (await guest.call("file", word="hi")).json()["response"]["result"] == {"told": "hi"}


async def test_an_ecmascript_module_is_for_a_node_that_takes_one(guest: Client) -> None:
    files = {
        "package.json": '{"type": "module"}',
        "index.js": "export const main = () => ({ a: 1 });",
    }
    code = archive(**files)
    for kind, taken in (("nodejs:14", False), ("nodejs:20", False), ("nodejs:22", True)):
        execution = {"kind": kind, "code": code, "binary": True}
        await guest.put("/actions/module?overwrite=true", json={"exec": execution})
        result = (await guest.call("module")).json()["response"]["result"]
        assert (result == {"a": 1}) is taken, result
        assert taken or "require() of ES Module" in result["error"]


async def test_archive_without_its_files(guest: Client) -> None:
    await guest.action("empty", archive(readme="x"), "python:3")
    done = (await guest.call("empty")).json()
    assert done["response"]["result"] == {"error": "Zip file does not include mandatory files."}


async def test_update_runs_the_new_code(guest: Client) -> None:
    await guest.action("v", "function main() { return {v: 1} }")
    assert (await guest.call("v")).json()["response"]["result"] == {"v": 1}
    made = await guest.action("v", "function main() { return {v: 2} }")
    assert made["version"] == "0.0.2"
    assert (await guest.call("v")).json()["response"]["result"] == {"v": 2}


async def test_pod_that_does_not_start(guest: Client, pods: FakePods) -> None:
    await guest.action("hello", HELLO)
    pods.failure = "Failed to pull container image 'openwhisk/action-nodejs-v14:1.20.0'."
    answer = await guest.call("hello")
    assert answer.status_code == 500
    assert answer.json()["response"]["status"] == "whisk internal error"
    assert answer.json()["response"]["result"] == {"error": pods.failure}


async def test_pod_that_is_gone_is_not_reused(guest: Client, pods: FakePods) -> None:
    await guest.action("hello", HELLO)
    await guest.call("hello")
    pods.lost = set(pods.running)
    assert (await guest.call("hello")).status_code == 200
    assert not pods.lost & set(pods.running)


async def test_log_limit(guest: Client) -> None:
    code = "def main(a):\n  print('x' * 900000)\n  print('y' * 900000)\n  return {}"
    await guest.action("loud", code, "python:3", limits={"logs": 1})
    last = (await guest.call("loud")).json()["logs"][-1]
    assert last.endswith(
        "Logs were truncated because the total bytes size exceeds the limit of 1048576 bytes."
    )


BREAKS_IN_PYTHON = """
def main(args):
    return helper()

def helper():
    raise ValueError('no')
"""
BREAKS_IN_NODE = """
function main() { return helper(); }
function helper() { nothing(); }
"""


@pytest.mark.parametrize(
    ("kind", "code", "shown"),
    [
        ("python:3", BREAKS_IN_PYTHON, ["in main", "in helper", "return helper()", "ValueError"]),
        ("nodejs:14", BREAKS_IN_NODE, ["ReferenceError: nothing", "at helper", "at main"]),
    ],
)
async def test_a_traceback_shows_the_actions_own_lines_only(
    guest: Client, kind: str, code: str, shown: list[str]
) -> None:
    await guest.action("breaks", code, kind)
    logs = "\n".join((await guest.call("breaks")).json()["logs"])
    for part in shown:
        assert part in logs
    assert "/action/" in logs
    assert "worker." not in logs
    assert "owlab" not in logs
