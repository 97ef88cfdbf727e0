"""Accounts, processes, names and the other things that a server is asked."""

from __future__ import annotations

import pytest


async def test_a_new_user(on):
    typed = await on(
        "master",
        "sudo useradd -m -s /bin/bash -G adm ann; id ann; ls -ld /home/ann; sudo -u ann whoami; "
        "sudo -u ann touch /etc/x; sudo usermod -aG sudo ann; groups ann; sudo userdel -r ann; "
        "id ann",
    )
    assert typed.out.splitlines() == [
        "uid=1001(ann) gid=1001(ann) groups=1001(ann),4(adm)",
        typed.out.splitlines()[1],
        "ann",
        "ann : ann adm sudo",
    ]
    assert typed.out.splitlines()[1].startswith("drwxr-x--- 2 ann ann")
    assert typed.err == "touch: cannot touch '/etc/x': Permission denied\nid: ‘ann’: no such user\n"
    assert "Permission denied" in (await on("master", "useradd bob")).err


@pytest.mark.parametrize(
    ("script", "out", "status"),
    [
        ("seq 20 | tail -n 2", "19\n20\n", 0),
        ("seq 5 > f; tail -n +4 f; tail -2 f; tail -c 2 f", "4\n5\n4\n5\n5\n", 0),
        ("tail nofile", "", 1),
        ("(sleep 0.6; echo new >> f) & echo old > f; timeout 2 tail -f f", "old\nnew\n", 124),
        ("ps -o pid= -p 1; ps -C cron -o comm=", "      1\ncron\n", 0),
        ("pgrep -c cron; pidof nosuch", "1\n", 1),
        ("sudo pkill cron; systemctl is-active cron", "inactive\n", 3),
        ("nc -z localhost 22 && echo up", "up\n", 0),
        ("dig +short localhost; host nosuch", "127.0.0.1\nHost nosuch not found: 3(NXDOMAIN)\n", 1),
        ("echo '* * * * * x' | crontab - 2>/dev/null; crontab -l; crontab -r", "* * * * * x\n", 0),
        ("findmnt -n / | wc -l; lsblk | wc -l", "2\n3\n", 0),
    ],
)
async def test_ordinary_questions(on, script, out, status):
    typed = await on("master", script)
    assert (typed.out, typed.status) == (out, status)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("strace ls", "strace: programs of the pocket lab are no processes of a kernel\n"),
        ("sudo tcpdump -i any", "tcpdump: no packets travel between the machines"),
        ("sudo modprobe nfs", "modprobe: a machine of the pocket lab has no kernel of its own\n"),
        ("tail nofile", "tail: cannot open 'nofile' for reading: No such file or directory\n"),
        (
            "nc -zv localhost 81",
            "nc: connect to localhost port 81 (tcp) failed: ",
        ),
        ("pkill cron", "Operation not permitted"),
        ("man nosuch", "No manual entry for nosuch\n"),
    ],
)
async def test_one_honest_sentence(on, script, words):
    typed = await on("master", script)
    assert words in typed.err
    assert typed.status != 0


async def test_proc(on):
    typed = await on(
        "master",
        "grep -c processor /proc/cpuinfo; awk '/MemTotal/{print $3}' /proc/meminfo; "
        "cut -d' ' -f2 /proc/mounts; cat /proc/version | wc -l; sudo sh -c 'echo x > /proc/uptime'",
    )
    assert typed.out == "2\nkB\n/\n1\n"
    assert "Read-only file system" in typed.err


async def test_the_journal_is_followed(on):
    typed = await on(
        "master",
        "(sleep 0.5; sudo systemctl restart cron) & timeout 2 journalctl -u cron -fo cat; echo $?",
    )
    assert "Started cron.service" in typed.out
    assert typed.out.endswith("124\n")
