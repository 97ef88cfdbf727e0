"""Services as variables of a container: those that were there when it started."""

from __future__ import annotations

import re

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Store


def service_links(pod: Object, store: Store) -> dict[str, str]:
    """Those of its namespace unless ``enableServiceLinks`` is off; always the API's own."""
    links: dict[str, str] = {}
    if pod["spec"].get("enableServiceLinks", True):
        for service in store.list("Service", pod["metadata"]["namespace"]):
            links |= _of(service)
    api = store.find("Service", "kubernetes", "default")
    return links | (_of(api) if api is not None else {})


def _of(service: Object) -> dict[str, str]:
    spec = service["spec"]
    address, ports = spec.get("clusterIP"), spec.get("ports") or []
    if address in (None, "", "None") or not ports:
        return {}
    name = _shell_name(service["metadata"]["name"])
    found = {
        f"{name}_SERVICE_HOST": str(address),
        f"{name}_SERVICE_PORT": str(ports[0]["port"]),
        f"{name}_PORT": _place(address, ports[0]),
    }
    for port in ports:
        protocol = str(port.get("protocol", "TCP"))
        if port.get("name"):
            found[f"{name}_SERVICE_PORT_{_shell_name(port['name'])}"] = str(port["port"])
        start = f"{name}_PORT_{port['port']}_{protocol}"
        found |= {
            start: _place(address, port),
            f"{start}_PROTO": protocol.lower(),
            f"{start}_PORT": str(port["port"]),
            f"{start}_ADDR": str(address),
        }
    return found


def _place(address: str, port: Object) -> str:
    return f"{str(port.get('protocol', 'TCP')).lower()}://{address}:{port['port']}"


def _shell_name(name: str) -> str:
    return re.sub(r"[^A-Z0-9_]", "_", name.upper())
