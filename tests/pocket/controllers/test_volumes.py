"""What a container finds in its volumes: which files, whose, and who may write to them."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.account_tokens import AccountTokens
from owlab.pocket.kube.containers.disk import Disk
from owlab.pocket.kube.containers.environment import MissingReference
from owlab.pocket.kube.containers.volumes import PastLab, mount_volumes
from owlab.pocket.kube.store import Store
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import ROOT

from .conftest import FakeFleet
from .plain_store import obj, pod, store_of

SETTINGS = {**obj("ConfigMap", "settings"), "data": {"a": "1", "c": "3"}}
SETTINGS |= {"binaryData": {"b": "MQ=="}}
KEY = {**obj("Secret", "key"), "data": {"word": "c2VjcmV0"}}
ACCOUNT = obj("ServiceAccount", "ada")
NODE = {**obj("Node", "worker1"), "status": {"allocatable": {"cpu": "2", "memory": "4Gi"}}}
NODE["metadata"] = {"name": "worker1"}
NFS = {"server": "127.9.0.1", "path": "/srv"}


class Mounts:
    """A pod's volumes on a node, and what its containers see of them."""

    def __init__(self, *volumes: Object, **spec: Any) -> None:
        self.store: Store = store_of(SETTINGS, KEY, ACCOUNT, NODE)
        self.fleet = FakeFleet("master", "worker1")
        self.kept: PastLab = {}
        self.pod = pod("box", volumes=list(volumes), serviceAccountName="ada", **spec)
        self.pod["metadata"]["uid"] = "u1"
        self.holders: list[str] = []

    def of(self, *mounts: Object, **container: Any) -> Files:
        """The files of one container, as root sees them."""
        disk = Disk({})
        made = {"name": "main", "volumeMounts": list(mounts), **container}
        fleet: Any = self.fleet
        held = mount_volumes(disk, self.pod, made, self.store, fleet, self.kept)
        self.holders = [getattr(machine, "name", "") for machine in held]
        return disk.files(ROOT)

    def on(self, name: str) -> Files:
        return Files(self.fleet.machines[name].tree)


def at(path: str = "/v", name: str = "v", **more: Any) -> Object:
    return {"name": name, "mountPath": path, **more}


def told(files: Files, path: str = "/v") -> dict[str, tuple[str, str]]:
    """Each file below a path: what is in it, and what one may do with it."""
    found: dict[str, tuple[str, str]] = {}
    for entry in files.read_dir(path):
        name = f"{path}/{entry['name']}"
        if files.is_directory(name):
            found |= {f"{entry['name']}/{k}": v for k, v in told(files, name).items()}
        else:
            content = files.read_file(name).decode()
            found[entry["name"]] = (content, f"{files.stat(name)['mode'] & 0o7777:o}")
    return found


@pytest.mark.parametrize(
    ("volume", "files"),
    [
        (
            {"configMap": {"name": "settings"}},
            {"a": ("1", "644"), "b": ("1", "644"), "c": ("3", "644")},
        ),
        ({"secret": {"secretName": "key"}}, {"word": ("secret", "644")}),
        ({"secret": {"secretName": "key", "defaultMode": 0o400}}, {"word": ("secret", "400")}),
        ({"secret": {"secretName": "key", "defaultMode": 0}}, {"word": ("secret", "0")}),
        (
            {
                "configMap": {
                    "name": "settings",
                    "defaultMode": 0o600,
                    "items": [
                        {"key": "c", "path": "x/y"},
                        {"key": "a", "path": "run.sh", "mode": 0o755},
                        {"key": "b", "path": "shut", "mode": 0},
                        {"key": "none", "path": "none"},
                    ],
                }
            },
            {"x/y": ("3", "600"), "run.sh": ("1", "755"), "shut": ("1", "0")},
        ),
        ({"configMap": {"name": "settings", "items": []}}, {}),
        ({"configMap": {"name": "none", "optional": True}}, {}),
        (
            {
                "downwardAPI": {
                    "items": [
                        {"path": "name", "fieldRef": {"fieldPath": "metadata.name"}},
                        {
                            "path": "cpu",
                            "mode": 0o400,
                            "resourceFieldRef": {
                                "containerName": "main",
                                "resource": "limits.cpu",
                            },
                        },
                    ]
                }
            },
            {"name": ("box", "644"), "cpu": ("2", "400")},
        ),
        (
            {
                "downwardAPI": {
                    "defaultMode": 0o440,
                    "items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}],
                }
            },
            {"l": ('app="box"', "440")},
        ),
        (
            {
                "projected": {
                    "defaultMode": 0o600,
                    "sources": [
                        {"configMap": {"name": "settings", "items": [{"key": "a", "path": "a"}]}},
                        {"secret": {"name": "none", "optional": True}},
                        {"configMap": {"name": "gone"}},
                        {"secret": {"name": "key"}},
                        {
                            "downwardAPI": {
                                "items": [{"path": "n", "fieldRef": {"fieldPath": "spec.nodeName"}}]
                            }
                        },
                    ],
                }
            },
            {"a": ("1", "600"), "word": ("secret", "600"), "n": ("worker1", "600")},
        ),
    ],
)
def test_files_of_the_clusters_objects(volume: Object, files: dict[str, tuple[str, str]]) -> None:
    mounts = Mounts({"name": "v", **volume})
    seen = mounts.of(at())
    assert told(seen) == files
    assert mounts.holders == []
    with pytest.raises(OSError, match="Read-only"):
        seen.write_file("/v/new", b"")


def test_an_object_that_is_missing() -> None:
    with pytest.raises(MissingReference, match='configmap "none" not found'):
        Mounts({"name": "v", "configMap": {"name": "none"}}).of(at())


@pytest.mark.parametrize(
    ("wanted", "seconds", "audience"),
    [
        ({}, 3600, "https://kubernetes.default.svc.cluster.local"),
        ({"expirationSeconds": 1200, "audience": "vault"}, 1200, "vault"),
        ({"expirationSeconds": 5}, 600, "https://kubernetes.default.svc.cluster.local"),
        ({"expirationSeconds": 3607}, 31536007, "https://kubernetes.default.svc.cluster.local"),
    ],
)
@pytest.mark.parametrize("mode", [None, 0o400])
def test_the_token_of_the_pods_account(
    wanted: Object, seconds: int, audience: str, mode: int | None
) -> None:
    projected: Object = {"sources": [{"serviceAccountToken": {"path": "token", **wanted}}]}
    if mode is not None:
        projected["defaultMode"] = mode
    mounts = Mounts({"name": "v", "projected": projected})
    (name, (token, shown)) = next(iter(told(mounts.of(at())).items()))
    assert (name, shown) == ("token", "644" if mode is None else "400")
    claims = AccountTokens(mounts.store).claims(token)
    assert claims is not None
    assert (claims["exp"] - claims["iat"], claims["aud"]) == (seconds, [audience])
    assert claims["sub"] == "system:serviceaccount:default:ada"
    assert claims["kubernetes.io"]["pod"] == {"name": "box", "uid": "u1"}


def test_a_group_of_the_pod_reads_and_owns_its_files() -> None:
    shared: Object = {"name": "s", "emptyDir": {}}
    secret: Object = {"name": "v", "secret": {"secretName": "key", "defaultMode": 0o400}}
    files = Mounts(shared, secret, securityContext={"fsGroup": 2000}).of(at(), at("/s", "s"))
    assert told(files) == {"word": ("secret", "440")}
    for path in ("/v", "/v/word", "/s"):
        assert files.stat(path)["gid"] == 2000
    assert f"{files.stat('/s')['mode'] & 0o7777:o}" == "2777"
    files.write_file("/s/new", b"")
    assert files.stat("/s/new")["gid"] == 2000


@pytest.mark.parametrize("volume", [{"emptyDir": {}}, {"ephemeral": {}}])
def test_a_volume_that_lives_as_long_as_its_pod(volume: Object) -> None:
    mounts = Mounts({"name": "v", **volume})
    first = mounts.of(at())
    assert f"{first.stat('/v')['mode'] & 0o7777:o}" == "777"
    first.write_file("/v/note", b"here")
    assert told(mounts.of(at("/other", name="v")), "/other") == {"note": ("here", "644")}
    reader = mounts.of(at(readOnly=True))
    with pytest.raises(OSError, match="Read-only"):
        reader.write_file("/v/note", b"")
    mounts.kept = {}
    assert told(mounts.of(at())) == {}


def test_part_of_a_volume() -> None:
    mounts = Mounts(
        {"name": "v", "emptyDir": {}},
        {"name": "s", "configMap": {"name": "settings"}},
    )
    files = mounts.of(at(subPath="sub/x"), at("/etc/c.conf", "s", subPath="c"))
    files.write_file("/v/note", b"1")
    assert files.read_file("/etc/c.conf") == b"3"
    assert told(mounts.of(at())) == {"sub/x/note": ("1", "644")}
    named = {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    written = mounts.of(at(subPathExpr="logs/$(POD)"), env=[named])
    written.write_file("/v/note", b"2")
    assert "logs/box/note" in told(mounts.of(at()))
    # One file of it, where it is one.
    assert mounts.of(at("/one", subPath="sub/x/note")).read_file("/one") == b"1"
    empty = mounts.of(at("/none", "s", subPath="none"))
    assert empty.read_file("/none") == b""


def test_a_volume_below_another_comes_after_it() -> None:
    volumes: list[Object] = [{"name": name, "emptyDir": {}} for name in ("v", "w")]
    mounts = Mounts(*volumes)
    files = mounts.of(at("/v/below/", "w"), at("/v"), at("/lost", "none"))
    files.write_file("/v/below/note", b"w")
    assert told(mounts.of(at("/w", "w")), "/w") == {"note": ("w", "644")}
    assert not files.exists("/lost")


@pytest.mark.parametrize("sort", ["hostPath", "local"])
def test_a_directory_of_the_node(sort: str) -> None:
    mounts = Mounts({"name": "v", sort: {"path": "/data"}})
    mounts.of(at(subPath="x")).write_file("/v/note", b"1")
    assert mounts.holders == ["worker1"]
    assert mounts.on("worker1").read_file("/data/x/note") == b"1"
    mounts.on("worker1").write_file("/data/one", b"2")
    assert mounts.of(at("/f", subPath="one")).read_file("/f") == b"2"
    with pytest.raises(OSError, match="Read-only"):
        mounts.of(at(readOnly=True)).write_file("/v/note", b"")
    mounts.pod["spec"]["nodeName"] = "gone"
    assert not mounts.of(at()).exists("/v")
    assert mounts.holders == []


@pytest.mark.parametrize(
    ("volume", "own", "writes"),
    [
        ({}, {}, True),
        ({"readOnly": True}, {}, False),
        ({}, {"readOnly": True}, False),
    ],
)
@pytest.mark.parametrize("claimed", [False, True])
def test_a_directory_of_an_nfs_server(
    volume: Object, own: Object, writes: bool, claimed: bool
) -> None:
    source: Object = {"nfs": NFS | volume}
    mounts = Mounts({"name": "v", **source})
    if claimed:
        mounts = Mounts({"name": "v", "persistentVolumeClaim": {"claimName": "data"}})
        bound = obj("PersistentVolume", "pv", source)
        bound["metadata"] = {"name": "pv"}
        mounts.store.create(bound)
        mounts.store.create(obj("PersistentVolumeClaim", "data", {"volumeName": "pv"}))
    files = mounts.of(at(subPath="x", **own))
    assert mounts.holders == ["master"]
    if writes:
        files.write_file("/v/note", b"1")
        assert mounts.on("master").read_file("/srv/x/note") == b"1"
    else:
        with pytest.raises(OSError, match="Read-only"):
            files.write_file("/v/note", b"")


def test_a_claim_that_is_for_reading_only() -> None:
    claim = {"claimName": "data", "readOnly": True}
    mounts = Mounts({"name": "v", "persistentVolumeClaim": claim})
    bound = obj("PersistentVolume", "pv", {"hostPath": {"path": "/data"}})
    bound["metadata"] = {"name": "pv"}
    mounts.store.create(bound)
    mounts.store.create(obj("PersistentVolumeClaim", "data", {"volumeName": "pv"}))
    with pytest.raises(OSError, match="Read-only"):
        mounts.of(at()).write_file("/v/note", b"")
