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
        ("findmnt -n / | wc -l; lsblk | wc -l", "1\n3\n", 0),
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
        ("sudo useradd -u abc ann", "useradd: invalid user ID 'abc'\n"),
        ("sudo groupadd -g 1x staff2", "groupadd: invalid group ID '1x'\n"),
        ("sudo usermod -u -1 ubuntu", "usermod: invalid user ID '-1'\n"),
        ("sudo modprobe nfs", "modprobe: a machine of the pocket lab has no kernel of its own\n"),
        ("tail nofile", "tail: cannot open 'nofile' for reading: No such file or directory\n"),
        (
            "nc -zv localhost 81",
            "nc: connect to localhost port 81 (tcp) failed: ",
        ),
        ("pkill cron", "Operation not permitted"),
        ("man nosuch", "No manual entry for nosuch\n"),
        ("systemd-analyze blame", "boots no kernel, so that there is nothing to measure\n"),
        ("sudo netplan apply", "keeps its one address, and its names come from the lab\n"),
        ("sudo sshd -t", "the ssh server of the pocket lab has no configuration"),
        (
            "sudo apt-get install -y docker.io",
            "N: The pocket lab has a small part of Ubuntu's archive",
        ),
        ("systemctl list-dependencies ssh", "is not part of the pocket lab's systemctl\n"),
        ("git init", "git: "),
        ("echo 'read()' | bc", "bc: the pocket lab's bc has no read"),
        ("cp -b a b", "cp and mv of the pocket lab keep no backups: no -b\n"),
        ("stty size", "stty: 'standard input': Inappropriate ioctl for device\n"),
        ("tput nosuch", "tput: unknown terminfo capability 'nosuch'\n"),
        ("getent nosuch", "Unknown database: nosuch\n"),
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


async def test_parameters_of_a_kernel_are_kept_with_a_word(on):
    typed = await on(
        "master", "echo net.ipv4.ip_forward=0 | sudo tee /etc/sysctl.d/9.conf; sysctl x"
    )
    assert typed.err == "sysctl: cannot stat /proc/sys/x: No such file or directory\n"
    typed = await on("master", "sudo sysctl --system; sysctl -n net.ipv4.ip_forward vm.swappiness")
    assert typed.out == "* Applying /etc/sysctl.d/9.conf ...\nnet.ipv4.ip_forward = 0\n0\n60\n"
    assert "no kernel that heeds it" in typed.err
    assert "permission denied" in (await on("master", "sysctl -w vm.swappiness=1")).err


async def test_the_time_zone_is_the_machines(on):
    assert (await on("master", "date +%Z; cat /etc/timezone")).out == "UTC\nEtc/UTC\n"
    typed = await on(
        "master", "sudo timedatectl set-timezone Asia/Tokyo; date +%Z; TZ=UTC date +%Z"
    )
    assert typed.out == "JST\nUTC\n"
    assert "Asia/Tokyo (JST, +0900)" in (await on("master", "timedatectl")).out
    wrong = await on("master", "sudo timedatectl set-timezone Mars; timedatectl set-time 10:00")
    assert wrong.err.startswith("Failed to set time zone: Invalid")
    assert "the clock of the pocket lab is the computer's" in wrong.err


async def test_versions_are_ubuntus_and_say_what_they_are(on):
    for name, version in (("bash", "5.2.21"), ("sed", "4.9"), ("ls", "coreutils) 9.4")):
        said = (await on("master", f"{name} --version")).out
        assert version in said.splitlines()[0]
        assert "the pocket lab's own" in said
    timed = (await on("master", "time sleep 0.01")).err
    assert "user\t0m0." in timed and "unavailable" not in timed


async def test_what_a_new_account_is_given(on):
    await on("master", "sudo useradd -m ann; mkdir -p k; echo key > k/a")
    typed = await on(
        "master",
        "sudo rsync --archive --chown=ann:ann k /home/ann; sudo stat -c %U:%G /home/ann/k/a; "
        "sudo rsync -a --chown=nobodyknows k /tmp",
    )
    assert typed.out == "ann:ann\n"
    assert typed.err == "rsync: unknown user or group: nobodyknows\n"


async def test_what_a_terminal_can_do(on, master):
    assert (await on("master", "tput cols; tput setaf 1; tput sgr0; tput cup 1 2")).out == (
        "80\n\x1b[31m\x1b(B\x1b[m\x1b[2;3H"
    )
    shown = bytearray()

    async def show(data: bytes) -> None:
        shown.extend(data)

    session = master.session(tty=True)
    session.size = (91, 17)
    session.tells_of_jobs = False  # nor of anything else, as at a login
    await session.type("tput cols; stty size; bash -c 'tput lines'", show, show, 0)
    assert shown == b"91\n17 91\n17\n"
