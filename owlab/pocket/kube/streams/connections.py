"""Connections to pods: commands and ports, over SPDY and over WebSockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from owlab.pocket.kube.kubelet.protocol import KubeletApi
from owlab.pocket.kube.network.region import ClusterRegion
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.streams import exec_spdy, port_forward_spdy
from owlab.pocket.kube.streams.exec import command
from owlab.pocket.kube.streams.exec_websocket import exec_over_websocket
from owlab.pocket.kube.streams.port_forward import forwarder
from owlab.pocket.kube.streams.port_forward_websocket import check_ports, forward_over_websocket
from owlab.pocket.kube.streams.upgrade import upgraded


class PodConnections:
    """Answers ``exec``, ``attach`` and ``portforward``. What cannot be served raises ApiError."""

    def __init__(self, store: Store, kubelet: KubeletApi, network: ClusterRegion | None) -> None:
        self._store, self._kubelet, self._network = store, kubelet, network

    def over_spdy(self, request: Request) -> Response:
        """The answer after which the connection is SPDY."""
        if _to_ports(request):
            forward = forwarder(request, self._store, self._network, self._kubelet)
            return upgraded(
                request,
                port_forward_spdy.PROTOCOLS,
                lambda wire: port_forward_spdy.forward_over_spdy(wire, forward),
            )
        asked = command(request, self._store, self._kubelet)
        return upgraded(
            request,
            exec_spdy.PROTOCOLS,
            lambda wire: exec_spdy.exec_over_spdy(wire, asked),
        )

    def over_websocket(self, socket: WebSocket) -> Callable[[], Awaitable[None]]:
        """What serves a WebSocket that was not accepted yet."""
        if _to_ports(socket):
            forward = forwarder(socket, self._store, self._network, self._kubelet)
            check_ports(socket)
            return lambda: forward_over_websocket(socket, forward)
        asked = command(socket, self._store, self._kubelet)
        return lambda: exec_over_websocket(socket, asked)


def _to_ports(connection: HTTPConnection) -> bool:
    return connection.url.path.endswith("/portforward")
