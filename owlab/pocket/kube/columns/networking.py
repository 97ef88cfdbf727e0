"""The columns of networking."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.columns.cells import AGE, NAME, Column, at, col, selector_at, wide


def _ports(obj: Object) -> str:
    shown = []
    for port in obj["spec"].get("ports") or []:
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port['port']}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(shown) or "<none>"


def _endpoints(obj: Object) -> str:
    shown = [
        f"{a['ip']}:{p['port']}"
        for subset in obj.get("subsets") or []
        for a in subset.get("addresses") or []
        for p in subset.get("ports") or []
    ]
    more = f" + {len(shown) - 3} more..." if len(shown) > 3 else ""
    return ",".join(shown[:3]) + more if shown else "<none>"


def _slice_addresses(obj: Object) -> str:
    found = [a for endpoint in obj.get("endpoints") or [] for a in endpoint["addresses"]]
    more = f" + {len(found) - 3} more..." if len(found) > 3 else ""
    return ",".join(found[:3]) + more if found else "<unset>"


def _external(service: Object) -> str:
    """Where it is to be reached from outside, by its type."""
    spec = service["spec"]
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName") or "<none>")
    found = list(spec.get("externalIPs") or ())
    if spec.get("type") == "LoadBalancer":
        ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        found = [*(one.get("ip") or one.get("hostname") for one in ingress), *found]
        return ",".join(found) or "<pending>"
    return ",".join(found) or "<none>"


def _reached(ingress: Object) -> str:
    balancer = (ingress.get("status") or {}).get("loadBalancer") or {}
    return ",".join(one.get("ip") or one.get("hostname") for one in balancer.get("ingress") or [])


def _parent(obj: Object) -> str:
    """What has the address, as ``services/default/web``."""
    parent = obj["spec"].get("parentRef") or {}
    words = (parent.get("group"), parent.get("resource"), parent.get("namespace"))
    return "/".join(word for word in (*words, parent.get("name")) if word)


COLUMNS: dict[str, list[Column]] = {
    "Service": [
        NAME,
        col("Type", at("spec", "type")),
        col("Cluster-IP", at("spec", "clusterIP", default="<none>")),
        col(
            "External-IP",
            _external,
        ),
        col("Port(s)", _ports),
        AGE,
        wide("Selector", selector_at("spec", "selector")),
    ],
    "ServiceCIDR": [NAME, col("CIDRs", lambda o: ",".join(o["spec"].get("cidrs") or [])), AGE],
    "IPAddress": [NAME, col("ParentRef", _parent), AGE],
    "Endpoints": [NAME, col("Endpoints", _endpoints), AGE],
    "NetworkPolicy": [NAME, col("Pod-Selector", selector_at("spec", "podSelector")), AGE],
    "Ingress": [
        NAME,
        col("Class", at("spec", "ingressClassName", default="<none>")),
        col("Hosts", lambda o: ",".join(r.get("host", "*") for r in o["spec"].get("rules") or [])),
        col("Address", _reached),
        col("Ports", lambda o: "80, 443" if o["spec"].get("tls") else "80"),
        AGE,
    ],
    "IngressClass": [
        NAME,
        col("Controller", at("spec", "controller")),
        col("Parameters", at("spec", "parameters", "name", default="<none>")),
        AGE,
    ],
    "EndpointSlice": [
        NAME,
        col("AddressType", at("addressType")),
        col("Ports", lambda o: ",".join(str(p["port"]) for p in o.get("ports") or []) or "<unset>"),
        col("Endpoints", _slice_addresses),
        AGE,
    ],
}
