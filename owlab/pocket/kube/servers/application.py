"""One function as an HTTP application: it gets a request and gives an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Answering = Callable[[Request], Awaitable[Response]]
Told = Callable[[Request, Response], None]


def application(answer: Answering, server: str = "", told: Told | None = None) -> ASGIApp:
    """An application that says who it is, and tells of each request."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await answer(request)
        except ClientDisconnect:
            return
        if server:
            response.headers["Server"] = server
        if told is not None:
            told(request, response)
        await response(scope, receive, send)

    return app
