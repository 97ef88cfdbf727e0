"""`wget`: download into a file, and say so at length."""

from __future__ import annotations

import getopt
import posixpath
import re
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import urlsplit

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.network.programs.web import (
    HINT,
    MOST_REDIRECTS,
    OutgoingRequest,
    Unreachable,
    open_url,
    redirected,
    with_scheme,
)
from owlab.pocket.programs.base import Call, program

LONG = ["quiet", "output-document=", "directory-prefix=", "no-check-certificate", "continue"]
LONG += ["no-verbose", "timestamping", "no-clobber", "show-progress", "ca-certificate=", "tries="]
LONG += ["timeout=", "progress=", "https-only", "version"]
NETWORK, VERIFICATION, SERVER, FILE_IO, USAGE = 4, 5, 8, 3, 2
PARTIAL, OUT_OF_RANGE = 206, 416


@program("wget", machines="all")
async def wget(call: Call) -> int:
    """Each URL in turn; the worst exit status counts."""
    argv = ["--no-verbose" if word == "-nv" else word for word in call.argv]
    argv = ["--no-clobber" if word == "-nc" else word for word in argv]
    try:
        options, urls = getopt.gnu_getopt(argv, "qO:P:cNt:T:", LONG)
    except getopt.GetoptError as error:
        await call.err(f"wget: {error.msg}\nUsage: wget [OPTION]... [URL]...\n")
        return USAGE
    given = dict(options)
    if "--version" in given:
        await call.out("GNU Wget 1.21.4 of the owlab pocket lab\n")
        return 0
    if not urls:
        await call.err("wget: missing URL\nUsage: wget [OPTION]... [URL]...\n")
        return USAGE
    dated = {"-N", "--timestamping"} & set(given)
    if dated and "--no-clobber" in given:
        await call.err(
            "Can't timestamp and not clobber old files at the same time.\n"
            "Usage: wget [OPTION]... [URL]...\n"
        )
        return USAGE
    if dated and {"-O", "--output-document"} & set(given):
        await call.err(
            "WARNING: timestamping does nothing in combination with -O. See the manual\n"
            "for details.\n\n"
        )
    bar = given.get("--progress", "bar").partition(":")[0]
    if bar != "bar":
        await call.err(f"wget: --progress={bar} is not part of the pocket lab's wget\n")
        return USAGE
    patience = given.get("-T") or given.get("--timeout") or "0"
    if not re.fullmatch(r"\d+\.?\d*|\.\d+", patience):
        await call.err(f"wget: --timeout: Invalid time period ‘{patience}’\n")
        return USAGE
    return max([await _one(call, given, with_scheme(url)) for url in urls])


async def _one(call: Call, given: dict[str, str], url: str) -> int:
    loud = not {"-q", "--quiet"} & set(given)

    async def say(text: str) -> None:
        if loud and "--no-verbose" not in given:
            await call.err(text)

    named = given.get("-O") or given.get("--output-document")
    name = named or _file_name(call, given, url)
    path = call.path(name)
    there = call.fs.exists(path)
    dated = bool({"-N", "--timestamping"} & set(given)) and not named
    if "--no-clobber" in given and there:
        await say(f"File ‘{name}’ already there; not retrieving.\n\n")
        return 0
    begun = len(call.read(path) or b"") if {"-c", "--continue"} & set(given) and there else 0
    own = given.get("--ca-certificate")
    patience = float(given.get("-T") or given.get("--timeout") or 0) or None
    request = OutgoingRequest(
        url,
        headers={
            "User-Agent": "Wget/1.21.4",
            "Accept": "*/*",
            **_asked_for(call, path, begun, dated),
        },
        insecure="--no-check-certificate" in given,
        timeout=patience,
        connect_timeout=patience,
        authorities=call.read(call.path(own)) if own else call.net.authorities(),
    )
    try:
        for _ in range(MOST_REDIRECTS + 1):
            host = urlsplit(request.url).hostname or ""
            await say(f"--{_now()}--  {request.url}\n")
            async with open_url(call, request) as answer:
                await say(
                    f"Resolving {host} ({host})... done.\nConnecting to {host} ({host})... "
                    f"connected.\nHTTP request sent, awaiting response... "
                    f"{answer.status} {answer.reason}\n"
                )
                follow = redirected(answer, request)
                if follow is not None:
                    await say(f"Location: {follow.url} [following]\n")
                    request = follow
                    continue
                if answer.status == 304:
                    await say(f"File ‘{name}’ not modified on server. Omitting download.\n\n")
                    return 0
                if answer.status >= 400 and not (begun and answer.status == OUT_OF_RANGE):
                    if loud:
                        await call.err(f"{_now()} ERROR {answer.status}: {answer.reason}.\n\n")
                    return SERVER
                content = b"".join([chunk async for chunk in answer.chunks])
                kind, modified = answer.header("Content-Type"), answer.header("Last-Modified")
            break
        else:
            await call.err(f"{MOST_REDIRECTS} redirections exceeded.\n")
            return SERVER
    except Unreachable as error:
        return await _failed(call, error, url, loud)
    if name == "-":
        await call.out(content)
        return 0
    more, goes_on = len(content), answer.status == PARTIAL
    if begun and (answer.status == OUT_OF_RANGE or (begun >= more and not goes_on)):
        await say("\n    The file is already fully retrieved; nothing to do.\n\n")
        return 0
    if goes_on:
        content = (call.read(path) or b"") + content
    size = _human(len(content))
    left = f", {more} ({_human(more)}) remaining" if goes_on else ""
    await say(f"Length: {len(content)} ({size}){left} [{kind}]\nSaving to: ‘{name}’\n\n")
    try:
        call.fs.write_file(path, content)
        if modified:
            call.fs.touch(path, parsedate_to_datetime(modified).timestamp())
    except ValueError:
        pass  # a date that is none
    except OSError:
        await call.err(f"{name}: No such file or directory\n\nCannot write to ‘{name}’.\n")
        return FILE_IO
    bar = (
        f"{posixpath.basename(name)[:38]:<38} 100%[===================>] {size:>7}  "
        "--.-KB/s    in 0s\n\n"
    )
    if dated and not modified:
        bar += "Last-modified header missing -- time-stamps turned off.\n"
    await (call.err if "--show-progress" in given else say)(bar)
    await say(f"{_now()} (12.0 MB/s) - ‘{name}’ saved [{len(content)}/{len(content)}]\n\n")
    if loud and "--no-verbose" in given:
        await call.err(f'{_now()} URL:{url} [{len(content)}/{len(content)}] -> "{name}" [1]\n')
    return 0


async def _failed(call: Call, error: Unreachable, url: str, loud: bool) -> int:
    host = urlsplit(url).hostname or url
    if not loud:
        return VERIFICATION if error.code == 60 else NETWORK
    if error.code == 6:
        await call.err(
            f"Resolving {host} ({host})... failed: Name or service not known.\n"
            f"wget: unable to resolve host address ‘{host}’\n(owlab: {HINT})\n"
        )
        return NETWORK
    if error.code == 60:
        await call.err(
            f"ERROR: cannot verify {host}'s certificate: {error.text}\n"
            f"To connect to {host} insecurely, use `--no-check-certificate'.\n"
        )
        return VERIFICATION
    await call.err(f"Connecting to {host}... failed: {error.text}.\n")
    return NETWORK


def _asked_for(call: Call, path: str, begun: int, dated: bool) -> dict[str, str]:
    """What only the rest of the file is wanted with, or only a newer one."""
    asked = {"Range": f"bytes={begun}-"} if begun else {}
    if dated and call.fs.exists(path):
        modified = formatdate(float(call.fs.stat(path)["modified"]), usegmt=True)
        asked["If-Modified-Since"] = modified
    return asked


def _file_name(call: Call, given: dict[str, str], url: str) -> str:
    """The URL's last part; ``.1``, ``.2`` ... is added when that file is there already."""
    folder = given.get("-P") or given.get("--directory-prefix") or ""
    if folder:
        call.fs.mkdir(call.path(folder), recursive=True)
    name = posixpath.join(folder, urlsplit(url).path.rpartition("/")[2] or "index.html")
    again = {"-c", "--continue", "-N", "--timestamping", "--no-clobber"} & set(given)
    number, candidate = 0, name
    while not again and call.fs.exists(call.path(candidate)):
        number += 1
        candidate = f"{name}.{number}"
    return candidate


def _human(size: int) -> str:
    return f"{size / 1024:.1f}K" if size >= 1024 else str(size)


def _now() -> str:
    return utc_now().strftime("%Y-%m-%d %H:%M:%S")
