"""What listens in OpenWhisk's containers, beside the servers that the lab runs for it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.object_state import release_of, workload_name
from owlab.pocket.kube.servers.application import application
from owlab.pocket.kube.servers.setting import Ports, Server, Setting
from owlab.pocket.kube.store import Store
from owlab.pocket.network.http import http_server


def listener(store: Store, pod: Object, container: Object) -> Server | None:
    """What listens in one of its containers; None for those of others."""
    if "openwhisk/controller" in container.get("image", ""):
        return _controller
    release, namespace = release_of(pod), pod["metadata"]["namespace"]
    is_front_end = workload_name(pod) == f"{release}-nginx" and (
        store.find("Secret", f"{release}-whisk.auth", namespace) is not None
    )
    return _nothing if is_front_end else None


def _nothing(setting: Setting) -> Ports:
    """The front end's port is a real one, which the lab opens when OpenWhisk is up."""
    return {}


def _controller(setting: Setting) -> Ports:
    """It answers pings; its API is at the front end."""

    async def answer(request: Request) -> Response:
        if request.url.path == "/ping":
            return PlainTextResponse("pong")
        said = "in the pocket lab OpenWhisk's API answers at its front end\n"
        return PlainTextResponse(said, 501)

    port = setting.env.get("PORT", "")
    return {int(port) if port.isdecimal() else 8080: http_server(application(answer))}
