"""A custom kind may be called as one of Kubernetes' own (Knative's Service, Volcano's Job)."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest

from owlab.pocket.kube.kinds import KINDS

from ..controllers.conftest import Bench, bench
from .test_boundary import api

__all__ = ["api", "bench"]
NAMES = sorted({kind.kind for kind in KINDS})
FILLED_IN = {"NetworkPolicy": {"policyTypes": ["Ingress"]}}
"""What of a spec follows from nothing."""
BODIES: list[dict[str, Any]] = [
    {},
    {"spec": "text"},
    {"spec": {"template": [1], "minReplicas": "a", "limits": 3}},
    {"data": 5, "rules": 7, "globalDefault": True, "involvedObject": 1, "roleRef": 2},
]


def definition(kind: str) -> dict[str, Any]:
    plural = f"{kind.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.example.dev"},
        "spec": {
            "group": "example.dev",
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


@pytest.mark.parametrize("kind", NAMES)
async def test_none_of_the_rules_of_its_namesake_are_for_it(
    api: httpx.AsyncClient, bench: Bench, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    where = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    assert (await api.post(where, json=definition(kind))).status_code == 201
    await bench.settle()
    here = f"/apis/example.dev/v1/namespaces/default/{kind.lower()}s"
    for number, body in enumerate(BODIES):
        mine = {"apiVersion": "example.dev/v1", "kind": kind, "metadata": {"name": f"x{number}"}}
        made = await api.post(here, json={**mine, **body})
        assert made.status_code == 201, made.text
        assert {k: v for k, v in made.json().items() if k not in mine} == body
        again = {**made.json(), "more": 1}
        changed = await api.put(f"{here}/x{number}", json=again)
        assert changed.status_code == 200, changed.text
    await bench.settle()
    with caplog.at_level(logging.ERROR):
        listed = await api.get(
            here, headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
        )
        columns = [column["name"] for column in listed.json()["columnDefinitions"]]
        assert columns == ["Name", "Age"]
        for number in range(len(BODIES)):
            gone = await api.delete(f"{here}/x{number}")
            assert gone.status_code == 200, gone.text
            assert (await api.get(f"{here}/x{number}")).status_code == 404
    assert not caplog.records


@pytest.mark.parametrize(
    ("kind", "plural", "group"),
    [
        ("ResourceQuota", "resourcequotas", "api/v1"),
        ("LimitRange", "limitranges", "api/v1"),
        ("NetworkPolicy", "networkpolicies", "apis/networking.k8s.io/v1"),
        ("PodDisruptionBudget", "poddisruptionbudgets", "apis/policy/v1"),
    ],
)
async def test_what_has_no_spec_has_an_empty_one(
    api: httpx.AsyncClient, bench: Bench, kind: str, plural: str, group: str
) -> None:
    where = f"/{group}/namespaces/default/{plural}"
    version = group.partition("/")[2]
    for body in ({}, {"spec": None}):
        meta = {"generateName": "bare-"}
        made = await api.post(
            where, json={"apiVersion": version, "kind": kind, "metadata": meta, **body}
        )
        assert made.status_code == 201, made.text
        assert made.json()["spec"] == FILLED_IN.get(kind, {})
    pod = {"containers": [{"name": "a", "image": "busybox"}]}
    made = await api.post(
        "/api/v1/namespaces/default/pods",
        json={"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": pod},
    )
    assert made.status_code == 201, made.text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, None),
        ({"deprecated": True}, '299 - "example.dev/v1 Widget is deprecated"'),
        ({"deprecated": True, "deprecationWarning": "use v2"}, '299 - "use v2"'),
    ],
)
async def test_a_deprecated_version_says_so(
    api: httpx.AsyncClient, bench: Bench, more: dict[str, Any], said: str | None
) -> None:
    made = definition("Widget")
    made["spec"]["versions"][0] |= more
    where = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    assert (await api.post(where, json=made)).status_code == 201
    await bench.settle()
    answer = await api.get("/apis/example.dev/v1/namespaces/default/widgets")
    assert (answer.status_code, answer.headers.get("warning")) == (200, said)
