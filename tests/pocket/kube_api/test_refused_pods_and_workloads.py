"""Values of pods and workloads: the last that is allowed, and the first that is not."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.kube.errors import Invalid
from owlab.pocket.kube.kinds import KINDS
from owlab.pocket.kube.validation import check, warnings

from ...clients.manifests import Object, changed, deployment, of, pod
from .refused import assert_case, assert_said, case, refused

POD = KINDS[0]
RANGE = "must be between 1 and 65535, inclusive"
PORTS = "spec.containers.0.ports"
PORT = "spec.containers[0].ports[0]"
MOUNTS = "spec.containers.0.volumeMounts"
MOUNT = "spec.containers[0].volumeMounts"
NEGATIVE = "Invalid value: -1: must be greater than or equal to 0"
VOLUMES = [{"name": "data", "emptyDir": {}}, {"name": "logs", "emptyDir": {}}]
DATA, LOGS = {"name": "data", "mountPath": "/d"}, {"name": "logs", "mountPath": "/l"}


def one(**port: Any) -> list[Object]:
    return [{"containerPort": 80, **port}]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case(PORTS, one(containerPort=1)),
        case(PORTS, one(containerPort=65535)),
        case(PORTS, one(containerPort=65536), f"{PORT}.containerPort: Invalid value: 65536"),
        case(PORTS, one(containerPort=-1), f"{PORT}.containerPort: Invalid value: -1: {RANGE}"),
        case(PORTS, one(containerPort=0), f"{PORT}.containerPort: Required value"),
        case(PORTS, one(hostPort=1)),
        case(PORTS, one(hostPort=0)),
        case(PORTS, one(hostPort=65535)),
        case(PORTS, one(hostPort=65536), f"{PORT}.hostPort: Invalid value: 65536: {RANGE}"),
        case(PORTS, one(hostPort=-1), f"{PORT}.hostPort: Invalid value: -1: {RANGE}"),
        case(PORTS, one(protocol="UDP")),
        case(PORTS, one(protocol="SCTP")),
        case(PORTS, one(protocol="udp"), f'{PORT}.protocol: Unsupported value: "udp"'),
        case(PORTS, one(name="a-name-of-15-ch")),
        case(PORTS, one(name="a-name-of-16-chr"), f"{PORT}.name: Invalid value: "),
        case(PORTS, one(name="Web"), f'{PORT}.name: Invalid value: "Web": must contain only'),
        case(PORTS, one(name="80"), f'{PORT}.name: Invalid value: "80": must contain at least one'),
        case(PORTS, [{"containerPort": 80}, {"containerPort": 80}]),
        case("spec.restartPolicy", "Never"),
        case("spec.restartPolicy", "OnFailure"),
        case("spec.restartPolicy", "Often", 'spec.restartPolicy: Unsupported value: "Often"'),
        case("spec.containers.0.imagePullPolicy", "IfNotPresent"),
        case("spec.containers.0.imagePullPolicy", "Never"),
        case("spec.containers.0.env", [{"name": "A", "value": "1"}]),
        case(
            "spec.containers.0.env",
            [{"name": "A"}, {"value": "1"}],
            "spec.containers[0].env[1].name: Required value",
        ),
        case(MOUNTS, [DATA, LOGS]),
        case(MOUNTS, [DATA, {**LOGS, "mountPath": "/d"}], f"{MOUNT}[1].mountPath: Invalid"),
        case(MOUNTS, [{"name": "data"}], f"{MOUNT}[0].mountPath: Required value"),
        case(MOUNTS, [{"mountPath": "/d"}], f"{MOUNT}[0].name: Required value"),
        case(
            MOUNTS, [{"name": "other", "mountPath": "/d"}], f'{MOUNT}[0].name: Not found: "other"'
        ),
        case("spec.volumes.0.name", "", "spec.volumes[0].name: Required value"),
        case("spec.volumes.0.name", "Data", 'spec.volumes[0].name: Invalid value: "Data"'),
        case("spec.containers.0.resources", {"requests": {"cpu": "1"}, "limits": {"cpu": "1000m"}}),
        case("spec.containers.0.resources", {"requests": {"cpu": "2"}, "limits": {"memory": "1"}}),
        case("spec.initContainers", [{"name": "first", "image": "busybox"}]),
        case(
            "spec.initContainers",
            [{"name": "first"}],
            "spec.initContainers[0].image: Required value",
        ),
    ],
)
def test_pods(path, value, said):
    assert_case(changed(pod(), "spec.volumes", VOLUMES), path, value, said)


def test_what_is_wanted_is_within_what_is_allowed():
    wanted = {"cpu": "1001m", "memory": "1Gi", "example.com/a": "3"}
    allowed = {"cpu": "1", "memory": "1Gi", "example.com/a": "2"}
    found = refused(pod(resources={"requests": wanted, "limits": allowed}))
    field = "spec.containers[0].resources.requests"
    assert found == [
        (field, 'Invalid value: "1001m": must be less than or equal to cpu limit of 1'),
        (field, 'Invalid value: "3": must be less than or equal to example.com/a limit of 2'),
    ]


@pytest.mark.parametrize(
    ("container", "message"),
    [
        (
            {"name": "a"},
            'Pod "box" is invalid: spec.containers[0].image: Required value',
        ),
        (
            {},
            'Pod "box" is invalid: [spec.containers[0].name: Required value, '
            "spec.containers[0].image: Required value]",
        ),
    ],
)
def test_one_cause_is_told_alone_and_more_in_brackets(container, message):
    with pytest.raises(Invalid) as error:
        check(POD, changed(pod(), "spec.containers", [container]))
    assert error.value.message == message
    assert error.value.details is not None
    assert (error.value.details["kind"], error.value.details["name"]) == ("Pod", "box")
    assert "group" not in error.value.details


def test_a_kind_of_a_group_is_told_with_it():
    kind = next(kind for kind in KINDS if kind.kind == "Deployment")
    with pytest.raises(Invalid) as error:
        check(kind, deployment(replicas=-1))
    assert error.value.message.startswith('Deployment.apps "web" is invalid: spec.replicas: ')
    assert (error.value.details or {})["group"] == "apps"


def test_more_than_one_is_wrong_with_a_pod():
    wrong = changed(pod(), PORTS, [{"containerPort": 0, "protocol": "tcp", "name": "A" * 16}])
    assert [field.rpartition(".")[2] for field, _ in refused(wrong)] == [
        *["name"] * 3,
        "containerPort",
        "protocol",
    ]


SAME = {"containerPort": 80}


@pytest.mark.parametrize(
    ("second", "warned"),
    [
        (SAME, True),
        ({**SAME, "protocol": "TCP"}, True),
        ({**SAME, "protocol": "UDP"}, False),
        ({**SAME, "hostPort": 80}, False),
        ({**SAME, "hostIP": "127.0.0.1"}, False),
        ({"containerPort": 81}, False),
    ],
)
@pytest.mark.parametrize("group", ["containers", "initContainers"])
def test_the_same_port_again(second, warned, group):
    container = {"name": "a", "image": "b", "ports": [SAME, second]}
    obj = {**pod(), "spec": {group: [{"name": "x", "image": "b"}, container]}}
    place = f"spec.{group}[1].ports"
    said = f"{place}[1]: duplicate port definition with {place}[0]"
    assert warnings(obj) == ([said] if warned else [])


def test_the_first_of_three_is_named():
    obj = pod(ports=[SAME] * 3)
    assert [said.rpartition(" ")[2] for said in warnings(obj)] == [
        "spec.containers[0].ports[0]"
    ] * 2


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("spec.replicas", 0),
        case("spec.minReadySeconds", 0),
        case("spec.minReadySeconds", -1, f"spec.minReadySeconds: {NEGATIVE}"),
        case("spec.revisionHistoryLimit", 0),
        case("spec.revisionHistoryLimit", -1, f"spec.revisionHistoryLimit: {NEGATIVE}"),
        case("spec.progressDeadlineSeconds", -1, f"spec.progressDeadlineSeconds: {NEGATIVE}"),
        case("spec.strategy", {"type": "Recreate"}),
        case("spec.strategy", {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}),
        case(
            "spec.strategy",
            {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}},
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is",
        ),
        case("spec.selector", {"matchExpressions": [{"key": "app", "operator": "Exists"}]}),
        case("spec.template.metadata.labels", {"app": "web", "a b": "c"}, "spec.template.labels: "),
        case("spec.template.spec.restartPolicy", "Always"),
        case("spec.template.spec.restartPolicy", "OnFailure", "spec.template.spec.restartPolicy: "),
    ],
)
@pytest.mark.parametrize("kind", ["Deployment"])
def test_deployments(kind, path, value, said):
    assert_case({**deployment(), "kind": kind}, path, value, said)


CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
CONTROLLER = {
    "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod()["spec"]},
    "selector": {"app": "web"},
}


@pytest.mark.parametrize("kind", ["ReplicaSet", "StatefulSet"])
@pytest.mark.parametrize("field", ["replicas", "minReadySeconds"])
def test_replicas(kind, field):
    obj = {**deployment(), "kind": kind}
    assert_case(obj, f"spec.{field}", 0, "")
    assert_case(obj, f"spec.{field}", -1, f"spec.{field}: {NEGATIVE}")


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("ReplicaSet", "deployment"),  # so says Kubernetes of both
        ("StatefulSet", "statefulset"),
        ("DaemonSet", "daemonset"),
    ],
)
def test_what_selects_nothing(kind, what):
    obj = changed({**deployment(), "kind": kind}, "spec.selector", {})
    assert_said(
        refused(obj), f"spec.selector: Invalid value: {{}}: empty selector is invalid for {what}"
    )


def test_a_stateful_set_mounts_its_claims():
    obj = {**deployment(), "kind": "StatefulSet"}
    mounted = changed(obj, "spec.template.spec.containers.0.volumeMounts", [DATA])
    assert "Not found" in refused(mounted)[0][1]
    assert refused(changed(mounted, "spec.volumeClaimTemplates", [CLAIM])) == []


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("spec.replicas", 0),
        case("spec.replicas", -1, f"spec.replicas: {NEGATIVE}"),
        case("spec.template", None, "spec.template: Required value"),
        case("spec.template.spec.containers", [], "spec.template.spec.containers: Required value"),
    ],
)
def test_replication_controllers(path, value, said):
    assert_case(of("v1", "ReplicationController", spec=CONTROLLER), path, value, said)


JOB = {"template": {"spec": {**pod()["spec"], "restartPolicy": "Never"}}}


@pytest.mark.parametrize(
    "field", ["parallelism", "completions", "backoffLimit", "ttlSecondsAfterFinished"]
)
def test_numbers_of_jobs(field):
    job = of("batch/v1", "Job", spec=JOB)
    assert_case(job, f"spec.{field}", 0, "")
    assert_case(job, f"spec.{field}", -1, f"spec.{field}: {NEGATIVE}")
    timed = of("batch/v1", "CronJob", spec={"schedule": "@daily", "jobTemplate": {"spec": JOB}})
    below = f"spec.jobTemplate.spec.{field}"
    assert_case(timed, below, -1, f"{below}: {NEGATIVE}")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("spec.template.spec.restartPolicy", "OnFailure"),
        case("spec.template.spec.restartPolicy", "Always", "spec.template.spec.restartPolicy: Req"),
        case("spec.template.spec.containers", [], "spec.template.spec.containers: Required value"),
    ],
)
def test_jobs(path, value, said):
    assert_case(of("batch/v1", "Job", spec=JOB), path, value, said)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("spec.schedule", "", "spec.schedule: Required value"),
        case("spec.schedule", "@hourly"),
        case("spec.schedule", "@fortnightly", 'spec.schedule: Invalid value: "@fortnightly": unre'),
        case("spec.schedule", "61 * * * *", 'spec.schedule: Invalid value: "61 * * * *": '),
        case("spec.schedule", "? 7 ? * MON-FRI"),
        case("spec.timeZone", "Europe/Paris"),
        case(
            "spec.timeZone", "Mars/Base", 'spec.timeZone: Invalid value: "Mars/Base": unknown time'
        ),
        case("spec.concurrencyPolicy", "Forbid"),
        case("spec.concurrencyPolicy", "Replace"),
        case("spec.concurrencyPolicy", "Wait", 'spec.concurrencyPolicy: Unsupported value: "Wait"'),
        case("metadata.name", "n" * 52),
        case("metadata.name", "n" * 53, "metadata.name: Invalid value: "),
    ],
)
def test_cron_jobs(path, value, said):
    spec = {"schedule": "0 * * * *", "jobTemplate": {"spec": JOB}}
    assert_case(of("batch/v1", "CronJob", spec=spec), path, value, said)


@pytest.mark.parametrize(
    ("fields", "fine"),
    [
        ({"minAvailable": 1}, True),
        ({"maxUnavailable": 1}, True),
        ({"minAvailable": 0, "maxUnavailable": 0}, False),
    ],
)
def test_disruption_budgets(fields, fine):
    found = refused(of("policy/v1", "PodDisruptionBudget", spec=fields))
    assert_said(found, "" if fine else "spec: Invalid value: ")
