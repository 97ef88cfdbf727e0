"""What happens to pods when something that they need is missing."""

from __future__ import annotations

import asyncio

from owlab.pocket.kube.object_state import is_ready
from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.objects import workload


async def test_no_node_has_the_label(bench: Bench) -> None:
    await bench.make(workload("Deployment", 1, nodeSelector={"openwhisk-role": "invoker"}))
    (pod,) = bench.pods()
    assert pod["status"]["phase"] == "Pending"
    (message,) = bench.messages("FailedScheduling")
    assert message.startswith(
        "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
    )


async def test_a_label_given_later_lets_the_pod_start(bench: Bench) -> None:
    await bench.make(workload("Deployment", 1, nodeSelector={"openwhisk-role": "invoker"}))
    node = bench.store.draft("Node", "worker2")
    node["metadata"]["labels"]["openwhisk-role"] = "invoker"
    bench.store.update(node)
    await bench.settle()
    (pod,) = bench.pods()
    assert (pod["spec"]["nodeName"], pod["status"]["phase"]) == ("worker2", "Running")


async def test_the_withdrawn_kafka_image(bench: Bench) -> None:
    await bench.make(workload("Deployment", 1, image="wurstmeister/kafka:2.12-2.3.1"))
    (pod,) = bench.pods()
    (status,) = pod["status"]["containerStatuses"]
    # It is tried again and again, with pauses.
    assert status["state"]["waiting"]["reason"] in ("ErrImagePull", "ImagePullBackOff")
    assert "Error: ErrImagePull" in bench.messages("Failed")


async def test_without_nfs_common_containers_are_not_created(bench: Bench) -> None:
    error = "mount: bad option; you might need a /sbin/mount.<type> helper program."
    bench.fleet.nfs = dict.fromkeys(bench.fleet.machines, error)
    volume = {"name": "data", "nfs": {"server": "127.9.0.9", "path": "/srv"}}
    await bench.make(workload("Deployment", 1, volumes=[volume]))
    (pod,) = bench.pods()
    (status,) = pod["status"]["containerStatuses"]
    assert status["state"]["waiting"]["reason"] == "ContainerCreating"
    (message,) = bench.messages("FailedMount")
    assert message.endswith(f"Output: {error}")

    bench.fleet.nfs.clear()
    await bench.settle()
    assert bench.pods()[0]["status"]["phase"] == "Running"


async def test_pods_of_a_stopped_worker_move(bench: Bench) -> None:
    await bench.make(workload("Deployment", 3))
    bench.fleet.machines["worker1"].running = False
    await bench.settle()
    ready = next(
        c
        for c in bench.store.get("Node", "worker1")["status"]["conditions"]
        if c["type"] == "Ready"
    )
    assert ready["status"] == "Unknown"
    # A machine that boots again within a second keeps its pods.
    await asyncio.sleep(2.1)
    await bench.settle()
    ready = [p for p in bench.pods() if is_ready(p)]
    assert len(ready) == 3
    assert "worker1" not in {p["spec"]["nodeName"] for p in ready}
    (left,) = [p for p in bench.pods() if not is_ready(p)]
    assert left["metadata"]["deletionTimestamp"], "its kubelet is not there to end it"


async def test_a_member_of_a_stateful_set_waits_for_its_lost_node(bench: Bench) -> None:
    await bench.make(workload("StatefulSet", 3))
    lost = next(p for p in bench.pods() if p["spec"]["nodeName"] == "worker1")
    bench.fleet.machines["worker1"].running = False
    await bench.settle()
    await asyncio.sleep(2.1)
    await bench.settle()
    name = lost["metadata"]["name"]
    stuck = bench.store.get("Pod", name, "default")
    assert stuck["metadata"]["uid"] == lost["metadata"]["uid"]
    assert stuck["metadata"]["deletionTimestamp"]
    bench.store.delete("Pod", name, "default", grace=0)
    await bench.settle()
    again = bench.store.get("Pod", name, "default")
    assert is_ready(again) and again["spec"]["nodeName"] != "worker1"


async def test_a_cordoned_node_gets_no_new_pods(bench: Bench) -> None:
    node = bench.store.draft("Node", "worker1")
    node["spec"]["unschedulable"] = True
    bench.store.update(node)
    await bench.make(workload("Deployment", 6))
    assert {p["spec"]["nodeName"] for p in bench.pods()} == {"master", "worker2"}


async def test_a_local_volume_holds_its_pods_to_its_node(bench: Bench) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default"},
        "spec": {
            "storageClassName": "local-path",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Mi"}},
        },
    }
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    here = {"kubernetes.io/hostname": "worker1"}
    there = {"kubernetes.io/hostname": "worker2"}
    await bench.make(claim)
    await bench.make(workload("Deployment", 1, volumes=[volume], nodeSelector=here))
    assert [pod["status"]["phase"] for pod in bench.pods()] == ["Running"]

    other = workload("Deployment", 1, volumes=[volume], nodeSelector=there)
    other["metadata"]["name"] = "other"
    other["spec"]["selector"]["matchLabels"] = {"app": "other"}
    other["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    await bench.make(other)
    phases = {pod["metadata"]["labels"]["app"]: pod["status"]["phase"] for pod in bench.pods()}
    assert phases == {"web": "Running", "other": "Pending"}
    assert "1 node(s) didn't match PersistentVolume's node affinity" in " ".join(
        bench.messages("FailedScheduling")
    )
