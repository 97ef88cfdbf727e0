"""CouchDB's pages of health; no documents."""

from __future__ import annotations

import base64
import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from owlab.pocket.kube.servers.application import application
from owlab.pocket.kube.servers.setting import Ports, Setting
from owlab.pocket.network.http import http_server

_DENIED = {"error": "unauthorized", "reason": "Name or password is incorrect."}
_CLOSED = {"error": "unauthorized", "reason": "You are not a server admin."}


def couchdb(setting: Setting) -> Ports:
    """``/`` and ``/_up`` for all, ``/_all_dbs`` for the administrator of the environment."""
    user = setting.env.get("COUCHDB_USER", "")
    password = setting.env.get("COUCHDB_PASSWORD", "")
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    async def answer(request: Request) -> Response:
        given = request.headers.get("authorization")
        knows = given is not None and secrets.compare_digest(given.encode(), wanted.encode())
        if given is not None and user and not knows:
            return JSONResponse(_DENIED, 401)
        if request.method not in ("GET", "HEAD"):
            return JSONResponse(_unserved(request), 501)
        match request.url.path:
            case "/":
                return JSONResponse(
                    {
                        "couchdb": "Welcome",
                        "version": "2.3.1",
                        "vendor": {"name": "the pocket lab (its pages of health only)"},
                    }
                )
            case "/_up":
                return JSONResponse({"status": "ok"})
            case "/_session":
                names = {"name": user if knows else None, "roles": ["_admin"] if knows else []}
                return JSONResponse({"ok": True, "userCtx": names})
        if user and not knows:
            return JSONResponse(_CLOSED, 401)
        return JSONResponse(_unserved(request), 501)

    return {5984: http_server(application(answer, "CouchDB/2.3.1"))}


def _unserved(request: Request) -> dict[str, str]:
    said = f"{request.method} {request.url.path}: this CouchDB keeps no data"
    return {"error": "not_implemented", "reason": f"the pocket lab: {said}"}
