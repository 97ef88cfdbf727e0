"""The Kubernetes API over HTTP: routes, credentials, errors. State is the store's."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from owlab.pocket.ground.hosts import is_local
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.answers import respond
from owlab.pocket.kube.apiserver import aggregated_discovery, component_statuses, discovery
from owlab.pocket.kube.apiserver.health import health
from owlab.pocket.kube.apiserver.negotiation import body
from owlab.pocket.kube.apiserver.proxy import Proxy
from owlab.pocket.kube.apiserver.reviews import Reviews
from owlab.pocket.kube.apiserver.verbs import Resources
from owlab.pocket.kube.authorization import Authorizer
from owlab.pocket.kube.authorization.gate import Gate
from owlab.pocket.kube.authorization.users import Users
from owlab.pocket.kube.errors import (
    ApiError,
    BadRequest,
    Internal,
    MethodNotAllowed,
    Misdirected,
    NoSuchResource,
    NotImplementedHere,
)
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.kubelet.protocol import KubeletApi
from owlab.pocket.kube.metrics import server as metrics
from owlab.pocket.kube.network.region import ClusterRegion
from owlab.pocket.kube.schemas import openapi_proto
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.streams.connections import PodConnections
from owlab.pocket.kube.streams.logs import read_log

log = logging.getLogger(__name__)
Handler = Callable[[Request], Awaitable[Response]]
_LONGEST = 4096
_UNKEPT = (
    Kind("Binding", "bindings", subresources=(), verbs=("create",)),
    component_statuses.KIND,
)
"""Kinds of the core group that nobody keeps."""
_FOR_GOOD = {"Cache-Control": "public, immutable", "Expires": "Fri, 31 Dec 2100 00:00:00 GMT"}
"""Of a document under the mark of its content: kubectl keeps it on disk."""
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def kube_app(
    store: Store,
    *,
    tokens: Mapping[str, str],
    version: str,
    kubelet: KubeletApi,
    network: ClusterRegion | None = None,
) -> Starlette:
    """The API server as an application.

    :param tokens: bearer tokens and the users that they stand for. Nothing answers without one.
    :param version: what ``/version`` says, such as ``v1.36.4+k3s1``.
    :param network: where pods answer; without it ``proxy`` and ``portforward`` reach none.
    """
    api = _Api(store, tokens, version, kubelet, network)
    plain: list[tuple[str, Handler]] = [
        ("/version", api.version),
        *((f"/{name}", api.healthy) for name in ("healthz", "livez", "readyz")),
        *((f"/{name}/{{check:path}}", api.healthy) for name in ("healthz", "livez", "readyz")),
        ("/", api.root),
        ("/api", api.core),
        ("/apis", api.group_list),
        ("/openapi/v2", api.openapi_v2),
        ("/openapi/v3", api.openapi_index),
        ("/openapi/v3/{place:path}", api.openapi_document),
        ("/apis/{group}", api.group),
        ("/api/{version}", api.resource_list),
        ("/apis/{group}/{version}", api.resource_list),
    ]
    return Starlette(
        routes=[
            *(
                Route(path + end, api.guarded(handler), methods=["GET"])
                for path, handler in plain
                for end in ("", *([] if path.endswith((":path}", "/")) else ["/"]))
            ),
            *(
                route
                for sub in ("exec", "attach", "portforward")
                for route in _streamed(f"/api/v1/namespaces/{{namespace}}/pods/{{name}}/{sub}", api)
            ),
            Route("/api/{version}/{rest:path}", api.guarded(api.resource), methods=_METHODS),
            Route(
                "/apis/{group}/{version}/{rest:path}", api.guarded(api.resource), methods=_METHODS
            ),
            Route("/{rest:path}", api.guarded(api.nothing), methods=_METHODS),
        ],
        exception_handlers={405: _unrouted},
    )


def _streamed(path: str, api: _Api) -> list[Route | WebSocketRoute]:
    """What becomes another protocol on one path."""
    return [
        WebSocketRoute(path, api.socket),
        Route(path, api.guarded(api.streams), methods=["GET", "POST"]),
    ]


class _Api:
    def __init__(
        self,
        store: Store,
        tokens: Mapping[str, str],
        version: str,
        kubelet: KubeletApi,
        network: ClusterRegion | None,
    ) -> None:
        self._store = store
        users, authorizer = Users(tokens, store), Authorizer(store)
        self._gate = Gate(users, authorizer)
        self._reviews = Reviews(users, authorizer)
        self._metrics = metrics.MetricsServer(store)
        store.registry.aggregated = lambda: (*_UNKEPT, *metrics.kinds(store))
        self._version = version
        self._kubelet = kubelet
        self._resources = Resources(store, authorizer)
        self._connections = PodConnections(store, kubelet, network)
        self._proxy = Proxy(store, network) if network is not None else None

    def guarded(self, handler: Handler) -> Handler:
        """Ask for credentials, and render every error as a Status."""

        async def run(request: Request) -> Response:
            try:
                if not is_local(request.headers.get("host", "")):
                    raise Misdirected("the pocket lab is not called by that name")
                request.state.user = self._gate.enter(request)
                return _with_warnings(request, await handler(request))
            except ApiError as error:
                if error.code == 501:
                    log.warning("not implemented: %s %s", request.method, request.url.path)
                return respond(error.status(), error.code)
            except ClientDisconnect:
                return Response(status_code=400)
            except Exception as error:
                return _failed(request, error)

        return run

    async def version(self, request: Request) -> Response:
        return respond(discovery.version_info(self._version))

    async def healthy(self, request: Request) -> Response:
        return health(request)

    async def root(self, request: Request) -> Response:
        return respond(discovery.root(self._store.registry))

    async def core(self, request: Request) -> Response:
        if aggregated_discovery.wanted(request):
            every = aggregated_discovery.core(self._store.registry)
            return aggregated_discovery.respond(request, every)
        return respond(discovery.api_versions(request.url.netloc))

    async def group_list(self, request: Request) -> Response:
        if aggregated_discovery.wanted(request):
            every = aggregated_discovery.named(self._store.registry)
            return aggregated_discovery.respond(request, every)
        return respond(discovery.group_list(self._store.registry))

    async def group(self, request: Request) -> Response:
        name = request.path_params["group"]
        versions = discovery.groups(self._store.registry).get(name)
        if versions is None:
            raise NoSuchResource()
        return respond(discovery.group(name, versions))

    async def resource_list(self, request: Request) -> Response:
        place = request.path_params
        found = discovery.resource_list(
            self._store.registry, place.get("group", ""), place["version"]
        )
        if found is None:
            raise NoSuchResource()
        return respond(found)

    async def openapi_v2(self, request: Request) -> Response:
        document = discovery.openapi_v2(self._store.registry, self._version)
        if "protobuf" not in request.headers.get("accept", ""):
            return respond(document)
        # Apart: it is large, and others want to be served.
        content = await asyncio.to_thread(openapi_proto.encoded, document)
        return Response(content, media_type=openapi_proto.MEDIA_TYPE)

    async def openapi_index(self, request: Request) -> Response:
        return respond(discovery.openapi_index(self._store.registry))

    async def openapi_document(self, request: Request) -> Response:
        place = request.path_params["place"]
        found = discovery.openapi_document(self._store.registry, place)
        if found is None:
            raise NoSuchResource()
        answer = respond(found)
        if request.query_params.get("hash") == discovery.mark(self._store.registry, place):
            answer.headers.update(_FOR_GOOD)
        return answer

    async def nothing(self, request: Request) -> Response:
        raise NoSuchResource()

    async def resource(self, request: Request) -> Response:
        """Every verb on every kind."""
        group = request.path_params.get("group", "")
        version = request.path_params["version"]
        namespace, words = _split(request.path_params["rest"])
        if group in discovery.REVIEWS and request.method == "POST":
            return respond(await self._review(request, group, words[0]), 201)
        if group == metrics.GROUP:
            return self._metrics.serve(request, namespace, words)
        kind = self._store.registry.at(group, version, words[0])
        if not group and words[0] == component_statuses.KIND.plural and not words[2:]:
            return component_statuses.serve(request, words[1] if words[1:] else "")
        if not group and words == ["bindings"] and request.method == "POST":
            return await self._resources.bind(request, namespace)
        if kind is None:
            raise NoSuchResource()
        name = words[1] if len(words) > 1 else ""
        sub = words[2] if len(words) > 2 else ""
        if sub == "log":
            return await read_log(request, self._store, self._kubelet, namespace, name)
        if sub == "proxy":
            if self._proxy is None or kind.built_in not in ("Pod", "Service"):
                raise NotImplementedHere(
                    f"the pocket lab does not serve {kind.plural}/{sub} over HTTP"
                )
            return await self._proxy.serve(request, kind, namespace, name, _after_proxy(request))
        return await self._resources.serve(request, kind, namespace, name, sub)

    async def _review(self, request: Request, group: str, plural: str) -> Object:
        """What is asked and not kept. The place says its kind, whether or not the body does."""
        kind = next((k for k in discovery.REVIEWS[group] if f"{k.lower()}s" == plural), None)
        if kind is None:
            raise NoSuchResource()
        given = await body(request)
        if not isinstance(given, dict):
            raise BadRequest("the body is not an object")
        asked = {**given, "kind": given.get("kind") or kind}
        asked["apiVersion"] = given.get("apiVersion") or f"{group}/v1"
        if asked["kind"] != kind:
            raise BadRequest(
                f"the kind of the object ({asked['kind']}) does not match the expected {kind}"
            )
        return self._reviews.answer(asked, request.state.user)

    async def streams(self, request: Request) -> Response:
        """``exec``, ``attach`` and ``portforward`` over SPDY."""
        return self._connections.over_spdy(request)

    async def socket(self, socket: WebSocket) -> None:
        """The same over WebSockets."""
        try:
            self._gate.enter(socket)
            serve = self._connections.over_websocket(socket)
        except ApiError as error:
            await socket.send_denial_response(respond(error.status(), error.code))
            return
        await serve()


def _failed(request: Request, error: Exception) -> Response:
    """What nobody thought of: the client gets the name under which it stands in the log."""
    name = secrets.token_hex(8)
    log.error("request %s failed: %s %s", name, request.method, request.url.path, exc_info=error)
    return respond(Internal(name).status(), 500)


async def _unrouted(request: Request, error: Exception) -> Response:
    """Methods that no path has."""
    said = "the server does not allow this method on the requested resource"
    return respond(MethodNotAllowed(said).status(), 405)


def _with_warnings(request: Request, response: Response) -> Response:
    for text in getattr(request.state, "warnings", ()):
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        plain = "".join(c if c.isprintable() else " " for c in quoted)[:_LONGEST]
        # A header is bytes: UTF-8, as Go sends and reads it.
        response.raw_headers.append((b"warning", f'299 - "{plain}"'.encode("utf-8", "replace")))
    return response


def _after_proxy(request: Request) -> str | None:
    """What stands behind ``/proxy/``, as it was sent."""
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
    _, slash, rest = path.partition("/proxy/")
    return rest if slash else None


def _split(rest: str) -> tuple[str, list[str]]:
    """Namespace, and the words from the resource's plural on."""
    words = [word for word in rest.split("/") if word]
    if not words:
        raise NoSuchResource()
    if words[0] == "namespaces" and len(words) > 2 and words[2] not in ("status", "finalize"):
        return words[1], words[2:]
    return "", words
