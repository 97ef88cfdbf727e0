"""Where a pod stands in the network."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.network.routes import NetworkPlace


def space_of(pod: Object) -> str:
    """The namespace of its sockets: its node's, where it uses the node's network."""
    if pod["spec"].get("hostNetwork"):
        return f"machine:{pod['spec'].get('nodeName')}"
    return f"pod:{pod['metadata']['uid']}"


def place_of(pod: Object) -> NetworkPlace:
    """As whom its containers connect."""
    address = str(pod["status"].get("podIP") or "")
    node = str(pod["spec"].get("nodeName") or "")
    return NetworkPlace(space_of(pod), address, node, str(pod["metadata"]["uid"]))
