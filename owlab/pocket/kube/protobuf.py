"""Protobuf bodies, as kubectl and Helm send them: read into the same objects as JSON.

Field numbers: the ``generated.proto`` files of the Kubernetes API. Types that are not listed are
refused with 415.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from owlab.pocket.kube.errors import BadRequest, UnsupportedMediaType
from owlab.pocket.world import Object

MAGIC = b"k8s\x00"


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its name, what it holds, and whether it repeats."""

    name: str
    type: str = "str"
    repeated: bool = False


def _f(spec: str) -> dict[int, Field]:
    """``1 name; 2 image; 3 command*; 4 spec:PodSpec``: ``*`` repeats, ``:`` gives the type."""
    fields = {}
    for item in spec.split(";"):
        number, _, rest = item.strip().partition(" ")
        name, _, kind = rest.partition(":")
        fields[int(number)] = Field(name.rstrip("*"), kind or "str", name.endswith("*"))
    return fields


MESSAGES: dict[str, dict[int, Field]] = {
    "ObjectMeta": _f(
        "1 name; 2 generateName; 3 namespace; 5 uid; 6 resourceVersion; 8 creationTimestamp:Time;"
        "11 labels:map; 12 annotations:map; 13 ownerReferences*:OwnerReference; 14 finalizers*"
    ),
    "OwnerReference": _f(
        "1 kind; 3 name; 4 uid; 5 apiVersion; 6 controller:bool; 7 blockOwnerDeletion:bool"
    ),
    "LabelSelector": _f("1 matchLabels:map; 2 matchExpressions*:LabelSelectorRequirement"),
    "LabelSelectorRequirement": _f("1 key; 2 operator; 3 values*"),
    "Namespace": _f("1 metadata:ObjectMeta"),
    "ConfigMap": _f("1 metadata:ObjectMeta; 2 data:map; 3 binaryData:bytesmap; 4 immutable:bool"),
    "Secret": _f(
        "1 metadata:ObjectMeta; 2 data:bytesmap; 3 type; 4 stringData:map; 5 immutable:bool"
    ),
    "ServiceAccount": _f("1 metadata:ObjectMeta; 4 automountServiceAccountToken:bool"),
    "Pod": _f("1 metadata:ObjectMeta; 2 spec:PodSpec"),
    "PodTemplateSpec": _f("1 metadata:ObjectMeta; 2 spec:PodSpec"),
    "PodSpec": _f(
        "1 volumes*:Volume; 2 containers*:Container; 3 restartPolicy;"
        "4 terminationGracePeriodSeconds:int; 6 dnsPolicy; 7 nodeSelector:map;"
        "8 serviceAccountName; 9 serviceAccount; 10 nodeName; 11 hostNetwork:bool;"
        "14 securityContext:Ignored;"
        "16 hostname; 17 subdomain; 19 schedulerName; 20 initContainers*:Container;"
        "22 tolerations*:Toleration"
    ),
    "Volume": _f("1 name; 2 source:Ignored"),
    "Toleration": _f("1 key; 2 operator; 3 value; 4 effect; 5 tolerationSeconds:int"),
    "Container": _f(
        "1 name; 2 image; 3 command*; 4 args*; 5 workingDir; 6 ports*:ContainerPort; 7 env*:EnvVar;"
        "8 resources:Resources; 13 terminationMessagePath; 14 imagePullPolicy; 16 stdin:bool;"
        "17 stdinOnce:bool; 18 tty:bool; 20 terminationMessagePolicy"
    ),
    "Resources": _f("1 limits:quantities; 2 requests:quantities"),
    "ContainerPort": _f("1 name; 2 hostPort:int; 3 containerPort:int; 4 protocol; 5 hostIP"),
    "EnvVar": _f("1 name; 2 value"),
    "Deployment": _f("1 metadata:ObjectMeta; 2 spec:DeploymentSpec"),
    "DeploymentSpec": _f(
        "1 replicas:int; 2 selector:LabelSelector; 3 template:PodTemplateSpec; 4 strategy:Strategy;"
        "5 minReadySeconds:int; 6 revisionHistoryLimit:int; 7 paused:bool;"
        "9 progressDeadlineSeconds:int"
    ),
    "Strategy": _f("1 type"),
    "Job": _f("1 metadata:ObjectMeta; 2 spec:JobSpec"),
    "JobSpec": _f(
        "1 parallelism:int; 2 completions:int; 3 activeDeadlineSeconds:int;"
        "4 selector:LabelSelector; 6 template:PodTemplateSpec; 7 backoffLimit:int;"
        "8 ttlSecondsAfterFinished:int; 10 suspend:bool"
    ),
    "CronJob": _f("1 metadata:ObjectMeta; 2 spec:CronJobSpec"),
    "CronJobSpec": _f("1 schedule; 3 concurrencyPolicy; 4 suspend:bool; 5 jobTemplate:JobTemplate"),
    "JobTemplate": _f("1 metadata:ObjectMeta; 2 spec:JobSpec"),
    "Service": _f("1 metadata:ObjectMeta; 2 spec:ServiceSpec"),
    "ServiceSpec": _f(
        "1 ports*:ServicePort; 2 selector:map; 3 clusterIP; 4 type; 7 sessionAffinity;"
        "10 externalName"
    ),
    "ServicePort": _f("1 name; 2 protocol; 3 port:int; 4 targetPort:IntOrString; 5 nodePort:int"),
    "Role": _f("1 metadata:ObjectMeta; 2 rules*:PolicyRule"),
    "ClusterRole": _f("1 metadata:ObjectMeta; 2 rules*:PolicyRule"),
    "PolicyRule": _f("1 verbs*; 2 apiGroups*; 3 resources*; 4 resourceNames*; 5 nonResourceURLs*"),
    "RoleBinding": _f("1 metadata:ObjectMeta; 2 subjects*:Subject; 3 roleRef:RoleRef"),
    "ClusterRoleBinding": _f("1 metadata:ObjectMeta; 2 subjects*:Subject; 3 roleRef:RoleRef"),
    "Subject": _f("1 kind; 2 apiGroup; 3 name; 4 namespace"),
    "RoleRef": _f("1 apiGroup; 2 kind; 3 name"),
    # Reviews: what is asked does not matter, since everything is allowed.
    "SelfSubjectAccessReview": _f("1 metadata:Ignored; 2 spec:Ignored; 3 status:Ignored"),
    "SelfSubjectRulesReview": _f("1 metadata:Ignored; 2 spec:Ignored; 3 status:Ignored"),
    "SelfSubjectReview": _f("1 metadata:Ignored; 2 status:Ignored"),
    "DeleteOptions": _f(
        "1 gracePeriodSeconds:int; 3 orphanDependents:bool; 4 propagationPolicy; 5 dryRun*"
    ),
}
_OBJECTS = {
    "Namespace",
    "ConfigMap",
    "Secret",
    "ServiceAccount",
    "Pod",
    "Deployment",
    "Job",
    "CronJob",
    "Service",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "DeleteOptions",
    "SelfSubjectAccessReview",
    "SelfSubjectRulesReview",
    "SelfSubjectReview",
}


def decode(body: bytes) -> Object:
    """An object of a body that starts with ``k8s\\0``; raises UnsupportedMediaType."""
    if not body.startswith(MAGIC):
        raise BadRequest("the body is not Kubernetes protobuf")
    try:
        outer = {number: value for number, _, value in _read(body[len(MAGIC) :])}
        meta = {number: value for number, _, value in _read(_bytes(outer.get(1, b"")))}
        api_version, kind = _text(meta.get(1, b"")), _text(meta.get(2, b""))
        if kind not in _OBJECTS:
            raise UnsupportedMediaType(
                f"the pocket lab does not read {kind} as protobuf; send it as JSON: "
                "kubectl ... --dry-run=client -o yaml | kubectl apply -f -"
            )
        return {
            "apiVersion": api_version,
            "kind": kind,
            **_message(kind, _bytes(outer.get(2, b""))),
        }
    except (IndexError, ValueError, UnicodeDecodeError) as error:
        raise BadRequest(f"the protobuf body cannot be read: {error}") from None


def _message(name: str, data: bytes) -> dict[str, Any]:
    fields = MESSAGES[name]
    found: dict[str, Any] = {}
    for number, wire, value in _read(data):
        field = fields.get(number)
        if field is None or field.type == "Ignored":
            if field is None and value not in (0, b""):
                _refuse_unknown(name, number, wire)
            continue
        if field.type in ("map", "bytesmap", "quantities"):
            key, item = _pair(_bytes(value), field.type)
            found.setdefault(field.name, {})[key] = item
        elif field.repeated:
            found.setdefault(field.name, []).append(_value(field.type, value))
        else:
            read = _value(field.type, value)
            if read not in ("", None):
                found[field.name] = read
    return found


def _refuse_unknown(message: str, number: int, wire: int) -> None:
    # Fields that newer clients send empty are harmless; losing one that says something is not.
    if wire == 2 and message in ("PodSpec", "Container", "DeploymentSpec", "ServiceSpec"):
        raise UnsupportedMediaType(
            f"the pocket lab does not read field {number} of {message} as protobuf; send it as "
            "JSON: kubectl ... --dry-run=client -o yaml | kubectl apply -f -"
        )


def _value(kind: str, value: int | bytes) -> Any:
    if kind == "int":
        return _signed(value)
    if kind == "bool":
        return bool(value)
    if kind == "str":
        return _text(value)
    if kind == "Time":
        parts = {number: v for number, _, v in _read(_bytes(value))}
        seconds = _signed(parts.get(1, 0))
        if not seconds:
            return None
        moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind == "IntOrString":
        parts = {number: v for number, _, v in _read(_bytes(value))}
        return _text(parts.get(3, b"")) if parts.get(1) else _signed(parts.get(2, 0))
    inner = _message(kind, _bytes(value))
    return inner or (None if kind in ("Strategy", "Resources", "ObjectMeta") else {})


def _pair(data: bytes, kind: str) -> tuple[str, str]:
    parts = {number: value for number, _, value in _read(data)}
    value = _bytes(parts.get(2, b""))
    if kind == "bytesmap":
        return _text(parts.get(1, b"")), base64.b64encode(value).decode()
    if kind == "quantities":
        value = _bytes({number: v for number, _, v in _read(value)}.get(1, b""))
    return _text(parts.get(1, b"")), value.decode()


def _read(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Field number, wire type and raw value of each field."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield tag >> 3, wire, value
        elif wire == 2:
            length, at = _varint(data, at)
            if at + length > len(data):
                raise ValueError("a field is longer than its message")
            yield tag >> 3, wire, data[at : at + length]
            at += length
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            yield tag >> 3, wire, data[at : at + size]
            at += size
        else:
            raise ValueError(f"wire type {wire}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")


def _signed(value: int | bytes) -> int:
    number = value if isinstance(value, int) else int.from_bytes(value, "little")
    return number - (1 << 64) if number >= 1 << 63 else number


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number stands where a message is expected")
    return value


def _text(value: int | bytes) -> str:
    return _bytes(value).decode()
