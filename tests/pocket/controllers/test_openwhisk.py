"""What the cluster tells OpenWhisk, and the pods of its actions."""

from __future__ import annotations

import asyncio

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.kube.cluster import Cluster
from owlab.pocket.openwhisk.deployment.action_pods import PodsOfActions
from owlab.pocket.openwhisk.pod_factory import PodStartError
from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.objects import job, workload


def part(kind: str, name: str, image: str) -> dict[str, object]:
    obj = job("") if kind == "Job" else workload(kind, 1)
    labels = {"app": "owdev-openwhisk", "release": "owdev", "name": f"owdev-{name}"}
    obj["metadata"] = {"name": f"owdev-{name}", "namespace": "default", "labels": labels}
    template = obj["spec"]["template"]
    template["metadata"]["labels"] = labels
    template["spec"]["containers"] = [{"name": name, "image": image}]
    if kind != "Job":
        obj["spec"]["selector"] = {"matchLabels": labels}
    return obj


async def test_init_couchdb_wipes_once_and_only_when_the_database_is_there(bench: Bench) -> None:
    wiped: list[str] = []
    bench.openwhisk.on_wipe = lambda: wiped.append("wiped")
    await bench.make(part("Job", "init-couchdb", "openwhisk/ow-utils:ef725a6"))
    assert wiped == []
    await bench.make(part("Deployment", "couchdb", "apache/couchdb:2.3"))
    assert wiped == ["wiped"]
    await bench.settle()
    assert wiped == ["wiped"]


async def test_action_pods_of_an_earlier_service_are_removed(bench: Bench) -> None:
    node = bench.store.draft("Node", "worker1")
    node["metadata"]["labels"]["openwhisk-role"] = "invoker"
    bench.store.update(node)
    labels = {"user-action-pod": "true"}
    image = "openwhisk/action-nodejs-v14:1.21.0"
    bench.store.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "openwhisk"}})
    pod = await bench.openwhisk.action_pods.start("wskowdev-invoker-00-1", image, 256, labels)
    assert (pod.name, pod.node) == ("wskowdev-invoker-00-1", "worker1")
    await bench.restart()
    assert bench.pods("openwhisk") == []


async def test_namespaces_have_the_labs_authority(bench: Bench) -> None:
    await bench.cluster.stop()
    bench.store.remove("ConfigMap", "kube-root-ca.crt", "default")
    bench.cluster = Cluster(bench.db, Clock(), bench.fleet, authority="THE CA")
    await bench.cluster.start()
    await bench.settle()
    found = bench.store.get("ConfigMap", "kube-root-ca.crt", "default")
    assert found["data"] == {"ca.crt": "THE CA"}


IMAGE = "openwhisk/action-nodejs-v14:1.21.0"
NO_RESOURCES = "Failed to provision resources to run the action."


@pytest.fixture
async def actions(bench: Bench) -> PodsOfActions:
    """Of a release in ``openwhisk``, for which worker1 runs functions."""
    node = bench.store.draft("Node", "worker1")
    node["metadata"]["labels"]["openwhisk-role"] = "invoker"
    bench.store.update(node)
    bench.store.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "openwhisk"}})
    return PodsOfActions(bench.store, lambda: "openwhisk")


async def test_a_pod_of_an_action_comes_and_goes(bench: Bench, actions: PodsOfActions) -> None:
    first = await actions.start("wsk-1", IMAGE, 256, {"user-action-pod": "true"})
    pod = bench.store.get("Pod", "wsk-1", "openwhisk")
    container = pod["spec"]["containers"][0]
    assert (first.name, first.node) == ("wsk-1", "worker1")
    assert pod["metadata"]["labels"] == {"user-action-pod": "true"}
    assert (container["name"], container["image"]) == ("user-action", IMAGE)
    assert container["resources"] == {name: {"memory": "256Mi"} for name in ("limits", "requests")}
    assert container["ports"] == [{"containerPort": 8080, "name": "action", "protocol": "TCP"}]
    second = await actions.start("wsk-1", IMAGE, 256, {})
    assert second.name.startswith("wsk-1-"), "one that is ending has the name still"
    assert not actions.gone("wsk-1")
    await actions.remove("wsk-1")
    assert actions.gone("wsk-1")
    assert not actions.gone(second.name)
    await actions.remove("wsk-1")
    await actions.remove("none")
    assert actions.gone("none")


async def test_a_pod_that_is_not_ready_is_gone(bench: Bench, actions: PodsOfActions) -> None:
    await actions.start("wsk-1", IMAGE, 256, {})
    pod = bench.store.draft("Pod", "wsk-1", "openwhisk")
    for condition in pod["status"]["conditions"]:
        if condition["type"] == "Ready":
            condition["status"] = "False"
    bench.store.update(pod)
    assert actions.gone("wsk-1")


async def test_an_image_that_no_registry_has(bench: Bench, actions: PodsOfActions) -> None:
    with pytest.raises(PodStartError, match=r"^Failed to pull container image 'nobody/none:0'\.$"):
        await actions.start("wsk-1", "nobody/none:0", 256, {})
    await bench.settle()
    assert bench.pods("openwhisk") == []


async def test_a_pod_that_is_deleted_while_it_waits(bench: Bench, actions: PodsOfActions) -> None:
    node = bench.store.draft("Node", "worker1")
    del node["metadata"]["labels"]["openwhisk-role"]
    bench.store.update(node)
    starting = asyncio.ensure_future(actions.start("wsk-1", IMAGE, 256, {}))
    await bench.settle()
    assert not starting.done(), "no node runs functions: it is Pending"
    await actions.remove("wsk-1")
    with pytest.raises(PodStartError, match=f"^{NO_RESOURCES}$"):
        await starting


async def test_a_pod_that_the_cluster_refuses(bench: Bench, actions: PodsOfActions) -> None:
    other = PodsOfActions(bench.store, lambda: "nowhere")
    with pytest.raises(PodStartError, match=f"^{NO_RESOURCES}$"):
        await other.start("wsk-1", IMAGE, 256, {})
