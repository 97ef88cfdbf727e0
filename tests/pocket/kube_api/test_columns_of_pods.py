"""What ``kubectl get pods`` shows of pods in every state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.columns import columns, pods
from owlab.pocket.kube.kinds import KINDS

POD = next(kind for kind in KINDS if kind.kind == "Pod")


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


def waiting(reason: str = "") -> Object:
    return {"state": {"waiting": {"reason": reason} if reason else {}}, "ready": False}


def ended(code: int = 0, reason: str = "") -> Object:
    state = {"exitCode": code, **({"reason": reason} if reason else {})}
    return {"state": {"terminated": state}, "ready": False}


def running(ready: bool = True, **more: Any) -> Object:
    return {"state": {"running": {}}, "ready": ready, "started": True, **more}


def pod(
    *statuses: Object, inits: tuple[Object, ...] = (), sidecars: tuple[int, ...] = (), **status: Any
) -> Object:
    always = {number: {"restartPolicy": "Always"} for number in sidecars}
    return {
        "metadata": {"name": "box", "creationTimestamp": ago(minutes=5)},
        "spec": {
            "containers": [{"name": f"c{n}"} for n in range(len(statuses) or 1)],
            "initContainers": [{"name": f"i{n}", **always.get(n, {})} for n in range(len(inits))],
        },
        "status": {
            "phase": "Running",
            "containerStatuses": [{"name": f"c{n}", **s} for n, s in enumerate(statuses)],
            "initContainerStatuses": [{"name": f"i{n}", **s} for n, s in enumerate(inits)],
            **status,
        },
    }


def shown(obj: Object, heading: str) -> str:
    [cell] = [cell for name, cell, _ in columns(POD) if name == heading]
    return str(cell(obj))


def true(*kinds: str) -> list[Object]:
    return [{"type": kind, "status": "True"} for kind in kinds]


READY = true("Ready")
GATED = [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]


@pytest.mark.parametrize(
    ("obj", "status"),
    [
        (pod(running()), "Running"),
        (pod(phase="Pending"), "Pending"),
        (pod(phase="Pending", conditions=GATED), "SchedulingGated"),
        (pod(phase="Failed", reason="Evicted"), "Evicted"),
        ({**pod(), "status": {}}, "Unknown"),
        (pod(waiting("ContainerCreating"), phase="Pending"), "ContainerCreating"),
        (pod(waiting(), phase="Pending"), "Pending"),
        (pod(waiting("CrashLoopBackOff")), "CrashLoopBackOff"),
        (pod(ended(1, "Error"), phase="Failed"), "Error"),
        (pod(ended(3), phase="Failed"), "ExitCode:3"),
        (pod(ended(0, "Completed"), phase="Succeeded"), "Completed"),
        # The first container's trouble is shown.
        (pod(waiting("ErrImagePull"), ended(1, "Error")), "ErrImagePull"),
        (pod(ended(1, "Error"), waiting("ErrImagePull")), "Error"),
        (pod(running(), waiting("ErrImagePull")), "ErrImagePull"),
        # One has ended well, another runs.
        (pod(ended(0, "Completed"), running(), conditions=READY), "Running"),
        (pod(ended(0, "Completed"), running()), "NotReady"),
        (pod(ended(0, "Completed"), running(ready=False)), "Completed"),
        (pod(waiting("PodInitializing"), inits=(running(), waiting())), "Init:0/2"),
        (pod(waiting("PodInitializing"), inits=(ended(0), waiting())), "Init:1/2"),
        (pod(waiting(), inits=(ended(0), waiting("PodInitializing"))), "Init:1/2"),
        (pod(waiting(), inits=(waiting("CrashLoopBackOff"),)), "Init:CrashLoopBackOff"),
        (pod(waiting(), inits=(ended(1, "Error"), waiting())), "Init:Error"),
        (pod(waiting(), inits=(ended(7), waiting())), "Init:ExitCode:7"),
        (pod(running(), inits=(ended(0, "Completed"),)), "Running"),
        # Sidecars are init containers that go on.
        (pod(running(), inits=(running(),), sidecars=(0,)), "Running"),
        (
            pod(waiting("PodInitializing"), inits=(running(started=False),), sidecars=(0,)),
            "Init:0/1",
        ),
        (pod(waiting("x"), inits=(running(), running()), sidecars=(0,)), "Init:1/2"),
        (
            pod(running(), inits=(waiting("CrashLoopBackOff"),), sidecars=(0,)),
            "Init:CrashLoopBackOff",
        ),
        (
            pod(
                waiting("ErrImagePull"),
                inits=(waiting("CrashLoopBackOff"),),
                sidecars=(0,),
                conditions=true("Initialized"),
            ),
            "ErrImagePull",
        ),
    ],
)
def test_the_status(obj, status):
    assert shown(obj, "Status") == pods.pod_status(obj) == status


@pytest.mark.parametrize(
    ("obj", "status"),
    [
        (pod(running()), "Terminating"),
        (pod(ended(0, "Completed"), phase="Succeeded"), "Completed"),
        (pod(ended(1, "Error"), phase="Failed"), "Error"),
        (pod(running(), reason="NodeLost"), "Unknown"),
    ],
)
def test_the_status_of_what_is_deleted(obj, status):
    obj["metadata"]["deletionTimestamp"] = ago(seconds=1)
    assert shown(obj, "Status") == status


@pytest.mark.parametrize(
    ("obj", "ready"),
    [
        (pod(), "0/1"),
        (pod(running(), running()), "2/2"),
        (pod(running(), running(ready=False)), "1/2"),
        (pod(running(), inits=(ended(0),)), "1/1"),
        (pod(running(), inits=(running(), ended(0)), sidecars=(0,)), "2/2"),
        (pod(running(), inits=(running(ready=False),), sidecars=(0,)), "1/2"),
        (pod(waiting("x"), inits=(running(started=False),), sidecars=(0,)), "0/2"),
        (pod(waiting("x"), inits=(running(),)), "0/1"),
    ],
)
def test_how_many_are_ready(obj, ready):
    assert shown(obj, "Ready") == ready


def restarted(count: int, **time: float) -> Object:
    last = {"terminated": {"finishedAt": ago(**time)}} if time else {}
    return running(restartCount=count, lastState=last)


@pytest.mark.parametrize(
    ("obj", "restarts"),
    [
        (pod(running()), "0"),
        (pod(restarted(2)), "2"),
        (pod(restarted(0, minutes=3)), "0"),
        (pod(restarted(2, hours=20.5), restarted(1, hours=99.5)), "3 (20h ago)"),
        (pod(restarted(2, hours=99.5), restarted(1, hours=20.5)), "3 (20h ago)"),
        (pod(waiting("x"), inits=(restarted(4, hours=20.5),)), "4 (20h ago)"),
        (pod(running(), inits=({**ended(0), "restartCount": 4},)), "0"),
        (pod(restarted(1), inits=(restarted(4, hours=20.5),), sidecars=(0,)), "5 (20h ago)"),
    ],
)
def test_restarts(obj, restarts):
    assert shown(obj, "Restarts") == restarts


def test_wide():
    obj = pod(running())
    headings = ("IP", "Node", "Nominated Node", "Readiness Gates")
    assert [shown(obj, heading) for heading in headings] == ["<none>"] * 4
    obj["spec"] |= {"nodeName": "w1", "readinessGates": [{"conditionType": c} for c in "ab"]}
    obj["status"] |= {"podIP": "10.42.0.9", "nominatedNodeName": "w2", "conditions": true("b")}
    assert [shown(obj, heading) for heading in headings] == ["10.42.0.9", "w1", "w2", "1/2"]
    assert [heading for heading, _, wide in columns(POD) if wide] == list(headings)
