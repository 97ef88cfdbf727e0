"""Files over HTTP, as web servers give them."""

from __future__ import annotations

import mimetypes
import posixpath
from email.utils import formatdate
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


def sent(request: Request, path: str, content: bytes, kind: str | None = None) -> Response:
    """A file as an answer, or 304 where it is known already."""
    tag = f'"{abs(hash(content)):x}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, media_type=kind or media_type(path, "text/plain"))


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
