"""HTTP connections that stop being HTTP: uvicorn knows WebSockets, older kubectl asks for SPDY."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

from owlab.pocket.service.coalesced_writes import CoalescingTransport

if TYPE_CHECKING:
    from uvicorn._types import HTTPScope, WebSocketScope

CERTIFICATE = "owlab.certificate"
"""In a scope: the certificate that the client has shown, as ``ssl`` describes it."""


class UpgradingProtocol(HttpToolsProtocol):
    """Hands a connection over to an application that asks for it.

    The application finds it as ``take`` in the extension ``owlab.takeover`` of its scope: a
    function that is given the head of the answer and returns the connection's streams.
    """

    _streams: asyncio.StreamReaderProtocol | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        super().connection_made(CoalescingTransport.around(transport, self.loop))

    def on_headers_complete(self) -> None:
        """An ordinary request, but for what its scope offers."""
        if self.parser.should_upgrade() and not self._should_upgrade():
            self.scope["extensions"] = {"owlab.takeover": {"take": self._take_over}}
        _certify(self.scope, self.transport)
        super().on_headers_complete()

    def _take_over(self, head: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """From now on what arrives goes to a reader of the application's."""
        self._unset_keepalive_if_required()
        self.cycle.response_started = self.cycle.response_complete = True
        reader = asyncio.StreamReader()
        self._streams = asyncio.StreamReaderProtocol(reader)
        self._streams.connection_made(self.transport)
        self.transport.write(head)
        self.flow.resume_reading()
        return reader, asyncio.StreamWriter(self.transport, self._streams, reader, self.loop)

    def data_received(self, data: bytes) -> None:
        """To the parser, or to who took over."""
        if self._streams is not None:
            self._streams.data_received(data)
            return
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def eof_received(self) -> None:
        """The other side sends no more."""
        if self._streams is not None:
            self._streams.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever has the connection is told."""
        super().connection_lost(exc)
        if self._streams is not None:
            self._streams.connection_lost(exc)

    def pause_writing(self) -> None:
        """The other side is slow."""
        super().pause_writing()
        if self._streams is not None:
            self._streams.pause_writing()

    def resume_writing(self) -> None:
        """The other side has caught up."""
        super().resume_writing()
        if self._streams is not None:
            self._streams.resume_writing()


class CertifiedWebSocket(WSProtocol):
    """uvicorn's WebSocket, whose application sees the client's certificate too."""

    async def run_asgi(self) -> None:
        """An ordinary WebSocket, but for what its scope says."""
        _certify(self.scope, self.transport)
        await super().run_asgi()


def _certify(scope: HTTPScope | WebSocketScope, transport: asyncio.BaseTransport) -> None:
    shown = transport.get_extra_info("peercert")
    if shown:
        cast(MutableMapping[str, Any], scope)[CERTIFICATE] = shown
