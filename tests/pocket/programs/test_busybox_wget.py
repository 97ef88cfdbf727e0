"""What busybox' wget says while it connects, follows where it is sent, and gives up."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from owlab.pocket.kube.containers.tools.busybox_wget import busybox_wget

from .network_console import TestNet, typed


async def sent(request: Request) -> Response:
    """Elsewhere: where the query says."""
    return RedirectResponse(request.url.query)


async def page(request: Request) -> Response:
    return PlainTextResponse("page\n")


@pytest.fixture
def net() -> TestNet:
    made = TestNet()
    app = Starlette(routes=[Route("/sent", sent), Route("/page", page)])
    for port in (80, 443, 8080):
        made.serve(app, port)
    return made


TO_WEB = "Connecting to web (10.0.0.7:80)\n"
REFUSED = "wget: can't connect to remote host ({}): Connection refused\n"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("web/page", [TO_WEB]),
        ("web:8080/page", ["Connecting to web:8080 (10.0.0.7:8080)\n"]),
        ("10.0.0.7/page", ["Connecting to 10.0.0.7 (10.0.0.7:80)\n"]),
        ("nobody/page", ["wget: bad address 'nobody'\n"]),
        ("nobody:81/page", ["wget: bad address 'nobody:81'\n"]),
        ("other:81", ["Connecting to other:81 (10.0.0.8:81)\n", REFUSED.format("10.0.0.8")]),
        ("web:81", ["Connecting to web:81 (10.0.0.7:81)\n", REFUSED.format("10.0.0.7")]),
        (
            "https://10.0.0.8:444",
            ["Connecting to 10.0.0.8:444 (10.0.0.8:444)\n", REFUSED.format("10.0.0.8")],
        ),
        ("lost", ["Connecting to lost (10.0.0.9:80)\n", "wget: download timed out\n"]),
        (
            "https://lost/",
            ["Connecting to lost (10.0.0.9:443)\n", "wget: download timed out\n"],
        ),
        # The other server is told of, and what goes wrong with it.
        ("web/sent?http://web:8080/page", [TO_WEB, "Connecting to web:8080 (10.0.0.7:8080)\n"]),
        ("web/sent?/page", [TO_WEB, TO_WEB]),
        ("web/sent?http://nobody/", [TO_WEB, "wget: bad address 'nobody'\n"]),
        (
            "web/sent?http://other:81/",
            [TO_WEB, "Connecting to other:81 (10.0.0.8:81)\n", REFUSED.format("10.0.0.8")],
        ),
        (
            "web/none",
            [TO_WEB, "wget: server returned error: HTTP/1.1 404 Not Found\n"],
        ),
    ],
)
async def test_what_is_told(net: TestNet, url: str, told: list[str]) -> None:
    found = await typed(busybox_wget, net, "--spider", url)
    if told[-1].startswith("Connecting"):
        told = [*told, "remote file exists\n"]
    assert found.err == "".join(told)
    assert found.status == (0 if told[-1].startswith("remote") else 1)
    quiet = await typed(busybox_wget, net, "-q", "--spider", url)
    assert quiet.err == (told[-1] if found.status else "")


async def test_a_circle_has_an_end() -> None:
    loop = TestNet()

    async def again(request: Request) -> Response:
        return RedirectResponse("/")

    loop.serve(Starlette(routes=[Route("/", again)]))
    found = await typed(busybox_wget, loop, "-q", "-O", "-", "web/")
    assert (found.status, found.out, found.err) == (1, "", "wget: too many redirections\n")


@pytest.mark.parametrize(
    ("words", "limit"),
    [((), 900.0), (("-T", "3"), 3.0), (("--timeout=7",), 7.0)],
)
async def test_how_long_it_waits(net: TestNet, words: tuple[str, ...], limit: float) -> None:
    await typed(busybox_wget, net, "-q", "-O", "-", *words, "web/page")
    assert net.dialed == [("web", 80, limit)]
