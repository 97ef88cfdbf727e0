"""traefik: requests to Ingresses' hosts and paths go to the pods behind their Services."""

from __future__ import annotations

import base64
import functools
import random
import ssl

import httpcore
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from owlab.pocket.ground.certificates import self_signed
from owlab.pocket.ground.key_pairs import load_key_pair
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.network import ingresses
from owlab.pocket.kube.servers.application import application
from owlab.pocket.kube.servers.setting import Ports, Server, Setting
from owlab.pocket.kube.store import Store
from owlab.pocket.network.http import exchange, http_server
from owlab.pocket.network.unreached import Unreached

_WEB, _WEBSECURE = (80, 8000), (443, 8443)
_TIMEOUT = 60
_OURS = (b"connection", b"transfer-encoding", b"content-length")


def traefik(setting: Setting) -> Ports:
    """One that is not the cluster's own: it has no routes."""

    async def answer(request: Request) -> Response:
        return _not_found()

    return {80: http_server(application(answer))}


def ingress_controller(store: Store) -> Server:
    """K3s' own, which reads Ingresses from the API."""

    def start(setting: Setting) -> Ports:
        ports: Ports = {}
        for entry_point, numbers in (("web", _WEB), ("websecure", _WEBSECURE)):
            front = _EntryPoint(store, setting, entry_point)
            context = functools.partial(_context, store) if entry_point == "websecure" else None
            for number in numbers:
                ports[number] = http_server(application(front.answer), context)
        return ports

    return start


class _EntryPoint:
    """One entry point."""

    def __init__(self, store: Store, setting: Setting, entry_point: str) -> None:
        self._store, self._setting, self._entry_point = store, setting, entry_point

    async def answer(self, request: Request) -> Response:
        host = request.headers.get("host", "")
        found = ingresses.route(self._store, host, request.url.path, self._entry_point)
        ends = ingresses.ends(self._store, found) if found is not None else None
        if ends is None:
            return _not_found()
        if not ends:
            return PlainTextResponse("no available server\n", 503)
        address, port = random.choice(ends)
        return await self._proxied(request, f"http://{address}:{port}")

    async def _proxied(self, request: Request, place: str) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        raw = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
        content = await request.body()
        try:
            async with exchange(
                self._setting.dial,
                request.method,
                f"{place}{raw.partition('?')[0]}{query}",
                [*self._headers(request), *_length(content)],
                content or None,
                timeout=_TIMEOUT,
            ) as answer:
                body = await answer.aread()
        except (Unreached, httpcore.NetworkError, httpcore.ProtocolError):
            return PlainTextResponse("Bad Gateway", 502)
        except httpcore.TimeoutException:
            return PlainTextResponse("Gateway Timeout", 504)
        response = Response(body, answer.status)
        response.raw_headers = [
            (name.lower(), value) for name, value in answer.headers if name.lower() not in _OURS
        ] + [(b"content-length", str(len(body)).encode())]
        return response

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        client = request.client.host if request.client else ""
        secure = self._entry_point == "websecure"
        kept = [
            (name, value)
            for name, value in request.headers.items()
            if name not in ("connection", "content-length") and not name.startswith("x-forwarded-")
        ]
        return [
            *kept,
            ("Connection", "close"),
            ("X-Forwarded-For", client),
            ("X-Forwarded-Host", request.headers.get("host", "")),
            ("X-Forwarded-Port", "443" if secure else "80"),
            ("X-Forwarded-Proto", "https" if secure else "http"),
            ("X-Forwarded-Server", self._setting.hostname),
            ("X-Real-Ip", client),
        ]


def _length(content: bytes) -> list[tuple[str, str]]:
    return [("Content-Length", str(len(content)))] if content else []


def _not_found() -> Response:
    return PlainTextResponse("404 page not found\n", 404)


# Certificates ---------------------------------------------------------------------------------


def _context(store: Store) -> ssl.SSLContext:
    """Traefik's own certificate, or the one that an Ingress has for the name that is asked."""

    def choose(sock: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        secret = ingresses.certificates(store, (name or "").lower())
        chosen = _of_secret(secret) if secret is not None else None
        if chosen is not None:
            sock.context = chosen

    context = _loaded(*_own())
    context.sni_callback = choose
    return context


def _of_secret(secret: Object) -> ssl.SSLContext | None:
    data = secret.get("data") or {}
    try:
        pair = [base64.b64decode(data[name]) for name in ("tls.crt", "tls.key")]
        return _loaded(*pair)
    except (KeyError, ValueError, ssl.SSLError):
        return None


@functools.lru_cache(maxsize=16)
def _loaded(certificate: bytes, key: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_key_pair(context, certificate, key)
    return context


@functools.cache
def _own() -> tuple[bytes, bytes]:
    """A certificate of nobody's: who asks for no host of an Ingress with one gets it."""
    return self_signed("TRAEFIK DEFAULT CERT")
