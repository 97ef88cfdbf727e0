"""nginx: what it reads, where it looks, and what it answers, in a network of the test's own."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.servers.nginx import nginx
from owlab.pocket.kube.servers.nginx_config import Directive, Site, configuration
from owlab.pocket.kube.servers.setting import ImageFiles, ServerFailed, Setting
from owlab.pocket.network.programs.curl import curl
from owlab.pocket.network.sockets import Listening

from ..programs.network_console import TestNet, typed

POD: Object = {"metadata": {"name": "box"}, "spec": {}, "status": {"podIP": "10.42.0.9"}}
MAIN = "/etc/nginx/nginx.conf"
FILES = {
    "/srv/index.html": b"index\n",
    "/srv/a.txt": b"a\n",
    "/srv/deep/index.html": b"deep\n",
    "/srv/empty/x.bin": b"x",
    "/srv/sorry.html": b"sorry\n",
}


def read(text: str, **more: str) -> list[Directive]:
    """The directives of the first server; ``more`` are files beside the first."""
    return servers(text, **more)[0].block


def servers(text: str, **more: str) -> list[Site]:
    files = {MAIN: f"http {{\n{text}\n}}".encode()}
    files |= {f"/etc/nginx/conf.d/{name}.conf": own.encode() for name, own in more.items()}
    return configuration(ImageFiles(files)).sites


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("return 200;", ["200"]),
        ("return 200 'a b';", ["200", "a b"]),
        ('return 200 "a\\nb\\"c\\\\";', ["200", 'a\nb"c\\']),
        ("return 200 'it\\'s';", ["200", "it's"]),
        ("return 200 a\\ b;", ["200", "a\\ b"]),
        ("return 200 ${host}x;", ["200", "${host}x"]),
        ("return # why\n200\n;", ["200"]),
        ("return '';", [""]),
    ],
)
def test_words(text, words):
    [found] = [d for d in read(f"server {{ {text} }}") if d.name == "return"]
    assert found.words == words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server {", 'unexpected end of file, expecting "}"'),
        ("server { listen 80 }", 'unexpected "}"'),
        ("} }", 'unexpected "}"'),
        ("server { ; }", 'unexpected ";"'),
        ("server { { } }", 'unexpected "{"'),
        ('server { return 200 "a; }', 'unexpected """'),
        ("server { lua x; }", 'unknown directive "lua" (the pocket lab has the plain ones)'),
        ("server { location / { lua x; } }", 'unknown directive "lua"'),
        ("server { listen; }", 'invalid number of arguments in "listen" directive'),
        ("server { listen web; }", 'invalid port in "web" of the "listen" directive'),
        ("server { listen 80 fast; }", 'invalid parameter "fast"'),
        ("server { listen 80 quic; }", "the pocket lab's nginx has no QUIC"),
        ("server { include none.conf; }", 'open() "/etc/nginx/none.conf" failed (2: No such file'),
        ("upstream a { server b; }", f"no server in {MAIN}: nothing to listen on"),
    ],
)
def test_what_it_cannot_use(text, said):
    with pytest.raises(ServerFailed) as error:
        servers(text)
    assert error.value.text.startswith("nginx: [emerg] ")
    assert said in error.value.text


def test_where_it_is_wrong():
    with pytest.raises(ServerFailed, match=rf"in {MAIN}:4\n"):
        servers("\nserver {\n  lua x; }")
    with pytest.raises(ServerFailed, match=r"in /etc/nginx/conf.d/own.conf:2\n"):
        servers("include conf.d/*.conf;", own="\nlua x;")


@pytest.mark.parametrize(
    ("listen", "ports", "tls", "default"),
    [
        ("", [80], set(), False),
        ("listen 81;", [81], set(), False),
        ("listen 127.0.0.1:81; listen [::]:81;", [81], set(), False),
        ("listen 443 ssl; listen 80 default_server;", [443, 80], {443}, True),
        ("listen 80 reuseport backlog=5;", [80], set(), False),
    ],
)
def test_where_it_listens(listen, ports, tls, default):
    [site] = servers(f"server {{ {listen} server_name a b; server_name c; }}")
    assert (site.ports, site.tls, site.default) == (ports, tls, default)
    assert site.names == ["a", "b", "c"]


def test_files_that_are_included_and_what_is_inherited():
    text = "root /all; index a; include conf.d/*.conf; include mime.types; types { a b; c d; }"
    sites = servers(
        text, first="server { listen 1; }", second="gzip on; server { listen 2; root /own; }"
    )
    assert [site.ports for site in sites] == [[1], [2]]
    roots = [[d.words for d in site.block if d.name == "root"] for site in sites]
    assert roots == [[["/all"]], [["/own"]]]
    unheeded = b"http { server { gzip on; etag off; sendfile on; } }"
    found = configuration(ImageFiles({MAIN: unheeded}))
    assert found.unheeded == {"gzip", "etag"}
    assert [d.name for d in found.sites[0].block] == []
    with pytest.raises(ServerFailed, match="failed"):
        configuration(ImageFiles({}))


async def behind(request: Request) -> Response:
    told = {name: request.headers.get(name, "-") for name in ("host", "x-real-ip", "x-a")}
    query = f"?{request.url.query}" if request.url.query else ""
    body = (await request.body()).decode()
    return PlainTextResponse(f"{request.method} {request.url.path}{query} {body} {told}")


def started(text: str, *words: str) -> tuple[TestNet, list[str]]:
    """nginx at ``web``, and behind it a server at ``other:9000``."""
    net, logged = TestNet(), list[str]()
    app = Starlette(routes=[Route("/{path:path}", behind, methods=["GET", "POST"])])
    net.serve(app, 9000)
    view = ImageFiles({**FILES, MAIN: f"http {{ root /srv; {text} }}".encode()})
    setting = Setting(list(words), {}, POD, "/", logged.append, lambda: view, net.dial)
    for port, serve in nginx(setting).items():
        net.sockets.listen("here", Listening(port, "nginx", serve))
    return net, logged


async def fetched(net: TestNet, *words: str) -> tuple[str, str]:
    """The status of an answer with where it leads, and the answer."""
    found = await typed(curl, net, "-s", "-w", "\n%{http_code}%header{location}", *words)
    body, _, code = found.out.rpartition("\n")
    return code, body


LOCATIONS = """
server {
  location / { return 200 slash; }
  location /a { return 200 a; }
  location /a/b { return 200 ab; }
  location = /a/b/c { return 200 exact; }
  location ~ \\.txt$ { return 200 pattern; }
  location ~* \\.PNG$ { return 200 any-case; }
  location ^~ /kept/ { return 200 kept; }
}
"""


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/", "slash"),
        ("/x", "slash"),
        ("/a", "a"),
        ("/ax", "a"),
        ("/a/b", "ab"),
        ("/a/b/c", "exact"),
        ("/a/b/c/d", "ab"),
        ("/a/x.txt", "pattern"),
        ("/x.TXT", "slash"),
        ("/x.png", "any-case"),
        ("/kept/x.txt", "kept"),
    ],
)
async def test_locations(path, said) -> None:
    net, _ = started(LOCATIONS)
    assert await fetched(net, f"web{path}") == ("200", said)


@pytest.mark.parametrize(
    ("text", "path", "code", "body"),
    [
        ("", "/", "200", "index\n"),
        ("", "/a.txt", "200", "a\n"),
        ("", "/deep/", "200", "deep\n"),
        ("", "/deep", "301http://web/deep/", None),
        ("", "/none", "404", None),
        ("", "/empty/", "403", None),
        ("", "/../../etc/nginx/nginx.conf", "404", None),
        ("autoindex on;", "/empty/", "200", None),
        ("index a.txt;", "/", "200", "a\n"),
        ("try_files $uri /a.txt;", "/none", "200", "a\n"),
        ("try_files $uri $uri/ =418;", "/none", "418", None),
        ("try_files $uri =404;", "/a.txt", "200", "a\n"),
        ("error_page 404 /sorry.html;", "/none", "404", "sorry\n"),
        ("error_page 403 404 /sorry.html;", "/empty/", "403", "sorry\n"),
        ("error_page 404 /gone.html;", "/none", "404", None),
        ("location /x/ { alias /srv/deep/; }", "/x/index.html", "200", "deep\n"),
        ("location /x/ { root /srv/deep; }", "/x/index.html", "404", None),
        ("return 204;", "/", "204", ""),
        ("return 503;", "/", "503", None),
        ("return 301 /new;", "/", "301/new", None),
        ("return 308 https://$host$request_uri;", "/a?b=c", "308https://web/a?b=c", None),
        ("return http://elsewhere/;", "/", "302http://elsewhere/", None),
        ("return 404 nothing;", "/", "404", "nothing"),
        ("return 200 $arg_q-$http_x_a-$is_args-$none;", "/?q=1", "200", "1-2-?-"),
        ("return 200 '$server_addr $server_port $scheme';", "/", "200", "10.42.0.9 80 http"),
        ("return 200 $hostname;", "/", "200", "box"),
        ("return 200 '$remote_addr $request_method ${uri}!';", "/p", "200", "10.0.0.1 GET /p!"),
    ],
)
async def test_answers(text, path, code, body) -> None:
    net, _ = started(f"server {{ {text} }}")
    got, said = await fetched(net, "-H", "X-A: 2", f"web{path}")
    assert got == code
    if body is not None:
        assert said == body
    elif code[0] in "45":
        assert f"<center><h1>{code}" in said


async def test_what_is_written_by_hand() -> None:
    net, logged = started(
        "server { add_header X-Own $uri; add_header X-Bad; default_type a/b;"
        "location /t { return 200 x; } }"
    )
    found = await typed(curl, net, "-s", "-w", "%header{x-own} %header{content-type}", "web/t")
    assert found.out == "x/t a/b"
    assert (await fetched(net, "-X", "POST", "web/a.txt"))[0] == "405"
    missing = await typed(curl, net, "-s", "-o", "x", "-w", "[%header{x-own}]", "web/none")
    assert missing.out == "[]", "only where all went well"
    assert any(
        'open() "/srv/none" failed (2: No such file or directory)' in line for line in logged
    )


async def test_sites_are_told_apart_by_name() -> None:
    net, _ = started(
        "server { server_name one; return 200 1; } server { server_name two; return 200 2; }"
        "server { listen 80 default_server; return 200 3; } server { listen 81; return 200 4; }"
    )
    hosts = ("one", "TWO:80", "three")
    assert [(await fetched(net, "-H", f"Host: {host}", "web"))[1] for host in hosts] == list("123")
    assert (await fetched(net, "web:81"))[1] == "4"


@pytest.mark.parametrize(
    ("text", "path", "asked"),
    [
        ("location / { proxy_pass http://other:9000; }", "/a/b?c", "/a/b?c"),
        ("location /api/ { proxy_pass http://other:9000/; }", "/api/b", "/b"),
        ("location /api/ { proxy_pass http://other:9000/v1/; }", "/api/b?c=d", "/v1/b?c=d"),
    ],
)
async def test_what_is_asked_behind_it(text, path, asked) -> None:
    net, _ = started(f"server {{ {text} }}")
    code, said = await fetched(net, f"web{path}")
    assert (code, said.split()[:2]) == ("200", ["GET", asked])
    code, said = await fetched(net, "-d", "body", f"web{path}")
    assert said.split()[:3] == ["POST", asked, "body"]
    assert "'host': 'other:9000'" in said


async def test_headers_for_who_is_behind() -> None:
    net, _ = started(
        "upstream up { keepalive 16; server other:9000; server b; }"
        "server { location / { proxy_pass http://up; }"
        "proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;"
        "proxy_set_header X-A ''; }"
    )
    _, said = await fetched(net, "-H", "X-A: 1", "web")
    assert said.endswith("{'host': 'web', 'x-real-ip': '10.0.0.1', 'x-a': '-'}")
    net, logged = started("server { location / { proxy_pass http://other:1; } }")
    assert (await fetched(net, "web"))[0] == "502"
    assert any("connect() failed (Connection refused) while connecting" in line for line in logged)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-g", "daemon off;"], None),
        (["-q", "-c", MAIN], None),
        (["-c", "/none"], 'open() "/none" failed'),
        (["-Z"], 'nginx: invalid option: "Z"'),
    ],
)
def test_its_options(words, said):
    if said is None:
        assert started("server { listen 82; gzip on; }", *words)[1][2] == (
            "(not obeyed by the pocket lab's nginx: gzip)"
        )
        return
    with pytest.raises(ServerFailed) as error:
        started("server { }", *words)
    assert said in error.value.text
