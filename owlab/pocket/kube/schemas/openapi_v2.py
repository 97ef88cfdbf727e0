"""OpenAPI v2: all kinds in one document, for clients from before version 3 of it.

Older kubectl validates and explains by it, and takes the keys of lists from it when it applies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from owlab.pocket.kube.schemas import openapi
from owlab.pocket.kube.schemas.list_keys import declared_key
from owlab.pocket.kube.schemas.types import Field, fields, is_model

_V3, _V2 = "#/components/schemas/", "#/definitions/"
_SIMPLE: dict[str, dict[str, Any]] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": "string"},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
        "type": "string",
        "format": "int-or-string",
    },
}
"""What version 2 has no words for."""
_MERGE, _KEY = "x-kubernetes-patch-strategy", "x-kubernetes-patch-merge-key"
_PARAMETERS = [
    {"name": name, "in": "query", "type": "string", "uniqueItems": True}
    for name in ("dryRun", "fieldManager", "fieldValidation")
]


def document(parts: Iterable[dict[str, Any]], version: str) -> dict[str, Any]:
    """The document of a server of this version.

    :param parts: its documents of version 3, one a group.
    """
    definitions: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for part in parts:
        for name, schema in part["components"]["schemas"].items():
            found = definitions.setdefault(name, {**(_SIMPLE.get(name) or _older(schema))})
            # A model that two groups have is a kind of both.
            for gvk in schema.get("x-kubernetes-group-version-kind", ()):
                if gvk not in (known := found.setdefault("x-kubernetes-group-version-kind", [])):
                    known.append(gvk)
        for path, verbs in part["paths"].items():
            paths[path] = {verb: _operation(operation) for verb, operation in verbs.items()}
    for model, name in openapi.names(definitions).items():
        _mark_lists(definitions[name].get("properties") or {}, fields(model).values())
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": version},
        "paths": paths,
        "definitions": dict(sorted(definitions.items())),
    }


def _older(schema: object) -> Any:
    """A schema in the words of version 2."""
    if isinstance(schema, list):
        return [_older(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    whole = schema.get("allOf")
    if isinstance(whole, list) and len(whole) == 1:  # a reference, and what is said of it
        schema = {**whole[0], **{k: v for k, v in schema.items() if k != "allOf"}}
    result = {}
    for name, value in schema.items():
        if name == "$ref":
            result[name] = value.replace(_V3, _V2)
        elif name == "properties":
            result[name] = {field: _older(inner) for field, inner in value.items()}
        elif name not in ("oneOf", "anyOf", "not", "nullable"):
            result[name] = _older(value)
    return result


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    content = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return {
        "x-kubernetes-group-version-kind": operation["x-kubernetes-group-version-kind"],
        "parameters": _PARAMETERS,
        "responses": {"200": {"description": "OK", "schema": _older(content)}},
    }


def _mark_lists(properties: dict[str, Any], known: Iterable[Field]) -> None:
    """Say by which key a patch tells the items of lists apart."""
    for field in known:
        inner = field.type.removeprefix("[]")
        if field.name == "finalizers" and field.type == "[]string":
            properties[field.name][_MERGE] = "merge"
        elif field.type.startswith("[]") and is_model(inner):
            if key := declared_key(field.name, fields(inner)):
                retains = ",retainKeys" if field.name == "volumes" else ""
                properties[field.name] |= {_MERGE: f"merge{retains}", _KEY: key}
        elif field.name == "strategy" and is_model(field.type):
            properties[field.name] = {**properties[field.name], _MERGE: "retainKeys"}
