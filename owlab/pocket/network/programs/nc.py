"""`nc` and `telnet`: bytes to a port and back, and a port of one's own."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from owlab.pocket.network.console import NetworkConsole
from owlab.pocket.network.ends import Ends, of_socket
from owlab.pocket.network.programs.refusal import Refusal, parsed
from owlab.pocket.network.unreached import UnknownName, Unreached

ABSENT = "6 b C D d e h I i M m O P r S s T t U u V W X x"
_CHUNK = 1 << 16
_LAST_SECONDS = 0.5


async def nc(console: NetworkConsole, *, busybox: bool = False) -> int:
    """Connect (``-z``: and no more), or listen (``-l``)."""
    options, words = parsed(console, "46bCDdhklnNrStUuvze:i:I:m:M:O:P:p:q:s:T:V:W:w:X:x:")
    for refused in ABSENT.split():
        if refused in options:
            raise Refusal(f"nc: -{refused} is not part of the pocket lab's nc\n")
    limit = options.get("w", "")
    if limit and not limit.isdecimal():
        raise Refusal(f"nc: timeout invalid: {limit}\n")
    seconds = float(limit) if limit else None
    half = busybox or "N" in options or "q" in options
    if "l" in options:
        return await _listen(console, options, words, half, seconds)
    if len(words) != 2:
        raise Refusal(
            "usage: nc [-46klnNvz] [-p port] [-q seconds] [-w timeout] [destination] [port]\n"
        )
    host, ports = words[0], _ports(words[1])
    status = 1
    for port in ports:
        status = await _connect(console, host, port, options, half, seconds)
        if status and len(ports) == 1:
            return status
    return status


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ports(text: str) -> list[int]:
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise Refusal(f"nc: port number invalid: {text}\n")
    numbers = range(int(first), int(last or first) + 1)
    if not numbers or numbers[-1] > 65535 or len(numbers) > 2000:
        raise Refusal(f"nc: port number too large: {text}\n")
    return list(numbers)


async def _connect(
    console: NetworkConsole,
    host: str,
    port: int,
    options: dict[str, str],
    half: bool,
    seconds: float | None,
) -> int:
    busybox = half and "N" not in options and "q" not in options
    if "n" in options and not _is_number(host):
        told = "Name or service not known"
        raise Refusal(f'nc: getaddrinfo for host "{host}" port {port}: {told}\n')
    try:
        ends = await console.net.dial(host, port, seconds)
    except UnknownName as error:
        if busybox:
            raise Refusal(f"nc: bad address '{host}'\n") from None
        raise Refusal(f'nc: getaddrinfo for host "{host}" port {port}: {error}\n') from None
    except Unreached as error:
        if busybox:
            (address, *_) = console.net.lookup(host)
            raise Refusal(f"nc: {host} ({address}:{port}): {error}\n") from None
        if "v" in options or "z" not in options:
            await console.err(f"nc: connect to {host} port {port} (tcp) failed: {error}\n")
        return 1
    if "v" in options:
        (address, *_) = console.net.lookup(host)
        told = (
            f"{host} ({address}:{port}) open\n"
            if busybox
            else (f"Connection to {host} {port} port [tcp/*] succeeded!\n")
        )
        await console.err(told)
    try:
        if "z" not in options:
            await talk(console, ends, half, seconds)
    finally:
        ends.close()
    return 0


async def talk(
    console: NetworkConsole, ends: Ends, half: bool, seconds: float | None = None
) -> None:
    """Standard input to the other side, and what it says to standard output, until it has ended.

    :param half: say that there is no more when standard input is over.
    """

    async def send() -> None:
        try:
            while (data := await console.next_input()) is not None:
                await ends.send(data)
            if half:
                ends.writer.write_eof()
        except OSError:
            return

    sending = asyncio.ensure_future(send())
    try:
        while True:
            async with asyncio.timeout(seconds):
                data = await ends.reader.read(_CHUNK)
            if not data:
                # The other side may have ended its half only: what is there to send is sent.
                await asyncio.wait([sending], timeout=_LAST_SECONDS)
                return
            await console.out(data)
    except (TimeoutError, ConnectionError):
        return
    finally:
        sending.cancel()


async def _listen(
    console: NetworkConsole,
    options: dict[str, str],
    words: list[str],
    half: bool,
    seconds: float | None,
) -> int:
    text = options.get("p") or (words[-1] if words else "")
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Refusal("usage: nc -l [-kv] [-p port] [port]\n")
    came: asyncio.Queue[tuple[socket.socket, str, asyncio.Event]] = asyncio.Queue()

    async def serve(far: socket.socket, peer: str) -> None:
        over = asyncio.Event()
        await came.put((far, peer, over))
        await over.wait()

    try:
        with console.net.listen(int(text), "nc", serve):
            if "v" in options:
                await console.err(f"Listening on 0.0.0.0 {text}\n")
            while True:
                far, peer, over = await came.get()
                ends = await of_socket(far)
                try:
                    if "v" in options:
                        await console.err(f"Connection received on {peer}\n")
                    await talk(console, ends, half, seconds)
                finally:
                    ends.close()
                    over.set()
                if "k" not in options:
                    return 0
    except OSError as error:
        raise Refusal(f"nc: {error.strerror}\n") from None
    finally:
        while not came.empty():
            _, _, over = came.get_nowait()
            over.set()


async def telnet(console: NetworkConsole) -> int:
    """A connection, with words about it."""
    _, words = parsed(console, "")
    if not words or len(words) > 2 or not (words[1:] or ["23"])[0].isdecimal():
        raise Refusal("Usage: telnet HOST [PORT]\n")
    host, port = words[0], int((words[1:] or ["23"])[0])
    try:
        (address, *_) = console.net.lookup(host)
        await console.out(f"Trying {address}...\n")
        ends = await console.net.dial(address, port)
    except UnknownName as error:
        raise Refusal(f"telnet: could not resolve {host}/{port}: {error}\n") from None
    except Unreached as error:
        raise Refusal(f"telnet: Unable to connect to remote host: {error}\n") from None
    await console.out(f"Connected to {host}.\nEscape character is '^]'.\n")
    try:
        await talk(console, ends, half=False)
    finally:
        ends.close()
    await console.err("Connection closed by foreign host.\n")
    return 1
