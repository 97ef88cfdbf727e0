"""busybox' `wget`, with its own few options and words."""

from __future__ import annotations

from urllib.parse import urlsplit

from owlab.pocket.network.console import NetworkConsole
from owlab.pocket.network.programs.refusal import Refusal, parsed
from owlab.pocket.network.programs.web import (
    MOST_REDIRECTS,
    OutgoingRequest,
    Response,
    Unreachable,
    open_url,
    redirected,
    with_scheme,
)
from owlab.pocket.network.unreached import Unreached

_LONG = ("spider", "header=", "post-data=", "no-check-certificate", "timeout=", "quiet",
         "output-document=", "user-agent=")  # fmt: skip


async def busybox_wget(console: NetworkConsole) -> int:
    """``wget [-qS] [-O FILE] [-T SECONDS] [--spider] [--header ...] URL...``."""
    options, words = parsed(console, "cqSO:T:U:P:Y:", _LONG)
    if not words:
        raise Refusal(
            "BusyBox (pocket lab): wget: missing URL\nUsage: wget [-qS] [-O FILE] URL...\n"
        )
    for url in words:
        await _one(console, options, with_scheme(url))
    return 0


async def _one(console: NetworkConsole, options: dict[str, str], url: str) -> None:
    quiet = "q" in options or "quiet" in options
    limit = options.get("T") or options.get("timeout")
    headers = {"User-Agent": options.get("U") or options.get("user-agent") or "Wget"}
    if "header" in options:
        name, _, value = options["header"].partition(":")
        headers[name.strip()] = value.strip()
    body = options["post-data"].encode() if "post-data" in options else None
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    headers["Connection"] = "close"
    request = OutgoingRequest(
        url, "POST" if body is not None else "GET", headers, body,
        insecure="no-check-certificate" in options, authorities=console.net.authorities(),
        timeout=float(limit) if limit and limit.isdecimal() else 900.0,
    )  # fmt: skip
    try:
        for _ in range(MOST_REDIRECTS + 1):
            if not quiet:
                await console.err(_connecting(console, request.url))
            async with open_url(console, request) as answer:
                if "S" in options:
                    await console.err(_headers(answer))
                follow = redirected(answer, request)
                if follow is not None:
                    request = follow
                    continue
                if answer.status >= 400:
                    said = f"HTTP/1.1 {answer.status} {answer.reason}"
                    raise Refusal(f"wget: server returned error: {said}\n")
                content = b"".join([chunk async for chunk in answer.chunks])
            break
        else:
            raise Refusal("wget: too many redirections\n")
    except Unreachable as error:
        raise Refusal(_failed(console, request.url, error)) from None
    if "spider" in options:
        if not quiet:
            await console.err("remote file exists\n")
        return
    await _save(console, options, url, content, quiet)


async def _save(
    console: NetworkConsole, options: dict[str, str], url: str, content: bytes, quiet: bool
) -> None:
    name = options.get("O") or options.get("output-document") or ""
    if name == "-":
        if not quiet:
            await console.err("writing to stdout\n")
        await console.out(content)
        if not quiet:
            await console.err(_bar("-", len(content)) + "written to stdout\n")
        return
    name = name or urlsplit(url).path.rpartition("/")[2] or "index.html"
    if (
        not ("O" in options or "output-document" in options)
        and console.read(console.path(name)) is not None
    ):
        raise Refusal(f"wget: can't open '{name}': File exists\n")
    if not quiet:
        await console.err(f"saving to '{name}'\n")
    try:
        console.write(console.path(name), content)
    except OSError:
        raise Refusal(f"wget: can't open '{name}': No such file or directory\n") from None
    if not quiet:
        await console.err(_bar(name, len(content)) + f"'{name}' saved\n")


def _bar(name: str, size: int) -> str:
    return f"{name[:20]:<20} 100% |{'*' * 32}| {size:>5}  0:00:00 ETA\n"


def _connecting(console: NetworkConsole, url: str) -> str:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        (address, *_) = console.net.lookup(host)
    except Unreached:
        return ""
    return f"Connecting to {parts.netloc} ({address}:{port})\n"


def _headers(answer: Response) -> str:
    lines = [f"  HTTP/1.1 {answer.status} {answer.reason}"]
    return "\n".join([*lines, *(f"  {name}: {value}" for name, value in answer.headers), ""])


def _failed(console: NetworkConsole, url: str, error: Unreachable) -> str:
    parts = urlsplit(url)
    if error.code == 6:
        return f"wget: bad address '{parts.netloc}'\n"
    if error.code == 28:
        return "wget: download timed out\n"
    if error.code in (7,):
        try:
            (address, *_) = console.net.lookup(parts.hostname or "")
        except Unreached:
            address = parts.hostname or ""
        why = error.why or "Connection refused"
        return f"wget: can't connect to remote host ({address}): {why}\n"
    return f"wget: error getting response: {error.text}\n"
