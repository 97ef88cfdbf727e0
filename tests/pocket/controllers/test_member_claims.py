"""The claims of a StatefulSet's members: what is made of a template, and whose they are."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.member_claims import MemberClaims
from owlab.pocket.kube.store import Store

from .plain_store import obj, pod, store_of

SPEC = {
    "accessModes": ["ReadWriteOnce"],
    "storageClassName": "manual",
    "resources": {"requests": {"storage": "1Gi"}},
}


def template(name: str, **labels: str) -> Object:
    return {"metadata": {"name": name, **({"labels": labels} if labels else {})}, "spec": SPEC}


def stateful(*templates: Object, **policy: str) -> Object:
    spec: Object = {
        "selector": {"matchLabels": {"app": "db"}},
        "volumeClaimTemplates": list(templates),
        **({"persistentVolumeClaimRetentionPolicy": policy} if policy else {}),
    }
    return obj("StatefulSet", "db", spec, "apps/v1")


SET = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "blockOwnerDeletion": True,
       "controller": True}  # fmt: skip


def scene(made: Object, *objects: Object) -> tuple[Store, MemberClaims]:
    store = store_of(made, *objects)
    return store, MemberClaims(store, store.get("StatefulSet", "db", "default"))


def owners(store: Store, claim: str) -> list[tuple[str, str]]:
    found = store.get("PersistentVolumeClaim", claim, "default")["metadata"]
    return [(one["kind"], one["name"]) for one in found.get("ownerReferences") or []]


def claim(name: str, **meta: Any) -> Object:
    return obj("PersistentVolumeClaim", name, SPEC, metadata=meta, status={"phase": "Bound"})


def test_what_a_new_member_gets() -> None:
    store, claims = scene(stateful(template("data"), template("log", app="x", tier="l")))
    new = pod("db-0", volumes=[{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}])
    assert claims.make(new, "db-0") == ["data-db-0", "log-db-0"]
    assert new["spec"]["volumes"] == [
        {"name": "tmp", "emptyDir": {}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}},
        {"name": "log", "persistentVolumeClaim": {"claimName": "log-db-0"}},
    ]
    labels = [
        store.get("PersistentVolumeClaim", name, "default")["metadata"]["labels"]
        for name in ("data-db-0", "log-db-0")
    ]
    assert labels == [{"app": "db"}, {"app": "x", "tier": "l"}]
    assert owners(store, "data-db-0") == []


def test_a_member_that_comes_back_finds_its_claims() -> None:
    store, claims = scene(stateful(template("data"), template("log")), claim("data-db-0"))
    new = pod("db-0")
    assert claims.make(new, "db-0") == ["log-db-0"]
    assert [one["name"] for one in new["spec"]["volumes"]] == ["data", "log"]
    assert store.get("PersistentVolumeClaim", "data-db-0", "default")["status"] == {
        "phase": "Bound"
    }


def test_without_templates_a_pod_stays_as_it_is() -> None:
    _, claims = scene(stateful())
    new = pod("db-0")
    assert claims.make(new, "db-0") == [] and "volumes" not in new["spec"]


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        ({}, False),
        ({"whenDeleted": "Retain"}, False),
        ({"whenDeleted": "Delete"}, True),
        ({"whenScaled": "Delete"}, False),
    ],
)
def test_who_owns_a_new_claim(policy: dict[str, str], kept: bool) -> None:
    store, claims = scene(stateful(template("data"), **policy))
    claims.make(pod("db-0"), "db-0")
    assert owners(store, "data-db-0") == ([("StatefulSet", "db")] if kept else [])


OTHER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "u"}
POD = {"apiVersion": "v1", "kind": "Pod", "name": "db-1", "uid": "old"}


@pytest.mark.parametrize(
    ("policy", "end", "known", "after"),
    [
        ({"whenScaled": "Delete"}, 1, [], [("Pod", "db-1")]),
        ({"whenScaled": "Delete"}, 2, [], []),
        ({"whenScaled": "Delete"}, 0, [], [("Pod", "db-1")]),
        ({"whenScaled": "Delete"}, 1, [OTHER], [("ConfigMap", "c"), ("Pod", "db-1")]),
        ({"whenScaled": "Delete"}, 2, [OTHER, POD], [("ConfigMap", "c")]),
        ({"whenScaled": "Delete", "whenDeleted": "Delete"}, 2, [], [("StatefulSet", "db")]),
        ({"whenScaled": "Delete", "whenDeleted": "Delete"}, 2, [POD], [("StatefulSet", "db")]),
        ({"whenScaled": "Delete", "whenDeleted": "Delete"}, 1, [], [("Pod", "db-1")]),
        ({"whenScaled": "Retain"}, 1, [], []),
        ({}, 1, [OTHER], [("ConfigMap", "c")]),
    ],
)
def test_who_owns_the_claims_of_a_member_that_goes(
    policy: dict[str, str], end: int, known: list[Object], after: list[tuple[str, str]]
) -> None:
    # The first claim is gone; the second is looked after all the same.
    made = stateful(template("gone"), template("data"), **policy)
    store, claims = scene(made, claim("data-db-1", ownerReferences=known), pod("db-1"))
    member = store.get("Pod", "db-1", "default")
    claims.retain(member, end)
    assert owners(store, "data-db-1") == after
    before = store.resource_version
    claims.retain(member, end)
    assert store.resource_version == before, "nothing is written again"
