"""One look of a kubelet at a pod: which containers begin, begin again, wait, and why."""

from __future__ import annotations

from typing import Any, cast

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.programs import ContainerOutcome
from owlab.pocket.kube.containers.runtime import Runtime
from owlab.pocket.kube.containers.start import CannotStart
from owlab.pocket.kube.images import Registries
from owlab.pocket.kube.kubelet.memory import Memory
from owlab.pocket.kube.kubelet.pod_timeline import PodTimeline
from owlab.pocket.kube.kubelet.work import PodWork

from .conftest import FakeMachine
from .plain_store import pod, store_of

RUNS, READY = ContainerOutcome("waiting"), ContainerOutcome("ready")
DONE, FAILED = ContainerOutcome("done"), ContainerOutcome("failed", code=3)


class Scene:
    """A pod, and what becomes of its containers; each look is after all that was waited for."""

    registries = Registries()

    def __init__(self, **spec: Any) -> None:
        spec.setdefault("containers", [{"name": "main", "image": "nginx"}])
        self.pod = pod("p", **spec)
        self.pod["metadata"]["uid"] = "u"
        self.pod["status"] = {"phase": "Pending", "podIP": "10.42.0.9"}
        self.outcomes: dict[str, ContainerOutcome] = {}
        self.events: list[tuple[str, str, str]] = []
        self.looks: list[float] = []
        self.killed: list[str] = []
        self.deaf: set[str] = set()
        self.missing = ""
        self.really: object = None
        self.answer = (0, "")
        self.memory = Memory()
        self.machine = FakeMachine("worker1", "127.9.0.2", pulled={
            f"docker.io/library/{name}:latest" for name in ("nginx", "busybox")})  # fmt: skip
        recorder: Any = self
        self.timeline = PodTimeline(
            self.pod, self.memory, Clock("real"), recorder, self.looks.append
        )

    def record(self, about: Object, kind: str, reason: str, message: str, *who: str) -> None:
        self.events.append((kind, reason, message))

    # What a runtime is asked.

    def ignores_signals(self, owner: tuple[str, str]) -> bool:
        return owner[1] in self.deaf

    def kill(self, uid: str, name: str) -> None:
        self.killed.append(name)

    def require_start(self, made: Object, container: Object) -> None:
        if container["name"] == self.missing:
            raise CannotStart("no such file")

    def process(self, made: Object, container: Object, starts: int) -> object:
        """Nothing really runs unless a test says so."""
        return self.really

    async def execute(self, container: Object, argv: list[str]) -> tuple[int, str]:
        return self.answer

    async def check(self, *asked: Any) -> str | None:
        return None

    def look(self, times: int = 1) -> Scene:
        for _ in range(times):
            self.memory.due = dict.fromkeys(self.memory.due, 0.0)
            self.too_soon()
        return self

    def too_soon(self) -> Scene:
        """A look before what is waited for is over."""
        PodWork(
            self.pod,
            self.machine,
            self.timeline,
            cast(Runtime, self),
            store_of(),
            lambda made, container, init: self.outcomes.get(container["name"], READY),
            self.execute,
            self.check,
        ).carry_on()
        return self

    def status(self, name: str = "main") -> Object:
        fields = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
        every = [one for field in fields for one in self.pod["status"].get(field) or ()]
        return next(one for one in every if one["name"] == name)

    def state(self, name: str = "main") -> str:
        """``running``, the reason that it waits for, or with which code it has ended."""
        [(kind, state)] = self.status(name)["state"].items()
        return str(state.get("exitCode", state.get("reason", kind)))

    def told(self, reason: str) -> list[str]:
        return [message for _, found, message in self.events if found == reason]


async def test_a_container_begins() -> None:
    scene = Scene().look()
    assert scene.events == [
        ("Normal", "Pulled", 'Container image "nginx" already present on machine'),
        ("Normal", "Created", "Created container: main"),
        ("Normal", "Started", "Started container main"),
    ]
    assert scene.state() == "running" and not scene.status()["ready"]
    assert scene.status()["containerID"] == "simulated://u/main/0"
    assert scene.looks[0] == 2.01, "it takes two seconds"
    assert scene.look().status()["ready"] and scene.status()["started"]
    assert len(scene.look().events) == 3


@pytest.mark.parametrize(
    ("policy", "outcome", "again"),
    [
        ("Always", DONE, True),
        ("Always", FAILED, True),
        ("OnFailure", DONE, False),
        ("OnFailure", FAILED, True),
        ("Never", DONE, False),
        ("Never", FAILED, False),
    ],
)
async def test_who_begins_again(policy: str, outcome: ContainerOutcome, again: bool) -> None:
    scene = Scene(restartPolicy=policy)
    scene.outcomes["main"] = outcome
    code = str(outcome.code)
    assert scene.look(2).state() == code
    ended = scene.status()["state"]["terminated"]
    assert ended["reason"] == ("Completed" if code == "0" else "Error")
    assert scene.looks[-1] == 0.0
    scene.outcomes["main"] = READY
    scene.look(2)
    assert scene.status()["restartCount"] == int(again)
    assert scene.state() == ("running" if again else code)
    assert ("terminated" in scene.status()["lastState"]) is again


async def test_the_pauses_of_one_that_fails_again_and_again() -> None:
    scene = Scene()
    scene.outcomes["main"] = FAILED
    scene.look(2)
    pauses = []
    for count in range(1, 8):
        scene.look()
        if count == 1:
            assert scene.state() == "3", "the first time at once"
            assert scene.told("BackOff") == []
            continue
        assert scene.state() == "CrashLoopBackOff"
        assert scene.status()["restartCount"] == count - 1
        pauses.append((scene.status()["state"]["waiting"]["message"].split()[1], scene.looks[-1]))
        scene.look()
        assert scene.status()["restartCount"] == count
    assert pauses == [
        ("10s", 10.01), ("20s", 20.01), ("40s", 40.01), ("1m20s", 80.01), ("2m40s", 160.01),
        ("5m0s", 300.01),
    ]  # fmt: skip
    assert set(scene.told("BackOff")) == {
        "Back-off restarting failed container main in pod p_default(u)"
    }
    scene.look()
    said = scene.status()["state"]["waiting"]["message"]
    assert said == "back-off 5m0s restarting failed container=main pod=p_default(u)"


async def test_a_pause_is_waited_for() -> None:
    scene = Scene()
    scene.outcomes["main"] = FAILED
    scene.look(4)
    scene.outcomes["main"] = READY
    scene.too_soon()
    assert scene.state() == "CrashLoopBackOff" and scene.status()["restartCount"] == 1


async def test_what_a_lost_node_ran_begins_at_once() -> None:
    scene = Scene(restartPolicy="Never").look(2)
    scene.memory.lost = True
    scene.look()
    assert scene.state() == "255" and not scene.memory.lost
    assert scene.status()["state"]["terminated"]["reason"] == "Unknown"
    for restarts in (0, 5):
        scene = Scene().look(2)
        scene.status()["restartCount"] = restarts
        scene.memory.lost = True
        assert scene.look().state() == "running", "without a pause"
        assert scene.status()["restartCount"] == restarts + 1


@pytest.mark.parametrize(
    ("container", "said"),
    [
        (
            {"envFrom": [{"configMapRef": {"name": "none"}}]},
            'configmap "none" not found',
        ),
        (
            {"securityContext": {"runAsNonRoot": True}},
            "container has runAsNonRoot and image will run as root",
        ),
    ],
)
async def test_what_cannot_be_configured(container: Object, said: str) -> None:
    scene = Scene(containers=[{"name": "main", "image": "nginx", **container}]).look(2)
    assert scene.state() == "CreateContainerConfigError"
    assert scene.status()["state"]["waiting"]["message"].startswith(said)
    [event] = scene.told("Failed")
    assert event.startswith(f"Error: {said}") and scene.told("Created") == []


async def test_a_program_that_is_not_there() -> None:
    scene = Scene(restartPolicy="Never")
    scene.missing = "main"
    scene.look()
    ended = scene.status()["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (128, "StartError")
    assert ended["startedAt"] == "1970-01-01T00:00:00Z"
    assert "no such file" in ended["message"]
    assert scene.told("Failed") == [f"Error: {ended['message']}"]
    assert scene.told("Started") == [] and scene.memory.logs == {"main": ""}
    assert scene.looks[-1] == 0.0


async def test_an_image_that_comes_later() -> None:
    scene = Scene()
    scene.machine.pulled.clear()
    scene.too_soon()
    assert scene.state() == "ContainerCreating" and scene.told("Created") == []
    assert scene.look().state() == "running"


INITS = [{"name": "first", "image": "busybox"}, {"name": "second", "image": "busybox"}]
SIDECAR = {"name": "side", "image": "busybox", "restartPolicy": "Always"}


async def test_init_containers_go_one_after_the_other() -> None:
    scene = Scene(initContainers=INITS)
    scene.outcomes |= {"first": RUNS, "second": RUNS}
    scene.look(3)
    names = ("first", "second", "main")
    assert [scene.state(name) for name in names] == [
        "running", "PodInitializing", "PodInitializing"
    ]  # fmt: skip
    scene.outcomes["first"] = DONE
    scene.look(2)
    assert [scene.state(name) for name in names] == ["0", "running", "PodInitializing"]
    assert scene.status("first")["ready"]
    scene.outcomes["second"] = DONE
    scene.look(2)
    assert [scene.state(name) for name in names] == ["0", "0", "running"]
    # Once the others have begun, it does not matter what became of these.
    scene.status("second")["state"] = {"terminated": {"exitCode": 9}}
    assert scene.look().state("second") == "9" and scene.state() == "running"


@pytest.mark.parametrize(("policy", "again"), [("Never", 0), ("OnFailure", 1), ("Always", 1)])
async def test_an_init_container_that_fails(policy: str, again: int) -> None:
    scene = Scene(initContainers=INITS, restartPolicy=policy)
    scene.outcomes["first"] = FAILED
    scene.look(2)
    assert scene.state("first") == "3"
    scene.outcomes["first"] = DONE
    scene.look(2)
    assert scene.status("first")["restartCount"] == again
    assert scene.state("second") == ("running" if again else "PodInitializing")


async def test_a_sidecar_goes_on_beside_the_others_and_ends_after_them() -> None:
    scene = Scene(initContainers=[SIDECAR, INITS[0]], restartPolicy="Never")
    scene.outcomes["first"] = DONE
    scene.look(4)
    assert [scene.state(name) for name in ("side", "first", "main")] == [
        "running", "0", "running"
    ]  # fmt: skip
    assert scene.status("side")["ready"]
    scene.outcomes["main"] = DONE
    scene.look(2)
    assert scene.state("side") == "0" and scene.killed == ["side"]
    assert scene.status("side")["state"]["terminated"]["reason"] == "Completed"
    assert scene.told("Killing") == ["Stopping container side"]


async def test_a_sidecar_whose_probe_has_not_passed_holds_the_others_up() -> None:
    probe = {"startupProbe": {"tcpSocket": {"port": 9}, "failureThreshold": 99}}
    held = {**SIDECAR, **probe, "ports": [{"containerPort": 8}]}
    scene = Scene(initContainers=[held, INITS[0]]).look(4)
    assert [scene.state(name) for name in ("side", "first", "main")] == [
        "running", "PodInitializing", "PodInitializing"
    ]  # fmt: skip
    assert not scene.status("side")["started"]


async def test_deaf_sidecars_are_killed_from_the_last_to_the_first() -> None:
    sides = [{**SIDECAR, "name": f"side-{n}"} for n in range(2)]
    spec = {"initContainers": sides, "restartPolicy": "Never", "terminationGracePeriodSeconds": 7}
    scene = Scene(**spec)
    scene.deaf = {"side-0", "side-1"}
    scene.look(3)
    scene.outcomes["main"] = DONE
    scene.look()
    for name in ("side-1", "side-0"):
        scene.look()
        assert scene.told("Killing")[-1] == f"Stopping container {name}"
        assert 7.01 in scene.looks
        scene.looks.clear()
        assert scene.state(name) == "running"
        scene.memory.due[f"end {name}"] = 0.0
    scene.look()
    assert scene.killed == ["side-1", "side-0"]
    for name in ("side-0", "side-1"):
        ended = scene.status(name)["state"]["terminated"]
        assert (ended["exitCode"], ended["reason"]) == (137, "Error")


async def test_an_ephemeral_container_begins_once() -> None:
    debug = [{"name": "debug", "image": "busybox"}]
    scene = Scene(ephemeralContainers=debug)
    scene.outcomes["debug"] = FAILED
    scene.look(4)
    assert scene.state("debug") == "3" and scene.status("debug")["restartCount"] == 0


PROBE = {"tcpSocket": {"port": 9}, "failureThreshold": 1}


def probed(**probes: Object) -> list[Object]:
    return [{"name": "main", "image": "busybox", "ports": [{"containerPort": 8}], **probes}]


@pytest.mark.parametrize("kind", ["liveness", "startup"])
async def test_a_probe_that_fails_ends_a_container(kind: str) -> None:
    scene = Scene(containers=probed(**{f"{kind}Probe": PROBE})).look(2)
    assert scene.told("Killing") == [f"Container main failed {kind} probe, will be restarted"]
    ended = scene.status()["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "Error")
    assert scene.killed == ["main"] and not scene.status()["ready"]
    assert scene.status()["started"] is False


async def test_a_container_that_is_not_ready_goes_on() -> None:
    scene = Scene(containers=probed(readinessProbe=PROBE)).look(3)
    assert scene.state() == "running" and scene.status()["started"]
    assert not scene.status()["ready"] and scene.killed == []


async def test_a_hook_that_fails_ends_a_container() -> None:
    hook = {"postStart": {"tcpSocket": {"port": 9}}}
    scene = Scene(containers=probed(lifecycle=hook)).look(2)
    said = "PostStartHook failed: dial tcp: connect to port 9: connection refused"
    assert scene.told("FailedPostStartHook") == [said]
    assert scene.told("Killing") == ["Container main failed postStart hook"]
    assert scene.state() == "137"


async def test_a_hook_is_waited_for() -> None:
    hook = {"postStart": {"sleep": {"seconds": 5}}}
    scene = Scene(containers=probed(lifecycle=hook)).look(2)
    assert not scene.status()["ready"] and 5.01 in scene.looks
    assert scene.look().status()["ready"]


async def test_what_a_container_left_is_in_its_status() -> None:
    scene = Scene(restartPolicy="Never")
    scene.outcomes["main"] = ContainerOutcome("failed", "printed\n", 9, "OOMKilled", "left")
    ended = scene.look(2).status()["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"], ended["message"]) == (9, "OOMKilled", "left")
    assert scene.memory.logs == {"main": "printed\n"}


@pytest.mark.parametrize(("policy", "soon"), [("Always", True), ("Never", False)])
async def test_a_command_that_may_end_is_ready_when_it_has_run_a_while(
    policy: str, soon: bool
) -> None:
    scene = Scene(restartPolicy=policy)
    scene.really = scene
    scene.look(2)
    assert scene.status()["ready"] is soon
    if soon:
        return
    assert 0.51 in scene.looks
    scene.looks.clear()
    assert not scene.too_soon().status()["ready"]
    assert 0.51 not in scene.looks, "that it runs is noticed once"
    assert scene.look().status()["ready"]
