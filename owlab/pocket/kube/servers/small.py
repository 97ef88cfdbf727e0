"""Servers that say one thing: traefik without routes, and OpenWhisk's controller on its ping."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from owlab.pocket.kube.servers.application import application
from owlab.pocket.kube.servers.setting import Ports, Setting
from owlab.pocket.network.http import http_server


def traefik(setting: Setting) -> Ports:
    """K3s' ingress controller: no Ingress is routed in the pocket lab."""

    async def answer(request: Request) -> Response:
        return PlainTextResponse("404 page not found\n", 404)

    return {80: http_server(application(answer))}


def controller(setting: Setting) -> Ports:
    """OpenWhisk's controller; its API is at the front end."""

    async def answer(request: Request) -> Response:
        if request.url.path == "/ping":
            return PlainTextResponse("pong")
        said = "in the pocket lab OpenWhisk's API answers at its front end, owdev-nginx\n"
        return PlainTextResponse(said, 501)

    port = int(setting.env.get("PORT") or 8080)
    return {port: http_server(application(answer))}
