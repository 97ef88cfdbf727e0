"""dig, nslookup, host, getent and ping: their words, and what name servers say to them."""

from __future__ import annotations

import asyncio
import re

import pytest

from owlab.pocket.ground.failures import Farewell
from owlab.pocket.network.programs.lookup import dig, getent, host, nslookup, reverse
from owlab.pocket.network.programs.ping import ping
from tests.waiting import eventually

from .network_console import TestConsole, TestNet, Typed, typed

PROGRAMS = {program.__name__: program for program in (dig, nslookup, host, getent, ping)}


@pytest.fixture
def net() -> TestNet:
    net = TestNet()
    net.records = {
        ("web.lab", "A"): ["10.0.0.7", "10.0.0.8"],
        ("web.lab", "SRV"): ["0 100 80 web.lab."],
        ("full.example", "A"): ["1.2.3.4"],
        ("alias.lab", "CNAME"): ["web.lab."],
        ("full.example", "TXT"): ['"v=1"'],
        ("7.0.0.10.in-addr.arpa", "PTR"): ["web.lab."],
    }
    net.names |= {"ns": "10.0.0.54"}
    return net


async def run(net: TestNet, line: str, **more) -> Typed:
    name, *words = line.split()
    return await typed(PROGRAMS[name], net, *words, **more)


@pytest.mark.parametrize(
    ("address", "name"), [("10.0.0.7", "7.0.0.10.in-addr.arpa"), ("::1", f"1.{'0.' * 31}ip6.arpa")]
)
def test_reversed_names(address, name):
    assert reverse(address) == name


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("dig full.example", ("10.0.0.53", "full.example", "A")),
        ("dig full.example TXT", ("10.0.0.53", "full.example", "TXT")),
        ("dig txt full.example", ("10.0.0.53", "full.example", "TXT")),
        ("dig -t srv web.lab", ("10.0.0.53", "web.lab", "SRV")),
        ("dig IN A full.example", ("10.0.0.53", "full.example", "A")),
        ("dig @10.0.0.53 full.example", ("10.0.0.53", "full.example", "A")),
        ("dig @ns full.example", ("10.0.0.54", "full.example", "A")),
        ("dig -4 -p 53 -c IN full.example", ("10.0.0.53", "full.example", "A")),
        ("dig -x 10.0.0.7", ("10.0.0.53", "7.0.0.10.in-addr.arpa", "PTR")),
        ("dig web", ("10.0.0.53", "web", "A")),
        ("dig first second", ("10.0.0.53", "first", "A")),
        ("dig +search web", ("10.0.0.53", "web.lab", "A")),
        ("dig +search full.example", ("10.0.0.53", "full.example", "A")),
        ("nslookup web", ("10.0.0.53", "web.lab", "A")),
        ("nslookup -type=srv web.lab", ("10.0.0.53", "web.lab", "SRV")),
        ("nslookup -querytype=TXT full.example", ("10.0.0.53", "full.example", "TXT")),
        ("nslookup full.example ns", ("10.0.0.54", "full.example", "A")),
        ("nslookup 10.0.0.7", ("10.0.0.53", "7.0.0.10.in-addr.arpa", "PTR")),
        ("host -t txt full.example", ("10.0.0.53", "full.example", "TXT")),
        ("host full.example ns", ("10.0.0.54", "full.example", "A")),
        ("nslookup -q=txt full.example", ("10.0.0.53", "full.example", "TXT")),
        ("nslookup -timeout=1 -query=srv web.lab", ("10.0.0.53", "web.lab", "SRV")),
        ("dig +time=2 +tries=1 +tcp full.example", ("10.0.0.53", "full.example", "A")),
        ("host -4 -T full.example", ("10.0.0.53", "full.example", "A")),
        ("host 10.0.0.7", ("10.0.0.53", "7.0.0.10.in-addr.arpa", "PTR")),
    ],
)
async def test_what_is_asked(net: TestNet, line, asked) -> None:
    net.servers.add("10.0.0.54")
    await run(net, line)
    assert net.asked[-1] == asked


@pytest.mark.parametrize(
    ("line", "status", "out", "err"),
    [
        ("dig +short web.lab", 0, "10.0.0.7\n10.0.0.8\n", ""),
        ("dig +short none", 0, "", ""),
        ("dig +short +search web", 0, "10.0.0.7\n10.0.0.8\n", ""),
        ("dig +short -x 10.0.0.7", 0, "web.lab.\n", ""),
        ("dig +noall web.lab", 0, "", ""),
        ("dig +noall +answer full.example", 0, "full.example.           30\tIN\tA\t1.2.3.4\n", ""),
        ("dig @nobody x", 10, "", "dig: couldn't get address for 'nobody': not found\n"),
        ("dig -x name", 1, "", "Invalid IP address name\n"),
        ("dig -z x", 1, "", "Invalid option: -z\nUsage:  dig [@global-server] [domain]\n"),
        (
            *("dig +trace x", 1, ""),
            "dig: +trace is not part of the pocket lab: +short, +search, +noall +answer\n",
        ),
        (
            *("dig -p 5353 x", 1, ""),
            "dig: -p 5353: name servers here have port 53, class IN\n",
        ),
        ("dig -c CH x", 1, "", "dig: -c CH: name servers here have port 53, class IN\n"),
        (
            "host -v x",
            1,
            "",
            "host: illegal option -- v\nUsage: host [-aCdilrTvVw] [-t type] hostname [server]\n",
        ),
        (
            *("nslookup -nope full.example", 0),
            "*** Invalid option: nope\nServer:\t\t10.0.0.53\nAddress:\t10.0.0.53#53\n\n"
            "Name:\tfull.example\nAddress: 1.2.3.4\n\n",
            "",
        ),
        ("dig", 1, "", "dig: give a name: the pocket lab has no zone of the root\n"),
        (
            "dig +short @ns x",
            9,
            "",
            ";; communications error to 10.0.0.54#53: timed out\n;; no servers could be reached\n",
        ),
        (
            "nslookup web",
            0,
            "Server:\t\t10.0.0.53\nAddress:\t10.0.0.53#53\n\nName:\tweb.lab\nAddress: 10.0.0.7\n"
            "Name:\tweb.lab\nAddress: 10.0.0.8\n\n",
            "",
        ),
        (
            "nslookup none",
            1,
            "Server:\t\t10.0.0.53\nAddress:\t10.0.0.53#53\n\n"
            "** server can't find none: NXDOMAIN\n\n",
            "",
        ),
        (
            "nslookup -type=mx web.lab",
            1,
            "Server:\t\t10.0.0.53\nAddress:\t10.0.0.53#53\n\n*** Can't find web.lab: No answer\n\n",
            "",
        ),
        *(
            (
                f"nslookup {option} full.example",
                0,
                f"*** Invalid option: {name}\nServer:\t\t10.0.0.53\nAddress:\t10.0.0.53#53\n\n"
                "Name:\tfull.example\nAddress: 1.2.3.4\n\n",
                "",
            )
            for option, name in (
                *(
                    ("-type", "type"),
                    ("-query=", "query"),
                    ("-q", "q"),
                    ("-querytype=", "querytype"),
                ),
                *(("-typo=txt", "typo"), ("--port=53", "port")),
            )
        ),
        ("nslookup", 1, "", "nslookup: give a name: the pocket lab has no prompt for it\n"),
        ("nslookup x nobody", 1, "", "nslookup: couldn't get address for 'nobody': not found\n"),
        (
            "nslookup x ns",
            1,
            ";; connection timed out; no servers could be reached\n\n",
            "",
        ),
        ("host web", 0, "web.lab has address 10.0.0.7\nweb.lab has address 10.0.0.8\n", ""),
        ("host -t cname alias.lab", 0, "alias.lab is an alias for web.lab.\n", ""),
        ("host -t srv web.lab", 0, "web.lab has SRV record 0 100 80 web.lab.\n", ""),
        ("host 10.0.0.7", 0, "7.0.0.10.in-addr.arpa domain name pointer web.lab.\n", ""),
        ("host -t txt full.example", 0, 'full.example TXT "v=1"\n', ""),
        ("host none.x", 1, "Host none.x.local not found: 3(NXDOMAIN)\n", ""),
        ("host -t mx web.lab.", 1, "Host web.lab. not found: 3(NXDOMAIN)\n", ""),
        ("host x ns", 1, ";; connection timed out; no servers could be reached\n", ""),
        ("host", 1, "", "Usage: host [-aCdilrTvVw] [-t type] hostname [server]\n"),
        ("getent hosts web", 0, "10.0.0.7        web.lab\n", ""),
        (
            "getent ahosts web",
            0,
            "10.0.0.7        STREAM web.lab\n10.0.0.7        DGRAM\n10.0.0.7        RAW\n",
            "",
        ),
        ("getent hosts other", 0, "10.0.0.8        other\n", ""),
        ("getent hosts none", 2, "", ""),
        ("getent hosts none web", 2, "10.0.0.7        web.lab\n", ""),
        ("getent hosts 10.0.0.7", 0, "10.0.0.7        web.lab\n", ""),
        ("getent hosts 10.0.0.9", 2, "", ""),
        ("getent ahosts 10.0.0.9", 0, "10.0.0.9        \n", ""),
        ("getent passwd ada", 0, "ada:x:1\n", ""),
        ("getent passwd ad", 2, "", ""),
        ("getent passwd", 0, "root:x:0\nada:x:1\n", ""),
        ("getent group x", 2, "", ""),
        ("getent group", 3, "", "Enumeration not supported on group\n"),
        ("getent", 1, "", "Usage: getent [OPTION...] database [key ...]\n"),
    ],
)
async def test_what_is_told(net: TestNet, line, status, out, err) -> None:
    found = await run(net, line, files={"/etc/passwd": b"root:x:0\nada:x:1\n"})
    assert (found.status, found.out, found.err) == (status, out, err)


async def test_an_answer_of_dig_in_full(net: TestNet) -> None:
    found = await run(net, "dig web.lab")
    lines = found.out.splitlines()
    assert lines[1:3] == ["; <<>> DiG 9.18 (pocket lab) <<>> web.lab", ";; global options: +cmd"]
    assert any("opcode: QUERY, status: NOERROR, id: " in line for line in lines)
    assert ";; flags: qr aa rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 0" in lines
    assert lines[lines.index(";; QUESTION SECTION:") + 1] == ";web.lab.\t\tIN\tA"
    answer = lines[lines.index(";; ANSWER SECTION:") + 1]
    assert answer.split() == ["web.lab.", "30", "IN", "A", "10.0.0.7"]
    assert ";; SERVER: 10.0.0.53#53(10.0.0.53) (UDP)" in lines
    missing = (await run(net, "dig none")).out
    assert "status: NXDOMAIN" in missing and "ANSWER SECTION" not in missing


async def test_servers_that_do_not_answer_take_their_time(net: TestNet) -> None:
    waits = [(await run(net, f"{line} ns")).console.paused for line in ("nslookup x", "host x")]
    assert waits == [15, 10]
    found = await run(net, "dig @ns x")
    assert found.console.paused == 15 and found.status == 9
    assert found.err.startswith("\n; <<>> DiG 9.18 (pocket lab) <<>> @ns x\n")
    assert len(net.asked) == 3, "the first that does not answer is the last"


async def test_busybox_writes_a_colon(net: TestNet) -> None:
    found = await typed(nslookup, net, "web", busybox=True)
    assert found.out.startswith("Server:\t\t10.0.0.53\nAddress:\t10.0.0.53:53\n\n")


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (("x.", "CNAME", "y."), "x\tcanonical name = y.\n"),
        (("x.", "PTR", "y."), "x\tname = y.\n"),
        (("x.", "SRV", "0 100 80 y."), "x\tservice = 0 100 80 y.\n"),
        (("x.", "TXT", '"a"'), 'x\tTXT "a"\n'),
    ],
)
async def test_records_of_nslookup(net: TestNet, record, line) -> None:
    name, kind, data = record
    net.records = {(name, kind): [data]}
    found = await run(net, f"nslookup -type={kind} {name}")
    assert found.out.endswith(f"\n\n{line}\n")


async def test_without_a_name_server(net: TestNet) -> None:
    net.config = type(net.config)(())
    assert (await run(net, "getent hosts 10.0.0.7")).status == 2
    await run(net, "dig x")
    assert net.asked[-1][0] == "127.0.0.1"


OPENING = "PING {} ({}) {}({}) bytes of data.\n"
ANSWER = "{} bytes from {}: icmp_seq={} ttl=64 time=T ms\n"
ENDING = "\n--- {} ping statistics ---\n{} packets transmitted, {} received, {}% packet loss, "
SPREAD = "rtt min/avg/max/mdev = T/T/T/T ms\n"
WEB, OTHER = ("web", "10.0.0.7", 56, 84), ("other", "10.0.0.8", 56, 84)
TIME = re.compile(r"\d+\.\d{3}")


@pytest.mark.parametrize(
    ("words", "printed", "status", "paused"),
    [
        (
            "-c 2 web",
            OPENING.format(*WEB)
            + "".join(ANSWER.format(64, "web (10.0.0.7)", n) for n in (1, 2))
            + f"{ENDING.format('web', 2, 2, 0)}time 1000ms\n{SPREAD}",
            0,
            1,
        ),
        (
            "-n -c1 -s 10 web",
            OPENING.format("web", "10.0.0.7", 10, 38)
            + ANSWER.format(18, "10.0.0.7", 1)
            + f"{ENDING.format('web', 1, 1, 0)}time 0ms\n{SPREAD}",
            0,
            0,
        ),
        (
            "-q -4 -i 0.5 10.0.0.7 -c 3",
            OPENING.format("10.0.0.7", "10.0.0.7", 56, 84)
            + f"{ENDING.format('10.0.0.7', 3, 3, 0)}time 1000ms\n{SPREAD}",
            0,
            1,
        ),
        (
            "-c 2 other",
            OPENING.format(*OTHER) + f"{ENDING.format('other', 2, 0, 100)}time 1000ms\n\n",
            1,
            11,
        ),
        (
            "-c 1 -W 2 other",
            OPENING.format(*OTHER) + f"{ENDING.format('other', 1, 0, 100)}time 0ms\n\n",
            1,
            2,
        ),
        (
            "-q -c 5 -w 2 web",
            OPENING.format(*WEB) + f"{ENDING.format('web', 2, 2, 0)}time 2000ms\n{SPREAD}",
            1,
            2,
        ),
    ],
)
async def test_pings(net: TestNet, words, printed, status, paused) -> None:
    found = await run(net, f"ping {words}")
    assert (TIME.sub("T", found.out), found.status) == (printed, status)
    assert found.console.paused == paused


async def test_pings_of_busybox(net: TestNet) -> None:
    found = await typed(ping, net, "-c", "2", "web", busybox=True)
    assert TIME.sub("T", found.out) == (
        "PING web (10.0.0.7): 56 data bytes\n"
        "64 bytes from 10.0.0.7: seq=0 ttl=64 time=T ms\n"
        "64 bytes from 10.0.0.7: seq=1 ttl=64 time=T ms\n"
        "\n--- web ping statistics ---\n"
        "2 packets transmitted, 2 packets received, 0% packet loss\n"
        "round-trip min/avg/max = T/T/T ms\n"
    )
    found = await typed(ping, net, "-c", "1", "other", busybox=True)
    assert found.out.endswith("1 packets transmitted, 0 packets received, 100% packet loss\n")
    found = await typed(ping, net, "none", busybox=True)
    assert (found.status, found.err) == (1, "ping: bad address 'none'\n")


@pytest.mark.parametrize(
    ("words", "said", "status"),
    [
        ("-c x web", "invalid argument: 'x'", 1),
        ("-c 0 web", f"invalid argument: '0': out of range: 1 <= value <= {2**63 - 1}", 1),
        ("-s 127993 web", "invalid argument: '127993': out of range: 0 <= value <= 127992", 1),
        ("-i x web", "option argument contains garbage: x", 1),
        ("-W inf web", "option argument contains garbage: inf", 1),
        (
            "-i 0.001 web",
            "cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)",
            2,
        ),
        ("-Z web", "invalid option -- 'Z'", 2),
    ],
)
async def test_pings_that_are_refused(net: TestNet, words, said, status) -> None:
    found = await run(net, f"ping {words}")
    assert (found.out, found.err, found.status) == ("", f"ping: {said}\n", status)


async def test_pings_until_ctrl_c(net: TestNet) -> None:
    console = TestConsole(net, "ping", ["-i", "0.01", "web"])
    running = asyncio.ensure_future(ping(console))
    await eventually(lambda: b"icmp_seq=3 " in console.printed)
    running.cancel()
    with pytest.raises(Farewell) as ended:
        await running
    sent = console.printed.count(b"icmp_seq=")
    assert console.paused == 0, "people look at it: it goes at their pace"
    assert f"\n{sent} packets transmitted, {sent} received, 0% packet loss" in ended.value.text
    assert b"statistics" not in console.printed


async def test_pings_of_nobody(net: TestNet) -> None:
    found = await run(net, "ping none")
    assert (found.status, found.err) == (2, "ping: none: Name or service not known\n")
    found = await run(net, "ping -c 3")
    assert (found.status, found.err) == (1, "ping: usage error: Destination address required\n")
