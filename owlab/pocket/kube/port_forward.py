"""``kubectl port-forward``: connections to the ports of pods that answer.

Containers of the lab listen nowhere. What answers are the servers that the lab runs on a node's
address for the NodePort services; a pod's port is reached by way of such a service.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors, spdy
from owlab.pocket.kube.errors import ApiError, BadRequest
from owlab.pocket.kube.negotiation import respond
from owlab.pocket.kube.store import Store

_PROTOCOL = "SPDY/3.1+portforward.k8s.io"
_CHUNK = 1 << 16


async def forward_over_websocket(socket: WebSocket, store: Store) -> None:
    """``pods/NAME/portforward``: SPDY inside a WebSocket, as kubectl speaks it."""
    place = socket.path_params
    try:
        pod = store.get("Pod", place["name"], place["namespace"])
        if pod["status"].get("phase") != "Running":
            phase = pod["status"].get("phase", "Pending")
            raise BadRequest(f"unable to forward port because pod is not running: status={phase}")
    except ApiError as error:
        await socket.send_denial_response(respond(error.status(), error.code))
        return
    offered = socket.scope.get("subprotocols", [])
    if _PROTOCOL not in offered:
        await socket.close(4400)
        return
    await socket.accept(subprotocol=_PROTOCOL)
    await _Tunnel(socket, store, pod).run()


def reach(store: Store, pod: Object, port: int) -> list[tuple[str, int]]:
    """Where a pod's port may answer: addresses of nodes, and their ports."""
    meta = pod["metadata"]
    nodes = [
        address["address"]
        for node in store.list("Node")
        for address in node["status"].get("addresses") or []
        if address["type"] == "InternalIP"
    ]
    return [
        (address, entry["nodePort"])
        for service in store.list("Service", meta["namespace"])
        if service["spec"].get("selector")
        and selectors.from_object({"matchLabels": service["spec"]["selector"]})(
            meta.get("labels") or {}
        )
        for entry in service["spec"].get("ports") or []
        if entry.get("nodePort") and port in _targets(pod, entry)
        for address in nodes
    ]


def _targets(pod: Object, entry: Object) -> set[int]:
    target = entry.get("targetPort", entry["port"])
    if isinstance(target, int):
        return {target}
    return {
        port["containerPort"]
        for container in pod["spec"].get("containers") or []
        for port in container.get("ports") or []
        if port.get("name") == target
    }


@dataclass
class _Connection:
    """One connection of the client: a stream of data and one of errors."""

    error: int = 0
    data: int = 0
    port: int = 0
    writer: asyncio.StreamWriter | None = None
    waiting: list[bytes] = field(default_factory=list)
    ended: bool = False


class _Tunnel:
    """All connections of one ``kubectl port-forward``."""

    def __init__(self, socket: WebSocket, store: Store, pod: Object) -> None:
        self._socket = socket
        self._store = store
        self._pod = pod
        self._framing = spdy.Framing()
        self._by_request: dict[str, _Connection] = {}
        self._by_stream: dict[int, _Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until the client goes away."""
        try:
            while True:
                for frame in self._framing.read(await self._socket.receive_bytes()):
                    await self._take(frame)
        except WebSocketDisconnect:
            return
        except ValueError:
            await self._socket.close(1002)
        finally:
            for task in self._tasks:
                task.cancel()
            for connection in self._by_request.values():
                _close(connection)

    async def _take(self, frame: spdy.Frame) -> None:
        match frame.kind:
            case spdy.SYN_STREAM:
                await self._open(frame)
            case spdy.PING:
                await self._socket.send_bytes(spdy.ping(frame))
            case spdy.RST_STREAM:
                if connection := self._by_stream.get(frame.stream):
                    _close(connection)
            case spdy.DATA:
                await self._pass_on(frame)

    async def _open(self, frame: spdy.Frame) -> None:
        said = {name.lower(): value for name, value in frame.headers.items()}
        request = said.get("requestid", "")
        connection = self._by_request.setdefault(request, _Connection())
        self._by_stream[frame.stream] = connection
        await self._socket.send_bytes(self._framing.reply(frame.stream))
        if said.get("streamtype") == "error":
            connection.error = frame.stream
            return
        connection.data, connection.port = frame.stream, int(said.get("port", 0))
        task = asyncio.create_task(self._connect(request, connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, frame: spdy.Frame) -> None:
        connection = self._by_stream.get(frame.stream)
        if connection is None or frame.stream != connection.data:
            return
        connection.ended = connection.ended or frame.ends
        if connection.writer is None:
            connection.waiting.append(frame.data)
            return
        with suppress(OSError):
            connection.writer.write(frame.data)
            await connection.writer.drain()
            if frame.ends and connection.writer.can_write_eof():
                connection.writer.write_eof()

    async def _connect(self, request: str, connection: _Connection) -> None:
        reader = None
        for address, port in reach(self._store, self._pod, connection.port):
            with suppress(OSError):
                reader, connection.writer = await asyncio.open_connection(address, port)
                break
        if reader is None or connection.writer is None:
            await self._fail(connection)
        else:
            for waiting in connection.waiting:
                connection.writer.write(waiting)
            if connection.ended:
                connection.writer.write_eof()
            with suppress(OSError):
                while chunk := await reader.read(_CHUNK):
                    await self._socket.send_bytes(spdy.data(connection.data, chunk))
        for stream in (connection.data, connection.error):
            await self._socket.send_bytes(spdy.data(stream, b"", last=True))
            self._by_stream.pop(stream, None)
        self._by_request.pop(request, None)
        _close(connection)

    async def _fail(self, connection: _Connection) -> None:
        meta = self._pod["metadata"]
        text = (
            f"error forwarding port {connection.port} to pod {meta['uid']}, uid : nothing answers "
            f"there: containers of the pocket lab listen on no port, and no NodePort service in "
            f"{meta['namespace']} serves port {connection.port} of {meta['name']}"
        )
        await self._socket.send_bytes(spdy.data(connection.error, text.encode()))


def _close(connection: _Connection) -> None:
    if connection.writer is not None:
        connection.writer.close()
