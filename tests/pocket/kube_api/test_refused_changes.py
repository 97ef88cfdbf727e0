"""What may be changed of an object that is there, and what may not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ...clients.manifests import Object, changed, config_map, deployment, of, pod, service
from .refused import assert_said, refused

IMMUTABLE = "field is immutable"
JOB_SPEC = {"template": {"spec": {**pod()["spec"], "restartPolicy": "Never"}}, "completions": 2}
CLAIM_SPEC = {
    "accessModes": ["ReadWriteOnce"],
    "resources": {"requests": {"storage": "2Gi"}},
    "storageClassName": "local-path",
}
VOLUME_SPEC = {
    "accessModes": ["ReadWriteOnce"],
    "capacity": {"storage": "1Gi"},
    "nfs": {"server": "127.9.0.1", "path": "/srv"},
}
CLAIM = of("v1", "PersistentVolumeClaim", spec=CLAIM_SPEC, status={"phase": "Bound"})
PENDING = {**CLAIM, "status": {"phase": "Pending"}}
ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
RIGHTS, STORAGE = "rbac.authorization.k8s.io/v1", "storage.k8s.io/v1"
OBJECTS: dict[str, Object] = {
    "job": of("batch/v1", "Job", spec=JOB_SPEC),
    "deployment": deployment(),
    "replica set": {**deployment(), "kind": "ReplicaSet"},
    "daemon set": {**deployment(), "kind": "DaemonSet"},
    "stateful set": {**deployment("web", serviceName="web"), "kind": "StatefulSet"},
    "pod": changed(pod(), "spec.initContainers", [{"name": "first", "image": "busybox"}]),
    "short pod": changed(
        changed(pod(), "spec.activeDeadlineSeconds", 10),
        "spec.tolerations",
        [{"key": "b", "tolerationSeconds": 3}],
    ),
    "claim": CLAIM,
    "bound claim": changed(CLAIM, "spec.volumeName", "pv"),
    "pending claim": PENDING,
    "volume": of("v1", "PersistentVolume", spec=VOLUME_SPEC),
    "class": of(STORAGE, "StorageClass", provisioner="some", volumeBindingMode="Immediate"),
    "priority": of("scheduling.k8s.io/v1", "PriorityClass", value=5, preemptionPolicy="Never"),
    "secret": of("v1", "Secret", type="Opaque", data={"a": "MQ=="}),
    "sealed secret": of("v1", "Secret", type="Opaque", data={"a": "MQ=="}, immutable=True),
    "map": config_map(a="1"),
    "sealed map": {**config_map(a="1"), "immutable": True},
    "runtime": of("node.k8s.io/v1", "RuntimeClass", handler="runc"),
    "addresses": of("networking.k8s.io/v1", "ServiceCIDR", spec={"cidrs": ["10.43.0.0/16"]}),
    "binding": of(RIGHTS, "RoleBinding", roleRef=ROLE, subjects=[]),
    "wide binding": of(RIGHTS, "ClusterRoleBinding", roleRef=ROLE),
    "service": service(clusterIP="10.43.0.9"),
    "new service": service(),
}
SEALED = "Forbidden: field is immutable when `immutable` is set"
OF_A_CLAIM = "spec: Forbidden: spec is immutable after creation except resources.requests"
SMALLER = "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"
SIZE = "spec.resources.requests.storage"
OF_A_SET = "spec: Forbidden: updates to statefulset spec for fields other than"
DEADLINE = "spec.activeDeadlineSeconds"
TOLERATION = "Forbidden: existing toleration can not be modified except its tolerationSeconds"
OF_A_POD = "spec: Forbidden: pod updates may not change fields other than"
GIVEN = {"spec.template.metadata.labels": {"app": "b"}, "spec.selector.matchLabels": {"app": "b"}}


def sets(what: str, path: str | dict[str, Any], value: Any = None, said: str = "") -> Any:
    """What is changed, and what is said of it."""
    changes = path if isinstance(path, dict) else {path: value}
    return pytest.param(what, changes, said, id=f"{what}: {changes}"[:70])


@pytest.mark.parametrize(
    ("what", "changes", "said"),
    [
        sets("job", "spec.completions", 3, f"spec.completions: Invalid value: 3: {IMMUTABLE}"),
        sets("job", "spec.parallelism", 3),
        sets("job", "spec.suspend", True),
        sets("job", "spec.template.spec.containers.0.image", "a", "spec.template: Invalid value: "),
        *(
            sets(what, GIVEN, said="spec.selector: Invalid value: ")
            for what in ("deployment", "replica set", "daemon set")
        ),
        sets("deployment", "spec.replicas", 9),
        sets("stateful set", "spec.replicas", 9),
        sets("stateful set", "spec.template.spec.containers.0.image", "a"),
        sets("stateful set", "spec.updateStrategy", {"type": "OnDelete"}),
        sets("stateful set", "spec.minReadySeconds", 3),
        sets("stateful set", "spec.serviceName", "other", OF_A_SET),
        sets("stateful set", GIVEN, said=OF_A_SET),
        sets("stateful set", "spec.podManagementPolicy", "Parallel", OF_A_SET),
        sets("stateful set", "spec.volumeClaimTemplates", [CLAIM], OF_A_SET),
        sets("pod", "spec.containers.0.image", "nginx:1.27"),
        sets("pod", "spec.initContainers.0.image", "busybox:1.37"),
        sets("pod", "spec.activeDeadlineSeconds", 3),
        sets("pod", "spec.tolerations", [{"operator": "Exists"}]),
        sets("pod", "spec.terminationGracePeriodSeconds", 1, OF_A_POD),
        sets("short pod", "spec.activeDeadlineSeconds", 9),
        sets("short pod", "spec.activeDeadlineSeconds", 11, f"{DEADLINE}: Invalid value: 11: must"),
        sets(
            "short pod", "spec.activeDeadlineSeconds", None, f"{DEADLINE}: Invalid value: null: m"
        ),
        sets("short pod", "spec.tolerations", [{"key": "a"}, {"key": "b", "tolerationSeconds": 9}]),
        sets("short pod", "spec.tolerations", [{"key": "a"}], f"spec.tolerations: {TOLERATION}"),
        sets(
            "short pod",
            "spec.tolerations",
            [{"key": "b", "effect": "NoExecute"}],
            f"spec.tolerations: {TOLERATION}",
        ),
        sets("pod", "metadata.labels", {"a": "b"}),
        sets("pod", "spec.nodeName", "other", OF_A_POD),
        sets("pod", "spec.initContainers.0.command", ["a"], OF_A_POD),
        sets("pod", "spec.containers.0.env", [{"name": "a", "value": "b"}], OF_A_POD),
        sets("claim", SIZE, "3Gi"),
        sets("claim", SIZE, "1Gi", SMALLER),
        sets("pending claim", SIZE, "1Gi", OF_A_CLAIM),
        sets("pending claim", SIZE, "2048Mi"),
        sets("pending claim", "spec.volumeName", "pv"),
        sets("claim", "spec.volumeName", "pv"),
        sets("claim", "spec.volumeMode", "Block", OF_A_CLAIM),
        sets("claim", "spec.storageClassName", "other", OF_A_CLAIM),
        sets("claim", "spec.selector", {"matchLabels": {"a": "b"}}, OF_A_CLAIM),
        sets("bound claim", "spec.volumeName", "other", OF_A_CLAIM),
        sets("volume", "spec.capacity.storage", "2Gi"),
        sets("volume", "spec.persistentVolumeReclaimPolicy", "Delete"),
        sets("volume", "spec.nfs.path", "/", "spec.persistentvolumesource: Forbidden: spec.persis"),
        sets("volume", "spec.hostPath", {"path": "/"}, "spec.persistentvolumesource: Forbidden: "),
        sets("class", "provisioner", "other", "provisioner: Forbidden: updates to provisioner ar"),
        sets("class", "parameters", {"a": "b"}, "parameters: Forbidden: updates to parameters ar"),
        sets("class", "parameters", {}),
        sets("class", "reclaimPolicy", "Retain", "reclaimPolicy: Forbidden: updates to reclaimPo"),
        sets("class", "volumeBindingMode", "WaitForFirstConsumer", "volumeBindingMode: Invalid va"),
        sets("class", "allowVolumeExpansion", True),
        sets("priority", "value", 6, "value: Forbidden: may not be changed in an update."),
        sets("priority", "description", "of those that wait"),
        sets("priority", "preemptionPolicy", "PreemptLowerPriority", "preemptionPolicy: Invalid v"),
        sets("secret", "type", "other", f'type: Invalid value: "other": {IMMUTABLE}'),
        sets("secret", "data", {}),
        sets("sealed secret", "data", {}, f"data: {SEALED}"),
        sets("map", "data", {}),
        sets("map", "immutable", True),
        sets("sealed map", "data", {}, f"data: {SEALED}"),
        sets("sealed map", "binaryData", {"b": "MQ=="}, f"binaryData: {SEALED}"),
        sets("sealed map", "immutable", False, f"immutable: {SEALED}"),
        sets("sealed map", "metadata.labels", {"a": "b"}),
        sets("runtime", "handler", "other", f'handler: Invalid value: "other": {IMMUTABLE}'),
        sets("addresses", "spec.cidrs", ["10.0.0.0/8"], "spec.cidrs: Invalid value: "),
        sets("binding", "subjects", [{"kind": "User", "name": "ada"}]),
        sets("binding", "roleRef.name", "edit", "roleRef: Invalid value: "),
        sets("wide binding", "roleRef.name", "edit", "roleRef: Invalid value: "),
        sets("service", "spec.clusterIP", "10.43.0.8", "spec.clusterIPs[0]: Invalid value: "),
        sets("service", "spec.clusterIP", "", "spec.clusterIPs[0]: Invalid value: "),
        sets(
            "service",
            {"spec.type": "ExternalName", "spec.externalName": "a.b", "spec.clusterIP": ""},
        ),
        sets("service", "spec.type", "NodePort"),
        sets("new service", "spec.clusterIP", "10.43.0.8"),
    ],
)
def test_changes(what, changes, said):
    old = OBJECTS[what]
    new = copy.deepcopy(old)
    for path, value in changes.items():
        new = changed(new, path, value)
    before = copy.deepcopy(old)
    assert_said(refused(new, old), said)
    assert old == before


@pytest.mark.parametrize("what", OBJECTS)
def test_nothing_is_wrong_with_what_stays_as_it_is(what):
    assert refused(copy.deepcopy(OBJECTS[what]), OBJECTS[what]) == []


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("1536Mi", ""), ("1Gi", SMALLER), ("1023Mi", SMALLER), ("2Gi", ""), ("2048Mi", "")],
)
def test_a_larger_claim_may_shrink_towards_what_it_got(wanted, said):
    old = changed(CLAIM, "status.capacity", {"storage": "1Gi"})
    assert_said(refused(changed(old, SIZE, wanted), old), said)
