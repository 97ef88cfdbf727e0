"""NetworkPolicies: which connections to and from pods K3s' policy controller lets through."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.store import Store
from owlab.pocket.network.routes import NetworkPlace

_SWITCH = "--disable-network-policy"
_NODE_ARGS = "k3s.io/node-args"
_FIELDS = {"Ingress": "ingress", "Egress": "egress"}


class NetworkPolicies:
    """Asked for each connection; it remembers nothing. What is not let through is rejected."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def permit(
        self, place: NetworkPlace, target: Object, port: int | None, protocol: str = "TCP"
    ) -> bool:
        """Whether a pod can be reached from a place; without a port, by ping."""
        if not self._list() or self._off():
            return True
        source = self._pod_of(place)
        enters = self._enters(place, source, target, port, protocol)
        return enters and self._leaves(source, target, _address(target), port, protocol)

    def permit_leaving(
        self, place: NetworkPlace, address: str, port: int | None, protocol: str = "TCP"
    ) -> bool:
        """Whether a pod may reach an address that no pod has."""
        if not place.pod or not self._list() or self._off():
            return True
        return self._leaves(self._pod_of(place), None, address, port, protocol)

    def _list(self) -> list[Object]:
        return self._store.list("NetworkPolicy")

    def _off(self) -> bool:
        """The controller was not started with the server."""
        for node in self._store.list("Node"):
            annotations = node["metadata"].get("annotations") or {}
            if _SWITCH in str(annotations.get(_NODE_ARGS, "")):
                return True
        return False

    def _pod_of(self, place: NetworkPlace) -> Object | None:
        found = self._store.by_uid(place.pod) if place.pod else None
        return found if found is not None and not found["spec"].get("hostNetwork") else None

    def _enters(
        self,
        place: NetworkPlace,
        source: Object | None,
        target: Object,
        port: int | None,
        protocol: str,
    ) -> bool:
        if place.pod == "control-plane":
            return True  # it comes through the kubelet of the pod's own node
        if source is None and place.node and place.node == target["spec"].get("nodeName"):
            return True  # a node reaches its own pods, else no probe would pass
        rules = self._rules(target, "Ingress")
        if rules is None:
            return True
        address = _address(source) if source is not None else place.address
        return any(
            self._peer(rule.get("from"), source, address, space)
            and _opens(rule, target, port, protocol)
            for space, rule in rules
        )

    def _leaves(
        self,
        source: Object | None,
        target: Object | None,
        address: str,
        port: int | None,
        protocol: str,
    ) -> bool:
        rules = self._rules(source, "Egress") if source is not None else None
        if rules is None:
            return True
        return any(
            self._peer(rule.get("to"), target, address, space)
            and _opens(rule, target, port, protocol)
            for space, rule in rules
        )

    def _rules(self, pod: Object, way: str) -> list[tuple[str, Object]] | None:
        """All rules for a pod's connections one way; None where no policy selects it."""
        namespace = pod["metadata"]["namespace"]
        chosen = [
            policy["spec"]
            for policy in self._store.list("NetworkPolicy", namespace)
            if way in policy_types(policy["spec"])
            and selectors.from_object(policy["spec"].get("podSelector") or {})(_labels(pod))
        ]
        if not chosen:
            return None
        return [(namespace, rule) for spec in chosen for rule in spec.get(_FIELDS[way]) or []]

    def _peer(
        self, peers: Iterable[Object] | None, pod: Object | None, address: str, space: str
    ) -> bool:
        """Whether the other side is one of the peers; no peers are all."""
        return not peers or any(self._is(peer, pod, address, space) for peer in peers)

    def _is(self, peer: Object, pod: Object | None, address: str, space: str) -> bool:
        if "ipBlock" in peer:
            return _in_block(peer["ipBlock"], address)
        if pod is None:
            return False
        namespace = pod["metadata"]["namespace"]
        if "namespaceSelector" in peer:
            found = self._store.find("Namespace", namespace) or {"metadata": {}}
            if not selectors.from_object(peer["namespaceSelector"])(_labels(found)):
                return False
        elif namespace != space:
            return False
        return selectors.from_object(peer.get("podSelector") or {})(_labels(pod))


def policy_types(spec: Object) -> list[str]:
    """The ways that a policy is about, where it does not say so itself."""
    given = spec.get("policyTypes")
    if given:
        return list(given)
    return ["Ingress", *(["Egress"] if spec.get("egress") else [])]


def _opens(rule: Object, target: Object | None, port: int | None, protocol: str) -> bool:
    """Whether a rule is about a port; a ping has none."""
    ports = rule.get("ports")
    if not ports:
        return True
    return port is not None and any(
        entry.get("protocol", "TCP") == protocol and port in _numbers(entry, target)
        for entry in ports
    )


def _numbers(entry: Object, target: Object | None) -> range:
    first = entry.get("port")
    if first is None:
        return range(65536)
    if isinstance(first, str):
        found = next((n for name, n in _named(target) if name == first), None)
        return range(0) if found is None else range(found, found + 1)
    return range(int(first), int(entry.get("endPort") or first) + 1)


def _named(pod: Object | None) -> Iterator[tuple[str, int]]:
    for container in (pod or {"spec": {}})["spec"].get("containers") or ():
        for port in container.get("ports") or ():
            if port.get("name"):
                yield port["name"], int(port["containerPort"])


def _in_block(block: Object, address: str) -> bool:
    try:
        number = ipaddress.ip_address(address)
        inside = number in ipaddress.ip_network(block["cidr"], strict=False)
        without = [ipaddress.ip_network(net, strict=False) for net in block.get("except") or ()]
    except ValueError:
        return False
    return inside and not any(number in net for net in without)


def _labels(obj: Object) -> dict[str, str]:
    return dict(obj["metadata"].get("labels") or {})


def _address(pod: Object) -> str:
    return str((pod.get("status") or {}).get("podIP") or "")
