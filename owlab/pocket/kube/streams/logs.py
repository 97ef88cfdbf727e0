"""``kubectl logs``, and which container is meant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import BadRequest, KubeletUnreached
from owlab.pocket.kube.kubelet.protocol import KubeletApi
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.streams.log_options import LogOptions, log_options


def container_of(pod: Object, wanted: str) -> str:
    """The container that is meant; raises BadRequest where that is not clear."""
    names = [c["name"] for c in pod["spec"].get("containers") or []]
    fields = ("initContainers", "containers", "ephemeralContainers")
    every = [c["name"] for field in fields for c in pod["spec"].get(field) or []]
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


async def read_log(
    request: Request, store: Store, kubelet: KubeletApi, namespace: str, name: str
) -> Response:
    """``pods/NAME/log``, followed when asked."""
    query = request.query_params
    options = log_options(query, name)
    pod = store.get("Pod", name, namespace)
    container = container_of(pod, query.get("container", ""))
    require_started(pod, container)
    if (address := kubelet.unreached(pod)) is not None:
        asked = f"?{query}" if query else ""
        path = f"containerLogs/{namespace}/{name}/{container}{asked}"
        raise KubeletUnreached(f'Get "https://{address}:10250/{path}"', address)

    if options.previous and not _has_ended(pod, container):
        raise BadRequest(f'previous terminated container "{container}" in pod "{name}" not found')

    def text(wanted: LogOptions) -> str:
        known = store.find("Pod", name, namespace) or pod
        return wanted.shown(kubelet.logs(known, container, previous=wanted.previous))

    if not options.follow:
        return PlainTextResponse(options.limited(text(options)))
    all_since = replace(options, tail=None)

    async def follow() -> AsyncIterator[str]:
        whole, first = text(all_since), options.limited(text(options))
        yield first
        sent = len(first.encode())
        while (now := store.find("Pod", name, namespace)) and now["status"].get("phase") in (
            "Pending",
            "Running",
        ):
            if options.limit is not None and sent >= options.limit:
                return
            await asyncio.sleep(0.3)
            more = text(all_since)
            if more.startswith(whole) and len(more) > len(whole):
                piece = options.limited(more[len(whole) :], sent)
                sent += len(piece.encode())
                yield piece
            whole = more

    return StreamingResponse(follow(), media_type="text/plain")


def _has_ended(pod: Object, container: str) -> bool:
    """It was started again: what it printed before is kept."""
    fields = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
    statuses = [status for field in fields for status in pod["status"].get(field) or []]
    return any(s["name"] == container and s.get("restartCount") for s in statuses)
