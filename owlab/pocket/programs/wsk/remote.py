"""wsk's requests to OpenWhisk."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from owlab.pocket.programs.base import Call
from owlab.pocket.programs.wsk.arguments import Words
from owlab.pocket.programs.wsk.errors import WskError, of_status
from owlab.pocket.programs.wsk.properties import Properties

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
AGENT = "OpenWhisk-CLI/1.0 (1.2.0) linux amd64"
NO_HOST = "The API host is not valid: An API host must be provided."
NO_KEY = (
    "Unable to add the HTTP authentication header: Authorization key is not configured "
    "(--auth is required)"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and JSON of an answer."""

    status: int
    body: Any
    identifier: str = ""


class Remote:
    """An OpenWhisk as the flags, the environment and the file name it."""

    def __init__(self, call: Call, words: Words, properties: Properties) -> None:
        self._call, self._words = call, words
        self.host = words.values.get("apihost") or properties.get("APIHOST")
        self._key = words.values.get("auth") or properties.get("AUTH")
        self._version = words.values.get("apiversion") or properties.get("APIVERSION")
        self.insecure = "insecure" in words.switches

    @property
    def base(self) -> str:
        """``https://HOST``."""
        if not self.host:
            raise WskError(NO_HOST)
        return (self.host if "://" in self.host else f"https://{self.host}").rstrip("/")

    def url(self, path: str) -> str:
        """Of a path below the API's."""
        return f"{self.base}/api/{self._version}{path}"

    def namespaced(self, namespace: str, *words: str) -> str:
        """A path in a namespace; each word is escaped."""
        tail = "".join("/" + quote(word, safe="") for word in words if word)
        return f"/namespaces/{quote(namespace or '_', safe='')}{tail}"

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
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

    async def send(self, method: str, path: str, body: Any = None, *, auth: bool = True) -> Answer:
        """One request. Failures to connect are wsk's, answers are the caller's to judge."""
        url = self.url(path)
        if auth and not self._key:
            raise WskError(NO_KEY, 2)
        headers = {"User-Agent": AGENT}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        user, _, secret = self._key.partition(":")
        await self._trace(f"REQUEST:\n[{method}]\t{url}\n")
        try:
            async with httpx.AsyncClient(
                verify=self._context(), trust_env=False, timeout=75
            ) as client:
                response = await client.request(
                    method,
                    url,
                    content=content,
                    headers=headers,
                    auth=httpx.BasicAuth(user, secret) if auth else None,
                )
        except httpx.HTTPError as error:
            raise WskError(self._failure(method, url, error), 3) from error
        except (httpx.InvalidURL, ValueError) as error:
            raise WskError(f"The API host is not valid: {error}") from error
        await self._trace(f"RESPONSE:Got response with code {response.status_code}\n")
        try:
            parsed = response.json() if response.content else None
        except ValueError:
            parsed = None
        identifier = response.headers.get("x-openwhisk-activation-id", "")
        return Answer(response.status_code, parsed, identifier)

    async def _trace(self, line: str) -> None:
        if {"verbose", "debug"} & self._words.switches:
            await self._call.out(line)

    @staticmethod
    def _failure(method: str, url: str, error: Exception) -> str:
        parts = urlsplit(url)
        host = parts.hostname or ""
        at = f"{host}:{parts.port or 443}"
        verb = method.capitalize()
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return f'{verb} "{url}": {_certificate(cause, host)}'
            cause = cause.__cause__ or cause.__context__
        if isinstance(error, httpx.TimeoutException):
            return f'{verb} "{url}": dial tcp {at}: i/o timeout'
        if "Name or service" in str(error) or "name resolution" in str(error):
            return f'{verb} "{url}": dial tcp: lookup {host}: no such host'
        if isinstance(error, httpx.ConnectError):
            return f'{verb} "{url}": dial tcp {at}: connect: connection refused'
        return f'{verb} "{url}": EOF'

    async def ask(self, doing: str, method: str, path: str, body: Any = None) -> Any:
        """A request whose answer must be a success; ``doing`` is ``get action 'x'``."""
        answer = await self.send(method, path, body)
        if answer.status >= 400:
            raise refused(doing, answer)
        return answer.body


def refused(doing: str, answer: Answer) -> WskError:
    """An HTTP error in wsk's words."""
    return WskError(f"Unable to {doing}: {reason(answer)}", of_status(answer.status))


def reason(answer: Answer) -> str:
    """Why: OpenWhisk's sentence with its code, or that there is none."""
    body = answer.body
    if isinstance(body, dict) and isinstance(body.get("error"), str) and "code" in body:
        return f"{body['error']} (code {body['code']})"
    return f"The connection failed, or timed out. (HTTP status code {answer.status})"


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
