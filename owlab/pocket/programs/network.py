"""`ip`, `ping`, `getent` and `ss`: the machine's one address, and who else is there."""

from __future__ import annotations

import json

from owlab.pocket.ground import internet
from owlab.pocket.machines.hosts import find
from owlab.pocket.programs import units
from owlab.pocket.programs.base import Call, program

PORTS = {
    "ssh": [("tcp", 22, "sshd")],
    "k3s": [("tcp", 6443, "k3s-server"), ("tcp", 10250, "k3s-server")],
    "k3s-agent": [("tcp", 10250, "k3s-agent")],
    "nfs-server": [("tcp", 2049, "nfsd")],
    "rpcbind": [("tcp", 111, "rpcbind")],
}


@program("ip")
async def ip(call: Call) -> int:
    """``ip [-4] [-o] [-j] addr|a``, ``ip route [get ADDRESS]``."""
    words = [word for word in call.argv if not word.startswith("-")]
    flags = {word for word in call.argv if word.startswith("-")}
    what, address = (words[0] if words else ""), call.machine.address
    if "addr".startswith(what) or what == "address":
        if "-j" in flags or "-json" in flags:
            info = {"family": "inet", "local": address, "prefixlen": 24, "scope": "global"}
            await call.out(json.dumps([{"ifname": "ens3", "addr_info": [info]}]) + "\n")
        elif "-o" in flags or "-br" in flags or "-brief" in flags:
            await call.out(
                f"ens3             UP             {address}/24 \n"
                if flags & {"-br", "-brief"}
                else f"2: ens3    inet {address}/24 brd {address} scope global ens3\n"
            )
        else:
            await call.out(
                "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n"
                "2: ens3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500\n"
                f"    inet {address}/24 brd {address} scope global ens3\n"
            )
        return 0
    if "route".startswith(what):
        target = words[2] if words[1:2] == ["get"] and len(words) > 2 else "default"
        await call.out(f"{target} dev ens3 src {address}\n")
        return 0
    await call.err(f'Object "{what}" is unknown to the pocket lab, try "ip addr".\n')
    return 1


@program("ping", machines="all")
async def ping(call: Call) -> int:
    """Answers come from the lab's running machines; ``-c COUNT``, otherwise one."""
    count, words, rest = 1, [], list(call.argv)
    while rest:
        word = rest.pop(0)
        if word in ("-c", "-W", "-w", "-i") and rest:
            value = rest.pop(0)
            count = int(value) if word == "-c" and value.isdigit() else count
        elif word.startswith("-c") and word[2:].isdigit():
            count = int(word[2:])
        elif not word.startswith("-"):
            words.append(word)
    if not words:
        await call.err("ping: usage error: Destination address required\n")
        return 1
    host = words[0]
    local = host in ("localhost", "127.0.0.1", call.machine.name)
    machine = call.machine if local else find(call.fleet, host)
    if machine is None:
        stopped = call.fleet.get(host) or any(m.address == host for m in call.fleet.all())
        if not stopped and not host.replace(".", "").isdigit() and host not in internet.hosts():
            await call.err(f"ping: {host}: Name or service not known\n")
            return 2
        await call.out(
            f"PING {host} 56(84) bytes of data.\n\n--- {host} ping statistics ---\n"
            f"{count} packets transmitted, 0 received, 100% packet loss\n"
        )
        return 1
    await call.out(f"PING {host} ({machine.address}) 56(84) bytes of data.\n")
    for number in range(1, min(count, 100) + 1):
        await call.out(f"64 bytes from {machine.address}: icmp_seq={number} ttl=64 time=0.1 ms\n")
        if number < count:
            await call.clock.pause(1)
    await call.out(
        f"\n--- {host} ping statistics ---\n{count} packets transmitted, {count} received, "
        "0% packet loss\n"
    )
    return 0


@program("getent", machines="all")
async def getent(call: Call) -> int:
    """``getent hosts NAME`` and ``getent passwd NAME``."""
    if len(call.argv) < 2:
        await call.err("getent: the pocket lab knows: getent hosts|ahosts|passwd NAME\n")
        return 1
    database, name = call.argv[0], call.argv[1]
    if database in ("hosts", "ahosts", "ahostsv4"):
        machine = call.machine if name == call.machine.name else find(call.fleet, name)
        if machine is None:
            return 2
        await call.out(f"{machine.address:<15} {machine.name}\n")
        return 0
    text = (call.machine.read(f"/etc/{database}") or b"").decode(errors="replace")
    lines = [line for line in text.splitlines() if line.startswith(f"{name}:")]
    await call.out("".join(f"{line}\n" for line in lines))
    return 0 if lines else 2


@program("ss", "netstat")
async def ss(call: Call) -> int:
    """What listens on the machine, by its active units."""
    await call.out("Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n")
    for unit, ports in PORTS.items():
        if units.active(call.machine, unit):
            for protocol, port, name in ports:
                shown = f' users:(("{name}"))' if call.root else ""
                await call.out(
                    f"{protocol}   LISTEN 0      4096   0.0.0.0:{port:<10} 0.0.0.0:*{shown}\n"
                )
    return 0
