"""``kubectl port-forward``: connections to the ports of pods that answer.

Containers of the lab listen nowhere. What answers are the servers that the lab runs on a node's
address for the NodePort services; a pod's port is reached by way of such a service.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import HTTPConnection

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.errors import BadRequest
from owlab.pocket.kube.store import Store

_CHUNK = 1 << 16


class ForwardedConnection(Protocol):
    """One direction or both of a connection that the client carries through."""

    async def read_chunk(self) -> bytes | None:
        """The client's next bytes, or None when it sends no more."""

    async def write(self, data: bytes) -> None:
        """Send bytes to the client."""

    async def end(self) -> None:
        """Send no more."""


Forward = Callable[[int, ForwardedConnection, ForwardedConnection], Awaitable[None]]
"""Carries one connection to a port: its data, and what is said when it fails."""


def forwarder(connection: HTTPConnection, store: Store) -> Forward:
    """Of the pod in ``pods/NAME/portforward``; raises ApiError."""
    place = connection.path_params
    pod = store.get("Pod", place["name"], place["namespace"])
    if pod["status"].get("phase") != "Running":
        phase = pod["status"].get("phase", "Pending")
        raise BadRequest(f"unable to forward port because pod is not running: status={phase}")

    async def forward(port: int, data: ForwardedConnection, error: ForwardedConnection) -> None:
        for address, node_port in reach(store, pod, port):
            with suppress(OSError):
                ends = Ends(*await asyncio.open_connection(address, node_port))
                await _carry(ends, data)
                break
        else:
            await error.write(_refusal(pod, port).encode())
        await data.end()
        await error.end()

    return forward


@dataclass(frozen=True)
class Ends:
    """Both ends of a connection to a server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


async def _carry(server: Ends, client: ForwardedConnection) -> None:
    """Until the server says no more: it may have much to say after the client's last word."""

    async def send() -> None:
        with suppress(OSError):
            while (chunk := await client.read_chunk()) is not None:
                server.writer.write(chunk)
                await server.writer.drain()
            server.writer.write_eof()

    sending = asyncio.ensure_future(send())
    try:
        with suppress(OSError):
            while chunk := await server.reader.read(_CHUNK):
                await client.write(chunk)
    finally:
        sending.cancel()
        server.writer.close()


def _refusal(pod: Object, port: int) -> str:
    meta = pod["metadata"]
    return (
        f"error forwarding port {port} to pod {meta['uid']}, uid : nothing answers there: "
        f"containers of the pocket lab listen on no port, and no NodePort service in "
        f"{meta['namespace']} serves port {port} of {meta['name']}"
    )


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
