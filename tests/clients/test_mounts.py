"""Volumes that cannot be mounted, and what is in those that can."""

import base64

import pytest

from ..waiting import until
from .manifests import config_map, pod

BYTES = bytes(range(256))


@pytest.fixture(autouse=True)
def gone(api):
    yield
    api.kubectl("delete pod mounts --now --ignore-not-found")
    api.kubectl("delete configmap,secret -l of=mounts")


def make(api, volume, script="sleep 600"):
    mounts = [{"name": "v", "mountPath": "/v"}]
    obj = pod("mounts", image="busybox", command=["sh", "-c", script], volumeMounts=mounts)
    obj["spec"]["volumes"] = [{"name": "v", **volume}]
    api.kubectl("create -f -", obj)


def kept(api, obj):
    obj["metadata"]["labels"] = {"of": "mounts"}
    api.kubectl("create -f -", obj)


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_bytes_that_are_no_text(api, kind):
    encoded = base64.b64encode(BYTES).decode()
    data = {"data" if kind == "Secret" else "binaryData": {"b": encoded}}
    kept(api, {"apiVersion": "v1", "kind": kind, "metadata": {"name": "raw"}, **data})
    named = (
        {"secret": {"secretName": "raw"}} if kind == "Secret" else {"configMap": {"name": "raw"}}
    )
    make(api, named)
    api.kubectl("wait --for=condition=Ready pod/mounts --timeout=30s")
    assert api.kubectl("exec mounts -- base64 -w 0 /v/b").strip() == encoded


@pytest.mark.parametrize(
    ("volume", "said"),
    [
        ({"configMap": {"name": "no"}}, 'configmap "no" not found'),
        (
            {"configMap": {"name": "paint", "items": [{"key": "x", "path": "x"}]}},
            "references non-existent config key: x",
        ),
        (
            {"projected": {"sources": [{"configMap": {"name": "no"}}]}},
            'configmap "no" not found',
        ),
        (
            {"hostPath": {"path": "/nowhere", "type": "Directory"}},
            "hostPath type check failed: /nowhere is not a directory",
        ),
        (
            {"hostPath": {"path": "/etc", "type": "File"}},
            "hostPath type check failed: /etc is not a file",
        ),
        (
            {"hostPath": {"path": "/var/run/docker.sock", "type": "Socket"}},
            "hostPath type check failed: /var/run/docker.sock is not a socket file",
        ),
    ],
)
def test_what_cannot_be_mounted(api, volume, said):
    kept(api, config_map("paint", colour="red"))
    make(api, volume)
    wanted = f'MountVolume.SetUp failed for volume "v" : {said}'
    until(lambda: wanted in api.kubectl("get events --field-selector involvedObject.name=mounts"))
    assert "ContainerCreating" in api.kubectl("get pod mounts")


@pytest.mark.parametrize(
    "volume",
    [
        {"configMap": {"name": "no", "optional": True}},
        {"configMap": {"name": "paint", "items": [{"key": "x", "path": "x"}], "optional": True}},
        {"projected": {"sources": [{"secret": {"name": "no", "optional": True}}]}},
        {"hostPath": {"path": "/etc", "type": "Directory"}},
        {"hostPath": {"path": "/new/here", "type": "DirectoryOrCreate"}},
    ],
)
def test_what_can(api, volume):
    kept(api, config_map("paint", colour="red"))
    make(api, volume)
    api.kubectl("wait --for=condition=Ready pod/mounts --timeout=30s")


def test_a_directory_that_is_named_by_a_variable(api):
    named = {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    writes: dict[str, object] = {"name": "writes", "image": "busybox", "env": [named]}
    writes |= {"command": ["sh", "-c", "echo here > /v/file; sleep 600"]}
    writes["volumeMounts"] = [{"name": "v", "mountPath": "/v", "subPathExpr": "logs/$(POD)"}]
    reads: dict[str, object] = {"name": "reads", "image": "busybox", "command": ["sleep", "600"]}
    reads["volumeMounts"] = [{"name": "v", "mountPath": "/all"}]
    obj = pod("mounts")
    obj["spec"] = {"containers": [writes, reads], "volumes": [{"name": "v", "emptyDir": {}}]}
    api.kubectl("create -f -", obj)
    api.kubectl("wait --for=condition=Ready pod/mounts --timeout=30s")
    until(
        lambda: (
            api.kubectl("exec mounts -c reads -- cat /all/logs/mounts/file", fails=None) == "here\n"
        )
    )
