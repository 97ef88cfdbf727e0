"""`curl`: the options that people use, and curl's own words and numbers when it fails."""

from __future__ import annotations

import asyncio
import getopt
import time
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlsplit

from owlab.pocket.network.console import NetworkConsole
from owlab.pocket.network.programs.curl_report import UNMEASURED, Outcome, written
from owlab.pocket.network.programs.web import (
    HINT,
    OutgoingRequest,
    Response,
    Unreachable,
    basic,
    open_url,
    redirected,
    with_scheme,
)

VERSION = "8.5.0"
MOST_REDIRECTS = 50
FORM = "application/x-www-form-urlencoded"
SHORT = "sSfLo:OX:d:H:u:iIw:vkA:Ge:m:F:NT:#46VhE:"
LONG = ["silent", "show-error", "fail", "fail-with-body", "location", "output=", "remote-name"]
LONG += ["request=", "data=", "data-raw=", "data-binary=", "data-urlencode=", "json=", "header="]
LONG += ["user=", "include", "head", "write-out=", "verbose", "insecure", "cacert=", "user-agent="]
LONG += ["get", "referer=", "max-time=", "connect-timeout=", "retry=", "retry-delay=", "cert="]
LONG += ["retry-connrefused", "retry-all-errors", "compressed", "http1.1", "tlsv1.2", "proto="]
LONG += ["no-buffer", "progress-bar", "no-progress-meter", "ipv4", "create-dirs", "url=", "key="]
LONG += ["resolve=", "connect-to="]
LONG += ["version", "help", "noproxy=", "http2", "form=", "upload-file=", "retry-max-time="]
ALIASES = {
    "-s": "--silent",
    "-S": "--show-error",
    "-f": "--fail",
    "-L": "--location",
    "-o": "--output",
    "-O": "--remote-name",
    "-X": "--request",
    "-d": "--data",
    "-H": "--header",
    "-u": "--user",
    "-i": "--include",
    "-I": "--head",
    "-w": "--write-out",
    "-v": "--verbose",
    "-k": "--insecure",
    "-A": "--user-agent",
    "-G": "--get",
    "-e": "--referer",
    "-m": "--max-time",
    "-F": "--form",
    "-T": "--upload-file",
    "-V": "--version",
    "-h": "--help",
    "-E": "--cert",
}
ABSENT = {"--form", "--upload-file", "-6", "-#", "--progress-bar", "--compressed"}
ABSENT |= {"--retry-max-time", "--create-dirs"}
PROTOCOLS = {"http", "https"}
CERTIFICATE_HELP = """\
More details here: https://curl.se/docs/sslcerts.html

curl failed to verify the legitimacy of the server and therefore could not
establish a secure connection to it. To learn more about this situation and
how to fix it, please visit the web page mentioned above.
"""


class CurlUsageError(Exception):
    """Words that curl refuses: its number and sentence."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(slots=True)
class CurlOptions:
    """curl's options, by their long names."""

    urls: list[str] = field(default_factory=list)
    protocols: set[str] = field(default_factory=PROTOCOLS.copy)
    """Those that may be spoken."""
    given: dict[str, str] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)
    data: list[tuple[str, str]] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)  # "" is -O
    detours: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """The switch was given."""
        return f"--{name}" in self.given

    def number(self, name: str) -> float | None:
        """A numeric option. Raises :class:`CurlUsageError`."""
        text = self.given.get(f"--{name}")
        try:
            return None if text is None else float(text)
        except ValueError:
            raise CurlUsageError(
                2, f"curl: option --{name}: expected a proper numerical parameter"
            ) from None


def _protocols(text: str) -> set[str]:
    """``=https``, ``-http``, ``+all``: what is left of those that the lab's curl speaks."""
    left = set(PROTOCOLS)
    for word in text.split(","):
        sign, name = (word[0], word[1:]) if word[:1] in ("=", "-", "+") else ("+", word)
        named = set(PROTOCOLS) if name == "all" else {name} & PROTOCOLS
        left = {"=": named, "-": left - named, "+": left | named}[sign]
    return left


def parse(argv: list[str]) -> CurlOptions:
    """Read curl's words. Raises :class:`CurlUsageError`."""
    try:
        pairs, urls = getopt.gnu_getopt(argv, SHORT, LONG)
    except getopt.GetoptError as error:
        option = f"--{error.opt}" if len(error.opt) > 1 else f"-{error.opt}"
        what = "requires parameter" if "argument" in error.msg else "is unknown"
        raise CurlUsageError(2, f"curl: option {option}: {what}") from None
    options = CurlOptions(urls=urls)
    for short, value in pairs:
        name = ALIASES.get(short, short)
        if name == "--header":
            options.headers.append(value)
        elif name.startswith("--data") or name == "--json":
            options.data.append((name, value))
        elif name == "--output":
            options.outputs.append(value)
        elif name in ("--resolve", "--connect-to"):
            options.detours.update([_detour(name, value)])
        elif name == "--remote-name":
            options.outputs.append("")
        elif name == "--url":
            options.urls.append(value)
        elif name == "--proto":
            options.protocols = _protocols(value)
        elif name in ABSENT:
            raise CurlUsageError(2, f"curl: option {short}: not part of the pocket lab's curl")
        options.given[name] = value
    return options


def _detour(name: str, text: str) -> tuple[tuple[str, int], tuple[str, int]]:
    """``HOST:PORT:ADDRESS[,ADDRESS]``, or ``HOST:PORT:HOST:PORT`` with parts left out."""
    host, _, rest = text.lstrip("+-").partition(":")
    port, _, to = rest.partition(":")
    try:
        if name == "--resolve":
            first = to.split(",")[0].strip("[]")
            if not first:
                raise ValueError(text)
            return ("" if host == "*" else host.lower(), int(port)), (first, int(port))
        other, _, number = to.rpartition(":")
        return (host.lower(), int(port or 0)), (other, int(number or 0))
    except ValueError:
        entry = name.removeprefix("--").replace("-", "_").upper()
        raise CurlUsageError(
            49, f"curl: (49) Couldn't parse CURLOPT_{entry} entry '{text}'"
        ) from None


async def curl(call: NetworkConsole) -> int:
    """Each URL in turn; the exit status is that of the last."""
    try:
        options = parse(call.argv)
        if options.has("version"):
            await call.out(f"curl {VERSION} (owlab pocket lab)\nProtocols: http https\n")
            return 0
        if not options.urls:
            raise CurlUsageError(2, "curl: (2) no URL specified")
        options.number("max-time")
        status = 0
        for index, url in enumerate(options.urls):
            output = options.outputs[index] if index < len(options.outputs) else None
            status = await _with_retries(call, options, url, output)
        return status
    except CurlUsageError as error:
        await call.err(
            f"{error}\ncurl: try 'curl --help' or 'curl --manual' for more information\n"
        )
        return error.code


async def _with_retries(
    call: NetworkConsole, options: CurlOptions, url: str, output: str | None
) -> int:
    left = int(options.number("retry") or 0)
    while True:
        try:
            return await _one(call, options, url, output)
        except Unreachable as error:
            retried = error.code == 28 or (error.code == 7 and options.has("retry-connrefused"))
            if left > 0 and (retried or options.has("retry-all-errors")):
                left -= 1
                await asyncio.sleep(min(options.number("retry-delay") or 1, 5))
                continue
            if not options.has("silent") or options.has("show-error"):
                await call.err(f"curl: ({error.code}) {error.text}\n")
                if error.code == 60:
                    await call.err(CERTIFICATE_HELP)
                if error.code == 6:
                    await call.err(f"(owlab: {HINT})\n")
            await _report(call, options, Outcome(url=url, code=error.code, said=error.text))
            return error.code


async def _one(call: NetworkConsole, options: CurlOptions, url: str, output: str | None) -> int:
    request = await _request(call, options, url)
    started = time.monotonic()
    for redirects in range(MOST_REDIRECTS + 1):
        scheme = urlsplit(request.url).scheme.lower()
        if scheme in PROTOCOLS - options.protocols:
            raise Unreachable(1, f'Protocol "{scheme}" not supported or disabled in libcurl')
        async with open_url(call, request) as answer:
            begun = time.monotonic() - started
            follow = _followed(options, answer, request)
            if options.has("verbose"):
                await call.err(_verbose(request, answer))
            if follow is None:
                failed = answer.status >= 400 and options.has("fail")
                failed_after = answer.status >= 400 and options.has("fail-with-body")
                size = 0
                if not failed:
                    size = await _receive(call, options, request, answer, output)
                seconds = time.monotonic() - started
                code = 22 if failed or failed_after else 0
                said = f"The requested URL returned error: {answer.status}" if code else ""
                outcome = Outcome(url, request, answer, size, seconds, begun, redirects, code, said)
                await _report(call, options, outcome)
                if code and (not options.has("silent") or options.has("show-error")):
                    await call.err(f"curl: (22) {said}\n")
                return code
            request = follow
    raise Unreachable(47, f"Maximum ({MOST_REDIRECTS}) redirects followed")


def _followed(
    options: CurlOptions, answer: Response, request: OutgoingRequest
) -> OutgoingRequest | None:
    """Where the answer leads, if that is wanted; a method that was asked for by name stays."""
    follow = redirected(answer, request) if options.has("location") else None
    if follow is None:
        return None
    headers = follow.headers
    if request.body is not None and follow.body is None:
        headers = {k: v for k, v in headers.items() if (k, v) != ("Content-Type", FORM)}
    return replace(follow, headers=headers, method=options.given.get("--request") or follow.method)


async def _report(call: NetworkConsole, options: CurlOptions, outcome: Outcome) -> None:
    """What ``-w`` asks for."""
    text = options.given.get("--write-out", "")
    if text.startswith("@"):
        content = await call.stdin() if text == "@-" else _file(call, text[1:])
        text = content.decode(errors="replace")
    said, unknown = written(text, outcome)
    await call.out(said)
    for name in unknown:
        if UNMEASURED.fullmatch(name):
            await call.err(f"curl: (owlab: the pocket lab does not measure %{{{name}}})\n")
        else:
            await call.err(f"curl: unknown --write-out variable: '{name}'\n")


async def _request(call: NetworkConsole, options: CurlOptions, url: str) -> OutgoingRequest:
    body, kind = await _body(call, options)
    headers = {"User-Agent": f"curl/{VERSION}", "Accept": "*/*"}
    if options.has("user"):
        headers["Authorization"] = basic(options.given["--user"])
    if options.has("user-agent"):
        headers["User-Agent"] = options.given["--user-agent"]
    if options.has("referer"):
        headers["Referer"] = options.given["--referer"]
    url = with_scheme(url)
    if "@" in urlsplit(url).netloc:
        user, _, host = urlsplit(url).netloc.rpartition("@")
        headers["Authorization"] = basic(user)
        url = url.replace(f"{user}@{host}", host, 1)
    if options.has("get") and body is not None:
        url += ("&" if urlsplit(url).query else "?") + body.decode()
        body = None
    elif body is not None:
        headers["Content-Type"] = kind
        if kind == "application/json":
            headers["Accept"] = kind
    for line in options.headers:
        name, colon, value = line.partition(":")
        known = next((key for key in headers if key.lower() == name.strip().lower()), name.strip())
        if colon and not value.strip():
            headers.pop(known, None)
        elif colon:
            headers[known] = value.strip()
        elif line.endswith(";"):
            headers[line[:-1].strip()] = ""  # so one is sent that has no value
    method = options.given.get("--request") or ("POST" if body is not None else "GET")
    if options.has("head") and not options.has("request"):
        method = "HEAD"
    return OutgoingRequest(
        url,
        method,
        headers,
        body,
        insecure=options.has("insecure"),
        authorities=await _authorities(call, options),
        identity=_identity(call, options),
        timeout=options.number("max-time"),
        connect_timeout=options.number("connect-timeout"),
        detours=options.detours,
    )


async def _body(call: NetworkConsole, options: CurlOptions) -> tuple[bytes | None, str]:
    if not options.data:
        return None, ""
    parts = []
    for name, value in options.data:
        if value.startswith("@") and name not in ("--data-raw", "--data-urlencode"):
            content = await call.stdin() if value == "@-" else _file(call, value[1:])
            if name == "--data":
                content = content.replace(b"\r", b"").replace(b"\n", b"")
            parts.append(content)
        elif name == "--data-urlencode":
            parts.append(await _encoded(call, value))
        else:
            parts.append(value.encode())
    if options.data[0][0] == "--json":
        return b"".join(parts), "application/json"
    return b"&".join(parts), FORM


async def _encoded(call: NetworkConsole, value: str) -> bytes:
    """``CONTENT``, ``=CONTENT``, ``NAME=CONTENT``, ``@FILE`` or ``NAME@FILE``."""
    name, equals, text = value.partition("=")
    content = text.encode()
    if not equals:
        name, at, path = value.partition("@")
        if not at:
            name, content = "", value.encode()
        else:
            content = await call.stdin() if path == "-" else _file(call, path)
    return ((f"{name}=" if name else "") + quote(content, safe="")).encode()


async def _authorities(call: NetworkConsole, options: CurlOptions) -> bytes:
    if not options.has("cacert"):
        return call.net.authorities()
    path = options.given["--cacert"]
    if path == "/dev/stdin":
        return await call.stdin()
    content = call.read(call.path(path))
    if content is None:
        raise Unreachable(77, f"error setting certificate file: {path}")
    return content


def _identity(call: NetworkConsole, options: CurlOptions) -> tuple[bytes, bytes] | None:
    if not options.has("cert"):
        return None
    certificate = _file(call, options.given["--cert"])
    return certificate, _file(call, options.given["--key"]) if options.has("key") else certificate


def _file(call: NetworkConsole, path: str) -> bytes:
    content = call.read(call.path(path))
    if content is None:
        raise CurlUsageError(26, f"curl: option: error encountered when reading a file: {path}")
    return content


async def _receive(
    call: NetworkConsole,
    options: CurlOptions,
    request: OutgoingRequest,
    answer: Response,
    output: str | None,
) -> int:
    head = b""
    if options.has("include") or options.has("head"):
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
    size = 0
    if output is None or output == "-":
        await call.out(head)
        async for chunk in answer.chunks:
            size += len(chunk)
            await call.out(chunk)
        return size
    name = output or urlsplit(request.url).path.rpartition("/")[2]
    if not name:
        raise Unreachable(23, "Remote file name has no length!")
    content = head + b"".join([chunk async for chunk in answer.chunks])
    try:
        call.write(call.path(name), content)
    except OSError:
        raise Unreachable(23, f"Failure writing output to destination: {name}") from None
    if not options.has("silent") and not options.has("no-progress-meter"):
        await call.err(
            "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
            "                                 Dload  Upload   Total   Spent    Left  Speed\n"
            f"100 {len(content):5d}  100 {len(content):5d}    0     0  {len(content):5d}      0"
            " --:--:-- --:--:-- --:--:--     0\n"
        )
    return len(content)


def _verbose(request: OutgoingRequest, answer: Response) -> str:
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"* Connected to {parts.hostname}"]
    lines += [f"> {request.method} {target} HTTP/1.1", f"> Host: {parts.netloc}"]
    lines += [f"> {name}: {value}" for name, value in request.headers.items()]
    lines += [">", f"< HTTP/1.1 {answer.status} {answer.reason}"]
    lines += [f"< {name}: {value}" for name, value in answer.headers]
    return "\n".join([*lines, "<"]) + "\n"
