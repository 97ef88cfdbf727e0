"""The cluster's name server: what CoreDNS answers, as K3s sets it up."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from owlab.pocket.ground.views import FleetView, Object
from owlab.pocket.kube.store import Store
from owlab.pocket.network.dns import NameAnswer, NameRecord, outside

SERVER = "10.43.0.10"
ZONE = "cluster.local"


class Names:
    """The zone of the cluster, its nodes, and the names of the world outside."""

    def __init__(self, store: Store, fleet: FleetView) -> None:
        self._store, self._fleet = store, fleet

    def answers(self, server: str = SERVER) -> bool:
        """A name server has the address: the Service of CoreDNS, with a pod that is ready."""
        for service in self._store.list("Service"):
            if service["spec"].get("clusterIP") == server:
                meta = service["metadata"]
                found = self._store.find("Endpoints", meta["name"], meta["namespace"]) or {}
                ports = [port.get("port") for port in service["spec"].get("ports") or ()]
                ready = any(s.get("addresses") for s in found.get("subsets") or ())
                return ready and 53 in ports
        return False

    def ask(self, name: str, kind: str = "A") -> NameAnswer:
        """What is known of a name."""
        plain = name.rstrip(".").lower()
        if kind == "PTR" or plain.endswith(".in-addr.arpa"):
            return self._reverse(plain)
        if plain == ZONE or plain.endswith(f".{ZONE}"):
            return self._cluster(plain, kind)
        address = outside(self._fleet, plain, self._nodes())
        if address is None:
            return NameAnswer("NXDOMAIN")
        return NameAnswer(
            records=[NameRecord(plain, "A", address, 30)] if kind in ("A", "ANY") else []
        )

    def _nodes(self) -> dict[str, str]:
        return {
            node["metadata"]["name"]: address["address"]
            for node in self._store.list("Node")
            for address in node["status"].get("addresses") or ()
            if address["type"] == "InternalIP"
        }

    def _cluster(self, name: str, kind: str) -> NameAnswer:
        labels = name.split(".")[:-2]
        if not labels or labels in (["svc"], ["pod"]):
            return NameAnswer()
        *rest, sort = labels
        if sort == "pod" and len(rest) == 2:
            return self._pod(name, rest[0], kind)
        if sort != "svc" or self._store.find("Namespace", rest[-1] if rest else "") is None:
            return NameAnswer("NXDOMAIN")
        if len(rest) == 1:
            return NameAnswer()
        service = self._store.find("Service", rest[-2], rest[-1])
        if service is None:
            return NameAnswer("NXDOMAIN")
        above = rest[:-2]
        if not above:
            return self._service(name, service, kind)
        if len(above) == 1 and not above[0].startswith("_"):
            return self._member(name, service, above[0], kind)
        if len(above) == 2 and above[0].startswith("_"):
            return self._ports(name, service, above, kind)
        return NameAnswer("NXDOMAIN")

    def _service(self, name: str, service: Object, kind: str) -> NameAnswer:
        spec = service["spec"]
        if spec.get("type") == "ExternalName":
            target = str(spec.get("externalName", "")).rstrip(".")
            further = self.ask(target, kind).records if kind in ("A", "ANY") else []
            return NameAnswer(records=[NameRecord(name, "CNAME", f"{target}."), *further])
        if kind == "SRV":
            return self._ports(name, service, [], kind)
        if kind not in ("A", "ANY"):
            return NameAnswer()
        if spec.get("clusterIP") != "None":
            return NameAnswer(records=[NameRecord(name, "A", str(spec.get("clusterIP")))])
        found = [NameRecord(name, "A", address) for address, _ in self._members(service)]
        # A headless Service without ready pods has no name.
        return NameAnswer(records=found) if found else NameAnswer("NXDOMAIN")

    def _member(self, name: str, service: Object, host: str, kind: str) -> NameAnswer:
        found = [
            NameRecord(name, "A", address)
            for address, own in self._members(service)
            if host == own and service["spec"].get("clusterIP") == "None"
        ]
        if not found:
            return NameAnswer("NXDOMAIN")
        return NameAnswer(records=found if kind in ("A", "ANY") else [])

    def _members(self, service: Object) -> Iterator[tuple[str, str]]:
        """Addresses of the ready ones, and the names that they have below the Service's."""
        meta = service["metadata"]
        endpoints = self._store.find("Endpoints", meta["name"], meta["namespace"]) or {}
        for subset in endpoints.get("subsets") or ():
            for address in subset.get("addresses") or ():
                pod = self._pod_of(address, meta["namespace"])
                spec = (pod or {"spec": {}})["spec"]
                host = spec.get("hostname") if spec.get("subdomain") == meta["name"] else None
                yield address["ip"], str(host or address["ip"].replace(".", "-"))

    def _pod_of(self, address: Object, namespace: str) -> Object | None:
        reference = address.get("targetRef") or {}
        return self._store.find("Pod", reference.get("name", ""), namespace)

    def _ports(self, name: str, service: Object, above: list[str], kind: str) -> NameAnswer:
        meta = service["metadata"]
        base = f"{meta['name']}.{meta['namespace']}.svc.{ZONE}"
        records = []
        for port in service["spec"].get("ports") or ():
            own = [f"_{port.get('name', '')}", f"_{port.get('protocol', 'TCP').lower()}"]
            if above and above != own:
                continue
            if service["spec"].get("clusterIP") == "None":
                target = port.get("targetPort")
                number = target if isinstance(target, int) else port["port"]
                hosts = [f"{host}.{base}" for _, host in self._members(service)]
            else:
                number, hosts = port["port"], [base]
            records += [NameRecord(name, "SRV", f"0 100 {number} {host}.") for host in hosts]
        if not records:
            return NameAnswer("NXDOMAIN")
        return NameAnswer(records=records if kind in ("SRV", "ANY") else [])

    def _pod(self, name: str, dashed: str, kind: str) -> NameAnswer:
        try:
            address = str(ipaddress.IPv4Address(dashed.replace("-", ".")))
        except ValueError:
            return NameAnswer("NXDOMAIN")
        return NameAnswer(records=[NameRecord(name, "A", address)] if kind in ("A", "ANY") else [])

    def _reverse(self, name: str) -> NameAnswer:
        address = ".".join(reversed(name.removesuffix(".in-addr.arpa").split(".")))
        for service in self._store.list("Service"):
            meta = service["metadata"]
            base = f"{meta['name']}.{meta['namespace']}.svc.{ZONE}."
            if service["spec"].get("clusterIP") == address:
                return NameAnswer(records=[NameRecord(name, "PTR", base)])
            if service["spec"].get("clusterIP") == "None":
                for own, host in self._members(service):
                    if own == address:
                        return NameAnswer(records=[NameRecord(name, "PTR", f"{host}.{base}")])
        nodes = (node for node, own in self._nodes().items() if own == address)
        node = next(nodes, None)
        return (
            NameAnswer(records=[NameRecord(name, "PTR", f"{node}.")])
            if node
            else NameAnswer("NXDOMAIN")
        )
