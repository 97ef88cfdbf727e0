"""What the server serves, as clients discover it: groups, versions, resources, OpenAPI."""

from __future__ import annotations

import re
from typing import Any

from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.registry import Registry
from owlab.pocket.kube.schemas import openapi
from owlab.pocket.kube.schemas.openapi_v2 import document as openapi_v2_document

_SUBRESOURCE_KINDS = {
    "scale": ("Scale", "autoscaling", "v1"),
    "eviction": ("Eviction", "policy", "v1"),
    "binding": ("Binding", "", "v1"),
    "token": ("TokenRequest", "authentication.k8s.io", "v1"),
}
_OPTIONS = {
    "exec": "ExecOptions",
    "attach": "AttachOptions",
    "portforward": "PortForwardOptions",
    "proxy": "ProxyOptions",
}
"""Of streams: what stands in the address, of a kind for each resource (PodExecOptions)."""
_SUBRESOURCE_VERBS = {
    "proxy": ["create", "delete", "get", "patch", "update"],
    "log": ["get"],
    "finalize": ["update"],
    **{name: ["create", "get"] for name in ("exec", "attach", "portforward")},
    **{name: ["create"] for name in ("eviction", "binding", "token")},
}
REVIEWS = {
    "authorization.k8s.io": [
        "SelfSubjectAccessReview",
        "SelfSubjectRulesReview",
        "SubjectAccessReview",
        "LocalSubjectAccessReview",
    ],
    "authentication.k8s.io": ["SelfSubjectReview", "TokenReview"],
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
    for kind in registry.discovered():
        if kind.group and kind.version not in found.setdefault(kind.group, []):
            found[kind.group].append(kind.version)
    for group in REVIEWS:
        found.setdefault(group, ["v1"])
    return {name: sorted(versions, key=_rank) for name, versions in found.items()}


def _rank(version: str) -> tuple[int, int, int, str]:
    """The order of versions: ``v2``, ``v1``, ``v1beta2``, ``v1beta1``, ``v1alpha1``, and others."""
    match = re.fullmatch(r"v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?", version)
    if match is None:
        return 3, 0, 0, version
    stage = {None: 0, "beta": 1, "alpha": 2}[match[2]]
    return stage, -int(match[1]), -int(match[3] or 0), version


def root(registry: Registry) -> dict[str, Any]:
    """``/``: the paths that there are."""
    served = groups(registry)
    paths = ["/api", "/api/v1", "/apis", "/openapi/v2", "/openapi/v3", "/version"]
    paths += ["/healthz", "/livez", "/readyz"]
    paths += [f"/apis/{name}" for name in served]
    paths += [
        f"/apis/{name}/{version}" for name, versions in served.items() for version in versions
    ]
    return {"paths": sorted(paths)}


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
                "namespaced": review.startswith("Local"),
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
    return [k for k in registry.discovered() if (k.group, k.version) == (name, version)]


def _resource(kind: Kind) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
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
        "kind": f"{kind.kind}{_OPTIONS[name]}" if name in _OPTIONS else kind.kind,
        "verbs": _SUBRESOURCE_VERBS.get(name, ["get", "patch", "update"]),
    }
    if name in _SUBRESOURCE_KINDS:
        found["kind"], found["group"], found["version"] = _SUBRESOURCE_KINDS[name]
    return found


# OpenAPI ----------------------------------------------------------------------------------


def openapi_index(registry: Registry) -> dict[str, Any]:
    """``/openapi/v3``: where each group's document is."""
    places = ["api/v1", *(f"apis/{g}/{v}" for g, vs in groups(registry).items() for v in vs)]
    paths = {}
    for place in places:
        paths[place] = {"serverRelativeURL": f"/openapi/v3/{place}?hash={mark(registry, place)}"}
    return {"paths": paths}


def mark(registry: Registry, place: str) -> str:
    """Of the content of the document at ``/openapi/v3/PLACE``."""
    return openapi.fingerprint(_kinds_at(registry, *_group_version(place)))


def _group_version(place: str) -> tuple[str, str]:
    words = place.split("/")
    if len(words) < 2:
        return "", ""
    return ("", words[-1]) if words[0] == "api" else (words[1], words[-1])


def openapi_v2(registry: Registry, git_version: str) -> dict[str, Any]:
    """``/openapi/v2``: every group in one document."""
    places = openapi_index(registry)["paths"]
    documents = (openapi_document(registry, place) for place in places)
    return openapi_v2_document((part for part in documents if part), git_version)


def openapi_document(registry: Registry, place: str) -> dict[str, Any] | None:
    """``/openapi/v3/apis/GROUP/VERSION``; None when there is no such place."""
    name, version = _group_version(place)
    kinds = _kinds_at(registry, name, version)
    if not kinds and version not in groups(registry).get(name, []):
        return None
    return openapi.document(kinds, name, version)
