"""Files over HTTP, as web servers give them."""

from __future__ import annotations

import mimetypes
import posixpath
import re
import zlib
from email.utils import formatdate, parsedate_to_datetime
from html import escape
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from owlab.pocket.kube.servers.setting import ContainerFiles


def media_type(path: str, otherwise: str = "application/octet-stream") -> str:
    """By the end of a file's name."""
    return mimetypes.guess_type(path)[0] or otherwise


def below(root: str, path: str) -> str:
    """A URL's path as a file's below a directory, which it cannot leave."""
    clean = posixpath.normpath("/" + unquote(path)).lstrip("/")
    return posixpath.join(root, clean) if clean else root


def found(view: ContainerFiles, path: str, index: tuple[str, ...]) -> tuple[str, bytes] | None:
    """The file that is meant: itself, or a directory's index."""
    content = view.read(path)
    if content is not None:
        return path, content
    for name in index:
        inner = posixpath.join(path, name)
        content = view.read(inner)
        if content is not None:
            return inner, content
    return None


def sent(
    request: Request,
    view: ContainerFiles,
    path: str,
    content: bytes,
    kind: str | None = None,
    *,
    exact: bool = False,
) -> Response:
    """A file as an answer: whole, a part of it (206), or 304 where it is known already.

    :param exact: only who has this very version knows it, not who has a later one: nginx' way.
    """
    kind = kind or media_type(path, "text/plain")
    written = view.modified(path)
    tag = f'"{zlib.crc32(content) if written is None else written:x}-{len(content):x}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes"} | last_modified(written)
    if _is_known(request, tag, written, exact):
        return Response(status_code=304, headers=headers)
    part = _part(request, len(content)) if _is_same(request, headers) else None
    if part is None:
        return Response(content, 200, headers, media_type=kind)
    if not part:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
    return Response(content[part.start : part.stop], 206, headers, media_type=kind)


def last_modified(written: int | None) -> dict[str, str]:
    """The header, where that is known."""
    return {} if written is None else {"Last-Modified": formatdate(written, usegmt=True)}


def _is_known(request: Request, tag: str, written: int | None, exact: bool) -> bool:
    if (tags := request.headers.get("if-none-match")) is not None:
        return tags.strip() == "*" or tag in [one.strip() for one in tags.split(",")]
    since = seconds_of(request.headers.get("if-modified-since", ""))
    if since is None or written is None:
        return False
    return since == written if exact else since >= written


def _is_same(request: Request, headers: dict[str, str]) -> bool:
    """What a part is asked of is what is here."""
    known = request.headers.get("if-range")
    return known is None or known in (headers["ETag"], headers.get("Last-Modified"))


def _part(request: Request, size: int) -> range | None:
    """The bytes that are asked for: none of them where there are none, None for the whole file.

    Several parts at once are answered with the whole, which HTTP allows.
    """
    asked = re.fullmatch(r"bytes=\s*(\d*)-(\d*)\s*", request.headers.get("range", ""))
    if request.method != "GET" or asked is None or asked[0].endswith("=-"):
        return None
    first, last = asked[1], asked[2]
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1 if last else size, size))


def seconds_of(date: str) -> int | None:
    """Unix time of a header's date; of what is none, None."""
    try:
        return int(parsedate_to_datetime(date).timestamp())
    except ValueError:
        return None


def listing(view: ContainerFiles, path: str, shown: str, title: str) -> bytes | None:
    """A directory as a page of links."""
    names = view.names(path)
    if names is None:
        return None
    rows = []
    for name in sorted(names):
        end = "/" if view.names(posixpath.join(path, name)) is not None else ""
        rows.append(f'<li><a href="{quote(name)}{end}">{escape(name)}{end}</a></li>')
    head = f"{title} {escape(shown)}"
    page = f"<!DOCTYPE html>\n<title>{head}</title>\n<h1>{head}</h1>\n<hr>\n<ul>\n"
    return (page + "\n".join(rows) + "\n</ul>\n<hr>\n").encode()


def now() -> str:
    """The present, as HTTP writes it."""
    return formatdate(usegmt=True)
