"""NodePorts and load balancers outside of the lab: open while something answers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from owlab.pocket.service.opened_ports import OpenedPorts
from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.test_network import pod, service

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs an address for each machine")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    await made.start()
    machines: Any = lambda: [m for m in made.fleet.machines.values() if m.running]  # noqa: E731
    ports = OpenedPorts(made.cluster, machines, lambda: {6443})
    yield made
    await ports.close()
    await made.cluster.stop()


async def page(address: str, port: int) -> str:
    reader, writer = await asyncio.open_connection(address, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    return text


async def closed(address: str, port: int) -> None:
    """Wait until nobody listens."""
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection(address, port)
        except OSError:
            return
        writer.close()
        await asyncio.sleep(0.05)
    raise AssertionError(f"{address}:{port} is open")


async def test_a_node_port_is_open_while_a_pod_answers(bench: Bench) -> None:
    await bench.make(pod("web", "hashicorp/http-echo", args=["-text=hi"]))
    await bench.make(service("web", target=5678, type="NodePort"))
    await bench.make(service("wrong", target=1, type="NodePort", selector={"app": "web"}))
    port, wrong = (
        bench.store.get("Service", name, "default")["spec"]["ports"][0]["nodePort"]
        for name in ("web", "wrong")
    )
    await asyncio.sleep(0.3)
    addresses = [machine.address for machine in bench.fleet.machines.values()]
    for address in addresses:
        assert (await page(address, port)).endswith("\r\n\r\nhi\n")
        await closed(address, wrong)
    bench.store.delete("Pod", "web", "default", grace=0)
    for address in addresses:
        await closed(address, port)


async def test_a_load_balancer_has_its_own_port(bench: Bench) -> None:
    await bench.make(pod("web", "traefik/whoami"))
    await bench.make(service("web", 8765, target=80, type="LoadBalancer"))
    await bench.settle()
    await asyncio.sleep(0.3)
    assert "Hostname: web" in await page(bench.fleet.machines["worker1"].address, 8765)
