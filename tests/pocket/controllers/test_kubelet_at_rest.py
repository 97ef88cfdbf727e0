"""Which pods the kubelets look at, and what they do at one look: nothing runs by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers import programs
from owlab.pocket.kube.containers.programs import ContainerOutcome
from owlab.pocket.kube.kubelet.kubelet import Kubelet
from owlab.pocket.kube.kubelet.memory import Memory
from owlab.pocket.kube.kubelet.pod_addresses import Addresses
from owlab.pocket.kube.network.names import Names
from owlab.pocket.kube.store import Change, Key
from owlab.pocket.kube.store.entry import Entry
from owlab.pocket.network.routes import Routes

from .at_rest import AtRest, edit
from .conftest import FakeFleet
from .plain_store import namespace, obj, pod, store_of


def node(name: str, **spec: Any) -> Object:
    made = obj("Node", name, spec)
    del made["metadata"]["namespace"]
    return made


class Scene:
    """Two nodes, each with a pod, and one pod that has no node."""

    def __init__(self, *objects: Object) -> None:
        self.fleet: Any = FakeFleet("one", "two")
        pods = [pod("a", nodeName="one"), pod("b", nodeName="two"), pod("c", nodeName="")]
        self.plane = AtRest(
            node("one"), node("two"), node("gone"), *pods, *objects, fleet=self.fleet
        )
        routes = Routes(self.fleet, self.plane.clock)
        names = Names(self.plane.store, self.fleet)
        outcome = ContainerOutcome("ready")
        self.kubelet = Kubelet(self.plane, lambda *_: outcome, routes, names)

    def look(self, name: str, space: str = "default") -> None:
        self.kubelet.reconcile(self.plane.store.key("Pod", name, space))

    def led(self) -> list[str]:
        """What the machines' change leads to, once each."""
        self.plane.keys.clear()
        self.kubelet.machines_changed()
        return sorted(set(self.plane.keys))


async def test_pods_of_nodes_that_come_and_go() -> None:
    scene = Scene()
    assert scene.led() == ["a", "b"], "nobody knows yet how they are"
    scene.look("a")
    scene.look("b")
    for name in ("a", "b"):
        edit(scene.plane.store, "Pod", name, status={
            "conditions": [{"type": "Ready", "status": "True"}]})  # fmt: skip
        scene.kubelet._waiting.clear()
    assert scene.led() == []
    # A machine goes down: its pods are looked at, and what they remember is lost.
    scene.fleet.machines["one"].running = False
    assert scene.led() == ["a"]
    scene.look("a")
    scene.fleet.machines["one"].running = True
    assert scene.led() == ["a"]
    scene.fleet.machines["one"].active = False
    assert scene.led() == ["a"]
    del scene.fleet.machines["one"]
    assert scene.led() == ["a"]


async def test_pods_that_wait_are_looked_at() -> None:
    other = pod("d", namespace="other", nodeName="two")
    scene = Scene(namespace("other"), other)
    for name, space in (("a", "default"), ("b", "default"), ("d", "other")):
        scene.look(name, space)
    assert scene.led() == ["a", "b", "d"]
    scene.plane.keys.clear()
    scene.kubelet.reconsider()
    assert sorted(scene.plane.keys) == ["a", "b", "d"]


def changed(new: Object, old: Object | None = None, event: str = "") -> Change:
    meta = new["metadata"]
    key = Key("", new["kind"], meta.get("namespace", ""), meta["name"])
    before = None if old is None else Entry.of(old)
    return Change(1, event or ("ADDED" if old is None else "MODIFIED"), key, Entry.of(new), before)


PLACED = pod("x", nodeName="one")
PLACED["metadata"]["uid"] = "x"
READY = {**PLACED, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}


@pytest.mark.parametrize(
    ("new", "old", "event", "names"),
    [
        (PLACED, None, "", ["x"]),
        (READY, None, "", ["x"]),
        (PLACED, PLACED, "", ["x"]),
        (READY, PLACED, "", ["x", "a", "b"]),
        (PLACED, READY, "", ["x", "a", "b"]),
        ({**PLACED, "spec": {}}, None, "", []),
        (PLACED, PLACED, "DELETED", []),
        (obj("Secret", "s"), None, "", ["a", "b"]),
        (obj("ConfigMap", "s"), None, "", ["a", "b"]),
        (obj("PersistentVolumeClaim", "s"), None, "", ["a", "b"]),
        (obj("Job", "s"), None, "", ["a", "b"]),
        (obj("Service", "s"), None, "", ["a", "b"]),
        (obj("Endpoints", "s"), None, "", ["a", "b"]),
        (obj("StatefulSet", "s"), None, "", ["a", "b"]),
        (obj("Secret", "s", metadata={"namespace": "other"}), None, "", ["d"]),
        (obj("PersistentVolume", "s"), None, "", ["a", "b", "d"]),
    ],
)
async def test_what_leads_to_pods_that_wait(
    new: Object, old: Object | None, event: str, names: list[str]
) -> None:
    scene = Scene(namespace("other"), pod("d", namespace="other", nodeName="two"))
    for name, space in (("a", "default"), ("b", "default"), ("d", "other")):
        scene.look(name, space)
    leads = scene.kubelet.watches()[new["kind"]]
    found = [key.name for key in leads(changed(new, old, event))]
    assert sorted(found) == sorted(names)
    assert "x" not in names or found[0] == "x"


# -- what is kept of containers -------------------------------------------------------------


def began(field: str, name: str, at: str, state: str = "running") -> Object:
    return {
        field: [{"name": "x", "state": {}}, {"name": name, "state": {state: {"startedAt": at}}}]
    }


EARLY, LATE, LATER = (f"2026-03-01T1{hour}:00:00Z" for hour in (0, 1, 2))


@pytest.mark.parametrize(
    ("status", "since"),
    [
        (began("containerStatuses", "main", LATE), LATE),
        (began("containerStatuses", "main", LATE, "terminated"), LATE),
        (began("initContainerStatuses", "main", LATE, "terminated"), LATE),
        (began("ephemeralContainerStatuses", "main", LATE), LATE),
        (began("containerStatuses", "other", LATE), EARLY),
        ({"containerStatuses": [{"name": "main", "state": {"waiting": {}}}]}, EARLY),
        ({"containerStatuses": [{"name": "main"}]}, EARLY),
        ({"containerStatuses": None}, EARLY),
    ],
)
async def test_when_a_simulated_container_printed(status: Object, since: str) -> None:
    """With its own start; before that with its pod's, or when that was made."""
    scene = Scene()
    made = pod("a")
    made["metadata"] |= {"uid": "a", "creationTimestamp": LATER}
    made["status"] = {"startTime": EARLY, **status}
    seconds = datetime.fromisoformat(since).timestamp()
    scene.kubelet._memories["a"] = Memory(logs={"main": "one\ntwo\n"})
    assert [(line.time, line.text) for line in scene.kubelet.logs(made, "main")] == [
        (seconds, "one"),
        (seconds, "two"),
    ]
    [note] = scene.kubelet.logs(made, "side")
    assert note.text == programs.NOTE
    del made["status"]["startTime"]
    made["status"] = {}
    assert scene.kubelet.logs(made, "side")[0].time == datetime.fromisoformat(LATER).timestamp()


@pytest.mark.parametrize(
    ("spec", "waiting"), [({}, "ContainerCreating"), ({"init": True}, "PodInitializing")]
)
async def test_a_pod_whose_volume_is_not_there(spec: dict[str, bool], waiting: str) -> None:
    """It is said once, tried again, and no container begins."""
    volumes = [{"name": "v", "configMap": {"name": "none"}}]
    first = [{"name": "first", "image": "busybox"}] if spec else []
    scene = Scene(pod("w", nodeName="one", volumes=volumes, initContainers=first))
    edit(scene.plane.store, "Pod", "w", status={"phase": "Pending", "podIP": ""})
    scene.look("w")
    scene.look("w")
    said = 'MountVolume.SetUp failed for volume "v" : configmap "none" not found'
    assert scene.plane.events() == [("Warning", "FailedMount", said)]
    assert scene.plane.later == [3.0, 3.0]
    status = scene.plane.store.get("Pod", "w", "default")["status"]
    every = [*status.get("initContainerStatuses", ()), *status["containerStatuses"]]
    reasons = [one["state"]["waiting"]["reason"] for one in every]
    assert reasons == (["PodInitializing"] if spec else []) + [waiting]
    assert status["phase"] == "Pending" and not status.get("podIP")


# -- addresses of pods ----------------------------------------------------------------------


def test_addresses_of_pods() -> None:
    store = store_of(node("one", podCIDR="10.42.0.0/24"), node("two", podCIDR="10.42.1.0/24"))
    given = Addresses(store)

    def of(name: str, on: str, **spec: Any) -> str:
        made = pod(name, "", nodeName=on, **spec)
        made["metadata"]["uid"] = name
        made["status"]["hostIP"] = "127.9.0.1"
        return given.of(made)

    assert [of("a", "one"), of("b", "one"), of("c", "two")] == [
        "10.42.0.2",
        "10.42.0.3",
        "10.42.1.2",
    ]
    assert of("h", "one", hostNetwork=True) == "127.9.0.1"
    assert of("d", "none") == "10.42.0.4"


def test_addresses_that_are_free() -> None:
    held = pod("held", "10.42.0.3")
    host = pod("host", "10.42.0.4", hostNetwork=True)
    store = store_of(node("worker1"), held, host)
    given = Addresses(store)
    store.create(pod("later", "10.42.0.5"))

    def several(count: int) -> list[int]:
        found = []
        for number in range(count):
            made = pod(f"p{number}")
            made["metadata"]["uid"] = f"p{number}"
            found.append(int(given.of(made).rpartition(".")[2]))
        return found

    assert several(3) == [2, 4, 6], "what is taken is passed over"
    store.remove("Pod", "held", "default")
    store.remove("Pod", "host", "default")
    # Not given out again at once, but when all others have been.
    assert several(249) == [*range(7, 255), 3]
    assert several(1) == [254], "there is no other"
