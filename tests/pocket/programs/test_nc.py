"""nc, telnet and busybox' wget: bytes to a port and back, and what is said when that fails."""

from __future__ import annotations

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from owlab.pocket.kube.containers.tools.busybox_wget import busybox_wget
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.programs.nc import nc, telnet
from owlab.pocket.network.sockets import Listening, conversation

from .network_console import TestNet, Typed, typed


async def shout(ends: Ends, peer: str) -> None:
    """A server that greets, and says in capitals what it hears until its client is silent."""
    await ends.send(b"hello\n")
    while data := await ends.reader.read(100):
        await ends.send(data.upper())


async def greet(ends: Ends, peer: str) -> None:
    await ends.send(f"hello {peer}\n".encode())


async def asked(request: Request) -> Response:
    body = (await request.body()).decode()
    return JSONResponse([request.method, request.url.path, body, dict(request.headers)])


async def away(request: Request) -> Response:
    return RedirectResponse("/file.txt")


async def status(request: Request) -> Response:
    return Response("sorry", int(request.path_params["code"]), {"X-Why": "because"})


async def file(request: Request) -> Response:
    return Response("content\n")


@pytest.fixture
def net() -> TestNet:
    net = TestNet()
    net.sockets.listen("here", Listening(7, "shout", conversation(shout)))
    net.sockets.listen("here", Listening(8, "greet", conversation(greet)))
    net.sockets.listen("here", Listening(23, "greet", conversation(greet)))
    routes = [
        Route("/away", away),
        Route("/file.txt", file, methods=["GET", "POST"]),
        Route("/status/{code}", status),
        Route("/{path:path}", asked, methods=["GET", "POST"]),
    ]
    net.serve(Starlette(routes=routes))
    net.serve(Starlette(routes=routes), 8080)
    return net


async def run(net: TestNet, line: str, stdin: bytes = b"", busybox: bool = False, **more) -> Typed:
    return await typed(nc, net, *line.split(), stdin=stdin, busybox=busybox, **more)


@pytest.mark.parametrize(
    ("line", "busybox", "status", "out", "err"),
    [
        ("web 8", False, 0, "hello 10.0.0.1\n", ""),
        ("-N web 7", False, 0, "hello\nOWL\n", ""),
        ("-q 1 web 7", False, 0, "hello\nOWL\n", ""),
        ("web 7", True, 0, "hello\nOWL\n", ""),
        ("-v web 8", False, 0, "hello 10.0.0.1\n", "Connection to web 8 port [tcp/*] succeeded!\n"),
        ("-v web 8", True, 0, "hello 10.0.0.1\n", "web (10.0.0.7:8) open\n"),
        ("-z web 8", False, 0, "", ""),
        ("-zv web 8", False, 0, "", "Connection to web 8 port [tcp/*] succeeded!\n"),
        ("-z web 9", False, 1, "", ""),
        ("web 9", False, 1, "", "nc: connect to web port 9 (tcp) failed: Connection refused\n"),
        ("-zv web 9", False, 1, "", "nc: connect to web port 9 (tcp) failed: Connection refused\n"),
        (
            "-zv web 8-9",
            False,
            1,
            "",
            "Connection to web 8 port [tcp/*] succeeded!\n"
            "nc: connect to web port 9 (tcp) failed: Connection refused\n",
        ),
        ("-z web 6-8", False, 0, "", ""),
        (
            "nobody 8",
            False,
            1,
            "",
            'nc: getaddrinfo for host "nobody" port 8: Name or service not known\n',
        ),
        ("nobody 8", True, 1, "", "nc: bad address 'nobody'\n"),
        ("-u web 8", False, 1, "", "nc: -u is not part of the pocket lab's nc\n"),
        ("-w soon web 8", False, 1, "", "nc: timeout invalid: soon\n"),
        ("-j web 8", False, 2, "", "nc: invalid option -- 'j'\n"),
        ("web", False, 1, "", "usage: nc [-46klnNvz] [-p port] [-q seconds] [-w timeout]"),
        ("web http", False, 1, "", "nc: port number invalid: http\n"),
        ("web 1-x", False, 1, "", "nc: port number invalid: 1-x\n"),
        ("web 70000", False, 1, "", "nc: port number too large: 70000\n"),
        ("-z web 65535", False, 1, "", ""),
        ("-z web 65535-65536", False, 1, "", "nc: port number too large: 65535-65536\n"),
        ("-z web 9-8", False, 1, "", "nc: port number too large: 9-8\n"),
        ("-l", False, 1, "", "usage: nc -l [-kv] [-p port] [port]\n"),
        ("-l 0", False, 1, "", "usage: nc -l [-kv] [-p port] [port]\n"),
        ("-l 65536", False, 1, "", "usage: nc -l [-kv] [-p port] [port]\n"),
        ("-l 80", False, 1, "", "nc: Address already in use\n"),
    ],
)
async def test_nc(net: TestNet, line, busybox, status, out, err) -> None:
    found = await run(net, line, b"owl\n" if line.endswith("7") else b"", busybox)
    assert (found.status, found.out) == (status, out)
    assert found.err.startswith(err) if err else found.err == ""


async def test_a_silent_server_is_left_after_the_limit(net: TestNet) -> None:
    found = await run(net, "-w 1 web 7", b"owl\n")
    assert (found.status, found.out) == (0, "hello\nOWL\n")
    await run(net, "-z -w 1 web 8")
    await run(net, "-z web 8")
    assert net.dialed[-2:] == [("web", 8, 1.0), ("web", 8, None)]


async def until_open(net: TestNet, port: int) -> None:
    while net.sockets.at("here", port) is None:
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("line", ["-lv 99", "-l -v -p 99"])
async def test_nc_listens(net: TestNet, line: str) -> None:
    listening = asyncio.ensure_future(run(net, line, b"from the listener\n"))
    await until_open(net, 99)
    near = await run(net, "-N web 99", b"from the caller\n")
    far = await listening
    assert (near.status, far.status) == (0, 0)
    assert near.out == "from the listener\n"
    assert far.out == "from the caller\n"
    assert far.err == "Listening on 0.0.0.0 99\nConnection received on 10.0.0.1\n"
    assert net.sockets.at("here", 99) is None


async def test_nc_that_goes_on_listening(net: TestNet) -> None:
    listening = asyncio.ensure_future(run(net, "-lk 99"))
    await until_open(net, 99)
    for word in (b"one\n", b"two\n"):
        assert (await run(net, "-N web 99", word)).status == 0
    assert net.sockets.at("here", 99) is not None
    listening.cancel()


@pytest.mark.parametrize(
    ("line", "status", "out", "err"),
    [
        (
            "web 8",
            1,
            "Trying 10.0.0.7...\nConnected to web.\nEscape character is '^]'.\nhello 10.0.0.1\n",
            "Connection closed by foreign host.\n",
        ),
        (
            "web",
            1,
            "Trying 10.0.0.7...\nConnected to web.\nEscape character is '^]'.\nhello 10.0.0.1\n",
            "Connection closed by foreign host.\n",
        ),
        (
            "web 9",
            1,
            "Trying 10.0.0.7...\n",
            "telnet: Unable to connect to remote host: Connection refused\n",
        ),
        ("nobody", 1, "", "telnet: could not resolve nobody/23: Name or service not known\n"),
        ("", 1, "", "Usage: telnet HOST [PORT]\n"),
        ("web http", 1, "", "Usage: telnet HOST [PORT]\n"),
        ("a 1 2", 1, "", "Usage: telnet HOST [PORT]\n"),
    ],
)
async def test_telnet(net: TestNet, line, status, out, err) -> None:
    found = await typed(telnet, net, *line.split())
    assert (found.status, found.out, found.err) == (status, out, err)


async def wget(net: TestNet, line: str, **more) -> Typed:
    return await typed(busybox_wget, net, *line.split(), **more)


CONNECTING = "Connecting to web (10.0.0.7:80)\n"
OLD = {"/home/file.txt": b"old", "/home/index.html": b"old"}


@pytest.mark.parametrize(
    ("line", "status", "out", "err"),
    [
        ("-qO- web/file.txt", 0, "content\n", ""),
        ("-q -O - web/away", 0, "content\n", ""),
        (
            "-O - web/file.txt",
            0,
            "content\n",
            f"{CONNECTING}writing to stdout\n-{' ' * 19} 100% |{'*' * 32}|     8  0:00:00 ETA\n"
            "written to stdout\n",
        ),
        ("--spider web/file.txt", 0, "", f"{CONNECTING}remote file exists\n"),
        ("-q --spider web/file.txt", 0, "", ""),
        (
            "web/status/404",
            1,
            "",
            f"{CONNECTING}wget: server returned error: HTTP/1.1 404 Not Found\n",
        ),
        ("-q web/status/400", 1, "", "wget: server returned error: HTTP/1.1 400 Bad Request\n"),
        ("-q -O- web/status/399", 0, "sorry", ""),
        ("-q nobody/x", 1, "", "wget: bad address 'nobody'\n"),
        ("-q web:81", 1, "", "wget: can't connect to remote host (10.0.0.7): Connection refused\n"),
        ("-q lost", 1, "", "wget: download timed out\n"),
        ("-q ftp://web", 1, "", 'wget: error getting response: Protocol "ftp" not supported\n'),
        ("-q web/file.txt", 1, "", "wget: can't open 'file.txt': File exists\n"),
        ("-q web/", 1, "", "wget: can't open 'index.html': File exists\n"),
        ("-q -O /none/x web/file.txt", 1, "", "wget: can't open '/none/x': No such file or dir"),
        ("-Z web", 2, "", "busybox_wget: invalid option -- 'Z'\n"),
        (
            "",
            1,
            "",
            "BusyBox (pocket lab): wget: missing URL\nUsage: wget [-qS] [-O FILE] URL...\n",
        ),
    ],
)
async def test_wget_of_busybox(net: TestNet, line, status, out, err) -> None:
    found = await wget(net, line, files=OLD)
    assert (found.status, found.out) == (status, out)
    assert found.err.startswith(err) if err else found.err == ""


async def test_files_of_wget(net: TestNet) -> None:
    found = await wget(net, "web/file.txt web:8080/away -O a")
    assert found.console.files == {"/home/a": b"content\n"}
    found = await wget(net, "web/file.txt")
    assert found.console.files == {"/home/file.txt": b"content\n"}
    assert found.err == (
        f"{CONNECTING}saving to 'file.txt'\n"
        f"file.txt{' ' * 12} 100% |{'*' * 32}|     8  0:00:00 ETA\n'file.txt' saved\n"
    )
    found = await wget(net, "-q -O file.txt web/file.txt", files=OLD)
    assert found.console.files["/home/file.txt"] == b"content\n"
    found = await wget(net, "-q web:8080", files={})
    assert set(found.console.files) == {"/home/index.html"}


async def test_what_wget_sends(net: TestNet) -> None:
    found = await wget(net, "-qO- --header X-A:1 --post-data a=1 -U me web/x")
    assert found.out.startswith('["POST","/x","a=1",')
    for part in ('"x-a":"1"', '"user-agent":"me"', '"content-type":"application/x-www-form-url'):
        assert part in found.out
    found = await wget(net, "-qO- web/x")
    assert found.out.startswith('["GET","/x","",') and '"user-agent":"Wget"' in found.out
    found = await wget(net, "-qO- --user-agent=other web/x")
    assert '"user-agent":"other"' in found.out
    found = await wget(net, "-qS -O - web/status/200")
    lines = found.err.splitlines()
    assert lines[0] == "  HTTP/1.1 200 OK" and "  X-Why: because" in lines
