"""Everything that is served, in one answer: what clients since Kubernetes 1.27 ask ``/apis`` for.

Who does not ask for it is given the list of groups, and asks for each of their versions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from owlab.pocket.kube.apiserver import discovery
from owlab.pocket.kube.registry import Registry

MEDIA_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def wanted(request: Request) -> bool:
    """The client names this form before one that it would be given otherwise."""
    for accepted in request.headers.get("accept", "").replace(" ", "").split(","):
        if set(MEDIA_TYPE.split(";")) <= set(accepted.split(";")):
            return True
        if accepted.partition(";")[0] in ("*/*", "application/*"):
            return False
        if accepted == "application/json":
            return False
    return False


def respond(request: Request, content: dict[str, Any]) -> Response:
    """The answer; an empty one with status 304 to a client that has this one already."""
    body = json.dumps(content, separators=(",", ":")).encode()
    mark = f'"{hashlib.sha256(body).hexdigest().upper()}"'
    headers = {"ETag": mark, "Vary": "Accept"}
    if mark in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


def core(registry: Registry) -> dict[str, Any]:
    """``/api``: the group without a name."""
    return _list([_group(registry, "", ["v1"])])


def named(registry: Registry) -> dict[str, Any]:
    """``/apis``: all groups that have names."""
    groups = discovery.groups(registry).items()
    return _list([_group(registry, name, versions) for name, versions in groups])


def _list(groups: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": groups,
    }


def _group(registry: Registry, name: str, versions: list[str]) -> dict[str, Any]:
    listed = []
    for version in versions:
        found = discovery.resource_list(registry, name, version) or {"resources": []}
        resources = list(_resources(found["resources"], name, version))
        listed.append({"version": version, "resources": resources, "freshness": "Current"})
    return {"metadata": {"name": name}, "versions": listed}


def _resources(listed: list[dict[str, Any]], group: str, version: str) -> Iterator[dict[str, Any]]:
    """Resources of a version, each with its subresources inside."""
    for resource in listed:
        name = resource["name"]
        if "/" in name:
            continue
        found: dict[str, Any] = {
            "resource": name,
            "responseKind": _kind(resource, group, version),
            "scope": _scope(resource),
            "singularResource": resource["singularName"],
            "verbs": resource["verbs"],
            **{key: resource[key] for key in ("shortNames", "categories") if key in resource},
        }
        inside = [
            {
                "subresource": sub["name"].removeprefix(f"{name}/"),
                "responseKind": _kind(sub, group, version),
                "verbs": sub["verbs"],
            }
            for sub in listed
            if sub["name"].startswith(f"{name}/")
        ]
        yield {**found, "subresources": inside} if inside else found


def _kind(resource: dict[str, Any], group: str, version: str) -> dict[str, str]:
    return {
        "group": resource.get("group", group),
        "version": resource.get("version", version),
        "kind": resource["kind"],
    }


def _scope(resource: dict[str, Any]) -> str:
    return "Namespaced" if resource["namespaced"] else "Cluster"
