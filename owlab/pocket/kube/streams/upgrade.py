"""Answers after which a connection speaks SPDY instead of HTTP."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from owlab.pocket.kube.answers import respond
from owlab.pocket.kube.errors import BadRequest, Forbidden
from owlab.pocket.kube.streams.spdy_session import SocketWire, Wire

log = logging.getLogger(__name__)
TAKEOVER = "owlab.takeover"
"""Of the scope: how the server hands its connection over."""
_HEADER = "X-Stream-Protocol-Version"


class SpdyResponse(Response):
    """``101 Switching Protocols``, and then what ``serve`` makes of the connection."""

    def __init__(self, protocol: str, serve: Callable[[Wire], Awaitable[None]]) -> None:
        super().__init__(status_code=101)
        self._protocol, self._serve = protocol, serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the connection, and close it in the end."""
        head = (
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
            f"{_HEADER}: {self._protocol}\r\n\r\n"
        )
        reader, writer = scope["extensions"][TAKEOVER]["take"](head.encode())
        try:
            await self._serve(SocketWire(reader, writer))
        except Exception:
            log.exception("the streams of %s ended badly", scope["path"])
        finally:
            with suppress(OSError):
                writer.close()


def upgraded(
    request: Request, protocols: Sequence[str], serve: Callable[[Wire], Awaitable[None]]
) -> Response:
    """The answer to a request that wants to become SPDY; raises BadRequest for another."""
    wanted = request.headers.get("upgrade", "").lower()
    if "upgrade" not in request.headers.get("connection", "").lower() or not wanted:
        raise BadRequest("Upgrade request required")
    if wanted != "spdy/3.1" or TAKEOVER not in (request.scope.get("extensions") or {}):
        raise BadRequest(f"unable to upgrade: unrecognized upgrade header in request: {wanted}")
    offered = [
        name.strip()
        for header in request.headers.getlist(_HEADER.lower())
        for name in header.split(",")
    ]
    common = next((name for name in offered if name in protocols), None)
    if common is None:
        told = (
            "unable to upgrade: unable to negotiate protocol: client supports "
            f"[{' '.join(offered)}], server supports [{' '.join(protocols)}]"
        )
        status = {**BadRequest(told).status(), "reason": Forbidden.reason, "code": Forbidden.code}
        return respond(status, Forbidden.code)
    return SpdyResponse(common, serve)
