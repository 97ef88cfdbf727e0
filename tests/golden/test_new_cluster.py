"""A K3s cluster at rest, as its API tells of it: resources, first objects, tables.

``make goldens`` rewrites the files: read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.kube.bootstrap import bootstrap
from owlab.pocket.kube.store import Store
from tests.pocket.kube_api.api_client import client_of

TOLD = Path(__file__).parent / "told"
REWRITE = bool(os.environ.get("OWLAB_REWRITE_GOLDENS"))
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
CHANGING = {"uid", "resourceVersion", "creationTimestamp", "managedFields"}


def compare(name: str, document: object) -> None:
    path = TOLD / name
    text = yaml.safe_dump(document, sort_keys=False, width=100, allow_unicode=True)
    if REWRITE:
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(Database(tmp_path / "lab.sqlite"), Clock())
    bootstrap(made, set())
    return made


def steady(value: Any) -> Any:
    """Without what is new each time."""
    if isinstance(value, dict):
        return {key: steady(inner) for key, inner in value.items() if key not in CHANGING}
    return [steady(inner) for inner in value] if isinstance(value, list) else value


def resources(lists: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The path of each list of objects, and what discovery says of it."""
    for version, told in lists.items():
        base = "/api/v1" if version == "v1" else f"/apis/{version}"
        for resource in told:
            kept = "metrics" not in version and "list" in resource["verbs"]
            if "/" not in resource["name"] and kept:
                yield f"{base}/{resource['name']}", resource


async def discovered(client: Any) -> dict[str, Any]:
    groups = (await client.get("/apis")).json()["groups"]
    versions = ["v1", *(one["groupVersion"] for group in groups for one in group["versions"])]
    found = {}
    for version in versions:
        path = "/api/v1" if version == "v1" else f"/apis/{version}"
        found[version] = (await client.get(path)).json()["resources"]
    return found


async def test_resources(store: Store) -> None:
    async with client_of(store) as client:
        lists = await discovered(client)
    rows = {
        version: [
            " ".join(
                [
                    resource["name"],
                    resource["kind"],
                    "namespaced" if resource["namespaced"] else "of the cluster",
                    ",".join(resource["verbs"]),
                    *resource.get("shortNames", []),
                    *resource.get("categories", []),
                ]
            )
            for resource in told
        ]
        for version, told in lists.items()
    }
    compare("resources.yaml", rows)


async def test_first_objects_and_their_tables(store: Store) -> None:
    objects, tables = {}, {}
    async with client_of(store) as client:
        for path, _ in resources(await discovered(client)):
            answer = await client.get(path, headers={"Accept": TABLE})
            table = answer.json()
            columns = [column["name"] for column in table["columnDefinitions"]]
            wide = [column["name"] for column in table["columnDefinitions"] if column["priority"]]
            rows = [
                " | ".join(str(cell) for name, cell in zip(columns, row["cells"], strict=True)
                           if name not in ("Age", "Created At"))
                for row in table["rows"]
            ]  # fmt: skip
            tables[path] = {"columns": " ".join(columns), "wide": " ".join(wide), "rows": rows}
            if listed := steady((await client.get(path)).json()["items"]):
                objects[path] = listed
    compare("objects.yaml", objects)
    compare("tables.yaml", tables)
