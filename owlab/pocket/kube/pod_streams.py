"""``kubectl logs`` and ``kubectl exec``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from owlab.pocket.kube.errors import ApiError, BadRequest
from owlab.pocket.kube.kubelet_api import Kubelet
from owlab.pocket.kube.store import Store
from owlab.pocket.world import Object

_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDOUT, _STDERR, _ERROR = b"\x01", b"\x02", b"\x03"


def _container(pod: Object, wanted: str) -> str:
    names = [c["name"] for c in pod["spec"].get("containers") or []]
    every = [c["name"] for c in pod["spec"].get("initContainers") or []] + names
    if wanted:
        if wanted not in every:
            raise BadRequest(f"container {wanted} is not valid for pod {pod['metadata']['name']}")
        return wanted
    if len(names) > 1:
        raise BadRequest(
            f"a container name must be specified for pod {pod['metadata']['name']}, choose one of: "
            f"[{' '.join(every)}]"
        )
    return str(names[0])


def _require_started(pod: Object, container: str) -> None:
    statuses = (pod["status"].get("initContainerStatuses") or []) + (
        pod["status"].get("containerStatuses") or []
    )
    for status in statuses:
        waiting = status.get("state", {}).get("waiting")
        if status["name"] == container and waiting and not status.get("restartCount"):
            raise BadRequest(
                f'container "{container}" in pod "{pod["metadata"]["name"]}" is waiting to start: '
                f"{waiting.get('reason', 'ContainerCreating')}"
            )


async def read_log(
    request: Request, store: Store, kubelet: Kubelet, namespace: str, name: str
) -> Response:
    """``pods/NAME/log``, followed when asked."""
    query = request.query_params
    pod = store.get("Pod", name, namespace)
    container = _container(pod, query.get("container", ""))
    _require_started(pod, container)

    async def text(tail: int | None) -> str:
        return await kubelet.logs(
            store.find("Pod", name, namespace) or pod,
            container,
            tail=tail,
            previous=query.get("previous") == "true",
            timestamps=query.get("timestamps") == "true",
            since=float(query["sinceSeconds"]) if "sinceSeconds" in query else None,
        )

    tail = int(query["tailLines"]) if "tailLines" in query else None
    if query.get("follow") != "true":
        return PlainTextResponse(await text(tail))

    async def follow() -> AsyncIterator[str]:
        whole = await text(None)
        yield await text(tail)
        while (now := store.find("Pod", name, namespace)) and now["status"].get("phase") in (
            "Pending",
            "Running",
        ):
            await asyncio.sleep(0.3)
            more = await text(None)
            if more.startswith(whole) and len(more) > len(whole):
                yield more[len(whole) :]
            whole = more

    return StreamingResponse(follow(), media_type="text/plain")


async def exec_over_websocket(socket: WebSocket, store: Store, kubelet: Kubelet) -> None:
    """``pods/NAME/exec`` for commands that do not ask for input."""
    offered = socket.scope.get("subprotocols", [])
    protocol = next((p for p in _PROTOCOLS if p in offered), None)
    await socket.accept(subprotocol=protocol)
    query = socket.query_params
    place = socket.path_params
    try:
        pod = store.get("Pod", place["name"], place["namespace"])
        container = _container(pod, query.get("container", ""))
        _require_started(pod, container)
        code, out, err = await kubelet.exec(pod, container, query.getlist("command"))
        for channel, data in ((_STDOUT, out), (_STDERR, err)):
            if data:
                await socket.send_bytes(channel + data.encode())
        await socket.send_bytes(_ERROR + json.dumps(_ending(code)).encode())
        await socket.close()
    except ApiError as error:
        await socket.send_bytes(_ERROR + json.dumps(error.status()).encode())
        await socket.close()
    except WebSocketDisconnect:
        return


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
