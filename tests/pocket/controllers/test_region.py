"""What answers behind the cluster's addresses, as those ask who open ports for it."""

from __future__ import annotations

import pytest

from owlab.pocket.network.routes import NetworkPlace
from owlab.pocket.network.unreached import (
    ConnectionLost,
    ConnectionRefused,
    NoRouteToHost,
    Unreached,
)

from .conftest import Bench
from .test_network import pod, service


async def test_whether_a_service_would_answer(bench: Bench) -> None:
    await bench.make(pod("web", "nginx"))
    for name, target in (("web", 80), ("wrong", 81), ("nobody", 80)):
        app = "nobody" if name == "nobody" else "web"
        await bench.make(service(name, target=target, selector={"app": app}))
    region = bench.cluster.region

    def answers(name: str) -> bool:
        found = bench.store.get("Service", name, "default")
        return region.answers(found, found["spec"]["ports"][0])

    assert [answers(name) for name in ("web", "wrong", "nobody")] == [True, False, False]
    # What a server of the lab answers by itself needs no port to be opened for it.
    region.elsewhere = lambda pod, port: ("127.0.0.1", 9) if port == 81 else None
    assert not answers("wrong")


async def test_ways_into_the_cluster(bench: Bench) -> None:
    await bench.make(pod("web", "nginx"))
    await bench.make(service("web"))
    await bench.make(service("empty", selector={"app": "nobody"}))
    region, store = bench.cluster.region, bench.store
    address = store.get("Pod", "web", "default")["status"]["podIP"]
    ips = {name: store.get("Service", name, "default")["spec"]["clusterIP"]
           for name in ("web", "empty")}  # fmt: skip
    inside = NetworkPlace("master", "127.9.0.1", "master")
    outside = NetworkPlace("other", "127.9.0.9", "other")

    def way(place: NetworkPlace, to: str, port: int) -> str:
        try:
            found = region.find(place, to, port)
        except Unreached as error:
            return type(error).__name__
        return "elsewhere" if found is None else str(found.port)

    lost, refused, no_route = (
        kind.__name__ for kind in (ConnectionLost, ConnectionRefused, NoRouteToHost)
    )
    assert [
        way(inside, address, 80),
        way(inside, address, 81),
        way(inside, "10.42.9.9", 80),
        way(inside, ips["web"], 80),
        way(inside, ips["web"], 81),
        way(inside, ips["empty"], 80),
        way(inside, "10.43.250.250", 80),
        way(inside, "192.0.2.1", 80),
        way(inside, "a-name", 80),
    ] == ["80", refused, no_route, "80", lost, refused, lost, "elsewhere", "elsewhere"]
    assert {way(outside, to, 80) for to in (address, ips["web"])} == {lost}
    assert region.echoes(inside, address) and not region.echoes(inside, "10.42.9.9")
    assert not region.echoes(outside, address)
    # With the node that it is on, a pod is silent.
    node = store.get("Pod", "web", "default")["spec"]["nodeName"]
    bench.fleet.machines[node].running = False
    other = next(name for name in bench.fleet.machines if name != node)
    there = NetworkPlace(other, bench.fleet.machines[other].address, other)
    assert way(there, address, 80) == lost and not region.echoes(there, address)


async def test_ports_that_nodes_open(bench: Bench) -> None:
    await bench.make(pod("web", "nginx", ports=[{"containerPort": 80, "hostPort": 8080}]))
    await bench.make(service("web", type="NodePort", ports=[{"port": 80, "nodePort": 30080}]))
    await bench.make(
        service("udp", type="NodePort",
                ports=[{"port": 53, "nodePort": 30053, "protocol": "UDP", "name": "u"}])
    )  # fmt: skip
    region = bench.cluster.region
    node = bench.store.get("Pod", "web", "default")["spec"]["nodeName"]
    place = NetworkPlace("outside", "127.9.0.99", "")

    def opened(machine: str, port: int) -> int | None:
        found = region.on_machine(place, bench.fleet.machines[machine], port)
        return None if found is None else found.port

    for machine in bench.fleet.machines:
        assert opened(machine, 30080) == 80
        assert opened(machine, 30053) is None
        assert opened(machine, 8080) == (80 if machine == node else None)
        assert opened(machine, 81) is None
    assert [
        (found["metadata"]["name"], entry["nodePort"]) for found, entry in region.opened(30080)
    ] == [("web", 30080)]
    assert list(region.opened(81)) == []
    assert "udp" not in {found["metadata"]["name"] for found, _ in region.opened()}
    assert "web" in {found["metadata"]["name"] for found, _ in region.opened()}


@pytest.mark.parametrize("policy", ["Cluster", "Local"])
async def test_a_policy_that_keeps_to_the_node(bench: Bench, policy: str) -> None:
    await bench.make(pod("web", "nginx"))
    ports = [{"port": 80, "nodePort": 30080}]
    await bench.make(service("web", type="NodePort", ports=ports, externalTrafficPolicy=policy))
    node = bench.store.get("Pod", "web", "default")["spec"]["nodeName"]
    place = NetworkPlace("outside", "127.9.0.99", "")
    for name, machine in bench.fleet.machines.items():
        try:
            found = bench.cluster.region.on_machine(place, machine, 30080)
            answered = found is not None
        except ConnectionLost:
            answered = False
        assert answered is (policy == "Cluster" or name == node)
