"""Requests of programs: to the lab's map of the internet, or to what listens in the lab.

Nothing else is reachable. TLS is real, and verified with the list of authorities of the machine or
the container.
"""

from __future__ import annotations

import base64
import re
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

import httpcore

from owlab.pocket.ground import internet
from owlab.pocket.ground.key_pairs import load_key_pair
from owlab.pocket.network.console import NetworkConsole
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.http import exchange
from owlab.pocket.network.unreached import ConnectionLost, UnknownName, Unreached

HINT = "the pocket lab has only a small map of the internet, and this host is not on it"
MOST_REDIRECTS = 10


class Unreachable(Exception):
    """A request that got no answer: curl's number for it, and its sentence."""

    def __init__(self, code: int, text: str, why: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.why = why  # in the system's words, of a connection


@dataclass(slots=True)
class OutgoingRequest:
    """What is asked for."""

    url: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    insecure: bool = False
    authorities: bytes | None = None  # PEM, in place of the machine's
    identity: tuple[bytes, bytes] | None = None  # certificate and key, PEM
    timeout: float | None = None
    connect_timeout: float | None = None
    detours: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    """Hosts and ports, and where they are looked for instead; nothing and 0 are any."""

    def place(self, host: str, port: int) -> tuple[str, int]:
        """Where to connect to."""
        asked = [(name, number) for name in (host.lower(), "") for number in (port, 0)]
        found = next((self.detours[one] for one in asked if one in self.detours), (host, port))
        return found[0] or host, found[1] or port


@dataclass(slots=True)
class Response:
    """Status and headers at once; the body as it comes."""

    url: str
    status: int
    reason: str
    headers: list[tuple[str, str]]
    chunks: AsyncIterator[bytes]

    def header(self, name: str) -> str:
        """The last header of that name, or nothing."""
        return next((v for k, v in reversed(self.headers) if k.lower() == name.lower()), "")


@asynccontextmanager
async def open_url(console: NetworkConsole, request: OutgoingRequest) -> AsyncIterator[Response]:
    """Send a request. Raises :class:`Unreachable`."""
    parts = urlsplit(request.url)
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Unreachable(3, "URL using bad/illegal format or missing URL") from None
    if parts.scheme not in ("http", "https"):
        raise Unreachable(1, f'Protocol "{parts.scheme}" not supported')
    if not host:
        raise Unreachable(3, "URL using bad/illegal format or missing URL")
    port = port or (443 if parts.scheme == "https" else 80)
    direct = request.place(host, port) == (host, port)
    page = internet.fetch(request.url) if direct and _resolves(console, host) else None
    if page is not None:
        await console.pause(1)
        headers = [("Content-Type", page.media_type), ("Content-Length", str(len(page.content)))]
        if page.location:
            headers.append(("Location", page.location))
        reason = {200: "OK", 301: "Moved Permanently", 404: "Not Found"}.get(page.status, "")
        yield Response(request.url, page.status, reason, headers, _whole(page.content))
        return
    async with _exchange(console, request, host, port) as answer:
        yield answer


def _resolves(console: NetworkConsole, host: str) -> bool:
    """A name of the internet is found; in a container only while its name server answers."""
    if host not in internet.hosts():
        return False
    try:
        return bool(console.net.lookup(host))
    except Unreached:
        return False


@asynccontextmanager
async def _exchange(
    console: NetworkConsole, request: OutgoingRequest, host: str, port: int
) -> AsyncIterator[Response]:
    parts = urlsplit(request.url)
    # Built by hand, with only what curl itself sends: a web action shows its headers.
    headers = {"Host": parts.netloc.rpartition("@")[2], **request.headers}
    if request.body is not None:
        headers.setdefault("Content-Length", str(len(request.body)))
    started = time.monotonic()

    async def dial(name: str, number: int, limit: float | None) -> Ends:
        return await console.net.dial(*request.place(name, number), limit)

    context = _context(request) if parts.scheme == "https" else None
    try:
        async with exchange(
            dial,
            request.method,
            request.url.partition("#")[0],
            list(headers.items()),
            request.body,
            context=context,
            timeout=request.timeout,
            connect_timeout=request.connect_timeout,
        ) as response:
            reason = response.extensions.get("reason_phrase", b"").decode("latin-1")
            shown = [
                (_title(name.decode("latin-1")), value.decode("latin-1"))
                for name, value in response.headers
            ]
            yield Response(request.url, response.status, reason, shown, response.aiter_stream())
    except (Unreached, httpcore.ConnectError, httpcore.TimeoutException) as error:
        raise _unconnected(error, request, host, port, time.monotonic() - started) from None
    except httpcore.RemoteProtocolError as error:
        if "illegal" in str(error):
            raise Unreachable(1, "Received HTTP/0.9 when not allowed") from None
        raise Unreachable(52, "Empty reply from server") from None
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise Unreachable(56, f"Recv failure: {str(error) or 'Connection reset by peer'}") from None


def _unconnected(
    error: Exception, request: OutgoingRequest, host: str, port: int, seconds: float
) -> Unreachable:
    tried = f"Failed to connect to {host} port {port} after {int(seconds * 1000)} ms"
    if isinstance(error, UnknownName):
        return Unreachable(6, f"Could not resolve host: {host}")
    if isinstance(error, ConnectionLost):
        limited = request.connect_timeout or request.timeout
        return Unreachable(28, f"{tried}: {'Timeout was reached' if limited else _NOT}")
    if isinstance(error, httpcore.TimeoutException):
        limit = int((request.timeout or 0) * 1000)
        return Unreachable(
            28, f"Operation timed out after {limit} milliseconds with 0 bytes received"
        )
    return _tls_failure(error, host) or Unreachable(7, f"{tried}: {_NOT}", str(error))


_NOT = "Couldn't connect to server"


def _title(name: str) -> str:
    """As servers write it: ours send small letters where somebody else's code does it."""
    return name.title() if name.islower() else name


def redirected(answer: Response, request: OutgoingRequest) -> OutgoingRequest | None:
    """The request to follow an answer with, or None when it is no redirect."""
    location = answer.header("Location")
    if answer.status not in (301, 302, 303, 307, 308) or not location:
        return None
    follow = replace(request, url=urljoin(request.url, location))
    if answer.status in (301, 302, 303) and request.method == "POST":
        follow.method, follow.body = "GET", None
    if urlsplit(follow.url).hostname != urlsplit(request.url).hostname:
        follow.headers = {k: v for k, v in request.headers.items() if k != "Authorization"}
    return follow


def with_scheme(url: str) -> str:
    """A URL as typed; without a scheme it is http."""
    return url if re.match(r"[A-Za-z][\w+.-]*://", url) else f"http://{url}"


def _context(request: OutgoingRequest) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if request.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif request.authorities:
        try:
            context.load_verify_locations(cadata=request.authorities.decode("ascii", "ignore"))
        except ssl.SSLError:
            raise Unreachable(77, "error setting certificate verify locations") from None
    if request.identity is not None:
        try:
            load_key_pair(context, *request.identity)
        except (ssl.SSLError, OSError):
            raise Unreachable(58, "could not load PEM client certificate") from None
    return context


def _tls_failure(error: BaseException, host: str) -> Unreachable | None:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            if "mismatch" in cause.verify_message or "doesn't match" in str(cause):
                reason = (
                    f"SSL: no alternative certificate subject name matches target host name "
                    f"'{host}'"
                )
            else:
                reason = f"SSL certificate problem: {cause.verify_message}"
            return Unreachable(60, reason)
        if isinstance(cause, ssl.SSLError):
            return Unreachable(35, f"TLS connect error: {cause.reason or cause}")
        cause = cause.__cause__ or cause.__context__
    return None


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


def basic(user: str) -> str:
    """The value of an Authorization header for ``user:password``."""
    return "Basic " + base64.b64encode(user.encode()).decode()
