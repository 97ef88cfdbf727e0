"""What a kubelet asks over the network, and what it says went wrong, in the words of Go."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from owlab.pocket.ground.tls import Authority
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.kubelet.network_probes import UnknownPort, checker, port_of
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.http import http_server
from owlab.pocket.network.routes import NetworkPlace, Routes
from owlab.pocket.network.sockets import Listening, conversation

from ..programs.network_console import TestNet

NODE = NetworkPlace("machine:a", "127.9.0.1", "a")
PORTS = {"ports": [{"containerPort": 9, "name": "other"}, {"containerPort": 80, "name": "web"}]}


class ToRoutes:
    """The lab's routes, as far as a kubelet uses them."""

    def __init__(self, net: TestNet) -> None:
        self.net = net

    async def connect(self, place: NetworkPlace, host: str, port: int, limit: float | None) -> Ends:
        assert place is NODE
        return await self.net.dial(host, port, limit)


async def asked(request: Request) -> Response:
    return JSONResponse({"path": request.url.path, **dict(request.headers)})


async def status(request: Request) -> Response:
    return Response("", int(request.path_params["code"]))


def says(*pieces: bytes) -> Any:
    async def talk(ends: Ends, peer: str) -> None:
        await ends.reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            await ends.send(piece)

    return conversation(talk)


async def silent(ends: Ends, peer: str) -> None:
    await ends.reader.read()


@pytest.fixture
def seen() -> list[Any]:
    return []


@pytest.fixture
def net(tmp_path: Path, seen: list[Any]) -> TestNet:
    async def noted(request: Request) -> Response:
        seen.append((request.method, request.url.path, dict(request.headers)))
        return Response("")

    app = Starlette(routes=[Route("/status/{code}", status), Route("/{path:path}", noted)])
    made = TestNet()
    made.serve(app)
    certificate, key = Authority(tmp_path).issue("web", ["web.example"])
    (tmp_path / "both.pem").write_bytes(certificate + key)

    def context() -> ssl.SSLContext:
        found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        found.load_cert_chain(tmp_path / "both.pem")
        return found

    for port, serve in (
        (443, http_server(app, context)),
        (1, says()),
        (2, says(b"+OK\r\nmore")),
        (3, conversation(silent)),
        (4, says(b"HTTP/1.1 204 No Content\r\n", b"\r\n")),
        (5, says(b"HTTP/1.1 20")),
    ):
        made.sockets.listen("here", Listening(port, "test", serve))
    return made


async def check(net: TestNet, handler: Object, limit: float = 1) -> str | None:
    made = checker(cast(Routes, ToRoutes(net)), NODE)
    return await asyncio.wait_for(made(handler, PORTS, "10.0.0.7", limit), 10)


def get(port: object, path: str | None = None, **more: Any) -> Object:
    return {"httpGet": {"port": port, **({"path": path} if path is not None else {}), **more}}


BROKEN = "net/http: HTTP/1.x transport connection broken: malformed HTTP response"


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        ({}, None),
        (get(80), None),
        (get("web"), None),
        (get(80, "/status/200"), None),
        (get(80, "/status/399"), None),
        (get(80, "/status/400"), "HTTP probe failed with statuscode: 400"),
        (get(80, "status/503"), "HTTP probe failed with statuscode: 503"),
        (get(4), None),
        (get(443, scheme="HTTPS"), None),
        (get(443, "/status/500", scheme="HTTPS"), "HTTP probe failed with statuscode: 500"),
        (
            get(80, scheme="HTTPS"),
            'Get "https://10.0.0.7:80/": http: server gave HTTP response to HTTPS client',
        ),
        (get(1), 'Get "http://10.0.0.7:1/": EOF'),
        (get(5, "/a"), 'Get "http://10.0.0.7:5/a": EOF'),
        (get(2), f'Get "http://10.0.0.7:2/": {BROKEN} "+OK"'),
        (get(3), 'Get "http://10.0.0.7:3/": context deadline exceeded'),
        (get(81), 'Get "http://10.0.0.7:81/": dial tcp 10.0.0.7:81: connect: connection refused'),
        (
            get(81, "//x", scheme="HTTPS", host="other"),
            'Get "https://other:81/x": dial tcp other:81: connect: connection refused',
        ),
        (
            get(80, host="nobody"),
            'Get "http://nobody:80/": dial tcp nobody:80: lookup nobody: no such host',
        ),
        (get(80, host="lost"), 'Get "http://lost:80/": context deadline exceeded'),
        ({"tcpSocket": {"port": 3}}, None),
        ({"tcpSocket": {"port": "web"}}, None),
        ({"tcpSocket": {"port": 81}}, "dial tcp 10.0.0.7:81: connect: connection refused"),
        ({"tcpSocket": {"port": 3, "host": "lost"}}, "dial tcp lost:3: i/o timeout"),
        ({"tcpSocket": {"port": 3, "host": "x"}}, "dial tcp x:3: lookup x: no such host"),
        (
            {"grpc": {"port": 80}},
            "error: this server does not implement the grpc health protocol",
        ),
        ({"grpc": {"port": 81}}, "dial tcp 10.0.0.7:81: connect: connection refused"),
    ],
)
async def test_what_went_wrong(net: TestNet, handler: Object, said: str | None) -> None:
    assert await check(net, handler) == said


@pytest.mark.parametrize(
    ("more", "headers"),
    [
        ({}, {"host": "10.0.0.7:80", "user-agent": "kube-probe/1.36", "accept": "*/*"}),
        (
            {
                "httpHeaders": [
                    {"name": "Host", "value": "web.example"},
                    {"name": "Accept", "value": "text/html"},
                    {"name": "X-Empty"},
                ]
            },
            {
                "host": "web.example",
                "user-agent": "kube-probe/1.36",
                "accept": "text/html",
                "x-empty": "",
            },
        ),
    ],
)
async def test_what_is_sent(
    net: TestNet, seen: list[Any], more: Object, headers: dict[str, str]
) -> None:
    assert await check(net, get(80, "/deep/page", **more)) is None
    assert seen == [("GET", "/deep/page", {**headers, "connection": "close"})]


@pytest.mark.parametrize(
    ("port", "number"), [(80, 80), (1, 1), (65535, 65535), ("web", 80), ("other", 9), ("81", 81)]
)
def test_ports_and_their_names(port: object, number: int) -> None:
    assert port_of(port, PORTS) == number


@pytest.mark.parametrize(
    ("port", "said"),
    [
        ("none", 'strconv.Atoi: parsing "none": invalid syntax'),
        ("", 'strconv.Atoi: parsing "": invalid syntax'),
        ("8²", 'strconv.Atoi: parsing "8\\u00b2": invalid syntax'),
        ("0", "invalid port number: 0"),
        ("-1", "invalid port number: -1"),
        (65536, "invalid port number: 65536"),
    ],
)
async def test_ports_that_there_are_not(net: TestNet, port: object, said: str) -> None:
    """Nothing is asked: neither port 80, which answers, nor any other."""
    for kind in ("httpGet", "tcpSocket", "grpc"):
        with pytest.raises(UnknownPort) as unknown:
            await check(net, {kind: {"port": port}})
        assert str(unknown.value) == said
    assert net.dialed == []
