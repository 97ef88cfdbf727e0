"""traefik, which has no routes here."""

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
