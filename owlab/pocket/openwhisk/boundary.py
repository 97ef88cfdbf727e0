"""Around OpenWhisk's whole API: who is let in, and what is said of what nobody thought of."""

from __future__ import annotations

import logging

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from owlab.pocket.ground.hosts import is_local
from owlab.pocket.openwhisk.http import refusal, transaction
from owlab.pocket.openwhisk.nginx import signed, vanity
from owlab.pocket.openwhisk.refusals import WhiskError

log = logging.getLogger(__name__)


class Boundary:
    """Around the whole application: what nobody thought of is answered in its own words."""

    def __init__(self, app: ASGIApp, apihost: str = "") -> None:
        self._app, self._apihost = app, apihost

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless it came by a name of somebody else's."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        identifier = transaction(request)
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            if message["type"] == "http.response.start":
                message["headers"] = signed(message["headers"])
            await send(message)

        host = request.headers.get("host", "")
        if not vanity(scope, host, self._apihost) and not is_local(host):
            text = "The pocket lab is not called by that name."
            await refusal(WhiskError(421, text), identifier)(scope, receive, sending)
            return
        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            return
        except Exception as error:
            log.error(
                "request %s failed: %s %s",
                identifier,
                request.method,
                request.url.path,
                exc_info=error,
            )
            if not started:
                response = await failed(request, error)
                await response(scope, receive, sending)


async def failed(request: Request, error: Exception) -> Response:
    """A mistake of ours; what it was stands in the log under the request's id."""
    return refusal(WhiskError(500, "There was an internal server error."), transaction(request))


async def not_allowed(request: Request, error: Exception) -> Response:
    """A method that a path does not have."""
    allowed = (getattr(error, "headers", None) or {}).get("Allow", "")
    text = f"HTTP method not allowed, supported methods: {allowed}"
    return refusal(WhiskError(405, text, {"Allow": allowed}), transaction(request))
