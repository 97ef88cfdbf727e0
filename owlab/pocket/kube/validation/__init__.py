"""What the API server refuses, in Kubernetes' words."""

from __future__ import annotations

import re
from typing import Any

from owlab.pocket.kube.errors import Invalid
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.schemas import custom
from owlab.pocket.world import Object

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_FREE_NAMES = {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}
_IMMUTABLE: dict[str, tuple[tuple[str, ...], ...]] = {
    "Job": (("spec", "template"), ("spec", "selector"), ("spec", "completions")),
    "Deployment": (("spec", "selector"),),
    "ReplicaSet": (("spec", "selector"),),
    "StatefulSet": (
        ("spec", "selector"),
        ("spec", "serviceName"),
        ("spec", "volumeClaimTemplates"),
    ),
    "PersistentVolumeClaim": (("spec", "storageClassName"), ("spec", "accessModes")),
    "PersistentVolume": (("spec", "nfs"), ("spec", "hostPath")),
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "RoleBinding": (("roleRef",),),
    "ClusterRoleBinding": (("roleRef",),),
    "Secret": (("type",),),
}


def check(kind: Kind, obj: Object, old: Object | None = None) -> None:
    """Raise Invalid with every cause that is found."""
    causes = [*_name(kind, obj), *_labels(obj), *_shape(kind, obj)]
    if kind.schema is not None:
        causes += custom.causes(obj, kind.schema)
    if old is not None:
        causes += _unchanged(kind, obj, old)
    if causes:
        name = obj["metadata"].get("name") or obj["metadata"].get("generateName", "")
        shown = [f"{field}: {message}" for field, message in causes]
        text = shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"
        what = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
        raise Invalid(
            f'{what} "{name}" is invalid: {text}',
            {
                "name": name,
                "kind": kind.kind,
                "causes": [
                    {"reason": "FieldValueInvalid", "message": message, "field": field}
                    for field, message in causes
                ],
            },
        )


Causes = list[tuple[str, str]]


def _name(kind: Kind, obj: Object) -> Causes:
    name = obj["metadata"].get("name")
    if name is None or kind.kind in _FREE_NAMES:
        return []
    pattern, limit, sort = _SUBDOMAIN, 253, "RFC 1123 subdomain"
    if kind.kind in ("Namespace", "Service"):
        pattern, limit, sort = _LABEL, 63, "RFC 1123 label"
    if not pattern.fullmatch(name) or len(name) > limit:
        return [
            (
                "metadata.name",
                f'Invalid value: "{name}": a lowercase {sort} must consist of lower case '
                "alphanumeric characters or '-', and must start and end with an alphanumeric "
                "character",
            )
        ]
    return []


def _labels(obj: Object) -> Causes:
    return [
        (
            "metadata.labels",
            f'Invalid value: "{value}": a valid label must be an empty string or consist of '
            "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
            "character",
        )
        for value in (obj["metadata"].get("labels") or {}).values()
        if not isinstance(value, str) or len(value) > 63 or not _LABEL_VALUE.fullmatch(value)
    ]


def _shape(kind: Kind, obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    match kind.kind:
        case "Pod":
            return _containers(spec, "spec")
        case "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet":
            return [*_containers(_template(spec), "spec.template.spec"), *_selects(spec)]
        case "Job":
            policy = _template(spec).get("restartPolicy")
            causes = _containers(_template(spec), "spec.template.spec")
            if policy not in ("Never", "OnFailure"):
                causes.append(
                    (
                        "spec.template.spec.restartPolicy",
                        'Required value: valid values: "OnFailure", "Never"',
                    )
                )
            return causes
        case "PersistentVolumeClaim":
            causes = []
            if not spec.get("accessModes"):
                causes.append(
                    ("spec.accessModes", "Required value: at least 1 access mode is required")
                )
            if not ((spec.get("resources") or {}).get("requests") or {}).get("storage"):
                causes.append(("spec.resources[storage]", "Required value"))
            return causes
        case "StorageClass":
            return [] if obj.get("provisioner") else [("provisioner", "Required value")]
    return []


def _template(spec: Object) -> Object:
    return dict((spec.get("template") or {}).get("spec") or {})


def _containers(spec: Object, field: str) -> Causes:
    containers = spec.get("containers")
    if not containers:
        return [(f"{field}.containers", "Required value")]
    causes: Causes = []
    volumes = {volume.get("name") for volume in spec.get("volumes") or []}
    for index, container in enumerate(containers):
        place = f"{field}.containers[{index}]"
        if not container.get("name"):
            causes.append((f"{place}.name", "Required value"))
        if not container.get("image"):
            causes.append((f"{place}.image", "Required value"))
        for number, mount in enumerate(container.get("volumeMounts") or []):
            if mount.get("name") not in volumes:
                causes.append(
                    (f"{place}.volumeMounts[{number}].name", f'Not found: "{mount.get("name")}"')
                )
    return causes


def _selects(spec: Object) -> Causes:
    wanted = ((spec.get("selector") or {}).get("matchLabels")) or {}
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    if not spec.get("selector"):
        return [("spec.selector", "Required value")]
    if any(labels.get(key) != value for key, value in wanted.items()):
        return [
            (
                "spec.template.metadata.labels",
                f"Invalid value: {labels}: `selector` does not match template `labels`",
            )
        ]
    return []


def _unchanged(kind: Kind, obj: Object, old: Object) -> Causes:
    causes: Causes = []
    for path in _IMMUTABLE.get(kind.kind, ()):
        before, after = _at(old, path), _at(obj, path)
        if before is not None and after != before:
            causes.append((".".join(path), "Invalid value: field is immutable"))
    return causes


def _at(obj: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        obj = obj.get(name) if isinstance(obj, dict) else None
    return obj
