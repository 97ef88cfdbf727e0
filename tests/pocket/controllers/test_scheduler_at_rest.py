"""One look of the scheduler at pods at rest: who is bound, who waits, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition
from owlab.pocket.kube.controllers.scheduler import Scheduler, claim_names
from owlab.pocket.kube.storage.binding import SELECTED_NODE
from owlab.pocket.kube.store import Change, Key
from owlab.pocket.kube.store.entry import Entry

from .at_rest import AtRest, edit
from .plain_store import obj, pod
from .test_choice import HOST, asks, node


class Scene:
    """Nodes and pods, and a scheduler."""

    def __init__(self, *objects: Object) -> None:
        self.plane = AtRest(*objects)
        self.store = self.plane.store
        self.scheduler = Scheduler(self.plane)

    def look(self, name: str = "p") -> Scene:
        self.scheduler.reconcile(self.store.key("Pod", name, "default"))
        return self

    @property
    def pod(self) -> Object:
        return self.store.get("Pod", "p", "default")

    def told(self) -> str:
        """The node, or why there is none."""
        on = self.pod["spec"].get("nodeName")
        found = condition(self.pod, "PodScheduled") or {}
        return str(on or f"{found.get('reason')}: {found.get('message')}")


def claim(name: str = "data", phase: str = "Pending", kind: str = "", **spec: Any) -> Object:
    wanted = {"storageClassName": kind, **spec}
    return obj("PersistentVolumeClaim", name, wanted, status={"phase": phase})


def storage_class(name: str, mode: str | None) -> Object:
    made = obj("StorageClass", name, None, "storage.k8s.io/v1", provisioner="x")
    return {**made, **({"volumeBindingMode": mode} if mode else {})}


def volume(name: str, on: str = "") -> Object:
    term = {"matchExpressions": [{"key": HOST, "operator": "In", "values": [on]}]}
    made = obj("PersistentVolume", name, {"capacity": {"storage": "1Gi"}})
    if on:
        made["spec"]["nodeAffinity"] = {"required": {"nodeSelectorTerms": [term]}}
    return made


def uses(*names: str, **spec: Any) -> Object:
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in names]
    return asks("p", volumes=volumes, **spec)


A, B = node("a"), node("b")
LATE, NOW = storage_class("late", "WaitForFirstConsumer"), storage_class("now", "Immediate")


def why(said: str) -> str:
    return (
        f"Unschedulable: 0/2 nodes are available: {said}. preemption: 0/2 nodes are available: "
        "2 Preemption is not helpful for scheduling."
    )


UNBOUND = "pod has unbound immediate PersistentVolumeClaims"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ([], 'persistentvolumeclaim "data" not found'),
        ([claim()], UNBOUND),
        ([claim(kind="none")], UNBOUND),
        ([claim(kind="now")], UNBOUND),
        ([claim(kind="plain")], UNBOUND),
        ([claim(kind="late")], None),
        ([claim(phase="Bound")], None),
        (
            [claim(phase="Lost", volumeName="pv")],
            'persistentvolumeclaim "data" bound to non-existent persistentvolume "pv"',
        ),
        (
            [claim(phase="Lost")],
            'persistentvolumeclaim "data" bound to non-existent persistentvolume ""',
        ),
    ],
)
def test_claims_that_a_pod_waits_for(claims: list[Object], said: str | None) -> None:
    others = (storage_class("plain", None), LATE, NOW)
    scene = Scene(A, B, *others, *claims, uses("data"))
    told = scene.look().told()
    assert told in ("a", "b") if said is None else told == why(said)


def test_a_claim_that_goes() -> None:
    scene = Scene(A, B, claim(phase="Bound"), uses("data"))
    finalizers = {"finalizers": ["example.com/x"]}
    edit(scene.store, "PersistentVolumeClaim", "data", metadata=finalizers)
    scene.store.delete("PersistentVolumeClaim", "data", "default")
    assert scene.look().told() == why('persistentvolumeclaim "data" is being deleted')


def test_every_claim_counts() -> None:
    bound, waits = claim("one", "Bound"), claim("two")
    for names in (("one", "two"), ("two", "one")):
        assert Scene(A, B, bound, waits, uses(*names)).look().told() == why(UNBOUND)


@pytest.mark.parametrize(
    ("volumes", "found"),
    [
        ({"data": "b"}, "b"),
        ({"data": "a", "more": ""}, "a"),
        ({"more": "b"}, "b"),
        ({"data": "a", "more": "b"}, None),
        ({"data": "c"}, None),
    ],
)
def test_a_pod_goes_where_its_volumes_are(volumes: dict[str, str], found: str | None) -> None:
    objects = [volume(f"pv-{name}", on) for name, on in volumes.items()]
    claims = [claim(name, "Bound", volumeName=f"pv-{name}") for name in volumes]
    told = Scene(A, B, *objects, *claims, uses(*volumes)).look().told()
    said = why("2 node(s) didn't match PersistentVolume's node affinity")
    assert told == (found or said)


def test_late_volumes_are_wanted_where_the_pod_is() -> None:
    claims = [claim("late", kind="late"), claim("bound", "Bound")]
    scene = Scene(B, LATE, *claims, uses("bound", "late")).look()
    assert scene.told() == "b"
    found = [
        scene.store.get("PersistentVolumeClaim", name, "default")["metadata"].get("annotations")
        for name in ("late", "bound")
    ]
    assert found == [{SELECTED_NODE: "b"}, None]


def test_what_is_said_of_one_that_is_bound() -> None:
    scene = Scene(A, asks("p"))
    edit(scene.store, "Pod", "p", status={"nominatedNodeName": "a"})
    scene.look()
    assert scene.plane.events() == [("Normal", "Scheduled", "Successfully assigned default/p to a")]
    scheduled = condition(scene.pod, "PodScheduled")
    assert scheduled is not None and scheduled["status"] == "True"
    assert "nominatedNodeName" not in scene.pod["status"]
    version = scene.pod["metadata"]["resourceVersion"]
    assert scene.look().pod["metadata"]["resourceVersion"] == version


def test_who_waits_is_told_of_once() -> None:
    scene = Scene(A, asks("p", cpu="9")).look()
    [(kind, reason, said)] = scene.plane.events()
    assert (kind, reason) == ("Warning", "FailedScheduling")
    assert scene.told() == f"Unschedulable: {said}"
    assert len(scene.look().plane.events()) == 1
    scene.store.create(B)
    assert len(scene.look().plane.events()) == 2, "of two nodes is said something else"


def test_who_is_none_of_its_pods() -> None:
    gated = {"schedulingGates": [{"name": "example.com/x"}]}
    for spec in ({"schedulerName": "mine"}, gated):
        scene = Scene(A, asks("p", **spec)).look()
        assert not scene.pod["spec"].get("nodeName") and scene.plane.events() == []
    blocked = "SchedulingGated: Scheduling is blocked due to non-empty scheduling gates"
    assert scene.told() == blocked
    going = Scene(A, asks("p"))
    edit(going.store, "Pod", "p", metadata={"finalizers": ["example.com/x"]})
    going.store.delete("Pod", "p", "default")
    assert not going.look().pod["spec"].get("nodeName")
    assert Scene(A, asks("p", schedulerName="default-scheduler")).look().told() == "a"


def test_a_port_of_the_host_is_taken_once() -> None:
    def opens(number: int) -> Object:
        return {"ports": [{"containerPort": 80, "hostPort": number}]}

    taken = asks("q", "a", container=opens(80))
    for number, nodes, on in ((80, (A, B), "b"), (81, (A,), "a")):
        scene = Scene(*nodes, taken, asks("p", container=opens(number)))
        assert scene.look().told() == on


# -- room that is made ----------------------------------------------------------------------


def full(**more: Any) -> tuple[Object, ...]:
    low = asks("low", "a", cpu="2", priority=1)
    return A, low, asks("p", cpu="2", priority=5, **more)


FULL = "0/1 nodes are available: 1 Insufficient cpu"


def test_a_less_important_pod_goes() -> None:
    scene = Scene(*full()).look()
    assert scene.told() == f"Unschedulable: {FULL}."
    assert scene.pod["status"]["nominatedNodeName"] == "a"
    low = scene.store.get("Pod", "low", "default")
    assert low["metadata"]["deletionTimestamp"]
    disrupted = condition(low, "DisruptionTarget")
    assert disrupted is not None
    assert (disrupted["status"], disrupted["reason"], disrupted["message"]) == (
        "True",
        "PreemptionByScheduler",
        "default-scheduler: preempting to accommodate a higher priority pod",
    )
    said = ("Normal", "Preempted", "Preempted by pod uid-p on node a")
    assert said in scene.plane.events()
    # It is waited for, and not told to go again.
    before = low["metadata"]["resourceVersion"]
    assert scene.look().plane.events().count(said) == 1
    assert scene.store.get("Pod", "low", "default")["metadata"]["resourceVersion"] == before
    scene.store.remove("Pod", "low", "default")
    assert scene.look().told() == "a"


def test_of_those_who_go_one_may_go_already() -> None:
    lows = [asks(f"low-{n}", "a", cpu="1", priority=1) for n in range(2)]
    scene = Scene(A, *lows, asks("p", cpu="2", priority=5))
    edit(scene.store, "Pod", "p", status={"nominatedNodeName": "b"})
    scene.store.delete("Pod", "low-0", "default")
    scene.look()
    ends = [one["metadata"].get("deletionTimestamp") for one in scene.store.list("Pod", "default")]
    assert [bool(end) for end in ends] == [True, True, False]
    assert [reason for _, reason, _ in scene.plane.events()].count("Preempted") == 1


def test_who_may_not_preempt() -> None:
    scene = Scene(*full(preemptionPolicy="Never")).look()
    never = "preemption: not eligible due to preemptionPolicy=Never."
    assert scene.told() == f"Unschedulable: {FULL}. {never}"
    alone = Scene(asks("p", preemptionPolicy="Never")).look()
    assert alone.told() == "Unschedulable: no nodes available to schedule pods"


def test_nobody_goes_where_it_would_not_help() -> None:
    tight = Scene(A, asks("low", "a", cpu="1", priority=9), asks("p", cpu="2", priority=5)).look()
    assert "No preemption victims found for incoming pod" in tight.told()
    assert "nominatedNodeName" not in tight.pod["status"]


def test_a_node_that_neighbours_forbid_is_left_out() -> None:
    """The next one may do: its victims go."""
    apart = {"labelSelector": {"matchLabels": {"app": "x"}}, "topologyKey": HOST}
    wish = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}}
    scene = Scene(
        A, B,
        asks("x", "a", cpu="1", priority=9),
        asks("low-a", "a", cpu="1", priority=1),
        asks("low-b", "b", cpu="2", priority=1),
        asks("p", cpu="1", priority=5, affinity=wish),
    ).look()  # fmt: skip
    assert scene.pod["status"]["nominatedNodeName"] == "b"


# -- what leads to a look -------------------------------------------------------------------


def changed(new: Object, old: Object | None = None, event: str = "") -> Change:
    meta = new["metadata"]
    key = Key("", new["kind"], meta.get("namespace", ""), meta["name"])
    before = None if old is None else Entry.of(old)
    return Change(1, event or ("ADDED" if old is None else "MODIFIED"), key, Entry.of(new), before)


def waiting(*names: str) -> Scene:
    """Pods that no node takes."""
    pods = [asks(name, cpu="9", priority=len(names) - n) for n, name in enumerate(names)]
    scene = Scene(A, *reversed(pods))
    for name in reversed(names):
        scene.look(name)
    return scene


def named(scene: Scene, change: Change) -> list[str]:
    leads = scene.scheduler.watches()[change.key.kind]
    return [key.name for key in leads(change)]


FREE, PLACED = pod("x", nodeName=""), pod("x", nodeName="a")
ENDED = {**PLACED, "status": {"phase": "Succeeded"}}


@pytest.mark.parametrize(
    ("new", "old", "event", "names"),
    [
        (FREE, None, "", ["x"]),
        (FREE, FREE, "", ["x"]),
        (PLACED, FREE, "", ["high", "low"]),
        (PLACED, None, "", ["high", "low"]),
        (PLACED, PLACED, "", []),
        (ENDED, PLACED, "", ["high", "low"]),
        ({**PLACED, "status": {"phase": "Failed"}}, PLACED, "", ["high", "low"]),
        (PLACED, PLACED, "DELETED", ["high", "low"]),
        (FREE, FREE, "DELETED", ["high", "low"]),
    ],
)
def test_pods_whose_change_leads_to_others(
    new: Object, old: Object | None, event: str, names: list[str]
) -> None:
    assert named(waiting("high", "low"), changed(new, old, event)) == names


def test_who_is_gone_does_not_wait() -> None:
    scene = waiting("high", "low")
    gone = changed(scene.store.get("Pod", "high", "default"), None, "DELETED")
    assert named(scene, gone) == ["low"]
    edit(scene.store, "Node", "a", "", status={"allocatable": {"cpu": "9", "pods": "10"}})
    scene.look("low")
    assert named(scene, changed(PLACED)) == []


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ({}, []),
        ({"spec": {"unschedulable": True}}, ["only"]),
        ({"metadata": {"name": "a", "labels": {"x": "y"}}}, ["only"]),
        ({"metadata": {**A["metadata"], "annotations": {"x": "y"}}}, []),
        ({"status": {"allocatable": {"cpu": "3"}}}, ["only"]),
        ({"status": {**A["status"], "conditions": []}}, []),
    ],
)
def test_changes_of_nodes(part: Object, names: list[str]) -> None:
    scene = waiting("only")
    assert named(scene, changed({**A, **part}, A)) == names
    assert named(scene, changed(A)) == named(scene, changed(A, A, "DELETED")) == ["only"]


def test_the_claims_of_a_pod() -> None:
    made = uses("data")
    made["spec"]["volumes"] += [{"name": "own", "ephemeral": {}}, {"name": "e", "emptyDir": {}}]
    assert claim_names(made) == ["data", "p-own"]
    assert claim_names(pod("none")) == []
