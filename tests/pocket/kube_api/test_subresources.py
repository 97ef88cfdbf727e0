"""What is asked of parts of an object: debugging a pod, binding it, scaling, what is measured."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Store

from ...clients.manifests import deployment
from ..controllers.plain_store import namespace, obj, pod, store_of
from .api_client import SPACE, client_of, names, status

PODS = f"{SPACE}/pods"
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture
def store() -> Store:
    free = pod("free")
    del free["spec"]["nodeName"]
    inits = [{"name": "first", "image": "busybox"}]
    return store_of(pod("box", initContainers=inits), free)


@pytest.fixture
async def api(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(store) as client:
        yield client


# -- ephemeral containers ------------------------------------------------------------------


async def debugged(api: httpx.AsyncClient, *containers: Object) -> httpx.Response:
    return await api.patch(
        f"{PODS}/box/ephemeralcontainers",
        json={"spec": {"ephemeralContainers": list(containers)}},
        headers=MERGE,
    )


SHELL = {"name": "debug", "image": "busybox"}


async def test_a_container_is_added_and_nothing_else(api: httpx.AsyncClient, store: Store) -> None:
    changed = {"spec": {"ephemeralContainers": [SHELL], "nodeName": "other"},
               "metadata": {"labels": {"x": "y"}}}  # fmt: skip
    answer = await api.patch(f"{PODS}/box/ephemeralcontainers", json=changed, headers=MERGE)
    assert answer.status_code == 200, answer.text
    kept = store.get("Pod", "box", "default")
    assert kept["spec"]["nodeName"] == "worker1" and "x" not in kept["metadata"]["labels"]
    [made] = kept["spec"]["ephemeralContainers"]
    assert (made["name"], made["imagePullPolicy"]) == ("debug", "Always")
    assert made["terminationMessagePath"] == "/dev/termination-log"
    again = await debugged(api, made, {**SHELL, "name": "more", "targetContainerName": "main"})
    assert again.status_code == 200
    assert [c["name"] for c in again.json()["spec"]["ephemeralContainers"]] == ["debug", "more"]


@pytest.mark.parametrize(
    ("containers", "said"),
    [
        ([{"image": "x"}], "spec.ephemeralContainers[0].name: Required value"),
        ([{"name": "a"}], "spec.ephemeralContainers[0].image: Required value"),
        ([{"image": "x"}, {"name": "a"}], "spec.ephemeralContainers[1].image: Required value"),
        ([{**SHELL, "name": "A"}], 'spec.ephemeralContainers[0].name: Invalid value: "A"'),
        ([{**SHELL, "name": "main"}],
         'spec.ephemeralContainers[0].name: Duplicate value: "main"'),
        ([{**SHELL, "name": "first"}],
         'spec.ephemeralContainers[0].name: Duplicate value: "first"'),
        ([SHELL, SHELL], 'Duplicate value: "debug"'),
        ([{**SHELL, "targetContainerName": "none"}],
         'spec.ephemeralContainers[0].targetContainerName: Not found: "none"'),
        *(([{**SHELL, field: value}],
           f"spec.ephemeralContainers[0].{field}: Forbidden: cannot be set for an Ephemeral "
           "Container")
          for field, value in (("ports", [{"containerPort": 1}]),
                               ("livenessProbe", {"exec": {"command": ["a"]}}),
                               ("readinessProbe", {"exec": {"command": ["a"]}}),
                               ("startupProbe", {"exec": {"command": ["a"]}}),
                               ("lifecycle", {"preStop": {"exec": {"command": ["a"]}}}),
                               ("resources", {"limits": {"cpu": "1"}}),
                               ("restartPolicy", "Always"))),
    ],
)  # fmt: skip
async def test_what_is_no_ephemeral_container(
    api: httpx.AsyncClient, store: Store, containers: list[Object], said: str
) -> None:
    code, reason, message = status(await debugged(api, *containers))
    assert (code, reason) == (422, "Invalid") and said in message
    assert "ephemeralContainers" not in store.get("Pod", "box", "default")["spec"]


async def test_what_is_there_stays_as_it_is(api: httpx.AsyncClient) -> None:
    await debugged(api, SHELL)
    for containers, said in (
        ([], 'existing ephemeral containers "debug" may not be removed'),
        ([{**SHELL, "name": "other"}], 'existing ephemeral containers "debug" may not be removed'),
        ([{**SHELL, "image": "other"}], 'existing ephemeral containers "debug" may not be changed'),
    ):
        code, _, message = status(await debugged(api, *containers))
        assert code == 422 and said in message


async def test_no_pod_begins_with_them(api: httpx.AsyncClient) -> None:
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "new"},
            "spec": {"containers": [{"name": "a", "image": "b"}],
                     "ephemeralContainers": [SHELL]}}  # fmt: skip
    code, _, said = status(await api.post(PODS, json=made))
    assert code == 422
    assert "spec.ephemeralContainers: Forbidden: cannot be set on create" in said


# -- binding -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [f"{PODS}/free/binding", f"{SPACE}/bindings"])
async def test_a_pod_gets_its_node(api: httpx.AsyncClient, store: Store, path: str) -> None:
    body: Object = {"metadata": {"name": "free"}, "target": {"kind": "Node"}}
    refused = await api.post(path, json=body)
    assert status(refused)[2] == 'Binding "" is invalid: target.name: Required value'
    body["target"]["name"] = "worker2"
    assert (await api.post(path, json=body)).status_code == 201
    assert store.get("Pod", "free", "default")["spec"]["nodeName"] == "worker2"
    code, reason, said = status(await api.post(path, json=body))
    assert (code, reason) == (409, "Conflict")
    assert said.endswith('pod free is already assigned to node "worker2"')
    assert (await api.post(path.replace("free", "none"), json={
        "metadata": {"name": "none"}, "target": {"name": "x"}})).status_code == 404  # fmt: skip


# -- verbs and places ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", f"{PODS}/box", 405),
        ("PUT", PODS, 405),
        ("PATCH", PODS, 405),
        ("DELETE", f"{PODS}/box/status", 405),
        ("GET", f"{PODS}/box/nonsense", 404),
        ("GET", f"{PODS}/box/eviction", 405),
        ("PUT", f"{PODS}/box/binding", 405),
        ("GET", f"{SPACE}/nonsenses", 404),
        ("GET", "/apis/none/v1/things", 404),
        ("GET", "/api/v2/pods", 404),
    ],
)
async def test_what_there_is_not(api: httpx.AsyncClient, method: str, path: str, code: int) -> None:
    body: Object | None = {} if method in ("POST", "PUT", "PATCH") else None
    headers = MERGE if method == "PATCH" else None
    assert (await api.request(method, path, json=body, headers=headers)).status_code == code


async def test_names_and_namespaces_of_a_path_count(api: httpx.AsyncClient, store: Store) -> None:
    store.create(namespace("team"))
    made = obj("ConfigMap", "a")
    for path, body, said in (
        (f"{SPACE}/configmaps", {**made, "metadata": {"name": "a", "namespace": "team"}},
         "the namespace of the provided object does not match the namespace sent on the request"),
        (f"{SPACE}/configmaps", {**made, "kind": "Secret"}, "does not match the expected"),
    ):  # fmt: skip
        code, _, told = status(await api.post(path, json=body))
        assert code == 400 and said in told
    assert (await api.post(f"{SPACE}/configmaps", json=made)).status_code == 201
    wrong = copy.deepcopy(made)
    wrong["metadata"]["name"] = "b"
    code, _, said = status(await api.put(f"{SPACE}/configmaps/a", json=wrong))
    assert (code, said) == (400, "the name of the object does not match the name on the URL")
    for change, said in (
        ({"metadata": {"name": "b"}}, "the name of the object (b) does not match the name on the"),
        ({"metadata": {"namespace": "team"}}, "the namespace of the provided object does not"),
    ):
        answer = await api.patch(f"{SPACE}/configmaps/a", json=change, headers=MERGE)
        assert said in status(answer)[2]
    odd = await api.patch(f"{SPACE}/configmaps/a", json={}, headers={"Content-Type": "a/json"})
    code, reason, said = status(odd)
    assert (code, reason) == (415, "UnsupportedMediaType")
    assert "application/merge-patch+json, application/strategic-merge-patch+json" in said


async def test_an_update_of_another_object(api: httpx.AsyncClient, store: Store) -> None:
    made = store.create(obj("ConfigMap", "a"))
    other = {**made, "metadata": {**made["metadata"], "uid": "x"}}
    code, reason, said = status(await api.put(f"{SPACE}/configmaps/a", json=other))
    assert (code, reason) == (409, "Conflict")
    uid = made["metadata"]["uid"]
    assert said.endswith(f"Precondition failed: UID in precondition: x, UID in object meta: {uid}")


async def test_applying_makes_and_changes(api: httpx.AsyncClient) -> None:
    path, sort = f"{SPACE}/configmaps/a", {"Content-Type": "application/apply-patch+yaml"}
    body: Object = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"x": "1"}}

    async def applied(query: str, **more: Any) -> httpx.Response:
        return await api.patch(f"{path}{query}", json={**body, **more}, headers=sort)

    refused = await applied("")
    assert "fieldManager: Required value: is required for apply patch" in status(refused)[2]
    assert (await applied("?fieldManager=one")).status_code == 201
    assert (await applied("?fieldManager=one")).status_code == 200
    assert (await applied("?fieldManager=two", data={"x": "2"})).status_code == 409
    forced = await applied("?fieldManager=two&force=true", data={"x": "2"})
    assert (forced.status_code, forced.json()["data"]) == (200, {"x": "2"})
    managed = {"name": "a", "managedFields": [{"manager": "x"}]}
    told = await applied("?fieldManager=two", metadata=managed)
    assert status(told)[2] == "metadata.managedFields must be nil"
    dry = await applied("?fieldManager=two&dryRun=All", data={"x": "3"})
    assert dry.json()["data"] == {"x": "3"}
    assert (await api.get(path)).json()["data"] == {"x": "2"}


async def test_scaling(api: httpx.AsyncClient) -> None:
    path = "/apis/apps/v1/namespaces/default/deployments"
    assert (await api.post(path, json=deployment("web"))).status_code == 201
    scale = (await api.get(f"{path}/web/scale")).json()
    assert (scale["kind"], scale["spec"]) == ("Scale", {"replicas": 1})
    scale["spec"]["replicas"] = 3
    assert (await api.put(f"{path}/web/scale", json=scale)).json()["spec"] == {"replicas": 3}
    patched = await api.patch(f"{path}/web/scale", json={"spec": {"replicas": 4}}, headers=MERGE)
    assert patched.json()["spec"] == {"replicas": 4}
    assert (await api.get(f"{path}/web")).json()["spec"]["replicas"] == 4


# -- what is measured ----------------------------------------------------------------------

METRICS = "/apis/metrics.k8s.io/v1beta1"


async def test_measures_need_their_server(api: httpx.AsyncClient, store: Store) -> None:
    assert (await api.get(f"{METRICS}/nodes")).status_code == 404
    store.create(namespace("kube-system"))
    for name, labels in (("node-a", {"a": "b"}), ("node-b", {})):
        store.create({"apiVersion": "v1", "kind": "Node",
                      "metadata": {"name": name, "labels": labels},
                      "status": {"capacity": {"cpu": "2", "memory": "4Gi"}}})  # fmt: skip
    server = deployment("metrics-server")
    server["metadata"]["namespace"] = "kube-system"
    store.create(server)
    code, reason, _ = status(await api.get(f"{METRICS}/nodes"))
    assert (code, reason) == (503, "ServiceUnavailable")
    runs = pod("metrics-server", namespace="kube-system")
    runs["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    store.create(runs)
    assert names(await api.get(f"{METRICS}/nodes")) == ["node-a", "node-b"]
    assert names(await api.get(f"{METRICS}/nodes?labelSelector=a=b")) == ["node-a"]
    one = await api.get(f"{METRICS}/nodes/node-a")
    assert one.json()["kind"] == "NodeMetrics" and set(one.json()["usage"]) == {"cpu", "memory"}
    assert one.json()["window"] == "15.0s" and one.json()["metadata"]["labels"] == {"a": "b"}
    assert "simulated by the pocket lab" in one.headers["warning"]
    assert (await api.get(f"{METRICS}/nodes/none")).status_code == 404
    for method, path, code in (
        ("GET", f"{METRICS}/nodes?watch=true", 405),
        ("DELETE", f"{METRICS}/nodes/node-a", 405),
        ("GET", f"{METRICS}/nodes/node-a/more", 404),
        ("GET", f"{METRICS}/others", 404),
        ("GET", "/apis/metrics.k8s.io/v1/nodes", 404),
        ("GET", f"{METRICS}/namespaces/default/pods/none", 404),
    ):
        assert (await api.request(method, path)).status_code == code, path
    found = (await api.get(f"{METRICS}/namespaces/kube-system/pods")).json()
    assert found["kind"] == "PodMetricsList"
