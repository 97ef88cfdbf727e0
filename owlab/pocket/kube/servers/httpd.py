"""Apache's httpd: files below its document root."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from owlab.pocket.kube.servers import web_files
from owlab.pocket.kube.servers.access_log import combined
from owlab.pocket.kube.servers.application import application
from owlab.pocket.kube.servers.setting import Ports, ServerFailed, Setting
from owlab.pocket.network.http import http_server

ROOT = "/usr/local/apache2/htdocs"
CONFIG = "/usr/local/apache2/conf/httpd.conf"
FILES = {
    f"{ROOT}/index.html": b"<html><body><h1>It works!</h1></body></html>\n",
    CONFIG: b'Listen 80\nDocumentRoot "/usr/local/apache2/htdocs"\n',
}

_IDLE = (
    "serverroot", "servername", "serveradmin", "loadmodule", "errorlog", "loglevel", "customlog",
    "user", "group", "pidfile", "mutex", "addtype", "typesconfig", "logformat",
)  # fmt: skip


def httpd(setting: Setting) -> Ports:
    """Start with the ``Listen`` and ``DocumentRoot`` of the container's configuration."""
    text = (setting.configuration().read(CONFIG) or b"").decode(errors="replace")
    ports, root = [], ROOT
    index: tuple[str, ...] = ("index.html",)
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        word, _, rest = line.strip().partition(" ")
        name, value = word.lower(), rest.strip().strip('"')
        if name.startswith("</"):
            depth -= 1
        elif name.startswith("<"):
            depth += 1
        elif not name or name.startswith("#") or depth:
            continue
        elif name == "listen":
            # A protocol may follow, as in `Listen 443 https`.
            port = value.partition(" ")[0].rpartition(":")[2]
            if not port.isdecimal():
                raise ServerFailed(_broken(number, "Port must be specified"))
            ports.append(int(port))
        elif name == "documentroot":
            root = value
        elif name == "directoryindex":
            index = tuple(value.split())
        elif name not in _IDLE:
            said = f"Invalid command '{word}', not known to the pocket lab's httpd"
            raise ServerFailed(_broken(number, said))
    setting.log("(httpd of the pocket lab: a small server of its own)")
    if not ports:
        raise ServerFailed(
            "(98)no listening sockets available, shutting down\nAH00015: Unable to open logs\n"
        )

    async def answer(request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return _page(405, "Method Not Allowed")
        view, path = setting.view(), request.url.path
        place = web_files.below(root, path)
        hit = web_files.found(view, place, index)
        if hit is not None:
            answer = web_files.sent(request, view, *hit)
            return answer if answer.status_code < 400 else _no_part(answer)
        page = web_files.listing(view, place, path, "Index of")
        if page is not None:
            return Response(page, media_type="text/html;charset=ISO-8859-1")
        return _page(404, "Not Found", "The requested URL was not found on this server.")

    def told(request: Request, response: Response) -> None:
        # Its own format ends after the size.
        setting.log(combined(request, response).rpartition(' "')[0].rpartition(' "')[0])

    app = application(answer, "Apache/2.4 (Unix)", told)
    return dict.fromkeys(ports, http_server(app))


def _broken(line: int, said: str) -> str:
    return f"AH00526: Syntax error on line {line} of {CONFIG}:\n{said}\n"


def _no_part(answer: Response) -> Response:
    page = _page(
        answer.status_code,
        "Requested Range Not Satisfiable",
        "None of the range-specifier values in the Range\nrequest-header field overlap the current "
        "extent\nof the selected resource.",
    )
    page.headers["Content-Range"] = answer.headers["Content-Range"]
    return page


def _page(code: int, title: str, said: str = "") -> Response:
    page = (
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
        f"<title>{code} {title}</title>\n</head><body>\n<h1>{title}</h1>\n<p>{said}</p>\n"
        "</body></html>\n"
    )
    headers = {"Content-Type": "text/html; charset=iso-8859-1"}
    return Response(page, code, headers)
