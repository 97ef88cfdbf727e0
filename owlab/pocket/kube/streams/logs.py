"""``kubectl logs``, and which container is meant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import BadRequest, KubeletUnreached
from owlab.pocket.kube.kubelet.protocol import KubeletApi
from owlab.pocket.kube.store import Store


def container_of(pod: Object, wanted: str) -> str:
    """The container that is meant; raises BadRequest where that is not clear."""
    names = [c["name"] for c in pod["spec"].get("containers") or []]
    others = ("initContainers", "ephemeralContainers")
    every = [c["name"] for field in others for c in pod["spec"].get(field) or []] + names
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


def require_started(pod: Object, container: str) -> None:
    """Raise BadRequest for a container that waits for its first start."""
    fields = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
    statuses = [status for field in fields for status in pod["status"].get(field) or []]
    for status in statuses:
        waiting = status.get("state", {}).get("waiting")
        if status["name"] == container and waiting and not status.get("restartCount"):
            raise BadRequest(
                f'container "{container}" in pod "{pod["metadata"]["name"]}" is waiting to start: '
                f"{waiting.get('reason', 'ContainerCreating')}"
            )


def _whole(query: Mapping[str, str], name: str) -> int | None:
    """A query parameter that is a whole number which is not negative."""
    text = query.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise BadRequest(
            f'{name}: Invalid value: "{text[:100]}": must be a number that is not negative'
        )
    return int(text)


async def read_log(
    request: Request, store: Store, kubelet: KubeletApi, namespace: str, name: str
) -> Response:
    """``pods/NAME/log``, followed when asked."""
    query = request.query_params
    pod = store.get("Pod", name, namespace)
    container = container_of(pod, query.get("container", ""))
    require_started(pod, container)
    if (address := kubelet.unreached(pod)) is not None:
        asked = f"?{query}" if query else ""
        path = f"containerLogs/{namespace}/{name}/{container}{asked}"
        raise KubeletUnreached(f'Get "https://{address}:10250/{path}"', address)

    async def text(tail: int | None) -> str:
        return await kubelet.logs(
            store.find("Pod", name, namespace) or pod,
            container,
            tail=tail,
            previous=query.get("previous") == "true",
            timestamps=query.get("timestamps") == "true",
            since=since,
        )

    tail, since = _whole(query, "tailLines"), _whole(query, "sinceSeconds")
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
