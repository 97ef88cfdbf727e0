"""What the steps ask of the cluster: JSON through kubectl on the master."""

from __future__ import annotations

from typing import Any

from owlab.fact import json_fact
from owlab.lab import Lab

KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"
"""K3s' own kubeconfig, readable by root only. Helm must be told of it (guide, section 5)."""

HELM = f"sudo helm --kubeconfig {KUBECONFIG}"

Object = dict[str, Any]


def items(lab: Lab, what: str, namespace: str = "") -> list[Object]:
    """Objects of one kind, such as ``pods``; an empty list when there are none or no cluster."""
    scope = f" -n {namespace}" if namespace else ""
    found = lab.fact(json_fact(f"sudo kubectl get {what}{scope} -o json", lab.master, default={}))
    return list(found.get("items", []))


def one(lab: Lab, what: str, namespace: str = "") -> Object | None:
    """One object, such as ``job/owdev-install-packages``; None when it is not there."""
    scope = f" -n {namespace}" if namespace else ""
    found: Object | None = lab.fact(
        json_fact(f"sudo kubectl get {what}{scope} -o json", lab.master)
    )
    return found


def condition(obj: Object | None, kind: str) -> bool:
    """Whether a condition of the object's status is True."""
    conditions = (obj or {}).get("status", {}).get("conditions", [])
    return any(c["type"] == kind and c["status"] == "True" for c in conditions)


def named(objects: list[Object], name: str) -> Object | None:
    """The object of that name."""
    return next((obj for obj in objects if obj["metadata"]["name"] == name), None)
