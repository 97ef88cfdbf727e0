"""What the cluster tells OpenWhisk, and the pods of its actions."""

from __future__ import annotations

from owlab.pocket.ground.clock import Clock
from owlab.pocket.kube.cluster import Cluster
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
