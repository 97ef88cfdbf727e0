"""Images that come, or do not, and probes that count: one look after the other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube import images
from owlab.pocket.kube.containers.start import CannotStart
from owlab.pocket.kube.images import Registries
from owlab.pocket.kube.kubelet.hooks import hook
from owlab.pocket.kube.kubelet.memory import Memory
from owlab.pocket.kube.kubelet.network_probes import checker
from owlab.pocket.kube.kubelet.pod_timeline import PodTimeline
from owlab.pocket.kube.kubelet.probes import Probe
from owlab.pocket.kube.kubelet.pulling import pull
from owlab.pocket.network.routes import NetworkPlace
from owlab.pocket.openwhisk.deployment.published_images import IMAGES

from .conftest import FakeMachine

NODE = NetworkPlace("machine:a", "127.9.0.1", "a")
POD: Object = {
    "metadata": {"name": "box"},
    "spec": {"nodeName": "a"},
    "status": {"podIP": "10.42.0.9"},
}


class Notes:
    """A diary that keeps what it is told."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.events: list[tuple[str, str, str]] = []
        self.looks: list[float] = []
        recorder: Any = self
        self.timeline = PodTimeline(POD, Memory(), clock or Clock(), recorder, self.looks.append)

    def record(
        self, about: Object, kind: str, reason: str, message: str, component: str, host: str = ""
    ) -> None:
        assert (about, component, host) == (POD, "kubelet", "a")
        self.events.append((kind, reason, message))

    def told(self) -> list[tuple[str, str, str]]:
        found, self.events = self.events, []
        return found


def machine(*there: str) -> FakeMachine:
    return FakeMachine("a", "127.9.0.1", pulled={images.full_name(image) for image in there})


def container(image: str = "nginx", policy: str | None = None) -> Object:
    return {"name": "main", "image": image, **({"imagePullPolicy": policy} if policy else {})}


async def test_an_image_is_pulled_once() -> None:
    notes, node, status = Notes(), machine(), dict[str, Any](state={})
    assert pull(notes.timeline, container(), status, node, Registries())
    assert node.images() == {"docker.io/library/nginx:latest"}
    assert notes.told() == [
        ("Normal", "Pulling", 'Pulling image "nginx"'),
        ("Normal", "Pulled", 'Successfully pulled image "nginx"'),
    ]
    assert pull(notes.timeline, container(), status, node, Registries())
    assert notes.told() == [], "it is there, and was said to be"


@pytest.mark.parametrize("policy", [None, "IfNotPresent", "Never", "Always"])
async def test_an_image_that_is_there(policy) -> None:
    notes = Notes()
    node = machine("nginx")
    assert pull(notes.timeline, container(policy=policy), {"state": {}}, node, Registries())
    said = 'Container image "nginx" already present on machine'
    assert notes.told() == [("Normal", "Pulled", said)]


async def test_an_image_that_must_not_be_pulled() -> None:
    notes, status = Notes(), dict[str, Any](state={})
    said = 'Container image "nginx" is not present with pull policy of Never'
    for events in (
        [("Warning", "ErrImageNeverPull", said), ("Warning", "Failed", "Error: ErrImageNeverPull")],
        [],
    ):
        never = container(policy="Never")
        assert not pull(notes.timeline, never, status, machine(), Registries())
        assert notes.told() == events
        assert status["state"] == {"waiting": {"reason": "ErrImageNeverPull", "message": said}}


async def test_an_image_that_nobody_has() -> None:
    notes, node = Notes(Clock("real")), machine()
    status: Object = {"state": {}}
    bad = container("nginx:1.161")
    reasons = []
    for _ in range(3):
        assert not pull(notes.timeline, bad, status, node, Registries())
        reasons.append(status["state"]["waiting"]["reason"])
    assert reasons == ["ErrImagePull", "ImagePullBackOff", "ImagePullBackOff"]
    full = "docker.io/library/nginx:1.161"
    why = (
        f'failed to pull and unpack image "{full}": failed to resolve reference "{full}": '
        f"{full}: not found"
    )
    assert notes.told() == [
        ("Normal", "Pulling", 'Pulling image "nginx:1.161"'),
        ("Warning", "Failed", f'Failed to pull image "nginx:1.161": {why}'),
        ("Warning", "Failed", "Error: ErrImagePull"),
        ("Normal", "BackOff", 'Back-off pulling image "nginx:1.161"'),
        ("Warning", "Failed", "Error: ImagePullBackOff"),
    ]
    due = notes.timeline.memory.due
    pauses = []
    for count in range(1, 8):
        due[f"backoff nginx:1.161 {count}"] = 0.0
        pull(notes.timeline, bad, status, node, Registries())
        pauses.append(notes.looks[-2])
    assert pauses == [20.01, 40.01, 80.01, 160.01, 300.01, 300.01, 300.01]
    assert node.images() == set()


async def test_pulling_takes_its_time() -> None:
    notes, node, status = Notes(Clock("real")), machine(), dict[str, Any](state={})
    assert not pull(notes.timeline, container(), status, node, Registries())
    assert [reason for _, reason, _ in notes.told()] == ["Pulling"]
    assert notes.looks[0] == 8.01
    notes.timeline.memory.due["pull docker.io/library/nginx:latest"] = 0.0
    assert pull(notes.timeline, container(), status, node, Registries())


async def test_an_image_of_no_registry_is_used_where_it_is_loaded() -> None:
    mine = "localhost/mine:1"
    assert pull(Notes().timeline, container(mine), {"state": {}}, machine(mine), Registries())
    assert not pull(
        Notes().timeline, container(mine, "Always"), {"state": {}}, machine(mine), Registries()
    )


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("me/app", "docker.io/me/app:latest"),
        ("ghcr.io/me/app:1", "ghcr.io/me/app:1"),
        ("localhost/app", "localhost/app:latest"),
        ("host:5000/app", "host:5000/app:latest"),
        ("nginx@sha256:1", "docker.io/library/nginx@sha256:1"),
        ("nginx:1@sha256:1", "docker.io/library/nginx:1@sha256:1"),
    ],
)
def test_full_names_of_images(image, name):
    assert images.full_name(image) == name


@pytest.mark.parametrize(
    ("image", "opened"),
    [
        ("nginx:1.27", {80}),
        ("httpd", {80}),
        ("traefik", {80, 443, 8000, 8443, 9000, 8080}),
        ("redis:7-alpine", {6379}),
        ("memcached", {11211}),
        ("mysql:8", {3306}),
        ("postgres", {5432}),
        ("mongo", {27017}),
        ("rabbitmq", {5672}),
        ("couchdb", {5984}),
        ("zookeeper", {2181}),
        ("busybox", set()),
        ("me/nginx", set()),
        ("quay.io/library/nginx", set()),
    ],
)
def test_ports_of_official_images(image, opened):
    assert images.ports(image) == opened


@pytest.mark.parametrize(
    ("image", "there"),
    [
        ("nginx:1.27-alpine", True),
        ("nginx:1.161", False),
        ("nginx:lates", False),
        ("busybox", True),
        ("nginxx", False),
        ("python:3.12-slim-bookworm", True),
        ("postgres:16", True),
        ("wurstmeister/kafka:2.12", False),
        (f"nginx@sha256:{'0' * 64}", True),
        ("localhost/mine", False),
    ],
)
def test_images_that_there_are(image, there):
    assert Registries().have(image) == there


@pytest.mark.parametrize(
    ("image", "there", "seconds"),
    [
        ("openwhisk/controller:ef725a6", True, 45.0),
        ("openwhisk/ow-utils:nightly", True, 60.0),
        ("openwhisk/controller:mine", False, 45.0),
        ("nginx", True, 8.0),
        ("apache/couchdb:2.3", True, 30.0),
        ("wurstmeister/kafka:2.12", False, 40.0),
    ],
)
def test_images_of_software_that_the_cluster_is_told_of(image, there, seconds):
    told = Registries([IMAGES])
    assert (told.have(image), told.pull_seconds(image)) == (there, seconds)
    assert not Registries().have("openwhisk/controller:ef725a6")
    assert told.pull_error("openwhisk/controller:mine").endswith("controller:mine: not found")


def probing(
    kind: str = "readinessProbe",
    answers: tuple[Any, ...] = (),
    simulated: bool = False,
    notes: Notes | None = None,
    **spec: Any,
) -> tuple[Probe, Notes]:
    """A probe whose command gives these answers, one after the other."""
    left, notes = list(answers), notes or Notes(Clock("real"))

    async def execute(made: Object, words: list[str]) -> tuple[int, str]:
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found, "printed\n"

    async def check(handler: Object, made: Object, address: str, limit: float) -> str | None:
        assert (address, limit) == ("10.42.0.9", spec.get("timeoutSeconds", 1))
        return str(left.pop(0)) if left else None

    made = {"name": "main", "image": "nginx", kind: spec}
    return Probe(notes.timeline, made, kind, 0, simulated, execute, check), notes


EXEC: dict[str, Any] = {"exec": {"command": ["true"]}}


async def asked(probe: Probe) -> bool | None:
    """One look, and what came of it."""
    probe.state.due = probe.state.due and 0.001
    probe.look()
    while probe.state.task is not None:
        await asyncio.sleep(0)
    return probe.state.passed


@pytest.mark.parametrize(
    ("spec", "answers", "verdicts"),
    [
        ({}, (0, 1, 1, 1, 0), [True, True, True, False, True]),
        ({"failureThreshold": 1}, (1, 0), [False, True]),
        ({"failureThreshold": 2}, (1, 0, 1, 1), [None, True, True, False]),
        ({"successThreshold": 2}, (0, 0, 1, 0), [None, True, True, True]),
        ({"successThreshold": 2, "failureThreshold": 1}, (1, 0, 0), [False, False, True]),
    ],
)
async def test_answers_are_counted(spec, answers, verdicts) -> None:
    probe, _ = probing(answers=answers, **EXEC, **spec)
    assert [await asked(probe) for _ in answers] == verdicts


async def test_what_a_probe_tells() -> None:
    probe, notes = probing("livenessProbe", (0, 3), **EXEC)
    await asked(probe)
    assert notes.told() == []
    await asked(probe)
    assert notes.told() == [("Warning", "Unhealthy", "Liveness probe failed: printed")]
    probe, notes = probing("startupProbe", (CannotStart("no such file"),), **EXEC)
    assert await asked(probe) is None
    [(_, _, said)] = notes.told()
    assert said.startswith("Startup probe errored and resulted in unknown state: rpc error: code =")
    assert (probe.state.failures, probe.state.successes) == (0, 0)


@pytest.mark.parametrize("kind", ["httpGet", "tcpSocket"])
async def test_a_request_as_a_probe(kind) -> None:
    spec: dict[str, Any] = {kind: {"port": 80}, "failureThreshold": 1, "timeoutSeconds": 7}
    probe, notes = probing(answers=("refused",), **spec)
    assert await asked(probe) is False
    assert notes.told() == [("Warning", "Unhealthy", "Readiness probe failed: refused")]
    assert await asked(probe) is True


async def test_when_a_probe_asks() -> None:
    notes = Notes(Clock("real"))
    probe, _ = probing(
        answers=(0, 0), notes=notes, initialDelaySeconds=30, periodSeconds=20, **EXEC
    )
    assert probe.look() is None
    assert notes.looks == pytest.approx([30.01])
    assert probe.state.task is None, "not before its delay is over"
    assert await asked(probe) is True
    assert any(look == pytest.approx(20.01) for look in notes.looks)


async def test_a_startup_probe_asks_until_it_has_passed() -> None:
    probe, _ = probing("startupProbe", (1, 0), **EXEC)
    assert [await asked(probe), await asked(probe)] == [None, True]
    assert await asked(probe) is True, "there is no third answer"


async def test_without_a_probe_all_is_well() -> None:
    probe, _ = probing()
    del probe.container["readinessProbe"]
    assert probe.look() is True


@pytest.mark.parametrize(
    ("handler", "passed", "said"),
    [
        ({"httpGet": {"port": 80}}, True, None),
        (EXEC, True, None),
        (
            {"httpGet": {"port": 81, "path": "x", "scheme": "HTTPS"}},
            False,
            'Get "https://10.42.0.9:81/x": dial tcp 10.42.0.9:81: connect: connection refused',
        ),
        (
            {"httpGet": {"port": 81, "host": "other"}},
            False,
            'Get "http://other:81/": dial tcp other:81: connect: connection refused',
        ),
        (
            {"tcpSocket": {"port": 81}},
            False,
            "dial tcp 10.42.0.9:81: connect: connection refused",
        ),
        ({"grpc": {"port": 81}}, False, "dial tcp 10.42.0.9:81: connect: connection refused"),
    ],
)
async def test_probes_of_simulated_programs(handler, passed, said) -> None:
    probe, notes = probing(simulated=True, failureThreshold=1, **handler)
    assert await asked(probe) is passed
    assert [message for _, _, message in notes.told()] == (
        [f"Readiness probe failed: {said}"] if said else []
    )


NONE: dict[str, Any] = {"httpGet": {"port": "none"}}


@pytest.mark.parametrize("simulated", [True, False])
async def test_a_port_that_the_container_has_not(simulated: bool) -> None:
    """Neither a success nor a failure, however often."""
    probe, notes = probing(simulated=simulated, failureThreshold=1, **NONE)
    if not simulated:
        probe = replace(probe, check=checker(NotImplemented, NODE))
    said = (
        "Readiness probe errored and resulted in unknown state: "
        'strconv.Atoi: parsing "none": invalid syntax'
    )
    for _ in range(2):
        assert await asked(probe) is None
        assert notes.told() == [("Warning", "Unhealthy", said)]
    assert (probe.state.failures, probe.state.successes) == (0, 0)
    assert notes.looks[-1] == pytest.approx(10.01), "it is asked again"


@pytest.mark.parametrize("kind", ["httpGet", "tcpSocket"])
@pytest.mark.parametrize("simulated", [True, False])
async def test_a_hook_to_a_port_that_the_container_has_not(kind: str, simulated: bool) -> None:
    made = {"name": "main", "image": "x", "lifecycle": {"postStart": {kind: {"port": "none"}}}}
    _, notes = probing()
    said = None
    for _ in range(20):
        said = hook(
            notes.timeline, made, "postStart", 0, simulated, NotImplemented,
            checker(NotImplemented, NODE),
        )  # fmt: skip
        if said is not None:
            break
        await asyncio.sleep(0)
    assert said == "couldn't find port: none"
