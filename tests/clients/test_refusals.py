"""What the API refuses, in the words in which kubectl shows it."""

import json
from pathlib import Path

import pytest
import yaml

from .manifests import changed, config_map, definition, deployment, of, pod, service

FILE = yaml.safe_load(Path(__file__).with_name("refusals.yaml").read_text())
POD = pod()["spec"]
JOB = {"template": {"spec": {**POD, "restartPolicy": "Never"}}}
ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
OBJECTS = {
    obj["kind"]: obj
    for obj in (
        deployment(),
        pod(),
        service(),
        {**config_map(a="b"), "immutable": True},
        definition("crow", {}),
        {**deployment("db", serviceName="db"), "kind": "StatefulSet"},
        of("batch/v1", "Job", spec=JOB),
        of("batch/v1", "CronJob", spec={"schedule": "0 * * * *", "jobTemplate": {"spec": JOB}}),
        of(
            "v1",
            "PersistentVolumeClaim",
            spec={
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}},
            },
        ),
        of("v1", "Secret", type="Opaque"),
        of("storage.k8s.io/v1", "StorageClass", provisioner="some"),
        of("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef=ROLE),
    )
}


def with_changes(obj, changes):
    for path, value in changes.items():
        obj = changed(obj, path, value)
    return obj


def cases(part):
    return [pytest.param(c, id=f"{c['kind']}-{'+'.join(c['set'])}") for c in FILE[part]]


@pytest.mark.parametrize("case", cases("create"))
def test_what_cannot_be_created(api, case):
    obj = with_changes(OBJECTS[case["kind"]], case["set"])
    told = api.kubectl("create -f -", obj, fails=True)
    assert f'The {obj["kind"]} "{obj["metadata"]["name"]}" is invalid: ' in told
    assert case["said"] in told


@pytest.mark.parametrize("case", cases("change"))
def test_what_cannot_be_changed(api, case):
    obj = OBJECTS[case["kind"]]
    api.kubectl("create --save-config -f -", obj)
    told = api.kubectl("apply -f -", with_changes(obj, case["set"]), fails=True)
    assert case["said"] in told
    api.kubectl(f"delete {case['kind']} {obj['metadata']['name']} --now")


def test_the_image_of_a_pod_may_change(api):
    api.kubectl("apply -f -", pod("free"))
    assert "configured" in api.kubectl("apply -f -", pod("free", image="nginx:1.27"))
    api.kubectl("delete pod free --now")


def test_replacing_a_service_keeps_its_addresses(api):
    api.kubectl("create -f -", service("kept", type="NodePort"))
    before = json.loads(api.kubectl("get service kept -o json"))["spec"]
    api.kubectl("replace -f -", service("kept", type="NodePort", sessionAffinity="ClientIP"))
    after = json.loads(api.kubectl("get service kept -o json"))["spec"]
    assert (after["clusterIP"], after["ports"]) == (before["clusterIP"], before["ports"])
    assert after["sessionAffinity"] == "ClientIP"
    api.kubectl("delete service kept")


def test_the_same_port_twice_is_only_warned_of(api):
    told = api.kubectl("create -f -", pod("twice", ports=[{"containerPort": 80}] * 2))
    assert (
        "Warning: spec.containers[0].ports[1]: duplicate port definition with "
        "spec.containers[0].ports[0]"
    ) in told
    api.kubectl("delete pod twice --now")


def test_a_name_is_needed(api):
    nameless = {**config_map(), "metadata": {}}
    answer = api.send("POST", "/api/v1/namespaces/default/configmaps", nameless)
    assert answer.status == 422
    assert answer.data["details"]["causes"] == [
        {
            "reason": "FieldValueRequired",
            "message": "Required value: name or generateName is required",
            "field": "metadata.name",
        }
    ]


READY = '.status.conditions[?(@.type=="Ready")].status'
COLUMNS = [
    {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
    {
        "name": "Ready",
        "type": "string",
        "jsonPath": '.status.conditions[?(@.type=="Ready")].status',
    },
    {"name": "Note", "type": "string", "jsonPath": ".metadata.annotations.example\\.com/note"},
    {"name": "First", "type": "string", "jsonPath": ".spec.names[0]", "priority": 1},
    {"name": "Seen", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
]


def test_definitions_say_what_get_shows(api):
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"spec": free, "status": free}
    api.kubectl("apply -f -", definition("crane", schema, additionalPrinterColumns=COLUMNS))
    crane = {
        "apiVersion": "example.com/v1",
        "kind": "Crane",
        "metadata": {"name": "tall", "annotations": {"example.com/note": "grey"}},
        "spec": {"size": 7, "names": ["ann", "bob"]},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
    api.kubectl("apply -f -", [crane, {**crane, "metadata": {"name": "none"}, "spec": {}}])
    head, *rows = (line.split() for line in api.kubectl("get cranes").splitlines())
    assert head == ["NAME", "SIZE", "READY", "NOTE", "SEEN"]
    assert [row[:4] for row in rows][1] == ["tall", "7", "True", "grey"]
    assert rows[0][:2] == ["none", "True"]
    wide = api.kubectl("get crane tall -o wide").splitlines()
    assert "FIRST" in wide[0] and "ann" in wide[1]
    api.kubectl("delete crd cranes.example.com")
