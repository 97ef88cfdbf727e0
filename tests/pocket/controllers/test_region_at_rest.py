"""Where the cluster's addresses and ports lead, over objects at rest."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.network.names import Names
from owlab.pocket.kube.network.places import place_of, space_of
from owlab.pocket.kube.network.region import ClusterRegion
from owlab.pocket.network.routes import NetworkPlace, Routes
from owlab.pocket.network.sockets import Listening
from owlab.pocket.network.unreached import Unreached

from .conftest import FakeFleet
from .plain_store import endpoints, namespace, obj, pod, store_of

WEB = pod("web", "10.42.0.1", nodeName="worker1",
          containers=[{"name": "main", "ports": [
              {"containerPort": 80, "hostPort": 8080},
              {"containerPort": 53, "hostPort": 5353, "protocol": "UDP"}]}])  # fmt: skip
FAR = pod("far", "10.42.1.2", nodeName="worker2")
ENDED = pod("ended", "10.42.0.9", nodeName="worker1")
ENDED["status"]["phase"] = "Succeeded"
HOST = pod("host", "127.9.0.3", nodeName="worker2", hostNetwork=True)
DNS = pod("dns", "10.42.0.53", namespace="kube-system")
SPACE = namespace("kube-system")
MASTER = NetworkPlace("machine:master", "127.9.0.1", "master")
ABROAD = NetworkPlace("machine:laptop", "127.9.0.77", "laptop")
TCP = [{"port": 80, "nodePort": 30080}]


def service(name: str, address: str, ports: list[Object], **spec: Any) -> Object:
    return obj("Service", name, {"clusterIP": address, "ports": ports, **spec})


def behind(name: str, *pods: Object, ports: list[Object] | None = None) -> Object:
    made = endpoints(name, *(one["status"]["podIP"] for one in pods), ports=ports)
    for subset in made["subsets"]:
        for address, one in zip(subset["addresses"], pods, strict=True):
            address["nodeName"] = one["spec"]["nodeName"]
    return made


class Scene:
    """Pods whose ports are open, and a region around them."""

    def __init__(self, *objects: Object) -> None:
        self.store = store_of(SPACE, WEB, FAR, ENDED, HOST, *objects)
        self.fleet: Any = FakeFleet("master", "worker1", "worker2", "laptop")
        self.fleet.machines["laptop"].active = False
        self.routes = Routes(self.fleet, Clock())
        for one in self.store.list("Pod"):
            for port, address in ((80, "0.0.0.0"), (81, "127.0.0.1"), (82, "::1")):
                listening = Listening(port, one["metadata"]["name"], address=address)
                self.routes.sockets.listen(space_of(one), listening)
        names = Names(self.store, self.fleet)
        self.region = ClusterRegion(self.store, self.fleet, self.routes, names)
        self.routes.cluster = self.region

    def place(self, name: str, space: str = "default") -> NetworkPlace:
        return place_of(self.store.get("Pod", name, space))

    def way(self, place: NetworkPlace, address: str, port: int) -> str:
        return told(lambda: self.region.find(place, address, port))

    def opened(self, place: NetworkPlace, machine: str, port: int) -> str:
        return told(lambda: self.region.on_machine(place, self.fleet.machines[machine], port))


def told(ask: Any) -> str:
    """Who answers, or why nobody does."""
    try:
        found = ask()
    except Unreached as error:
        return type(error).__name__
    if found is None:
        return "nothing"
    return str(found.real[0]) if found.real else f"{found.program}:{found.port}"


LOST, REFUSED = "ConnectionLost", "ConnectionRefused"
PLAIN = service("plain", "10.43.0.1", TCP)
LOCAL = service("local", "10.43.0.2", TCP, internalTrafficPolicy="Local")
OUT = service("out", "10.43.0.3", TCP, externalIPs=["192.0.2.7"])
NOBODY = service("nobody", "10.43.0.4", TCP)
UDP = service("udp", "10.43.0.5", [{"port": 80, "protocol": "UDP"}])
SERVICES = (PLAIN, LOCAL, OUT, NOBODY, UDP,
            *(behind(name, WEB) for name in ("plain", "local", "out", "udp")))  # fmt: skip


@pytest.mark.parametrize(
    ("address", "port", "who"),
    [
        ("10.42.0.1", 80, "web:80"),
        ("10.42.0.1", 81, REFUSED),
        ("10.42.0.1", 82, REFUSED),
        ("10.42.0.1", 83, REFUSED),
        ("10.42.0.9", 80, "NoRouteToHost"),
        ("10.42.9.9", 80, "NoRouteToHost"),
        ("127.9.0.3", 80, "nothing"),
        ("10.43.0.1", 80, "web:80"),
        ("10.43.0.1", 81, LOST),
        ("10.43.0.2", 80, LOST),
        ("192.0.2.7", 80, "web:80"),
        ("10.43.0.4", 80, REFUSED),
        ("10.43.0.5", 80, LOST),
        ("10.43.9.9", 80, LOST),
        ("192.0.2.8", 80, "nothing"),
        ("name", 80, "nothing"),
    ],
)
def test_where_an_address_leads(address: str, port: int, who: str) -> None:
    scene = Scene(*SERVICES)
    assert scene.way(MASTER, address, port) == who
    # Who is neither in the cluster nor on one of its nodes has no route.
    assert scene.way(ABROAD, address, port) == ("nothing" if who == "nothing" else LOST)


def test_who_is_on_the_node_gets_what_keeps_to_it() -> None:
    scene = Scene(*SERVICES)
    assert scene.way(scene.place("web"), "10.43.0.2", 80) == "web:80"
    assert scene.way(scene.place("far"), "10.43.0.2", 80) == LOST
    assert scene.way(scene.place("far"), "10.43.0.4", 80) == REFUSED


def test_pods_go_with_their_node() -> None:
    scene = Scene(*SERVICES)
    scene.fleet.machines["worker1"].running = False
    assert {scene.way(MASTER, to, 80) for to in ("10.42.0.1", "10.43.0.1")} == {LOST}
    del scene.fleet.machines["worker1"]
    assert scene.way(MASTER, "10.42.0.1", 80) == LOST
    assert not scene.region.echoes(MASTER, "10.42.0.1")
    assert scene.region.echoes(MASTER, "10.42.1.2")


def test_a_service_of_the_nodes_network_leads_to_the_machine() -> None:
    scene = Scene(PLAIN, behind("plain", HOST))
    assert scene.way(MASTER, "10.43.0.1", 80) == "host:80"


def test_the_api_is_on_the_control_plane() -> None:
    api = service("kubernetes", "10.43.0.1", [{"port": 443, "targetPort": 6443}])

    def node(name: str, address: str, **labels: str) -> Object:
        addresses = [{"type": "Hostname", "address": name},
                     {"type": "InternalIP", "address": address}]  # fmt: skip
        return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
                "spec": {}, "status": {"addresses": addresses}}  # fmt: skip

    plane = {"node-role.kubernetes.io/control-plane": "true"}
    nodes = node("aaa", "127.9.0.2"), node("master", "127.9.0.1", **plane)
    assert Scene(api, *nodes).way(MASTER, "10.43.0.1", 443) == "127.9.0.1"
    assert Scene(api, nodes[0]).way(MASTER, "10.43.0.1", 443) == REFUSED
    other = service("kubernetes", "10.43.0.1", [{"port": 443}])
    other["metadata"]["namespace"] = "kube-system"
    assert Scene(other, *nodes).way(MASTER, "10.43.0.1", 443) == REFUSED


BALANCED = {"loadBalancer": {"ingress": [{"ip": "127.9.0.2"}]}}
NODE_PORT = service("np", "10.43.0.1", TCP, type="NodePort")
NODE_LOCAL = {**NODE_PORT, "spec": {**NODE_PORT["spec"], "externalTrafficPolicy": "Local"}}
BALANCER = service("np", "10.43.0.1", TCP, type="LoadBalancer")


@pytest.mark.parametrize(
    ("made", "port", "nodes"),
    [
        (NODE_PORT, 30080, ["web:80", "web:80", "web:80"]),
        (NODE_LOCAL, 30080, [LOST, "web:80", LOST]),
        (NODE_PORT, 80, ["nothing"] * 3),
        (BALANCER, 80, ["nothing"] * 3),
        ({**BALANCER, "status": BALANCED}, 80, ["web:80"] * 3),
        ({**BALANCER, "status": BALANCED}, 30080, ["web:80"] * 3),
        ({**NODE_PORT, "status": BALANCED}, 80, ["nothing"] * 3),
        (NODE_PORT, 8080, ["nothing", "web:80", "nothing"]),
        (NODE_PORT, 5353, ["nothing"] * 3),
    ],
)
def test_what_nodes_open(made: Object, port: int, nodes: list[str]) -> None:
    scene = Scene(made, behind("np", WEB))
    names = ("master", "worker1", "worker2")
    assert [scene.opened(ABROAD, name, port) for name in names] == nodes
    assert scene.opened(ABROAD, "laptop", port) == "nothing"


def test_the_port_of_a_service_without_pods_is_refused() -> None:
    assert Scene(NODE_LOCAL).opened(ABROAD, "worker1", 30080) == REFUSED


def test_which_services_have_ports_on_nodes() -> None:
    both = service("both", "10.43.0.2", [{"port": 81, "nodePort": 30081}, {"port": 82}])
    found = Scene(NODE_PORT, both, service("none", "10.43.0.3", [{"port": 80}])).region

    def names(port: int | None = None) -> list[tuple[str, int]]:
        return [(one["metadata"]["name"], entry["port"]) for one, entry in found.opened(port)]

    assert names() == [("both", 81), ("np", 80)]
    assert names(30081) == [("both", 81)]
    assert names(82) == names(80) == []


def test_whether_a_service_would_be_answered() -> None:
    scene = Scene(PLAIN, behind("plain", WEB, FAR))

    def answers(*ports: Object) -> bool:
        made = behind("plain", WEB, ports=list(ports))
        old = scene.store.draft("Endpoints", "plain", "default")
        scene.store.update({**old, "subsets": made["subsets"]})
        return scene.region.answers(scene.store.get("Service", "plain", "default"), TCP[0])

    assert [answers({"port": port}) for port in (80, 81, 83)] == [True, False, False]
    scene.region.elsewhere = lambda one, port: ("127.0.0.1", 9)
    assert not answers({"port": 83}), "it is a server of the lab that answers there"
    assert scene.way(MASTER, "10.42.0.1", 83) == "127.0.0.1"


def policy(way: str, **rules: Any) -> Object:
    spec = {"podSelector": {}, "policyTypes": [way], **rules}
    return obj("NetworkPolicy", "p", spec, "networking.k8s.io/v1")


@pytest.mark.parametrize(
    ("rules", "way", "names", "out"),
    [
        ({}, "Egress", False, False),
        ({"egress": [{}]}, "Egress", True, True),
        ({"egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}]}, "Egress", True, False),
        ({"egress": [{"ports": [{"port": 53, "protocol": "TCP"}]}]}, "Egress", False, False),
        ({"egress": [{"ports": [{"port": 80}]}]}, "Egress", False, True),
        (
            {"egress": [{"to": [{"namespaceSelector": {"matchLabels": {"x": "y"}}}]}]},
            "Egress", False, False,
        ),
        ({}, "Ingress", True, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("there", [True, False])
def test_policies_for_names_and_pods(
    rules: Object, way: str, names: bool, out: bool, there: bool
) -> None:
    dns = service("kube-dns", "10.43.0.10", [{"port": 53, "name": "dns-tcp"}])
    ends = behind("kube-dns", DNS, ports=[{"port": 53, "name": "dns-tcp"}])
    for one in (dns, ends):
        one["metadata"]["namespace"] = "kube-system"
    objects = (DNS, dns, ends) if there else ()
    scene = Scene(*objects, policy(way, **rules))
    place = scene.place("far")
    # A server of the world is a matter of leaving only.
    server = "10.43.0.10" if there else "192.0.2.53"
    assert scene.region.names_reached(place, server) is names
    assert scene.way(place, "10.42.0.1", 80) == ("web:80" if out else REFUSED)
    pings = way == "Egress" and rules == {"egress": [{}]}
    assert scene.region.echoes(place, "10.42.0.1") is pings
    assert scene.region.permits(place, "192.0.2.1", 80) is (out or way == "Ingress")


def test_a_host_port_keeps_to_policies() -> None:
    scene = Scene(policy("Ingress"))
    assert scene.opened(ABROAD, "worker1", 8080) == REFUSED


def test_whom_the_name_server_answers() -> None:
    dns = service("kube-dns", "10.43.0.10", [{"port": 53, "name": "dns-tcp"}])
    ends = behind("kube-dns", DNS)
    for one in (dns, ends):
        one["metadata"]["namespace"] = "kube-system"
    scene = Scene(DNS, dns, ends, PLAIN)
    name = "plain.default.svc.cluster.local"

    def asked(place: NetworkPlace, server: str = "10.43.0.10") -> list[str] | None:
        answer = scene.region.ask(place, server, name, "A")
        return None if answer is None else answer.addresses()

    assert asked(MASTER) == asked(scene.place("far")) == ["10.43.0.1"]
    assert asked(ABROAD) is None and asked(MASTER, "10.43.0.11") is None


def test_a_forwarded_connection_comes_from_the_pod_itself() -> None:
    scene, heard = Scene(), list[str]()

    async def serve(far: Any, peer: str) -> None:
        heard.append(peer)

    async def connect() -> None:
        for port in (90, 91):
            made = scene.store.get("Pod", "web", "default")
            address = "127.0.0.1" if port == 90 else "0.0.0.0"
            listening = Listening(port, "mine", serve, address=address)
            scene.routes.sockets.listen(space_of(made), listening)
            (await scene.region.inside(made, port)).close()
            await asyncio.sleep(0)

    asyncio.run(connect())
    assert heard == ["127.0.0.1", "127.0.0.1"]
