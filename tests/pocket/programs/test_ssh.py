"""ssh and scp between machines: by key, as Ubuntu's image has it."""

from __future__ import annotations

import pytest

from owlab.pocket.programs.ssh import FAILED
from owlab.pocket.programs.ssh_keygen import picture

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
    typed = await on("master", "ssh-keygen -y -f .ssh/id_ed25519 | cmp - .ssh/id_ed25519.pub")
    assert (typed.out, typed.status) == ("", 0)
    typed = await on("master", "ssh-keygen -y -f nokey")
    assert (typed.err, typed.status) == ("nokey: No such file or directory\n", FAILED)


async def test_a_key_is_shown(on):
    made = await on("master", "ssh-keygen -t ed25519 -N '' -f key -C me; ssh-keygen -l -f key")
    lines = made.out.splitlines()
    assert lines[0] == "Generating public/private ed25519 key pair."
    assert lines[4].startswith("SHA256:") and lines[4].endswith(" me")
    assert lines[5] == "The key's randomart image is:"
    assert lines[-1] == f"256 {lines[4]} (ED25519)"
    typed = await on("master", "ssh-keygen -l -f nokey")
    assert typed.err == "ssh-keygen: nokey: No such file or directory\n"
    typed = await on(
        "master", "ssh-keygen -q -t ecdsa -f e; ssh-keygen -lf e.pub | cut -d' ' -f1,4"
    )
    assert typed.out == "256 (ECDSA)\n"


async def test_an_old_key_stays_unless_told_otherwise(on):
    again = "ssh-keygen -q -f k; cp k old; echo {} | ssh-keygen -q -f k; cmp -s k old; echo $?"
    for said, differs in (("n", "0\n"), ("y", "1\n")):
        typed = await on("master", "rm -f k*; " + again.format(said))
        assert typed.out == f"/home/ubuntu/k already exists.\n{differs}"
        assert typed.err == "Overwrite (y/n)? "


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-t foo", "unknown key type foo"),
        ("-t rsa -b 100", "Invalid RSA key length: minimum is 1024 bits"),
        ("-t rsa -b 99999", "Invalid RSA key length: maximum is 16384 bits"),
        ("-t ecdsa -b 300", "Invalid ECDSA key length: valid lengths are 256, 384 or 521 bits"),
        ("-N secret", "ssh-keygen: the pocket lab's keys have no passphrase: -N ''"),
    ],
)
async def test_keys_that_cannot_be_made(on, words, said):
    typed = await on("master", f"ssh-keygen {words} -f k")
    assert (typed.out, typed.err, typed.status) == ("", f"{said}\n", FAILED)


def test_the_picture_of_a_key_is_that_of_openssh():
    # Made with OpenSSH's own ssh-keygen.
    key = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEFiOHtiNy7QCeT/aT65Kdy1L8R0vcXRNCe8dupDih+R a@b\n"
    assert picture(key) == (
        "+--[ED25519 256]--+\n"
        "|              o. |\n"
        "| . o .        E+ |\n"
        "|  * = . . .   . .|\n"
        "| o O * . . o . + |\n"
        "|o * = . S o + + o|\n"
        "|.B +     = + . ..|\n"
        "|*.+ o   . * .    |\n"
        "|o..+ . . . .     |\n"
        "| .++o .          |\n"
        "+----[SHA256]-----+\n"
    )


async def test_a_known_host_is_forgotten(on, known):
    typed = await on("master", "ssh-keygen -R worker1")
    hosts = "/home/ubuntu/.ssh/known_hosts"
    assert typed.status == FAILED
    assert typed.err == f"Cannot stat {hosts}: No such file or directory\n"
    await on("master", "ssh -o StrictHostKeyChecking=no worker1 true")
    typed = await on("master", "ssh-keygen -R nosuch; ssh-keygen -R worker1; cat .ssh/known_hosts")
    assert typed.out == (
        f"Host nosuch not found in {hosts}\n# Host worker1 found: line 1\n{hosts} updated.\n"
        f"Original contents retained as {hosts}.old\n"
    )
    assert "worker1 " in (await on("master", "cat .ssh/known_hosts.old")).out


async def test_what_options_say_of_a_login(on, known):
    await on(
        "worker1",
        "sudo useradd -m other; sudo cp -r .ssh /home/other; sudo chown -R other /home/other",
    )
    await on("master", "mv .ssh/id_ed25519 mine; mv .ssh/id_ed25519.pub mine.pub")
    away = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    assert (await on("master", f"ssh -i mine {away} worker1 whoami")).out == "ubuntu\n"
    assert (await on("master", "ls .ssh")).out == ""
    lines = ["-i mine -l other", "-o IdentityFile=mine -o User=other", "-o 'user other' -i mine"]
    for words in lines:
        assert (await on("master", f"ssh {words} worker1 whoami")).out == "other\n", words
    assert (await on("master", "ssh -i mine -l other ubuntu@worker1 whoami")).out == "ubuntu\n"
    assert (await on("master", "ls .ssh")).out == "known_hosts\n"
    for words in ("-p 2222", "-o Port=2222", "-oPort=2222"):
        typed = await on("master", f"ssh {words} worker1 id")
        assert "connect to host worker1 port 2222: Connection refused" in typed.err, words


async def test_scp_keeps_modes_and_times_and_goes_to_the_port(on, known):
    await on("master", "mkdir d; echo 1 > d/f; chmod 600 d/f; chmod 700 d; touch -d 2020-01-01 d/f")
    await on("master", "scp -rp d worker1:kept; scp -r d worker1:new")
    typed = await on("worker1", "stat -c %a kept new; stat -c '%a %y' kept/f new/f | cut -c1-8")
    modes, kept, new = typed.out.split()[:2], typed.out.split("\n")[2], typed.out.split("\n")[3]
    assert (modes, kept) == (["700", "755"], "600 2020") and new.startswith("644 ")
    assert not new.endswith("2020")
    assert "port 2222" in (await on("master", "scp -P 2222 d/f worker1:x")).err
    assert "port 2222" in (await on("master", "rsync -e 'ssh -p 2222' d/f worker1:x")).err
