"""What an action starts ends with it, holds nobody up, and counts as its memory."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import psutil
import pytest

from .conftest import Client

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs subreapers")

# Twice forked, in a session of its own, holding the standard streams: as a daemon does.
DAEMON = """
import os, time
def main(args):
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(write, str(os.getpid()).encode())
            time.sleep(600)
        os._exit(0)
    pid = int(os.read(read, 32))
    if args.get("exit"):
        os._exit(3)
    time.sleep(args.get("wait", 0))
    return {"pid": pid, "parent": os.getpid()}
"""
NODE = """
const {spawn} = require('child_process');
function main(args) {
  const child = spawn('sleep', ['600'], {detached: true, stdio: 'inherit'});
  child.unref();
  return {pid: child.pid};
}
"""


def _gone(pid: int) -> bool:
    try:
        _, alive = psutil.wait_procs([psutil.Process(pid)], timeout=5)
    except psutil.NoSuchProcess:
        return True
    return not alive


@LINUX
@pytest.mark.parametrize(("kind", "code"), [("python:3", DAEMON), ("nodejs:14", NODE)])
async def test_deleting_an_action_ends_its_daemons_at_once(
    guest: Client, kind: str, code: str
) -> None:
    await guest.action("daemon", code, kind)
    pid = (await guest.call("daemon")).json()["response"]["result"]["pid"]
    assert psutil.pid_exists(pid)
    began = time.monotonic()
    assert (await guest.delete("/actions/daemon")).status_code == 200
    assert time.monotonic() - began < 3
    assert _gone(pid)


@LINUX
async def test_a_time_limit_does_not_wait_for_daemons(guest: Client, tmp_path: Path) -> None:
    await guest.action("daemon", DAEMON, "python:3", limits={"timeout": 400})
    began = time.monotonic()
    record = (await guest.call("daemon", wait=30)).json()
    assert time.monotonic() - began < 4
    assert record["response"]["result"]["error"].startswith("The action exceeded its time limits")


@LINUX
async def test_what_an_action_leaves_when_it_exits_is_ended(guest: Client) -> None:
    others = _children()  # of what else this process has tested
    await guest.action("daemon", DAEMON, "python:3")
    record = (await guest.call("daemon", exit=True)).json()
    assert "exited unexpectedly" in record["response"]["result"]["error"]
    for _ in range(100):
        # The supervisor itself stays.
        if len(_children() - others) <= 1:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(_children() - others)


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


HOGS = {
    "node": ("nodejs:14", "function main(){ const a=[]; for(;;) a.push(Buffer.alloc(20e6, 1)) }"),
    "heap": ("nodejs:14", "function main(){ const a=[]; for(;;) a.push(String(a.length)+'x') }"),
    "python": ("python:3", "def main(args):\n    a=[]\n    while True: a.append(b'x'*20_000_000)"),
    "child": (
        "python:3",
        "import subprocess, sys\ndef main(args):\n"
        "    code = 'a=[]\\nwhile True: a.append(b\"x\"*20_000_000)'\n"
        "    return {'status': subprocess.run([sys.executable, '-c', code]).returncode}",
    ),
}


@LINUX
@pytest.mark.parametrize("hog", HOGS)
async def test_memory_is_that_of_all_processes_together(guest: Client, hog: str) -> None:
    kind, code = HOGS[hog]
    await guest.action("hog", code, kind, limits={"memory": 128})
    record = (await guest.call("hog")).json()
    assert record["response"]["result"] == {
        "error": "The action exhausted its memory and was aborted."
    }
    assert record["response"]["status"] == "action developer error"
    # And the next call gets a container of its own.
    await guest.action("hog", "def main(args): return {'ok': True}", "python:3")
    assert (await guest.call("hog")).json()["response"]["success"] is True


@LINUX
async def test_what_a_small_action_needs_is_not_too_much(guest: Client) -> None:
    code = "function main() { return {megabytes: process.memoryUsage.rss() / 1048576} }"
    await guest.action("small", code, limits={"memory": 128})
    result = (await guest.call("small")).json()["response"]["result"]
    assert result["megabytes"] < 100


@LINUX
async def test_a_bomb_of_processes_is_ended(guest: Client) -> None:
    code = (
        "import os, time\ndef main(args):\n    for _ in range(2000):\n"
        "        if os.fork() == 0: time.sleep(60)\n    return {}"
    )
    await guest.action("bomb", code, "python:3")
    record = (await guest.call("bomb")).json()
    assert record["response"]["success"] is False
