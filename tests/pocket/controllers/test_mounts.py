"""Why a pod's volumes cannot be mounted, in the kubelet's words."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.kubelet.mounts import mount_problem
from owlab.pocket.kube.kubelet.sandboxes import sandbox_problem

from .conftest import FakeFleet
from .plain_store import obj, pod, store_of

SETTINGS = {**obj("ConfigMap", "settings"), "data": {"a": "1"}, "binaryData": {"b": "MQ=="}}
KEY = {**obj("Secret", "key"), "data": {"a": "MQ=="}}
NFS = {"server": "127.9.0.1", "path": "/srv"}
CLAIMS = [
    {**obj("PersistentVolumeClaim", "open"), "status": {"phase": "Pending"}},
    {**obj("PersistentVolumeClaim", "shared", {"volumeName": "pv"}), "status": {"phase": "Bound"}},
    {**obj("PersistentVolumeClaim", "own", {"volumeName": "gone"}), "status": {"phase": "Bound"}},
]
VOLUME = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "pv"},
    "spec": {"nfs": NFS},
}


def problem(volume: Object, nfs: str = "", **files: Any) -> str | None:
    """The event's message, without what every one begins with."""
    fleet = FakeFleet("master", "worker1")
    machine = fleet.machines["worker1"]
    machine.directories, machine.files = {"/dir"}, {"/file": b"", "/full": b"1"}
    fleet.nfs = {"worker1": nfs} if nfs else {}
    made = pod("box", volumes=[{"name": "tmp", "emptyDir": {}}, {"name": "data", **volume}])
    found = mount_problem(made, store_of(SETTINGS, KEY, VOLUME, *CLAIMS), fleet, "worker1")
    if found is None:
        return None
    assert found.reason == "FailedMount"
    return found.message.removeprefix('MountVolume.SetUp failed for volume "data" : ')


def host(path: str, sort: str = "") -> Object:
    return {"hostPath": {"path": path, **({"type": sort} if sort else {})}}


NOT = "hostPath type check failed: {} is not {}"
UNBOUND = (
    "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], "
    "failed to process volumes=[]: "
)


@pytest.mark.parametrize(
    ("volume", "said"),
    [
        ({"emptyDir": {}}, None),
        ({"configMap": {"name": "settings"}}, None),
        ({"configMap": {"name": "none"}}, 'configmap "none" not found'),
        ({"configMap": {"name": "none", "optional": True}}, None),
        ({"configMap": {"name": "settings", "items": [{"key": "a"}, {"key": "b"}]}}, None),
        (
            {"configMap": {"name": "settings", "items": [{"key": "a"}, {"key": "c"}]}},
            "references non-existent config key: c",
        ),
        ({"configMap": {"name": "settings", "optional": True, "items": [{"key": "c"}]}}, None),
        ({"secret": {"secretName": "key"}}, None),
        ({"secret": {"secretName": "none"}}, 'secret "none" not found'),
        (
            {"secret": {"secretName": "key", "items": [{"key": "b"}]}},
            "references non-existent secret key: b",
        ),
        ({"projected": {"sources": [{"secret": {"name": "key"}}, {"downwardAPI": {}}]}}, None),
        (
            {"projected": {"sources": [{"secret": {"name": "key"}}, {"configMap": {"name": "x"}}]}},
            'configmap "x" not found',
        ),
        (
            {"projected": {"sources": [{"secret": {"name": "y"}}, {"configMap": {"name": "x"}}]}},
            'secret "y" not found',
        ),
        (host("/none"), None),
        (host("/dir", "Directory"), None),
        (host("/file", "File"), None),
        (host("/none", "Directory"), NOT.format("/none", "a directory")),
        (host("/none", "File"), NOT.format("/none", "a file")),
        (host("/file", "Directory"), NOT.format("/file", "a directory")),
        (host("/dir", "File"), NOT.format("/dir", "a file")),
        (host("/none", "DirectoryOrCreate"), None),
        (host("/file", "DirectoryOrCreate"), NOT.format("/file", "a directory")),
        (host("/none", "FileOrCreate"), None),
        (host("/dir", "FileOrCreate"), NOT.format("/dir", "a file")),
        (host("/dir", "Socket"), NOT.format("/dir", "a socket file")),
        (host("/none", "BlockDevice"), NOT.format("/none", "a block device")),
        ({"persistentVolumeClaim": {"claimName": "shared"}}, None),
        ({"persistentVolumeClaim": {"claimName": "own"}}, None),
        (
            {"persistentVolumeClaim": {"claimName": "none"}},
            f'{UNBOUND}persistentvolumeclaim "none" not found',
        ),
        (
            {"persistentVolumeClaim": {"claimName": "open"}},
            f"{UNBOUND}error processing PVC default/open: PVC is not bound",
        ),
        ({"nfs": NFS}, None),
    ],
)
def test_what_cannot_be_mounted(volume, said):
    assert problem(volume) == said


def test_a_file_is_created_and_one_that_is_there_stays():
    fleet = FakeFleet("worker1")
    files = fleet.machines["worker1"].files
    files["/full"] = b"1"
    volumes = [{"name": n, **host(n, "FileOrCreate")} for n in ("/new", "/full")]
    assert mount_problem(pod("box", volumes=volumes), store_of(), fleet, "worker1") is None
    assert files == {"/new": b"", "/full": b"1"}


def test_what_mount_says():
    said = (
        "mount failed: exit status 32\nMounting command: mount\n"
        "Mounting arguments: -t nfs 127.9.0.1:/srv\nOutput: refused"
    )
    assert problem({"nfs": NFS}, nfs="refused\n") == said
    claimed = problem({"persistentVolumeClaim": {"claimName": "shared"}}, nfs="refused\n")
    assert claimed == f'MountVolume.SetUp failed for volume "pv" : {said}'


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (None, None),
        ("plain", None),
        ("gvisor", 'no runtime for "runsc" is configured'),
        ("none", 'runtimeclasses.node.k8s.io "none" not found'),
    ],
)
def test_runtimes(name, said):
    classes = [
        {
            "apiVersion": "node.k8s.io/v1",
            "kind": "RuntimeClass",
            "metadata": {"name": own},
            "handler": handler,
        }
        for own, handler in (("plain", "runc"), ("gvisor", "runsc"))
    ]
    found = sandbox_problem(pod("box", runtimeClassName=name), store_of(*classes))
    if said is None:
        assert found is None
        return
    assert found is not None and found.reason == "FailedCreatePodSandBox"
    assert found.message.startswith("Failed to create pod sandbox: ")
    assert found.message.endswith(said)
