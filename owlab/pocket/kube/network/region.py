"""The cluster's addresses: which pod a connection to one of them ends at."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator

from owlab.pocket.ground.views import FleetView, Object
from owlab.pocket.kube.network.balancing import Balancer
from owlab.pocket.kube.network.names import Names
from owlab.pocket.kube.network.places import space_of
from owlab.pocket.kube.network.policies import NetworkPolicies
from owlab.pocket.kube.object_state import is_finished
from owlab.pocket.kube.store import Store
from owlab.pocket.network.dns import NameAnswer
from owlab.pocket.network.ends import Ends
from owlab.pocket.network.network_hosts import NetworkHost
from owlab.pocket.network.routes import NetworkPlace, Routes
from owlab.pocket.network.sockets import Listening
from owlab.pocket.network.unreached import ConnectionLost, ConnectionRefused, NoRouteToHost

_PODS, _SERVICES = ipaddress.ip_network("10.42.0.0/16"), ipaddress.ip_network("10.43.0.0/16")
_API = ("kubernetes", "default")

Elsewhere = Callable[[Object, int], tuple[str, int] | None]
"""Where a server of the lab answers for a port of a pod, if one does."""


class ClusterRegion:
    """What kube-proxy and the pod network make of an address. Implements ``Region``."""

    def __init__(self, store: Store, fleet: FleetView, routes: Routes, names: Names) -> None:
        self._store, self._fleet, self._routes, self._names = store, fleet, routes, names
        self._balancer = Balancer(store)
        self._policies = NetworkPolicies(store)
        self.elsewhere: Elsewhere = lambda pod, port: None

    async def connect(self, peer: str, address: str, port: int, limit: float | None = None) -> Ends:
        """From the control plane, which reaches every pod; raises Unreached."""
        place = NetworkPlace("control-plane", peer, "", "control-plane")
        return await self._routes.connect(place, address, port, limit)

    async def inside(self, pod: Object, port: int) -> Ends:
        """To a port of a pod as its own containers reach it; raises Unreached."""
        found = self._routes.sockets.at(space_of(pod), port)
        if found is None:
            found = self._listening(pod, port)
        return await self._routes.sockets.connect(found, "127.0.0.1")

    async def from_outside(self, peer: str, machine: NetworkHost, port: int) -> Ends:
        """To what a node opens; raises Unreached."""
        found = self.on_machine(NetworkPlace("outside", peer, ""), machine, port)
        if found is None:
            raise ConnectionRefused
        return await self._routes.sockets.connect(found, peer)

    def choose(self, service: Object, entry: Object, peer: str) -> tuple[str, int] | None:
        """The end of a Service that somebody gets; None where none is ready."""
        return self._balancer.choose(service, entry, peer, None)

    def find(self, place: NetworkPlace, address: str, port: int) -> Listening | None:
        """Who listens there; None where the address is none of the cluster's."""
        try:
            number = ipaddress.ip_address(address)
        except ValueError:
            return None
        service = self._service_of(address)
        if service is None and number not in _PODS and number not in _SERVICES:
            return None
        if not place.pod and not self._is_node(place.node):
            raise ConnectionLost  # no route leads there: the gateway drops the packets
        if service is None and number in _PODS:
            return self._in_pod(place, address, port)
        entry = next((e for e in _ports(service) if e["port"] == port), None)
        if service is None or entry is None:
            raise ConnectionLost  # kube-proxy has no rule for it
        return self._through(
            place, service, entry, _kept_to(service, "internalTrafficPolicy", place.node)
        )

    def on_machine(self, place: NetworkPlace, machine: NetworkHost, port: int) -> Listening | None:
        """What a node opens: NodePorts, load balancers' ports, host ports of pods."""
        if not self._is_node(machine.name):
            return None
        for service, entry in self.opened(port):
            only = _kept_to(service, "externalTrafficPolicy", machine.name)
            return self._through(place, service, entry, only)
        for pod in self._store.indexed("node", machine.name.lower()):
            inner = _host_port(pod, port)
            if inner is not None and _runs(pod):
                if not self._policies.permit(place, pod, inner):
                    raise ConnectionRefused
                return self._listening(pod, inner)
        return None

    def ask(self, place: NetworkPlace, server: str, name: str, kind: str) -> NameAnswer | None:
        """What its name server says; None where that cannot be reached."""
        reached = place.pod or self._is_node(place.node)
        return self._names.ask(name, kind) if reached and self._names.answers(server) else None

    def echoes(self, place: NetworkPlace, address: str) -> bool:
        """Some pod has the address, and its node is up."""
        pod = self.pod_at(address)
        if pod is None or not (place.pod or self._is_node(place.node)):
            return False
        machine = self._fleet.get(str(pod["spec"].get("nodeName")))
        up = machine is not None and machine.running
        return up and self._policies.permit(place, pod, None)

    def permits(self, place: NetworkPlace, address: str, port: int | None) -> bool:
        """Whether a pod may reach a machine."""
        return self._policies.permit_leaving(place, address, port)

    def names_reached(self, place: NetworkPlace, server: str) -> bool:
        """Whether a pod's questions reach a name server."""
        if not self._names.answers(server):
            return self._policies.permit_leaving(place, server, 53, "UDP")
        service = self._service_of(server)
        ends = self._balancer.ends(service, {"name": "dns-tcp"}) if service is not None else []
        pods = [pod for address, _, _ in ends if (pod := self.pod_at(address)) is not None]
        return not pods or any(self._policies.permit(place, pod, 53, "UDP") for pod in pods)

    def opened(self, port: int | None = None) -> Iterator[tuple[Object, Object]]:
        """Services with ports on every node, and those ports: one number, or all."""
        for service in self._store.list("Service"):
            for entry in _ports(service):
                numbers = [entry.get("nodePort")]
                if service["spec"].get("type") == "LoadBalancer" and _balanced(service):
                    numbers.append(entry["port"])
                if (port is None and any(numbers)) or (port is not None and port in numbers):
                    yield service, entry

    def answers(self, service: Object, entry: Object) -> bool:
        """Some pod behind a port of a Service would answer."""
        return any(
            self._listens(address, number)
            for address, number, _ in self._balancer.ends(service, entry)
        )

    def _listens(self, address: str, port: int) -> bool:
        pod = self.pod_at(address)
        if pod is None:
            return False
        try:
            return self._listening(pod, port).real is None
        except ConnectionRefused:
            return False

    def _through(
        self, place: NetworkPlace, service: Object, entry: Object, only: str | None
    ) -> Listening:
        chosen = self._balancer.choose(service, entry, place.address, only)
        meta = service["metadata"]
        if chosen is None and (meta["name"], meta["namespace"]) == _API:
            return self._api(place, entry)
        if chosen is None:
            # With a policy that keeps to the node packets are dropped, else they are refused.
            raise (
                ConnectionLost
                if only is not None and self._balancer.ends(service, entry)
                else ConnectionRefused
            )
        address, port = chosen
        return self._in_pod(place, address, port)

    def _api(self, place: NetworkPlace, entry: Object) -> Listening:
        for node in self._store.list("Node"):
            if "node-role.kubernetes.io/control-plane" in (node["metadata"].get("labels") or {}):
                address = _address(node)
                return self._routes.find(place, address, int(entry.get("targetPort") or 6443))
        raise ConnectionRefused

    def _in_pod(self, place: NetworkPlace, address: str, port: int) -> Listening:
        pod = self.pod_at(address)
        if pod is None:
            if any(machine.address == address for machine in self._fleet.all()):
                return self._routes.find(place, address, port)
            raise NoRouteToHost
        machine = self._fleet.get(str(pod["spec"].get("nodeName")))
        if machine is None or not machine.running:
            raise ConnectionLost
        if not self._policies.permit(place, pod, port):
            raise ConnectionRefused  # K3s' controller rejects, others drop
        return self._listening(pod, port)

    def _listening(self, pod: Object, port: int) -> Listening:
        found = self._routes.sockets.at(space_of(pod), port)
        if found is not None and found.address not in ("127.0.0.1", "::1"):
            return found
        real = self.elsewhere(pod, port)
        if real is None:
            raise ConnectionRefused
        return Listening(port, "", real=real)

    def pod_at(self, address: str) -> Object | None:
        """The pod that has an address now."""
        found = (pod for pod in self._store.indexed("address", address) if _runs(pod))
        return next(found, None)

    def _service_of(self, address: str) -> Object | None:
        for service in self._store.list("Service"):
            spec = service["spec"]
            if address in (spec.get("clusterIP"), *(spec.get("externalIPs") or ())):
                return service
        return None

    def _is_node(self, name: str) -> bool:
        machine = self._fleet.get(name)
        return machine is not None and (
            machine.service_active("k3s") or machine.service_active("k3s-agent")
        )


def _ports(service: Object | None) -> list[Object]:
    ports = (service or {"spec": {}})["spec"].get("ports") or []
    return [port for port in ports if port.get("protocol", "TCP") == "TCP"]


def _kept_to(service: Object, policy: str, node: str) -> str | None:
    """The node that a traffic policy keeps to."""
    return node.lower() if service["spec"].get(policy) == "Local" else None


def _balanced(service: Object) -> bool:
    status = service.get("status") or {}
    return bool((status.get("loadBalancer") or {}).get("ingress"))


def _host_port(pod: Object, port: int) -> int | None:
    for container in pod["spec"].get("containers") or ():
        for own in container.get("ports") or ():
            if own.get("hostPort") == port and own.get("protocol", "TCP") == "TCP":
                return int(own["containerPort"])
    return None


def _runs(pod: Object) -> bool:
    return not is_finished(pod) and not pod["spec"].get("hostNetwork")


def _address(node: Object) -> str:
    known = node["status"].get("addresses") or ()
    return next((str(a["address"]) for a in known if a["type"] == "InternalIP"), "")
