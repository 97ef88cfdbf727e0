"""Small things by which somebody who runs Kubernetes for a living would tell the lab at once."""

import json

import pytest

from ..waiting import until
from .manifests import changed, deployment, pod, service


@pytest.fixture
def web(api):
    api.kubectl("create -f -", [deployment("web", replicas=3), service("web")])
    api.kubectl("rollout status deployment web --timeout=60s")
    yield
    api.kubectl("delete deployment,service web")


def test_endpoints_are_deprecated_and_in_order(api, web):
    told = api.kubectl("get endpoints web")
    said = "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
    assert said in told
    shown = json.loads(api.kubectl("get endpoints web -o json").partition("\nWarning")[0])
    found = [one["ip"] for one in shown["subsets"][0]["addresses"]]
    assert found == sorted(found) and len(found) == 3


def test_the_api_server_stands_behind_its_service(api):
    assert ":6443" in api.kubectl("get endpoints kubernetes")
    assert "6443" in api.kubectl("get endpointslice kubernetes")
    described = api.kubectl("describe service kubernetes")
    address = api.kubectl("get node master -o jsonpath={.status.addresses[0].address}")
    assert f"{address}:6443" in described


def test_a_scale_has_columns_of_its_own(api, web):
    head, row = api.kubectl("get deployment web --subresource=scale").splitlines()
    assert head.split() == ["NAME", "DESIRED", "AVAILABLE", "AGE"]
    assert row.split()[:3] == ["web", "3", "3"]


def test_conditions_stand_in_the_kubelet_s_order(api, web):
    found = api.kubectl("get pods -l app=web -o jsonpath={.items[0].status.conditions[*].type}")
    assert found.split() == [
        "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled",
    ]  # fmt: skip


def test_a_job_without_labels_shows_those_of_its_pods(api):
    api.kubectl("create job hi --image=busybox -- true")
    api.kubectl("wait --for=condition=Complete job/hi --timeout=30s")
    assert "hi" in api.kubectl("get jobs -l job-name=hi")
    api.kubectl("delete job hi")


def test_a_stateful_set_with_claims(api):
    """The one of Kubernetes' own tutorial."""
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    made = deployment("db")
    made["kind"] = "StatefulSet"
    made["spec"] |= {
        "serviceName": "db",
        "volumeClaimTemplates": [{"metadata": {"name": "www"}, "spec": claim}],
    }
    mounted = [{"name": "www", "mountPath": "/usr/share/nginx/html"}]
    made = changed(made, "spec.template.spec.containers.0.volumeMounts", mounted)
    api.kubectl("create -f -", made)
    told = api.kubectl("rollout status statefulset db --timeout=60s")
    assert "partitioned roll out complete: 1 new pods have been updated" in told
    assert "Bound" in api.kubectl("get pvc www-db-0")
    described = api.kubectl("describe statefulset db")
    assert "create Claim www-db-0 Pod db-0 in StatefulSet db success" in described
    assert "create Pod db-0 in StatefulSet db successful" in described
    wrong = changed(made, "metadata.name", "wrong")
    wrong = changed(wrong, "spec.template.spec.containers.0.volumeMounts.0.name", "other")
    told = api.kubectl("create -f -", wrong, fails=True)
    assert 'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "other"' in told
    api.kubectl("delete statefulset db")
    api.kubectl("delete pvc www-db-0")


def test_a_copy_of_a_pod_is_debugged(api):
    """kubectl sends the whole pod in protobuf: volumes, preemption and all."""
    box = pod("box", image="busybox", command=["sleep", "infinity"])
    box["spec"] |= {
        "hostAliases": [{"ip": "10.1.2.3", "hostnames": ["a.example"]}],
        "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
    }
    api.kubectl("create -f -", box)
    api.kubectl("wait --for=condition=Ready pod/box --timeout=30s")
    api.kubectl("debug box --copy-to=copy --image=busybox -c extra -- sleep infinity")
    api.kubectl("wait --for=condition=Ready pod/copy --timeout=30s")
    spec = json.loads(api.kubectl("get pod copy -o json"))["spec"]
    assert [c["name"] for c in spec["containers"]] == ["main", "extra"]
    assert spec["hostAliases"] == box["spec"]["hostAliases"]
    assert spec["dnsConfig"] == box["spec"]["dnsConfig"]
    sources = [v["projected"]["sources"] for v in spec["volumes"] if "projected" in v]
    assert {name for source in sources[0] for name in source} == {
        "serviceAccountToken", "configMap", "downwardAPI",
    }  # fmt: skip
    assert "a.example" in api.kubectl("exec copy -c extra -- cat /etc/hosts")
    api.kubectl("delete pod box copy --now")


def test_what_only_helps_the_cluster_itself_is_found(api):
    told = api.kubectl("cluster-info")
    assert "CoreDNS" in told and "Metrics-server" in told
    assert "coredns" in api.kubectl("-n kube-system get pods -l k8s-app=kube-dns")


def test_what_finds_no_node_is_pending(api):
    obj = pod("huge", resources={"requests": {"memory": "900Gi"}})
    api.kubectl("create -f -", {**obj, "status": {}})
    assert api.kubectl("get pod huge --no-headers").split()[2] == "Pending"
    api.kubectl("create -f -", {**pod("claims"), "status": {"phase": "Running"}})
    until(lambda: api.kubectl("get pod claims -o jsonpath={.status.podIP}"))
    api.kubectl("delete pod huge claims --now")


def test_no_command_runs_in_a_container_that_has_ended(api):
    api.kubectl("create -f -", pod("crash", image="busybox", command=["sh", "-c", "exit 3"]))
    until(lambda: "CrashLoopBackOff" in api.kubectl("get pod crash"))
    # It starts again now and then, for a moment.
    until(lambda: 'container not found ("main")' in api.kubectl("exec crash -- ls", fails=None))
    uid = api.kubectl("get pod crash -o jsonpath={.metadata.uid}")
    told = f"Back-off restarting failed container main in pod crash_default({uid})"
    until(lambda: told in api.kubectl("describe pod crash"))
    api.kubectl("delete pod crash --now")


def test_kinds_whose_changes_are_not_counted(api):
    api.kubectl("create -f -", service("uncounted"))
    for name in ("service/uncounted", "node/master", "namespace/default"):
        assert api.kubectl(f"get {name} -o jsonpath={{.metadata.generation}}") == ""
    api.kubectl("create deployment counted --image=nginx")
    api.kubectl("scale deployment counted --replicas=2")
    assert api.kubectl("get deploy counted -o jsonpath={.metadata.generation}") == "2"
    api.kubectl("delete deployment/counted service/uncounted")


@pytest.mark.parametrize(
    ("image", "there"),
    [
        ("nginx:1.161", False),
        ("nginx:nosuch", False),
        ("nginx:1.27-alpine3.20", True),
        ("python:3.12-slim-bookworm", True),
        ("nginx@sha256:" + "a" * 64, True),
    ],
)
def test_tags_that_no_registry_has(api, image, there):
    api.kubectl("create -f -", pod("tagged", image=image))
    if there:
        api.kubectl("wait --for=condition=Ready pod/tagged --timeout=30s")
    else:
        until(lambda: "ImagePullBackOff" in api.kubectl("get pod tagged"))
        assert f"docker.io/library/{image}: not found" in api.kubectl("describe pod tagged")
    api.kubectl("delete pod tagged --now")
