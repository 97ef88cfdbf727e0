"""What all handlers share: the request's words, and the one renderer of errors."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from owlab.pocket.ground.intake import Unreadable, parse
from owlab.pocket.openwhisk.activations import new_id
from owlab.pocket.openwhisk.entity_names import Identity
from owlab.pocket.openwhisk.health import BadGateway
from owlab.pocket.openwhisk.nginx import bad_gateway
from owlab.pocket.openwhisk.refusals import WhiskError, bad_request, malformed, too_large
from owlab.pocket.openwhisk.service import Service
from owlab.pocket.openwhisk.store import Document

HALF = "?"
"""What half of a character becomes, as in Java's writer of UTF-8."""
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": (
        "Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent"
    ),
    "Access-Control-Allow-Methods": "GET, DELETE, POST, PUT, HEAD",
}
JSON = "application/json"
Handler = Callable[["WhiskRequest"], Awaitable[Response]]


class WhiskRequest:
    """One authenticated request."""

    def __init__(self, request: Request, service: Service, caller: Identity, body: bytes) -> None:
        self.request, self.service, self.caller, self.body = request, service, caller, body
        self.transaction = transaction(request)

    def word(self, name: str) -> str:
        """A part of the path, decoded."""
        return unquote(str(self.request.path_params[name]))

    def flag(self, name: str, default: bool = False) -> bool:
        """A query parameter that is ``true`` or ``false``."""
        value = self.request.query_params.get(name)
        if value is None:
            return default
        if value.lower() not in ("true", "false", "yes", "no", "on", "off", "1", "0"):
            raise bad_query(name, f"'{value}' is not a valid Boolean value")
        return value.lower() in ("true", "yes", "on", "1")

    def number(self, name: str, collection: str) -> int | None:
        """A query parameter that is a whole number."""
        value = self.request.query_params.get(name)
        if value is None:
            return None
        if _WHOLE.fullmatch(value) is None:
            message = f"The value '{value[:100]}' is not an integer for {collection}."
            raise bad_query(name, message)
        return int(value)

    def instant(self, name: str) -> int | None:
        """A query parameter that is a time in milliseconds."""
        value = self.request.query_params.get(name)
        if value is None:
            return None
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            message = f"Parameter is not a valid value for epoch seconds: {value}"
            raise bad_query(name, message)
        return int(value)

    def json(self) -> Any:
        """The body; nothing is an empty object."""
        if not self.body:
            return {}
        given = self.request.headers.get("content-type", "").split(";")[0].strip().lower()
        if given != "application/json":
            shown = f" [{self.request.headers['content-type']}]" if given else ""
            text = f"The request's Content-Type{shown} is not supported. Expected:\n{JSON}"
            raise WhiskError(415, text)
        try:
            return parse(self.body, half=HALF)
        except Unreadable as error:
            raise malformed(str(error)) from error

    def payload(self) -> dict[str, Any]:
        """An invocation's parameters."""
        limit = self.service.limits.payload
        if len(self.body) > limit:
            raise too_large("Request", len(self.body), limit)
        value = self.json()
        if not isinstance(value, dict):
            raise malformed("Object expected in field")
        return value

    def page(self, found: list[Document], collection: str) -> Response:
        """A list as ``limit``, ``skip`` and ``count`` ask for it."""
        limits = self.service.limits
        limit, skip = self.number("limit", collection), self.number("skip", collection) or 0
        if skip < 0:
            message = f"The value '{skip}' is not greater than or equal to 0 for {collection}."
            raise bad_query("skip", message)
        limit = limits.list_default if limit is None else limit
        if not 0 <= limit <= limits.list_max:
            raise bad_query(
                "limit",
                f"The value '{limit}' is not in the range of 0 to {limits.list_max}"
                f" for {collection}.",
            )
        if self.flag("count"):
            return reply({collection: max(0, len(found) - skip)}, transaction=self.transaction)
        return reply(found[skip : skip + (limit or limits.list_max)], transaction=self.transaction)


def transaction(request: Request) -> str:
    """This request's id: what errors call ``code``."""
    known: str | None = getattr(request.state, "transaction", None)
    if known is None:
        asked = request.headers.get("x-request-id", "")
        known = asked if _NAME.fullmatch(asked) else new_id()
        request.state.transaction = known
    return known


def bad_query(name: str, why: str) -> WhiskError:
    """400 for a query parameter that cannot be read."""
    return bad_request(f"The query parameter '{name}' was malformed:\n{why}")


def accepts(request: Request, *types: str) -> bool:
    """The client's ``Accept`` allows one of these types; without one, everything is fine."""
    given = request.headers.get("accept")
    if given is None or not given.strip():
        return True
    for item in given.split(","):
        wanted, *parameters = (part.strip().lower() for part in item.split(";"))
        if any(re.fullmatch(r"q=0(\.0*)?", parameter) for parameter in parameters):
            continue
        main = wanted.split("/")[0]
        if wanted in ("*/*", *types) or any(
            wanted.endswith("/*") and kind.startswith(f"{main}/") for kind in types
        ):
            return True
    return False


def not_acceptable(*types: str) -> WhiskError:
    """406."""
    shown = "\n".join(types)
    return WhiskError(406, f"Resource representation is only available with these types:\n{shown}")


def reply(value: object, status: int = 200, transaction: str = "", **headers: str) -> Response:
    """JSON, with what every answer carries."""
    content = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Response(
        content.encode("utf-8", "replace"),
        status,
        media_type="application/json",
        headers={**CORS, "X-Request-ID": transaction, **headers},
    )


def refusal(error: WhiskError, identifier: str) -> Response:
    """An error as OpenWhisk writes it."""
    body = {"code": identifier, "error": error.message}
    response = reply(body, error.status, identifier)
    response.headers.update(error.headers)
    return response


def not_allowed(handled: tuple[str, ...]) -> WhiskError:
    """405."""
    shown = ", ".join(handled)
    text = f"HTTP method not allowed, supported methods: {shown}"
    return WhiskError(405, text, {"Allow": shown})


class Endpoints:
    """Turns handlers of ``Context`` into Starlette's: authenticate, read, call, render errors."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(
        self, handler: Handler, handled: tuple[str, ...]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            identifier = transaction(request)
            try:
                self._service.health.need_controller()
                if request.method == "OPTIONS":
                    return Response(status_code=200, headers=CORS)
                caller = self._service.identify(request.headers.get("authorization"))
                if request.method not in handled:
                    raise not_allowed(handled)
                if not accepts(request, JSON):
                    raise not_acceptable(JSON)
                body = await read(request, self._service.limits.code * 2)
                return await handler(WhiskRequest(request, self._service, caller, body))
            except WhiskError as error:
                return refusal(error, identifier)
            except BadGateway:
                return bad_gateway()
            except ClientDisconnect:
                return Response(status_code=400)

        return endpoint

    def behind_controller(
        self, handler: Callable[[Request], Awaitable[Response]], part: str = "controller"
    ) -> Callable[[Request], Awaitable[Response]]:
        """What needs no key, and a part behind nginx."""

        async def endpoint(request: Request) -> Response:
            try:
                if part:
                    self._service.health.need_controller()
                return await handler(request)
            except BadGateway:
                return bad_gateway()

        return endpoint


async def read(request: Request, limit: int) -> bytes:
    """The body, unless it is too large."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large("Request", size, limit)
        chunks.append(chunk)
    return b"".join(chunks)
