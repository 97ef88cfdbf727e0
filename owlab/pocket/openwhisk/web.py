"""Web actions: from an HTTP request to parameters, and from a result to an HTTP response."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from owlab.pocket.ground.intake import Unreadable, parse
from owlab.pocket.openwhisk.errors import bad_request, malformed, not_found

EXTENSIONS = (".http", ".json", ".html", ".svg", ".text")
ALLOWED = "OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH"
HEADERS = "Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent"
RESERVED = ("__ow_method", "__ow_headers", "__ow_path", "__ow_user", "__ow_query", "__ow_body")
NOT_ALLOWED = "Request defines parameters that are not allowed (e.g., reserved properties)."
MISMATCH = "Response type in header did not match generated content type."
UNKNOWN_TYPE = "Response did not specify a known content-type."
# The chart's nginx passes requests on to its upstream of this name.
UPSTREAM = "controllers"
TEXTUAL: tuple[str, ...] = ("application/javascript", "application/x-javascript", "application/xml")
TEXTUAL += ("application/x-www-form-urlencoded", "application/sql", "image/svg+xml")


@dataclass(frozen=True, slots=True)
class Request:
    """What a web action may know of a request."""

    method: str
    headers: Mapping[str, str]
    path: str
    query: str
    body: bytes
    user: str | None = None

    @property
    def content_type(self) -> str:
        """Without parameters, in lower case."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


@dataclass(slots=True)
class Answer:
    """An HTTP response."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)


def split_extension(name: str) -> tuple[str, str]:
    """``hello.json`` -> ``hello``, ``.json``; without a known one the extension is ``.http``."""
    for extension in EXTENSIONS:
        if name.endswith(extension) and len(name) > len(extension):
            return name.removesuffix(extension), extension
    return name, ".http"


def parameters(request: Request, *, raw: bool, fixed: set[str]) -> dict[str, Any]:
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
        context["__ow_body"] = _plain(request, json_too=True)
        return context
    given: dict[str, Any] = dict(parse_qsl(request.query, keep_blank_values=True))
    extra = _body(request)
    if isinstance(extra, dict):
        given |= extra
    elif extra is not None:
        context["__ow_body"] = extra
    if any(name in RESERVED or name in fixed for name in given):
        raise bad_request(NOT_ALLOWED)
    return given | context


def _body(request: Request) -> Any:
    if not request.body:
        return None
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    if request.content_type in ("application/json", ""):
        try:
            return parse(request.body, half="?")
        except Unreadable:
            if request.content_type:
                raise malformed("the body is not valid JSON") from None
    return _plain(request, json_too=False)


def _plain(request: Request, *, json_too: bool) -> str:
    kind = request.content_type
    textual = kind.startswith("text/") or kind in TEXTUAL
    if kind == "application/json":
        textual = not json_too
    return (
        request.body.decode(errors="replace")
        if textual
        else base64.b64encode(request.body).decode()
    )


def answer(result: Any, extension: str, *, failed: bool) -> Answer:
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


def pretty(value: Any) -> bytes:
    """JSON as OpenWhisk's controller prints it: two blanks, keys in order."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).encode()


def _json(value: Any) -> Answer:
    if isinstance(value, dict | list):
        return Answer(200, pretty(value), "application/json")
    raise bad_request("Response is not valid 'application/json'.")


def _markup(value: Any, name: str, content_type: str) -> Answer:
    if isinstance(value, dict):
        value = value.get("body", value.get(name))
    if not isinstance(value, str):
        raise bad_request(f"Response is not valid '{content_type}'.")
    return Answer(200, value.encode(), f"{content_type}; charset=UTF-8")


def _text(value: Any) -> Answer:
    if isinstance(value, dict):
        if "body" not in value and "text" not in value:
            raise not_found_property()
        value = value.get("body", value.get("text"))
    if isinstance(value, str):
        text = value.encode()
    elif isinstance(value, dict | list):
        text = pretty(value)
    else:
        text = json.dumps(value).encode()
    return Answer(200, text, "text/plain; charset=UTF-8")


def not_found_property() -> Exception:
    """404 of a projection."""
    error = not_found()
    error.message = "Response does not include requested property."
    return error


def _http(value: Any) -> Answer:
    if not isinstance(value, dict):
        raise bad_request("Response is not valid 'message/http'.")
    status = _status(value.get("statusCode"))
    headers, content_type = _headers(value.get("headers"))
    body = value.get("body")
    if body is None or body == "":
        return Answer(204 if status is None else status, b"", None, headers)
    status = 200 if status is None else status
    if not isinstance(body, str):
        if content_type and content_type.split(";")[0].strip().lower() != "application/json":
            raise bad_request(MISMATCH)
        return Answer(status, pretty(body), content_type or "application/json", headers)
    if content_type is None:
        return Answer(status, body.encode(), "text/html; charset=UTF-8", headers)
    kind = content_type.split(";")[0].strip().lower()
    if "/" not in kind:
        raise bad_request(UNKNOWN_TYPE)
    if kind.startswith("text/") or kind in TEXTUAL or kind.endswith(("json", "+xml")):
        return Answer(status, body.encode(), content_type, headers)
    try:
        return Answer(status, base64.b64decode(body, validate=True), content_type, headers)
    except ValueError as error:
        raise bad_request("Response is not valid 'message/http'.") from error


def _status(given: Any) -> int | None:
    if given is None:
        return None
    try:
        status = int(given)
    except (TypeError, ValueError):
        status = 0
    if isinstance(given, bool) or not 100 <= status <= 599:
        raise bad_request("Response is not valid 'message/http'.")
    return status


def _headers(given: Any) -> tuple[list[tuple[str, str]], str | None]:
    if given is None:
        return [], None
    if not isinstance(given, dict):
        raise bad_request("Response is not valid 'message/http'.")
    headers: list[tuple[str, str]] = []
    content_type = None
    for name, value in given.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict | list) or one is None:
                raise bad_request("Response is not valid 'message/http'.")
            text = one if isinstance(one, str) else json.dumps(one)
            if "\r" in text or "\n" in text or not name.isascii():
                raise bad_request("Response is not valid 'message/http'.")
            if name.lower() == "content-type":
                content_type = text
            elif name.lower() not in ("content-length", "transfer-encoding", "connection"):
                headers.append((name, text))
    return headers, content_type
