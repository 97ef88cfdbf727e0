"""The same script in the real bash and on a machine: what each printed, and its status."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from owlab.pocket.machines.machine import Machine

BASH = shutil.which("bash")
NEEDS = (
    "jq",
    "bc",
    "factor",
    "column",
    "xxd",
    "flock",
    "hexdump",
    "envsubst",
    "patch",
    "getopt",
    "git",
    "file",
    "zip",
    "unzip",
    "bzip2",
    "xz",
    "tput",
)


def version() -> tuple[int, ...]:
    assert BASH is not None
    said = subprocess.run([BASH, "-c", "echo ${BASH_VERSINFO[@]:0:2}"], capture_output=True)
    return tuple(map(int, said.stdout.split()))


HARMFUL = re.compile(
    r"\bdate\s+(-\w*s\b|--set)|\b(hostname|reboot|shutdown|poweroff|halt|mount|umount|swapoff"
    r"|sysctl|useradd|usermod|userdel|passwd|crontab|service|systemctl|insmod|mkfs)\s+\w"
    r"|kill\s+(-\w+\s+)?-?1\b|rm\s+-\w+\s+(/|~)\s*(;|$)|/(etc|boot|usr|var)/\S*\s*<<"
    r"|>\s*/(etc|boot|usr|var|root)\b"
)


def scripts(file: Path) -> list[str]:
    """Those of a file, which has ``---`` between two."""
    return file.read_text("utf-8").rstrip("\n").split("\n---\n")


needs_bash = pytest.mark.skipif(
    BASH is None or version() < (5, 2), reason="no bash 5.2 to compare with"
)


async def assert_as_in_bash(master: Machine, script: str, tmp_path: Path) -> None:
    """Output, errors and status are equal."""
    words = set(re.findall(r"[\w-]+", script))
    missing = [name for name in NEEDS if name in words and shutil.which(name) is None]
    if missing:
        pytest.skip(f"no {missing[0]} to compare with")
    assert BASH is not None
    here = tmp_path / "real"
    here.mkdir()
    real = subprocess.run(
        ["bash", "-c", script],
        executable=BASH,
        cwd=here,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"},
        timeout=30,
        check=False,
    )
    master.files.mkdir("/tmp/here")
    master.own("/tmp/here", "ubuntu")
    out, err = bytearray(), bytearray()

    async def write_out(data: bytes) -> None:
        out.extend(data)

    async def write_err(data: bytes) -> None:
        err.extend(data)

    if "zip" in words:
        await master.session().run("sudo apt-get install -y zip unzip", write_out, write_err)
        out.clear()
    session = master.session(cwd="/tmp/here")
    status = await session.run(script, write_out, write_err, stdin=b"")
    assert out.decode(errors="replace") == real.stdout.decode(errors="replace")
    assert err.decode(errors="replace") == real.stderr.decode(errors="replace")
    assert status == real.returncode
