"""Schemathesis walks the cluster's own OpenAPI documents: no 5xx, and no status of another kind."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from ..clients.api_server import TOKEN, ApiServer

schemathesis: Any = pytest.importorskip(
    "schemathesis", reason="needs `pip install schemathesis`, which `make` does"
)
importlib.import_module("schemathesis.specs.openapi.checks")
SEED, EXAMPLES = 7, 2
DOCUMENTS = ("api/v1", "apis/apps/v1", "apis/batch/v1", "apis/networking.k8s.io/v1")
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
FIXED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
_SORTS = {"PATCH": "application/merge-patch+json"}
# Watches and streams go on until somebody ends them.
ENDLESS = ("/exec", "/attach", "/portforward", "/proxy", "/log", "/watch")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    made = ApiServer(tmp_path_factory.mktemp("kube"))
    yield made
    made.stop()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_operation_answers_in_the_apis_own_words(server: ApiServer, document: str) -> None:
    base = f"https://127.0.0.1:{server.port}"
    with httpx.Client(base_url=base, headers=HEADERS, verify=False, timeout=30) as client:
        described = _with_bodies(client.get(f"/openapi/v3/{document}").json())
        schema = schemathesis.openapi.from_dict(described)
        seen: Counter[int] = Counter()
        for found in schema.get_all_operations():
            operation = found.ok()
            if any(part in operation.path for part in ENDLESS):
                continue
            _ask(client, operation, seen)
        # Both what it takes and what it refuses were met.
        assert min(seen[2], seen[4]) > 3, seen


def _with_bodies(document: Any) -> Any:
    """What is answered is what can be sent. The document leaves it out, for kubectl's sake."""
    for path, operations in document["paths"].items():
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        for method, operation in operations.items():
            content = operation["responses"]["200"]["content"]
            more: dict[str, Any] = {"requestBody": {"content": content, "required": True}}
            operations[method] = {
                **operation,
                **(more if method in ("post", "put", "patch") else {}),
                "parameters": [*operation["parameters"], *map(_named, names)],
            }
    return document


def _named(name: str) -> dict[str, Any]:
    """A namespace is one that is there, half of the time."""
    chosen = ["default", "nowhere"] if name == "namespace" else ["web", "x.y", "A"]
    schema = {"type": "string", "enum": chosen}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _ask(client: httpx.Client, operation: Any, seen: Counter[int]) -> None:
    def ask(case: Any) -> None:
        query = {name: value for name, value in (case.query or {}).items() if name != "watch"}
        answer = client.request(
            case.method,
            case.formatted_path,
            params=query,
            content=json.dumps(case.body) if case.method in ("POST", "PUT", "PATCH") else None,
            headers={"Content-Type": _SORTS.get(case.method, "application/json")},
        )
        seen[answer.status_code // 100] += 1
        assert answer.status_code < 500 or answer.status_code in (501, 503), answer.text
        if answer.status_code >= 400:
            told = answer.json()
            assert (told["kind"], told["status"]) == ("Status", "Failure")
            assert told["code"] == answer.status_code and told["message"]

    seeded(SEED)(FIXED(given(case=operation.as_strategy())(ask)))()
