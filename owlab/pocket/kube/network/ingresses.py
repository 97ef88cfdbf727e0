"""Ingresses: which Service a request for a host and a path is for, as traefik routes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Store

CONTROLLER = "traefik.io/ingress-controller"
CLASS = "traefik"
DEFAULT = "ingressclass.kubernetes.io/is-default-class"
ENTRY_POINTS = "traefik.ingress.kubernetes.io/router.entrypoints"
_OLD = "kubernetes.io/ingress.class"


@dataclass(frozen=True, slots=True)
class IngressRoute:
    """Where a request goes: a port of a Service."""

    namespace: str
    service: str
    port: int | str


def served(store: Store, ingress: Object) -> bool:
    """Traefik looks at it: its class is traefik's, or it has none."""
    name = (ingress.get("spec") or {}).get("ingressClassName")
    if name:
        found = store.find("IngressClass", name)
        return found is not None and found["spec"].get("controller") == CONTROLLER
    old = (ingress["metadata"].get("annotations") or {}).get(_OLD)
    return old in (None, "", CLASS)


def route(store: Store, host: str, path: str, entry_point: str) -> IngressRoute | None:
    """The best rule of all Ingresses for a request; None where none fits."""
    best: tuple[tuple[int, ...], IngressRoute] | None = None
    for ingress in store.list("Ingress"):
        if not served(store, ingress) or not _enters(ingress, entry_point):
            continue
        for rank, backend in _fitting(ingress, host.partition(":")[0].lower(), path or "/"):
            found = _to(ingress, backend)
            if found is not None and (best is None or rank > best[0]):
                best = rank, found
    return best[1] if best is not None else None


def _enters(ingress: Object, entry_point: str) -> bool:
    wanted = (ingress["metadata"].get("annotations") or {}).get(ENTRY_POINTS)
    return not wanted or entry_point in [one.strip() for one in wanted.split(",")]


def _fitting(ingress: Object, host: str, path: str) -> Iterator[tuple[tuple[int, ...], Object]]:
    """Backends for a request, each with how well it fits."""
    spec = ingress.get("spec") or {}
    for rule in spec.get("rules") or []:
        by_host = _host_rank(rule.get("host") or "", host)
        if by_host is None:
            continue
        for entry in (rule.get("http") or {}).get("paths") or []:
            wanted, sort = entry.get("path") or "/", entry.get("pathType")
            if _path_fits(wanted, sort, path):
                yield (by_host, int(sort == "Exact"), len(wanted)), entry.get("backend") or {}
    if spec.get("defaultBackend"):
        yield (-1, 0, 0), spec["defaultBackend"]


def _host_rank(wanted: str, host: str) -> int | None:
    if not wanted:
        return 0
    if wanted.startswith("*."):
        label, _, rest = host.partition(".")
        return 1 if label and rest == wanted[2:].lower() else None
    return 2 if wanted.lower() == host else None


def _path_fits(wanted: str, sort: str | None, path: str) -> bool:
    if sort == "Exact":
        return path == wanted
    if sort == "Prefix":
        plain = wanted.rstrip("/")
        return path == plain or path.startswith(f"{plain}/")
    return path.startswith(wanted)


def _to(ingress: Object, backend: Object) -> IngressRoute | None:
    service = backend.get("service")
    if not service:
        return None
    port = service.get("port") or {}
    number = port.get("number") or port.get("name") or 0
    return IngressRoute(str(ingress["metadata"]["namespace"]), str(service["name"]), number)


def ends(store: Store, found: IngressRoute) -> list[tuple[str, int]] | None:
    """Addresses of the pods behind a route; None where the Service or its port is not there."""
    service = store.find("Service", found.service, found.namespace)
    if service is None:
        return None
    entries = service["spec"].get("ports") or []
    entry = next((e for e in entries if found.port in (e["port"], e.get("name"))), None)
    if entry is None:
        return None
    endpoints = store.find("Endpoints", found.service, found.namespace) or {}
    return [
        (str(address["ip"]), int(port["port"]))
        for subset in endpoints.get("subsets") or []
        for port in subset.get("ports") or []
        if port.get("name", "") == entry.get("name", "")
        for address in subset.get("addresses") or []
    ]


def certificates(store: Store, host: str) -> Object | None:
    """The Secret with the certificate that some Ingress gives for a host."""
    for ingress in store.list("Ingress"):
        if not served(store, ingress):
            continue
        for entry in (ingress.get("spec") or {}).get("tls") or []:
            hosts = entry.get("hosts") or []
            if any(_host_rank(wanted, host) for wanted in hosts) and entry.get("secretName"):
                space = str(ingress["metadata"]["namespace"])
                return store.find("Secret", entry["secretName"], space)
    return None
