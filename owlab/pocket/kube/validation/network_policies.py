"""NetworkPolicies."""

from __future__ import annotations

import ipaddress

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.validation.causes import Causes, unsupported, wrong
from owlab.pocket.kube.validation.pods import port_name

_WAYS = ("Ingress", "Egress")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_RANGE = "must be between 1 and 65535, inclusive"


def network_policy(obj: Object) -> Causes:
    """A NetworkPolicy: its ways, peers and ports."""
    spec = obj.get("spec") or {}
    causes: Causes = []
    for index, way in enumerate(spec.get("policyTypes") or []):
        if way not in _WAYS:
            causes.append((f"spec.policyTypes[{index}]", unsupported(way, _WAYS)))
    for field, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(field) or []):
            place = f"spec.{field}[{index}]"
            for number, port in enumerate(rule.get("ports") or []):
                causes += _port(port, f"{place}.ports[{number}]")
            for number, peer in enumerate(rule.get(peers) or []):
                causes += _peer(peer, f"{place}.{peers}[{number}]")
    return causes


def _port(port: Object, place: str) -> Causes:
    causes: Causes = []
    if (protocol := port.get("protocol", "TCP")) not in _PROTOCOLS:
        causes.append((f"{place}.protocol", unsupported(protocol, _PROTOCOLS)))
    number, last = port.get("port"), port.get("endPort")
    if isinstance(number, int) and not 0 < number < 65536:
        causes.append((f"{place}.port", wrong(number, _RANGE)))
    if isinstance(number, str):
        causes += [(f"{place}.port", text) for text in port_name(number)]
    if last is None:
        return causes
    if number is None:
        said = "Required value: must be specified when `endPort` is specified"
        causes.append((f"{place}.port", said))
    elif isinstance(number, str):
        said = "may not be specified when `port` is non-numeric"
        causes.append((f"{place}.endPort", f"Forbidden: {said}"))
    elif last < number:
        said = "must be greater than or equal to `port`"
        causes.append((f"{place}.endPort", wrong(last, said)))
    return causes


def _peer(peer: Object, place: str) -> Causes:
    if not peer:
        return [(place, "Required value: must specify a peer")]
    block = peer.get("ipBlock")
    if block is None:
        return []
    causes: Causes = []
    if "podSelector" in peer or "namespaceSelector" in peer:
        said = "Forbidden: may not specify both ipBlock and another peer"
        causes.append((place, said))
    cidr = block.get("cidr") or ""
    outer = _network(cidr)
    if not cidr:
        causes.append((f"{place}.ipBlock.cidr", "Required value"))
    elif outer is None:
        causes.append((f"{place}.ipBlock.cidr", wrong(cidr, _CIDR)))
    for index, text in enumerate(block.get("except") or []):
        field, inner = f"{place}.ipBlock.except[{index}]", _network(text)
        if inner is None:
            causes.append((field, wrong(text, _CIDR)))
        elif outer is not None and not _strictly_within(inner, outer):
            causes.append((field, wrong(text, "must be a strict subset of `cidr`")))
    return causes


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def _strictly_within(inner: _Network, outer: _Network) -> bool:
    first, last = inner.network_address, inner.broadcast_address
    return first in outer and last in outer and inner.prefixlen > outer.prefixlen
