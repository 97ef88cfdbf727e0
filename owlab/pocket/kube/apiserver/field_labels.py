"""Which fields may stand in a field selector; the others are refused, not matched with nothing."""

from __future__ import annotations

import re

from owlab.pocket.kube.errors import BadRequest
from owlab.pocket.kube.kinds import Kind

_META = ("metadata.name", "metadata.namespace")
_FIELDS: dict[str, tuple[str, ...]] = {
    "pods": (
        *_META,
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    "nodes": ("metadata.name", "spec.unschedulable"),
    "namespaces": ("metadata.name", "status.phase"),
    "secrets": (*_META, "type"),
    "services": (*_META, "spec.clusterIP", "spec.type"),
    "replicationcontrollers": (*_META, "status.replicas"),
    "replicasets.apps": (*_META, "status.replicas"),
    "statefulsets.apps": (*_META, "status.successful"),
    "jobs.batch": (*_META, "status.successful"),
}
_REFUSALS = {
    "replicasets.apps": 'field label "{}" not supported for appsv1.ReplicaSet',
    "statefulsets.apps": 'field label "{}" not supported for appsv1.StatefulSet',
    "jobs.batch": 'field label "{}" not supported for Job',
}
_ABOUT = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_OF_EVENTS = {
    **{f"involvedObject.{name}": f"involvedObject.{name}" for name in _ABOUT},
    **{name: name for name in ("reason", "reportingComponent", "type", *_META)},
    "source": "source.component",
}
_OF_NEWER_EVENTS = {
    **{f"regarding.{name}": f"involvedObject.{name}" for name in _ABOUT},
    **{name: name for name in ("reason", "type", *_META)},
    "reportingController": "reportingComponent",
}


def stored_fields(kind: Kind, selector: str) -> str:
    """A field selector with the names that fields have where they are stored.

    :raises BadRequest: it cannot be read, or names a field that cannot be selected by.
    """
    parts = []
    for part in filter(None, (part.strip() for part in selector.split(","))):
        name, sign, value = _halves(selector, part)
        parts.append(f"{_stored(kind, name)}{sign}{value}")
    return ",".join(parts)


def _halves(selector: str, part: str) -> list[str]:
    match = re.fullmatch(r"([^=!]*)(!=|==|=)(.*)", part, re.DOTALL)
    if match is None:
        raise BadRequest(f"invalid selector: '{selector}'; can't understand '{part}'")
    return [text.strip() for text in match.groups()]


def _stored(kind: Kind, name: str) -> str:
    if kind.built_in == "Event":
        known = _OF_NEWER_EVENTS if kind.group else _OF_EVENTS
        if name not in known:
            raise BadRequest(f"field label not supported: {name}")
        return known[name]
    if kind.schema is not None:
        if name not in (*_META, *kind.selectable):
            raise BadRequest(f"field label not supported: {name}")
        return name
    fields = _FIELDS.get(kind.resource)
    if fields is None and name not in _META:
        names = ", ".join(f'"{field}"' for field in _META)
        raise BadRequest(f'"{name}" is not a known field selector: only {names}')
    if fields is not None and name not in fields:
        said = _REFUSALS.get(kind.resource, "field label not supported: {}")
        raise BadRequest(said.format(name))
    return name
