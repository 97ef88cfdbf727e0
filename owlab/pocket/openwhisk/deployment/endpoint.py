"""Where OpenWhisk can be reached, as the cluster's objects say."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Store
from owlab.pocket.openwhisk.deployment.components_ready import environment

# What the chart's value invoker.containerFactory.enableConcurrency gives to actions.
CONCURRENT = "__OW_ALLOW_CONCURRENT=true"


@dataclass(frozen=True)
class OpenWhiskEndpoint:
    """A release whose front end is ready."""

    release: str
    namespace: str
    node_port: int
    certificate: bytes
    key: bytes = field(repr=False)
    guest_key: str = field(repr=False)
    system_key: str = field(repr=False)
    limits: dict[str, str] = field(default_factory=dict)
    """The controller's environment, in which the chart's values stand."""
    target_port: int = 443
    """The port of its pods that the node port leads to."""
    allow_concurrent: bool = False
    """The invoker lets containers answer several calls at a time."""


def find_endpoint(store: Store) -> OpenWhiskEndpoint | None:
    """The endpoint of the first release that is up, or None."""
    for service in store.list("Service"):
        name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
        if not name.endswith("-nginx") or service["spec"].get("type") != "NodePort":
            continue
        release = name.removesuffix("-nginx")
        endpoints = store.find("Endpoints", name, namespace) or {}
        if not any(s.get("addresses") for s in endpoints.get("subsets") or []):
            continue
        auth = store.find("Secret", f"{release}-whisk.auth", namespace)
        tls = store.find("Secret", name, namespace)
        port = _https_port(service)
        if auth is None or tls is None or port is None:
            continue
        pair = tls.get("data") or {}
        if not (pair.get("tls.crt") and pair.get("tls.key")):
            continue  # nginx does not start without them
        return OpenWhiskEndpoint(
            release,
            namespace,
            port,
            base64.b64decode(pair["tls.crt"]),
            base64.b64decode(pair["tls.key"]),
            _text(auth, "guest"),
            _text(auth, "system"),
            environment(store, f"{release}-controller", namespace),
            _target(endpoints, service, port),
            CONCURRENT in environment(store, f"{release}-invoker", namespace).values(),
        )
    return None


def _https_port(service: Object) -> int | None:
    ports = service["spec"].get("ports") or []
    for port in ports:
        if port.get("name", "").startswith("https") or port["port"] == 443:
            return int(port["nodePort"])
    return None


def _target(endpoints: Object, service: Object, node_port: int) -> int:
    """As the endpoints have it, under the name of the service's port."""
    names = [p.get("name", "") for p in service["spec"]["ports"] if p.get("nodePort") == node_port]
    for subset in endpoints.get("subsets") or ():
        for port in subset.get("ports") or ():
            if port.get("name", "") in names:
                return int(port["port"])
    return 443


def _text(secret: Object, name: str) -> str:
    for key, value in (secret.get("data") or {}).items():
        if name in key:
            return base64.b64decode(value).decode().strip()
    return ""
