"""What OpenWhisk answers without a key: its state, and web actions."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from owlab.pocket.openwhisk import confine, runtimes, web
from owlab.pocket.openwhisk.actions import ResolvedAction
from owlab.pocket.openwhisk.activations import APPLICATION_ERROR
from owlab.pocket.openwhisk.entity_names import Identity
from owlab.pocket.openwhisk.gateway import GatewayError
from owlab.pocket.openwhisk.http import accepts, not_acceptable, read, refusal, reply, transaction
from owlab.pocket.openwhisk.operations import description
from owlab.pocket.openwhisk.refusals import (
    NO_AUTHENTICATION,
    NOT_READY,
    PROCESSING,
    WhiskError,
    bad_request,
    not_found,
    too_large,
)
from owlab.pocket.openwhisk.service import BLOCKING_SECONDS, Service

BUILD = "pocket"


class Public:
    """The handlers; each is a method."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def info(self, request: Request) -> Response:
        """``GET /``."""
        known = self._service.limits
        return reply(
            {
                "api_paths": ["/api/v1"],
                "description": "OpenWhisk, simulated by the owlab pocket lab",
                "limits": {
                    "actions_per_minute": known.invocations_per_minute,
                    "concurrent_actions": known.concurrent_invocations,
                    "max_action_duration": known.timeout_max,
                    "max_action_logs": known.logs_max * 1024 * 1024,
                    "max_action_memory": known.memory_max * 1024 * 1024,
                    "min_action_duration": known.timeout_min,
                    "min_action_logs": known.logs_min * 1024 * 1024,
                    "min_action_memory": known.memory_min * 1024 * 1024,
                    "sequence_length": known.sequence_length,
                    "triggers_per_minute": known.fires_per_minute,
                },
                "runtimes": runtimes.manifest(bool(confine.version())),
                "support": {
                    "github": "https://github.com/apache/openwhisk/issues",
                    "slack": "http://slack.openwhisk.org",
                },
            },
            transaction=transaction(request),
        )

    async def api(self, request: Request) -> Response:
        """``GET /api/v1``."""
        return reply(
            {
                "api_version": "1.0.0",
                "api_version_path": "v1",
                "build": BUILD,
                "buildno": "ef725a6",
                "description": "OpenWhisk API, simulated by the owlab pocket lab",
                "swagger_paths": {"api-docs": "/api-docs", "ui": "/docs"},
            },
            transaction=transaction(request),
        )

    async def docs(self, request: Request) -> Response:
        """``GET /api/v1/api-docs``: the operations, in our own words."""
        return reply(description(), transaction=transaction(request))

    async def ui(self, request: Request) -> Response:
        """``GET /api/v1/docs``."""
        return PlainTextResponse("The operations are listed at /api/v1/api-docs.\n")

    async def ping(self, request: Request) -> Response:
        """``GET /ping``."""
        return PlainTextResponse("pong")

    async def invokers(self, request: Request) -> Response:
        """``GET /invokers``."""
        return reply(self._service.health.invokers, transaction=transaction(request))

    async def healthy(self, request: Request) -> Response:
        """``GET /invokers/healthy/count``."""
        return reply(self._service.health.healthy_invokers, transaction=transaction(request))

    async def ready(self, request: Request) -> Response:
        """``GET /invokers/ready``."""
        health = self._service.health
        known, healthy = len(health.invokers), health.healthy_invokers
        if healthy:
            return reply({"healthy": f"{healthy}/{known}"}, transaction=transaction(request))
        told = {"unhealthy": f"{known - healthy}/{known}"}
        return reply(told, 500, transaction=transaction(request))

    async def metrics(self, request: Request) -> Response:
        """``GET /metrics``: the few figures that the lab has."""
        invoker = self._service.invoker
        lines = [
            "# TYPE owlab_containers gauge",
            f"owlab_containers {invoker.containers}",
            "# HELP owlab_idle_container_memory_bytes Resident memory of an idle container.",
            "# TYPE owlab_idle_container_memory_bytes gauge",
        ]
        for container in invoker.idle:
            labels = f'pod="{container.pod.name}",kind="{container.worker.kind.name}"'
            size = container.worker.resident()
            lines.append(f"owlab_idle_container_memory_bytes{{{labels}}} {size}")
        return PlainTextResponse("\n".join(lines) + "\n")

    async def not_simulated(self, request: Request) -> Response:
        """The API gateway's own management API: the actions of apimgmt do without it."""
        asked = f"{request.method} {request.url.path}"
        text = f"The API gateway's management API is not part of the pocket lab: {asked}"
        return refusal(WhiskError(501, text), transaction(request))

    async def gateway(self, request: Request) -> Response:
        """``/api/TENANT/BASE_PATH/PATH``: an API that ``wsk api create`` made."""
        identifier = transaction(request)
        if re.match(r"/api/v\d+(/|$)", raw_path(request)):
            return await self.missing(request)
        try:
            self._service.health.need_gateway()
            self._service.health.need_controller()
        except WhiskError as error:
            return refusal(error, identifier)
        words = raw_path(request).removeprefix("/api/").split("/", 1)
        tenant, path = words[0], f"/{words[1]}" if len(words) > 1 else ""
        try:
            route = self._service.gateway.route(tenant, path, request.method)
            if route is None:
                raise GatewayError("No API found for the path.", 404)
        except GatewayError as error:
            body = {"status": error.status, "message": f"Error: {error}"}
            return reply(body, error.status, identifier)
        namespace, package, name = route.action.split("/")
        return await self._answer(
            request, namespace, package, name, f".{route.extension}", route.path, route.secret
        )

    async def missing(self, request: Request) -> Response:
        """Any other path."""
        return refusal(not_found(), transaction(request))

    async def web(self, request: Request) -> Response:
        """``/api/v1/web/NAMESPACE/PACKAGE/ACTION[.EXTENSION][/PATH]``."""
        try:
            named = _split(request)
        except WhiskError as error:
            return _with_cors(refusal(error, transaction(request)), _cors(request))
        return await self._answer(request, *named)

    async def _answer(
        self,
        request: Request,
        namespace: str,
        package: str,
        name: str,
        extension: str,
        path: str,
        secret: object = None,
    ) -> Response:
        """A web action's answer; the gateway knows the ``secret`` that the action wants."""
        identifier = transaction(request)
        cors = _cors(request)
        try:
            self._service.health.need_database()
            found, owner = self._find(namespace, package, name)
            annotations = found.annotations
            if annotations.get("web-export") is not True:
                raise not_found()
            own_options = annotations.get("web-custom-options") is True
            if own_options:
                cors = {}
            elif request.method == "OPTIONS":
                return Response(status_code=200, headers=cors)
            user = self._user(request)
            # The action itself answers OPTIONS to anybody, when it wants to.
            if not (own_options and request.method == "OPTIONS") and secret is None:
                self._authorize(request, annotations, user)
            response = await self._run(request, found, owner, extension, path, user)
        except WhiskError as error:
            response = refusal(error, identifier)
        return _with_cors(response, cors)

    def _find(self, namespace: str, package: str, name: str) -> tuple[ResolvedAction, Identity]:
        owner = self._service.known(namespace)
        if owner is None:
            raise not_found()
        try:
            found = self._service.actions.find(
                owner, namespace, "" if package == "default" else package, name
            )
        except WhiskError as error:
            raise not_found() from error
        return found, owner

    def _user(self, request: Request) -> str | None:
        """The namespace whose key came with the request; a wrong one is as good as none."""
        try:
            return self._service.identify(request.headers.get("authorization")).namespace
        except WhiskError:
            return None

    @staticmethod
    def _authorize(request: Request, annotations: dict[str, Any], user: str | None) -> None:
        """What ``require-whisk-auth`` wants: a key, or a secret in a header of its own."""
        if "require-whisk-auth" not in annotations:
            return
        required = annotations["require-whisk-auth"]
        if isinstance(required, bool):
            allowed = user is not None or not required
        elif isinstance(required, str | int | float):
            allowed = request.headers.get("x-require-whisk-auth") == str(required)
        else:
            allowed = False
        if not allowed:
            raise WhiskError(401, NO_AUTHENTICATION)

    async def _run(
        self,
        request: Request,
        found: ResolvedAction,
        owner: Identity,
        extension: str,
        path: str,
        user: str | None,
    ) -> Response:
        limit = self._service.limits.payload
        body = await read(request, 64 * limit)
        if len(body) > limit:
            raise too_large("Request", len(body), limit)
        annotations = found.annotations
        raw = annotations.get("raw-http") is True
        given = web.WebRequest(request.method, request.headers, path, request.url.query, body, user)
        parameters = web.parameters(given, raw=raw, fixed=found.immutable)
        identifier, activation = await self._service.invoke(
            owner,
            found,
            parameters,
            wait=BLOCKING_SECONDS,
            transaction=transaction(request),
        )
        known = {"X-Openwhisk-Activation-Id": identifier}
        if activation is None:
            return reply({"code": transaction(request), "error": NOT_READY}, 202, **known)
        try:
            if activation.status > APPLICATION_ERROR:
                raise bad_request(PROCESSING)
            failed = activation.status == APPLICATION_ERROR
            answer = web.answer(activation.result, extension, failed=failed)
            kind = (answer.content_type or "").split(";")[0]
            if answer.negotiated and not accepts(request, kind):
                raise not_acceptable(kind)
        except WhiskError as error:
            error.headers |= known
            raise
        known["X-Request-ID"] = transaction(request)
        response = Response(answer.body, answer.status, headers=known)
        if answer.content_type:
            response.headers["Content-Type"] = answer.content_type
        for header, value in answer.headers:
            response.headers.append(header, value)
        return response


def _with_cors(response: Response, cors: dict[str, str]) -> Response:
    for header in list(response.headers):
        if header.lower().startswith("access-control-") and not cors:
            del response.headers[header]
    for header, value in cors.items():
        response.headers[header] = value
    return response


def raw_path(request: Request) -> str:
    """The path as it was sent."""
    raw: bytes = request.scope.get("raw_path", request.url.path.encode())
    return raw.decode("latin-1").split("?")[0]


def _split(request: Request) -> tuple[str, str, str, str, str]:
    words = raw_path(request).removeprefix("/api/v1/web/").split("/")
    if len(words) < 3 or not all(words[:3]):
        raise not_found()
    namespace, package, action = (unquote(word) for word in words[:3])
    rest = unquote("/".join(words[3:]))
    name, extension = web.split_extension(action)
    return namespace, package, name, extension, f"/{rest}" if len(words) > 3 else ""


def _cors(request: Request) -> dict[str, str]:
    asked = request.headers.get("access-control-request-headers")
    return {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": web.ALLOWED,
        "Access-Control-Allow-Headers": asked or web.HEADERS,
    }
