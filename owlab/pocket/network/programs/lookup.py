"""`dig`, `nslookup`, `host` and `getent hosts`: what name servers say."""

from __future__ import annotations

import ipaddress

from owlab.pocket.ground.clock import unix_time, utc_now
from owlab.pocket.network.console import NetworkConsole
from owlab.pocket.network.dns import NameAnswer, NameRecord, is_address
from owlab.pocket.network.programs.refusal import Refusal
from owlab.pocket.network.unreached import NoNameServer, Unreached

_KINDS = ("A", "AAAA", "ANY", "CNAME", "PTR", "SRV", "MX", "NS", "SOA", "TXT")
_PLUS = {"short", "search", "noall", "answer"}
# Of the transport, and of what is printed anyway: nothing here would be another.
_PLUS_IDLE = {"tcp", "notcp", "recurse", "norecurse", "nosearch", "noshort", "cookie", "nocookie"}
_PLUS_IDLE |= {"edns", "noedns", "dnssec", "nodnssec", "time", "timeout", "tries", "retry", "all"}
_DATABASES = (
    *("ahosts", "ahostsv4", "ahostsv6", "aliases", "ethers", "group", "gshadow", "hosts"),
    *("initgroups", "netgroup", "networks", "passwd", "protocols", "rpc", "services", "shadow"),
)
_GETENT_HELP = "Try `getent --help' or `getent --usage' for more information.\n"
_LOST = ";; connection timed out; no servers could be reached\n"


def reverse(address: str) -> str:
    """The name under which an address is looked up."""
    return ipaddress.ip_address(address).reverse_pointer


async def dig(console: NetworkConsole) -> int:
    """``dig [@SERVER] NAME [TYPE] [+short] [+search] [+noall +answer] [-x ADDRESS]``."""
    server = (console.net.config.servers or ("127.0.0.1",))[0]
    name, kind, plus, words = "", "A", set(), list(console.argv)
    while words:
        word = words.pop(0)
        if word.startswith("@"):
            found = _server(console, word[1:])
            if found is None:
                raise Refusal(f"dig: couldn't get address for '{word[1:]}': not found\n", 10)
            server = found
        elif word.startswith("+"):
            plus.add(_plus(word))
        elif word == "-x" and words:
            name, kind = reverse(_address(words.pop(0))), "PTR"
        elif word in ("-t", "-p", "-c") and words:
            value = words.pop(0).upper()
            if word != "-t" and value != {"-p": "53", "-c": "IN"}[word]:
                raise Refusal(f"dig: {word} {value}: name servers here have port 53, class IN\n")
            kind = value if word == "-t" else kind
        elif word in ("-4", "-6"):
            continue
        elif word.startswith("-"):
            raise Refusal(f"Invalid option: {word}\nUsage:  dig [@global-server] [domain]\n", 1)
        elif word.upper() in _KINDS:
            kind = word.upper()
        elif word.upper() != "IN":
            name = name or word
    if not name:
        raise Refusal("dig: give a name: the pocket lab has no zone of the root\n", 1)
    names = console.net.config.candidates(name) if "search" in plus else [name]
    answer, asked = None, names[0]
    for asked in names:
        answer = console.net.ask(server, asked, kind)
        if answer is None or answer.records:
            break
    head = (
        f"\n; <<>> DiG 9.18 (pocket lab) <<>> {' '.join(console.argv)}\n;; global options: +cmd\n"
    )
    if answer is None:
        await console.pause(15)
        shown = "" if "short" in plus else head
        lost = (
            f";; communications error to {server}#53: timed out\n;; no servers could be reached\n"
        )
        raise Refusal(f"{shown}{lost}", 9)
    if "short" in plus:
        await console.out("".join(f"{record.data}\n" for record in answer.records))
        return 0
    if "noall" in plus:
        await console.out(_lines(answer) if "answer" in plus else "")
        return 0
    await console.out(head + _sections(asked, kind, answer, server))
    return 0


def _plus(word: str) -> str:
    name = word[1:].partition("=")[0]
    if name in _PLUS:
        return name
    if name in _PLUS_IDLE:
        return ""
    raise Refusal(f"dig: {word} is not part of the pocket lab: +short, +search, +noall +answer\n")


def _server(console: NetworkConsole, word: str) -> str | None:
    try:
        return console.net.lookup(word)[0]
    except Unreached:
        return None


def _address(word: str) -> str:
    if not is_address(word):
        raise Refusal(f"Invalid IP address {word}\n", 1)
    return word


def _full(name: str) -> str:
    return name if name.endswith(".") else f"{name}."


def _lines(answer: NameAnswer) -> str:
    def line(record: NameRecord) -> str:
        return f"{_full(record.name):<24}{record.ttl}\tIN\t{record.kind}\t{record.data}\n"

    return "".join(map(line, answer.records))


def _sections(name: str, kind: str, answer: NameAnswer, server: str) -> str:
    count = len(answer.records)
    text = (
        f";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: {answer.status}, "
        f"id: {int(unix_time()) % 65536}\n"
        f";; flags: qr aa rd ra; QUERY: 1, ANSWER: {count}, AUTHORITY: 0, ADDITIONAL: 0\n\n"
        f";; QUESTION SECTION:\n;{_full(name)}\t\tIN\t{kind}\n\n"
    )
    if answer.records:
        text += f";; ANSWER SECTION:\n{_lines(answer)}\n"
    when = f"{utc_now():%a %b %d %H:%M:%S UTC %Y}"
    return (
        text + f";; Query time: 0 msec\n;; SERVER: {server}#53({server}) (UDP)\n;; WHEN: {when}\n\n"
    )


async def nslookup(console: NetworkConsole, *, busybox: bool = False) -> int:
    """``nslookup [-type=TYPE] NAME [SERVER]``."""
    words = [word for word in console.argv if not word.startswith("-")]
    kinds = []
    for word in console.argv:
        name, _, value = word.lstrip("-").partition("=")
        if word in words or name in ("timeout", "retry"):
            continue
        if value and name in ("type", "querytype", "query", "q"):
            kinds.append(value.upper())
        else:
            await console.out(f"*** Invalid option: {name}\n")
    if not words:
        raise Refusal("nslookup: give a name: the pocket lab has no prompt for it\n")
    name = words[0]
    server = (console.net.config.servers or ("127.0.0.1",))[0]
    if len(words) > 1:
        found = _server(console, words[1])
        if found is None:
            raise Refusal(f"nslookup: couldn't get address for '{words[1]}': not found\n")
        server = found
    kind = kinds[0] if kinds else "A"
    names = console.net.config.candidates(name)
    if is_address(name):
        names, kind = [reverse(name)], "PTR"
    answer: NameAnswer | None = NameAnswer("NXDOMAIN")
    for asked in names:
        answer = console.net.ask(server, asked, kind)
        if answer is None or answer.records or answer.status == "NOERROR":
            break
    if answer is None:
        await console.pause(15)
        await console.out(f"{_LOST}\n")
        return 1
    mark = ":" if busybox else "#"
    await console.out(f"Server:\t\t{server}\nAddress:\t{server}{mark}53\n\n")
    if not answer.records:
        said = f"** server can't find {name}: {answer.status}\n\n"
        if answer.status == "NOERROR":
            said = f"*** Can't find {name}: No answer\n\n"
        await console.out(said)
        return 1
    for record in answer.records:
        await console.out(_told(record))
    await console.out("\n")
    return 0


def _told(record: NameRecord) -> str:
    plain = record.name.rstrip(".")
    match record.kind:
        case "A":
            return f"Name:\t{plain}\nAddress: {record.data}\n"
        case "CNAME":
            return f"{plain}\tcanonical name = {record.data}\n"
        case "PTR":
            return f"{plain}\tname = {record.data}\n"
        case "SRV":
            return f"{plain}\tservice = {record.data}\n"
    return f"{plain}\t{record.kind} {record.data}\n"


async def host(console: NetworkConsole) -> int:
    """``host [-t TYPE] NAME [SERVER]``."""
    words, kind = list(console.argv), "A"
    if "-t" in words[:-1]:
        at = words.index("-t")
        kind = words[at + 1].upper()
        del words[at : at + 2]
    usage = "Usage: host [-aCdilrTvVw] [-t type] hostname [server]\n"
    if strange := [word for word in words if word.startswith("-") and word not in ("-4", "-T")]:
        raise Refusal(f"host: illegal option -- {strange[0].lstrip('-')[:1]}\n{usage}")
    words = [word for word in words if not word.startswith("-")]
    if not words:
        raise Refusal(usage)
    name = words[0]
    server = words[1] if len(words) > 1 else (console.net.config.servers or ("127.0.0.1",))[0]
    names = console.net.config.candidates(name)
    if is_address(name):
        names, kind = [reverse(name)], "PTR"
    answer: NameAnswer | None = NameAnswer("NXDOMAIN")
    for asked in names:
        answer = console.net.ask(_server(console, server) or server, asked, kind)
        if answer is None or answer.records:
            break
    if answer is None:
        await console.pause(10)
        await console.out(_LOST)
        return 1
    if not answer.records:
        await console.out(
            f"Host {names[-1]} not found: 3(NXDOMAIN)\n"
            if answer.status != "NOERROR"
            else f"{name} has no {kind} record\n"
        )
        return int(answer.status != "NOERROR")
    sentences = {
        "A": "has address", "CNAME": "is an alias for", "PTR": "domain name pointer",
        "SRV": "has SRV record",
    }  # fmt: skip
    for record in answer.records:
        plain = record.name.rstrip(".")
        await console.out(f"{plain} {sentences.get(record.kind, record.kind)} {record.data}\n")
    return 0


async def getent(console: NetworkConsole) -> int:
    """``getent hosts|ahosts NAME``, and databases of ``/etc``."""
    if not console.argv:
        raise Refusal("Usage: getent [OPTION...] database [key ...]\n")
    if (option := console.argv[0]).startswith("-"):
        what = "unrecognized option" if option.startswith("--") else "invalid option --"
        shown = option if option.startswith("--") else option[1:2]
        raise Refusal(f"getent: {what} '{shown}'\n{_GETENT_HELP}", 64)
    database, *keys = console.argv
    if database not in _DATABASES:
        raise Refusal(f"Unknown database: {database}\n{_GETENT_HELP}")
    if not keys:
        content = console.read(f"/etc/{database}")
        if content is None:
            raise Refusal(f"Enumeration not supported on {database}\n", 3)
        await console.out(content.decode(errors="replace"))
        return 0
    status = 0
    for key in keys:
        if database in ("hosts", "ahosts", "ahostsv4"):
            lines = _hosts(console, database, key)
        else:
            text = (console.read(f"/etc/{database}") or b"").decode(errors="replace")
            place = 2 if key.isdecimal() and database in ("passwd", "group") else 0
            lines = [row for row in text.splitlines() if row.split(":")[place : place + 1] == [key]]
        await console.out("".join(f"{line}\n" for line in lines))
        status = status if lines else 2
    return status


def _hosts(console: NetworkConsole, database: str, name: str) -> list[str]:
    if is_address(name):
        servers = console.net.config.servers
        found = console.net.ask(servers[0], reverse(name), "PTR") if servers else None
        names = [record.data.rstrip(".") for record in found.records] if found else []
        return [f"{name:<15} {' '.join(names)}"] if names or database != "hosts" else []
    try:
        addresses = console.net.lookup(name)
    except NoNameServer:
        return []
    except Unreached:
        return []
    shown = _canonical(console, name)
    if database == "hosts":
        return [f"{address:<15} {shown}" for address in addresses]
    return [
        line
        for address in addresses
        for line in (f"{address:<15} STREAM {shown}", f"{address:<15} DGRAM", f"{address:<15} RAW")
    ]


def _canonical(console: NetworkConsole, name: str) -> str:
    """The full name that was found by searching."""
    for server in console.net.config.servers:
        for full in console.net.config.candidates(name):
            answer = console.net.ask(server, full, "A")
            if answer is not None and answer.addresses():
                return full.rstrip(".")
    return name
