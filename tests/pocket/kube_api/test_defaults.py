"""What is filled in where an object says nothing, and what is left as it is said."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.kube import defaults
from owlab.pocket.kube.errors import Invalid

from ...clients.manifests import Object, changed, config_map, deployment, of, service
from ..controllers.plain_store import namespace, obj, pod, store_of


def filled(made: Object, *others: Object) -> Object:
    made = {**made, "metadata": {"namespace": "default", **made["metadata"]}}
    defaults.fill(store_of(*others), made)
    return made


def spec(made: Object, *others: Object) -> Object:
    found: Object = filled(made, *others)["spec"]
    return found


def container(**fields: Any) -> Object:
    made = pod("box", containers=[{"name": "a", "image": "nginx", **fields}])
    [found] = spec(made)["containers"]
    return dict(found)


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.27", "IfNotPresent"),
        ("host:5000/nginx", "Always"),
        ("host:5000/nginx:1", "IfNotPresent"),
        ("nginx:1-latest", "IfNotPresent"),
    ],
)
def test_when_an_image_is_pulled(image, policy):
    assert container(image=image)["imagePullPolicy"] == policy
    assert container(image=image, imagePullPolicy="Never")["imagePullPolicy"] == "Never"


def test_containers():
    found = container(ports=[{"containerPort": 80}], livenessProbe={"httpGet": {"port": 80}})
    assert found["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert found["livenessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    assert found["terminationMessagePath"] == "/dev/termination-log"
    assert found["terminationMessagePolicy"] == "File"
    said = {"timeoutSeconds": 2, "periodSeconds": 3, "successThreshold": 4, "failureThreshold": 5}
    assert container(startupProbe=said)["startupProbe"] == said
    assert (
        container(readinessProbe={"exec": {}, "timeoutSeconds": 0})["readinessProbe"][
            "timeoutSeconds"
        ]
        == 1
    )


def test_pods():
    made = spec(pod("box", initContainers=[{"name": "i", "image": "a"}]))
    assert made["initContainers"][0]["imagePullPolicy"] == "Always"
    known = ("restartPolicy", "dnsPolicy", "schedulerName", "terminationGracePeriodSeconds")
    assert [made[name] for name in known] == ["Always", "ClusterFirst", "default-scheduler", 30]
    assert made["securityContext"] == {}
    own = spec(pod("box", restartPolicy="Never", terminationGracePeriodSeconds=0))
    assert (own["restartPolicy"], own["terminationGracePeriodSeconds"]) == ("Never", 0)


@pytest.mark.parametrize(
    ("resources", "requests"),
    [
        ({}, None),
        ({"requests": {"cpu": "1"}}, {"cpu": "1"}),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, {"cpu": "1", "memory": "1Gi"}),
        ({"limits": {"cpu": "2"}, "requests": {"cpu": "1"}}, {"cpu": "1"}),
        (
            {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1"}},
            {"cpu": "1", "memory": "1Gi"},
        ),
    ],
)
def test_who_says_how_much_it_may_take_reserves_that(resources, requests):
    assert container(resources=resources)["resources"].get("requests") == requests


def quality(*containers: tuple[Object, Object]) -> str:
    made = pod(
        "box",
        containers=[{"resources": {"requests": r, "limits": m}} for r, m in containers],
    )
    defaults.quality(made)
    return str(made["status"]["qosClass"])


ALL = {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("containers", "value"),
    [
        ([({}, {})], "BestEffort"),
        ([({"cpu": "0"}, {})], "BestEffort"),
        ([({"example.com/gpu": "1"}, {"example.com/gpu": "1"})], "BestEffort"),
        ([({"cpu": "1"}, {})], "Burstable"),
        ([({}, {"memory": "1Gi"})], "Burstable"),
        ([(ALL, ALL)], "Guaranteed"),
        ([({"cpu": "1000m", "memory": "1024Mi"}, ALL)], "Guaranteed"),
        ([({"cpu": "1", "memory": "1"}, ALL)], "Burstable"),
        ([({"cpu": "1"}, {"cpu": "1"})], "Burstable"),
        ([(ALL, ALL), ({}, {})], "Burstable"),
        ([(ALL, ALL), (ALL, ALL)], "Guaranteed"),
    ],
)
def test_the_quality_of_service(containers, value):
    assert quality(*containers) == value


@pytest.mark.parametrize(
    ("kind", "field", "numbers"),
    [
        ("Deployment", "strategy", {"maxUnavailable": "25%", "maxSurge": "25%"}),
        ("StatefulSet", "updateStrategy", {"partition": 0}),
        ("DaemonSet", "updateStrategy", {"maxUnavailable": 1, "maxSurge": 0}),
    ],
)
def test_how_workloads_are_replaced(kind, field, numbers):
    made = {**deployment(), "kind": kind}
    del made["spec"]["replicas"]
    found = spec(made)
    assert found[field] == {"type": "RollingUpdate", "rollingUpdate": numbers}
    assert found["revisionHistoryLimit"] == 10
    assert found.get("replicas") == (None if kind == "DaemonSet" else 1)
    assert found["template"]["spec"]["restartPolicy"] == "Always"
    other = spec(changed(made, f"spec.{field}", {"type": "OnDelete"}))
    assert other[field] == {"type": "OnDelete"}
    some = spec(changed(made, f"spec.{field}", {"rollingUpdate": {"maxSurge": 3, "partition": 4}}))
    assert some[field]["rollingUpdate"] == {**numbers, "maxSurge": 3, "partition": 4}


JOB: Object = {"template": {"spec": {"containers": []}}}


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ({}, (1, 1)),
        ({"parallelism": 3}, (3, None)),
        ({"completions": 3}, (1, 3)),
        ({"completions": 3, "parallelism": 2}, (2, 3)),
    ],
)
def test_jobs(said, numbers):
    found = spec(of("batch/v1", "Job", spec={**JOB, **said}))
    assert (found["parallelism"], found.get("completions")) == numbers
    rest = (found["backoffLimit"], found["completionMode"], found["suspend"])
    assert rest == (6, "NonIndexed", False)


def test_cron_jobs_and_autoscalers():
    timed = spec(of("batch/v1", "CronJob", spec={"jobTemplate": {"spec": JOB}}))
    names = ("concurrencyPolicy", "suspend", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    assert [timed[name] for name in names] == ["Allow", False, 3, 1]
    scaler = spec(of("autoscaling/v2", "HorizontalPodAutoscaler", spec={"maxReplicas": 3}))
    assert scaler["minReplicas"] == 1
    [metric] = scaler["metrics"]
    assert metric["resource"]["target"]["averageUtilization"] == 80


def storage_class(name: str, default: str, made: str) -> Object:
    notes = {"storageclass.kubernetes.io/is-default-class": default}
    meta = {"name": name, "annotations": notes, "creationTimestamp": made}
    return {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": meta}


def test_storage():
    old = storage_class("old", "true", "2026-01-01T00:00:00Z")
    new = storage_class("new", "true", "2026-02-01T00:00:00Z")
    other = storage_class("other", "false", "2026-03-01T00:00:00Z")
    claim = of("v1", "PersistentVolumeClaim", spec={})
    assert "storageClassName" not in spec(claim, other)
    assert spec(claim, old, other)["storageClassName"] == "old"
    assert spec(claim, old)["volumeMode"] == "Filesystem"
    none = changed(claim, "spec.storageClassName", "")
    assert spec(none, old)["storageClassName"] == ""
    assert spec(claim, old, new)["storageClassName"] in ("old", "new")
    volume = spec(of("v1", "PersistentVolume"))
    assert volume["persistentVolumeReclaimPolicy"] == "Retain"
    kind = filled(of("storage.k8s.io/v1", "StorageClass", provisioner="p"))
    assert (kind["reclaimPolicy"], kind["volumeBindingMode"]) == ("Delete", "Immediate")
    assert filled(of("scheduling.k8s.io/v1", "PriorityClass"))["value"] == 0


def test_secrets_and_namespaces():
    secret = filled(of("v1", "Secret", stringData={"a": "ä"}, data={"b": "MQ=="}))
    assert secret["data"] == {"a": "w6Q=", "b": "MQ=="}
    assert secret["type"] == "Opaque" and "stringData" not in secret
    space = namespace("mine")
    del space["metadata"]["labels"]
    found = filled(space)
    assert found["spec"] == {"finalizers": ["kubernetes"]}
    assert found["metadata"]["labels"] == {"kubernetes.io/metadata.name": "mine"}


def test_limits_follow_from_one_another():
    least, most = {"cpu": "1", "x": "1"}, {"cpu": "3", "memory": "1Gi"}
    item = {"type": "Container", "min": least, "max": most}
    made = of("v1", "LimitRange", spec={"limits": [item, {"type": "Pod", "max": {"cpu": "1"}}]})
    first, second = spec(made)["limits"]
    assert first["default"] == {"cpu": "3", "memory": "1Gi"}
    assert first["defaultRequest"] == {"cpu": "3", "memory": "1Gi", "x": "1"}
    assert second == {"type": "Pod", "max": {"cpu": "1"}}


def test_services():
    found = spec(service(ports=[{"port": 80}, {"port": 81, "targetPort": "web"}]))
    assert found["ports"] == [
        {"port": 80, "protocol": "TCP", "targetPort": 80},
        {"port": 81, "protocol": "TCP", "targetPort": "web"},
    ]
    assert found["clusterIP"].startswith("10.43.") and found["clusterIPs"] == [found["clusterIP"]]
    rest = ("type", "sessionAffinity", "internalTrafficPolicy", "ipFamilyPolicy", "ipFamilies")
    values = ["ClusterIP", "None", "Cluster", "SingleStack", ["IPv4"]]
    assert [found[name] for name in rest] == values
    assert "externalTrafficPolicy" not in found
    taken = obj("Service", "other", {"clusterIP": found["clusterIP"]})
    assert spec(service(), taken)["clusterIP"] != found["clusterIP"]
    outer = spec(service(type="ExternalName", externalName="a.b"))
    assert "clusterIP" not in outer


@pytest.mark.parametrize("kind", ["NodePort", "LoadBalancer"])
def test_ports_of_nodes(kind):
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81, "nodePort": 30080}]
    found = spec(service(type=kind, ports=ports))
    first, second = (port["nodePort"] for port in found["ports"])
    assert 30000 <= first <= 32767 and first != second == 30080
    assert found["externalTrafficPolicy"] == "Cluster"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (30000, ""),
        (32767, ""),
        (29999, "29999: provided port is not in the valid range"),
        (32768, "32768: provided port is not in the valid range"),
        (30081, "30081: provided port is already allocated"),
    ],
)
def test_a_port_of_nodes_that_is_asked_for(number, said):
    taken = obj("Service", "other", {"ports": [{"port": 1, "nodePort": 30081}]})
    made = service(type="NodePort", ports=[{"port": 80, "nodePort": number}])
    if not said:
        assert spec(made, taken)["ports"][0]["nodePort"] == number
        return
    with pytest.raises(Invalid) as error:
        spec(made, taken)
    assert f"spec.ports[0].nodePort: Invalid value: {said}" in error.value.message


def kept(old: Object, new: Object) -> Object:
    made = service()
    after = {**made, "spec": {**made["spec"], **new}}
    defaults.keep({**made, "spec": old}, after)
    found: Object = after["spec"]
    return found


def test_what_a_replacement_of_a_service_keeps():
    ports = [{"port": 80, "protocol": "TCP", "nodePort": 30080}]
    addresses = {"clusterIP": "10.43.0.9", "clusterIPs": ["10.43.0.9"]}
    old = {"type": "NodePort", "ports": ports, **addresses}
    found = kept(old, {"type": "NodePort", "ports": [{"port": 80}, {"port": 81}]})
    assert found["clusterIP"] == "10.43.0.9" and found["clusterIPs"] == ["10.43.0.9"]
    assert found["ports"] == [{"port": 80, "nodePort": 30080}, {"port": 81}]
    assert kept(old, {"type": "ClusterIP", "ports": [{"port": 80}]})["ports"] == [{"port": 80}]
    own = {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30090}], "clusterIP": "10.43.0.1"}
    assert kept(old, own)["ports"][0]["nodePort"] == 30090
    assert kept(old, own)["clusterIP"] == "10.43.0.1"
    assert "clusterIP" not in kept(old, {"type": "ExternalName"})
    assert "clusterIP" not in kept({**old, "type": "ExternalName"}, {})
    plain = config_map()
    defaults.keep(plain, plain)
    assert plain == config_map()
