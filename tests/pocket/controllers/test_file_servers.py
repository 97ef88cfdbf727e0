"""Python's http.server, busybox' httpd, and CouchDB's pages of health: over their wires."""

from __future__ import annotations

import base64
import json
import re

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.servers import web_files
from owlab.pocket.kube.servers.couchdb import couchdb
from owlab.pocket.kube.servers.httpd import CONFIG, httpd
from owlab.pocket.kube.servers.nginx import MAIN, nginx
from owlab.pocket.kube.servers.plain_files import busybox_httpd, python_http_server
from owlab.pocket.kube.servers.setting import ImageFiles, Server, ServerFailed, Setting, port_of
from owlab.pocket.network.programs.curl import curl
from owlab.pocket.network.sockets import Listening

from ..programs.network_console import TestNet, typed
from .test_small_servers import fetched

POD: Object = {"metadata": {"name": "box"}, "spec": {}, "status": {}}
FILES = {
    "/srv/a.txt": b"a\n",
    "/srv/data.json": b"{}",
    "/srv/odd <name>.xyzzy": b"odd",
    "/srv/site/index.html": b"<h1>site</h1>",
    "/srv/old/index.htm": b"old",
    "/srv/both/index.htm": b"second",
    "/srv/both/index.html": b"first",
    "/secret": b"secret",
    "/other/b.txt": b"b\n",
}
PYTHON = ("-m", "http.server")


class DatedFiles(ImageFiles):
    def modified(self, path: str) -> int | None:
        return 1_704_153_600  # the second of January 2024


def started(
    server: Server, *words: str, cwd: str = "/srv", **env: str
) -> tuple[TestNet, list[str], list[int]]:
    """A network with the server at ``web``, what it has logged, and its ports."""
    net, logged = TestNet(), list[str]()
    view = DatedFiles(FILES)
    ports = server(Setting(list(words), env, POD, cwd, logged.append, lambda: view, net.dial))
    for port, serve in ports.items():
        net.sockets.listen("here", Listening(port, "test", serve))
    return net, logged, list(ports)


@pytest.mark.parametrize(
    ("server", "words", "port", "page"),
    [
        (python_http_server, (), 8000, "a.txt"),
        (python_http_server, ("81",), 81, "a.txt"),
        (python_http_server, ("81", "--bind", "0.0.0.0", "--directory", "/other"), 81, "b.txt"),
        (python_http_server, ("-d", "../other", "-b", "::"), 8000, "b.txt"),
        (python_http_server, ("--dir=/other",), 8000, "b.txt"),
        (busybox_httpd, ("-f",), 80, "a.txt"),
        (busybox_httpd, ("-f", "-p", "81", "-h", "/other"), 81, "b.txt"),
        (busybox_httpd, ("-f", "-v", "-p", "127.0.0.1:82", "-h", "../other"), 82, "b.txt"),
    ],
)
async def test_where_they_listen_and_what_they_serve(
    server: Server, words: tuple[str, ...], port: int, page: str
) -> None:
    more = PYTHON if server is python_http_server else ()
    net, logged, ports = started(server, *more, *words)
    assert ports == [port]
    assert await fetched(net, f"web:{port}/{page}") == (200, f"{page[0]}\n")
    if more:
        said = f"Serving HTTP on 0.0.0.0 port {port} (http://0.0.0.0:{port}/) ..."
        assert logged[0] == said


OURS = "httpd: the pocket lab has httpd -f [-v] [-p PORT] [-h DIR]\n"
ONLY = "python3: containers of the pocket lab run -m http.server only, no programs\n"


@pytest.mark.parametrize(
    ("server", "words", "code", "said"),
    [
        (python_http_server, ("app.py",), 2, ONLY),
        (python_http_server, (), 2, ONLY),
        (python_http_server, ("-m", "venv"), 2, ONLY),
        (
            python_http_server,
            (*PYTHON, "--colour"),
            2,
            "server.py: error: option --colour not recognized\n",
        ),
        (python_http_server, (*PYTHON, "web"), 1, "server.py: error: invalid port: web\n"),
        (busybox_httpd, ("-f", "-x"), 1, "httpd: option -x not recognized\n"),
        (busybox_httpd, ("-f", "-u", "1000"), 1, OURS),
        (busybox_httpd, ("-f", "more"), 1, OURS),
        (busybox_httpd, ("-p", "0"), 1, "httpd: invalid port: 0\n"),
        (busybox_httpd, ("-p", "65536"), 1, "httpd: invalid port: 65536\n"),
    ],
)
def test_what_they_do_not_start_with(
    server: Server, words: tuple[str, ...], code: int, said: str
) -> None:
    with pytest.raises(ServerFailed) as failed:
        started(server, *words)
    assert (failed.value.code, failed.value.text) == (code, said)


NONE = "<h1>404 Not Found</h1>\nThe requested URL was not found\n"
LISTING = """<!DOCTYPE html>
<title>Directory listing for /</title>
<h1>Directory listing for /</h1>
<hr>
<ul>
<li><a href="a.txt">a.txt</a></li>
<li><a href="both/">both/</a></li>
<li><a href="data.json">data.json</a></li>
<li><a href="odd%20%3Cname%3E.xyzzy">odd &lt;name&gt;.xyzzy</a></li>
<li><a href="old/">old/</a></li>
<li><a href="site/">site/</a></li>
</ul>
<hr>
"""


@pytest.mark.parametrize(
    ("path", "python", "busybox"),
    [
        ("/a.txt", (200, "a\n"), (200, "a\n")),
        ("/a.txt?x=1", (200, "a\n"), (200, "a\n")),
        ("/odd%20%3Cname%3E.xyzzy", (200, "odd"), (200, "odd")),
        ("/site/", (200, "<h1>site</h1>"), (200, "<h1>site</h1>")),
        ("/site", (301, ""), (301, "")),
        ("-L web:80/site", (200, "<h1>site</h1>"), (200, "<h1>site</h1>")),
        ("/old/", (200, "old"), (404, NONE)),
        ("/both/", (200, "first"), (200, "first")),
        ("/", (200, LISTING), (404, NONE)),
        ("/none", (404, NONE), (404, NONE)),
        ("/none/", (404, NONE), (404, NONE)),
        ("-X DELETE web:80/a.txt", (501, "Unsupported method\n"), (501, "Unsupported method\n")),
    ],
)
async def test_what_they_answer(
    path: str, python: tuple[int, str], busybox: tuple[int, str]
) -> None:
    line = path if " " in path else f"web:80{path}"
    net, *_ = started(python_http_server, *PYTHON, "80")
    assert await fetched(net, line) == python
    net, *_ = started(busybox_httpd, "-f")
    assert await fetched(net, line) == busybox


@pytest.mark.parametrize(
    ("line", "logged"),
    [
        ("/a.txt", ['"GET /a.txt HTTP/1.1" 200 -']),
        ("/a.txt?x=1", ['"GET /a.txt?x=1 HTTP/1.1" 200 -']),
        ("/a.txt -I", ['"HEAD /a.txt HTTP/1.1" 200 -']),
        ("/none", ["code 404, message File not found", '"GET /none HTTP/1.1" 404 -']),
        ("/a.txt -d x", ["code 501, message Unsupported method", '"POST /a.txt HTTP/1.1" 501 -']),
        ("/site", ['"GET /site HTTP/1.1" 301 -']),
    ],
)
async def test_what_python_logs(line: str, logged: list[str]) -> None:
    net, lines, _ = started(python_http_server, *PYTHON, "80")
    await fetched(net, f"web:80{line}")
    begin = r"10\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4} \d\d:\d\d:\d\d\] "
    assert [re.sub(f"^{begin}", "", one) for one in lines[1:]] == logged
    assert all(re.match(begin, one) for one in lines[1:])


@pytest.mark.parametrize(
    ("words", "logged"),
    [
        (("-f",), []),
        (("-f", "-v"), ["10.0.0.1: response:200", "10.0.0.1: response:404"]),
    ],
)
async def test_what_busybox_logs(words: tuple[str, ...], logged: list[str]) -> None:
    net, lines, _ = started(busybox_httpd, *words)
    await fetched(net, "web/a.txt")
    await fetched(net, "web/none")
    assert lines == logged


async def test_what_is_known_already_is_not_sent_again() -> None:
    net, *_ = started(busybox_httpd, "-f")
    told = (await typed(curl, net, "-s", "-o", "x", "-w", "%header{etag}", "web/a.txt")).out
    other = (
        await typed(curl, net, "-s", "-o", "x", "-w", "%header{etag}", "web/old/index.htm")
    ).out
    assert re.fullmatch(r'"[0-9a-f]+-[0-9a-f]+"', told) and told != other
    for tag, code in ((told, 304), (other, 200)):
        words = ("-s", "-o", "x", "-w", "%{http_code}", "-H", f"If-None-Match: {tag}", "web/a.txt")
        assert (await typed(curl, net, *words)).out == str(code)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.html", "text/html"),
        ("a.css", "text/css"),
        ("a.json", "application/json"),
        ("a.png", "image/png"),
        ("a.xyzzy", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_types_of_files(path: str, kind: str) -> None:
    assert web_files.media_type(path) == kind
    assert web_files.media_type("a", "text/plain") == "text/plain"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/a", "/srv/a"),
        ("/", "/srv"),
        ("", "/srv"),
        ("/../a", "/srv/a"),
        ("/%2e%2e/%2e%2e/a", "/srv/a"),
        ("//a//b", "/srv/a/b"),
        ("/a%20b", "/srv/a b"),
    ],
)
def test_no_path_leads_out(path: str, place: str) -> None:
    assert web_files.below("/srv", path) == place


@pytest.mark.parametrize(
    ("text", "port"),
    [("1", 1), ("65535", 65535), ("0", None), ("65536", None), ("-1", None), ("", None)],
)
def test_ports_of_servers(text: str, port: int | None) -> None:
    if port is not None:
        assert port_of(text, "x") == port
        return
    with pytest.raises(ServerFailed) as failed:
        port_of(text, "x")
    assert (failed.value.code, failed.value.text) == (1, f"x: invalid port: {text}\n")


# -- CouchDB --------------------------------------------------------------------------------

WRONG = {"error": "unauthorized", "reason": "Name or password is incorrect."}
CLOSED = {"error": "unauthorized", "reason": "You are not a server admin."}
WELCOME = {
    "couchdb": "Welcome",
    "version": "2.3.1",
    "vendor": {"name": "the pocket lab (its pages of health only)"},
}
ADMIN = {"COUCHDB_USER": "me", "COUCHDB_PASSWORD": "pw"}


def none(what: str) -> dict[str, str]:
    said = f"the pocket lab: {what}: this CouchDB keeps no data"
    return {"error": "not_implemented", "reason": said}


def session(name: str | None) -> dict[str, object]:
    return {"ok": True, "userCtx": {"name": name, "roles": ["_admin"] if name else []}}


@pytest.mark.parametrize(
    ("line", "env", "who", "code", "body"),
    [
        ("/", ADMIN, "", 200, WELCOME),
        ("/", ADMIN, "me:pw", 200, WELCOME),
        ("/", ADMIN, "me:no", 401, WRONG),
        ("/", {}, "me:no", 200, WELCOME),
        ("/_up", ADMIN, "", 200, {"status": "ok"}),
        ("/_up", ADMIN, "you:pw", 401, WRONG),
        ("/_session", ADMIN, "", 200, session(None)),
        ("/_session", ADMIN, "me:pw", 200, session("me")),
        ("/_all_dbs", ADMIN, "", 401, CLOSED),
        ("/_all_dbs", ADMIN, "me:pw", 501, none("GET /_all_dbs")),
        ("/_all_dbs", {}, "", 501, none("GET /_all_dbs")),
        ("/db -X PUT", ADMIN, "me:pw", 501, none("PUT /db")),
        ("/_up -X POST", ADMIN, "", 501, none("POST /_up")),
        ("/db -X PUT", ADMIN, "me:no", 401, WRONG),
    ],
)
async def test_couchdb(
    line: str, env: dict[str, str], who: str, code: int, body: dict[str, object]
) -> None:
    net, _, ports = started(couchdb, **env)
    assert ports == [5984]
    given = base64.b64encode(who.encode()).decode()
    words = ["-H", f"Authorization: Basic {given}"] if who else []
    place, *more = f"web:5984{line}".split()
    found = await typed(
        curl, net, "-s", "-w", "\n%{http_code} %header{server}", *words, *more, place
    )
    text, _, told = found.out.rpartition("\n")
    assert (told, json.loads(text)) == (f"{code} CouchDB/2.3.1", body)


@pytest.mark.parametrize(
    ("asked", "code", "body", "size"),
    [
        ("bytes=1-2", "206", "bc", "bytes 1-2/4"),
        ("bytes=2-", "206", "cd", "bytes 2-3/4"),
        ("bytes=-3", "206", "bcd", "bytes 1-3/4"),
        ("bytes=-9", "206", "abcd", "bytes 0-3/4"),
        ("bytes=3-99", "206", "d", "bytes 3-3/4"),
        ("bytes=4-", "416", None, "bytes */4"),
        ("bytes=-0", "416", None, "bytes */4"),
        ("bytes=2-1", "200", "abcd", ""),
        ("bytes=-", "200", "abcd", ""),
        ("bytes=0-0,2-3", "200", "abcd", ""),
        ("lines=1-2", "200", "abcd", ""),
    ],
)
async def test_parts(
    monkeypatch: pytest.MonkeyPatch, asked: str, code: str, body: str | None, size: str
) -> None:
    monkeypatch.setitem(FILES, "/srv/four", b"abcd")
    monkeypatch.setitem(FILES, MAIN, b"http { server { listen 80; root /srv; } }")
    monkeypatch.setitem(FILES, CONFIG, b'Listen 80\nDocumentRoot "/srv"\n')
    told = ("-w", "|%{http_code}|%header{content-range}|%header{accept-ranges}", "-H")
    for server in (httpd, nginx, busybox_httpd):
        words = ("-f",) if server is busybox_httpd else ()
        net, *_ = started(server, *words, cwd="/srv")
        found = (await typed(curl, net, "-s", *told, f"Range: {asked}", "web/four")).out
        content, *rest = found.rsplit("|", 3)
        assert rest == [code, size, "" if code == "416" else "bytes"]
        assert content == body if body is not None else "abcd" not in content
    net, *_ = started(python_http_server, *PYTHON)
    found = (await typed(curl, net, "-s", *told, f"Range: {asked}", "web:8000/four")).out
    assert found == "abcd|200||"


@pytest.mark.parametrize(
    ("since", "codes"),
    [
        ("Tue, 02 Jan 2024 00:00:00 GMT", ["304", "304", "304", "304"]),
        ("Wed, 03 Jan 2024 00:00:00 GMT", ["304", "200", "304", "304"]),  # nginx is exact
        ("Mon, 01 Jan 2024 00:00:00 GMT", ["200", "200", "200", "200"]),
        ("yesterday", ["200", "200", "200", "200"]),
    ],
)
async def test_dates(monkeypatch: pytest.MonkeyPatch, since: str, codes: list[str]) -> None:
    monkeypatch.setitem(FILES, MAIN, b"http { server { listen 80; root /srv; } }")
    monkeypatch.setitem(FILES, CONFIG, b'Listen 80\nDocumentRoot "/srv"\n')
    found = []
    for server, *words in (
        (httpd,),
        (nginx,),
        (busybox_httpd, "-f"),
        (python_http_server, *PYTHON),
    ):
        net, _, (port,) = started(server, *words)
        told = ("-s", "-o", "x", "-w", "%{http_code} %header{last-modified}", "-H")
        typed_ = await typed(curl, net, *told, f"If-Modified-Since: {since}", f"web:{port}/a.txt")
        code, _, date = typed_.out.partition(" ")
        found.append(code)
        if code == "200":
            assert date == "Tue, 02 Jan 2024 00:00:00 GMT"
    assert found == codes
