"""A container's environment: values, references, whole maps, and the Services that there are."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.service_links import service_links
from owlab.pocket.kube.network.resolver import kernel_host_name
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.store import Store

_REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")


class MissingReference(Exception):
    """A map or a key that the container needs does not exist; the message is the kubelet's."""


def environment(pod: Object, container: Object, store: Store) -> dict[str, str]:
    """Every variable, later ones over earlier ones.

    :raises MissingReference: a ConfigMap, a Secret or a key in one is not there.
    """
    found = {"HOSTNAME": kernel_host_name(pod), **service_links(pod, store)}
    namespace = pod["metadata"]["namespace"]
    for source in container.get("envFrom") or []:
        prefix = source.get("prefix", "")
        for key, value in _whole(source, namespace, store).items():
            found[f"{prefix}{key}"] = value
    for variable in container.get("env") or []:
        if "valueFrom" in variable:
            referred = _referred(variable["valueFrom"], pod, container, store)
            if referred is not None:
                found[variable["name"]] = referred
        else:
            found[variable["name"]] = expanded(str(variable.get("value", "")), found)
    return found


def expanded(text: str, known: Mapping[str, str]) -> str:
    """``$(NAME)`` of known variables; others stay as they are, and ``$$`` is a ``$``."""
    return _REFERENCE.sub(
        lambda found: "$" if found[0] == "$$" else known.get(found[1], found[0]), text
    )


def _whole(source: Object, namespace: str, store: Store) -> dict[str, str]:
    for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        if field in source:
            return data_of(store, kind, source[field], namespace)
    return {}


def data_of(store: Store, kind: str, reference: Object, namespace: str) -> dict[str, str]:
    """What a ConfigMap or Secret holds for variables, as text."""
    held = contents_of(store, kind, reference, namespace)
    binary = (_held(store, kind, reference, namespace) or {}).get("binaryData") or {}
    return {key: data.decode(errors="replace") for key, data in held.items() if key not in binary}


def contents_of(store: Store, kind: str, reference: Object, namespace: str) -> dict[str, bytes]:
    """What a ConfigMap or Secret holds for files."""
    held = _held(store, kind, reference, namespace)
    if held is None:
        return {}
    data = held.get("data") or {}
    if kind == "Secret":
        return {key: base64.b64decode(value) for key, value in data.items()}
    binary = held.get("binaryData") or {}
    return {
        **{key: str(value).encode() for key, value in data.items()},
        **{key: base64.b64decode(value) for key, value in binary.items()},
    }


def _held(store: Store, kind: str, reference: Object, namespace: str) -> Object | None:
    name = reference.get("name") or reference.get("secretName") or ""
    held = store.find(kind, name, namespace)
    if held is None and not reference.get("optional"):
        raise MissingReference(f'{kind.lower()} "{name}" not found')
    return held


def _referred(source: Object, pod: Object, container: Object, store: Store) -> str | None:
    namespace = pod["metadata"]["namespace"]
    for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        if field in source:
            reference = source[field]
            data = data_of(store, kind, reference, namespace)
            if reference["key"] in data:
                return data[reference["key"]]
            if reference.get("optional"):
                return None
            raise MissingReference(
                f"couldn't find key {reference['key']} in {kind} {namespace}/{reference['name']}"
            )
    if "fieldRef" in source:
        return field_of(pod, source["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in source:
        return resource_of(source["resourceFieldRef"], pod, container, store)
    return None


def resource_of(reference: Object, pod: Object, container: Object, store: Store) -> str:
    """How many of its ``divisor`` a container has, rounded up; without a limit, its whole node."""
    wanted = reference.get("containerName")
    if wanted:
        spec = pod["spec"]
        every = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
        container = next((one for one in every if one["name"] == wanted), {})
    kind, _, name = reference["resource"].partition(".")
    given = ((container.get("resources") or {}).get(kind) or {}).get(name)
    if given is None and kind == "limits":
        node = store.find("Node", str(pod["spec"].get("nodeName") or "")) or {}
        given = ((node.get("status") or {}).get("allocatable") or {}).get(name)
    one = quantity(reference.get("divisor") or 1) or quantity(1)
    return str(int((quantity(given or 0) / one).to_integral_value("ROUND_CEILING")))


def field_of(pod: Object, path: str) -> str:
    """Such as ``status.podIP`` or ``metadata.labels['app']``; empty where there is none."""
    value: Any = pod
    for part in _parts(path):
        value = value.get(part, "") if isinstance(value, dict) else ""
    if isinstance(value, dict):
        return "\n".join(f'{key}="{text}"' for key, text in sorted(value.items()))
    return str(value)


def _parts(path: str) -> Iterator[str]:
    head, bracket, key = path.partition("[")
    yield from head.split(".")
    if bracket:
        yield key.strip("]'\"")
