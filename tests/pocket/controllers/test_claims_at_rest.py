"""One look at a claim at rest: the volume that it gets, and what is said while it gets none."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.claims import Claims
from owlab.pocket.kube.storage.binding import SELECTED_NODE
from owlab.pocket.kube.store import Change, Key
from owlab.pocket.kube.store.entry import Entry

from .at_rest import AtRest
from .conftest import FakeFleet
from .plain_store import namespace, obj, pod

MINE = {"name": "data", "namespace": "default"}
OTHERS = {"name": "other", "namespace": "default"}
READY = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}


def volume(name: str = "pv", size: str = "1Gi", **spec: Any) -> Object:
    wanted = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, **spec}
    wanted.setdefault("storageClassName", "manual")
    made = obj("PersistentVolume", name, wanted)
    del made["metadata"]["namespace"]
    return made


def claim(phase: str = "Pending", **spec: Any) -> Object:
    wanted = {
        "storageClassName": "manual",
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        **spec,
    }
    return obj("PersistentVolumeClaim", "data", wanted, status={"phase": phase})


def storage_class(name: str = "manual", provisioner: str = "example.com/x", **more: Any) -> Object:
    made = obj("StorageClass", name, None, "storage.k8s.io/v1", provisioner=provisioner, **more)
    del made["metadata"]["namespace"]
    return made


def waits(name: str, scheduled: str | None) -> Object:
    made = pod(name, volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}])
    conditions = [{"type": "PodScheduled", "status": scheduled}] if scheduled else []
    return {**made, "status": {"phase": "Pending", "conditions": conditions}}


class Scene:
    """Objects, and one look at the claim among them."""

    def __init__(self, *objects: Object) -> None:
        self.fleet = FakeFleet("worker1", "worker2")
        self.plane = AtRest(namespace("kube-system"), *objects, fleet=self.fleet)
        self.store = self.plane.store
        self.claims = Claims(self.plane)

    def look(self) -> Scene:
        self.claims.reconcile(self.store.key("PersistentVolumeClaim", "data", "default"))
        return self

    @property
    def claim(self) -> Object:
        return self.store.get("PersistentVolumeClaim", "data", "default")

    def bound(self) -> tuple[str, str | None]:
        found = self.claim
        return found["status"]["phase"], found["spec"].get("volumeName")


@pytest.mark.parametrize(
    ("wanted", "volumes", "bound", "said"),
    [
        ({}, [volume("b"), volume("a")], "a", None),
        ({}, [volume("a", "2Gi"), volume("b")], "b", None),
        ({}, [volume("a"), volume("b", "9Gi", claimRef=MINE)], "b", None),
        ({}, [volume("a", claimRef=OTHERS), volume("b", claimRef=MINE)], "b", None),
        ({}, [volume("a", storageClassName="x", claimRef=MINE)], "a", None),
        # What is kept for it, and is not what it asks for, is passed over.
        ({}, [volume("a", "1Mi", claimRef=MINE), volume("b")], "b", None),
        ({}, [volume("a", accessModes=["ReadOnlyMany"], claimRef=MINE), volume("b")], "b", None),
        ({}, [volume("a", volumeMode="Block", claimRef=MINE), volume("b")], "b", None),
        ({"volumeName": "b"}, [volume("a"), volume("b", "9Gi")], "b", None),
        ({"volumeName": "b"}, [volume("a")], None, None),
        ({"volumeName": "b"}, [volume("a"), volume("b", claimRef=MINE)], "b", None),
        ({"volumeName": "b"}, [volume("b", "1Mi", claimRef=MINE)], "b", None),
        (
            {"volumeName": "b"},
            [volume("a"), volume("b", claimRef=OTHERS)],
            None,
            ("FailedBinding", 'volume "b" already bound to a different claim.'),
        ),
        (
            {"volumeName": "b"},
            [volume("a"), volume("b", claimRef={**MINE, "uid": "of one before"})],
            None,
            ("FailedBinding", 'volume "b" already bound to a different claim.'),
        ),
        (
            {"volumeName": "b"},
            [volume("a"), volume("b", "1023Mi")],
            None,
            ("VolumeMismatch", 'Cannot bind to requested volume "b": requested PV is too small'),
        ),
        (
            {"volumeName": "b"},
            [volume("b", storageClassName="")],
            None,
            (
                "VolumeMismatch",
                'Cannot bind to requested volume "b": storageClassName does not match',
            ),
        ),
        (
            {"volumeName": "b", "storageClassName": ""},
            [volume("b", volumeMode="Block", storageClassName="")],
            None,
            ("VolumeMismatch", 'Cannot bind to requested volume "b": incompatible volumeMode'),
        ),
        (
            {"volumeName": "b"},
            [volume("b", accessModes=["ReadOnlyMany"])],
            None,
            ("VolumeMismatch", 'Cannot bind to requested volume "b": incompatible accessMode'),
        ),
    ],
)
def test_which_volume(
    wanted: Object, volumes: list[Object], bound: str | None, said: tuple[str, str] | None
) -> None:
    quiet = storage_class(provisioner="kubernetes.io/no-provisioner")
    scene = Scene(quiet, *volumes, claim(**wanted)).look()
    assert scene.bound() == (("Bound", bound) if bound else ("Pending", wanted.get("volumeName")))
    told = [("Warning", *said)] if said else []
    assert scene.plane.events() == told
    assert scene.look().plane.events() == told, "it is said once"
    uid = scene.claim["metadata"]["uid"]
    of_it = [
        one["metadata"]["name"]
        for one in scene.store.list("PersistentVolume")
        if (one["spec"].get("claimRef") or {}).get("uid") == uid
    ]
    assert of_it == ([bound] if bound else [])


@pytest.mark.parametrize("wanted", [{}, {"volumeName": "pv"}])
def test_what_is_kept_is_bound_before_there_is_a_pod(wanted: Object) -> None:
    late = storage_class(volumeBindingMode="WaitForFirstConsumer")
    scene = Scene(late, volume(claimRef=MINE), claim(**wanted)).look()
    assert scene.bound() == ("Bound", "pv")


def test_a_volume_that_goes_is_not_bound() -> None:
    scene = Scene(volume(), claim(volumeName="pv"))
    draft = scene.store.draft("PersistentVolume", "pv")
    draft["metadata"]["finalizers"] = ["example.com/x"]
    scene.store.update(draft)
    scene.store.delete("PersistentVolume", "pv")
    said = 'Cannot bind to requested volume "pv": the volume is marked for deletion "pv"'
    assert scene.look().plane.events() == [("Warning", "VolumeMismatch", said)]


CONSUMER = "waiting for first consumer to be created before binding"


@pytest.mark.parametrize(
    ("pods", "reason", "said"),
    [
        ([], "WaitForFirstConsumer", CONSUMER),
        ([waits("p", None)], "WaitForFirstConsumer", CONSUMER),
        ([waits("p", "True")], "WaitForFirstConsumer", CONSUMER),
        ([waits("p", "False")], "WaitForPodScheduled", "waiting for pod p to be scheduled"),
        (
            [waits("a", "True"), waits("b", "False"), waits("c", "False")],
            "WaitForPodScheduled",
            "waiting for pod b to be scheduled",
        ),
    ],
)
def test_a_claim_that_waits_for_a_pod(pods: list[Object], reason: str, said: str) -> None:
    late = storage_class(volumeBindingMode="WaitForFirstConsumer")
    scene = Scene(late, volume(), *pods, claim()).look()
    assert scene.plane.events() == [("Normal", reason, said)]
    assert scene.bound() == ("Pending", None)


def waiting(name: str) -> tuple[str, str, str]:
    return (
        "Normal",
        "ExternalProvisioning",
        f"Waiting for a volume to be created either by the external provisioner '{name}' or "
        "manually by the system administrator. If volume creation is delayed, please verify that "
        "the provisioner is running and correctly registered.",
    )


LOCAL = "rancher.io/local-path"


def local(*objects: Object, node: str | None = "worker1", ready: bool = True, **spec: Any) -> Scene:
    """A claim of ``local-path`` whose pod is to be on a node."""
    made = claim(storageClassName="local-path", **spec)
    if node is not None:
        made["metadata"]["annotations"] = {SELECTED_NODE: node}
    helper = pod("local-path-provisioner-x", namespace="kube-system")
    helper["status"] = READY if ready else {"phase": "Running"}
    kind = storage_class("local-path", LOCAL, volumeBindingMode="WaitForFirstConsumer")
    return Scene(kind, helper, made, *objects)


def test_a_volume_is_made() -> None:
    scene = local().look()
    uid = scene.claim["metadata"]["uid"]
    name = f"pvc-{uid}"
    path = f"/var/lib/rancher/k3s/storage/{name}_default_data"
    assert scene.plane.events() == [
        waiting(LOCAL),
        (
            "Normal",
            "Provisioning",
            'External provisioner is provisioning volume for claim "default/data"',
        ),
        ("Normal", "ProvisioningSucceeded", f"Successfully provisioned volume {name}"),
    ]
    assert scene.bound() == ("Bound", name)
    assert scene.claim["metadata"]["annotations"] == {
        SELECTED_NODE: "worker1",
        "volume.beta.kubernetes.io/storage-provisioner": LOCAL,
        "volume.kubernetes.io/storage-provisioner": LOCAL,
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
    }
    host = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["worker1"]}
    made = scene.store.get("PersistentVolume", name)
    assert made["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "1Gi"},
        "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "name": "data",
            "namespace": "default",
            "uid": uid,
        },
        "hostPath": {"path": path, "type": "DirectoryOrCreate"},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [host]}]}},
        "persistentVolumeReclaimPolicy": "Delete",
        "storageClassName": "local-path",
        "volumeMode": "Filesystem",
    }
    assert made["status"] == {"phase": "Bound"}
    assert scene.fleet.machines["worker1"].directories == {path}


FAILED = 'failed to provision volume with StorageClass "local-path": '
MODES = FAILED + "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"ready": False}, []),
        ({"accessModes": ["ReadWriteMany"]}, [("Warning", "ProvisioningFailed", MODES)]),
        (
            {"accessModes": ["ReadWriteOnce", "ReadOnlyMany"]},
            [("Warning", "ProvisioningFailed", MODES)],
        ),
        (
            {"node": "gone"},
            [("Warning", "ProvisioningFailed", "create process timeout after 120 seconds")],
        ),
        (
            {"node": "worker2"},
            [("Warning", "ProvisioningFailed", "create process timeout after 120 seconds")],
        ),
    ],
)
def test_no_volume_is_made(more: dict[str, Any], said: list[tuple[str, str, str]]) -> None:
    scene = local(**more)
    scene.fleet.machines["worker2"].running = False
    told = scene.look().plane.events()
    assert told[0] == waiting(LOCAL)
    assert [(kind, reason) for kind, reason, _ in told[1:]] == [one[:2] for one in said]
    assert all(
        text.endswith(wanted) for (*_, text), (*_, wanted) in zip(told[1:], said, strict=True)
    )
    assert scene.bound() == ("Pending", None)
    assert scene.store.list("PersistentVolume") == []


@pytest.mark.parametrize(
    ("kinds", "wanted", "said"),
    [
        (
            [],
            {},
            ("Warning", "ProvisioningFailed", 'storageclass.storage.k8s.io "manual" not found'),
        ),
        (
            [],
            {"storageClassName": ""},
            (
                "Normal",
                "FailedBinding",
                "no persistent volumes available for this claim and no storage class is set",
            ),
        ),
        ([storage_class()], {}, waiting("example.com/x")),
        (
            [storage_class()],
            {"selector": {"matchLabels": {"a": "b"}}},
            (
                "Warning",
                "ProvisioningFailed",
                "claim.Spec.Selector is not supported for dynamic provisioning",
            ),
        ),
    ],
)
def test_nobody_makes_one(kinds: list[Object], wanted: Object, said: tuple[str, str, str]) -> None:
    assert Scene(*kinds, claim(**wanted)).look().look().plane.events() == [said]


# -- what leads to a look -------------------------------------------------------------------


def changed(new: Object, old: Object | None = None) -> Change:
    meta = new["metadata"]
    key = Key("", new["kind"], meta.get("namespace", ""), meta["name"])
    event = "ADDED" if old is None else "MODIFIED"
    return Change(1, event, key, Entry.of(new), None if old is None else Entry.of(old))


def provisions(name: str = "nfs", variable: str = "PROVISIONER_NAME", ready: bool = True) -> Object:
    env = {"env": [{"name": "A", "value": "x"}, {"name": variable, "value": "x"}]}
    made = pod(name, containers=[{"name": "side"}, {"name": "main", **env}])
    return {**made, "status": READY if ready else {"phase": "Running"}}


USES = waits("p", None)
LATE = storage_class(volumeBindingMode="WaitForFirstConsumer")


@pytest.mark.parametrize(
    ("new", "old", "names"),
    [
        (volume(), None, ["data"]),
        (volume(claimRef=OTHERS), None, ["other"]),
        (LATE, None, ["data"]),
        (USES, None, ["data"]),
        (USES, USES, ["data"]),
        (pod("p"), None, []),
        (provisions(ready=False), None, ["data"]),
        (provisions(), provisions(ready=False), ["data"]),
        (provisions(ready=False), provisions(), ["data"]),
        (provisions(), provisions(), []),
        (provisions(variable="OTHER"), provisions(variable="OTHER", ready=False), []),
        (pod("local-path-provisioner-1"), None, ["data"]),
        (pod("a-local-path-provisioner"), None, []),
    ],
)
def test_what_leads_to_claims(new: Object, old: Object | None, names: list[str]) -> None:
    scene = Scene(claim(), {**claim("Bound"), "metadata": {"name": "has", "namespace": "default"}})
    found = scene.claims.watches()[new["kind"]](changed(new, old))
    assert [key.name for key in found] == names


def test_machines_lead_to_claims_that_wait() -> None:
    scene = Scene(claim(), {**claim("Bound"), "metadata": {"name": "has", "namespace": "default"}})
    scene.claims.machines_changed()
    assert scene.plane.keys == ["data"]


# -- claims of pods alone -------------------------------------------------------------------

TEMPLATE: Object = {
    "metadata": {"labels": {"a": "b"}},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "manual",
        "resources": {"requests": {"storage": "1Gi"}},
    },
}


def owner(name: str, *volumes: Object) -> Object:
    return pod(name, volumes=list(volumes))


EPHEMERAL = {"name": "data", "ephemeral": {"volumeClaimTemplate": TEMPLATE}}


def test_a_claim_for_one_pod() -> None:
    scene = Scene(storage_class(), owner("p", {"name": "other", "emptyDir": {}}, EPHEMERAL))
    scene.claims.reconcile(scene.store.key("PersistentVolumeClaim", "p-data", "default"))
    made = scene.store.get("PersistentVolumeClaim", "p-data", "default")
    assert made["metadata"]["labels"] == {"a": "b"}
    [reference] = made["metadata"]["ownerReferences"]
    uid = scene.store.get("Pod", "p", "default")["metadata"]["uid"]
    assert (reference["kind"], reference["name"], reference["uid"]) == ("Pod", "p", uid)
    assert TEMPLATE["spec"].items() <= made["spec"].items()


def test_none_is_made_for_a_pod_that_goes() -> None:
    scene = Scene(storage_class(), owner("p", EPHEMERAL))
    draft = scene.store.draft("Pod", "p", "default")
    draft["metadata"]["finalizers"] = ["example.com/x"]
    scene.store.update(draft)
    scene.store.delete("Pod", "p", "default")
    scene.claims.reconcile(scene.store.key("PersistentVolumeClaim", "p-data", "default"))
    assert scene.store.list("PersistentVolumeClaim") == []
