"""curl and wget: the map of the internet, and real requests to the lab's own servers."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from owlab.pocket.network.programs import curl

WSK = "https://github.com/apache/openwhisk-cli/releases/download/latest/OpenWhisk_CLI-latest-linux-amd64.tgz"


async def echo(request: Request) -> Response:
    body = (await request.body()).decode()
    headers = dict(request.headers)
    return JSONResponse(
        {
            "method": request.method,
            "headers": headers,
            "body": body,
            "query": str(request.url.query),
        }
    )


async def gone(request: Request) -> Response:
    return PlainTextResponse("nothing here\n", status_code=404)


async def moved(request: Request) -> Response:
    return RedirectResponse("/echo", status_code=302)


@pytest.fixture
async def url(lab, tmp_path) -> AsyncIterator[str]:
    """An HTTPS server on the master's node port 31001."""
    address = lab.fleet.machines["master"].address
    certificate, key = lab.authority.issue("test", [address])
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, 31001))
    (tmp_path / "c.pem").write_bytes(certificate)
    (tmp_path / "k.pem").write_bytes(key)
    methods = ["GET", "POST", "PUT", "DELETE"]
    app = Starlette(
        routes=[Route("/echo", echo, methods=methods), Route("/moved", moved), Route("/gone", gone)]
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="error",
            ssl_certfile=str(tmp_path / "c.pem"),
            ssl_keyfile=str(tmp_path / "k.pem"),
        )
    )
    task = asyncio.ensure_future(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"https://{address}:31001"
    server.should_exit = True
    await task


async def test_only_what_curl_sends_arrives(on, url):
    typed = await on("host", f"curl -k {url}/echo?name=Python")
    seen = json.loads(typed.out)
    assert seen["query"] == "name=Python"
    assert seen["headers"] == {
        "host": url.removeprefix("https://"),
        "user-agent": "curl/8.5.0",
        "accept": "*/*",
    }


async def test_an_unknown_authority(on, url):
    typed = await on("master", f"curl {url}/echo")
    assert typed.status == 60
    assert typed.err.startswith("curl: (60) SSL certificate problem: ")
    assert (await on("master", f"curl -s {url}/echo")).err == ""


async def test_a_known_authority(on, url, lab, master):
    master.write("/home/ubuntu/ca.crt", lab.authority.pem)
    assert (await on("master", f"curl -s --cacert ca.crt {url}/echo")).status == 0
    await on(
        "master",
        "sudo cp ca.crt /usr/local/share/ca-certificates/lab.crt && sudo update-ca-certificates",
    )
    assert (await on("master", f"curl -s {url}/echo")).status == 0
    assert (await on("master", f"wget -qO- {url}/echo")).status == 0


async def test_sending(on, url):
    typed = await on("master", f"curl -sk -u a:b -H 'X-Y: z' -d a=1 -d b=2 {url}/echo")
    seen = json.loads(typed.out)
    assert (seen["method"], seen["body"]) == ("POST", "a=1&b=2")
    assert seen["headers"]["authorization"] == "Basic YTpi"
    assert seen["headers"]["x-y"] == "z"
    typed = await on("master", f"echo '{{}}' > f; curl -sk -X PUT --data-binary @f {url}/echo")
    assert json.loads(typed.out)["body"] == "{}\n"
    typed = await on("master", f"echo -n hi | curl -sk -d @- {url}/echo")
    assert json.loads(typed.out)["body"] == "hi"


async def test_status_and_headers(on, url):
    typed = await on("master", f"curl -sk -o /dev/null -w '%{{http_code}}\\n' {url}/gone")
    assert (typed.out, typed.status) == ("404\n", 0)
    failed = await on("master", f"curl -kfsS {url}/gone")
    assert (failed.out, failed.status) == ("", 22)
    assert failed.err == "curl: (22) The requested URL returned error: 404\n"
    assert (await on("master", f"curl -ski {url}/gone")).out.startswith(
        "HTTP/1.1 404 Not Found\r\n"
    )


async def test_redirects_are_followed_when_asked(on, url):
    assert (await on("master", f"curl -sk {url}/moved")).out == ""
    assert json.loads((await on("master", f"curl -skL {url}/moved")).out)["method"] == "GET"


async def test_nobody_listens(on, lab):
    address = lab.fleet.machines["worker1"].address
    typed = await on("master", f"curl -k https://{address}:31001/")
    assert typed.status == 7
    assert f"Failed to connect to {address} port 31001" in typed.err


async def test_the_rest_of_this_computer_is_out_of_reach(on):
    assert (await on("master", "curl -s http://localhost:8080/")).status == 7
    ssh = await on("master", "curl http://127.0.0.1:22/")
    assert (ssh.status, ssh.err) == (1, "curl: (1) Received HTTP/0.9 when not allowed\n")
    assert (await on("master", "curl -s http://localhost:111/")).status in (7, 52)
    assert (await on("master", "curl -s http://192.168.0.1/")).status == 7


@pytest.mark.parametrize("tool", ["curl", "curl -fsSL"])
async def test_the_rest_of_the_internet(on, tool):
    typed = await on("master", f"{tool} https://example.com/")
    assert typed.status == 6
    assert typed.err.startswith("curl: (6) Could not resolve host: example.com\n")
    assert "small map of the internet" in typed.err


async def test_wget_saves_and_says_so(on):
    typed = await on("master", f"wget {WSK}; wget {WSK}; ls")
    assert "200 OK" in typed.err
    name = WSK.rsplit("/", 1)[1]
    assert typed.out.split() == [name, f"{name}.1"]
    assert f"‘{name}.1’ saved [" in typed.err
    assert " URL:" not in typed.err
    brief = await on("master", f"wget --no-verbose -O x {WSK}")
    assert re.fullmatch(rf'\S+ \S+ URL:{re.escape(WSK)} \[(\d+)/\1\] -> "x" \[1\]\n', brief.err)
    assert str(await on("master", f"wget -q -O x {WSK}")) == ""


async def test_wget_fails_in_its_own_words(on, url):
    unknown = await on("master", "wget https://example.com/x")
    assert unknown.status == 4
    assert "wget: unable to resolve host address ‘example.com’" in unknown.err
    missing = await on("master", WSK.join(["wget ", "x"]))
    assert missing.status == 8
    assert "ERROR 404: Not Found." in missing.err
    untrusted = await on("master", f"wget {url}/echo")
    assert untrusted.status == 5
    assert "--no-check-certificate" in untrusted.err


@pytest.mark.parametrize("words", ["", "--nosuch x", "-d", "-m soon https://get.k3s.io"])
async def test_words_that_curl_refuses(on, words):
    typed = await on("master", f"curl {words}")
    assert typed.status == 2
    assert typed.err.startswith("curl: ")


@given(st.permutations(["-s", "-k", "-L", "-f"]), st.booleans())
def test_short_options_alone_or_together(flags, together):
    words = ["-" + "".join(flag[1] for flag in flags)] if together else flags
    options = curl.parse([*words, "https://x"])
    assert all(options.has(name) for name in ("silent", "insecure", "location", "fail"))
    assert options.urls == ["https://x"]


@given(st.lists(st.text(max_size=6), max_size=4))
def test_any_words_are_read_or_refused(words):
    try:
        curl.parse(words)
    except curl.CurlUsageError as error:
        assert str(error).startswith("curl: ")
