"""The RESOURCES of ``helm status``: the release's objects as the API server tabulates them."""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from owlab.pocket.ground.key_pairs import load_key_pair
from owlab.pocket.ground.yaml_text import load_yaml

if TYPE_CHECKING:
    import httpx

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job")


def documents(manifest: str) -> Iterator[dict[str, Any]]:
    """The objects of a manifest."""
    for text in re.split(r"^---\s*$", manifest, flags=re.MULTILINE):
        document = load_yaml(text)
        if isinstance(document, dict) and document.get("kind"):
            yield document


@asynccontextmanager
async def connect(cluster: dict[str, Any]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API server that a kubeconfig for the engine means."""
    import httpx  # large: only this command needs it

    config = load_yaml(cluster["kubeconfig_content"])
    wanted = cluster.get("kube_context") or config.get("current-context")
    context = _named(config, "contexts", "context", wanted)
    server = _named(config, "clusters", "cluster", context.get("cluster"))
    user = _named(config, "users", "user", context.get("user"))
    trust = ssl.create_default_context()
    if server.get("certificate-authority-data"):
        trust.load_verify_locations(cadata=_decoded(server["certificate-authority-data"]).decode())
    if server.get("insecure-skip-tls-verify"):
        trust.check_hostname = False
        trust.verify_mode = ssl.CERT_NONE
    if user.get("client-certificate-data") and user.get("client-key-data"):
        pair = (_decoded(user[f"client-{name}-data"]) for name in ("certificate", "key"))
        load_key_pair(trust, *pair)
    token = cluster.get("kube_token") or user.get("token")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    base = str(cluster.get("kube_apiserver") or server.get("server") or "")
    async with httpx.AsyncClient(
        base_url=base, verify=trust, headers=headers, trust_env=False, timeout=30
    ) as client:
        yield client


def _named(config: dict[str, Any], section: str, key: str, name: object) -> dict[str, Any]:
    for entry in config.get(section) or []:
        if entry.get("name") == name:
            return dict(entry.get(key) or {})
    return {}


def _decoded(text: str) -> bytes:
    return base64.b64decode(text)


class Tables:
    """Asks for tables, and remembers what the server calls its kinds."""

    def __init__(self, client: httpx.AsyncClient, namespace: str) -> None:
        self._client = client
        self._namespace = namespace
        self._plurals: dict[str, dict[str, tuple[str, bool]]] = {}

    async def _place(self, version: str, kind: str) -> str | None:
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in self._plurals:
            found = await self._client.get(root)
            listed = found.json().get("resources", []) if found.status_code == 200 else []
            self._plurals[version] = {
                entry["kind"]: (entry["name"], entry["namespaced"])
                for entry in listed
                if "/" not in entry["name"]
            }
        if kind not in self._plurals[version]:
            return None
        plural, namespaced = self._plurals[version][kind]
        return f"{root}/namespaces/{self._namespace}/{plural}" if namespaced else f"{root}/{plural}"

    async def rows(
        self, version: str, kind: str, names: set[str] | None = None, labels: str = ""
    ) -> list[list[str]]:
        """Header and rows of the objects with these names or labels; nothing where none exist."""
        place = await self._place(version, kind)
        if place is None:
            return []
        query = {"labelSelector": labels} if labels else {}
        answer = await self._client.get(place, params=query, headers={"Accept": TABLE})
        if answer.status_code != 200:
            return []
        table = answer.json()
        columns = table.get("columnDefinitions", [])
        shown = [n for n, column in enumerate(columns) if column.get("priority", 0) == 0]
        rows = [
            [_cell(row["cells"][n]) for n in shown]
            for row in table.get("rows", [])
            if names is None or row["object"]["metadata"]["name"] in names
        ]
        return [[str(columns[n]["name"]).upper() for n in shown], *rows] if rows else []


def _cell(value: object) -> str:
    return "<none>" if value is None or value == "" else str(value)


def aligned(rows: list[list[str]]) -> str:
    """Columns as kubectl prints them: three spaces apart."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "".join(
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        + "\n"
        for row in rows
    )


async def pod_logs(cluster: dict[str, Any], namespace: str, names: list[str]) -> str:
    """The logs of pods, as ``helm test --logs`` shows them."""
    shown = ""
    async with connect(cluster) as client:
        for name in names:
            answer = await client.get(f"/api/v1/namespaces/{namespace}/pods/{name}/log")
            if answer.status_code == 200:
                shown += f"POD LOGS: {name}\n{answer.text}\n"
    return shown


async def resources(cluster: dict[str, Any], manifest: str, namespace: str) -> str:
    """Each kind of the manifest with its objects, and the pods of its workloads."""
    groups: dict[tuple[str, str], set[str]] = {}
    selectors = []
    for document in documents(manifest):
        name = document["metadata"]["name"]
        groups.setdefault((document["apiVersion"], document["kind"]), set()).add(name)
        if document["kind"] in WORKLOADS:
            selectors.append(_selector(document))
    parts = []
    async with connect(cluster) as client:
        tables = Tables(client, namespace)
        for (version, kind), names in sorted(groups.items()):
            rows = await tables.rows(version, kind, names)
            if rows:
                parts.append(f"==> {version}/{kind}\n{aligned(rows)}\n")
        pods: list[list[str]] = []
        for selector in filter(None, selectors):
            found = await tables.rows("v1", "Pod", labels=selector)
            pods += found if not pods else found[1:]
        if pods:
            parts.append(f"==> v1/Pod(related)\n{aligned(pods)}\n")
    return "".join(parts)


def _selector(document: dict[str, Any]) -> str:
    if document["kind"] == "Job":
        return f"job-name={document['metadata']['name']}"
    labels = document["spec"].get("selector", {}).get("matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
