"""How one sees that an incident is mended: from what the machines answer, without machines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from owlab import Lab
from owlab.command import Command
from owlab.incidents import INCIDENTS
from owlab.incidents.incident import answers, runs
from owlab.step import Check

from .conftest import Told, thing, true

SPACE = "-n openwhisk"


def symptom(lab: Lab, name: str) -> Check:
    return INCIDENTS[name].symptom(lab)


def cause(lab: Lab, name: str) -> bool:
    return INCIDENTS[name].cause(lab).done


def why(check: Check) -> str:
    return check.evidence[0].seen


def node(name: str, ready: bool = True, **more: Any) -> dict[str, Any]:
    return thing(name, status={"conditions": true("Ready") if ready else []}, **more)


def pod(name: str, reason: str = "", phase: str = "Running") -> dict[str, Any]:
    waiting = {"waiting": {"reason": reason}} if reason else {"running": {}}
    status = {"phase": phase, "containerStatuses": [{"name": "c", "state": waiting}]}
    return thing(name, "openwhisk", status=status)


# -- nodes ---------------------------------------------------------------------------------


def test_every_node_is_ready(lab: Lab, told: Told) -> None:
    assert not symptom(lab, "one-less").done
    told.has("nodes", node("master"), node("worker1"), node("worker2", ready=False))
    found = symptom(lab, "one-less")
    assert not found.done and why(found) == "not ready: worker2"
    told.has("nodes", node("master"), node("worker1"), node("worker2"))
    assert symptom(lab, "one-less").done and why(symptom(lab, "one-less")) == "3 nodes"
    assert not cause(lab, "one-less")
    told.says("is-active --quiet k3s-agent && systemctl is-enabled --quiet k3s-agent")
    assert cause(lab, "one-less")
    assert told.asked[-1].on == lab.workers[-1]


@pytest.mark.parametrize(
    ("labels", "mended"),
    [
        ({"openwhisk-role": "invoker"}, True),
        ({"openwhisk-role": "core"}, False),
        ({}, False),
    ],
)
def test_workers_are_labelled(lab: Lab, told: Told, labels: dict[str, str], mended: bool) -> None:
    fine = {"openwhisk-role": "invoker"}
    told.has("nodes", node("worker1", labels=fine), node("worker2", labels=labels))
    assert cause(lab, "nobody-runs") is mended


def test_a_call_is_not_enough(lab: Lab, told: Told) -> None:
    """A warm function answers a moment longer than its invoker lives."""
    told.says("action invoke hellocli --result", '{"greeting": "Hello"}')
    told.has(f"pods {SPACE}", pod("owdev-invoker-0", "ContainerCreating"))
    assert why(symptom(lab, "nobody-runs")) == "not all of OpenWhisk runs"
    told.has(f"pods {SPACE}", pod("owdev-invoker-0"), pod("owdev-kafka-0", "Error"))
    assert symptom(lab, "nobody-runs").done
    told.says("action invoke hellocli --result", '{"greeting": "Good bye"}')
    assert not symptom(lab, "nobody-runs").done


@pytest.mark.parametrize(
    ("spec", "mended"),
    [({}, True), ({"unschedulable": False}, True), ({"unschedulable": True}, False)],
)
def test_nodes_are_open(lab: Lab, told: Told, spec: dict[str, Any], mended: bool) -> None:
    told.has("nodes", node("master"), node("worker1"), node("worker2", spec=spec))
    assert cause(lab, "after-maintenance") is mended
    found = symptom(lab, "after-maintenance")
    assert found.done is mended
    assert why(found) == ("all workers" if mended else "not yet on 1 of 2 workers")


def test_a_worker_that_is_gone_takes_no_pods(lab: Lab, told: Told) -> None:
    told.has("nodes", node("master"), node("worker1"))
    assert not symptom(lab, "after-maintenance").done


@pytest.mark.parametrize("name", ["back-from-repair", "same-name"])
@pytest.mark.parametrize(
    ("nodes", "done", "said"),
    [
        ([node("worker1")], False, "it is no node"),
        ([node("worker2", ready=False), node("worker1")], False, "NotReady"),
        ([node("worker2")], True, "Ready"),
    ],
)
def test_a_worker_comes_back(
    lab: Lab, told: Told, name: str, nodes: list[dict[str, Any]], done: bool, said: str
) -> None:
    told.has("nodes", *nodes)
    found = symptom(lab, name)
    assert (found.done, why(found)) == (done, said)


# -- OpenWhisk -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pods", "done", "said"),
    [
        ([], False, "owdev-kafka-0: there is none"),
        ([pod("owdev-zookeeper-0")], False, "owdev-kafka-0: there is none"),
        ([pod("owdev-kafka-0", "ImagePullBackOff", "Pending")], False,
         "owdev-kafka-0: ImagePullBackOff"),
        ([pod("owdev-zookeeper-0", "Error"), pod("owdev-kafka-0")], True,
         "owdev-kafka-0: Running"),
    ],
)  # fmt: skip
def test_kafka_runs(
    lab: Lab, told: Told, pods: list[dict[str, Any]], done: bool, said: str
) -> None:
    told.has(f"pods {SPACE}", *pods)
    found = symptom(lab, "after-the-weekend")
    assert (found.done, why(found)) == (done, said)


@pytest.mark.parametrize(
    ("image", "mended"),
    [
        (None, False),
        ("wurstmeister/kafka:0.10-withdrawn", False),
        ("wurstmeister/kafka:2.12-2.3.1", True),
    ],
)
def test_an_image_that_can_be_pulled(lab: Lab, told: Told, image: str | None, mended: bool) -> None:
    spec = {"template": {"spec": {"containers": [{"image": image}]}}}
    found = thing("owdev-kafka", spec=spec) if image else None
    told.has_one(f"statefulset owdev-kafka {SPACE}", found)
    assert cause(lab, "after-the-weekend") is mended


@pytest.mark.parametrize(
    ("out", "done", "said"),
    [
        ("", False, "its status: unknown"),
        ("[]", False, "its status: unknown"),
        ('[{"name": "other", "status": "deployed"}]', False, "its status: unknown"),
        ('[{"name": "owdev", "status": "pending-upgrade"}]', False,
         "its status: pending-upgrade"),
        ('[{"name": "owdev", "status": "deployed"}, {"name": "x", "status": "failed"}]', True,
         "its status: deployed"),
    ],
)  # fmt: skip
def test_a_release_can_be_upgraded(lab: Lab, told: Told, out: str, done: bool, said: str) -> None:
    told.says("helm .*list -n openwhisk", out)
    found = symptom(lab, "half-an-upgrade")
    assert (found.done, why(found)) == (done, said)


def values(impl: Any) -> str:
    return json.dumps({"invoker": {"containerFactory": {"impl": impl}}})


@pytest.mark.parametrize(
    ("out", "mended"),
    [
        ("", False),
        ("null", False),
        ("{}", False),
        ('{"invoker": 5}', False),
        (values("docker"), False),
        (values("kubernetes"), True),
    ],
)
def test_kubernetes_starts_containers(lab: Lab, told: Told, out: str, mended: bool) -> None:
    told.says("helm .*get values owdev", out)
    assert cause(lab, "recipe-from-a-blog") is mended


# -- functions -----------------------------------------------------------------------------


def has_action(told: Told, name: str, document: dict[str, Any] | None) -> None:
    told.says(f"namespaces/_/actions/{name}", "{}" if document is None else json.dumps(document))


@pytest.mark.parametrize(
    ("incident", "action", "limits", "mended"),
    [
        ("too-slow", "report", None, False),
        ("too-slow", "report", {"timeout": 1000}, False),
        ("too-slow", "report", {"timeout": 2000}, False),
        ("too-slow", "report", {"timeout": 2001}, True),
        ("ten-times-as-many", "catalogue", None, False),
        ("ten-times-as-many", "catalogue", {"memory": 128}, False),
        ("ten-times-as-many", "catalogue", {"memory": 129}, True),
    ],
)
def test_limits_are_large_enough(
    lab: Lab, told: Told, incident: str, action: str, limits: dict[str, int] | None, mended: bool
) -> None:
    has_action(told, action, {"limits": limits} if limits else None)
    assert cause(lab, incident) is mended


@pytest.mark.parametrize(
    ("notes", "mended"),
    [
        ([], False),
        ([{"key": "web-export", "value": False}], False),
        ([{"key": "web-export", "value": "true"}], False),
        ([{"key": "x", "value": 1}, {"key": "web-export", "value": True}], True),
    ],
)
def test_a_page_is_exported(
    lab: Lab, told: Told, notes: list[dict[str, Any]], mended: bool
) -> None:
    has_action(told, "helloweb", {"annotations": notes})
    assert cause(lab, "page-not-found") is mended


@pytest.mark.parametrize(
    ("name", "command", "fine", "other"),
    [
        ("too-slow", "action invoke report", '{"pages": 12}', '{"pages": 1}'),
        ("ten-times-as-many", "action invoke catalogue", '{"products": 200000}',
         '{"products": 20000}'),
        ("page-not-found", "curl .*web/guest/default/helloweb", "200", "404"),
        ("who-are-you", "wsk .*action list", "actions\n", None),
        ("nobody-home", "wsk .*action list", "actions\n", None),
        ("works-on-the-master", "kubectl --kubeconfig ~/.kube/config get nodes",
         "master   Ready", "No resources found"),
    ],
)  # fmt: skip
def test_people_are_answered(
    lab: Lab, told: Told, name: str, command: str, fine: str, other: str | None
) -> None:
    told.says(command, fine)
    assert symptom(lab, name).done
    places = {"page-not-found": "host", "works-on-the-master": "worker1"}
    assert told.asked[-1].on == places.get(name, "master")
    told.says(command, fine, err="error: it failed\n", status=1)
    assert not symptom(lab, name).done
    if other is not None:
        told.says(command, other)
        assert not symptom(lab, name).done


@pytest.mark.parametrize(
    ("out", "mended"),
    [
        ("", False),
        ("    server: https://127.0.0.1:6443\n", False),
        ("    server: https://localhost:6443\n", False),
        ("    server: https://10.0.0.9:6443\n", True),
    ],
)
def test_a_kubeconfig_names_the_master(lab: Lab, told: Told, out: str, mended: bool) -> None:
    told.says("grep 'server:' ~/.kube/config", out)
    assert cause(lab, "works-on-the-master") is mended
    assert told.asked[-1].on == lab.workers[0]


def test_a_copied_kubeconfig_keeps_all_but_its_server(lab: Lab, told: Told) -> None:
    told.says("cat /etc/rancher", "a: 1\n    server: https://10.0.0.9:6443\nb: 2\n")
    (command,) = INCIDENTS["works-on-the-master"].breaks(lab)
    assert "a: 1\n    server: https://127.0.0.1:6443\nb: 2\n" in command.text
    assert command.on == lab.workers[0]


# -- storage -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["restart-that-hangs", "silent-storage"])
@pytest.mark.parametrize(
    ("pods", "done", "said"),
    [
        ([], False, "no pod"),
        ([pod("owdev-couchdb-1", "ContainerCreating", "Pending")], False, "ContainerCreating"),
        # The old one, and one that comes in its place.
        ([pod("owdev-couchdb-1"), pod("owdev-couchdb-2")], False, "Running, Running"),
        ([pod("owdev-kafka-0", "Error"), pod("owdev-couchdb-1")], True, "Running"),
    ],
)
def test_the_database_runs(
    lab: Lab, told: Told, name: str, pods: list[dict[str, Any]], done: bool, said: str
) -> None:
    told.has(f"pods {SPACE}", *pods)
    found = symptom(lab, name)
    assert (found.done, why(found)) == (done, said)


@pytest.mark.parametrize(
    ("exports", "mended"),
    [
        ("", False),
        ("{path} 10.0.0.0/24(rw,sync,no_root_squash)\n", True),
        ("{path} 10.0.0.0/24(rw,root_squash)\n", False),
        ("{path}\n\t10.0.0.0/24(rw,no_root_squash,all_squash)\n", False),
        ("{path} a(rw,no_root_squash)\n{path} b(rw,root_squash)\n", False),
        ("/other 10.0.0.0/24(rw,no_root_squash)\n", False),
        ("{path}2 b(rw,root_squash)\n{path} a(rw,no_root_squash)\n", True),
    ],
)
def test_root_may_write(lab: Lab, told: Told, exports: str, mended: bool) -> None:
    told.says("exportfs -v", exports.format(path=lab.config.nfs.path))
    assert cause(lab, "after-the-audit") is mended
    assert told.asked[-1].on == lab.storage


@pytest.mark.parametrize("app", ["logbook", "ledger", "reports", "thumbnails"])
@pytest.mark.parametrize(
    ("status", "done", "said"),
    [
        (None, False, "0 pods ready"),
        ({}, False, "0 pods ready"),
        ({"readyReplicas": 1}, True, "1 pods ready"),
        ({"readyReplicas": 2}, True, "2 pods ready"),
    ],
)
def test_applications_run(
    lab: Lab, told: Told, app: str, status: dict[str, int] | None, done: bool, said: str
) -> None:
    found = thing(app, status=status) if status is not None else None
    told.has_one(f"deployment {app} -n incident", found)
    names = {"logbook": "after-the-audit", "ledger": "reinstalled-worker",
             "reports": "reports-wait", "thumbnails": "no-room"}  # fmt: skip
    check = symptom(lab, names[app])
    assert (check.done, why(check)) == (done, said) == (runs(lab, app).done, said)


@pytest.mark.parametrize(
    ("memory", "mended"), [(None, False), ("64Gi", False), ("64Mi", True), ("", True)]
)
def test_an_application_asks_for_less(
    lab: Lab, told: Told, memory: str | None, mended: bool
) -> None:
    resources = {"requests": {"memory": memory}} if memory else {}
    spec = {"template": {"spec": {"containers": [{"resources": resources}]}}}
    found = thing("thumbnails", spec=spec) if memory is not None else None
    told.has_one("deployment thumbnails -n incident", found)
    assert cause(lab, "no-room") is mended


@pytest.mark.parametrize(
    ("kind", "phase", "mended"),
    [
        (None, "", False),
        ("nfs-clinet", "Pending", False),
        ("nfs-clinet", "Bound", False),
        ("nfs-client", "Pending", False),
        ("nfs-client", "Bound", True),
    ],
)
def test_a_claim_is_bound(lab: Lab, told: Told, kind: str | None, phase: str, mended: bool) -> None:
    claim = thing("reports", spec={"storageClassName": kind}, status={"phase": phase})
    told.has_one("pvc reports -n incident", claim if kind else None)
    assert lab.config.provisioner.storage_class == "nfs-client"
    assert cause(lab, "reports-wait") is mended


def test_a_claim_goes(lab: Lab, told: Told) -> None:
    assert (symptom(lab, "will-not-go").done, why(symptom(lab, "will-not-go"))) == (True, "gone")
    told.has_one("pvc archive -n incident", thing("archive"))
    assert (symptom(lab, "will-not-go").done, why(symptom(lab, "will-not-go"))) == (False, "there")
    told.has_one("pvc archive -n incident", thing("archive", deletionTimestamp="2024-01-01"))
    assert why(symptom(lab, "will-not-go")) == "Terminating"


@pytest.mark.parametrize(
    ("spec", "mended"),
    [(None, True), ({}, False), ({"replicas": 1}, False), ({"replicas": 0}, True)],
)
def test_what_uses_a_claim_lets_go(
    lab: Lab, told: Told, spec: dict[str, int] | None, mended: bool
) -> None:
    found = thing("archive", spec=spec) if spec is not None else None
    told.has_one("deployment archive -n incident", found)
    assert cause(lab, "will-not-go") is mended


# -- what is said --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("out", "err", "status", "wanted", "done", "said"),
    [
        ("a\nb\n", "", 0, "a", True, "b"),
        ("a\n", "", 0, "c", False, "a"),
        ("", "", 0, "", True, "exit status 0"),
        ("", "error: gone\nRun 'wsk --help' for usage.\n", 1, "", False, "error: gone"),
        ("", "", 7, "", False, "exit status 7"),
        # What is wanted stands in the output, and not in the errors.
        ("", "Hello\n", 0, "Hello", False, "Hello"),
    ],
)
def test_answers(
    lab: Lab, told: Told, out: str, err: str, status: int, wanted: str, done: bool, said: str
) -> None:
    told.says("^ask$", out, err=err, status=status)
    check = answers(lab, "it answers", Command("ask"), wanted)
    assert (check.done, check.evidence[0].what, why(check)) == (done, "it answers", said)


@pytest.mark.parametrize("name", INCIDENTS)
def test_faults_and_repairs_are_typed_on_the_labs_machines(lab: Lab, told: Told, name: str) -> None:
    machines = {machine.name for machine in lab.config.machines}
    for commands in (INCIDENTS[name].breaks, INCIDENTS[name].mends):
        given = list(commands(lab))
        assert given and all(command.on in machines for command in given)
