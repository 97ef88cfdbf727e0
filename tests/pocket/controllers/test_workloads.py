"""Workloads make the pods that they ask for, and keep them."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.objects import job, workload


def conditions(obj: Object) -> set[str]:
    return {c["type"] for c in obj["status"]["conditions"] if c["status"] == "True"}


async def test_a_deployment_becomes_available(bench: Bench) -> None:
    await bench.make(workload("Deployment"))
    status = bench.store.get("Deployment", "web", "default")["status"]
    assert (status["replicas"], status["readyReplicas"]) == (2, 2)
    assert {p["status"]["phase"] for p in bench.pods()} == {"Running"}


async def test_a_deleted_pod_is_made_again(bench: Bench) -> None:
    await bench.make(workload("Deployment"))
    gone = bench.pods()[0]["metadata"]["name"]
    bench.store.delete("Pod", gone, "default")
    await bench.settle()
    names = [p["metadata"]["name"] for p in bench.pods()]
    assert len(names) == 2 and gone not in names


async def test_another_image_replaces_every_pod(bench: Bench) -> None:
    await bench.make(workload("Deployment"))
    deployment = bench.store.draft("Deployment", "web", "default")
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "httpd"
    bench.store.update(deployment)
    await bench.settle()
    assert [p["spec"]["containers"][0]["image"] for p in bench.pods()] == ["httpd", "httpd"]
    sets = bench.store.list("ReplicaSet", "default")
    assert sorted(s["spec"]["replicas"] for s in sets) == [0, 2]


async def test_an_image_that_is_not_there_keeps_the_old_pods(bench: Bench) -> None:
    await bench.make(workload("Deployment"))
    deployment = bench.store.draft("Deployment", "web", "default")
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "wurstmeister/kafka:2.12"
    bench.store.update(deployment)
    await bench.settle()
    assert sum(p["status"]["phase"] == "Running" for p in bench.pods()) == 2


async def test_scaled_to_nothing(bench: Bench) -> None:
    await bench.make(workload("Deployment"))
    deployment = bench.store.draft("Deployment", "web", "default")
    deployment["spec"]["replicas"] = 0
    bench.store.update(deployment)
    await bench.settle()
    assert bench.pods() == []


async def test_members_of_a_stateful_set_come_in_order(bench: Bench) -> None:
    await bench.make(workload("StatefulSet", 3))
    assert [p["metadata"]["name"] for p in bench.pods()] == ["web-0", "web-1", "web-2"]


async def test_a_member_that_does_not_start_holds_up_the_next(bench: Bench) -> None:
    await bench.make(workload("StatefulSet", 3, image="wurstmeister/kafka:2.12"))
    assert [p["metadata"]["name"] for p in bench.pods()] == ["web-0"]


async def test_a_daemon_set_has_a_pod_on_every_node(bench: Bench) -> None:
    await bench.make(workload("DaemonSet"))
    nodes = sorted(p["spec"]["nodeName"] for p in bench.pods())
    assert nodes == ["master", "worker1", "worker2"]


async def test_a_job_completes(bench: Bench) -> None:
    await bench.make(job("echo hello"))
    assert conditions(bench.store.get("Job", "task", "default")) >= {"Complete"}


async def test_a_job_gives_up_after_its_backoff_limit(bench: Bench) -> None:
    await bench.make(job("exit 3", backoff=2))
    assert conditions(bench.store.get("Job", "task", "default")) >= {"Failed"}
    assert len(bench.pods()) == 3


async def test_a_restart_of_the_service_changes_nothing(bench: Bench) -> None:
    await bench.make(workload("Deployment"))
    await bench.make(workload("StatefulSet") | {"metadata": {"name": "db", "namespace": "default"}})
    before = {p["metadata"]["uid"]: p["status"] for p in bench.pods()}
    await bench.restart()
    assert {p["metadata"]["uid"]: p["status"] for p in bench.pods()} == before


async def test_a_namespace_empties_itself(bench: Bench) -> None:
    bench.store.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    obj = workload("Deployment")
    obj["metadata"]["namespace"] = "shop"
    await bench.make(obj)
    bench.store.delete("Namespace", "shop")
    await bench.settle()
    assert bench.store.find("Namespace", "shop") is None
    assert bench.pods("shop") == []
