"""The network as a container has it: what it listens on, until it ends."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.kube.network.names import Names
from owlab.pocket.kube.network.pod_net import PodNet
from owlab.pocket.network.routes import Routes
from owlab.pocket.network.sockets import PortTaken
from owlab.pocket.network.unreached import UnknownName

from .conftest import FakeFleet
from .plain_store import pod, store_of


def net_of(routes: Routes, fleet: Any) -> PodNet:
    made = pod("web", "10.42.0.7")
    made["metadata"]["uid"] = "u"
    return PodNet(made, routes, Names(store_of(made), fleet), fleet, lambda: b"PEM")


async def serve(far: Any, peer: str) -> None:
    """Says nothing."""


async def test_what_a_container_listens_on() -> None:
    fleet: Any = FakeFleet("worker1")
    routes = Routes(fleet, Clock())
    main, side = net_of(routes, fleet), net_of(routes, fleet)

    def ports() -> list[int]:
        return sorted(one.port for one in routes.sockets.of("pod:u"))

    first, second = (main.open(port, "nginx", serve) for port in (80, 81))
    other = side.open(82, "redis", serve)
    assert ports() == [80, 81, 82]
    # The containers of a pod share its ports.
    with pytest.raises(PortTaken):
        side.open(80, "httpd", serve)
    assert (main.opened, side.opened) == ([first, second], [other])
    main.close(first)
    main.close(first)
    assert (main.opened, ports()) == ([second], [81, 82])
    with main.listen(80, "nc", serve):
        assert ports() == [80, 81, 82] and len(main.opened) == 2
    assert (main.opened, ports()) == ([second], [81, 82])
    main.close_all()
    main.close_all()
    assert (main.opened, ports()) == ([], [82])
    side.close_all()
    assert ports() == []
    assert main.authorities() == b"PEM"


async def test_where_it_connects() -> None:
    fleet: Any = FakeFleet("worker1")
    routes = Routes(fleet, Clock())
    net = net_of(routes, fleet)
    peers: list[str] = []

    async def greet(far: Any, peer: str) -> None:
        peers.append(peer)

    net.open(80, "nginx", greet)
    for host in ("127.0.0.1", "10.42.0.7", "localhost"):
        ends = await net.dial(host, 80)
        assert await ends.reader.read() == b""
        ends.close()
    assert peers == ["10.42.0.7"] * 3
    assert net.echoes("127.9.0.1") and not net.echoes("10.42.0.8")
    with pytest.raises(UnknownName):
        await net.dial("nobody", 80)
