"""`nslookup`, `dig`, `host`, `resolvectl` and `nc -z`: names of the lab, and who listens."""

from __future__ import annotations

from owlab.pocket.machines import hosts
from owlab.pocket.programs import units
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.network import PORTS
from owlab.pocket.programs.options import Complaint, parse

SERVER = "127.0.0.53"


def address_of(call: Call, name: str) -> str | None:
    """The address of a name, as ``/etc/hosts`` and the lab's machines have it."""
    for line in (call.machine.read("/etc/hosts") or b"").decode(errors="replace").splitlines():
        words = line.partition("#")[0].split()
        if name in words[1:]:
            return words[0]
    if name in ("localhost",):
        return "127.0.0.1"
    machine = hosts.find(call.fleet, name.rstrip("."))
    return machine.address if machine is not None else None


@program("nslookup")
async def nslookup(call: Call) -> int:
    """The address of a name."""
    words = [word for word in call.argv if not word.startswith("-")]
    if not words:
        raise Complaint("nslookup: give a name: the pocket lab has no prompt for it\n")
    await call.out(f"Server:\t\t{SERVER}\nAddress:\t{SERVER}#53\n\n")
    found = address_of(call, words[0])
    if found is None:
        await call.out(f"** server can't find {words[0]}: NXDOMAIN\n\n")
        return 1
    await call.out(f"Non-authoritative answer:\nName:\t{words[0]}\nAddress: {found}\n\n")
    return 0


@program("dig")
async def dig(call: Call) -> int:
    """The address of a name, at length or ``+short``."""
    words = [word for word in call.argv if word[:1] not in "-+@" and word not in ("A", "ANY")]
    if not words:
        raise Complaint("dig: give a name\n")
    name, found = words[0], address_of(call, words[0])
    if "+short" in call.argv:
        await call.out(f"{found}\n" if found else "")
        return 0
    status = "NOERROR" if found else "NXDOMAIN"
    answer = f";; ANSWER SECTION:\n{name}.\t\t0\tIN\tA\t{found}\n\n" if found else ""
    await call.out(
        f"\n; <<>> DiG 9.18 (pocket lab) <<>> {' '.join(call.argv)}\n;; Got answer:\n"
        f";; ->>HEADER<<- opcode: QUERY, status: {status}, id: 1\n\n"
        f";; QUESTION SECTION:\n;{name}.\t\t\tIN\tA\n\n{answer};; SERVER: {SERVER}#53({SERVER})\n\n"
    )
    return 0


@program("host")
async def host(call: Call) -> int:
    """The address of a name, in a sentence."""
    words = [word for word in call.argv if not word.startswith("-")]
    if not words:
        raise Complaint("Usage: host [-aCdilrTvVw] hostname [server]\n")
    found = address_of(call, words[0])
    if found is None:
        await call.out(f"Host {words[0]} not found: 3(NXDOMAIN)\n")
        return 1
    await call.out(f"{words[0]} has address {found}\n")
    return 0


@program("nc", "netcat", "telnet", machines="all")
async def nc(call: Call) -> int:
    """Whether somebody listens: ``nc -zv HOST PORT``. No bytes travel."""
    options = parse(call, "46bCDdFhklNnrStUuvZzi:I:m:M:O:P:p:q:s:T:V:W:w:X:x:")
    if options.has("l"):
        raise Complaint("nc: machines of the pocket lab listen for their own services only\n")
    if len(options.words) != 2 or not options.words[1].isdigit():
        raise Complaint("usage: nc [-46zv] [-w timeout] destination port\n")
    name, port = options.words[0], int(options.words[1])
    local = name in ("localhost", "127.0.0.1", call.machine.name, call.machine.address)
    machine = call.machine if local else hosts.find(call.fleet, name)
    if machine is None:
        if hosts.is_address(name):
            raise Complaint(f"nc: connect to {name} port {port} (tcp) failed: No route to host\n")
        unknown = "Name or service not known"
        raise Complaint(f'nc: getaddrinfo for host "{name}" port {port}: {unknown}\n')
    listening = any(
        number == port
        for unit, ports in PORTS.items()
        if units.active(machine, unit)
        for _, number, _ in ports
    )
    if not listening:
        raise Complaint(f"nc: connect to {name} port {port} (tcp) failed: Connection refused\n")
    if not options.has("z"):
        raise Complaint("nc: no bytes travel here; nc -zv tells who listens, curl talks to them\n")
    if options.has("v"):
        await call.err(f"Connection to {name} {port} port [tcp/*] succeeded!\n")
    return 0
