"""A pod's phase and conditions, by those of its containers; which container is meant."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import BadRequest
from owlab.pocket.kube.kubelet.probes import listens_on
from owlab.pocket.kube.kubelet.statuses import container_statuses, summarize, terminated
from owlab.pocket.kube.streams.logs import container_of, require_started


def waiting(**more: Any) -> Object:
    state = {"waiting": {"reason": "ContainerCreating"}}
    same = {"state": state, "ready": False, "started": False, "restartCount": 0}
    return {**same, **more}


def running(ready: bool = True, started: bool = True, **more: Any) -> Object:
    return waiting(state={"running": {}}, ready=ready, started=started, **more)


def ended(code: int = 0, **more: Any) -> Object:
    return waiting(state={"terminated": {"exitCode": code}}, **more)


SIDECAR = {"restartPolicy": "Always"}


def pod(
    *mains: Object,
    inits: tuple[tuple[Object, Object], ...] = (),
    policy: str = "Always",
    gates: tuple[str, ...] = (),
    **status: Any,
) -> Object:
    return {
        "metadata": {"name": "box", "namespace": "default"},
        "spec": {
            "restartPolicy": policy,
            "containers": [{"name": f"c{n}"} for n in range(len(mains))],
            "initContainers": [{"name": f"i{n}", **c} for n, (c, _) in enumerate(inits)],
            "readinessGates": [{"conditionType": gate} for gate in gates],
        },
        "status": {
            "podIP": "10.42.0.9",
            "containerStatuses": [{"name": f"c{n}", **s} for n, s in enumerate(mains)],
            "initContainerStatuses": [{"name": f"i{n}", **s} for n, (_, s) in enumerate(inits)],
            **status,
        },
    }


def summed(made: Object) -> tuple[str, dict[str, tuple[str, str, str]]]:
    summarize(made, Clock())
    conditions = made["status"]["conditions"]
    return made["status"]["phase"], {
        c["type"]: (c["status"], c.get("reason", ""), c.get("message", "")) for c in conditions
    }


@pytest.mark.parametrize(
    ("made", "phase"),
    [
        (pod(waiting()), "Pending"),
        (pod(running(ready=False)), "Running"),
        (pod(running(), waiting()), "Running"),
        (pod(waiting(restartCount=1)), "Running"),
        (pod(ended(), waiting()), "Running"),
        (pod(ended()), "Running"),  # it is started again
        (pod(ended(), policy="OnFailure"), "Succeeded"),
        (pod(ended(1), policy="OnFailure"), "Running"),
        (pod(ended(), ended(1), policy="OnFailure"), "Running"),
        (pod(ended(), policy="Never"), "Succeeded"),
        (pod(ended(1), policy="Never"), "Failed"),
        (pod(ended(), ended(1), policy="Never"), "Failed"),
        (pod(ended(), running(), policy="Never"), "Running"),
        (pod(waiting(), inits=(({}, ended(1)),)), "Pending"),
        (pod(waiting(), inits=(({}, ended(1)),), policy="Never"), "Failed"),
        (pod(waiting(), inits=(({}, ended(0)),), policy="Never"), "Pending"),
        (pod(waiting(), inits=((SIDECAR, ended(1)),), policy="Never"), "Pending"),
        (pod(ended(), inits=((SIDECAR, running()),), policy="Never"), "Running"),
        (pod(ended(), inits=((SIDECAR, ended(137)),), policy="Never"), "Succeeded"),
    ],
)
def test_phases(made, phase):
    assert summed(made)[0] == phase


UNREADY = "containers with unready status: [{}]"
INCOMPLETE = "containers with incomplete status: [{}]"


@pytest.mark.parametrize(
    ("made", "ready"),
    [
        (pod(running()), ("True", "", "")),
        (pod(), ("False", "ContainersNotReady", UNREADY.format(""))),
        (pod(running(), waiting()), ("False", "ContainersNotReady", UNREADY.format("c1"))),
        (pod(ended(), policy="Never"), ("False", "PodCompleted", "")),
        (pod(ended(1), policy="Never"), ("False", "ContainersNotReady", UNREADY.format("c0"))),
        (
            pod(
                running(ready=False), inits=((SIDECAR, running(ready=False)), (SIDECAR, running()))
            ),
            ("False", "ContainersNotReady", UNREADY.format("i0 c0")),
        ),
        (pod(running(), inits=((SIDECAR, running()), ({}, ended()))), ("True", "", "")),
    ],
)
def test_whether_it_is_ready(made, ready):
    conditions = summed(made)[1]
    assert conditions["Ready"] == conditions["ContainersReady"] == ready
    assert conditions["PodScheduled"][0] == "True"


@pytest.mark.parametrize(
    ("made", "initialized"),
    [
        (pod(waiting()), ("True", "", "")),
        (pod(waiting(), inits=(({}, ended()), ({}, ended()))), ("True", "", "")),
        (
            pod(waiting(), inits=(({}, ended()), ({}, running(started=False)), ({}, waiting()))),
            ("False", "ContainersNotInitialized", INCOMPLETE.format("i1 i2")),
        ),
        (
            pod(waiting(), inits=(({}, ended(1)),)),
            ("False", "ContainersNotInitialized", INCOMPLETE.format("i0")),
        ),
        (pod(waiting(), inits=((SIDECAR, running()),)), ("True", "", "")),
        (pod(waiting(), inits=((SIDECAR, ended(1)),)), ("True", "", "")),
        (
            pod(waiting(), inits=((SIDECAR, waiting()),)),
            ("False", "ContainersNotInitialized", INCOMPLETE.format("i0")),
        ),
    ],
)
def test_whether_it_is_initialized(made, initialized):
    assert summed(made)[1]["Initialized"] == initialized


def test_gates_of_readiness():
    made = pod(running(), gates=("a", "b"), conditions=[{"type": "a", "status": "True"}])
    conditions = summed(made)[1]
    assert conditions["ContainersReady"][0] == "True"
    said = 'the status of pod readiness gate "b" is not "True", but False'
    assert conditions["Ready"] == ("False", "ReadinessGatesNotReady", said)
    both = [{"type": "b", "status": "True"}, {"type": "a", "status": "True"}]
    made["status"]["conditions"] = both
    assert summed(made)[1]["Ready"] == ("True", "", "")
    assert [c["type"] for c in made["status"]["conditions"]] == [
        "b",
        "a",
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
    ]


@pytest.mark.parametrize(
    ("made", "sandbox"),
    [
        (pod(waiting()), "True"),
        (pod(waiting(), podIP=""), "False"),
        (pod(ended(), policy="Never"), "False"),
    ],
)
def test_whether_it_has_a_place(made, sandbox):
    assert summed(made)[1]["PodReadyToStartContainers"][0] == sandbox


def test_statuses_are_made_and_kept():
    made: Object = {
        "spec": {"containers": [{"name": "a", "image": "nginx"}, {"name": "b"}]},
        "status": {"containerStatuses": [{"name": "b", "restartCount": 7}]},
    }
    first, second = container_statuses(made, "containers", "PodInitializing")
    assert (first["name"], first["image"], first["restartCount"]) == ("a", "nginx", 0)
    assert (first["ready"], first["started"], first["lastState"]) == (False, False, {})
    assert first["state"] == {"waiting": {"reason": "PodInitializing"}}
    assert second == {"name": "b", "restartCount": 7}
    assert made["status"]["containerStatuses"] == [first, second]
    assert container_statuses(made, "initContainers", "x") == []
    assert "initContainerStatuses" not in made["status"]


def test_how_an_end_is_written():
    status = running(containerID="containerd://1")
    status["state"]["running"] = {"startedAt": "before"}
    terminated(status, 3, "Error", "now", "no disk")
    assert status["state"] == {
        "terminated": {
            "exitCode": 3,
            "reason": "Error",
            "message": "no disk",
            "startedAt": "before",
            "finishedAt": "now",
            "containerID": "containerd://1",
        }
    }
    assert (status["ready"], status["started"]) == (False, False)
    status = waiting()
    terminated(status, 0, "Completed", "now")
    assert status["state"]["terminated"] == {
        "exitCode": 0,
        "reason": "Completed",
        "startedAt": "now",
        "finishedAt": "now",
    }


@pytest.mark.parametrize(
    ("container", "port", "listens"),
    [
        ({"image": "nginx"}, 80, True),
        ({"image": "nginx"}, 81, False),
        ({"image": "nginx", "ports": [{"containerPort": 81}]}, 81, False),
        ({"image": "of/nobody", "ports": [{"containerPort": 81}]}, 81, True),
        ({"image": "of/nobody", "ports": [{"containerPort": 81}]}, 80, False),
        ({"image": "of/nobody"}, 12345, True),
    ],
)
def test_what_a_simulated_program_answers_on(container, port, listens):
    assert listens_on(container, port) == listens


BOX = {
    "metadata": {"name": "box"},
    "spec": {
        "containers": [{"name": "a"}, {"name": "b"}],
        "initContainers": [{"name": "first"}],
        "ephemeralContainers": [{"name": "debug"}],
    },
    "status": {
        "initContainerStatuses": [{"name": "first", **ended()}],
        "containerStatuses": [
            {"name": "a", **waiting()},
            {"name": "b", **running()},
            {"name": "c", **waiting(restartCount=2)},
        ],
        "ephemeralContainerStatuses": [{"name": "debug", **running()}],
    },
}


@pytest.mark.parametrize("name", ["a", "b", "first", "debug"])
def test_a_container_that_is_named(name):
    assert container_of(BOX, name) == name


def test_a_container_that_is_not_named():
    one = {"metadata": {"name": "box"}, "spec": {"containers": [{"name": "only"}]}}
    assert container_of(one, "") == "only"
    with pytest.raises(BadRequest) as error:
        container_of(BOX, "")
    assert error.value.message == (
        "a container name must be specified for pod box, choose one of: [first a b debug]"
    )
    with pytest.raises(BadRequest, match="container other is not valid for pod box"):
        container_of(BOX, "other")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a", "ContainerCreating"),
        ("b", ""),
        ("c", ""),
        ("first", ""),
        ("debug", ""),
    ],
)
def test_a_container_that_has_not_started(name, why):
    if not why:
        require_started(BOX, name)
        return
    with pytest.raises(BadRequest) as error:
        require_started(BOX, name)
    assert error.value.message == f'container "{name}" in pod "box" is waiting to start: {why}'
