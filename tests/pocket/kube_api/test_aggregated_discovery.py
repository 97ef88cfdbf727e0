"""``/api`` and ``/apis`` tell everything at once to those who ask for it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ..controllers.conftest import bench
from .test_boundary import api

__all__ = ["api", "bench"]
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
BETA = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"


async def asked(api: httpx.AsyncClient, path: str, accept: str = AGGREGATED) -> Any:
    answer = await api.get(path, headers={"Accept": accept})
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("path", ["/api", "/apis"])
@pytest.mark.parametrize(
    ("accept", "aggregated"),
    [
        (AGGREGATED, True),
        (f"{AGGREGATED},{BETA},application/json", True),
        (f"{BETA}, {AGGREGATED}, application/json", True),
        (AGGREGATED.replace(";g=", "; g="), True),
        (f"application/json,{AGGREGATED}", False),
        (f"*/*,{AGGREGATED}", False),
        (f"{BETA},application/json", False),
        ("application/json", False),
        ("*/*", False),
        ("", False),
    ],
)
async def test_the_form_is_the_first_that_the_client_accepts(api, path, accept, aggregated):
    answer = await api.get(path, headers={"Accept": accept})
    plain = "APIVersions" if path == "/api" else "APIGroupList"
    assert answer.json()["kind"] == ("APIGroupDiscoveryList" if aggregated else plain)
    assert answer.headers["content-type"] == (AGGREGATED if aggregated else "application/json")


async def test_it_tells_what_the_lists_tell(api):
    for path in ("/api", "/apis"):
        for group in (await asked(api, path))["items"]:
            name = group["metadata"]["name"]
            assert bool(name) == (path == "/apis")
            for version in group["versions"]:
                place = f"/apis/{name}" if name else "/api"
                told = (await api.get(f"{place}/{version['version']}")).json()["resources"]
                for one in told:
                    if (one.get("group"), one.get("version")) == (name, version["version"]):
                        del one["group"], one["version"]
                assert version["freshness"] == "Current"
                assert _flat(version, name) == sorted(told, key=lambda one: one["name"])


def _flat(version: dict[str, Any], group: str) -> list[dict[str, Any]]:
    rows = []
    for resource in version["resources"]:
        namespaced = {"Namespaced": True, "Cluster": False}[resource["scope"]]
        kind = resource["responseKind"]
        assert kind == {"group": group, "version": version["version"], "kind": kind["kind"]}
        more = {key: resource[key] for key in ("shortNames", "categories") if key in resource}
        rows.append(
            {
                "name": resource["resource"],
                "singularName": resource["singularResource"],
                "namespaced": namespaced,
                "kind": kind["kind"],
                "verbs": resource["verbs"],
                **more,
            }
        )
        for sub in resource.get("subresources", []):
            other = sub["responseKind"]
            foreign = (other["group"], other["version"]) != (group, version["version"])
            rows.append(
                {
                    "name": f"{resource['resource']}/{sub['subresource']}",
                    "singularName": "",
                    "namespaced": namespaced,
                    "kind": other["kind"],
                    "verbs": sub["verbs"],
                    **({"group": other["group"], "version": other["version"]} if foreign else {}),
                }
            )
    return sorted(rows, key=lambda one: one["name"])


async def test_the_order_of_versions_is_that_of_preference(api):
    groups = {g["metadata"]["name"]: g for g in (await asked(api, "/apis"))["items"]}
    assert [v["version"] for v in groups["autoscaling"]["versions"]] == ["v2", "v1"]


async def test_who_has_it_already_is_not_sent_it_again(api):
    first = await api.get("/apis", headers={"Accept": AGGREGATED})
    mark = first.headers["etag"]
    headers = {"Accept": AGGREGATED, "If-None-Match": mark}
    again = await api.get("/apis", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == mark
    other = await api.get("/apis", headers={**headers, "If-None-Match": '"another"'})
    assert other.status_code == 200 and other.content == first.content


async def test_a_document_is_kept_under_its_own_mark_only(api):
    places = (await api.get("/openapi/v3")).json()["paths"]
    address = places["apis/apps/v1"]["serverRelativeURL"]
    kept = await api.get(address)
    assert kept.headers["cache-control"] == "public, immutable" and "expires" in kept.headers
    for other in (address.partition("?")[0], address + "0"):
        assert "cache-control" not in (await api.get(other)).headers
