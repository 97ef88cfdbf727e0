"""What a kubelet asks over the network: whether a port opens, and what a page answers."""

from __future__ import annotations

import asyncio
import functools
import json
import ssl
from collections.abc import Awaitable, Callable

import httpcore

from owlab.pocket.ground.views import Object
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.http import NotHttp, exchange
from owlab.pocket.network.routes import NetworkPlace, Routes
from owlab.pocket.network.unreached import ConnectionLost, UnknownName, Unreached

KINDS = ("httpGet", "tcpSocket", "grpc")
AGENT = "kube-probe/1.36"

Check = Callable[[Object, Object, str, float], Awaitable[str | None]]
"""A handler, its container, the pod's address, seconds: what went wrong, or None.

Raises UnknownPort.
"""


class UnknownPort(Exception):
    """A name that is none of a container's ports, or a number that is no port."""


def port_of(port: object, container: Object) -> int:
    """A port's number, also where a container gives it a name; raises UnknownPort."""
    for own in container.get("ports") or ():
        if isinstance(port, str) and own.get("name") == port:
            return int(own["containerPort"])
    text = str(port)
    if not (text.isascii() and text.removeprefix("-").isdecimal()):
        raise UnknownPort(f"strconv.Atoi: parsing {json.dumps(text)}: invalid syntax")
    if not 0 < int(text) < 65536:
        raise UnknownPort(f"invalid port number: {int(text)}")
    return int(text)


def checker(routes: Routes, place: NetworkPlace) -> Check:
    """Checks from a node."""

    async def check(handler: Object, container: Object, address: str, limit: float) -> str | None:
        kind = next((kind for kind in KINDS if kind in handler), None)
        if kind is None:
            return None
        spec = handler[kind]
        host, port = spec.get("host") or address, port_of(spec.get("port"), container)

        async def dial(name: str, number: int, seconds: float | None) -> Ends:
            return await routes.connect(place, name, number, seconds)

        try:
            async with asyncio.timeout(max(limit, 1)):
                if kind == "httpGet":
                    return await _page(dial, spec, host, port)
                (await dial(host, port, limit)).close()
        except (TimeoutError, ConnectionLost):
            if kind == "httpGet":
                return f'Get "{_url(spec, host, port)}": context deadline exceeded'
            return f"dial tcp {host}:{port}: i/o timeout"
        except Unreached as error:
            said = f"dial tcp {host}:{port}: {_go(error)}"
            return f'Get "{_url(spec, host, port)}": {said}' if kind == "httpGet" else said
        if kind == "grpc":
            return "error: this server does not implement the grpc health protocol"
        return None

    return check


def _url(spec: Object, host: str, port: int) -> str:
    path = "/" + str(spec.get("path") or "/").lstrip("/")
    return f"{str(spec.get('scheme') or 'HTTP').lower()}://{host}:{port}{path}"


def _go(error: Unreached) -> str:
    if isinstance(error, UnknownName):
        return f"lookup {error.name}: no such host"
    return f"connect: {str(error).lower()}"


async def _page(
    dial: Callable[[str, int, float | None], Awaitable[Ends]], spec: Object, host: str, port: int
) -> str | None:
    url = _url(spec, host, port)
    headers = {"Host": f"{host}:{port}", "User-Agent": AGENT, "Accept": "*/*"}
    for header in spec.get("httpHeaders") or ():
        headers[header["name"]] = header.get("value", "")
    headers["Connection"] = "close"
    tls = _any_certificate() if url.startswith("https:") else None
    try:
        async with exchange(dial, "GET", url, list(headers.items()), context=tls) as answer:
            code = answer.status
    except httpcore.ConnectError:
        return f'Get "{url}": http: server gave HTTP response to HTTPS client'
    except NotHttp as error:
        said = f"malformed HTTP response {json.dumps(error.line)}"
        return f'Get "{url}": net/http: HTTP/1.x transport connection broken: {said}'
    except (httpcore.NetworkError, httpcore.ProtocolError):
        return f'Get "{url}": EOF'
    return None if 200 <= code < 400 else f"HTTP probe failed with statuscode: {code}"


@functools.cache
def _any_certificate() -> ssl.SSLContext:
    """A kubelet takes whatever certificate a container shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
