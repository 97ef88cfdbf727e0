"""``kubectl exec`` and ``kubectl attach``: a command's streams as channels of a WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import ApiError
from owlab.pocket.kube.kubelet.api import Kubelet, Streams
from owlab.pocket.kube.pod_streams import container_of, require_started
from owlab.pocket.kube.store import Store
from owlab.pocket.shell.interpreter import Sink

_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDIN, _STDOUT, _STDERR, _ERROR, _CLOSE = 0, 1, 2, 3, 255
_BUFFERED = 64

Work = Callable[[Object, str, Streams], Awaitable[int]]


async def exec_over_websocket(socket: WebSocket, store: Store, kubelet: Kubelet) -> None:
    """``pods/NAME/exec``."""
    words = socket.query_params.getlist("command")

    async def work(pod: Object, container: str, streams: Streams) -> int:
        return await kubelet.exec(pod, container, words, streams)

    await _serve(socket, store, work)


async def attach_over_websocket(socket: WebSocket, store: Store, kubelet: Kubelet) -> None:
    """``pods/NAME/attach``."""

    async def work(pod: Object, container: str, streams: Streams) -> int:
        await kubelet.attach(pod, container, streams)
        return 0

    await _serve(socket, store, work)


async def _serve(socket: WebSocket, store: Store, work: Work) -> None:
    offered = socket.scope.get("subprotocols", [])
    await socket.accept(subprotocol=next((p for p in _PROTOCOLS if p in offered), None))
    query, place = socket.query_params, socket.path_params
    keys = _Keys()
    streams = Streams(
        out=_channel(socket, _STDOUT),
        err=_channel(socket, _STDERR),
        stdin=keys if query.get("stdin") in ("true", "1") else None,
        tty=query.get("tty") in ("true", "1"),
    )
    tell = _channel(socket, _ERROR)
    listening = asyncio.ensure_future(keys.listen(socket))
    try:
        pod = store.get("Pod", place["name"], place["namespace"])
        container = container_of(pod, query.get("container", ""))
        require_started(pod, container)
        working = asyncio.ensure_future(work(pod, container, streams))
        await asyncio.wait([working, listening], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():  # the client has gone
            working.cancel()
            await asyncio.wait([working])
            return
        await tell(json.dumps(_ending(working.result())).encode())
        await socket.close()
    except ApiError as error:
        await tell(json.dumps(error.status()).encode())
        await socket.close()
    except (WebSocketDisconnect, RuntimeError):
        return  # the client has gone while it was being told
    finally:
        listening.cancel()


def _channel(socket: WebSocket, number: int) -> Sink:
    async def send(data: bytes) -> None:
        await socket.send_bytes(bytes([number]) + data)

    return send


class _Keys:
    """What the client sends as standard input."""

    def __init__(self) -> None:
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(_BUFFERED)

    async def listen(self, socket: WebSocket) -> None:
        """Until the client goes away. Sizes of its window are of no use here."""
        try:
            while True:
                frame = await socket.receive_bytes()
                if frame[:1] == bytes([_STDIN]) and len(frame) > 1:
                    await self._chunks.put(frame[1:])
                elif frame == bytes([_CLOSE, _STDIN]):
                    await self._chunks.put(None)
        except (WebSocketDisconnect, RuntimeError):
            return

    async def read_chunk(self) -> bytes | None:
        """The next bytes, or None when the client has closed its input."""
        return await self._chunks.get()


def _ending(code: int) -> Object:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }
