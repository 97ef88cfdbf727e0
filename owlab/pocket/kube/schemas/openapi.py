"""OpenAPI v3: the fields of kinds as ``kubectl explain`` and validating clients read them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.schemas.descriptions import description, edition
from owlab.pocket.kube.schemas.types import every_model, fields, go_name, is_model, model_of

_SCALARS: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "float": {"type": "number", "format": "double"},
    "time": {"type": "string", "format": "date-time"},
    "bytes": {"type": "string", "format": "byte"},
    "object": {"type": "object"},
    "any": {},
}
_NAMED: dict[str, tuple[str, dict[str, Any]]] = {
    "quantity": (
        "io.k8s.apimachinery.pkg.api.resource.Quantity",
        {"oneOf": [{"type": "string"}, {"type": "number"}]},
    ),
    "int-or-string": (
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
        {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    ),
}
"""Scalars that clients show by a name of their own."""
_PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
    for name in ("dryRun", "fieldManager", "fieldValidation")
]


def fingerprint(kinds: Iterable[Kind]) -> str:
    """Changes when the document does: clients keep what they have read under it."""
    said = [[k.kind, k.plural, k.version, k.schema] for k in kinds]
    text = json.dumps([edition(), said], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def document(kinds: list[Kind], group: str, version: str) -> dict[str, Any]:
    """The document of one group and version."""
    writer = _Writer()
    paths: dict[str, Any] = {}
    base = f"/apis/{group}/{version}" if group else f"/api/{version}"
    for kind in kinds:
        gvk = {"group": group, "version": version, "kind": kind.kind}
        space = "/namespaces/{namespace}" if kind.namespaced else ""
        collection = f"{base}{space}/{kind.plural}"
        operation = _operation(gvk, writer.kind(kind, gvk))
        paths[collection] = {"get": operation, "post": operation}
        paths[collection + "/{name}"] = dict.fromkeys(("get", "put", "patch", "delete"), operation)
    return {
        "openapi": "3.0.0",
        "info": {"title": "owlab pocket lab", "version": version},
        "paths": paths,
        "components": {"schemas": writer.schemas},
    }


def _operation(gvk: dict[str, str], reference: dict[str, str]) -> dict[str, Any]:
    # No request body is described: with it kubectl would take the keys of lists from here, not
    # from its own types.
    return {
        "x-kubernetes-group-version-kind": gvk,
        "parameters": _PARAMETERS,
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": reference}}}
        },
    }


def names(schemas: Iterable[str]) -> dict[str, str]:
    """The models that a document's schemas are of, with the names that they have there."""
    there = set(schemas)
    return {model: name for model in every_model() if (name := _name(model)) in there}


class _Writer:
    """Collects the schemas that a document refers to."""

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}

    def kind(self, kind: Kind, gvk: dict[str, str]) -> dict[str, str]:
        model = model_of(kind.api_version, kind.kind) if kind.schema is None else None
        if model is not None:
            reference = self._type(model)
            self.schemas[_name(model)]["x-kubernetes-group-version-kind"] = [gvk]
            return reference
        name = ".".join([*reversed(kind.group.split(".")), kind.version, kind.kind])
        schema = kind.schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        self.schemas[name] = {
            **schema,
            "properties": {
                **(schema.get("properties") or {}),
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": self._type("V1ObjectMeta"),
            },
            "x-kubernetes-group-version-kind": [gvk],
        }
        return _reference(name)

    def _type(self, kind: str) -> dict[str, Any]:
        if kind.startswith("[]"):
            return {"type": "array", "items": self._type(kind[2:])}
        if kind.startswith("{}"):
            return {"type": "object", "additionalProperties": self._type(kind[2:])}
        if kind in _NAMED:
            name, schema = _NAMED[kind]
            self.schemas[name] = schema
            return _reference(name)
        if not is_model(kind):
            return _SCALARS[kind]
        name = _name(kind)
        if name not in self.schemas:
            schema = self.schemas[name] = {"type": "object"}
            known = fields(kind)
            if text := description(kind):
                schema["description"] = text
            schema["properties"] = {
                f.name: _described(self._type(f.type), description(kind, f.name))
                for f in known.values()
            }
            if required := [f.name for f in known.values() if f.required]:
                schema["required"] = required
        return _reference(name)


def _described(schema: dict[str, Any], text: str) -> dict[str, Any]:
    """A field's schema with what is said of it; a reference has no room for that beside it."""
    if not text:
        return schema
    return {**({"allOf": [schema]} if "$ref" in schema else schema), "description": text}


def _name(model: str) -> str:
    return "io.k8s.api." + ".".join(go_name(model))


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
