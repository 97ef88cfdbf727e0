"""Every program has its file where Ubuntu has it, and is found there in every way."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("script", "out"),
    [
        ("/bin/bash -c 'echo $0 $1' a b", "a b\n"),
        ("/bin/sh -c 'id -un'", "ubuntu\n"),
        ("/usr/bin/env bash -c 'echo x'", "x\n"),
        ("sudo /bin/bash -c 'id -un'", "root\n"),
        ("echo 'echo $1' | /bin/bash -s q", "q\n"),
        ("A=1 /bin/bash -c 'echo $A'", "1\n"),
        ("/bin/cat /etc/hostname", "master\n"),
        ("cat /etc/hostname | /usr/bin/tr a-z A-Z", "MASTER\n"),
        ("/usr/bin/sudo /usr/bin/id -u", "0\n"),
        ("echo 1 2 | xargs /bin/echo", "1 2\n"),
        ("find /etc/hostname -exec /bin/cat {} \\;", "master\n"),
        ("nohup /bin/echo x", "x\n"),
        ("env /bin/echo x", "x\n"),
        ("exec /bin/echo x", "x\n"),
        ("which cat systemctl exportfs kubectl", "/usr/bin/cat\n/usr/bin/systemctl\n"),
        ("command -v cat curl", "/usr/bin/cat\n/usr/bin/curl\n"),
        ("which mount ip reboot", "/usr/bin/mount\n/usr/sbin/ip\n/usr/sbin/reboot\n"),
        ("readlink /bin /sbin", "usr/bin\nusr/sbin\n"),
        ("[ -x /usr/bin/curl ] && [ ! -e /usr/bin/nosuch ] && echo yes", "yes\n"),
    ],
)
async def test_by_its_path(on, script, out):
    typed = await on("master", script)
    assert typed.out == out


async def test_what_is_not_there_is_not_there(on):
    typed = await on("master", "/usr/bin/nosuch; echo $?; kubectl; echo $?; http x; zip; semver")
    assert typed.out == "127\n127\n"
    assert "bash: line 1: /usr/bin/nosuch: No such file or directory\n" in typed.err
    assert "Did you mean" not in typed.err
    assert typed.err.count("command not found") == 4


async def test_files_come_and_go_with_their_package(on):
    typed = await on(
        "master",
        "ls /usr/sbin/exportfs; sudo apt-get install -y nfs-kernel-server > /dev/null; "
        "ls /usr/sbin/exportfs; sudo apt-get remove -y nfs-kernel-server > /dev/null; "
        "ls /usr/sbin/exportfs",
    )
    assert typed.out == "/usr/sbin/exportfs\n"
    assert typed.err.count("cannot access '/usr/sbin/exportfs'") == 2


async def test_scripts(on):
    typed = await on(
        "master",
        "printf '#!/bin/bash\\necho $0 $# $(whoami)\\n' > s.sh; ./s.sh; chmod +x s.sh; ./s.sh a b; "
        "sudo ./s.sh; bash s.sh; PATH=$PATH:~; s.sh 1",
    )
    assert typed.err == "bash: line 1: ./s.sh: Permission denied\n"
    assert typed.out.splitlines() == [
        "./s.sh 2 ubuntu",
        "./s.sh 0 root",
        "s.sh 0 ubuntu",
        "/home/ubuntu/s.sh 1 ubuntu",
    ]


async def test_nobody_writes_over_a_program(on):
    typed = await on("master", "sudo bash -c 'echo x > /usr/bin/cat'; cat /etc/hostname")
    assert (typed.out, typed.err) == (
        "master\n",
        "bash: line 1: /usr/bin/cat: Read-only file system\n",
    )
