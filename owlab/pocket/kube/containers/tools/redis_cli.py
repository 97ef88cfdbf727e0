"""`redis-cli`: one command, or those of standard input."""

from __future__ import annotations

import getopt
import shlex
from typing import Any

from owlab.pocket.network.console import NetworkConsole
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.programs.refusal import Refusal
from owlab.pocket.network.unreached import Unreached


async def redis_cli(console: NetworkConsole) -> int:
    """``redis-cli [-h HOST] [-p PORT] [-a PASSWORD] [COMMAND...]``."""
    try:
        given, words = getopt.getopt(console.argv, "h:p:a:n:", ["no-auth-warning", "raw"])
    except getopt.GetoptError as error:
        raise Refusal(f"Unrecognized option or bad number of args for: '-{error.opt}'\n") from None
    options = dict(given)
    host, port = options.get("-h", "127.0.0.1"), options.get("-p", "6379")
    if not port.isdecimal():
        raise Refusal("Invalid server port.\n")
    try:
        ends = await console.net.dial(host, int(port))
    except Unreached as error:
        raise Refusal(f"Could not connect to Redis at {host}:{port}: {error}\n") from None
    try:
        if "-a" in options:
            await _ask(ends, ["AUTH", options["-a"]])
        if words:
            await console.out(_shown(await _ask(ends, words)))
            return 0
        for line in (await console.stdin()).decode(errors="replace").splitlines():
            if line.strip():
                await console.out(_shown(await _ask(ends, shlex.split(line))))
    finally:
        ends.close()
    return 0


async def _ask(ends: Ends, words: list[str]) -> Any:
    head = b"*%d\r\n" % len(words)
    parts = (word.encode(errors="surrogateescape") for word in words)
    await ends.send(head + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
    return await _answer(ends)


async def _answer(ends: Ends) -> Any:
    line = (await ends.reader.readline()).rstrip(b"\r\n")
    if not line:
        raise Refusal("Error: Server closed the connection\n")
    kind, rest = line[:1], line[1:].decode(errors="replace")
    if kind == b"$":
        if rest == "-1":
            return None
        data = await ends.reader.readexactly(int(rest) + 2)
        return data[:-2].decode(errors="replace")
    if kind == b"*":
        return [await _answer(ends) for _ in range(int(rest))]
    return rest


def _shown(value: object) -> str:
    """As it is where no terminal is."""
    if isinstance(value, list):
        return "".join(map(_shown, value)) or "\n"
    return f"{value if value is not None else ''}\n"
