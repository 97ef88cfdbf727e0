"""OpenWhisk's REST API over HTTP: the one list of its routes."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from owlab.pocket.openwhisk.boundary import Boundary, failed, not_allowed
from owlab.pocket.openwhisk.http import Endpoints
from owlab.pocket.openwhisk.nginx import PLACES, elsewhere
from owlab.pocket.openwhisk.operations import API, OPERATIONS
from owlab.pocket.openwhisk.public import Public
from owlab.pocket.openwhisk.service import Service

ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
WEB_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]

# Lists, and an activation, are found with a slash at their end, too.
SLASHED = ("/namespaces", "limits", "actions", "rules", "triggers", "packages", "activations")


def openwhisk_app(service: Service) -> ASGIApp:
    """The application that answers on the NodePort."""
    endpoints, public = Endpoints(service), Public(service)
    routes: list[BaseRoute] = [
        Route(API + shown, endpoints(handler, methods), methods=ALL_METHODS)
        for path, methods, handler in OPERATIONS
        for shown in (path, f"{path}/")
        if shown == path or path.endswith((*SLASHED, "{id}"))
    ]
    behind = endpoints.behind_controller
    routes += [
        Route(f"{API}/web/{{path:path}}", behind(public.web), methods=WEB_METHODS),
        Route("/", behind(public.info)),
        Route(API, behind(public.api)),
        Route(f"{API}/api-docs", behind(public.docs)),
        Route(f"{API}/docs", behind(public.ui)),
        Route("/ping", behind(public.ping)),
        Route("/invokers", behind(public.invokers)),
        Route("/invokers/healthy/count", behind(public.healthy)),
        Route("/invokers/ready", behind(public.ready)),
        Route("/metrics", behind(public.metrics)),
        Route("/api/v1/{path:path}", behind(public.missing), methods=WEB_METHODS),
        Route("/api/{path:path}", behind(public.gateway, part=""), methods=WEB_METHODS),
        *(Route(path, elsewhere) for path in PLACES),
        Route("/v1/{path:path}", public.not_simulated, methods=WEB_METHODS),
        Route("/v2/{path:path}", public.not_simulated, methods=WEB_METHODS),
        Route("/{path:path}", behind(public.missing), methods=WEB_METHODS),
    ]
    app = Starlette(routes=routes, exception_handlers={405: not_allowed, Exception: failed})
    app.router.redirect_slashes = False

    async def missing(scope: Scope, receive: Receive, send: Send) -> None:
        """Paths that no pattern of a route matches, such as those with line ends."""
        response = await behind(public.missing)(Request(scope, receive))
        await response(scope, receive, send)

    app.router.default = missing
    return Boundary(app, service.apihost)
