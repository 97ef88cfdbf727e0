"""`ss`, `netstat` and `lsof -i`: who listens on the machine, from one table."""

from __future__ import annotations

from dataclasses import dataclass

from owlab.pocket.machines import units
from owlab.pocket.machines.net import MachineNet
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, Options, parse

_SERVICES = {22: "ssh", 53: "domain", 80: "http", 111: "sunrpc", 443: "https", 2049: "nfs"}


@dataclass(frozen=True)
class SocketRow:
    """One socket that listens."""

    address: str
    port: int
    program: str
    pid: int
    user: str
    descriptor: int

    def local(self, numeric: bool) -> str:
        """Address and port."""
        shown = str(self.port) if numeric else _SERVICES.get(self.port, str(self.port))
        return f"{self.address}:{shown}"


def _rows(call: Call) -> list[SocketRow]:
    found = [
        SocketRow(
            one.address,
            one.port,
            one.program,
            units.pid(one.unit) if one.unit else one.pid,
            one.user,
            3 + number,
        )
        for number, one in enumerate(MachineNet(call.machine).listening())
    ]
    return sorted(found, key=lambda row: row.port)


def _seen(call: Call, row: SocketRow) -> bool:
    """Only root sees the processes of others."""
    return call.root or row.user == call.user


def _newer_only(options: Options) -> bool:
    """IPv6, which nobody listens on here."""
    return options.has("6") and not options.has("4")


@program("ss")
async def ss(call: Call) -> int:
    """``ss [-tulnpaH4] [sport = :PORT]``: no connection stays open here, so that ``-l`` is all."""
    options = parse(call, "tulnpaH46", "tcp udp listening numeric processes all no-header")
    wanted = _filter(call, options.words)
    both = options.has("t", "tcp") == options.has("u", "udp")
    listens = options.has("l", "listening") or options.has("a", "all")
    shows = listens and not (options.has("u", "udp") and not options.has("t", "tcp"))
    shows = shows and not _newer_only(options)
    rows = [row for row in _rows(call) if wanted in (None, row.port)] if shows else []
    numeric, processes = options.has("n", "numeric"), options.has("p", "processes")
    lead = "Netid State  " if both else "State  "
    if not options.has("H", "no-header"):
        await call.out(
            f"{lead}Recv-Q Send-Q Local Address:Port  Peer Address:Port"
            f"{' Process' if processes else ''}\n"
        )
    for row in rows:
        seen = processes and _seen(call, row)
        users = f'users:(("{row.program}",pid={row.pid},fd={row.descriptor}))' if seen else ""
        head = "tcp   LISTEN " if both else "LISTEN "
        line = f"{head}0      4096   {row.local(numeric):>18}       0.0.0.0:*    {users}"
        await call.out(line.rstrip() + "\n")
    return 0


def _filter(call: Call, words: tuple[str, ...]) -> int | None:
    text = "".join(words).replace("(", "").replace(")", "").replace(" ", "")
    if not text:
        return None
    for form in ("sport=:", "sport==:", "sporteq:"):
        if text.startswith(form) and text.removeprefix(form).isdecimal():
            return int(text.removeprefix(form))
    raise Complaint(f"ss: the pocket lab's ss filters by sport = :PORT only, not '{text}'\n")


@program("netstat")
async def netstat(call: Call) -> int:
    """``netstat [-tulnpa]``."""
    options = parse(call, "tulnpaW46", "tcp udp listening numeric programs program all")
    listens = options.has("l", "listening") or options.has("a", "all")
    shows = listens and (options.has("t", "tcp") or not options.has("u", "udp"))
    shows = shows and not _newer_only(options)
    programs = options.has("p", "program", "programs")
    if programs and not call.root:
        await call.err(
            "(Not all processes could be identified, non-owned process info\n"
            " will not be shown, you would have to be root to see it all.)\n"
        )
    kind = "only servers" if options.has("l", "listening") else "servers and established"
    await call.out(f"Active Internet connections ({kind})\n")
    await call.out(
        "Proto Recv-Q Send-Q Local Address           Foreign Address         State      "
        f"{' PID/Program name    ' if programs else ' '}\n"
    )
    for row in _rows(call) if shows else []:
        name = f"{row.pid}/{row.program}" if _seen(call, row) else "-"
        local = row.local(options.has("n", "numeric"))
        line = f"tcp        0      0 {local:<23} 0.0.0.0:*               LISTEN      "
        await call.out(line + (f"{name:<20}\n" if programs else "\n"))
    return 0


@program("lsof")
async def lsof(call: Call) -> int:
    """``lsof -i [TCP][:PORT] [-nP] [-t]``: sockets that listen; files are not listed."""
    words, port, terse, numeric, asked = list(call.argv), None, False, False, False
    while words:
        word = words.pop(0)
        if word.startswith("-i") or (word.startswith("-") and word[1:].strip("nPt") == "i"):
            asked = True
            rest = word.partition("i")[2] or (words.pop(0) if words and ":" in words[0] else "")
            port = _port(rest)
        elif word.startswith("-sTCP"):
            continue
        elif not word.startswith("-") or word[1:].strip("nPt"):
            raise Complaint(f"lsof: the pocket lab lists sockets only: lsof -i, not '{word}'\n")
        terse, numeric = (
            terse or ("t" in word[:4].lower() and "TCP" not in word),
            numeric or "P" in word,
        )
    if not asked:
        raise Complaint("lsof: the pocket lab lists sockets only: lsof -i [:PORT]\n")
    rows = [row for row in _rows(call) if port in (None, row.port) and _seen(call, row)]
    if terse:
        await call.out("".join(f"{pid}\n" for pid in sorted({row.pid for row in rows})))
    elif rows:
        await call.out("COMMAND     PID USER   FD   TYPE DEVICE SIZE/OFF NODE NAME\n")
        for row in rows:
            place = row.local(numeric).replace("0.0.0.0", "*")
            await call.out(
                f"{row.program[:9]:<9} {row.pid:>5} {row.user:<6} {row.descriptor:>2}u  IPv4  "
                f"{20000 + row.port:>5}      0t0  TCP {place} (LISTEN)\n"
            )
    return 0 if rows else 1


def _port(text: str) -> int | None:
    shown = text.rpartition(":")[2] if ":" in text else ""
    if shown and not shown.isdecimal():
        numbers = {name: number for number, name in _SERVICES.items()}
        if shown not in numbers:
            raise Complaint(f"lsof: unacceptable port specification in: -i {text}\n")
        return numbers[shown]
    return int(shown) if shown else None
