"""Who listens on machines, and bytes that travel between them."""

from __future__ import annotations

import asyncio
import re

import pytest

from owlab.pocket.machines.net import MachineNet


async def test_one_table_of_sockets(on):
    script = (
        "nc -l 9000 > got & sleep 0.3; ss -Hltn; ss -tln 'sport = :9000' | tail -n1; lsof -ti :9000"
    )
    typed = await on("master", f"{script} | head -1; echo x | nc -N localhost 9000; wait; cat got")
    lines = typed.out.splitlines()
    assert lines[0].split()[:4] == ["LISTEN", "0", "4096", "0.0.0.0:22"]
    assert lines[1].split()[3] == lines[2].split()[3] == "0.0.0.0:9000"
    assert lines[-1] == "x"
    for command in ("ss -ltnp", "netstat -tlnp", "lsof -nPi"):
        seen, hidden = await on("master", f"sudo {command}"), await on("master", command)
        assert "sshd" in seen.out and "sshd" not in hidden.out, command
    await on("master", "sudo systemctl stop ssh")
    assert (await on("master", "ss -Hltn")).out == ""


async def test_bytes_between_machines(on):
    waiting = asyncio.ensure_future(on("storage", "echo from storage | nc -l 7000"))
    for _ in range(100):
        if (await on("storage", "ss -Hltn sport = :7000")).out:
            break
        await asyncio.sleep(0.05)
    here = await on("worker1", "echo from worker1 | nc -N storage 7000")
    assert (here.out, (await waiting).out) == ("from storage\n", "from worker1\n")


async def test_a_port_is_taken_once(on):
    typed = await on("master", "nc -l 22")
    assert (typed.err, typed.status) == ("nc: Address already in use\n", 1)


async def test_ssh_says_what_it_is(on):
    typed = await on("worker1", "nc -w 1 master 22 </dev/null")
    assert typed.out.startswith("SSH-2.0-OpenSSH_")


@pytest.mark.parametrize(
    ("script", "out", "status"),
    [
        ("nc -zv worker1 22", "Connection to worker1 22 port [tcp/*] succeeded!\n", 0),
        (
            "nc -zv worker1 23",
            "nc: connect to worker1 port 23 (tcp) failed: Connection refused\n",
            1,
        ),
        (
            "nc -zv 10.42.0.9 80",
            "nc: connect to 10.42.0.9 port 80 (tcp) failed: No route to host\n",
            1,
        ),
        (
            "nc -zv nosuch 80",
            'nc: getaddrinfo for host "nosuch" port 80: Name or service not known\n',
            1,
        ),
        ("nc -u master 53", "nc: -u is not part of the pocket lab's nc\n", 1),
        (
            "ss -ltn dport = :1",
            "ss: the pocket lab's ss filters by sport = :PORT only, not 'dport=:1'\n",
            1,
        ),
        (
            "lsof /etc/passwd",
            "lsof: the pocket lab lists sockets only: lsof -i, not '/etc/passwd'\n",
            1,
        ),
        ("ping -c1 nosuch", "ping: nosuch: Name or service not known\n", 2),
        ("host github.com", "github.com has address 203.0.113.11\n", 0),
        ("dig +short @10.43.0.10 web", ";; communications error to 10.43.0.10#53: timed out\n", 9),
    ],
)
async def test_words_and_statuses(on, script, out, status):
    typed = await on("master", script)
    assert (str(typed).startswith(out), typed.status) == (True, status), str(typed)


async def test_each_that_listens_is_a_process_of_its_own(on, master):
    async def serve(*_: object) -> None:
        return None

    net = MachineNet(master)
    with net.listen(7001, "one", serve), net.listen(7002, "two", serve):
        shown = (await on("master", "sudo ss -Hltnp 'sport >= 7001'; sudo ss -Hltnp")).out
        assert {7001, 7002} <= {one.port for one in net.listening()}
    found = re.findall(r':(\d+) .*"(\w+)",pid=(\d+)', shown)
    assert [(port, name) for port, name, _ in found][-2:] == [("7001", "one"), ("7002", "two")]
    assert len({pid for *_, pid in found}) == len(found)
    assert 7001 not in [one.port for one in net.listening()]
