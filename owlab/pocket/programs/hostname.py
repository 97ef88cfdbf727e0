"""`hostname` and `hostnamectl`: what the machine is called."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.lsb_release import release_of
from owlab.pocket.programs.options import Complaint, parse
from owlab.pocket.programs.uname import KERNEL, architecture

HOSTNAME = (
    "alias all-fqdns boot domain fqdn long file= ip-address all-ip-addresses short yp nis "
    "version help"
)


@program("hostname", machines="all")
async def hostname(call: Call) -> int:
    """The name; ``-I``/``-i`` the address; ``-f``, ``-s`` the name too."""
    options = parse(
        call, "aAbdfF:iIsyVh", HOSTNAME, status=255, absent="A all-fqdns V version h help"
    )
    if options.has("F", "file", "b", "boot") or options.words:
        await call.err(
            "hostname: you must be root to change the host name\n"
            if not call.root
            else "hostname: a machine of the pocket lab keeps its name\n"
        )
        return 1
    if options.has("y", "yp", "nis"):
        raise Complaint("hostname: Local domain name not set\n")
    if options.has("I", "all-ip-addresses"):
        await call.out(f"{call.machine.address} \n")
    elif options.has("i", "ip-address"):
        await call.out(f"{call.machine.address}\n")
    else:
        empty = options.has("d", "domain", "a", "alias")
        await call.out("\n" if empty else f"{call.machine.name}\n")
    return 0


@program("hostnamectl")
async def hostnamectl(call: Call) -> int:
    """What the machine says of itself."""
    if call.argv[:1] == ["hostname"] and len(call.argv) == 1:
        await call.out(f"{call.machine.name}\n")
        return 0
    if call.argv and call.argv[0] != "status":
        await call.err("hostnamectl: a machine of the pocket lab keeps its name\n")
        return 1
    identity = (call.machine.read("/etc/machine-id") or b"").decode().strip()
    rows = {
        "Static hostname": call.machine.name,
        "Icon name": "computer-vm",
        "Chassis": "vm",
        "Machine ID": identity,
        "Virtualization": "none (a machine of the owlab pocket lab)",
        "Operating System": release_of(call).get("PRETTY_NAME", "Ubuntu"),
        "Kernel": f"Linux {KERNEL}-pocket",
        "Architecture": architecture(call).replace("_", "-"),
    }
    await call.out("".join(f"{name:>16}: {value}\n" for name, value in rows.items()))
    return 0
