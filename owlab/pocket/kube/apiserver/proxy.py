"""The API server as a proxy: ``services/NAME:PORT/proxy`` and ``pods/NAME:PORT/proxy``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpcore
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import BadRequest, ServiceUnavailable
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.network.region import ClusterRegion
from owlab.pocket.kube.object_state import is_finished
from owlab.pocket.kube.store import Store
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.http import exchange
from owlab.pocket.network.unreached import Unreached

_OWN = frozenset(("host", "authorization", "connection", "content-length", "transfer-encoding"))
_PEER = "10.42.0.0"
"""What a pod sees of the API server: its node's end of the pod network."""


class Proxy:
    """Hands a request on to a pod."""

    def __init__(self, store: Store, region: ClusterRegion) -> None:
        self._store, self._region = store, region

    async def serve(
        self, request: Request, kind: Kind, namespace: str, name: str, path: str | None
    ) -> Response:
        """The pod's answer; raises ApiError. ``path``: None where not even a slash follows."""
        if path is None:
            return Response(status_code=301, headers={"Location": request.url.path + "/"})
        scheme, host, port = _parts(name)
        find = self._behind if kind.built_in == "Service" else self._pod
        address, number = find(namespace, host, port)
        if scheme == "https":
            raise ServiceUnavailable("the pocket lab's proxy does not speak TLS to pods")

        async def dial(name: str, number: int, limit: float | None) -> Ends:
            return await self._region.connect(_PEER, name, number, limit)

        query = f"?{request.url.query}" if request.url.query else ""
        url = f"http://{address}:{number}/{path}{query}"
        headers = [(k, v) for k, v in request.headers.items() if k not in _OWN]
        headers += [("Host", request.headers.get("host", "")), ("Connection", "close")]
        content = await request.body()
        if content:
            headers.append(("Content-Length", str(len(content))))
        stack = AsyncExitStack()
        try:
            answer = await stack.enter_async_context(
                exchange(dial, request.method, url, headers, content or None)
            )
        except Unreached as error:
            raise ServiceUnavailable(
                f"error trying to reach service: dial tcp {address}:{number}: connect: "
                f"{str(error).lower()}"
            ) from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise ServiceUnavailable(
                f"error trying to reach service: {str(error) or 'EOF'}"
            ) from None
        return _passed_on(answer, stack)

    def _behind(self, namespace: str, name: str, port: str) -> tuple[str, int]:
        service = self._store.get("Service", name, namespace)
        entry = _entry(service, port)
        if entry is None:
            raise ServiceUnavailable(f'no service port "{port}" found for service "{name}"')
        chosen = self._region.choose(service, entry, _PEER)
        if chosen is None:
            raise ServiceUnavailable(f'no endpoints available for service "{name}"')
        return chosen

    def _pod(self, namespace: str, name: str, port: str) -> tuple[str, int]:
        pod = self._store.get("Pod", name, namespace)
        address = pod["status"].get("podIP")
        if not address or is_finished(pod):
            raise BadRequest("address not allowed")
        if port and not port.isdecimal():  # Go looks it up among the names of services
            said = f"dial tcp: lookup tcp/{port}: unknown port"
            raise ServiceUnavailable(f"error trying to reach service: {said}")
        if port:
            return address, int(port)
        for container in pod["spec"].get("containers") or ():
            for own in container.get("ports") or ():
                return address, int(own["containerPort"])
        return address, 80


def _entry(service: Object, port: str) -> Object | None:
    ports: list[Object] = service["spec"].get("ports") or []
    if not port:
        return ports[0] if len(ports) == 1 or (ports and not ports[0].get("name")) else None
    for entry in ports:
        if entry.get("name") == port or str(entry["port"]) == port:
            return entry
    return None


def _parts(name: str) -> tuple[str, str, str]:
    """``https:web:443`` as scheme, name and port."""
    words = name.split(":")
    if len(words) == 3 and words[0] in ("", "http", "https"):
        return words[0], words[1], words[2]
    if len(words) > 2:
        raise BadRequest(f'invalid service request "{name}"')
    return "", words[0], words[1] if len(words) == 2 else ""


def _passed_on(answer: httpcore.Response, stack: AsyncExitStack) -> Response:
    async def body() -> AsyncIterator[bytes]:
        async with stack:
            async for chunk in answer.aiter_stream():
                yield chunk

    response = StreamingResponse(body(), answer.status)
    response.raw_headers = [
        (name, value)
        for name, value in answer.headers
        if name.lower() not in (b"connection", b"transfer-encoding", b"keep-alive")
    ]
    return response
