"""`ip`: the machine's one address, and the way to it."""

from __future__ import annotations

import ipaddress
import json
import zlib
from dataclasses import dataclass

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint

OWN = "ens3"
WORDS = ("address", "link", "route", "neighbour", "rule", "netns")
BRIEF = ("-br", "-brief")


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One interface."""

    number: int
    name: str
    flags: str
    mtu: int
    queue: str
    state: str
    kind: str
    hardware: str
    address: str
    length: int

    @property
    def broadcast(self) -> str:
        """Where all of its network hear."""
        network = ipaddress.ip_network(f"{self.address}/{self.length}", strict=False)
        return str(network.broadcast_address)


def _links(call: Call) -> list[LinkRow]:
    sum_ = zlib.crc32(call.machine.name.encode())
    hardware = "52:54:00:" + ":".join(f"{sum_ >> shift & 255:02x}" for shift in (16, 8, 0))
    return [
        LinkRow(
            *(1, "lo", "LOOPBACK,UP,LOWER_UP", 65536, "noqueue", "UNKNOWN"),
            *("loopback", "00:00:00:00:00:00", "127.0.0.1", 8),
        ),
        LinkRow(
            *(2, OWN, "BROADCAST,MULTICAST,UP,LOWER_UP", 1500, "fq_codel", "UP"),
            *("ether", hardware, call.machine.address, 24),
        ),
    ]


@program("ip")
async def ip(call: Call) -> int:
    """``ip [-4] [-o] [-br] [-j] addr|link [show [dev] NAME]``, ``ip route [get ADDRESS]``."""
    flags = {word for word in call.argv if word.startswith("-")}
    words = [word for word in call.argv if not word.startswith("-")]
    if flags & {"-V", "-Version"}:
        await call.out("ip utility, iproute2-6.1.0 of the pocket lab\n")
        return 0
    if not words:
        raise Complaint("Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n", 255)
    what = next((word for word in WORDS if word.startswith(words[0])), "")
    rest = words[1:]
    if rest[:1] and rest[0] in ("add", "del", "set", "change", "replace", "flush", "delete"):
        raise Complaint(f"ip: a machine of the pocket lab keeps its one address: no {rest[0]}\n", 2)
    if "-6" in flags:
        return 0
    if what in ("address", "link"):
        return await _shown(call, what, rest, flags)
    if what == "route":
        return await _route(call, rest, flags)
    if what in ("neighbour", "netns"):
        return 0  # there are none
    if what == "rule":
        await call.out(
            "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"
            "32767:\tfrom all lookup default\n"
        )
        return 0
    raise Complaint(f'Object "{words[0]}" is unknown, try "ip help".\n', 1)


async def _shown(call: Call, what: str, words: list[str], flags: set[str]) -> int:
    rows = _links(call)
    if "to" in words[:-1]:
        at = words.index("to")
        rows = _within(rows, words[at + 1])
        words = words[:at] + words[at + 2 :]
    names = [word for word in words if word not in ("show", "list", "ls", "dev", "up", "sh", "s")]
    if names:
        rows = [row for row in rows if row.name == names[0]]
        if not rows:
            raise Complaint(f'Device "{names[0]}" does not exist.\n')
    if flags & {"-j", "-json"}:
        await call.out(json.dumps([_json(row, what) for row in rows]) + "\n")
        return 0
    for row in rows:
        if flags & set(BRIEF):
            text = _brief(row, what)
        elif flags & {"-o", "-oneline"} and what == "address":
            kind = "host" if row.name == "lo" else f"brd {row.broadcast} scope global"
            kind = f"scope {kind}" if row.name == "lo" else kind
            text = (
                f"{row.number}: {row.name}    inet {row.address}/{row.length} {kind} {row.name}\\"
                "       valid_lft forever preferred_lft forever\n"
            )
        else:
            text = _whole(row, what, "-4" in flags)
            if flags & {"-o", "-oneline"}:
                text = text.rstrip("\n").replace("\n", "\\") + "\n"
        await call.out(text)
    return 0


def _within(rows: list[LinkRow], text: str) -> list[LinkRow]:
    """The interface with an address in a network; machines may share the loopback's."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise Complaint(f'Error: inet prefix is expected rather than "{text}".\n') from None
    found = [row for row in rows if ipaddress.ip_address(row.address) in network]
    return found[-1:]


def _brief(row: LinkRow, what: str) -> str:
    last = f"{row.address}/{row.length} " if what == "address" else f"{row.hardware} <{row.flags}> "
    return f"{row.name:<16} {row.state:<14} {last}\n"


def _whole(row: LinkRow, what: str, only: bool) -> str:
    text = (
        f"{row.number}: {row.name}: <{row.flags}> mtu {row.mtu} qdisc {row.queue} "
        f"state {row.state}{' mode DEFAULT' if what == 'link' else ''} group default qlen 1000\n"
    )
    loop = row.name == "lo"
    if not only:
        ends = "00:00:00:00:00:00" if loop else "ff:ff:ff:ff:ff:ff"
        text += f"    link/{row.kind} {row.hardware} brd {ends}\n"
    if what == "address":
        where = "scope host lo" if loop else f"brd {row.broadcast} scope global {row.name}"
        text += f"    inet {row.address}/{row.length} {where}\n"
        text += "       valid_lft forever preferred_lft forever\n"
    return text


def _json(row: LinkRow, what: str) -> dict[str, object]:
    told: dict[str, object] = {
        "ifindex": row.number,
        "ifname": row.name,
        "flags": row.flags.split(","),
        "mtu": row.mtu,
        "qdisc": row.queue,
        "operstate": row.state,
        "group": "default",
        "link_type": row.kind,
        "address": row.hardware,
    }
    if what == "address":
        loop = row.name == "lo"
        one: dict[str, object] = {"family": "inet", "local": row.address, "prefixlen": row.length}
        one |= {} if loop else {"broadcast": row.broadcast}
        one |= {"scope": "host" if loop else "global", "label": row.name}
        told["addr_info"] = [one]
    return told


async def _route(call: Call, words: list[str], flags: set[str]) -> int:
    address = call.machine.address
    if words[:1] == ["get"]:
        if len(words) < 2:
            raise Complaint("need at least a destination address\n", 255)
        try:
            ipaddress.ip_address(words[1])
        except ValueError:
            raise Complaint(
                f'Error: any valid prefix is expected rather than "{words[1]}".\n'
            ) from None
        way = _way(words[1], address, call.fleet.host.address)
        await call.out(f"{way} uid {0 if call.root else 1000} \n")
        await call.out("    cache \n")
        return 0
    network = ipaddress.ip_network(f"{address}/24", strict=False)
    gateway = call.fleet.host.address
    if flags & {"-j", "-json"}:
        rows = [
            {"dst": "default", "gateway": gateway, "dev": OWN, "prefsrc": address},
            {"dst": str(network), "dev": OWN, "scope": "link", "prefsrc": address},
        ]
        await call.out(json.dumps(rows) + "\n")
        return 0
    await call.out(f"default via {gateway} dev {OWN} proto dhcp src {address} metric 100 \n")
    if "default" not in words:
        await call.out(f"{network} dev {OWN} proto kernel scope link src {address} metric 100 \n")
    return 0


def _way(to: str, own: str, gateway: str) -> str:
    """How a packet gets there: by itself, on the one network, or by the gateway."""
    if to in (own, "127.0.0.1"):
        return f"local {to} dev lo src {to}"
    near = ipaddress.ip_address(to) in ipaddress.ip_network(f"{own}/24", strict=False)
    return f"{to}{'' if near else f' via {gateway}'} dev {OWN} src {own}"
