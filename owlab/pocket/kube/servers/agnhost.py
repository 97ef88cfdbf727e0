"""agnhost of Kubernetes' own tests: ``netexec``, ``serve-hostname``, ``porter`` and ``pause``."""

from __future__ import annotations

import asyncio
import getopt

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.kube.servers.application import Answering, application
from owlab.pocket.kube.servers.setting import Ports, ServerFailed, Setting, port_of
from owlab.pocket.network.http import http_server


def agnhost(setting: Setting) -> Ports:
    """The subcommands that serve; ``pause`` does nothing for ever."""
    word, *rest = setting.argv or ["pause"]
    if word == "pause":
        return {}
    if word not in ("netexec", "serve-hostname", "test-webserver"):
        raise ServerFailed(f'Error: unknown command "{word}" for "app" (in the pocket lab)\n')
    known = {
        "netexec": ["http-port=", "udp-port=", "sctp-port="],
        "serve-hostname": ["port=", "http=", "tcp=", "udp="],
        "test-webserver": ["port="],
    }[word]
    try:
        given, _ = getopt.gnu_getopt(rest, "", known)
    except getopt.GetoptError as error:
        raise ServerFailed(f"Error: unknown flag: --{error.opt}\n") from None
    options = {name.lstrip("-"): value for name, value in given}
    standard = {"netexec": "8080", "serve-hostname": "9376", "test-webserver": "80"}[word]
    text = options.get("http-port") or options.get("port") or standard
    port = port_of(text, "agnhost")
    setting.log(f"Started HTTP server on port {port}")
    answer = {"netexec": _netexec, "serve-hostname": _hostname, "test-webserver": _empty}[word]
    return {port: http_server(application(answer(setting)))}


def _hostname(setting: Setting) -> Answering:
    async def answer(request: Request) -> Response:
        return PlainTextResponse(setting.hostname)

    return answer


def _empty(setting: Setting) -> Answering:
    async def answer(request: Request) -> Response:
        return PlainTextResponse("")

    return answer


def _netexec(setting: Setting) -> Answering:
    async def answer(request: Request) -> Response:
        path, query = request.url.path, request.query_params
        client = request.client
        setting.log(f"GET {path}")
        if path == "/":
            return PlainTextResponse(f"NOW: {utc_now()}")
        if path in ("/hostname", "/hostName"):
            return PlainTextResponse(setting.hostname)
        if path == "/clientip":
            return PlainTextResponse(f"{client.host}:{client.port}" if client else "")
        if path == "/echo":
            code = query.get("code", "200")
            return PlainTextResponse(query.get("msg", ""), int(code) if code.isdecimal() else 200)
        if path == "/header":
            return PlainTextResponse(request.headers.get(query.get("key", ""), ""))
        if path == "/healthz":
            return PlainTextResponse("")
        if path == "/redirect":
            return RedirectResponse(query.get("location", "/"), int(query.get("code", "302")))
        if path == "/shutdown" or path == "/exit":
            await asyncio.sleep(0)
            return PlainTextResponse("the pocket lab's agnhost does not end itself\n", 501)
        return PlainTextResponse("404 page not found\n", 404)

    return answer
