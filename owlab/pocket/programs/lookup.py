"""`nslookup`, `dig`, `host`, `getent`, `nc`, `telnet` and `ping` on the machines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from owlab.pocket.network.console import NetworkConsole
from owlab.pocket.network.programs import lookup, nc, ping
from owlab.pocket.network.programs.refusal import Refusal
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint

Tool = Callable[[NetworkConsole], Awaitable[int]]


async def _run(tool: Tool, call: Call) -> int:
    try:
        return await tool(call)
    except Refusal as refusal:
        raise Complaint(refusal.text, refusal.status) from None


@program("nslookup")
async def nslookup_here(call: Call) -> int:
    """``nslookup [-type=TYPE] NAME [SERVER]``: the addresses of a name."""
    return await _run(lookup.nslookup, call)


@program("dig")
async def dig_here(call: Call) -> int:
    """``dig [@SERVER] NAME [TYPE] [+short]``: what a name server says."""
    return await _run(lookup.dig, call)


@program("host")
async def host_here(call: Call) -> int:
    """``host [-t TYPE] NAME [SERVER]``: the address of a name, in a sentence."""
    return await _run(lookup.host, call)


@program("getent", machines="all")
async def getent_here(call: Call) -> int:
    """``getent hosts NAME`` and ``getent passwd NAME``."""
    return await _run(lookup.getent, call)


@program("nc", "netcat", machines="all")
async def nc_here(call: Call) -> int:
    """Bytes to a port and back; ``-z`` tells whether somebody listens, ``-l`` listens."""
    return await _run(nc.nc, call)


@program("telnet", machines="all")
async def telnet_here(call: Call) -> int:
    """A connection to a port, with words about it."""
    return await _run(nc.telnet, call)


@program("ping", machines="all")
async def ping_here(call: Call) -> int:
    """Whether a machine or a pod answers; ``-c COUNT`` times, otherwise until Ctrl-C."""
    return await _run(ping.ping, call)
