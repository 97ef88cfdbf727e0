"""``kubectl port-forward``: connections to the ports of pods, as their own containers see them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from starlette.requests import HTTPConnection

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import BadRequest, KubeletUnreached
from owlab.pocket.kube.kubelet.protocol import KubeletApi
from owlab.pocket.kube.network.region import ClusterRegion
from owlab.pocket.kube.store import Store
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.unreached import ConnectionRefused, Unreached

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


def forwarder(
    connection: HTTPConnection, store: Store, network: ClusterRegion | None, kubelet: KubeletApi
) -> Forward:
    """Of the pod in ``pods/NAME/portforward``; raises ApiError."""
    place = connection.path_params
    pod = store.get("Pod", place["name"], place["namespace"])
    if pod["status"].get("phase") != "Running":
        phase = pod["status"].get("phase", "Pending")
        raise BadRequest(f"unable to forward port because pod is not running: status={phase}")

    if (address := kubelet.unreached(pod)) is not None:
        raise KubeletUnreached("error dialing backend", address)

    async def forward(port: int, data: ForwardedConnection, error: ForwardedConnection) -> None:
        try:
            if network is None:
                raise ConnectionRefused
            now = store.find("Pod", place["name"], place["namespace"])
            ends = await network.inside(now or pod, port)
        except (Unreached, OSError) as failure:
            await error.write(_refusal(pod, port, failure).encode())
        else:
            await _carry(ends, data)
        await data.end()
        await error.end()

    return forward


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
        server.close()


def _refusal(pod: Object, port: int, failure: Exception) -> str:
    uid, why = pod["metadata"]["uid"], str(failure).lower()
    dialled = f"IPv4: dial tcp4 127.0.0.1:{port}: connect: {why} "
    dialled += f"IPv6 dial tcp6 [::1]:{port}: connect: {why}"
    return (
        f"error forwarding port {port} to pod {uid}, uid : failed to execute portforward in "
        f'network namespace "/var/run/netns/cni-{uid}": failed to connect to localhost:{port} '
        f'inside namespace "{uid}", {dialled}'
    )
