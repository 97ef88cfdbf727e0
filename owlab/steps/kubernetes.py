"""What the steps ask of the cluster: JSON through kubectl."""

from __future__ import annotations

from typing import Any

from owlab.fact import json_fact
from owlab.lab import Lab
from owlab.steps.control import control

Object = dict[str, Any]


def items(lab: Lab, what: str, namespace: str = "") -> list[Object]:
    """Objects of one kind, such as ``pods``; an empty list when there are none or no cluster."""
    return list(_get(lab, what, namespace, {}).get("items", []))


def one(lab: Lab, what: str, namespace: str = "") -> Object | None:
    """One object, such as ``job/owdev-install-packages``; None when it is not there."""
    found: Object | None = _get(lab, what, namespace, None)
    return found


def _get(lab: Lab, what: str, namespace: str, default: object) -> Any:
    scope = f" -n {namespace}" if namespace else ""
    here = control(lab)
    return lab.fact(
        json_fact(f"{here.kubectl} get {what}{scope} -o json", here.machine, default=default)
    )


def warnings(lab: Lab, namespace: str, most: int = 5) -> str:
    """The last warnings in a namespace, a line each."""
    lines = [
        f"{event['involvedObject']['kind'].lower()} {event['involvedObject']['name']}: "
        f"{'; '.join(event.get('message', '').splitlines())}"
        for event in items(lab, "events --sort-by=.lastTimestamp", namespace)
        if event.get("type") == "Warning"
    ]
    return "\n".join(lines[-most:])


def condition(obj: Object | None, kind: str) -> bool:
    """Whether a condition of the object's status is True."""
    conditions = (obj or {}).get("status", {}).get("conditions", [])
    return any(c["type"] == kind and c["status"] == "True" for c in conditions)


def named(objects: list[Object], name: str) -> Object | None:
    """The object of that name."""
    return next((obj for obj in objects if obj["metadata"]["name"] == name), None)
