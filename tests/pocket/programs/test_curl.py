"""curl's options one by one, against a server that tells what it was asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from owlab.pocket.network.programs.curl import curl

from .network_console import TestNet, Typed, typed

METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD"]


async def echo(request: Request) -> Response:
    body = (await request.body()).decode()
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    asked = {"method": request.method, "path": path, "body": body}
    return JSONResponse({**asked, "headers": dict(request.headers)})


async def redirect(request: Request) -> Response:
    return RedirectResponse(request.query_params["to"], int(request.path_params["status"]))


async def failure(request: Request) -> Response:
    return Response("sorry\n", int(request.path_params["status"]), {"X-Why": "because"})


@pytest.fixture
def net() -> TestNet:
    net = TestNet()
    routes = [
        Route("/redirect/{status}", redirect, methods=METHODS),
        Route("/status/{status}", failure, methods=METHODS),
        Route("/{path:path}", echo, methods=METHODS),
    ]
    net.serve(Starlette(routes=routes))
    net.serve(Starlette(routes=routes), 8080)
    return net


async def asked(net: TestNet, *words: str, **more) -> dict[str, Any]:
    """What the server saw; ``headers`` without those that every request has."""
    found = await typed(curl, net, "-s", *words, "web/x", **more)
    assert (found.status, found.err) == (0, "")
    seen: dict[str, Any] = json.loads(found.out)
    return seen


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ([], {"method": "GET", "path": "/x", "body": ""}),
        (["-X", "DELETE"], {"method": "DELETE"}),
        (["-d", "a=1"], {"method": "POST", "body": "a=1"}),
        (["-d", "a=1", "--data", "b=2"], {"body": "a=1&b=2"}),
        (["-X", "PUT", "-d", "a"], {"method": "PUT", "body": "a"}),
        (["-G", "-d", "a=1", "-d", "b=2"], {"method": "GET", "path": "/x?a=1&b=2", "body": ""}),
        (["--data-raw", "@f"], {"body": "@f"}),
        (["-d", "@f"], {"body": "onetwo"}),
        (["--data-binary", "@f"], {"body": "one\r\ntwo\n"}),
        (["-d", "@-"], {"body": "typed"}),
        (["--data-urlencode", "a=b c/d&e"], {"body": "a=b%20c%2Fd%26e"}),
        (["--data-urlencode", "b c"], {"body": "b%20c"}),
        (["--data-urlencode", "=b c"], {"body": "b%20c"}),
        (["--data-urlencode", "a@f"], {"body": "a=one%0D%0Atwo%0A"}),
        (["--data-urlencode", "@f"], {"body": "one%0D%0Atwo%0A"}),
        (["--data-urlencode", "@-"], {"body": "typed"}),
        (["--json", '{"a":1}'], {"method": "POST", "body": '{"a":1}'}),
        (["--json", '{"a":', "--json", "1}"], {"body": '{"a":1}'}),
        (["--json", "@f"], {"body": "one\r\ntwo\n"}),
    ],
)
async def test_what_is_sent(net: TestNet, words, seen) -> None:
    files = {"/home/f": b"one\r\ntwo\n"}
    found = await asked(net, *words, files=files, stdin=b"typed\n" if "-d" in words else b"typed")
    assert {name: found[name] for name in seen} == seen


FORM = "application/x-www-form-urlencoded"
COMMON = {"host": "web", "user-agent": "curl/8.5.0", "accept": "*/*"}
ADA = "Basic YWRhOnB3"


@pytest.mark.parametrize(
    ("words", "headers"),
    [
        ([], COMMON),
        (["-A", "me"], {**COMMON, "user-agent": "me"}),
        (["-e", "http://a"], {**COMMON, "referer": "http://a"}),
        (["-u", "ada:pw"], {**COMMON, "authorization": ADA}),
        (["-H", "X-A: 1 ", "-H", "x-b:2"], {**COMMON, "x-a": "1", "x-b": "2"}),
        (["-H", "accept: text/plain"], {**COMMON, "accept": "text/plain"}),
        (["-H", "Accept:"], {"host": "web", "user-agent": "curl/8.5.0"}),
        (["-H", "X-Empty;"], {**COMMON, "x-empty": ""}),
        (["-H", "nonsense"], COMMON),
        (["-H", "Host: a.example"], {**COMMON, "host": "a.example"}),
        (["-d", "abc"], {**COMMON, "content-type": FORM, "content-length": "3"}),
        (
            ["-d", "abc", "-H", "content-type: text/plain"],
            {**COMMON, "content-type": "text/plain", "content-length": "3"},
        ),
        (
            ["--json", "{}"],
            {
                **COMMON,
                "accept": "application/json",
                "content-type": "application/json",
                "content-length": "2",
            },
        ),
    ],
)
async def test_headers(net: TestNet, words, headers) -> None:
    assert (await asked(net, *words))["headers"] == headers


async def test_a_user_in_the_url(net: TestNet) -> None:
    found = json.loads((await typed(curl, net, "http://ada:pw@web:8080/x")).out)
    assert found["headers"]["authorization"] == ADA
    assert found["headers"]["host"] == "web:8080"
    found = json.loads((await typed(curl, net, "-G", "-d", "b", "web/x?a")).out)
    assert found["path"] == "/x?a&b"


async def run(net: TestNet, line: str, **more) -> Typed:
    return await typed(curl, net, *line.split(), **more)


@pytest.mark.parametrize(
    ("line", "status", "out", "err"),
    [
        ("web/status/404", 0, "sorry\n", ""),
        ("-f web/status/404", 22, "", "curl: (22) The requested URL returned error: 404\n"),
        ("-f web/status/399", 0, "sorry\n", ""),
        ("-f web/status/400", 22, "", "curl: (22) The requested URL returned error: 400\n"),
        ("-sf web/status/500", 22, "", ""),
        ("-sSf web/status/500", 22, "", "curl: (22) The requested URL returned error: 500\n"),
        ("-s --fail-with-body web/status/500", 22, "sorry\n", ""),
        ("-s --fail-with-body web/status/200", 0, "sorry\n", ""),
        ("web:81/x", 7, "", "curl: (7) Failed to connect to web port 81 after "),
        ("-s web:81/x", 7, "", ""),
        ("nobody/x", 6, "", "curl: (6) Could not resolve host: nobody\n(owlab: the pocket lab has"),
        ("ftp://web/x", 1, "", 'curl: (1) Protocol "ftp" not supported\n'),
        ("http:///x", 3, "", "curl: (3) URL using bad/illegal format or missing URL\n"),
        ("http://web:port/x", 3, "", "curl: (3) URL using bad/illegal format or missing URL\n"),
        ("", 2, "", "curl: (2) no URL specified\ncurl: try 'curl --help' or 'curl --manual' for "),
        ("--nonsense web", 2, "", "curl: option --nonsense: is unknown\ncurl: try"),
        ("-Q web", 2, "", "curl: option -Q: is unknown\n"),
        ("-m", 2, "", "curl: option -m: requires parameter\n"),
        ("-m soon web", 2, "", "curl: option --max-time: expected a proper numerical parameter\n"),
        ("-F a=b web", 2, "", "curl: option -F: not part of the pocket lab's curl\n"),
        ("-d @none web", 26, "", "curl: option: error encountered when reading a file: none"),
        (
            "--resolve web:80 web",
            49,
            "",
            "curl: (49) Couldn't parse CURLOPT_RESOLVE entry",
        ),
        (
            "--connect-to web:x:a:1 web",
            49,
            "",
            "curl: (49) Couldn't parse CURLOPT_CONNECT_TO",
        ),
        ("-o /none/a -s web/status/200", 23, "", ""),
        ("-O web/", 23, "", "curl: (23) Remote file name has no length!\n"),
    ],
)
async def test_how_it_ends(net: TestNet, line, status, out, err) -> None:
    found = await run(net, line)
    assert (found.status, found.out) == (status, out)
    assert found.err.startswith(err) if err else found.err == ""


async def test_the_status_is_that_of_the_last_url(net: TestNet) -> None:
    found = await run(net, "-sf web/status/404 web/status/200")
    assert (found.status, found.out) == (0, "sorry\n")
    found = await run(net, "-sf web/status/200 --url web/status/404")
    assert (found.status, found.out) == (22, "sorry\n")


async def test_the_head_of_an_answer(net: TestNet) -> None:
    found = await run(net, "-i web/status/418")
    head, _, body = found.out.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 418 ")
    assert "X-Why: because" in head.split("\r\n")
    assert body == "sorry\n"
    found = await run(net, "-I web/status/418")
    assert found.out.startswith("HTTP/1.1 418") and found.out.endswith("\r\n\r\n")
    verbose = await run(net, "-v web/status/200?a=b")
    lines = verbose.err.splitlines()
    assert lines[0] == "* Connected to web"
    assert lines[1:3] == ["> GET /status/200?a=b HTTP/1.1", "> Host: web"]
    assert "> User-Agent: curl/8.5.0" in lines
    assert "< HTTP/1.1 200 OK" in lines and "< X-Why: because" in lines
    assert verbose.out == "sorry\n"


async def test_files(net: TestNet) -> None:
    found = await run(net, "-s -o a web/status/200 -O web/status/201 web/status/202")
    assert found.console.files == {"/home/a": b"sorry\n", "/home/201": b"sorry\n"}
    assert (found.out, found.err) == ("sorry\n", "")
    found = await run(net, "-o a web/status/200")
    assert found.err.splitlines()[2].split()[:4] == ["100", "6", "100", "6"]
    found = await run(net, "--no-progress-meter -o a web/status/200")
    assert found.err == ""
    found = await run(net, "-o - web/status/200")
    assert (found.out, found.console.files) == ("sorry\n", {})
    found = await run(net, "-s -i -o a web/status/200")
    assert found.console.files["/home/a"].startswith(b"HTTP/1.1 200 OK\r\n")
    assert found.console.files["/home/a"].endswith(b"\r\n\r\nsorry\n")


@pytest.mark.parametrize(
    ("line", "method", "body"),
    [
        ("-L web/redirect/302?to=/x", "GET", ""),
        ("-L -d a web/redirect/301?to=/x", "GET", ""),
        ("-L -d a web/redirect/303?to=/x", "GET", ""),
        ("-L -d a web/redirect/307?to=/x", "POST", "a"),
        ("-L -d a web/redirect/308?to=/x", "POST", "a"),
        ("-L -X PUT -d a web/redirect/302?to=/x", "PUT", "a"),
        ("-L -X POST -d a web/redirect/302?to=/x", "POST", ""),
        ("-L web/redirect/302?to=http://other:8080/x", "GET", ""),
    ],
)
async def test_redirections(net: TestNet, line, method, body) -> None:
    found = json.loads((await run(net, f"-s {line}")).out)
    assert (found["method"], found["path"], found["body"]) == (method, "/x", body)
    assert ("content-type" in found["headers"]) == bool(body)


async def test_a_redirection_is_followed_where_that_is_wanted(net: TestNet) -> None:
    assert (await run(net, "-s -w %{http_code} web/redirect/302?to=/x")).out == "302"
    there = json.loads((await run(net, "-s -L -u ada:pw web/redirect/302?to=/x")).out)
    assert there["headers"]["authorization"] == ADA
    elsewhere = "web/redirect/302?to=http://other/x"
    other = json.loads((await run(net, f"-s -L -u ada:pw {elsewhere}")).out)
    assert "authorization" not in other["headers"], "another host is not told a password"


async def test_redirections_have_an_end(net: TestNet, monkeypatch) -> None:
    async def round_and_round(request: Request) -> Response:
        seen.append(request.url.path)
        return RedirectResponse("/again")

    seen: list[str] = []
    net.serve(Starlette(routes=[Route("/{path}", round_and_round)]), 9000)
    found = await run(net, "-L web:9000/x")
    assert (found.status, found.err) == (47, "curl: (47) Maximum (50) redirects followed\n")
    assert len(seen) == 51


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("%{http_code} %{response_code}\\n", "200 200\n"),
        ("%{content_type}\\t%{size_download}", "\t6"),
        (
            "%{num_redirects} %{url_effective} %{method} %{scheme}",
            "0 http://web/status/200 GET HTTP",
        ),
        ("100%% %{exitcode}%{errormsg}|%%{http_code}", "100% 0|%{http_code}"),
        ("%header{x-why}%header{none}\\r", "because\r"),
        ("%{http_version} %{url} %{size_upload}", "1.1 web/status/200 0"),
        ("plain", "plain"),
    ],
)
async def test_what_is_written_at_the_end(net: TestNet, text, said) -> None:
    found = await typed(curl, net, "-s", "-o", "/dev/x", "-w", text, "web/status/200")
    assert (found.out, found.err) == (said, "")


async def test_more_that_is_written_at_the_end(net: TestNet) -> None:
    words = ("-s", "-o", "x", "-L", "-w", "%{num_redirects} %{url_effective}")
    found = await typed(curl, net, *words, "web/redirect/302?to=/redirect/302?to=/x")
    assert found.out == "2 http://web/x"
    found = await typed(curl, net, "-s", "-w", "%{redirect_url}", "web/redirect/302?to=/x")
    assert found.out == "http://web/x"
    found = await typed(curl, net, "-s", "-w", "%{http_code} %{exitcode} %{errormsg}", "web:81")
    assert found.out.startswith("000 7 Failed to connect to web port 81 after ")
    found = await typed(
        curl, net, "-s", "-w", "@f", "web/status/200", files={"/home/f": b"%{method}"}
    )
    assert found.out == "sorry\nGET"
    found = await typed(curl, net, "-s", "-d", "abc", "-w", "%{size_upload}", "-o", "a", "web/x")
    assert found.out == "3"
    found = await typed(curl, net, "-s", "-w", "%{nothing}%{time_connect}", "web/status/200")
    assert found.out == "sorry\n"
    assert found.err == (
        "curl: unknown --write-out variable: 'nothing'\n"
        "curl: (owlab: the pocket lab does not measure %{time_connect})\n"
    )
    found = await typed(
        curl, net, "-s", "-o", "x", "-w", "%{time_starttransfer} %{time_total}", "web/x"
    )
    first, last = map(float, found.out.split())
    assert 0 < first <= last


async def test_detours(net: TestNet) -> None:
    found = json.loads((await run(net, "-s --resolve a.b:80:10.0.0.7 http://A.b/x")).out)
    assert found["headers"]["host"] == "A.b"
    assert net.dialed[-1][:2] == ("10.0.0.7", 80)
    await run(net, "-s --resolve *:80:10.0.0.7,10.0.0.8 http://any/x")
    assert net.dialed[-1][:2] == ("10.0.0.7", 80)
    await run(net, "-s --resolve +web:80:[10.0.0.8] web:8080/x")
    assert net.dialed[-1][:2] == ("web", 8080), "of another port"
    await run(net, "-s --connect-to web:80:other:8080 web/x")
    assert net.dialed[-1][:2] == ("other", 8080)
    await run(net, "-s --connect-to ::other: web:8080/x")
    assert net.dialed[-1][:2] == ("other", 8080)


async def test_retries(net: TestNet, monkeypatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("owlab.pocket.network.programs.curl.asyncio.sleep", sleep)
    assert (await run(net, "-s --retry 3 lost/x")).status == 28
    assert slept == [1, 1, 1]
    assert [host for host, _, _ in net.dialed] == ["lost"] * 4
    slept.clear()
    assert (await run(net, "-s --retry 3 web:81")).status == 7
    assert slept == [], "a refusal is final"
    assert (await run(net, "-s --retry 2 --retry-connrefused --retry-delay 2 web:81")).status == 7
    assert slept == [2, 2]
    slept.clear()
    assert (await run(net, "-s --retry 1 --retry-all-errors --retry-delay 60 nobody")).status == 6
    assert slept == [5]


async def test_limits_of_time(net: TestNet) -> None:
    found = await run(net, "--connect-timeout 2 lost/x")
    assert found.status == 28 and "Timeout was reached" in found.err
    found = await run(net, "lost/x")
    assert found.status == 28 and "Couldn't connect to server" in found.err


async def test_its_version(net: TestNet) -> None:
    found = await run(net, "--version")
    assert (found.status, found.out.split()[:2]) == (0, ["curl", "8.5.0"])
