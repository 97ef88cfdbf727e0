"""ssh and scp between machines: by key, as Ubuntu's image has it."""

from __future__ import annotations

import pytest

from owlab.pocket.programs.ssh import FAILED

KEY = "ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519"


@pytest.fixture
async def known(on, lab):
    await on("master", KEY)
    public = lab.fleet.machines["master"].read("/home/ubuntu/.ssh/id_ed25519.pub") or b""
    await on("worker1", "mkdir -p -m 700 ~/.ssh; cat >> ~/.ssh/authorized_keys", stdin=public)


async def test_without_a_key(on):
    typed = await on("master", "ssh worker1 id")
    assert (typed.err, typed.status) == ("ubuntu@worker1: Permission denied (publickey).\n", FAILED)
    assert "Could not resolve hostname nosuch" in (await on("master", "ssh nosuch id")).err
    assert "No route to host" in (await on("master", "ssh 10.9.8.7 id")).err


async def test_with_a_key(on, known, lab):
    address = lab.fleet.machines["worker1"].address
    typed = await on("master", f"ssh -o StrictHostKeyChecking=no {address} 'hostname; exit 3'")
    assert (typed.out, typed.err, typed.status) == ("worker1\n", "", 3)
    assert (await on("master", "echo hi | ssh ubuntu@worker1 cat")).out == "hi\n"
    assert "Permission denied" in (await on("master", "ssh root@worker1 id")).err
    assert (await on("master", "sudo ssh ubuntu@worker1 id")).status == FAILED


async def test_copies(on, known):
    typed = await on(
        "master",
        "mkdir -p d/e; echo 1 > d/e/f; scp -r d worker1:; scp worker1:d/e/f got; cat got; "
        "scp d worker1:/tmp; scp d/e/f worker1:/etc/x; scp worker1:nofile .",
    )
    assert typed.out == "1\n"
    assert typed.err == (
        "scp: /home/ubuntu/d: not a regular file\nscp: /etc/x: Permission denied\n"
        "scp: /home/ubuntu/nofile: No such file or directory\n"
    )
    assert (await on("worker1", "stat -c '%U %n' d/e/f")).out == "ubuntu d/e/f\n"


async def test_keys(on):
    typed = await on(
        "master", f"{KEY}; stat -c %a .ssh .ssh/id_ed25519; cut -d' ' -f1,3 .ssh/*.pub"
    )
    assert typed.out == "700\n600\nssh-ed25519 ubuntu@master\n"
    assert "already exists" in (await on("master", KEY)).out
