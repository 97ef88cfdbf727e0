"""wsk's requests to OpenWhisk."""

from __future__ import annotations

import base64
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpcore

from owlab.pocket.ground.key_pairs import load_key_pair
from owlab.pocket.programs.base import Call
from owlab.pocket.programs.wsk.arguments import WskArguments
from owlab.pocket.programs.wsk.exits import (
    BAD_USAGE,
    NETWORK,
    Told,
    WskError,
    of_status,
    within,
)
from owlab.pocket.programs.wsk.properties import Properties

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
AGENT = "OpenWhisk-CLI/1.0 (2021-04-01) linux amd64"
ALLOWED = "%/:?#[]@!$&'()*+,;="
"""What stands in a URL as it is."""
PATIENCE = dict.fromkeys(("connect", "read", "write", "pool"), 75.0)
"""Seconds, for each part of a request."""
FAILURES = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)
NO_HOST = "The API host is not valid: An API host must be provided.\n"
# As `wsk project`, which is another program's work, tells of them.
UNCONFIGURED = (
    ("key", "whiskclient.go [278]: The authentication key is not configured.\n"),
    ("host", "whiskclient.go [283]: The API host is not configured.\n"),
)
NO_KEY = (
    "Unable to add the HTTP authentication header: Authorization key is not configured "
    "(--auth is required)"
)


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """Status and JSON of an answer."""

    status: int
    body: Any
    text: str
    location: str
    """Where it sends one."""


class Remote:
    """An OpenWhisk as the flags, the environment and the file name it."""

    def __init__(self, call: Call, words: WskArguments, properties: Properties) -> None:
        self._call, self._words = call, words
        self.host = words.text("apihost") or properties.get("APIHOST")
        self._key = words.text("auth") or properties.get("AUTH")
        self._version = words.text("apiversion") or properties.get("APIVERSION")
        pair = [words.text(name) or properties.get(name.upper()) for name in ("cert", "key")]
        # wsk uses neither without the other.
        self._pair = pair if all(pair) else []
        self.insecure = words.on("insecure")
        self._told = words.on("verbose") or words.on("debug")

    @property
    def key(self) -> str:
        """The authorization key."""
        return self._key

    @property
    def base(self) -> str:
        """``https://HOST``."""
        if not self.host:
            raise WskError(NO_HOST)
        return (self.host if "://" in self.host else f"https://{self.host}").rstrip("/")

    def require_host(self) -> None:
        """Refuse at once when no host is known, as wsk does before it looks at the words."""
        _ = self.base

    def require_configured(self) -> None:
        """Refuse at once when host or key are not known, as `wsk project` does."""
        missing = [text for name, text in UNCONFIGURED if not getattr(self, name)]
        if missing:
            told = "".join(f"  >> {text}" for text in missing)
            start = "whiskclient.go [293]: [ERROR_WHISK_CLIENT_INVALID_CONFIG]: \n"
            raise Told(f"{start}{told}\n\n", usage=False)

    def trust_everyone(self) -> None:
        """`wsk project` verifies no certificate, unless it has one itself."""
        self.insecure = self.insecure or not self._pair

    def require_pair(self, doing: str = "Unable to initialize server connection: ") -> None:
        """Refuse a client's certificate and key that cannot be used, as wsk does at its start."""
        if not self._pair:
            return
        try:
            self._load_pair(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        except WskError as error:
            raise WskError(f"{doing}{error.message}", usage=bool(doing)) from error

    def _load_pair(self, context: ssl.SSLContext) -> None:
        pair: list[bytes] = []
        for name in self._pair:
            try:
                pair.append(self._call.fs.read_file(self._call.path(name)))
            except (OSError, RuntimeError) as error:
                raise _no_pair(f"open {name}: no such file or directory") from error
        try:
            load_key_pair(context, *pair)
        except (ssl.SSLError, OSError) as error:
            text = "tls: failed to find any PEM data in certificate input"
            raise _no_pair(text) from error

    def url(self, path: str) -> str:
        """Of a path below the API's."""
        return f"{self.base}/api/{self._version}{path}"

    def namespaced(self, namespace: str, *words: str) -> str:
        """A path in a namespace; each word is escaped."""
        tail = "".join("/" + quote(word, safe="") for word in words if word)
        return f"/namespaces/{quote(namespace or '_', safe='')}{tail}"

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._pair:
            self._load_pair(context)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        place = self._call.env.get("SSL_CERT_FILE") or BUNDLE
        try:
            bundle = self._call.fs.read_file(self._call.path(place)).decode("ascii", "ignore")
            context.load_verify_locations(cadata=bundle)
        except (OSError, RuntimeError, ValueError):
            # No authority is known: verification will fail, and say so.
            return context
        return context

    async def send(
        self, method: str, path: str, body: object = None, *, auth: bool = True, root: bool = False
    ) -> ApiResponse:
        """One request. Failures to connect are wsk's, answers are the caller's to judge."""
        url = f"{self.base}{path}" if root else self.url(path)
        if auth and not self._key:
            raise WskError(NO_KEY, BAD_USAGE)
        headers: dict[str, str] = {}
        if auth:
            headers["Authorization"] = f"Basic {base64.b64encode(self._key.encode()).decode()}"
        content = None
        if body is not None:
            content = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
            headers["Content-Type"] = "application/json"
        headers["User-Agent"] = AGENT
        await self._trace(f"REQUEST:\n[{method}]\t{url}\nReq Headers\n{_headers(headers)}")
        if content is not None:
            await self._trace(f"Req Body\n{content.decode()}\n")
        try:
            async with httpcore.AsyncConnectionPool(ssl_context=self._context()) as pool:
                response = await pool.request(
                    method,
                    quote(url, safe=ALLOWED),
                    headers=list(headers.items()),
                    content=content,
                    extensions={"timeout": PATIENCE},
                )
        except FAILURES as error:
            raise WskError(self._failure(method, url, error), NETWORK, usage=False) from error
        except ValueError as error:
            raise WskError(f"The API host is not valid: {error}") from error
        text = response.content.decode("utf-8", "replace")
        shown = {name.decode().title(): value.decode("latin-1") for name, value in response.headers}
        await self._trace(
            f"RESPONSE:Got response with code {response.status}\nResp Headers\n"
            f"{_headers(shown)}Response body size is {len(response.content)} bytes\n"
            f"Response body received:\n{text}\n"
        )
        try:
            parsed = json.loads(text) if text else None
        except ValueError:
            parsed = None
        return ApiResponse(response.status, parsed, text, shown.get("Location", ""))

    async def _trace(self, text: str) -> None:
        if self._told:
            await self._call.out(text)

    @staticmethod
    def _failure(method: str, url: str, error: Exception) -> str:
        parts = urlsplit(url)
        host = parts.hostname or ""
        at = f"{host}:{parts.port or (80 if parts.scheme == 'http' else 443)}"
        verb = method.capitalize()
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return f'{verb} "{url}": {_certificate(cause, host)}'
            cause = cause.__cause__ or cause.__context__
        if isinstance(error, httpcore.TimeoutException):
            return f'{verb} "{url}": dial tcp {at}: i/o timeout'
        if "Name or service" in str(error) or "name resolution" in str(error):
            return f'{verb} "{url}": dial tcp: lookup {host}: no such host'
        if isinstance(error, httpcore.ConnectError):
            return f'{verb} "{url}": dial tcp {at}: connect: connection refused'
        return f'{verb} "{url}": EOF'

    async def ask(
        self, doing: str, method: str, path: str, body: object = None, *, usage: bool = False
    ) -> Any:
        """A request whose answer must be a success; ``doing`` is ``Unable to get action 'x'``."""
        try:
            answer = await self.send(method, path, body)
        except WskError as error:
            raise within(f"{doing}: ", error, usage=usage) from error
        if answer.status >= 400:
            raise refused(doing, answer, usage=usage)
        return answer.body


def _no_pair(why: str) -> WskError:
    return WskError(f"Unable to load the X509 key pair due to the following reason: {why}")


def refused(doing: str, answer: ApiResponse, *, usage: bool = False) -> WskError:
    """An HTTP error in wsk's words."""
    return WskError(f"{doing}: {reason(answer)}", of_status(answer.status), usage=usage)


def reason(answer: ApiResponse) -> str:
    """Why: OpenWhisk's sentence with its code, or that there is none."""
    body = answer.body
    if isinstance(body, dict) and body.get("error") is not None and body.get("code") is not None:
        return f"{body['error']} (code {body['code']})"
    return f"The connection failed, or timed out. (HTTP status code {answer.status})"


def _headers(headers: dict[str, str]) -> str:
    return json.dumps({n: [v] for n, v in sorted(headers.items())}, indent=2) + "\n"


def _certificate(error: ssl.SSLCertVerificationError, host: str) -> str:
    text = error.verify_message
    if "mismatch" in text or "not valid for" in text:
        if host.replace(".", "").isdigit():
            return (
                f"x509: cannot validate certificate for {host} because it doesn't contain "
                "any IP SANs"
            )
        return f"x509: certificate is not valid for any names, but wanted to match {host}"
    if "expired" in text:
        return "x509: certificate has expired or is not yet valid"
    return "x509: certificate signed by unknown authority"
