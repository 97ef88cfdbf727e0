"""HTTPS servers of the lab on the addresses of its machines."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Iterable, Iterator

import uvicorn
from starlette.types import ASGIApp

from owlab.pocket.ground.key_pairs import load_key_pair
from owlab.pocket.service.upgrades import CertifiedWebSocket, UpgradingProtocol

log = logging.getLogger(__name__)


def at_once(listener: socket.socket) -> None:
    """Send small answers without waiting for more: accepted connections inherit it.

    asyncio does that by itself only for sockets that it made.
    """
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Server(uvicorn.Server):
    """uvicorn for a process that has several servers, most of which wait most of the time."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ended = asyncio.Event()

    def end(self, force: bool = False) -> None:
        """Take no more requests; ``force`` waits for none that is being answered."""
        self.should_exit, self.force_exit = True, force
        self._ended.set()

    async def main_loop(self) -> None:
        """Look once a second, for the Date of answers: uvicorn's own loop looks ten times."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), 1)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the service."""
        yield


class Listener:
    """One application over TLS on one port of any number of addresses, which may change."""

    def __init__(
        self,
        app: ASGIApp,
        port: int,
        certificate: tuple[bytes, bytes],
        clients: bytes | None = None,
    ) -> None:
        """``clients``: the authority (PEM) of clients that show a certificate; they need not."""
        self._app, self.port, self._certificate = app, port, certificate
        self._clients = clients
        self._running: dict[str, tuple[Server, asyncio.Task[None]]] = {}
        self.problems: dict[str, str] = {}

    @property
    def addresses(self) -> list[str]:
        """Where it answers."""
        return sorted(self._running)

    async def listen(self, addresses: Iterable[str]) -> None:
        """Answer on these addresses and on no others."""
        wanted = set(addresses)
        await asyncio.gather(*(self._close(gone) for gone in set(self._running) - wanted))
        self.problems.clear()
        for address in sorted(wanted - set(self._running)):
            await self._open(address)

    async def close(self) -> None:
        """Answer nowhere."""
        await self.listen(())

    async def _open(self, address: str) -> None:
        try:
            listener = socket.create_server((address, self.port))
        except OSError as error:
            self.problems[address] = (
                f"port {self.port} on {address} is in use by another program of this computer"
                f" ({error.strerror}): stop that"
            )
            log.error("%s", self.problems[address])
            return
        at_once(listener)
        config = uvicorn.Config(
            self._app,
            http=UpgradingProtocol,
            # the other implementation refuses the slash of kubectl's protocol SPDY/3.1+portforward
            ws=CertifiedWebSocket,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=60,
        )
        config.load()
        config.ssl = _context(self._certificate, self._clients)
        server = Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not task.done():
            await asyncio.sleep(0.002)
        self._running[address] = server, task
        log.info("listening on %s port %d", address, self.port)

    async def _close(self, address: str) -> None:
        server, task = self._running.pop(address)
        server.end(force=True)
        with contextlib.suppress(asyncio.CancelledError):
            await task
        log.info("closed %s port %d", address, self.port)


def _context(certificate: tuple[bytes, bytes], clients: bytes | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_key_pair(context, *certificate)
    if clients is not None:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=clients.decode())
    return context
