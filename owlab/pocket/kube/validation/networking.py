"""Services and Ingresses."""

from __future__ import annotations

from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.validation.causes import Causes, duplicates, shown, unsupported, wrong
from owlab.pocket.kube.validation.names import label
from owlab.pocket.kube.validation.pods import port_name

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_PATHS = ("Exact", "ImplementationSpecific", "Prefix")
_RANGE = "must be between 1 and 65535, inclusive"


def service(obj: Object) -> Causes:
    """A Service: its type, and ports that can be told apart."""
    spec = obj.get("spec") or {}
    ports = spec.get("ports") or []
    sort = spec.get("type", "ClusterIP")
    causes: Causes = []
    if sort not in _TYPES:
        causes.append(("spec.type", unsupported(sort, _TYPES)))
    if not ports and sort != "ExternalName" and spec.get("clusterIP") != "None":
        causes.append(("spec.ports", "Required value"))
    if sort == "ExternalName" and not spec.get("externalName"):
        causes.append(("spec.externalName", "Required value"))
    seen: list[tuple[Any, Any]] = []
    for index, port in enumerate(ports):
        place = f"spec.ports[{index}]"
        if port.get("name"):
            causes += [(f"{place}.name", text) for text in label(port["name"])]
        elif len(ports) > 1:
            causes.append((f"{place}.name", "Required value"))
        causes += _port(port, place)
        key = (port.get("protocol", "TCP"), port.get("port"))
        if key in seen:
            causes.append((place, f"Duplicate value: {_in_full(port)}"))
        seen.append(key)
    return [*causes, *duplicates("spec.ports", "name", (p.get("name") or None for p in ports))]


def _port(port: Object, place: str) -> Causes:
    causes: Causes = []
    number, target = port.get("port") or 0, port.get("targetPort")
    if not 0 < number < 65536:
        causes.append((f"{place}.port", wrong(number, _RANGE)))
    if (protocol := port.get("protocol", "TCP")) not in _PROTOCOLS:
        causes.append((f"{place}.protocol", unsupported(protocol, _PROTOCOLS)))
    if isinstance(target, int) and target and not 0 < target < 65536:
        causes.append((f"{place}.targetPort", wrong(target, _RANGE)))
    if isinstance(target, str):
        causes += [(f"{place}.targetPort", text) for text in port_name(target)]
    return causes


def _in_full(port: Object) -> str:
    # Kubernetes shows its internal form of the port here.
    return shown(
        {
            "Name": port.get("name", ""),
            "Protocol": port.get("protocol", "TCP"),
            "AppProtocol": port.get("appProtocol"),
            "Port": port.get("port", 0),
            "TargetPort": port.get("targetPort", 0),
            "NodePort": port.get("nodePort", 0),
        }
    )


def ingress(obj: Object) -> Causes:
    """An Ingress: somewhere to go, and by which kind of path."""
    spec = obj.get("spec") or {}
    if not spec.get("defaultBackend") and not spec.get("rules"):
        said = "either `defaultBackend` or `rules` must be specified"
        return [("spec", wrong(spec.get("rules") or [], said))]
    causes: Causes = []
    for index, rule in enumerate(spec.get("rules") or []):
        for number, path in enumerate((rule.get("http") or {}).get("paths") or []):
            place = f"spec.rules[{index}].http.paths[{number}]"
            sort = path.get("pathType")
            if not sort:
                causes.append((f"{place}.pathType", "Required value: pathType must be specified"))
            elif sort not in _PATHS:
                causes.append((f"{place}.pathType", unsupported(sort, _PATHS)))
            elif sort != "ImplementationSpecific" and not path.get("path", "").startswith("/"):
                said = wrong(path.get("path", ""), "must be an absolute path")
                causes.append((f"{place}.path", said))
    return causes
