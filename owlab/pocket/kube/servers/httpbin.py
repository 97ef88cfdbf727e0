"""httpbin: the request, told back as JSON, and a few answers on demand."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from owlab.pocket.kube.servers.application import application
from owlab.pocket.kube.servers.setting import Ports, Setting
from owlab.pocket.network.http import http_server

_METHODS = ("get", "post", "put", "patch", "delete")


def httpbin(setting: Setting) -> Ports:
    """On port 80."""
    setting.log("[INFO] Listening at: http://0.0.0.0:80 (1)")

    async def answer(request: Request) -> Response:
        word, _, rest = request.url.path.strip("/").partition("/")
        if word in _METHODS and not rest:
            if request.method not in (word.upper(), "HEAD"):
                return Response("<h1>Method Not Allowed</h1>\n", 405)
            return JSONResponse(await _told(request))
        if word in ("anything", "") and request.url.path != "/":
            return JSONResponse({**await _told(request), "method": request.method})
        simple: dict[str, Callable[[], object]] = {
            "headers": lambda: {"headers": _headers(request)},
            "ip": lambda: {"origin": request.client.host if request.client else ""},
            "user-agent": lambda: {"user-agent": request.headers.get("user-agent")},
            "uuid": lambda: {"uuid": str(uuid.uuid4())},
        }
        if word in simple and not rest:
            return JSONResponse(simple[word]())
        if word == "status" and rest.isdecimal() and 100 <= int(rest) < 600:
            return Response(status_code=int(rest))
        if word == "delay" and rest.isdecimal():
            await asyncio.sleep(min(int(rest), 10))
            return JSONResponse(await _told(request))
        if word == "redirect" and rest.isdecimal():
            left = int(rest) - 1
            return RedirectResponse(f"/redirect/{left}" if left > 0 else "/get", 302)
        return Response("<title>404 Not Found</title>\n<h1>Not Found</h1>\n", 404)

    return {80: http_server(application(answer, "gunicorn/19.9.0"))}


def _headers(request: Request) -> dict[str, str]:
    return {name.title(): value for name, value in request.headers.items()}


async def _told(request: Request) -> dict[str, object]:
    data = (await request.body()).decode(errors="replace")
    told: dict[str, object] = {
        "args": dict(request.query_params),
        "headers": _headers(request),
        "origin": request.client.host if request.client else "",
        "url": f"http://{request.headers.get('host', '')}{request.url.path}",
    }
    if request.method in ("POST", "PUT", "PATCH"):
        told["data"] = data
        try:
            told["json"] = json.loads(data)
        except ValueError:
            told["json"] = None
    return told
