"""``python3 -m http.server`` and busybox' ``httpd``: a directory over HTTP."""

from __future__ import annotations

import getopt
import posixpath

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.kube.servers import web_files
from owlab.pocket.kube.servers.application import Told, application
from owlab.pocket.kube.servers.setting import ContainerFiles, Ports, ServerFailed, Setting, port_of
from owlab.pocket.network.http import http_server

_ERRORS = {404: "File not found", 501: "Unsupported method"}
"""What Python's server says of an answer besides its line for each request."""


def python_http_server(setting: Setting) -> Ports:
    """``python3 -m http.server [PORT] [--directory DIR] [--bind ADDRESS]``."""
    if setting.argv[:2] != ["-m", "http.server"]:
        raise ServerFailed(
            "python3: containers of the pocket lab run -m http.server only, no programs\n", 2
        )
    try:
        given, words = getopt.gnu_getopt(setting.argv[2:], "d:b:", ["directory=", "bind="])
    except getopt.GetoptError as error:
        raise ServerFailed(f"server.py: error: {error}\n", 2) from None
    options = {name.lstrip("-")[0]: value for name, value in given}
    port = port_of(words[0], "server.py: error") if words else 8000
    root = posixpath.join(setting.cwd, options.get("d", "."))
    setting.log(f"Serving HTTP on 0.0.0.0 port {port} (http://0.0.0.0:{port}/) ...")

    def told(request: Request, response: Response) -> None:
        client = request.client.host if request.client else "-"
        now = utc_now().strftime("%d/%b/%Y %H:%M:%S")
        begin = f"{client} - - [{now}]"
        if said := _ERRORS.get(response.status_code):
            setting.log(f"{begin} code {response.status_code}, message {said}")
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        line = f"{request.method} {target} HTTP/{request.scope['http_version']}"
        setting.log(f'{begin} "{line}" {response.status_code} -')

    index = ("index.html", "index.htm")
    return {port: http_server(_served(setting, root, told, index, "Directory listing for"))}


def busybox_httpd(setting: Setting) -> Ports:
    """``httpd -f -p PORT -h DIR``."""
    try:
        given, words = getopt.getopt(setting.argv, "fvip:h:c:u:r:")
    except getopt.GetoptError as error:
        raise ServerFailed(f"httpd: {error}\n") from None
    options = dict(given)
    if words or set(options) - {"-f", "-v", "-p", "-h"}:
        raise ServerFailed("httpd: the pocket lab has httpd -f [-v] [-p PORT] [-h DIR]\n")
    port = port_of(options.get("-p", "80").rpartition(":")[2], "httpd")
    root = posixpath.join(setting.cwd, options.get("-h", "."))

    def told(request: Request, response: Response) -> None:
        if "-v" in options:
            client = request.client.host if request.client else "-"
            setting.log(f"{client}: response:{response.status_code}")

    return {port: http_server(_served(setting, root, told, ("index.html",)))}


def _whole(request: Request, view: ContainerFiles, path: str, content: bytes) -> Response:
    """Python's server: it knows dates, and neither tags nor parts."""
    written, asked = view.modified(path), request.headers
    since = web_files.seconds_of(asked.get("if-modified-since", ""))
    known = written is not None and since is not None and written <= since
    if known and "if-none-match" not in asked:
        return Response(status_code=304)
    kind = web_files.media_type(path, "text/plain")
    return Response(content, 200, web_files.last_modified(written), media_type=kind)


def _served(
    setting: Setting, root: str, told: Told, index: tuple[str, ...], title: str = ""
) -> ASGIApp:
    async def answer(request: Request) -> Response:
        view, path = setting.view(), request.url.path
        place = posixpath.normpath(web_files.below(root, path))
        if request.method not in ("GET", "HEAD"):
            return Response("Unsupported method\n", 501)
        if not path.endswith("/") and view.names(place) is not None:
            return RedirectResponse(path + "/", 301)
        hit = web_files.found(view, place, index)
        if hit is not None:
            return _whole(request, view, *hit) if title else web_files.sent(request, view, *hit)
        page = web_files.listing(view, place, path, title) if title else None
        if page is not None:
            return Response(page, media_type="text/html")
        return Response("<h1>404 Not Found</h1>\nThe requested URL was not found\n", 404)

    return application(answer, told=told)
