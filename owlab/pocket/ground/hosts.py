"""Which names the lab's servers may be called by.

A web page can make a browser call its own name while that leads to this computer ("rebinding").
Such a name has a dot in it and is none of the lab's.
"""

from __future__ import annotations

import ipaddress

_OURS = ("localhost", "kubernetes.default.svc", "kubernetes.default", "svc.cluster.local")


def is_local(host: str) -> bool:
    """A ``Host`` header names an address, a machine, or a service of the cluster."""
    name = host.strip().lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") <= 1:
        name = name.partition(":")[0]
    name = name.removesuffix(".")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or any(name == n or name.endswith(f".{n}") for n in _OURS)
    return True
