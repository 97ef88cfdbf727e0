"""The NFS provisioner's chart makes the objects that the guide lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

from owlab.pocket import charts

NAME = "openwhisk-nfs-nfs-subdir-external-provisioner"
CHART = Path(charts.__file__).parent / "nfs-subdir-external-provisioner"


def render(release: str = "openwhisk-nfs", **values: Any) -> dict[tuple[str, str], Any]:
    nfs = {"server": "10.251.200.186", "path": "/var/nfs/kubedata", **values.pop("nfs", {})}
    with helm_python.Chart.load(CHART) as chart:
        rendered = chart.render({"nfs": nfs, **values}, name=release, namespace="default")
    documents = [doc for text in rendered.values() for doc in yaml.safe_load_all(text) if doc]
    return {(doc["kind"], doc["metadata"]["name"]): doc for doc in documents}


def test_objects_of_the_guide() -> None:
    assert set(render()) == {
        ("ServiceAccount", NAME),
        ("ClusterRole", f"{NAME}-runner"),
        ("ClusterRoleBinding", f"run-{NAME}"),
        ("Role", f"leader-locking-{NAME}"),
        ("RoleBinding", f"leader-locking-{NAME}"),
        ("StorageClass", "nfs-client"),
        ("Deployment", NAME),
    }


def test_storage_class_of_the_guide() -> None:
    storage = render()["StorageClass", "nfs-client"]
    assert storage["provisioner"] == f"cluster.local/{NAME}"
    assert storage["reclaimPolicy"] == "Delete"
    assert storage["volumeBindingMode"] == "Immediate"
    assert storage["allowVolumeExpansion"] is True
    assert storage["parameters"] == {"archiveOnDelete": "true"}
    assert "annotations" not in storage["metadata"]


def test_default_class_is_marked() -> None:
    storage = render(storageClass={"defaultClass": True, "name": "other"})["StorageClass", "other"]
    marks = storage["metadata"]["annotations"]
    assert marks == {"storageclass.kubernetes.io/is-default-class": "true"}


def test_the_deployment_mounts_the_export() -> None:
    pod = render()["Deployment", NAME]["spec"]["template"]["spec"]
    (volume,) = pod["volumes"]
    assert volume["nfs"] == {"server": "10.251.200.186", "path": "/var/nfs/kubedata"}
    (container,) = pod["containers"]
    assert container["image"].startswith("registry.k8s.io/sig-storage/")
    env = {entry["name"]: entry["value"] for entry in container["env"]}
    assert env == {
        "PROVISIONER_NAME": f"cluster.local/{NAME}",
        "NFS_SERVER": "10.251.200.186",
        "NFS_PATH": "/var/nfs/kubedata",
    }


def test_leader_election_can_be_turned_off() -> None:
    deployment = render(leaderElection={"enabled": False})["Deployment", NAME]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert {"name": "ENABLE_LEADER_ELECTION", "value": "false"} in container["env"]


def test_mount_options_need_a_volume_of_their_own() -> None:
    objects = render(nfs={"mountOptions": ["nfsvers=4.1"]})
    volume = objects["PersistentVolume", f"pv-{NAME}"]["spec"]
    assert volume["mountOptions"] == ["nfsvers=4.1"]
    pod = objects["Deployment", NAME]["spec"]["template"]["spec"]
    assert pod["volumes"][0]["persistentVolumeClaim"] == {"claimName": f"pvc-{NAME}"}


def test_a_release_named_like_the_chart_is_not_named_twice() -> None:
    name = "nfs-subdir-external-provisioner"
    assert ("Deployment", name) in render(release=name)


def test_the_server_is_required() -> None:
    with helm_python.Chart.load(CHART) as chart, pytest.raises(helm_python.HelmError) as raised:
        chart.render(name="openwhisk-nfs")
    assert "nfs.server is required" in str(raised.value)


def test_archives_are_the_same_every_time() -> None:
    for name in charts.CHARTS:
        charts.chart_archive.cache_clear()
        first = charts.chart_archive(name)
        charts.chart_archive.cache_clear()
        assert charts.chart_archive(name) == first
        with helm_python.Chart.load_archive(first) as chart:
            assert chart.name == name


def test_an_unknown_chart_is_named() -> None:
    with pytest.raises(KeyError, match="no chart named 'mysql'"):
        charts.chart_files("mysql")


def test_the_index_points_at_the_archives() -> None:
    index = yaml.safe_load(charts.repo_index("https://charts.example/x/"))
    (entry,) = index["entries"]["nfs-subdir-external-provisioner"]
    assert entry["version"] == "4.0.18"
    url = "https://charts.example/x/nfs-subdir-external-provisioner-4.0.18.tgz"
    assert entry["urls"] == [url]
