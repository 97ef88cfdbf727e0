"""StatefulSets and DaemonSets: claims of their own, histories; Deployments that wait."""

from __future__ import annotations

import asyncio

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition
from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.objects import workload


def with_claims(replicas: int = 2, **policy: str) -> Object:
    made = workload("StatefulSet", replicas)
    made["spec"]["volumeClaimTemplates"] = [
        {
            "metadata": {"name": "data"},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Mi"}},
            },
        }
    ]
    if policy:
        made["spec"]["persistentVolumeClaimRetentionPolicy"] = policy
    return made


def claims(bench: Bench) -> dict[str, str]:
    found = bench.store.list("PersistentVolumeClaim", "default")
    return {c["metadata"]["name"]: c["status"]["phase"] for c in found}


async def change(bench: Bench, kind: str, **spec: object) -> None:
    obj = bench.store.draft(kind, "web", "default")
    obj["spec"].update(spec)
    bench.store.update(obj)
    await bench.settle()


async def new_template(bench: Bench, kind: str, version: str) -> None:
    obj = bench.store.draft(kind, "web", "default")
    env = [{"name": "VERSION", "value": version}]
    obj["spec"]["template"]["spec"]["containers"][0]["env"] = env
    bench.store.update(obj)
    await bench.settle()


def versions(bench: Bench) -> list[str]:
    return [
        (p["spec"]["containers"][0].get("env") or [{"value": "1"}])[0]["value"]
        for p in bench.pods()
    ]


async def test_each_member_has_a_claim_that_outlives_it(bench: Bench) -> None:
    await bench.make(with_claims())
    assert claims(bench) == {"data-web-0": "Bound", "data-web-1": "Bound"}
    await change(bench, "StatefulSet", replicas=1)
    bench.store.delete("StatefulSet", "web", "default")
    await bench.settle()
    assert bench.pods() == []
    assert set(claims(bench)) == {"data-web-0", "data-web-1"}


async def test_members_go_from_the_last_to_the_first(bench: Bench) -> None:
    await bench.make(workload("StatefulSet", 3))
    await change(bench, "StatefulSet", replicas=0)
    told = [
        event["message"].split()[2]
        for event in bench.store.list("Event", "default")
        if event["message"].startswith("delete Pod web-")
    ]
    assert told == ["web-2", "web-1", "web-0"]


async def test_claims_go_with_their_members_if_that_is_the_policy(bench: Bench) -> None:
    await bench.make(with_claims(whenScaled="Delete", whenDeleted="Delete"))
    await change(bench, "StatefulSet", replicas=1)
    assert set(claims(bench)) == {"data-web-0"}
    bench.store.delete("StatefulSet", "web", "default")
    await bench.settle()
    assert claims(bench) == {}


async def test_only_members_from_the_partition_on_are_replaced(bench: Bench) -> None:
    made = workload("StatefulSet", 3)
    made["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    await bench.make(made)
    await new_template(bench, "StatefulSet", "2")
    assert versions(bench) == ["1", "1", "2"]
    # A member below it comes back as it was.
    bench.store.delete("Pod", "web-0", "default")
    await bench.settle()
    assert versions(bench) == ["1", "1", "2"]
    status = bench.store.get("StatefulSet", "web", "default")["status"]
    assert status["currentRevision"] != status["updateRevision"]
    assert (status["currentReplicas"], status["updatedReplicas"]) == (2, 1)


async def test_a_history_of_templates(bench: Bench) -> None:
    for kind in ("StatefulSet", "DaemonSet"):
        await bench.make(workload(kind, 1))
        await new_template(bench, kind, "2")
        revisions = bench.store.list("ControllerRevision", "default")
        assert [r["revision"] for r in sorted(revisions, key=lambda r: r["revision"])] == [1, 2]
        obj = bench.store.draft(kind, "web", "default")
        del obj["spec"]["template"]["spec"]["containers"][0]["env"]
        bench.store.update(obj)
        await bench.settle()
        revisions = bench.store.list("ControllerRevision", "default")
        assert sorted(r["revision"] for r in revisions) == [2, 3], "the first one is the newest"
        bench.store.delete(kind, "web", "default")
        await bench.settle()
        assert bench.store.list("ControllerRevision", "default") == []


@pytest.mark.parametrize(
    ("strategy", "replaced"),
    [
        ({}, 1),
        ({"type": "RollingUpdate"}, 1),
        ({"rollingUpdate": {"maxUnavailable": 1}}, 1),
        ({"rollingUpdate": {"maxUnavailable": 2}}, 2),
        ({"rollingUpdate": {"maxUnavailable": 5}}, 3),
        ({"rollingUpdate": {"maxUnavailable": "1%"}}, 1),
        ({"rollingUpdate": {"maxUnavailable": "34%"}}, 2),
        ({"rollingUpdate": {"maxUnavailable": "100%"}}, 3),
        ({"type": "OnDelete"}, 0),
    ],
)
async def test_as_many_pods_of_a_daemon_set_are_missing_as_may_be(
    bench: Bench, strategy: Object, replaced: int
) -> None:
    """Of three; the new ones never become ready."""
    made = workload("DaemonSet", 1)
    made["spec"]["updateStrategy"] = strategy
    await bench.make(made)
    obj = bench.store.draft("DaemonSet", "web", "default")
    container = obj["spec"]["template"]["spec"]["containers"][0]
    container["readinessProbe"] = {"exec": {"command": ["false"]}, "periodSeconds": 1}
    bench.store.update(obj)
    await bench.settle()
    new = ["readinessProbe" in pod["spec"]["containers"][0] for pod in bench.pods()]
    assert (len(new), sum(new)) == (3, replaced)
    status = bench.store.get("DaemonSet", "web", "default")["status"]
    assert (status["numberReady"], status.get("updatedNumberScheduled", 0)) == (
        3 - replaced,
        replaced,
    )


async def test_a_paused_deployment_waits(bench: Bench) -> None:
    await bench.make(workload("Deployment", 2))
    await change(bench, "Deployment", paused=True)
    await new_template(bench, "Deployment", "2")
    assert versions(bench) == ["1", "1"]
    obj = bench.store.get("Deployment", "web", "default")
    assert condition(obj, "Progressing")["reason"] == "DeploymentPaused"  # type: ignore[index]
    await change(bench, "Deployment", replicas=3)
    assert versions(bench) == ["1", "1", "1"], "it can be scaled all the same"
    await change(bench, "Deployment", paused=False)
    assert versions(bench) == ["2", "2", "2"]


async def test_a_roll_out_that_does_not_move_is_late(bench: Bench) -> None:
    made = workload("Deployment", 1, image="wurstmeister/kafka:2.12")
    made["spec"]["progressDeadlineSeconds"] = 1
    await bench.make(made)
    await asyncio.sleep(2.2)
    await bench.settle()
    found = condition(bench.store.get("Deployment", "web", "default"), "Progressing")
    assert found is not None
    assert (found["status"], found["reason"]) == ("False", "ProgressDeadlineExceeded")


async def test_the_cause_of_a_change_is_kept(bench: Bench) -> None:
    made = workload("Deployment", 1)
    made["metadata"]["annotations"] = {"kubernetes.io/change-cause": "first"}
    await bench.make(made)
    (one,) = bench.store.list("ReplicaSet", "default")
    assert one["metadata"]["annotations"]["kubernetes.io/change-cause"] == "first"


async def test_a_claim_in_use_waits_for_its_pod(bench: Bench) -> None:
    await bench.make(with_claims(1))
    bench.store.delete("PersistentVolumeClaim", "data-web-0", "default")
    await bench.settle()
    held = bench.store.get("PersistentVolumeClaim", "data-web-0", "default")
    assert held["metadata"]["deletionTimestamp"]
    bench.store.delete("StatefulSet", "web", "default")
    await bench.settle()
    assert claims(bench) == {}
    assert bench.store.list("PersistentVolume") == []


async def test_a_claim_that_loses_its_volume_is_lost(bench: Bench) -> None:
    await bench.make(with_claims(1))
    (volume,) = bench.store.list("PersistentVolume")
    free = {**volume, "metadata": {**volume["metadata"], "finalizers": []}}
    bench.store.update(free)
    bench.store.delete("PersistentVolume", volume["metadata"]["name"])
    await bench.settle()
    assert claims(bench) == {"data-web-0": "Lost"}
