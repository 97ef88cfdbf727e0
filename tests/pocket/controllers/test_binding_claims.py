"""Which volume a claim gets, and what is said while it gets none."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.storage.binding import fits, is_for, smallest

from .conftest import Bench
from .objects import workload


def volume(name: str = "pv", size: str = "1Gi", **spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": {"disk": "fast"}},
        "spec": {
            "accessModes": ["ReadWriteOnce", "ReadOnlyMany"],
            "capacity": {"storage": size},
            "hostPath": {"path": f"/mnt/{name}"},
            "storageClassName": "manual",
            **spec,
        },
    }


def claim(**spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default"},
        "spec": {
            "storageClassName": "manual",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            **spec,
        },
    }


def on(name: str) -> Object:
    return {"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}}


def only_on(name: str) -> Object:
    host = {"key": "kubernetes.io/hostname", "operator": "In", "values": [name]}
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": [host]}]}}


@pytest.mark.parametrize(
    ("free", "wanted", "fit"),
    [
        (volume(), claim(), True),
        (volume(size="1025Mi"), claim(), True),
        (volume(size="1023Mi"), claim(), False),
        (volume(), claim(accessModes=["ReadOnlyMany", "ReadWriteOnce"]), True),
        (volume(), claim(accessModes=["ReadWriteMany"]), False),
        (volume(), claim(storageClassName="other"), False),
        (volume(), claim(storageClassName=""), False),
        (volume(storageClassName=""), claim(storageClassName=""), True),
        (volume(), claim(selector={"matchLabels": {"disk": "fast"}}), True),
        (volume(), claim(selector={"matchLabels": {"disk": "slow"}}), False),
        (volume(volumeMode="Block"), claim(), False),
        (volume(volumeMode="Block"), claim(volumeMode="Block"), True),
        (volume(claimRef={"name": "other", "namespace": "default"}), claim(), False),
        (volume(nodeAffinity=only_on("worker1")), claim(), True),
        (volume(nodeAffinity=only_on("worker2")), claim(), False),
    ],
)
def test_what_fits(free, wanted, fit):
    assert fits(free, wanted, on("worker1")) == fit


def test_a_volume_that_goes_fits_nobody():
    going = volume()
    going["metadata"]["deletionTimestamp"] = "2026-03-01T12:00:00Z"
    assert not fits(going, claim())


def test_a_volume_of_one_node_fits_where_no_node_is_chosen_yet():
    assert fits(volume(nodeAffinity=only_on("worker2")), claim())


def test_the_smallest_wastes_least():
    found = [volume("b", "2Gi"), volume("a", "10Gi"), volume("d", "2048Mi"), volume("c", "2Gi")]
    assert smallest(found) == found[0]
    assert smallest([]) is None


@pytest.mark.parametrize(
    ("reference", "mine"),
    [
        (None, False),
        ({"name": "data", "namespace": "default"}, True),
        ({"name": "data", "namespace": "default", "uid": ""}, True),
        ({"name": "data", "namespace": "default", "uid": "u1"}, True),
        ({"name": "data", "namespace": "default", "uid": "u2"}, False),
        ({"name": "data", "namespace": "other"}, False),
        ({"name": "other", "namespace": "default"}, False),
    ],
)
def test_a_volume_that_is_kept(reference, mine):
    wanted = claim()
    wanted["metadata"]["uid"] = "u1"
    assert is_for(volume(claimRef=reference), wanted) == mine


def bound(bench: Bench) -> tuple[str, str | None]:
    found = bench.store.get("PersistentVolumeClaim", "data", "default")
    return found["status"]["phase"], found["spec"].get("volumeName")


def phase(bench: Bench, name: str) -> str:
    return str(bench.store.get("PersistentVolume", name)["status"]["phase"])


async def test_the_smallest_that_fits_is_bound_and_is_released(bench: Bench) -> None:
    for name, size in (("large", "3Gi"), ("small", "1Gi"), ("tiny", "1Mi")):
        await bench.make(volume(name, size))
        assert phase(bench, name) == "Available"
    await bench.make(claim())
    assert bound(bench) == ("Bound", "small")
    assert phase(bench, "small") == "Bound"
    got = bench.store.get("PersistentVolumeClaim", "data", "default")["status"]
    assert got["capacity"] == {"storage": "1Gi"}
    assert got["accessModes"] == ["ReadWriteOnce", "ReadOnlyMany"]
    bench.store.delete("PersistentVolumeClaim", "data", "default")
    await bench.settle()
    assert phase(bench, "small") == "Released", "it is kept, with what is on it"
    await bench.make(claim())
    assert bound(bench) == ("Bound", "large"), "what was released is not free"
    again = bench.store.draft("PersistentVolume", "small")
    del again["spec"]["claimRef"]
    bench.store.update(again)
    await bench.settle()
    assert phase(bench, "small") == "Available"


async def test_a_volume_that_nobody_can_delete(bench: Bench) -> None:
    await bench.make(volume(persistentVolumeReclaimPolicy="Delete"))
    await bench.make(claim())
    bench.store.delete("PersistentVolumeClaim", "data", "default")
    await bench.settle()
    assert phase(bench, "pv") == "Failed"
    said = "error getting deleter volume plugin for volume: no deletable volume plugin matched"
    assert bench.messages("VolumeFailedDelete") == [said]
    assert bench.store.get("PersistentVolume", "pv")["status"]["message"] == said


async def test_a_named_volume(bench: Bench) -> None:
    await bench.make(claim(volumeName="second", resources={"requests": {"storage": "1Mi"}}))
    assert bound(bench) == ("Pending", "second")
    await bench.make(volume("first"))
    assert bound(bench) == ("Pending", "second")
    await bench.make(volume("second", "9Gi"))
    assert bound(bench) == ("Bound", "second")
    assert phase(bench, "first") == "Available"


async def test_a_volume_kept_for_a_claim(bench: Bench) -> None:
    kept = {"name": "data", "namespace": "default"}
    await bench.make(volume("other", claimRef={"name": "other", "namespace": "default"}))
    await bench.make(volume("mine", "9Gi", claimRef=kept))
    assert phase(bench, "mine") == "Available"
    await bench.make(volume("smaller"))
    await bench.make(claim())
    assert bound(bench) == ("Bound", "mine")


async def test_a_bound_volume_waits_for_its_claim(bench: Bench) -> None:
    await bench.make(volume())
    await bench.make(claim())
    bench.store.delete("PersistentVolume", "pv")
    await bench.settle()
    assert phase(bench, "pv") == "Bound"
    assert bench.store.get("PersistentVolume", "pv")["metadata"]["deletionTimestamp"]
    bench.store.delete("PersistentVolumeClaim", "data", "default")
    await bench.settle()
    assert bench.store.find("PersistentVolume", "pv") is None


CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "manual"},
    "provisioner": "kubernetes.io/no-provisioner",
}
NONE = "no persistent volumes available for this claim and no storage class is set"


@pytest.mark.parametrize(
    ("storage_class", "wanted", "reason", "said"),
    [
        (None, claim(storageClassName=""), "FailedBinding", NONE),
        (None, claim(), "ProvisioningFailed", 'storageclass.storage.k8s.io "manual" not found'),
        (CLASS, claim(), "FailedBinding", NONE),
        (
            {**CLASS, "volumeBindingMode": "WaitForFirstConsumer"},
            claim(),
            "WaitForFirstConsumer",
            "waiting for first consumer to be created before binding",
        ),
        (
            {**CLASS, "provisioner": "example.com/made"},
            claim(selector={"matchLabels": {"a": "b"}}),
            "ProvisioningFailed",
            "claim.Spec.Selector is not supported for dynamic provisioning",
        ),
        (
            None,
            claim(storageClassName="local-path", accessModes=["ReadWriteMany"]),
            "WaitForFirstConsumer",
            "waiting for first consumer to be created before binding",
        ),
    ],
)
async def test_why_it_waits(bench: Bench, storage_class, wanted, reason, said) -> None:
    if storage_class:
        await bench.make(storage_class)
    await bench.make(wanted)
    await bench.settle()
    assert bound(bench)[0] == "Pending"
    assert bench.messages(reason) == [said]


USED = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}


async def test_local_path_makes_no_volumes_for_many(bench: Bench) -> None:
    await bench.make(claim(storageClassName="local-path", accessModes=["ReadWriteMany"]))
    await bench.make(workload("Deployment", 1, volumes=[USED]))
    assert bound(bench)[0] == "Pending"
    [said] = bench.messages("ProvisioningFailed")
    assert said.endswith(
        "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes"
    )


async def test_local_path_makes_a_directory_on_the_node_of_the_pod(bench: Bench) -> None:
    await bench.make(claim(storageClassName="local-path"))
    here = {"kubernetes.io/hostname": "worker2"}
    await bench.make(workload("Deployment", 1, volumes=[USED], nodeSelector=here))
    assert bound(bench)[0] == "Bound"
    [made] = bench.store.list("PersistentVolume")
    path = f"/var/lib/rancher/k3s/storage/{made['metadata']['name']}_default_data"
    assert made["spec"]["hostPath"] == {"path": path, "type": "DirectoryOrCreate"}
    assert made["spec"]["nodeAffinity"] == only_on("worker2")
    assert path in bench.fleet.machines["worker2"].directories
    assert bench.fleet.machines["worker2"].modes[path] == 0o777
    assert path not in bench.fleet.machines["worker1"].directories
    bench.store.delete("Deployment", "web", "default")
    await bench.settle()
    bench.fleet.machines["worker2"].running = False
    bench.store.delete("PersistentVolumeClaim", "data", "default")
    await bench.settle()
    [made] = bench.store.list("PersistentVolume")
    assert bench.messages("VolumeFailedDelete") == [
        "create process timeout after 120 seconds: worker2"
    ]
    bench.fleet.machines["worker2"].running = True
    await bench.settle()
    assert bench.store.list("PersistentVolume") == []
    assert path not in bench.fleet.machines["worker2"].directories


async def test_nobody_makes_a_directory_while_local_path_is_away(bench: Bench) -> None:
    away = bench.store.draft("Deployment", "local-path-provisioner", "kube-system")
    away["spec"]["replicas"] = 0
    bench.store.update(away)
    await bench.settle()
    await bench.make(claim(storageClassName="local-path"))
    await bench.make(workload("Deployment", 1, volumes=[USED]))
    assert bound(bench)[0] == "Pending"
    assert bench.store.list("PersistentVolume") == []
    back = bench.store.draft("Deployment", "local-path-provisioner", "kube-system")
    back["spec"]["replicas"] = 1
    bench.store.update(back)
    await bench.settle()
    assert bound(bench)[0] == "Bound"
