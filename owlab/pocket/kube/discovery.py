"""What the server serves, as clients discover it: groups, versions, resources, OpenAPI."""

from __future__ import annotations

import re
from typing import Any

from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.registry import Registry

VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_SUBRESOURCE_KINDS = {
    "scale": ("Scale", "autoscaling", "v1"),
    "eviction": ("Eviction", "policy", "v1"),
}
REVIEWS = {
    "authorization.k8s.io": ["SelfSubjectAccessReview", "SelfSubjectRulesReview"],
    "authentication.k8s.io": ["SelfSubjectReview"],
}
"""Kinds that are asked and not kept."""


def version_info(git_version: str) -> dict[str, str]:
    """``/version``."""
    major, minor = ([*re.findall(r"\d+", git_version), "1", "35"])[:2]
    return {
        "major": major,
        "minor": minor,
        "gitVersion": git_version,
        "gitCommit": "owlab-pocket-lab",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "none",
        "compiler": "none",
        "platform": "linux/amd64",
    }


def groups(registry: Registry) -> dict[str, list[str]]:
    """Each group with its versions; the core group is not among them."""
    found: dict[str, list[str]] = {}
    for kind in registry.all():
        if kind.group and kind.version not in found.setdefault(kind.group, []):
            found[kind.group].append(kind.version)
    found.setdefault("events.k8s.io", ["v1"])
    for group in REVIEWS:
        found.setdefault(group, ["v1"])
    return found


def api_versions(address: str) -> dict[str, Any]:
    """``/api``."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def group_list(registry: Registry) -> dict[str, Any]:
    """``/apis``."""
    return {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [group(name, versions) for name, versions in groups(registry).items()],
    }


def group(name: str, versions: list[str]) -> dict[str, Any]:
    """``/apis/GROUP``."""
    listed = [{"groupVersion": f"{name}/{v}", "version": v} for v in versions]
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": name,
        "versions": listed,
        "preferredVersion": listed[0],
    }


def resource_list(registry: Registry, name: str, version: str) -> dict[str, Any] | None:
    """``/api/v1`` or ``/apis/GROUP/VERSION``; None when there is no such place."""
    if version not in groups(registry).get(name, ["v1"] if not name else []):
        return None
    resources = []
    for kind in _kinds_at(registry, name, version):
        resources.append(_resource(kind))
        resources += [_subresource(kind, sub) for sub in kind.subresources]
    for review in REVIEWS.get(name, []):
        resources.append(
            {
                "name": review.lower() + "s",
                "singularName": review.lower(),
                "namespaced": False,
                "kind": review,
                "verbs": ["create"],
            }
        )
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{name}/{version}" if name else version,
        "resources": resources,
    }


def _kinds_at(registry: Registry, name: str, version: str) -> list[Kind]:
    if name == "events.k8s.io":
        return [registry.get("Event")]
    return [k for k in registry.all() if (k.group, k.version) == (name, version)]


def _resource(kind: Kind) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": VERBS,
    }
    if kind.short:
        found["shortNames"] = list(kind.short)
    if kind.categories:
        found["categories"] = list(kind.categories)
    return found


def _subresource(kind: Kind, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": f"{kind.plural}/{name}",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": ["create", "get"] if name in ("exec", "log") else ["get", "patch", "update"],
    }
    if name in _SUBRESOURCE_KINDS:
        found["kind"], found["group"], found["version"] = _SUBRESOURCE_KINDS[name]
    return found


# OpenAPI ----------------------------------------------------------------------------------


def openapi_index(registry: Registry) -> dict[str, Any]:
    """``/openapi/v3``: where each group's document is."""
    places = ["api/v1", *(f"apis/{g}/{v}" for g, vs in groups(registry).items() for v in vs)]
    return {"paths": {p: {"serverRelativeURL": f"/openapi/v3/{p}?hash=owlab"} for p in places}}


def openapi_document(registry: Registry, name: str, version: str) -> dict[str, Any]:
    """``/openapi/v3/apis/GROUP/VERSION``: enough for clients to leave validation to the server."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    base = f"/apis/{name}/{version}" if name else "/api/v1"
    for kind in _kinds_at(registry, name, version):
        gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
        space = "/namespaces/{namespace}" if kind.namespaced else ""
        collection = f"{base}{space}/{kind.plural}"
        schema = f"io.k8s.{(kind.group or 'core').split('.')[0]}.{kind.version}.{kind.kind}"
        reference = {"$ref": f"#/components/schemas/{schema}"}
        paths[collection] = {"get": _operation(gvk, reference), "post": _operation(gvk, reference)}
        paths[collection + "/{name}"] = {
            verb: _operation(gvk, reference) for verb in ("get", "put", "patch", "delete")
        }
        schemas[schema] = {
            "type": "object",
            "description": f"{kind.kind} of {kind.api_version}. Its fields are not described here.",
            "x-kubernetes-group-version-kind": [gvk],
            "x-kubernetes-preserve-unknown-fields": True,
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            },
        }
    return {
        "openapi": "3.0.0",
        "info": {"title": "owlab pocket lab", "version": version},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(gvk: dict[str, str], reference: dict[str, str]) -> dict[str, Any]:
    return {
        "x-kubernetes-group-version-kind": gvk,
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
            for name in ("dryRun", "fieldManager", "fieldValidation")
        ],
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": reference}}}
        },
    }
