"""One look at objects at rest of what tidies up: owners, taints, nodes, volumes, namespaces."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition
from owlab.pocket.kube.controllers.claim_expansion import ClaimExpansion
from owlab.pocket.kube.controllers.claims import PROTECTION as CLAIM_PROTECTION
from owlab.pocket.kube.controllers.claims import Claims
from owlab.pocket.kube.controllers.garbage import GarbageCollector
from owlab.pocket.kube.controllers.namespaces import Namespaces
from owlab.pocket.kube.controllers.nodes import UNREACHABLE, Nodes
from owlab.pocket.kube.controllers.taint_eviction import TaintEviction
from owlab.pocket.kube.controllers.volumes import PROTECTION, Volumes
from owlab.pocket.kube.store import Change, Key
from owlab.pocket.kube.store.entry import Entry

from .at_rest import NOW, AtRest, ago, edit
from .conftest import FakeFleet
from .plain_store import namespace, obj, pod

FOREGROUND = "foregroundDeletion"


# -- owners ---------------------------------------------------------------------------------


def owned(name: str, *uids: str, blocks: bool = True, **meta: Any) -> Object:
    references = [{"kind": "ConfigMap", "uid": u, "blockOwnerDeletion": blocks} for u in uids]
    return obj("ConfigMap", name, metadata={"ownerReferences": references, **meta})


def owner(name: str, **meta: Any) -> Object:
    return obj("ConfigMap", name, metadata={"uid": f"uid-{name}", **meta})


def collected(plane: AtRest, *names: str) -> list[str]:
    """Those that are left when these were looked at."""
    for name in names:
        GarbageCollector(plane).reconcile(plane.store.key("ConfigMap", name, "default"))
    return [one["metadata"]["name"] for one in plane.store.list("ConfigMap", "default")]


@pytest.mark.parametrize(
    ("uids", "left"),
    [
        (("uid-a",), ["uid-a"]),
        (("uid-a", "gone"), ["uid-a"]),
        (("gone",), None),
        (("gone", "lost"), None),
        (("uid-far",), None),
        (("uid-space",), ["uid-space"]),
    ],
)
def test_what_has_lost_its_owners_goes(uids: tuple[str, ...], left: list[str] | None) -> None:
    far = owner("far", namespace="other")
    space = namespace("other")
    space["metadata"]["uid"] = "uid-space"
    plane = AtRest(space, owner("a"), far, owned("d", *uids))
    assert ("d" in collected(plane, "d")) is (left is not None)
    if left is not None:
        meta = plane.store.get("ConfigMap", "d", "default")["metadata"]
        assert [r["uid"] for r in meta["ownerReferences"]] == left


def test_what_goes_already_is_left_alone() -> None:
    plane = AtRest(owned("d", "gone", finalizers=["example.com/x"]))
    plane.store.delete("ConfigMap", "d", "default")
    before = plane.store.get("ConfigMap", "d", "default")
    assert collected(plane, "d", "none") == ["d"]
    assert plane.store.get("ConfigMap", "d", "default") is before


def test_an_owner_waits_for_what_it_blocks_on() -> None:
    plane = AtRest(
        owner("a"),
        owned("d", "uid-a", finalizers=["example.com/x"]),
        owned("free", "uid-a", blocks=False),
        owned("both", "uid-a", "uid-b"),
        owner("b"),
    )
    plane.store.delete("ConfigMap", "a", "default", "Foreground")
    assert collected(plane, "a") == ["a", "b", "both", "d", "free"]
    held = plane.store.get("ConfigMap", "d", "default")["metadata"]
    assert FOREGROUND in held["finalizers"]
    assert plane.store.get("ConfigMap", "both", "default")["metadata"]["deletionTimestamp"]
    assert "deletionTimestamp" not in plane.store.get("ConfigMap", "free", "default")["metadata"]
    version = held["resourceVersion"]
    # What it waits for is not told again, and what has another owner stays without this one.
    collected(plane, "a")
    assert plane.store.get("ConfigMap", "d", "default")["metadata"]["resourceVersion"] == version
    edit(plane.store, "ConfigMap", "d", metadata={"finalizers": []})
    edit(plane.store, "ConfigMap", "both", metadata={"finalizers": []})
    assert collected(plane, "a", "free") == ["b"]


# -- taints ---------------------------------------------------------------------------------

TAINT = {"key": "k", "value": "v", "effect": "NoExecute"}
SERVICE = {"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}


def tainted(*taints: Object) -> Object:
    meta = {"name": "worker1", "labels": {}}
    spec = {"taints": list(taints)}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": spec, "status": {}}


def tolerates(seconds: int | None) -> Object:
    limit = {} if seconds is None else {"tolerationSeconds": seconds}
    return {"tolerations": [{"key": "k", "operator": "Exists", "effect": "NoExecute", **limit}]}


@pytest.mark.parametrize(
    ("taints", "spec", "passed", "goes", "later"),
    [
        ([], {}, 0, False, []),
        ([{**TAINT, "effect": "NoSchedule"}], {}, 0, False, []),
        ([TAINT], {}, 0, True, []),
        ([TAINT], tolerates(None), 9999, False, []),
        ([TAINT], tolerates(100), 0, False, [100.01]),
        ([TAINT], tolerates(100), 99, False, [1.01]),
        ([TAINT], tolerates(100), 100, True, []),
        ([TAINT], tolerates(1), 1, False, [1.01]),
        ([TAINT], tolerates(1), 2, True, []),
        ([TAINT], tolerates(0), 0, True, []),
        ([{**TAINT, "key": "other"}, TAINT], tolerates(100), 0, True, None),
        ([TAINT, {**TAINT, "key": "other"}], tolerates(100), 0, True, None),
    ],
)
def test_pods_leave_a_tainted_node(
    taints: list[Object], spec: Object, passed: int, goes: bool, later: list[float] | None
) -> None:
    plane = AtRest(tainted(*taints), pod("p", **spec))
    controller, key = TaintEviction(plane), plane.store.key("Pod", "p", "default")
    controller.reconcile(key)
    plane.later.clear()
    plane.time = NOW + timedelta(seconds=passed)
    controller.reconcile(key)
    controller.reconcile(key)
    meta = plane.store.get("Pod", "p", "default")["metadata"]
    assert bool(meta.get("deletionTimestamp")) is goes
    said = ("Normal", "TaintManagerEviction", "Marking for deletion Pod default/p")
    assert plane.events() == ([said] if goes else [])
    if later is not None:
        assert plane.later == pytest.approx(later * 2)


def test_a_taint_that_comes_back_counts_anew() -> None:
    plane = AtRest(tainted(TAINT), pod("p", **tolerates(100)))
    controller, key = TaintEviction(plane), plane.store.key("Pod", "p", "default")
    for taints in ([TAINT], [], [TAINT]):
        edit(plane.store, "Node", "worker1", "", spec={"taints": taints})
        controller.reconcile(key)
        plane.time += timedelta(seconds=60)
    controller.reconcile(key)
    assert plane.later == pytest.approx([100.01, 100.01, 40.01])


def test_a_node_out_of_service_has_no_pods_at_once() -> None:
    plane = AtRest(tainted(SERVICE), pod("p"))
    TaintEviction(plane).reconcile(plane.store.key("Pod", "p", "default"))
    assert plane.store.find("Pod", "p", "default") is None and plane.events() == []


# -- nodes ----------------------------------------------------------------------------------

READY = {"conditions": [{"type": "Ready", "status": "True"}]}


def nodes(*objects: Object) -> AtRest:
    plane = AtRest(tainted(), *objects, fleet=FakeFleet("worker1"))
    return looked_at(plane)


def looked_at(plane: AtRest) -> AtRest:
    Nodes(plane).reconcile(plane.store.key("Node", "worker1"))
    return plane


def node_of(plane: AtRest) -> Object:
    return plane.store.get("Node", "worker1")


def states(plane: AtRest) -> dict[str, tuple[str, str]]:
    found = node_of(plane)["status"]["conditions"]
    return {one["type"]: (one["status"], one["reason"]) for one in found}


UP = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID"),
    "Ready": ("True", "KubeletReady"),
}
TAINTS = [
    {"key": UNREACHABLE, "effect": effect, "timeAdded": ago(0)}
    for effect in ("NoSchedule", "NoExecute")
]


def test_a_node_is_as_its_machine_is() -> None:
    ended = pod("ended")
    ended["status"]["phase"] = "Succeeded"
    ready, plain = pod("ready"), pod("plain")
    ready["status"] |= READY
    plane = nodes(ready, plain, ended)
    assert states(plane) == UP
    assert node_of(plane)["status"]["addresses"] == [
        {"type": "InternalIP", "address": "127.9.0.1"},
        {"type": "Hostname", "address": "worker1"},
    ]
    up = ("Normal", "NodeReady", "Node worker1 status is now: NodeReady")
    assert plane.events() == [up]
    fleet: Any = plane.fleet
    fleet.machines["worker1"].active = False
    for _ in range(2):
        looked_at(plane)
        assert states(plane) == dict.fromkeys(UP, ("Unknown", "NodeStatusUnknown"))
        assert node_of(plane)["spec"]["taints"] == TAINTS
    down = ("Normal", "NodeNotReady", "Node worker1 status is now: NodeNotReady")
    lost = ("Warning", "NodeNotReady", "Node is not ready")
    assert sorted(plane.events()) == sorted([up, down, lost, lost])
    found = condition(plane.store.get("Pod", "ready", "default"), "Ready")
    assert found is not None and found["status"] == "False"
    assert "conditions" not in plane.store.get("Pod", "plain", "default")["status"]
    fleet.machines["worker1"].active = True
    looked_at(plane)
    assert states(plane) == UP and "taints" not in node_of(plane)["spec"]


def test_other_taints_of_a_node_stay() -> None:
    plane = nodes()
    edit(plane.store, "Node", "worker1", "", spec={"taints": [TAINT]})
    fleet: Any = plane.fleet
    for running, taints in ((False, [TAINT, *TAINTS]), (True, [TAINT])):
        fleet.machines["worker1"].running = running
        looked_at(plane)
        assert node_of(plane)["spec"]["taints"] == taints
    del fleet.machines["worker1"]
    before = node_of(plane)["status"]["addresses"]
    looked_at(plane)
    assert states(plane)["Ready"][0] == "Unknown"
    assert node_of(plane)["status"]["addresses"] == before


def test_the_pods_of_a_deleted_node_are_gone() -> None:
    plane = nodes(pod("p"), pod("other", nodeName="worker2"))
    plane.store.delete("Node", "worker1")
    looked_at(plane)
    assert [one["metadata"]["name"] for one in plane.store.list("Pod")] == ["other"]


# -- volumes and claims ---------------------------------------------------------------------


def volume(policy: str = "Retain", claim: Object | None = None, phase: str = "", **meta: Any
           ) -> Object:  # fmt: skip
    spec: Object = {"persistentVolumeReclaimPolicy": policy, "capacity": {"storage": "1Gi"}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "pv", "finalizers": [PROTECTION], **meta},
        "spec": {**spec, **({"claimRef": claim} if claim else {})},
        "status": {"phase": phase} if phase else {},
    }


def claim(phase: str = "Bound", **more: Any) -> Object:
    made = obj("PersistentVolumeClaim", "data", {"volumeName": "pv", **more.pop("spec", {})})
    made["metadata"] |= {"uid": "u1", "finalizers": [CLAIM_PROTECTION]}
    return {**made, "status": {"phase": phase, **more}}


MINE = {"name": "data", "namespace": "default", "uid": "u1"}


@pytest.mark.parametrize(
    ("reference", "policy", "before", "after"),
    [
        (None, "Retain", "", "Available"),
        ({"name": "data", "namespace": "default"}, "Retain", "", "Available"),
        (MINE, "Retain", "Available", "Bound"),
        (MINE | {"uid": "u2"}, "Retain", "Bound", "Released"),
        (MINE | {"name": "none"}, "Retain", "Bound", "Released"),
        (MINE | {"name": "none"}, "Retain", "Failed", "Failed"),
        (MINE | {"name": "none"}, "Delete", "Bound", "Failed"),
    ],
)
def test_phases_of_volumes(reference: Object | None, policy: str, before: str, after: str) -> None:
    plane = AtRest(claim(), volume(policy, reference, before))
    controller, key = Volumes(plane, Claims(plane)), plane.store.key("PersistentVolume", "pv")
    for _ in range(2):
        controller.reconcile(key)
        found = plane.store.get("PersistentVolume", "pv")["status"]
        assert found["phase"] == after
    failed = ("Warning", "VolumeFailedDelete")
    said = [event[:2] for event in plane.events()]
    assert said == ([failed] if policy == "Delete" else [])
    if policy == "Retain" and before != after:
        assert found["lastPhaseTransitionTime"] == ago(0)


@pytest.mark.parametrize(
    ("reference", "phase", "goes"),
    [
        (None, "Available", True),
        (MINE, "Bound", False),
        (MINE, "Released", True),
        (MINE | {"uid": "u2"}, "Bound", True),
    ],
)
def test_a_deleted_volume_goes_once_it_is_free(
    reference: Object | None, phase: str, goes: bool
) -> None:
    plane = AtRest(claim(), volume("Retain", reference, phase))
    plane.store.delete("PersistentVolume", "pv")
    key = plane.store.key("PersistentVolume", "pv")
    Volumes(plane, Claims(plane)).reconcile(key)
    assert (plane.store.find("PersistentVolume", "pv") is None) is goes


@pytest.mark.parametrize(
    ("phase", "goes"),
    [(None, True), ("Succeeded", True), ("Failed", True), ("Running", False), ("Pending", False)],
)
def test_a_deleted_claim_goes_once_no_pod_uses_it(phase: str | None, goes: bool) -> None:
    used = pod("p", volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])
    used["status"]["phase"] = phase
    plane = AtRest(claim(), *([used] if phase else []))
    key = plane.store.key("PersistentVolumeClaim", "data", "default")
    plane.store.delete("PersistentVolumeClaim", "data", "default")
    Claims(plane).reconcile(key)
    assert (plane.store.find("PersistentVolumeClaim", "data", "default") is None) is goes


@pytest.mark.parametrize(
    ("reference", "phase"), [(MINE, "Bound"), (None, "Lost"), (MINE | {"uid": "u2"}, "Lost")]
)
def test_a_claim_whose_volume_is_gone_is_lost(reference: Object | None, phase: str) -> None:
    plane = AtRest(claim(), *([volume("Retain", reference)] if reference else []))
    key = plane.store.key("PersistentVolumeClaim", "data", "default")
    Claims(plane).reconcile(key)
    found = plane.store.get("PersistentVolumeClaim", "data", "default")["status"]
    assert found == {"phase": phase}
    said = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
    assert plane.events() == ([("Warning", "ClaimLost", said)] if phase == "Lost" else [])


@pytest.mark.parametrize(
    ("wanted", "have", "phase", "made", "told"),
    [
        ("2Gi", "1Gi", "Bound", True, True),
        ("1Gi", "1Gi", "Bound", True, False),
        ("2Gi", "1Gi", "Pending", True, False),
        ("2Gi", "1Gi", "Bound", False, False),
        ("2Gi", None, "Bound", True, False),
    ],
)
def test_a_claim_that_was_made_larger(
    wanted: str, have: str | None, phase: str, made: bool, told: bool
) -> None:
    asks = {"resources": {"requests": {"storage": wanted}}}
    given = {"capacity": {"storage": have}} if have else {}
    notes = {"pv.kubernetes.io/provisioned-by": "x"} if made else {}
    plane = AtRest(claim(phase, spec=asks, **given), volume(annotations=notes))
    key = plane.store.key("PersistentVolumeClaim", "data", "default")
    for _ in range(2):
        ClaimExpansion(plane).reconcile(key)
    assert [event[:2] for event in plane.events()] == (
        [("Warning", "ExternalExpanding")] if told else []
    )


# -- namespaces -----------------------------------------------------------------------------

SPACE = Key("", "Namespace", "", "default")


def test_each_namespace_has_an_account_and_the_root_certificate() -> None:
    plane = AtRest(obj("ConfigMap", "mine"))
    for _ in range(2):
        Namespaces(plane, "root").reconcile(SPACE)
    assert plane.store.find("ServiceAccount", "default", "default")
    found = plane.store.get("ConfigMap", "kube-root-ca.crt", "default")
    assert found["data"] == {"ca.crt": "root"}
    edit(plane.store, "ConfigMap", "kube-root-ca.crt", data={"ca.crt": "forged"})
    Namespaces(plane, "root").reconcile(SPACE)
    found = plane.store.get("ConfigMap", "kube-root-ca.crt", "default")
    assert found["data"] == {"ca.crt": "root"}


def test_a_deleted_namespace_empties_itself_and_says_what_is_left() -> None:
    held = obj("ConfigMap", "held", metadata={"finalizers": ["example.com/x"]})
    plane = AtRest(namespace("other"), held, obj("ConfigMap", "a"), obj("ConfigMap", "b"), pod("p"),
                   obj("ConfigMap", "far", metadata={"namespace": "other"}))  # fmt: skip
    plane.store.delete("Namespace", "default")
    Namespaces(plane, "root").reconcile(SPACE)
    assert [one["metadata"]["name"] for one in plane.store.list("ConfigMap")] == ["held", "far"]
    assert plane.store.get("Pod", "p", "default")["metadata"]["deletionTimestamp"]
    status = plane.store.get("Namespace", "default")
    remaining = condition(status, "NamespaceFinalizersRemaining")
    assert remaining is not None and "example.com/x in 1 resource instances" in remaining["message"]
    version = status["metadata"]["resourceVersion"]
    Namespaces(plane, "root").reconcile(SPACE)
    assert plane.store.get("Namespace", "default")["metadata"]["resourceVersion"] == version
    edit(plane.store, "ConfigMap", "held", metadata={"finalizers": []})
    plane.store.remove("Pod", "p", "default")
    Namespaces(plane, "root").reconcile(SPACE)
    assert plane.store.find("Namespace", "default") is None
    assert plane.store.find("ConfigMap", "far", "other")


ROOT = "kube-root-ca.crt"


@pytest.mark.parametrize(
    ("kind", "name", "api", "gone", "going", "leads"),
    [
        ("ConfigMap", "a", "v1", False, False, False),
        ("ConfigMap", "a", "v1", False, True, False),
        ("ConfigMap", "a", "v1", True, False, False),
        ("ConfigMap", "a", "v1", True, True, True),
        ("ConfigMap", ROOT, "v1", False, False, True),
        ("ConfigMap", ROOT, "v1", True, False, True),
        ("ServiceAccount", "default", "v1", True, False, True),
        ("ServiceAccount", "a", "v1", True, False, False),
        ("Namespace", "default", "example.com/v1", False, False, False),
    ],
)
def test_what_leads_to_a_namespace(
    kind: str, name: str, api: str, gone: bool, going: bool, leads: bool
) -> None:
    plane = AtRest()
    if going:
        plane.store.delete("Namespace", "default")
    key = Key(api.rpartition("/")[0], kind, "default", name)
    event = "DELETED" if gone else "MODIFIED"
    change = Change(1, event, key, Entry.of(obj(kind, name, None, api)), None)
    [lead] = Namespaces(plane, "root").watches().values()
    assert list(lead(change)) == ([SPACE] if leads else [])
    itself = Change(1, "ADDED", SPACE, Entry.of(namespace("default")), None)
    assert list(lead(itself)) == [SPACE]
    lost = Change(1, "DELETED", Key(key.group, kind, "elsewhere", name), change.entry, None)
    assert list(lead(lost)) == [], "its namespace is gone"
