"""Writes the fields of the built-in kinds, from the models of the ``kubernetes`` package.

``python -m tests.pocket.kube_api.builtin_schemas`` after an update of that package; a test tells
when the two differ.
"""

from __future__ import annotations

import datetime
import json
import types
import typing
from pathlib import Path
from typing import Any

from kubernetes.client import models
from pydantic import BaseModel

from owlab.pocket.kube.kinds import KINDS
from owlab.pocket.kube.schemas import types as schema_types

FILE = Path(schema_types.__file__).with_name("builtin.json")

_ASKED = (
    ("v1", "Binding"),
    ("policy/v1", "Eviction"),
    ("autoscaling/v1", "Scale"),
    ("authentication.k8s.io/v1", "TokenRequest"),
    ("authentication.k8s.io/v1", "SelfSubjectReview"),
    ("authorization.k8s.io/v1", "SelfSubjectAccessReview"),
    ("authorization.k8s.io/v1", "SelfSubjectRulesReview"),
    ("authorization.k8s.io/v1", "SubjectAccessReview"),
    ("authorization.k8s.io/v1", "LocalSubjectAccessReview"),
    ("authentication.k8s.io/v1", "TokenReview"),
)
"""What is posted and not kept."""

# The models know `int` and `str`; which of them are int64 and Quantity, only the API's types say.
_LONG = {
    "activeDeadlineSeconds",
    "deletionGracePeriodSeconds",
    "expirationSeconds",
    "fsGroup",
    "gid",
    "generation",
    "maxExpirationSeconds",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minItems",
    "minLength",
    "minProperties",
    "nodeAllocatableUpdatePeriodSeconds",
    "observedGeneration",
    "revision",
    "runAsGroup",
    "runAsUser",
    "sizeBytes",
    "startingDeadlineSeconds",
    "supplementalGroups",
    "terminationGracePeriodSeconds",
    "tolerationSeconds",
    "uid",
}
_QUANTITIES = {
    "V1CSIStorageCapacity": {"capacity", "maximumVolumeSize"},
    "V1ContainerStatus": {"allocatedResources"},
    "V1EmptyDirVolumeSource": {"sizeLimit"},
    "V1LimitRangeItem": {"default", "defaultRequest", "max", "maxLimitRequestRatio", "min"},
    "V1NodeStatus": {"allocatable", "capacity"},
    "V1Overhead": {"podFixed"},
    "V1PersistentVolumeClaimStatus": {"allocatedResources", "capacity"},
    "V1PersistentVolumeSpec": {"capacity"},
    "V1PodSpec": {"overhead"},
    "V1ResourceFieldSelector": {"divisor"},
    "V1ResourceQuotaSpec": {"hard"},
    "V1ResourceQuotaStatus": {"hard", "used"},
    "V1ResourceRequirements": {"limits", "requests"},
    "V1VolumeResourceRequirements": {"limits", "requests"},
    "V2MetricTarget": {"averageValue", "value"},
    "V2MetricValueStatus": {"averageValue", "value"},
}
_ANYTHING = {("V1JSONSchemaProps", "items"), ("V1JSONSchemaProps", "additionalProperties")}


def collect() -> dict[str, Any]:
    """The data: which model a kind has, and each model's fields."""
    kinds: dict[str, str] = {}
    for api_version, kind in [*((k.api_version, k.kind) for k in KINDS), *_ASKED]:
        model = _model(api_version, kind)
        if model is not None:
            kinds[f"{api_version} {kind}"] = model
    found: dict[str, str] = {}
    waiting = list(kinds.values())
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name], inner = _fields(name)
            waiting += inner
    return {"kinds": kinds, "models": dict(sorted(found.items()))}


def written(data: dict[str, Any]) -> str:
    """The file's text: one model a line, so that a difference can be read."""
    return json.dumps(data, indent=1) + "\n"


def _model(api_version: str, kind: str) -> str | None:
    group, _, version = api_version.rpartition("/")
    start = (group or "core").split(".")[0].capitalize() + version.capitalize()
    for name in (f"{start}{kind}", f"{version.capitalize()}{kind}"):
        if hasattr(models, name):
            return name
    return None


def _fields(model: str) -> tuple[str, list[str]]:
    words: list[str] = []
    used: list[str] = []
    for name, field in getattr(models, model).model_fields.items():
        wire = field.serialization_alias or name
        text = "any" if (model, wire) in _ANYTHING else _type(field.annotation, used)
        if wire in _LONG:
            text = text.replace("int32", "int64")
        if wire in _QUANTITIES.get(model, ()):
            text = text.replace("string", "quantity")
        words.append(f"{wire}{'!' if field.is_required() else ''} {text}")
    return "; ".join(words), used


def _type(annotation: Any, used: list[str]) -> str:
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(args[0], used)
    if origin in (typing.Union, types.UnionType):
        parts = sorted({_type(arg, used) for arg in args if arg is not type(None)})
        if len(parts) == 1:
            return parts[0]
        return _UNIONS.get(tuple(parts), "any")
    if origin is list:
        return "[]" + _type(args[0], used)
    if origin is dict:
        inner = _type(args[1], used)
        return "object" if inner == "any" else "{}" + inner
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        used.append(annotation.__name__)
        return annotation.__name__
    return _SCALARS.get(annotation, "any")


_SCALARS = {
    bool: "bool",
    int: "int32",
    float: "float",
    str: "string",
    bytes: "bytes",
    datetime.datetime: "time",
}
_UNIONS: dict[tuple[str, ...], str] = {
    ("int32", "string"): "int-or-string",
    ("bytes", "string"): "bytes",
    ("float", "int32"): "float",
}

if __name__ == "__main__":
    FILE.write_text(written(collect()))
