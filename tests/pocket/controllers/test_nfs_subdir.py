"""The provisioner of subdirectories of an NFS export: where they are made, and how they go."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object

from .conftest import Bench, FakeMachine
from .objects import workload

NAME = "cluster.local/nfs"
CURRENT = "registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:v4.0.2"
RETIRED = "quay.io/external_storage/nfs-client-provisioner:latest"
MASTER = "127.9.0.1"


def provisioner(image: str = CURRENT, server: str = MASTER, name: str = NAME) -> Object:
    export = {"name": "root", "nfs": {"server": server, "path": "/srv/nfs"}}
    made = workload("Deployment", 1, image=image, volumes=[export])
    made["metadata"]["namespace"] = "kube-system"
    [container] = made["spec"]["template"]["spec"]["containers"]
    container["env"] = [{"name": "PROVISIONER_NAME", "value": name}]
    return made


def storage_class(**parameters: str) -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "nfs"},
        "provisioner": NAME,
        "parameters": parameters,
        "mountOptions": ["nfsvers=4.1"],
    }


def claim(**meta: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default", **meta},
        "spec": {
            "storageClassName": "nfs",
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "1Mi"}},
        },
    }


def master(bench: Bench) -> FakeMachine:
    return bench.fleet.machines["master"]


def exported(bench: Bench) -> set[str]:
    return {path for path in master(bench).directories if path.startswith("/srv/nfs/")}


def phase(bench: Bench) -> str:
    claim = bench.store.get("PersistentVolumeClaim", "data", "default")
    return str(claim["status"]["phase"])


async def remove(bench: Bench) -> None:
    bench.store.delete("PersistentVolumeClaim", "data", "default")
    await bench.settle()


async def test_a_directory_for_each_claim(bench: Bench) -> None:
    await bench.make(storage_class())
    await bench.make(claim())
    assert phase(bench) == "Pending"
    assert any(
        f"external provisioner '{NAME}'" in m for m in bench.messages("ExternalProvisioning")
    )
    await bench.make(provisioner())
    assert phase(bench) == "Bound"
    [volume] = bench.store.list("PersistentVolume")
    path = f"/srv/nfs/default-data-{volume['metadata']['name']}"
    assert volume["spec"]["nfs"] == {"server": MASTER, "path": path}
    assert volume["spec"]["mountOptions"] == ["nfsvers=4.1"]
    assert volume["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"] == NAME
    assert exported(bench) == {path}
    assert master(bench).modes[path] == 0o777, "whoever a container runs as may write there"
    bound = bench.store.get("PersistentVolumeClaim", "data", "default")
    assert bound["status"]["capacity"] == {"storage": "1Mi"}
    assert bound["status"]["accessModes"] == ["ReadWriteMany"]
    notes = bound["metadata"]["annotations"]
    assert notes["volume.kubernetes.io/storage-provisioner"] == NAME
    assert notes["pv.kubernetes.io/bind-completed"] == "yes"
    assert any(
        "Successfully provisioned volume pvc-" in m for m in bench.messages("ProvisioningSucceeded")
    )


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("${.PVC.namespace}/${.PVC.name}", "/srv/nfs/default/data"),
        ("${.PVC.labels.app}-${.PVC.annotations.example.com/a}", "/srv/nfs/web-1"),
        ("x${.PVC.labels.none}", "/srv/nfs/x"),
    ],
)
async def test_a_pattern_names_the_directory(bench: Bench, pattern: str, path: str) -> None:
    await bench.make(storage_class(pathPattern=pattern))
    await bench.make(provisioner())
    await bench.make(claim(labels={"app": "web"}, annotations={"example.com/a": "1"}))
    assert exported(bench) == {path}


@pytest.mark.parametrize(
    ("parameters", "left"),
    [
        ({}, "archived-data"),
        ({"archiveOnDelete": "true"}, "archived-data"),
        ({"archiveOnDelete": "false"}, None),
        ({"archiveOnDelete": "0"}, None),
        ({"onDelete": "delete"}, None),
        ({"onDelete": "retain"}, "data"),
        ({"onDelete": "retain", "archiveOnDelete": "false"}, "data"),
        ({"onDelete": "delete", "archiveOnDelete": "true"}, None),
    ],
)
async def test_what_becomes_of_it(
    bench: Bench, parameters: dict[str, str], left: str | None
) -> None:
    await bench.make(storage_class(pathPattern="${.PVC.name}", **parameters))
    await bench.make(provisioner())
    await bench.make(claim())
    assert exported(bench) == {"/srv/nfs/data"}
    await remove(bench)
    assert exported(bench) == ({f"/srv/nfs/{left}"} if left else set())
    assert bench.store.list("PersistentVolume") == []


async def test_a_directory_that_is_gone_already(bench: Bench) -> None:
    await bench.make(storage_class())
    await bench.make(provisioner())
    await bench.make(claim())
    master(bench).directories.clear()
    await remove(bench)
    assert bench.store.list("PersistentVolume") == []
    assert exported(bench) == set()


async def test_without_its_provisioner_a_volume_stays(bench: Bench) -> None:
    await bench.make(storage_class())
    await bench.make(provisioner())
    await bench.make(claim())
    bench.store.delete("Deployment", "web", "kube-system")
    await bench.settle()
    await remove(bench)
    [volume] = bench.store.list("PersistentVolume")
    assert volume["status"]["phase"] == "Released"
    assert len(exported(bench)) == 1


@pytest.mark.parametrize(
    "other", [provisioner(name="cluster.local/other"), provisioner(image="busybox")]
)
async def test_another_provisioner_makes_none(bench: Bench, other: Object) -> None:
    await bench.make(storage_class())
    await bench.make(other)
    await bench.make(claim())
    assert phase(bench) == "Pending"
    assert exported(bench) == set()


async def test_beside_another_container_and_another_volume(bench: Bench) -> None:
    made = provisioner()
    spec = made["spec"]["template"]["spec"]
    spec["containers"].insert(0, {"name": "first", "image": "nginx"})
    spec["volumes"].insert(0, {"name": "tmp", "emptyDir": {}})
    await bench.make(storage_class())
    await bench.make(made)
    await bench.make(claim())
    assert phase(bench) == "Bound"
    assert len(exported(bench)) == 1


async def test_the_retired_provisioner_does_not_know_its_claims(bench: Bench) -> None:
    await bench.make(storage_class())
    await bench.make(provisioner(RETIRED))
    await bench.make(claim())
    assert phase(bench) == "Pending"
    assert bench.messages("ProvisioningFailed") == [
        "unexpected error getting claim reference: selfLink was empty, can't make reference"
    ]


async def test_a_server_that_does_not_answer_any_more(bench: Bench) -> None:
    await bench.make(storage_class())
    await bench.make(provisioner())
    nodes = bench.fleet.machines
    bench.fleet.nfs = dict.fromkeys(nodes, "mount.nfs: Connection refused\n")
    await bench.make(claim())
    assert phase(bench) == "Pending"
    said = "unable to create directory to provision: mount.nfs: Connection refused"
    assert bench.messages("ProvisioningFailed") == [said]
    bench.fleet.nfs = dict.fromkeys(
        nodes, "bad option; you might need a /sbin/mount.nfs helper program"
    )
    await bench.settle()
    assert phase(bench) == "Bound"


async def test_a_server_that_is_no_machine(bench: Bench) -> None:
    await bench.make(storage_class())
    await bench.make(provisioner(server="127.9.0.99"))
    await bench.make(claim())
    said = "unable to create directory to provision: the server does not answer"
    assert bench.messages("ProvisioningFailed") == [said]
