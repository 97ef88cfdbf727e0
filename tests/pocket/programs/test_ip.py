"""`ip`: the machine's one address, in each of the forms that scripts read."""

from __future__ import annotations

import json
import re

import pytest

FOREVER = "       valid_lft forever preferred_lft forever\n"
LO = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN"
ENS = "2: ens3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP"
TAIL = "group default qlen 1000\n"
NOWHERE = "00:00:00:00:00:00"


@pytest.fixture
def ip(on, lab, master):
    """What ``ip WORDS`` does, with the machine's own numbers as ``OWN``, ``NET`` and so on."""
    own, gateway = master.address, lab.fleet.host.address
    network = own.rpartition(".")[0]

    async def run(words: str) -> tuple[str, str, int]:
        typed = await on("master", f"ip {words}")
        out = re.sub(r"52:54:00(:[0-9a-f]{2}){3}", "MAC", typed.out)
        for number, name in (
            (f"{own}/", "OWN/"),
            (f"{network}.0/24", "NET"),
            (f"{network}.255", "BRD"),
            (own, "OWN"),
        ):
            out = re.sub(rf"(?<![\d.]){re.escape(number)}(?![\d.])", name, out)
        out = out.replace(f"via {gateway} ", "via GW ").replace(f'way": "{gateway}"', 'way": "GW"')
        return out, typed.err, typed.status

    run.own, run.network = own, network  # type: ignore[attr-defined]
    return run


LO_ADDRESS = f"    inet 127.0.0.1/8 scope host lo\n{FOREVER}"
ENS_ADDRESS = f"    inet OWN/24 brd BRD scope global ens3\n{FOREVER}"
LO_LINK = f"    link/loopback {NOWHERE} brd {NOWHERE}\n"
ENS_LINK = "    link/ether MAC brd ff:ff:ff:ff:ff:ff\n"


@pytest.mark.parametrize(
    ("words", "out"),
    [
        ("addr", f"{LO} {TAIL}{LO_LINK}{LO_ADDRESS}{ENS} {TAIL}{ENS_LINK}{ENS_ADDRESS}"),
        ("a show dev lo", f"{LO} {TAIL}{LO_LINK}{LO_ADDRESS}"),
        ("address show ens3", f"{ENS} {TAIL}{ENS_LINK}{ENS_ADDRESS}"),
        ("-4 addr show ens3", f"{ENS} {TAIL}{ENS_ADDRESS}"),
        (
            "link",
            f"{LO} mode DEFAULT {TAIL}{LO_LINK}{ENS} mode DEFAULT {TAIL}{ENS_LINK}",
        ),
        ("l show up lo", f"{LO} mode DEFAULT {TAIL}{LO_LINK}"),
        (
            "-o link show ens3",
            f"{ENS} mode DEFAULT group default qlen 1000\\{ENS_LINK}",
        ),
        (
            "-o -4 addr",
            "1: lo    inet 127.0.0.1/8 scope host lo\\" + FOREVER
            + "2: ens3    inet OWN/24 brd BRD scope global ens3\\" + FOREVER,
        ),
        ("-br addr", "lo               UNKNOWN        127.0.0.1/8 \n"
                     "ens3             UP             OWN/24 \n"),
        ("-brief link show ens3",
         "ens3             UP             MAC <BROADCAST,MULTICAST,UP,LOWER_UP> \n"),
        ("-6 addr", ""),
        ("neigh", ""),
        ("netns", ""),
        ("route", "default via GW dev ens3 proto dhcp src OWN metric 100 \n"
                  "NET dev ens3 proto kernel scope link src OWN metric 100 \n"),
        ("r show default", "default via GW dev ens3 proto dhcp src OWN metric 100 \n"),
        ("route list default", "default via GW dev ens3 proto dhcp src OWN metric 100 \n"),
        ("route get 192.0.2.1", "192.0.2.1 via GW dev ens3 src OWN uid 1000 \n    cache \n"),
        ("route get 127.0.0.1", "local 127.0.0.1 dev lo src 127.0.0.1 uid 1000 \n    cache \n"),
        ("rule", "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"
                 "32767:\tfrom all lookup default\n"),
        ("-V", "ip utility, iproute2-6.1.0 of the pocket lab\n"),
    ],
)  # fmt: skip
async def test_what_is_told(ip, words, out):
    assert await ip(words) == (out, "", 0)


async def test_ways(ip, on):
    own, near = ip.own, f"{ip.network}.77"
    assert (await ip(f"route get {own}"))[0] == "local OWN dev lo src OWN uid 1000 \n    cache \n"
    assert (await ip(f"route get {near}"))[0] == f"{near} dev ens3 src OWN uid 1000 \n    cache \n"
    assert " uid 0 \n" in (await on("master", f"sudo ip route get {near}")).out


async def test_by_network(ip):
    for words, names in (
        (f"to {ip.own}", ["ens3"]),
        (f"to {ip.network}.0/24", ["ens3"]),
        ("to 127.0.0.1", ["lo"]),
        ("to 192.0.2.0/24", []),
    ):
        told = json.loads((await ip(f"-j addr show {words}"))[0])
        assert [row["ifname"] for row in told] == names, words


async def test_json(ip):
    lo, ens = json.loads((await ip("-j addr"))[0])
    assert lo["addr_info"] == [
        {"family": "inet", "local": "127.0.0.1", "prefixlen": 8, "scope": "host", "label": "lo"}
    ]
    assert ens["addr_info"] == [
        {
            "family": "inet",
            "local": "OWN",
            "prefixlen": 24,
            "broadcast": "BRD",
            "scope": "global",
            "label": "ens3",
        }
    ]
    assert (ens["ifindex"], ens["mtu"], ens["operstate"], ens["address"]) == (2, 1500, "UP", "MAC")
    assert ens["flags"] == ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"]
    [link] = json.loads((await ip("-json link show lo"))[0])
    assert "addr_info" not in link and link["link_type"] == "loopback"
    default, near = json.loads((await ip("-j route"))[0])
    assert default == {"dst": "default", "gateway": "GW", "dev": "ens3", "prefsrc": "OWN"}
    assert near == {"dst": "NET", "dev": "ens3", "scope": "link", "prefsrc": "OWN"}


@pytest.mark.parametrize(
    ("words", "err", "status"),
    [
        ("", "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n", 255),
        ("bogus", 'Object "bogus" is unknown, try "ip help".\n', 1),
        ("addr show eth0", 'Device "eth0" does not exist.\n', 1),
        ("addr show to x", 'Error: inet prefix is expected rather than "x".\n', 1),
        ("route get", "need at least a destination address\n", 255),
        ("route get x", 'Error: any valid prefix is expected rather than "x".\n', 1),
        *(
            (f"{what} {verb} x", "ip: a machine of the pocket lab keeps its one address: "
             f"no {verb}\n", 2)
            for what, verb in (("addr", "add"), ("link", "set"), ("route", "del"))
        ),
    ],
)  # fmt: skip
async def test_what_is_refused(ip, words, err, status):
    assert await ip(words) == ("", err, status)
