"""HTTP on both ends of the lab's connections: applications as servers, and a client."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Any

import httpcore
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from owlab.pocket.network.ends import Ends
from owlab.pocket.network.sockets import Serve

Dial = Callable[[str, int, float | None], Awaitable[Ends]]
"""Connects to a host and a port, within so many seconds; raises Unreached."""
_HTTP = b"HTTP/"
_HANDSHAKE = b"\x16"
"""The first byte of a connection under TLS."""


class _Protocol(HttpToolsProtocol):
    """uvicorn's, that says when its connection is over."""

    over: asyncio.Event

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.over.set()


@functools.cache
def _config() -> uvicorn.Config:
    """One for all servers: it takes more memory than they do. Each says its own application."""

    async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("a protocol was not given its application")

    config = uvicorn.Config(
        nobody, log_config=None, access_log=False, lifespan="off", server_header=False,
        http=_Protocol, ws="none", date_header=True,
    )  # fmt: skip
    config.load()
    return config


def http_server(
    app: ASGIApp,
    context: Callable[[], ssl.SSLContext] | None = None,
    plain: ASGIApp | None = None,
) -> Serve:
    """An application as what answers connections. Its client is who connected.

    :param context: of a server that speaks TLS, where ``plain`` answers those who do not; asked
        for with the first connection.
    """

    async def serve(far: socket.socket, peer: str) -> None:
        secured = context is not None
        answers = app
        if context is not None and plain is not None and await _first_byte(far) != _HANDSHAKE:
            secured, answers = False, plain

        async def known(scope: Scope, receive: Receive, send: Send) -> None:
            await answers({**scope, "client": (peer, 40000 + id(far) % 20000)}, receive, send)

        protocol = _Protocol(config=_config(), server_state=ServerState(), app_state={})
        protocol.app, protocol.over = known, asyncio.Event()
        loop = asyncio.get_running_loop()
        tls = context() if context is not None and secured else None
        try:
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, far, ssl=tls)
        except (ssl.SSLError, ConnectionError):
            return  # the other side did not like what it saw: a certificate, say
        try:
            await protocol.over.wait()
        finally:
            transport.close()

    return serve


async def _first_byte(far: socket.socket) -> bytes:
    """What the other side says first, which stays there to be read."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    far.setblocking(False)
    loop.add_reader(far, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(far)
    return far.recv(1, socket.MSG_PEEK)


class NotHttp(httpcore.RemoteProtocolError):
    """The other side answers, and not in HTTP; ``line`` is what it says first."""

    def __init__(self, said: bytes) -> None:
        super().__init__("illegal first line")
        self.line = said.partition(b"\n")[0].rstrip(b"\r").decode(errors="replace")


class _NetworkStream(httpcore.AsyncNetworkStream):
    """A connection of the lab's, as the client wants it."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._known = False
        """The other side speaks HTTP."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _in_time(httpcore.ReadTimeout, httpcore.ReadError):
            async with asyncio.timeout(timeout):
                data = await self._ends.reader.read(max_bytes)
        if data and not self._known:
            self._known = data[:5] == _HTTP[: len(data[:5])]
            if not self._known:
                raise NotHttp(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _in_time(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                await self._ends.send(buffer)

    async def aclose(self) -> None:
        self._ends.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> _NetworkStream:
        with _in_time(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                writer = self._ends.writer
                await writer.start_tls(ssl_context, server_hostname=server_hostname)
        return self

    def get_extra_info(self, info: str) -> object:
        if info == "ssl_object":
            return self._ends.writer.get_extra_info("ssl_object")
        return None


@contextlib.contextmanager
def _in_time(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except (OSError, ConnectionError) as error:
        raise broken(str(error)) from error


class _Backend(httpcore.AsyncNetworkBackend):
    def __init__(self, dial: Dial) -> None:
        self._dial = dial

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return _NetworkStream(await self._dial(host, port, timeout))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@contextlib.asynccontextmanager
async def exchange(
    dial: Dial,
    method: str,
    url: str,
    headers: list[tuple[str, str]],
    content: bytes | AsyncIterator[bytes] | None = None,
    *,
    context: ssl.SSLContext | None = None,
    timeout: float | None = None,
    connect_timeout: float | None = None,
) -> AsyncIterator[httpcore.Response]:
    """One request and its answer, whose body comes as it is read.

    Raises Unreached, and httpcore's exceptions for what goes wrong on the way.
    """
    limits: dict[str, float | None] = dict.fromkeys(("read", "write", "pool"), timeout)
    limits["connect"] = connect_timeout or timeout
    async with (
        httpcore.AsyncConnectionPool(ssl_context=context, network_backend=_Backend(dial)) as pool,
        pool.stream(
            method, url, headers=headers, content=content, extensions={"timeout": limits}
        ) as response,
    ):
        yield response
