"""DELETE: what is deleted, what stays, and what is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from owlab.pocket.kube.store import Store

from ..controllers.plain_store import obj, pod, store_of
from .api_client import SPACE, client_of, names, status

MAPS = f"{SPACE}/configmaps"
OWNER = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "name": "web",
    "uid": "u",
    "controller": True,
}


@pytest.fixture
def store() -> Store:
    labelled = obj("ConfigMap", "c", metadata={"labels": {"app": "web"}})
    store = store_of(obj("ConfigMap", "a"), obj("ConfigMap", "b"), labelled)
    for name in ("kube-system", "team"):
        store.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return store


@pytest.fixture
async def api(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(store) as client:
        yield client


async def delete(api: httpx.AsyncClient, path: str, **options: Any) -> httpx.Response:
    return await api.request("DELETE", path, json=options or None)


async def test_one_is_gone_and_others_are_not(api, store):
    uid = store.get("ConfigMap", "a", "default")["metadata"]["uid"]
    answer = await delete(api, f"{MAPS}/a")
    assert answer.json() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {"name": "a", "kind": "configmaps", "uid": uid},
    }
    assert names(await api.get(MAPS)) == ["b", "c"]
    assert status(await delete(api, f"{MAPS}/a"))[:2] == (404, "NotFound")


async def test_the_group_of_what_is_gone_is_told(api, store):
    store.create(obj("ReplicaSet", "web", {"selector": {}}, "apps/v1"))
    answer = await delete(api, "/apis/apps/v1/namespaces/default/replicasets/web")
    assert answer.json()["details"]["group"] == "apps"


@pytest.mark.parametrize(
    ("query", "options"),
    [("?dryRun=All", {}), ("", {"dryRun": ["All"]}), ("?dryRun=All", {"dryRun": ["All"]})],
)
async def test_a_dry_run_deletes_nothing(api, query, options):
    assert (await delete(api, f"{MAPS}/a{query}", **options)).json()["status"] == "Success"
    assert (await delete(api, f"{MAPS}{query}", **options)).status_code == 200
    assert names(await api.get(MAPS)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("query", "gone"),
    [
        ("", ["a", "b", "c"]),
        ("?labelSelector=app=web", ["c"]),
        ("?labelSelector=app!=web", ["a", "b"]),
        ("?fieldSelector=metadata.name=b", ["b"]),
        ("?labelSelector=app=none", []),
    ],
)
async def test_many_are_those_that_are_selected(api, query, gone):
    assert names(await delete(api, f"{MAPS}{query}")) == gone
    assert names(await api.get(MAPS)) == [name for name in "abc" if name not in gone]


@pytest.mark.parametrize("path", ["/api/v1/configmaps", "/api/v1/namespaces"])
async def test_not_all_of_all_namespaces(api, path):
    assert status(await delete(api, path)) == (
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
    )


async def test_namespaces_that_are_needed_stay(api, store):
    assert status(await delete(api, "/api/v1/namespaces/kube-system")) == (
        403,
        "Forbidden",
        'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    )
    # Of another kind, what has such a name may go.
    store.create(obj("ConfigMap", "default"))
    assert (await delete(api, f"{MAPS}/default")).status_code == 200
    assert (await delete(api, "/api/v1/namespaces/team")).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"uid": "other"}, "the UID in the precondition (other) does not match the UID in record"),
        (
            {"resourceVersion": "1"},
            "the ResourceVersion in the precondition (1) does not match the ResourceVersion in",
        ),
        ({"uid": "UID", "resourceVersion": "VERSION"}, ""),
        ({"uid": "UID", "resourceVersion": "1"}, "the ResourceVersion in the precondition (1)"),
        ({}, ""),
    ],
)
async def test_preconditions(api, store, wanted, said):
    meta = store.get("ConfigMap", "b", "default")["metadata"]
    known = {"UID": meta["uid"], "VERSION": meta["resourceVersion"]}
    wanted = {name: known.get(value, value) for name, value in wanted.items()}
    answer = await delete(api, f"{MAPS}/b", preconditions=wanted)
    if not said:
        assert answer.status_code == 200
        return
    code, reason, message = status(answer)
    assert (code, reason) == (409, "Conflict")
    assert message.startswith(f'Operation cannot be fulfilled on configmaps "b": {said}')
    assert answer.json()["details"] == {"name": "b", "kind": "configmaps"}
    assert names(await api.get(MAPS)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("kind", "path", "found"),
    [
        ("ServiceAccount", "serviceaccounts", "ServiceAccount"),
        ("Secret", "secrets", "Status"),
        ("PodTemplate", "podtemplates", "PodTemplate"),
        ("ResourceQuota", "resourcequotas", "ResourceQuota"),
        ("LimitRange", "limitranges", "Status"),
    ],
)
async def test_some_kinds_are_answered_with_the_object(api, store, kind, path, found):
    store.create(obj(kind, "x"))
    assert (await delete(api, f"{SPACE}/{path}/x")).json()["kind"] == found


async def test_what_has_a_finalizer_is_shown_as_it_waits(api, store):
    store.create(obj("ConfigMap", "f", metadata={"finalizers": ["example.com/x"]}))
    answer = await delete(api, f"{MAPS}/f")
    assert answer.json()["metadata"]["deletionTimestamp"]
    assert "f" in names(await api.get(MAPS))
    body = [{"op": "remove", "path": "/metadata/finalizers"}]
    headers = {"Content-Type": "application/json-patch+json"}
    assert (await api.patch(f"{MAPS}/f", json=body, headers=headers)).status_code == 200
    assert "f" not in names(await api.get(MAPS))


@pytest.mark.parametrize(
    ("query", "options", "seconds"),
    [
        ("", {}, 30),
        ("?gracePeriodSeconds=7", {}, 7),
        ("", {"gracePeriodSeconds": 8}, 8),
        ("?gracePeriodSeconds=7", {"gracePeriodSeconds": 8}, 8),
        ("?gracePeriodSeconds=0", {}, None),
        ("", {"gracePeriodSeconds": 0}, None),
    ],
)
async def test_how_long_a_pod_has_to_end(api, store, query, options, seconds):
    made = pod("p", terminationGracePeriodSeconds=30)
    store.create(made)
    answer = await delete(api, f"{SPACE}/pods/p{query}", **options)
    assert answer.json()["kind"] == "Pod"
    found = store.find("Pod", "p", "default")
    assert (found and found["metadata"]["deletionGracePeriodSeconds"]) == seconds


@pytest.mark.parametrize("text", ["x", "1.5", "99999999999999999999"])
async def test_a_grace_that_is_no_number(api, text):
    code, reason, said = status(await delete(api, f"{MAPS}/a?gracePeriodSeconds={text}"))
    assert (code, reason) == (400, "BadRequest")
    assert said == f'strconv.ParseInt: parsing "{text}": invalid syntax'


@pytest.mark.parametrize(
    ("query", "options", "waits", "owned"),
    [
        ("", {}, None, True),
        ("?propagationPolicy=Foreground", {}, ["foregroundDeletion"], True),
        ("", {"propagationPolicy": "Foreground"}, ["foregroundDeletion"], True),
        ("?propagationPolicy=Background", {}, None, True),
        ("?propagationPolicy=Orphan", {}, None, False),
        ("?orphanDependents=true", {}, None, False),
        ("", {"orphanDependents": True}, None, False),
        ("", {"orphanDependents": False}, None, True),
    ],
)
async def test_what_becomes_of_dependents(api, store, query, options, waits, owned):
    made = store.create(obj("ReplicaSet", "web", {"selector": {}}, "apps/v1"))
    owner = OWNER | {"uid": made["metadata"]["uid"], "blockOwnerDeletion": True}
    store.create(obj("ConfigMap", "d", metadata={"ownerReferences": [owner]}))
    path = "/apis/apps/v1/namespaces/default/replicasets/web"
    answer = await delete(api, f"{path}{query}", **options)
    assert answer.status_code == 200
    found = store.find("ReplicaSet", "web", "default")
    assert (found and found["metadata"].get("finalizers")) == waits
    dependent = store.get("ConfigMap", "d", "default")["metadata"]
    assert ("ownerReferences" in dependent) is owned


@pytest.mark.parametrize("body", [[], 7, {"gracePeriodSeconds": {}}, {"preconditions": 7}])
async def test_options_that_are_none(api, body):
    answer = await api.request("DELETE", f"{MAPS}/a", json=body)
    assert status(answer)[:2] == (400, "BadRequest")
    assert names(await api.get(MAPS)) == ["a", "b", "c"]


async def evicted(api: httpx.AsyncClient, name: str, **options: Any) -> httpx.Response:
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}, **options}
    return await api.post(f"{SPACE}/pods/{name}/eviction", json=body)


async def test_an_eviction_heeds_its_options(api, store):
    store.create(pod("p", terminationGracePeriodSeconds=30))
    dry = await evicted(api, "p", deleteOptions={"dryRun": ["All"]})
    assert dry.status_code == 201
    assert "deletionTimestamp" not in store.get("Pod", "p", "default")["metadata"]
    refused = await evicted(api, "p", deleteOptions={"preconditions": {"uid": "other"}})
    assert status(refused)[:2] == (409, "Conflict")
    assert (await evicted(api, "p", deleteOptions={"gracePeriodSeconds": 3})).status_code == 201
    assert store.get("Pod", "p", "default")["metadata"]["deletionGracePeriodSeconds"] == 3
    assert status(await evicted(api, "none"))[:2] == (404, "NotFound")
