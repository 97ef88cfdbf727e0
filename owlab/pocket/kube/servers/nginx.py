"""nginx: files, redirects, fixed answers and proxies, as its configuration says."""

from __future__ import annotations

import functools
import posixpath
import re
import ssl
from collections.abc import Iterable
from urllib.parse import urlsplit

import httpcore
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.kube.servers import web_files
from owlab.pocket.kube.servers.access_log import combined
from owlab.pocket.kube.servers.application import application
from owlab.pocket.kube.servers.nginx_config import (
    Directive,
    NginxConfiguration,
    Site,
    configuration,
)
from owlab.pocket.kube.servers.nginx_tls import context_of
from owlab.pocket.kube.servers.setting import ImageFiles, Ports, ServerFailed, Setting
from owlab.pocket.network.http import exchange, http_server
from owlab.pocket.network.sockets import Serve
from owlab.pocket.network.unreached import Unreached

VERSION = "1.27"
_REASONS = {
    301: "Moved Permanently", 302: "Found", 400: "Bad Request", 403: "Forbidden",
    404: "Not Found", 405: "Not Allowed", 500: "Internal Server Error", 502: "Bad Gateway",
    503: "Service Temporarily Unavailable", 504: "Gateway Time-out",
}  # fmt: skip
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")

WELCOME = b"""\
<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page is the pocket lab's own: a small server stands where nginx would be.</p>
</body>
</html>
"""
NGINX_CONF = b"""\
events {}
http {
  default_type application/octet-stream;
  include /etc/nginx/conf.d/*.conf;
}
"""
DEFAULT_CONF = b"""\
server {
  listen 80;
  server_name localhost;
  location / {
    root /usr/share/nginx/html;
    index index.html index.htm;
  }
}
"""
MAIN = "/etc/nginx/nginx.conf"
FILES = {
    "/usr/share/nginx/html/index.html": WELCOME,
    MAIN: NGINX_CONF,
    "/etc/nginx/conf.d/default.conf": DEFAULT_CONF,
}


def nginx(setting: Setting) -> Ports:
    """Start with the container's configuration."""
    path = _options(setting.argv)
    plain = setting.image is not None and path == MAIN
    config = _of_the_image() if plain else configuration(setting.configuration(), path)
    found, upstreams = config.sites, config.upstreams
    setting.log("(nginx of the pocket lab: a small server of its own)")
    setting.log(f"{_stamp()} [notice] 1#1: start worker processes")
    if config.unheeded:
        setting.log(f"(not obeyed by the pocket lab's nginx: {', '.join(sorted(config.unheeded))})")
    ports = {port for site in found for port in site.ports}
    return {port: _listener(setting, found, upstreams, port) for port in ports}


def _listener(setting: Setting, found: list[Site], upstreams: dict[str, str], port: int) -> Serve:
    """What answers on one port, in clear or under TLS."""
    app = _Front(setting, found, upstreams, port).app()
    secured = [site for site in found if port in site.tls]
    if not secured:
        return http_server(app)
    context = context_of(secured, setting.configuration())
    return http_server(app, lambda: context, plain=_plain(setting))


def _plain(setting: Setting) -> ASGIApp:
    """Who speaks HTTP where TLS is spoken is told so."""

    async def answer(request: Request) -> Response:
        page = _page(400, "The plain HTTP request was sent to HTTPS port")
        page.headers["Connection"] = "close"
        return page

    def told(request: Request, response: Response) -> None:
        setting.log(combined(request, response))

    return application(answer, f"nginx/{VERSION}", told)


@functools.cache
def _of_the_image() -> NginxConfiguration:
    """What most pods start with: read once."""
    return configuration(ImageFiles(FILES))


def _options(argv: list[str]) -> str:
    words, config = list(argv), MAIN
    while words:
        word = words.pop(0)
        if word == "-g" and words:
            words.pop(0)
        elif word == "-c" and words:
            config = words.pop(0)
        elif word in ("-q", "-e") or not word.startswith("-"):
            continue
        else:
            raise ServerFailed(f'nginx: invalid option: "{word[1:]}" in the pocket lab\n')
    return config


def _stamp() -> str:
    return utc_now().strftime("%Y/%m/%d %H:%M:%S")


class _Front:
    """What listens on one port."""

    def __init__(
        self, setting: Setting, found: list[Site], upstreams: dict[str, str], port: int
    ) -> None:
        self._setting, self._upstreams, self._port = setting, upstreams, port
        self._sites = [site for site in found if port in site.ports]

    def app(self) -> ASGIApp:
        """As an application."""

        def told(request: Request, response: Response) -> None:
            self._setting.log(combined(request, response))

        return application(self.answer, f"nginx/{VERSION}", told)

    def _site(self, host: str) -> Site:
        name = host.partition(":")[0].lower()
        named = [site for site in self._sites if name in site.names]
        default = [site for site in self._sites if site.default]
        return [*named, *default, *self._sites][0]

    async def answer(self, request: Request) -> Response:
        """The answer of the server and the location that are meant."""
        site = self._site(request.headers.get("host", ""))
        location = _location(site.block, request.url.path)
        inner = location.block if location else []
        block = [*inner, *(d for d in site.block if d.name not in {i.name for i in inner})]
        response = await self._from(request, block, location, request.url.path)
        if response.status_code >= 400 and not response.body:
            size = response.headers.get("Content-Range")
            response = await self._error(request, block, site, response.status_code)
            if size is not None:
                response.headers["Content-Range"] = size
        if response.status_code < 400:
            for directive in _all(block, "add_header"):
                if len(directive.words) > 1:
                    value = self._filled(directive.words[1], request)
                    response.headers[directive.words[0]] = value
        return response

    async def _from(
        self, request: Request, block: list[Directive], location: Directive | None, path: str
    ) -> Response:
        fixed = next(iter(_all(block, "return")), None)
        if fixed is not None:
            return self._fixed(request, fixed, block)
        proxy = next(iter(_all(block, "proxy_pass")), None)
        if proxy is not None:
            return await self._proxied(request, proxy, block, location)
        if request.method not in ("GET", "HEAD"):
            return Response(status_code=405)
        return self._file(request, block, location, path)

    def _fixed(self, request: Request, fixed: Directive, block: list[Directive]) -> Response:
        code = fixed.words[0] if fixed.words else "500"
        text = self._filled(fixed.words[1], request) if len(fixed.words) > 1 else ""
        if not code.isdecimal():
            return _redirect(302, self._filled(code, request))
        if code in ("301", "302", "303", "307", "308"):
            return _redirect(int(code), text)
        kinds = _words(block, "default_type")
        if not text and int(code) >= 400:
            return Response(status_code=int(code))
        kind = kinds[0] if kinds else "text/plain"
        return Response(text, int(code), media_type=None, headers={"Content-Type": kind})

    def _file(
        self, request: Request, block: list[Directive], location: Directive | None, path: str
    ) -> Response:
        view = self._setting.view()
        index = tuple(_words(block, "index") or ["index.html"])
        for word in _words(block, "try_files") or [path]:
            wanted = self._filled(word, request)
            if wanted.startswith("="):
                return Response(status_code=int(wanted[1:]))
            place = web_files.below(*self._place(block, location, wanted))
            kind = web_files.media_type(place)
            hit = web_files.found(view, place, index)
            if hit is None:
                continue
            at, content = hit
            if at != place and not path.endswith("/"):
                host = request.headers.get("host", "")
                return _redirect(301, f"{request.url.scheme}://{host}{path}/")
            kind = web_files.media_type(at) if at != place else kind
            return web_files.sent(request, view, at, content, kind, exact=True)
        place = web_files.below(*self._place(block, location, path))
        if view.names(place) is None:
            self._missing(request, place)
            return Response(status_code=404)
        if _words(block, "autoindex") == ["on"] and path.endswith("/"):
            page = web_files.listing(view, place, path, "Index of")
            return Response(page, media_type="text/html")
        client = request.client.host if request.client else "-"
        self._setting.log(
            f'{_stamp()} [error] 29#29: *1 directory index of "{place}/" is forbidden, '
            f"client: {client}"
        )
        return Response(status_code=403)

    def _place(
        self, block: list[Directive], location: Directive | None, path: str
    ) -> tuple[str, str]:
        alias = _words(location.block if location else [], "alias")
        if alias and location is not None:
            return alias[0], path.removeprefix(location.words[-1])
        root = _words(block, "root") or ["/etc/nginx/html"]
        return root[0], path

    def _missing(self, request: Request, place: str) -> None:
        client = request.client.host if request.client else "-"
        self._setting.log(
            f'{_stamp()} [error] 29#29: *1 open() "{place}" failed (2: No such file or '
            f'directory), client: {client}, server: localhost, request: "{request.method} '
            f'{request.url.path} HTTP/1.1", host: "{request.headers.get("host", "")}"'
        )

    async def _error(
        self, request: Request, block: list[Directive], site: Site, code: int
    ) -> Response:
        for directive in _all(block, "error_page"):
            *codes, page = directive.words
            if str(code) in codes:
                place = web_files.below(*self._place(block, None, page))
                inner = _location(site.block, page)
                if inner is not None:
                    merged = [*inner.block, *site.block]
                    place = web_files.below(*self._place(merged, inner, page))
                content = self._setting.view().read(place)
                if content is not None:
                    return Response(content, code, media_type=web_files.media_type(place))
        return _page(code)

    async def _proxied(
        self,
        request: Request,
        proxy: Directive,
        block: list[Directive],
        location: Directive | None,
    ) -> Response:
        target = urlsplit(self._filled(proxy.words[0], request))
        host = self._upstreams.get(target.netloc, target.netloc)
        prefix = location.words[-1] if location else "/"
        path = request.url.path
        if target.path:
            path = target.path + path.removeprefix(prefix)
        query = f"?{request.url.query}" if request.url.query else ""
        headers = [
            (name, value)
            for name, value in request.headers.items()
            if name not in ("host", "connection", "content-length")
        ]
        headers += [("Host", host), ("Connection", "close")]
        for directive in _all(block, "proxy_set_header"):
            name, *values = directive.words
            value = self._filled(values[0] if values else "", request)
            headers = [(k, v) for k, v in headers if k.lower() != name.lower()]
            if value:
                headers.append((name, value))
        content = await request.body()
        if content:
            headers.append(("Content-Length", str(len(content))))
        try:
            async with exchange(
                self._setting.dial, request.method, f"{target.scheme}://{host}{path}{query}",
                headers, content or None, context=_trusting(), timeout=60,
            ) as answer:  # fmt: skip
                body = await answer.aread()
        except (Unreached, httpcore.NetworkError, httpcore.ProtocolError) as error:
            self._setting.log(
                f"{_stamp()} [error] 29#29: *1 connect() failed ({error}) while connecting to "
                f'upstream, request: "{request.method} {request.url.path} HTTP/1.1", '
                f'upstream: "http://{host}{path}"'
            )
            return Response(status_code=502)
        except httpcore.TimeoutException:
            return Response(status_code=504)
        given = {
            name.decode(): value.decode("latin-1")
            for name, value in answer.headers
            if name.lower() not in (b"connection", b"transfer-encoding", b"content-length",
                                    b"date", b"server")
        }  # fmt: skip
        return Response(body, answer.status, given)

    def _filled(self, text: str, request: Request) -> str:
        host = request.headers.get("host", "")
        values = {
            "uri": request.url.path,
            "request_uri": request.url.path
            + (f"?{request.url.query}" if request.url.query else ""),
            "args": request.url.query,
            "host": host.partition(":")[0],
            "http_host": host,
            "hostname": self._setting.hostname,
            "remote_addr": request.client.host if request.client else "",
            "proxy_add_x_forwarded_for": request.client.host if request.client else "",
            "server_addr": self._setting.address,
            "server_port": str(self._port),
            "request_method": request.method,
            "scheme": request.url.scheme,
            "server_name": "localhost",
            "nginx_version": VERSION,
            "proxy_host": host,
            "is_args": "?" if request.url.query else "",
            "time_local": utc_now().strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "request_id": f"{id(request):032x}",
        }

        def put(found: re.Match[str]) -> str:
            name = found[1] or found[2]
            if name.startswith("http_"):
                return request.headers.get(name[5:].replace("_", "-"), "")
            if name.startswith("arg_"):
                return request.query_params.get(name[4:], "")
            return values.get(name, "")

        return _VARIABLE.sub(put, text)


@functools.cache
def _trusting() -> ssl.SSLContext:
    """As nginx asks what is behind it: it verifies no certificate unless it is told to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _all(block: Iterable[Directive], name: str) -> list[Directive]:
    return [directive for directive in block if directive.name == name]


def _words(block: Iterable[Directive], name: str) -> list[str]:
    found = _all(block, name)
    return found[0].words if found else []


def _location(block: list[Directive], path: str) -> Directive | None:
    """Exact ones first, then patterns unless the longest prefix says not to, then that."""
    known = _all(block, "location")
    for one in known:
        if one.words[:1] == ["="] and one.words[1] == path:
            return one
    prefixes = [
        one
        for one in known
        if (len(one.words) == 1 or one.words[0] == "^~") and path.startswith(one.words[-1])
    ]
    longest = max(prefixes, key=lambda one: len(one.words[-1]), default=None)
    if longest is None or longest.words[0] != "^~":
        for one in known:
            if one.words[0] in ("~", "~*"):
                flags = re.I if one.words[0] == "~*" else 0
                if re.search(one.words[1], path, flags):
                    return one
    return longest


def _redirect(code: int, to: str) -> Response:
    response = _page(code)
    response.headers["Location"] = to
    return response


def _page(code: int, more: str = "") -> Response:
    head = f"{code} {_REASONS.get(code, '')}".strip()
    title = f"{code} {more}" if more else head
    also = f"<center>{more}</center>\r\n" if more else ""
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{head}</h1>"
        f"</center>\r\n{also}<hr><center>nginx/{VERSION}</center>\r\n</body>\r\n</html>\r\n"
    )
    return Response(page, code, media_type=None, headers={"Content-Type": "text/html"})


def checked(setting: Setting) -> str:
    """What ``nginx -t`` says."""
    path = "/etc/nginx/nginx.conf"
    view = setting.view()
    config = configuration(view, path)
    for port in {port for site in config.sites for port in site.tls}:
        context_of([site for site in config.sites if port in site.tls], view)
    name = posixpath.normpath(path)
    return (
        f"nginx: the configuration file {name} syntax is ok\n"
        f"nginx: configuration file {name} test is successful\n"
    )
