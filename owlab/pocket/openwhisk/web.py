"""Web actions: from an HTTP request to parameters, and from a result to an HTTP response."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from owlab.pocket.ground.intake import Unreadable, parse
from owlab.pocket.openwhisk.media import Media, media
from owlab.pocket.openwhisk.refusals import NOT_ALLOWED, bad_request, malformed, not_found

EXTENSIONS = (".http", ".json", ".html", ".svg", ".text")
ALLOWED = "OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH"
HEADERS = "Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent"
NOTHING = object()
"""No body at all: JSON's null is one."""
RESERVED = ("__ow_method", "__ow_headers", "__ow_path", "__ow_user", "__ow_query", "__ow_body")
MISMATCH = "Response type in header did not match generated content type."
UNKNOWN_TYPE = "Response did not specify a known content-type."
# The chart's nginx passes requests on to its upstream of this name.
UPSTREAM = "controllers"
BASE64 = re.compile(r"[A-Za-z0-9+/]{4,}={0,2}")


@dataclass(frozen=True, slots=True)
class WebRequest:
    """What a web action may know of a request."""

    method: str
    headers: Mapping[str, str]
    path: str
    query: str
    body: bytes
    user: str | None = None

    @property
    def media(self) -> Media:
        """What the body is; bytes when it is not told."""
        return media(self.headers.get("content-type", "")) or Media("application/octet-stream")


@dataclass(slots=True)
class WebResponse:
    """An HTTP response."""

    status: int
    body: bytes
    content_type: str | None
    headers: list[tuple[str, str]] = field(default_factory=list)
    negotiated: bool = False
    """The client's ``Accept`` must allow the type."""


def split_extension(name: str) -> tuple[str, str]:
    """``hello.json`` -> ``hello``, ``.json``; without a known one the extension is ``.http``."""
    for extension in EXTENSIONS:
        if name.endswith(extension) and len(name) > len(extension):
            return name.removesuffix(extension), extension
    return name, ".http"


def parameters(request: WebRequest, *, raw: bool, fixed: set[str]) -> dict[str, Any]:
    """The action's parameters; 400 when the request sets what it must not."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers["host"] = UPSTREAM
    # It is between the client and the chart's nginx, which does not pass it on.
    headers.pop("connection", None)
    context: dict[str, Any] = {
        "__ow_method": request.method.lower(),
        "__ow_headers": dict(sorted(headers.items())),
        "__ow_path": request.path,
    }
    if request.user:
        context["__ow_user"] = request.user
    if raw:
        context["__ow_query"] = request.query
        context["__ow_body"] = _opaque(request) if request.body else ""
        return context
    given: dict[str, Any] = dict(parse_qsl(request.query, keep_blank_values=True))
    extra = _body(request)
    if isinstance(extra, dict):
        given |= extra
    elif extra is not NOTHING:
        context["__ow_body"] = extra
    if any(name in RESERVED or name in fixed for name in given):
        raise bad_request(NOT_ALLOWED)
    return given | context


def _body(request: WebRequest) -> Any:
    if not request.body:
        return NOTHING
    if request.media.json:
        try:
            return parse(request.body, half="?")
        except Unreadable as error:
            raise malformed(str(error)) from None
    if request.media.name == "application/x-www-form-urlencoded":
        return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    return _opaque(request)


def _opaque(request: WebRequest) -> str:
    # JSON too: a habit of old that upstream keeps.
    if request.media.binary or request.media.name == "application/json":
        return base64.b64encode(request.body).decode()
    return request.body.decode(errors="replace")


def answer(result: object, extension: str, *, failed: bool) -> WebResponse:
    """A result (or, ``failed``, its ``error``) as the extension wants it."""
    if failed:
        result = result.get("error") if isinstance(result, dict) else result
    return {
        ".http": _http,
        ".json": _json,
        ".html": lambda value: _markup(value, "html", "text/html"),
        ".svg": lambda value: _markup(value, "svg", "image/svg+xml"),
        ".text": _text,
    }[extension](result)


def pretty(value: object) -> bytes:
    """JSON as OpenWhisk's controller prints it."""
    return _printed(value, 0).encode()


def _printed(value: object, indent: int) -> str:
    """Objects over several lines, keys in order; arrays on one; numbers as Java's BigDecimal."""
    if isinstance(value, dict):
        inner = " " * (indent + 2)
        rows = (f"{inner}{_quoted(k)}: {_printed(value[k], indent + 2)}" for k in sorted(value))
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_printed(item, indent) for item in value) + "]"
    if isinstance(value, float):
        return str(Decimal(repr(value)))
    return _quoted(value)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json(value: object) -> WebResponse:
    if isinstance(value, dict | list):
        return WebResponse(200, pretty(value), "application/json", negotiated=True)
    raise bad_request("Response is not valid 'application/json'.")


def _markup(value: object, name: str, content_type: str) -> WebResponse:
    if isinstance(value, dict):
        value = value.get("body", value.get(name))
    if not isinstance(value, str):
        raise bad_request(f"Response is not valid '{content_type}'.")
    return WebResponse(200, value.encode(), Media(content_type).header)


def _text(value: object) -> WebResponse:
    if isinstance(value, dict):
        if "body" not in value and "text" not in value:
            raise not_found_property()
        value = value.get("body", value.get("text"))
    text = value if isinstance(value, str) else _printed(value, 0)
    return WebResponse(200, text.encode(), "text/plain; charset=UTF-8", negotiated=True)


def not_found_property() -> Exception:
    """404 of a projection."""
    error = not_found()
    error.message = "Response does not include requested property."
    return error


def _http(value: object) -> WebResponse:
    if not isinstance(value, dict):
        raise bad_request("Response is not valid 'message/http'.")
    status = _status(value.get("statusCode", 0)) if "statusCode" in value else None
    headers, told = _headers(value["headers"]) if "headers" in value else ([], None)
    body = value.get("body")
    if body is None or body == "":
        return WebResponse(204 if status is None else status, b"", None, headers)
    status = 200 if status is None else status
    kind = None
    if told is not None:
        kind = media(told)
        if kind is None:
            raise bad_request(UNKNOWN_TYPE if isinstance(body, str) else MISMATCH)
    if not isinstance(body, str):
        kind = kind or Media("application/json")
        if not kind.json:
            raise bad_request(MISMATCH)
        plain = kind.name == "application/json"
        shown = kind.name if plain else f"{kind.name}; charset=UTF-8"
        return WebResponse(status, pretty(body), shown, headers, negotiated=plain)
    kind = kind or Media("text/html")
    encoded = kind.json and not kind.binary and _is_base64(body)
    if not kind.binary and not encoded:
        return WebResponse(status, body.encode(), kind.header, headers)
    try:
        return WebResponse(status, base64.b64decode(body, validate=True), kind.header, headers)
    except ValueError as error:
        raise bad_request(MISMATCH) from error


def _is_base64(text: str) -> bool:
    """As the controller tells archives from source: long enough, and nothing but base64."""
    compact = text.strip()
    return len(compact) % 4 == 0 and BASE64.fullmatch(compact) is not None


def _status(given: Any) -> int:
    try:
        status = int(given) if isinstance(given, str | int) or given == int(given) else 0
    except (TypeError, ValueError, OverflowError):
        status = 0
    if isinstance(given, bool) or not 100 <= status <= 599:
        raise bad_request("Response is not valid 'message/http'.")
    return status


def _headers(given: object) -> tuple[list[tuple[str, str]], str | None]:
    if not isinstance(given, dict):
        raise bad_request("Response is not valid 'message/http'.")
    headers: list[tuple[str, str]] = []
    content_type = None
    for name, value in given.items():
        for one in _flat(value):
            if isinstance(one, dict) or one is None:
                raise bad_request("Response is not valid 'message/http'.")
            text = one if isinstance(one, str) else json.dumps(one)
            if "\r" in text or "\n" in text or not name.isascii():
                raise bad_request("Response is not valid 'message/http'.")
            if name.lower() == "content-type":
                content_type = text
            elif name.lower() not in ("content-length", "transfer-encoding", "connection"):
                headers.append((name, text))
    return headers, content_type


def _flat(value: object) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    return [one for item in value for one in _flat(item)]
