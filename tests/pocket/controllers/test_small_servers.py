"""agnhost, whoami, http-echo, echoserver and httpbin: their flags and each of their pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.servers.agnhost import agnhost
from owlab.pocket.kube.servers.echoing import echoserver, http_echo, whoami
from owlab.pocket.kube.servers.httpbin import httpbin
from owlab.pocket.kube.servers.setting import ImageFiles, Server, ServerFailed, Setting
from owlab.pocket.network.programs.curl import curl
from owlab.pocket.network.sockets import Listening

from ..programs.network_console import TestNet, typed

POD: Object = {"metadata": {"name": "box"}, "spec": {}, "status": {"podIP": "10.42.0.9"}}


def started(
    server: Server, *words: str, pod: Object = POD, **env: str
) -> tuple[TestNet, list[str]]:
    """A network with the server at ``web``, and what it has logged."""
    net, logged = TestNet(), list[str]()
    view = ImageFiles({})
    setting = Setting(list(words), env, pod, "/", logged.append, lambda: view, net.dial)
    for port, serve in server(setting).items():
        net.sockets.listen("here", Listening(port, "test", serve))
    return net, logged


async def fetched(net: TestNet, line: str) -> tuple[int, str]:
    """The status of an answer, and the answer."""
    found = await typed(curl, net, "-s", "-w", "\n%{http_code}", *line.split())
    body, _, code = found.out.rpartition("\n")
    return int(code), body


@pytest.mark.parametrize(
    ("server", "words", "port"),
    [
        (agnhost, ["netexec"], 8080),
        (agnhost, ["netexec", "--http-port=81"], 81),
        (agnhost, ["netexec", "--http-port", "81", "--udp-port=82"], 81),
        (agnhost, ["serve-hostname"], 9376),
        (agnhost, ["serve-hostname", "--port=81"], 81),
        (agnhost, ["test-webserver"], 80),
        (whoami, [], 80),
        (whoami, ["--port", "81"], 81),
        (whoami, ["-port=81", "-verbose"], 81),
        (http_echo, ["-text=a"], 5678),
        (http_echo, ["--text", "a", "-listen=:81"], 81),
        (http_echo, ["-text=a", "-listen", "127.0.0.1:81"], 81),
        (echoserver, [], 8080),
        (httpbin, [], 80),
    ],
)
def test_where_they_listen(server, words, port):
    net, _ = started(server, *words)
    assert [one.port for one in net.sockets.of("here")] == [port]


def test_what_pauses_listens_nowhere():
    for words in ([], ["pause"]):
        assert list(started(agnhost, *words)[0].sockets.of("here")) == []


@pytest.mark.parametrize(
    ("server", "words", "code", "said"),
    [
        (agnhost, ["dance"], 1, 'Error: unknown command "dance" for "app" (in the pocket lab)\n'),
        (agnhost, ["netexec", "--port=1"], 1, "Error: unknown flag: --port\n"),
        (agnhost, ["netexec", "--http-port=x"], 1, "agnhost: invalid port: x\n"),
        (whoami, ["--colour"], 2, "flag provided but not defined: -colour\nUsage of whoami\n"),
        (whoami, ["extra"], 127, "Too many arguments!\n"),
        (whoami, ["--port=0"], 1, "whoami: invalid port: 0\n"),
        (http_echo, [], 127, "Missing -text option!\n"),
        (http_echo, ["-text=a", "-listen=:web"], 1, "http-echo: invalid port: web\n"),
    ],
)
def test_what_they_do_not_start_with(server, words, code, said):
    with pytest.raises(ServerFailed) as error:
        started(server, *words)
    assert (error.value.code, error.value.text) == (code, said)


@pytest.mark.parametrize(
    ("line", "code", "body"),
    [
        ("web:8080/hostname", 200, "box"),
        ("web:8080/hostName", 200, "box"),
        ("web:8080/echo?msg=hi", 200, "hi"),
        ("web:8080/echo?msg=hi&code=503", 503, "hi"),
        ("web:8080/echo?code=bad", 200, ""),
        ("web:8080/header?key=X-A -H X-A:1", 200, "1"),
        ("web:8080/header", 200, ""),
        ("web:8080/healthz", 200, ""),
        ("web:8080/exit", 501, "the pocket lab's agnhost does not end itself\n"),
        ("web:8080/shutdown", 501, "the pocket lab's agnhost does not end itself\n"),
        ("web:8080/none", 404, "404 page not found\n"),
        ("-L web:8080/redirect?location=/hostname", 200, "box"),
        ("web:8080/redirect?code=307", 307, ""),
    ],
)
async def test_netexec(line, code, body) -> None:
    net, logged = started(agnhost, "netexec")
    assert await fetched(net, line) == (code, body)
    assert logged[0] == "Started HTTP server on port 8080"
    assert logged[1].startswith("GET /")


async def test_more_of_agnhost() -> None:
    net, _ = started(agnhost, "netexec")
    assert (await fetched(net, "web:8080/"))[1].startswith("NOW: 20")
    assert (await fetched(net, "web:8080/clientip"))[1].startswith("10.0.0.1:")
    named = {**POD, "spec": {"hostname": "owl"}}
    assert await fetched(started(agnhost, "serve-hostname", pod=named)[0], "web:9376") == (
        200,
        "owl",
    )
    assert await fetched(started(agnhost, "test-webserver")[0], "web") == (200, "")


async def test_whoami() -> None:
    net, logged = started(whoami, WHOAMI_NAME="owl")
    assert logged == ["Starting up on port 80"]
    lines = (await fetched(net, "web/a?b=c -X PUT -H X-B:2 -H X-A:1"))[1].splitlines()
    assert lines[:5] == ["Name: owl", "Hostname: box", "IP: 127.0.0.1", "IP: ::1", "IP: 10.42.0.9"]
    assert lines[5].startswith("RemoteAddr: 10.0.0.1:")
    assert lines[6:8] == ["PUT /a?b=c HTTP/1.1", "Host: web"]
    assert lines[8:12] == ["Accept: */*", "User-Agent: curl/8.5.0", "X-A: 1", "X-B: 2"]
    assert await fetched(net, "web/health") == (200, "")
    told = json.loads((await fetched(net, "web/api?x"))[1])
    assert told["headers"] == {"Accept": ["*/*"], "User-Agent": ["curl/8.5.0"]}
    known = {name: told[name] for name in ("hostname", "ip", "url", "host", "method", "name")}
    assert known == {
        "hostname": "box",
        "ip": ["127.0.0.1", "::1", "10.42.0.9"],
        "url": "/api?x",
        "host": "web",
        "method": "GET",
        "name": "owl",
    }
    plain = (await fetched(started(whoami)[0], "web"))[1]
    assert plain.startswith("Hostname: box\n")
    assert "name" not in json.loads((await fetched(started(whoami)[0], "web/api"))[1])


async def test_http_echo() -> None:
    net, logged = started(http_echo, "-text", "hello", "-status-code=201")
    assert await fetched(net, "web:5678/any") == (201, "hello\n")
    assert logged[0] == "[INFO] server is listening on :5678"
    assert logged[1].startswith("[INFO] web:5678 10.0.0.1:")
    assert logged[1].endswith('"GET /any HTTP/1.1" 201 6 "curl/8.5.0"')
    assert (await fetched(net, "web:5678/health"))[0] == 200
    assert await fetched(started(http_echo, ECHO_TEXT="env")[0], "web:5678") == (200, "env\n")


async def test_echoserver() -> None:
    net, _ = started(echoserver)
    _, said = await fetched(net, "web:8080/a?b=c -d body -H X-A:1")
    for line in (
        "Hostname: box",
        "\tpod name:\tbox",
        "\tpod IP:\t10.42.0.9",
        "\tclient_address=10.0.0.1",
        "\tmethod=POST",
        "\treal path=/a?b=c",
        "\tquery=b=c",
        "\trequest_version=1.1",
        "\tx-a=1",
        "\tbody",
    ):
        assert line in said.split("\n")
    assert "\t-no body in request-" in (await fetched(net, "web:8080"))[1]


@pytest.mark.parametrize(
    ("line", "code", "found"),
    [
        ("web/get?a=1", 200, {"args": {"a": "1"}, "origin": "10.0.0.1", "url": "http://web/get"}),
        ("web/get -X POST", 405, None),
        ("web/post -d {}", 200, {"data": "{}", "json": {}}),
        ("web/post -d x", 200, {"data": "x", "json": None}),
        ("web/put -X PUT", 200, {"data": "", "json": None}),
        ("web/patch -X PATCH -d 1", 200, {"json": 1}),
        ("web/delete -X DELETE", 200, {"args": {}}),
        ("web/anything/a -X DELETE", 200, {"method": "DELETE"}),
        ("web/headers -H X-A:1", 200, {}),
        ("web/ip", 200, {"origin": "10.0.0.1"}),
        ("web/user-agent", 200, {"user-agent": "curl/8.5.0"}),
        ("web/status/418", 418, None),
        ("web/status/599", 599, None),
        ("web/status/600", 404, None),
        ("web/status/99", 404, None),
        ("web/ip/more", 404, None),
        ("web/get/more", 404, None),
        ("web/none", 404, None),
        ("web/", 404, None),
        ("web/delay/0", 200, {"url": "http://web/delay/0"}),
        ("web/redirect/2", 302, None),
        ("-L web/redirect/3", 200, {"url": "http://web/get"}),
    ],
)
async def test_httpbin(line, code, found) -> None:
    net, logged = started(httpbin)
    got, body = await fetched(net, line)
    assert got == code
    assert logged == ["[INFO] Listening at: http://0.0.0.0:80 (1)"]
    if found is not None:
        told: dict[str, Any] = json.loads(body)
        assert {name: told[name] for name in found} == found


async def test_redirects_of_httpbin_lead_to_one_another() -> None:
    net, _ = started(httpbin)
    for number, place in ((3, "/redirect/2"), (2, "/redirect/1"), (1, "/get"), (0, "/get")):
        words = ("-s", "-w", "%header{location}", f"web/redirect/{number}")
        assert (await typed(curl, net, *words)).out == place
    told = json.loads((await fetched(net, "web/headers -H X-A:1"))[1])
    assert told["headers"]["X-A"] == "1" and told["headers"]["Host"] == "web"
    assert len(json.loads((await fetched(net, "web/uuid"))[1])["uuid"]) == 36
