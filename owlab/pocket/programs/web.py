"""Requests from inside a machine: to the lab's map of the internet, or to the lab's own servers.

Nothing else is reachable. Requests to the lab's addresses are real, over real sockets and TLS,
verified with the machine's own list of authorities.
"""

from __future__ import annotations

import base64
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from owlab.pocket.ground import internet
from owlab.pocket.machines.hosts import find, is_address
from owlab.pocket.programs.base import Call

AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
HINT = "the pocket lab has only a small map of the internet, and this host is not on it"
MOST_REDIRECTS = 10
# Where addresses are shared with the rest of the computer, its other servers are none of ours.
API_PORT, NODE_PORTS = 6443, range(30000, 32768)


class Unreachable(Exception):
    """A request that got no answer: curl's number for it, and its sentence."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


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
async def open_url(call: Call, request: OutgoingRequest) -> AsyncIterator[Response]:
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
    page = internet.fetch(request.url)
    if page is not None:
        await call.clock.pause(1)
        headers = [("Content-Type", page.media_type), ("Content-Length", str(len(page.content)))]
        if page.location:
            headers.append(("Location", page.location))
        reason = {200: "OK", 301: "Moved Permanently", 404: "Not Found"}.get(page.status, "")
        yield Response(request.url, page.status, reason, headers, _whole(page.content))
        return
    port = port or (443 if parts.scheme == "https" else 80)
    address = _address(call, host)
    failed = f"Failed to connect to {host} port {port} after 0 ms: Couldn't connect to server"
    if find(call.fleet, address) is None or not (port == API_PORT or port in NODE_PORTS):
        raise Unreachable(7, failed)
    async with _exchange(request, address, failed) as answer:
        yield answer


@asynccontextmanager
async def _exchange(request: OutgoingRequest, address: str, failed: str) -> AsyncIterator[Response]:
    parts = urlsplit(request.url)
    url = httpx.URL(request.url).copy_with(host=address)
    async with httpx.AsyncClient(verify=_context(request), trust_env=False) as client:
        # Built by hand, with only what curl itself sends: a web action shows its headers.
        headers = {"Host": parts.netloc.rpartition("@")[2], **request.headers}
        timeout = httpx.Timeout(request.timeout).as_dict()
        sent = httpx.Request(
            request.method,
            url,
            headers=headers,
            content=request.body,
            extensions={"timeout": timeout},
        )
        try:
            response = await client.send(sent, stream=True)
            try:
                shown = [(name.title(), value) for name, value in response.headers.multi_items()]
                yield Response(
                    request.url,
                    response.status_code,
                    response.reason_phrase,
                    shown,
                    _streamed(response),
                )
            finally:
                await response.aclose()
        except httpx.ConnectError as error:
            raise _tls_failure(error, parts.hostname or "") or Unreachable(7, failed) from None
        except httpx.TimeoutException:
            seconds = int((request.timeout or 0) * 1000)
            raise Unreachable(
                28, f"Operation timed out after {seconds} milliseconds with 0 bytes received"
            ) from None
        except httpx.RemoteProtocolError:
            raise Unreachable(52, "Empty reply from server") from None
        except httpx.HTTPError as error:
            raise Unreachable(56, f"Recv failure: {error}") from None


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
    return url if "://" in url else f"http://{url}"


def authorities(call: Call) -> bytes:
    """What the machine trusts, PEM."""
    return call.machine.read(AUTHORITIES) or b""


def _address(call: Call, host: str) -> str:
    if host in ("localhost", "127.0.0.1", "::1", call.machine.name):
        return call.machine.address
    if is_address(host):
        return host
    machine = call.fleet.get(host)
    if machine is None:
        raise Unreachable(6, f"Could not resolve host: {host}")
    return machine.address


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
        _load_identity(context, *request.identity)
    return context


def _load_identity(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    # ssl reads a certificate chain from files only.
    with tempfile.TemporaryDirectory(prefix="owlab-tls-") as folder:
        chain, secret = Path(folder) / "tls.crt", Path(folder) / "tls.key"
        chain.write_bytes(certificate)
        secret.touch(mode=0o600)
        secret.write_bytes(key)
        try:
            context.load_cert_chain(chain, secret)
        except (ssl.SSLError, OSError):
            raise Unreachable(58, "could not load PEM client certificate") from None


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


async def _streamed(response: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_raw():
        yield chunk


def basic(user: str) -> str:
    """The value of an Authorization header for ``user:password``."""
    return "Basic " + base64.b64encode(user.encode()).decode()
