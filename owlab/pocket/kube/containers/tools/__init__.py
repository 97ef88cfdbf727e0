"""Programs that images bring along to look at the network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from owlab.pocket.kube.containers.tools.busybox_wget import busybox_wget
from owlab.pocket.kube.containers.tools.redis_cli import redis_cli
from owlab.pocket.network.console import NetworkConsole
from owlab.pocket.network.programs.curl import curl
from owlab.pocket.network.programs.lookup import dig, getent, host, nslookup
from owlab.pocket.network.programs.nc import nc, telnet
from owlab.pocket.network.programs.ping import ping
from owlab.pocket.network.programs.refusal import Refusal

Tool = Callable[[NetworkConsole], Awaitable[int]]


def _own_words(tool: Tool) -> Tool:
    async def run(console: NetworkConsole) -> int:
        try:
            return await tool(console)
        except Refusal as refusal:
            await console.err(refusal.text)
            return refusal.status

    return run


async def _busybox_nc(console: NetworkConsole) -> int:
    return await nc(console, busybox=True)


async def _busybox_ping(console: NetworkConsole) -> int:
    return await ping(console, busybox=True)


async def _busybox_nslookup(console: NetworkConsole) -> int:
    return await nslookup(console, busybox=True)


TOOLS: dict[str, Tool] = {
    name: _own_words(tool)
    for name, tool in {
        "curl": curl,
        "wget": busybox_wget,
        "nc": _busybox_nc,
        "nslookup": _busybox_nslookup,
        "dig": dig,
        "host": host,
        "getent": getent,
        "ping": _busybox_ping,
        "telnet": telnet,
        "redis-cli": redis_cli,
    }.items()
}
