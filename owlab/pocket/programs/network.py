"""`ip`: the machine's one address."""

from __future__ import annotations

import json

from owlab.pocket.programs.base import Call, program


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
