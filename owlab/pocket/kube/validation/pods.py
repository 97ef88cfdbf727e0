"""Pods and the pod templates of workloads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.validation.causes import Causes, duplicates, unsupported, wrong
from owlab.pocket.kube.validation.names import label

_POLICIES = ("Always", "Never", "OnFailure")
_PULL = ("Always", "IfNotPresent", "Never")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_RANGE = "must be between 1 and 65535, inclusive"


def pod(obj: Object) -> Causes:
    """A pod of its own."""
    return pod_spec(obj.get("spec") or {}, "spec")


def pod_spec(spec: Object, field: str, claims: Iterable[str] = ()) -> Causes:
    """The spec of a pod. ``claims``: volumes that it gets beside its own."""
    causes: Causes = []
    volumes = [volume.get("name") for volume in spec.get("volumes") or []]
    known = [*volumes, *claims]
    for index, name in enumerate(volumes):
        if not name:
            causes.append((f"{field}.volumes[{index}].name", "Required value"))
        else:
            causes += [(f"{field}.volumes[{index}].name", text) for text in label(name)]
    causes += duplicates(f"{field}.volumes", "name", volumes)
    if not spec.get("containers"):
        causes.append((f"{field}.containers", "Required value"))
    for group in ("initContainers", "containers"):
        causes += _containers(spec.get(group) or [], f"{field}.{group}", known)
    policy = spec.get("restartPolicy", "Always")
    if policy not in _POLICIES:
        causes.append((f"{field}.restartPolicy", unsupported(policy, _POLICIES)))
    return causes


def _containers(containers: list[Any], field: str, volumes: list[Any]) -> Causes:
    causes: Causes = []
    for index, container in enumerate(containers):
        place = f"{field}[{index}]"
        if not container.get("name"):
            causes.append((f"{place}.name", "Required value"))
        else:
            causes += [(f"{place}.name", text) for text in label(container["name"])]
        if not container.get("image"):
            causes.append((f"{place}.image", "Required value"))
        pull = container.get("imagePullPolicy", "Always")
        if pull not in _PULL:
            causes.append((f"{place}.imagePullPolicy", unsupported(pull, _PULL)))
        causes += _ports(container.get("ports") or [], f"{place}.ports")
        causes += [
            (f"{place}.env[{number}].name", "Required value")
            for number, variable in enumerate(container.get("env") or [])
            if not variable.get("name")
        ]
        causes += _mounts(container.get("volumeMounts") or [], f"{place}.volumeMounts", volumes)
        causes += _resources(container.get("resources") or {}, f"{place}.resources")
    return [*causes, *duplicates(field, "name", (c.get("name") for c in containers))]


def _ports(ports: list[Any], field: str) -> Causes:
    causes: Causes = []
    for index, port in enumerate(ports):
        place = f"{field}[{index}]"
        causes += [(f"{place}.name", text) for text in port_name(port.get("name"))]
        number = port.get("containerPort")
        if not number:
            causes.append((f"{place}.containerPort", "Required value"))
        elif not 0 < number < 65536:
            causes.append((f"{place}.containerPort", wrong(number, _RANGE)))
        if (host := port.get("hostPort")) and not 0 < host < 65536:
            causes.append((f"{place}.hostPort", wrong(host, _RANGE)))
        if (protocol := port.get("protocol", "TCP")) not in _PROTOCOLS:
            causes.append((f"{place}.protocol", unsupported(protocol, _PROTOCOLS)))
    return [*causes, *duplicates(field, "name", (port.get("name") or None for port in ports))]


def port_name(name: str | None) -> list[str]:
    """What is wrong with the name of a port."""
    if not name:
        return []
    texts = []
    if len(name) > 15:
        texts.append(wrong(name, "must be no more than 15 characters"))
    if not re.fullmatch("[-a-z0-9]+", name):
        said = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
        texts.append(wrong(name, said))
    if not re.search("[a-z]", name):
        texts.append(wrong(name, "must contain at least one letter (a-z)"))
    return texts


def _mounts(mounts: list[Any], field: str, volumes: list[Any]) -> Causes:
    causes: Causes = []
    paths: list[str] = []
    for index, mount in enumerate(mounts):
        place = f"{field}[{index}]"
        path = mount.get("mountPath")
        if not mount.get("name"):
            causes.append((f"{place}.name", "Required value"))
        elif mount["name"] not in volumes:
            causes.append((f"{place}.name", f'Not found: "{mount["name"]}"'))
        if not path:
            causes.append((f"{place}.mountPath", "Required value"))
        elif path in paths:
            causes.append((f"{place}.mountPath", wrong(path, "must be unique")))
        paths.append(path or "")
    return causes


def _resources(resources: Object, field: str) -> Causes:
    limits = resources.get("limits") or {}
    causes: Causes = []
    for name, wanted in (resources.get("requests") or {}).items():
        if name in limits and quantity(wanted) > quantity(limits[name]):
            said = f"must be less than or equal to {name} limit of {limits[name]}"
            causes.append((f"{field}.requests", wrong(str(wanted), said)))
    return causes


def warnings(spec: Object, field: str) -> Iterator[str]:
    """What is allowed and hardly meant: the same port twice."""
    for group in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(group) or []):
            place = f"{field}.{group}[{index}].ports"
            seen: dict[tuple[Any, ...], int] = {}
            for number, port in enumerate(container.get("ports") or []):
                key = (
                    port.get("containerPort"),
                    port.get("protocol", "TCP"),
                    port.get("hostPort"),
                    port.get("hostIP"),
                )
                if key in seen:
                    yield f"{place}[{number}]: duplicate port definition with {place}[{seen[key]}]"
                seen.setdefault(key, number)
