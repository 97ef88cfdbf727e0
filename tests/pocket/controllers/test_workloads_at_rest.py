"""One look of the workloads' controllers at pods at rest: who is made, who goes, what is told."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition
from owlab.pocket.kube.controllers.daemon_sets import DaemonSets
from owlab.pocket.kube.controllers.replica_sets import ReplicaSets
from owlab.pocket.kube.controllers.stateful_sets import StatefulSets
from owlab.pocket.kube.errors import Forbidden
from owlab.pocket.kube.store import Change, Key
from owlab.pocket.kube.store.entry import Entry

from .at_rest import AtRest, ago, edit
from .plain_store import obj, pod

LABELS = {"app": "web"}
TEMPLATE = {"metadata": {"labels": LABELS},
            "spec": {"containers": [{"name": "main", "image": "nginx"}]}}  # fmt: skip


def workload(kind: str, replicas: int | None = None, **spec: Any) -> Object:
    size = {} if replicas is None else {"replicas": replicas}
    wanted = {"selector": {"matchLabels": LABELS}, "template": TEMPLATE, **size, **spec}
    made = obj(kind, "web", wanted, "v1" if kind == "ReplicationController" else "apps/v1")
    if kind == "ReplicationController":
        made["spec"]["selector"] = LABELS
    made["metadata"]["uid"] = "u1"
    return made


def of(name: str, kind: str = "ReplicaSet", ready: float | None = 1000, **more: Any) -> Object:
    """A pod of the workload; ``ready`` says since how many seconds."""
    labels = LABELS | more.pop("labels", {})
    made = pod(name, labels=labels, **more)
    made["metadata"]["labels"] = labels
    api = "v1" if kind == "ReplicationController" else "apps/v1"
    made["metadata"]["ownerReferences"] = [
        {"apiVersion": api, "kind": kind, "name": "web", "uid": "u1", "controller": True}
    ]
    if ready is not None:
        made["status"]["conditions"] = [
            {"type": "Ready", "status": "True", "lastTransitionTime": ago(ready)}
        ]
    return made


class Scene:
    """A workload with its pods, and its controller."""

    def __init__(self, controller: Any, made: Object, *objects: Object) -> None:
        self.plane = AtRest(made, *objects)
        self.store, self.kind = self.plane.store, made["kind"]
        self.controller = controller(self.plane)
        self.key = self.store.key(self.kind, "web", "default")

    def look(self, times: int = 1) -> Scene:
        for _ in range(times):
            self.controller.reconcile(self.key)
        return self

    @property
    def status(self) -> Object:
        found: Object = self.store.at(self.key) or {}
        return {k: v for k, v in found["status"].items() if k != "conditions"}

    def pods(self) -> list[Object]:
        return self.store.list("Pod", "default")

    def names(self) -> list[str]:
        """Those that stay."""
        metas = [one["metadata"] for one in self.pods()]
        return [meta["name"] for meta in metas if not meta.get("deletionTimestamp")]

    def said(self, reason: str) -> list[str]:
        return [message for _, found, message in self.plane.events() if found == reason]


# -- ReplicaSets ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController"])
@pytest.mark.parametrize(
    ("wanted", "there", "after"), [(2, 0, 2), (2, 2, 2), (1, 3, 1), (0, 2, 0), (None, 0, 1)]
)
def test_as_many_as_are_wanted(kind: str, wanted: int | None, there: int, after: int) -> None:
    pods = [of(f"p{n}", kind) for n in range(there)]
    scene = Scene(ReplicaSets, workload(kind, wanted), *pods).look()
    assert len(scene.names()) == after
    assert scene.status["replicas"] == after
    assert len(scene.said("SuccessfulCreate")) == max(after - there, 0)
    assert len(scene.said("SuccessfulDelete")) == max(there - after, 0)
    who = {event["source"]["component"] for event in scene.store.list("Event")}
    name = "replicaset-controller" if kind == "ReplicaSet" else "replication-controller"
    assert who <= {name}
    for one in scene.pods():
        assert one["metadata"]["labels"] == LABELS


def test_many_are_made_and_taken_away_by_and_by() -> None:
    scene = Scene(ReplicaSets, workload("ReplicaSet", 45))
    assert [len(scene.look().names()) for _ in range(4)] == [20, 40, 45, 45]
    assert scene.plane.later == [0.0, 0.0]
    edit(scene.store, "ReplicaSet", "web", spec={"replicas": 4})
    for name in scene.names():
        assert name.startswith("web-")
    assert [len(scene.look().names()) for _ in range(4)] == [25, 5, 4, 4]


def test_who_counts() -> None:
    old = of("old", labels={"app": "other"})
    pods = [of("a"), of("b", ready=None), of("late", ready=9), old, pod("free", labels=LABELS)]
    ended = of("ended")
    ended["status"]["phase"] = "Failed"
    pods[-1]["metadata"]["labels"] = LABELS
    scene = Scene(ReplicaSets, workload("ReplicaSet", 4, minReadySeconds=10), ended, *pods).look()
    assert scene.names() == ["a", "b", "ended", "free", "late", "old"]
    assert scene.status == {
        "replicas": 4, "fullyLabeledReplicas": 4, "readyReplicas": 2, "availableReplicas": 1,
        "observedGeneration": 1,
    }  # fmt: skip
    assert scene.plane.later == pytest.approx([1.01])
    owners = {one["metadata"]["name"]: one["metadata"].get("ownerReferences")
              for one in scene.pods()}  # fmt: skip
    assert owners["old"] is None and owners["free"][0]["uid"] == "u1"


def test_why_none_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(ReplicaSets, workload("ReplicaSet", 2))
    refused = True

    def admit(made: Object) -> Object:
        if refused:
            raise Forbidden("pods", "web-x", "too many")
        return scene.store.create(made)

    monkeypatch.setattr(scene.plane, "admit", admit)
    for _ in range(2):
        with pytest.raises(Forbidden):
            scene.look()
        found = condition(scene.store.at(scene.key) or {}, "ReplicaFailure")
        assert found is not None
        assert (found["status"], found["reason"]) == ("True", "FailedCreate")
        assert found["message"] == 'pods "web-x" is forbidden: too many'
    assert scene.said("FailedCreate")[0] == 'Error creating: pods "web-x" is forbidden: too many'
    refused = False
    scene.look()
    assert condition(scene.store.at(scene.key) or {}, "ReplicaFailure") is None


def test_one_that_goes_makes_nothing() -> None:
    made = workload("ReplicaSet", 2)
    made["metadata"]["finalizers"] = ["example.com/x"]
    scene = Scene(ReplicaSets, made)
    scene.store.delete("ReplicaSet", "web", "default")
    assert scene.look().names() == []


@pytest.mark.parametrize(
    ("made", "event", "leads"),
    [
        (of("p"), "MODIFIED", ["web"]),
        (of("p"), "DELETED", ["web"]),
        (pod("free", labels=LABELS), "ADDED", ["free"]),
        (pod("free", labels=LABELS), "MODIFIED", ["free"]),
        (pod("free", labels=LABELS), "DELETED", []),
        (pod("x"), "MODIFIED", []),
        (of("p", "Job"), "MODIFIED", []),
    ],
)
def test_pods_that_lead_to_a_replica_set(made: Object, event: str, leads: list[str]) -> None:
    scene = Scene(ReplicaSets, workload("ReplicaSet", 2))
    if made["metadata"]["name"] == "free":
        made = {**made, "metadata": {**made["metadata"], "labels": LABELS}}
        leads = ["web"] if leads else []
    key = Key("", "Pod", "default", "p")
    change = Change(1, event, key, Entry.of(made), None)
    assert [one.name for one in scene.controller.watches()["Pod"](change)] == leads


# -- DaemonSets -----------------------------------------------------------------------------


def node(name: str, *taints: Object, **labels: str) -> Object:
    meta = {"name": name, "labels": {"kubernetes.io/hostname": name, **labels}}
    spec = {"taints": list(taints)}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": spec, "status": {}}


def daemons(*objects: Object, **spec: Any) -> Scene:
    return Scene(DaemonSets, workload("DaemonSet", **spec), *objects)


def outdated(*nodes: str, ready: float | None = 1000) -> list[Object]:
    return [of(f"old-{n}", "DaemonSet", ready, nodeName=n) for n in nodes]


def test_one_on_each_node_that_fits() -> None:
    taint = {"key": "k", "value": "v", "effect": "NoSchedule"}
    lost = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
    scene = daemons(node("a"), node("b", taint), node("c", lost)).look()
    pinned = [
        term["matchFields"][0]["values"]
        for one in scene.pods()
        for term in one["spec"]["affinity"]["nodeAffinity"][
            "requiredDuringSchedulingIgnoredDuringExecution"
        ]["nodeSelectorTerms"]
    ]
    assert sorted(pinned) == [["a"], ["c"]]
    assert len(scene.said("SuccessfulCreate")) == 2
    assert scene.status == {
        "desiredNumberScheduled": 2, "currentNumberScheduled": 2, "numberMisscheduled": 0,
        "numberReady": 0, "updatedNumberScheduled": 2, "numberUnavailable": 2,
        "observedGeneration": 1,
    }  # fmt: skip
    assert len(scene.look().pods()) == 2
    keys = {toleration["key"] for toleration in scene.pods()[0]["spec"]["tolerations"]}
    assert "node.kubernetes.io/unreachable" in keys


def test_what_is_counted_of_daemons() -> None:
    late = of("late", "DaemonSet", 9, nodeName="b")
    away = of("away", "DaemonSet", nodeName="gone")
    scene = daemons(*outdated("a"), late, away, node("a"), node("b"), minReadySeconds=10,
                    updateStrategy={"type": "OnDelete"}).look()  # fmt: skip
    assert scene.names() == ["late", "old-a"]
    assert scene.status == {
        "desiredNumberScheduled": 2, "currentNumberScheduled": 2, "numberMisscheduled": 0,
        "numberReady": 2, "numberAvailable": 1, "numberUnavailable": 1, "observedGeneration": 1,
    }  # fmt: skip
    assert scene.plane.later == pytest.approx([1.01])


def test_a_daemon_that_failed_is_made_again() -> None:
    ended = of("p", "DaemonSet", None, nodeName="a")
    ended["status"]["phase"] = "Failed"
    scene = daemons(ended, node("a")).look()
    assert scene.said("FailedDaemonPod") == [
        "Found failed daemon pod default/p on node a, will try to kill it"
    ]
    assert scene.said("SuccessfulDelete") == ["Deleted pod: p"]
    assert len(scene.look().names()) == 1 and scene.names() != ["p"]


@pytest.mark.parametrize(
    ("strategy", "unready", "left"),
    [
        ({}, (), 3),
        ({"rollingUpdate": {"maxUnavailable": 2}}, (), 2),
        ({"rollingUpdate": {"maxUnavailable": "50%"}}, (), 2),
        ({"rollingUpdate": {"maxUnavailable": 0}}, (), 3),
        ({"type": "OnDelete"}, (), 4),
        # Those that are not ready are missing already.
        ({}, ("x", "y"), 3),
    ],
)
def test_how_many_are_replaced_at_once(
    strategy: Object, unready: tuple[str, ...], left: int
) -> None:
    names = ("a", "b", "c", "d")
    pods = [*outdated(*names), *outdated(*unready, ready=None)]
    nodes = [node(name) for name in (*names, *unready)]
    scene = daemons(*pods, *nodes, updateStrategy=strategy).look()
    assert len(scene.names()) == left


@pytest.mark.parametrize(
    ("part", "looks"),
    [
        ({}, False),
        ({"status": {"conditions": []}}, False),
        ({"spec": {"taints": [{"key": "k"}]}}, True),
        ({"metadata": {"name": "a", "labels": {}}}, True),
    ],
)
def test_changes_of_nodes_that_lead_to_daemons(part: Object, looks: bool) -> None:
    scene, old = daemons(), node("a")
    change = Change(
        1, "MODIFIED", Key("", "Node", "", "a"), Entry.of({**old, **part}), Entry.of(old)
    )
    leads = scene.controller.watches()["Node"]
    assert [key.name for key in leads(change)] == (["web"] if looks else [])
    new = Change(1, "ADDED", change.key, Entry.of(old), None)
    assert [key.name for key in leads(new)] == ["web"]


# -- StatefulSets ---------------------------------------------------------------------------


def members(replicas: int, *objects: Object, **spec: Any) -> Scene:
    return Scene(
        StatefulSets, workload("StatefulSet", replicas, serviceName="db", **spec), *objects
    )


def member(number: int, ready: float | None = 1000, **more: Any) -> Object:
    return of(f"web-{number}", "StatefulSet", ready, **more)


HASH = "controller-revision-hash"
PARALLEL = {"podManagementPolicy": "Parallel"}


@pytest.mark.parametrize(
    ("spec", "there", "names"),
    [
        ({}, [], ["web-0"]),
        ({}, [member(0, None)], ["web-0"]),
        (PARALLEL, [member(1, None)], ["web-0", "web-1", "web-2"]),
        ({"ordinals": {"start": 5}}, [], ["web-5"]),
        ({**PARALLEL, "ordinals": {"start": 5}}, [], ["web-5", "web-6", "web-7"]),
    ],
)
def test_members_are_made_in_order(spec: Object, there: list[Object], names: list[str]) -> None:
    keep = {"updateStrategy": {"type": "OnDelete"}}
    scene = members(3, *there, **spec, **keep).look()
    assert scene.names() == names
    made = [one for one in scene.pods() if HASH in one["metadata"]["labels"]]
    for one in made:
        name, labels = one["metadata"]["name"], one["metadata"]["labels"]
        assert (one["spec"]["hostname"], one["spec"]["subdomain"]) == (name, "db")
        assert labels["statefulset.kubernetes.io/pod-name"] == name
        assert labels["apps.kubernetes.io/pod-index"] == name.rpartition("-")[2]
    said = [f"create Pod {one['metadata']['name']} in StatefulSet web successful" for one in made]
    assert scene.said("SuccessfulCreate") == said


@pytest.mark.parametrize(
    ("spec", "left"), [({}, ["web-0", "web-1", "web-2"]), (PARALLEL, ["web-0"])]
)
def test_members_go_from_the_last_on(spec: Object, left: list[str]) -> None:
    scene = members(1, *[member(n) for n in range(4)], **spec,
                    updateStrategy={"type": "OnDelete"}).look(2)  # fmt: skip
    assert scene.names() == left
    assert scene.said("SuccessfulDelete")[0] == "delete Pod web-3 in StatefulSet web successful"


@pytest.mark.parametrize(
    ("spec", "unready", "gone"),
    [
        ({}, (), "web-2"),
        ({"updateStrategy": {"type": "OnDelete"}}, (), ""),
        ({"updateStrategy": {"rollingUpdate": {"partition": 2}}}, (), "web-2"),
        ({"updateStrategy": {"rollingUpdate": {"partition": 3}}}, (), ""),
        # One of an older template that is not ready would hold all up.
        ({}, (0,), "web-0"),
        (PARALLEL, (1,), "web-2"),
    ],
)
def test_members_of_an_older_template(spec: Object, unready: tuple[int, ...], gone: str) -> None:
    there = [member(n, None if n in unready else 1000) for n in range(3)]
    scene = members(3, *there, **spec).look()
    assert [name for name in ("web-0", "web-1", "web-2") if name not in scene.names()] == (
        [gone] if gone else []
    )


@pytest.mark.parametrize(("spec", "stays"), [({}, True), (PARALLEL, False)])
def test_none_goes_while_one_is_missing(spec: Object, stays: bool) -> None:
    keep = {"updateStrategy": {"type": "OnDelete"}}
    scene = members(1, member(5), **spec, **keep).look()
    assert ("web-5" in scene.names()) is stays and "web-0" in scene.names()


@pytest.mark.parametrize(
    ("ready", "outdated", "strategy", "moves"),
    [
        (True, False, "RollingUpdate", True),
        (False, False, "RollingUpdate", False),
        (True, True, "RollingUpdate", False),
        (True, False, "OnDelete", False),
    ],
)
def test_when_an_update_is_the_present_one(
    ready: bool, outdated: bool, strategy: str, moves: bool
) -> None:
    spec = {"updateStrategy": {"type": strategy, "rollingUpdate": {"partition": 9}}}
    scene = members(1, **spec).look()
    update = scene.status["updateRevision"]
    scene.store.remove("Pod", "web-0", "default")
    labels = {HASH: "web-old" if outdated else update}
    scene.store.create(member(0, 1000 if ready else None, labels=labels))
    edit(scene.store, "StatefulSet", "web", status={"currentRevision": "web-old"})
    assert scene.look().status["currentRevision"] == (update if moves else "web-old")


def test_what_is_counted_of_members() -> None:
    there = [member(0), member(1, 9), member(2, None)]
    scene = members(3, *there, minReadySeconds=10, updateStrategy={"type": "OnDelete"}).look()
    counts = {name: value for name, value in scene.status.items() if name.endswith("Replicas")}
    assert counts == {"readyReplicas": 2, "availableReplicas": 1}
    assert scene.status["replicas"] == 3
    assert scene.plane.later == pytest.approx([1.01])
    assert scene.status["updateRevision"] == scene.status["currentRevision"]


def test_a_member_that_has_ended_is_made_again() -> None:
    ended = member(0)
    ended["status"]["phase"] = "Succeeded"
    scene = members(1, ended).look()
    assert scene.names() == []
    assert scene.look().names() == ["web-0"]
