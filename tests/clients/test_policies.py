"""What namespaces and the cluster let in: quotas, limits, pod security, priorities, accounts."""

import json

import pytest

from .manifests import changed, deployment, of, pod, service


@pytest.fixture
def space(api, request):
    name = f"ns-{abs(hash(request.node.name)) % 10**8}"
    api.kubectl(f"create ns {name}")
    api.run(api.bench.settle())
    yield name
    api.kubectl(f"delete ns {name} --wait=false")
    api.run(api.bench.settle())


def settle(api):
    api.run(api.bench.settle())


def with_resources(name="box", limits=None, requests=None):
    resources = {"limits": limits, "requests": requests}
    return pod(name, resources={k: v for k, v in resources.items() if v})


# ResourceQuota -------------------------------------------------------------------------------


def test_a_quota_refuses_what_goes_over_it(api, space):
    api.kubectl(f"create quota q --hard=pods=3,requests.cpu=1,limits.memory=1Gi -n {space}")
    told = api.kubectl(f"create -n {space} -f -", pod(), fails=True)
    assert (
        'pods "box" is forbidden: failed quota: q: must specify limits.memory for: main; '
        "requests.cpu for: main"
    ) in told
    limits = {"cpu": "600m", "memory": "600Mi"}
    api.kubectl(f"create -n {space} -f -", with_resources("one", limits))
    told = api.kubectl(f"create -n {space} -f -", with_resources("two", limits), fails=True)
    assert (
        'pods "two" is forbidden: exceeded quota: q, requested: limits.memory=600Mi,'
        "requests.cpu=600m, used: limits.memory=600Mi,requests.cpu=600m, "
        "limited: limits.memory=1Gi,requests.cpu=1"
    ) in told
    settle(api)
    status = json.loads(api.kubectl(f"get quota q -n {space} -o json"))["status"]
    assert status["used"] == {"pods": "1", "requests.cpu": "600m", "limits.memory": "600Mi"}
    assert status["hard"] == {"pods": "3", "requests.cpu": "1", "limits.memory": "1Gi"}
    api.kubectl(f"delete pod one -n {space} --now")
    settle(api)
    status = json.loads(api.kubectl(f"get quota q -n {space} -o json"))["status"]
    assert status["used"]["pods"] == "0"


def test_a_quota_holds_up_controllers_too(api, space):
    api.kubectl(f"create quota few --hard=pods=1 -n {space}")
    api.kubectl(f"create -n {space} -f -", deployment("web", replicas=3))
    settle(api)
    assert len(api.kubectl(f"get pods -n {space} --no-headers").splitlines()) == 1
    told = api.kubectl(f"describe rs -n {space}")
    assert "Error creating: pods" in told
    assert "exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1" in told


COUNTED = [
    ("services.nodeports=1", service("a", type="NodePort"), service("b", type="NodePort"),
     "requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1"),
    ("services.nodeports=0", service("a", type="LoadBalancer", allocateLoadBalancerNodePorts=False),
     service("b", type="LoadBalancer"), "requested: services.nodeports=1"),
    ("count/deployments.apps=1", deployment("a"), deployment("b"),
     "requested: count/deployments.apps=1, used: count/deployments.apps=1"),
    ("secrets=1", of("v1", "Secret", "a"), of("v1", "Secret", "b"), "requested: secrets=1"),
]  # fmt: skip


@pytest.mark.parametrize(("hard", "first", "second", "said"), COUNTED, ids=[c[0] for c in COUNTED])
def test_what_is_counted(api, space, hard, first, second, said):
    api.kubectl(f"create quota q --hard={hard} -n {space}")
    api.kubectl(f"create -n {space} -f -", first)
    assert said in api.kubectl(f"create -n {space} -f -", second, fails=True)


def claim(name, size, **spec):
    storage = {"requests": {"storage": size}}
    return of(
        "v1",
        "PersistentVolumeClaim",
        name,
        spec={"accessModes": ["ReadWriteOnce"], "resources": storage, **spec},
    )


def test_storage_is_counted(api, space):
    api.kubectl(f"create quota q --hard=requests.storage=3Gi -n {space}")
    api.kubectl(f"create -n {space} -f -", claim("a", "2Gi"))
    told = api.kubectl(f"create -n {space} -f -", claim("b", "2Gi"), fails=True)
    assert "requested: requests.storage=2Gi, used: requests.storage=2Gi, limited" in told


def test_scopes(api, space):
    quota = of("v1", "ResourceQuota", "q", spec={"hard": {"pods": "0"}, "scopes": ["BestEffort"]})
    api.kubectl(f"create -n {space} -f -", quota)
    assert "exceeded quota: q" in api.kubectl(f"create -n {space} -f -", pod("a"), fails=True)
    api.kubectl(f"create -n {space} -f -", with_resources("b", {"cpu": "100m"}))


# LimitRange ----------------------------------------------------------------------------------


def limit_range(*items):
    return of("v1", "LimitRange", "limits", spec={"limits": list(items)})


def test_containers_get_the_defaults_of_their_namespace(api, space):
    item = {"type": "Container", "default": {"cpu": "500m"}, "defaultRequest": {"cpu": "100m"}}
    api.kubectl(f"create -n {space} -f -", limit_range(item))
    api.kubectl(f"create -n {space} -f -", pod())
    found = json.loads(api.kubectl(f"get pod box -n {space} -o json"))
    resources = found["spec"]["containers"][0]["resources"]
    assert resources == {"limits": {"cpu": "500m"}, "requests": {"cpu": "100m"}}
    assert found["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu request for container main; cpu limit for container main"
    )
    assert found["status"]["qosClass"] == "Burstable"


BOUNDS = [
    ({"type": "Container", "max": {"memory": "1Gi"}}, {"limits": {"memory": "2Gi"}},
     "maximum memory usage per Container is 1Gi, but limit is 2Gi"),
    ({"type": "Container", "min": {"cpu": "200m"}}, {"requests": {"cpu": "100m"}},
     "minimum cpu usage per Container is 200m, but request is 100m"),
    ({"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}},
     {"requests": {"cpu": "100m"}, "limits": {"cpu": "400m"}},
     "cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000"),
    ({"type": "Pod", "max": {"cpu": "1"}}, {},
     "maximum cpu usage per Pod is 1.  No limit is specified"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "resources", "said"), BOUNDS, ids=[b[2] for b in BOUNDS])
def test_what_is_out_of_bounds(api, space, item, resources, said):
    api.kubectl(f"create -n {space} -f -", limit_range(item))
    told = api.kubectl(f"create -n {space} -f -", pod(resources=resources), fails=True)
    assert f'pods "box" is forbidden: {said}' in told


def test_claims_have_bounds_too(api, space):
    item = {
        "type": "PersistentVolumeClaim",
        "min": {"storage": "1Gi"},
        "max": {"storage": "2Gi"},
    }
    api.kubectl(f"create -n {space} -f -", limit_range(item))
    told = api.kubectl(f"create -n {space} -f -", claim("a", "3Gi"), fails=True)
    assert "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi" in told
    told = api.kubectl(f"create -n {space} -f -", claim("a", "500Mi"), fails=True)
    assert "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi" in told


# Pod security --------------------------------------------------------------------------------

LABEL = "pod-security.kubernetes.io"
RESTRICTED = (
    '"restricted:latest": allowPrivilegeEscalation != false (container "main" must set '
    'securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" '
    'must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container '
    '"main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" '
    'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
)
CAREFUL = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def test_enforce_refuses_and_warn_warns(api, space):
    api.kubectl(f"label ns {space} {LABEL}/enforce=restricted {LABEL}/warn=restricted")
    told = api.kubectl(f"create -n {space} -f -", pod(), fails=True)
    assert f'pods "box" is forbidden: violates PodSecurity {RESTRICTED}' in told
    told = api.kubectl(f"create -n {space} -f -", deployment())
    assert f"Warning: would violate PodSecurity {RESTRICTED}" in told
    told = api.kubectl(f"create -n {space} -f -", pod("good", securityContext=CAREFUL))
    assert "would violate" not in told


BASELINE = [
    ({"securityContext": {"privileged": True}},
     'privileged (container "main" must not set securityContext.privileged=true)'),
    ({"securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}},
     'non-default capabilities (container "main" must not include "NET_ADMIN" in '
     "securityContext.capabilities.add)"),
    ({"ports": [{"containerPort": 80, "hostPort": 80}]},
     'hostPort (container "main" uses hostPort 80)'),
]  # fmt: skip


@pytest.mark.parametrize(("container", "said"), BASELINE, ids=[b[1].split()[0] for b in BASELINE])
def test_baseline(api, space, container, said):
    api.kubectl(f"label ns {space} {LABEL}/enforce=baseline")
    told = api.kubectl(f"create -n {space} -f -", pod(**container), fails=True)
    assert f'violates PodSecurity "baseline:latest": {said}' in told


def test_baseline_of_whole_pods(api, space):
    api.kubectl(f"label ns {space} {LABEL}/enforce=baseline")
    spec = changed(pod(), "spec.hostNetwork", True)
    spec["spec"]["volumes"] = [{"name": "etc", "hostPath": {"path": "/etc"}}]
    told = api.kubectl(f"create -n {space} -f -", spec, fails=True)
    assert 'host namespaces (hostNetwork=true), hostPath volumes (volume "etc")' in told
    api.kubectl(f"create -n {space} -f -", pod("plain"))


def test_labels_of_namespaces_are_looked_at(api, space):
    told = api.kubectl(f"label ns {space} {LABEL}/enforce=strict", fails=True)
    assert (
        f"metadata.labels[{LABEL}/enforce]: Invalid value: "
        '"strict": must be one of privileged, baseline, restricted'
    ) in told
    api.kubectl(f"create -n {space} -f -", pod())
    told = api.kubectl(f"label ns {space} {LABEL}/enforce=restricted {LABEL}/audit=baseline")
    assert f'existing pods in namespace "{space}" violate the new PodSecurity enforce' in told
    assert "box: allowPrivilegeEscalation != false, unrestricted capabilities, " in told
    assert "the pocket lab keeps no audit log" in told


# Priorities ----------------------------------------------------------------------------------


def test_priorities(api):
    told = api.kubectl("create -f -", changed(pod(), "spec.priorityClassName", "no"), fails=True)
    assert 'pods "box" is forbidden: no PriorityClass with name no was found' in told
    api.kubectl("create priorityclass high --value=1000")
    api.kubectl("create -f -", changed(pod("high"), "spec.priorityClassName", "high"))
    spec = json.loads(api.kubectl("get pod high -o json"))["spec"]
    assert (spec["priority"], spec["preemptionPolicy"]) == (1000, "PreemptLowerPriority")
    told = api.kubectl("create -f -", changed(pod(), "spec.priority", 5), fails=True)
    assert "the integer value of priority (5) must not be provided in pod spec" in told
    api.kubectl("create priorityclass usual --value=10 --global-default")
    told = api.kubectl("create priorityclass more --value=10 --global-default", fails=True)
    assert "PriorityClass usual is already marked as default" in told
    api.kubectl("create -f -", pod("plain"))
    spec = json.loads(api.kubectl("get pod plain -o json"))["spec"]
    assert (spec["priority"], spec["priorityClassName"]) == (10, "usual")
    told = api.kubectl("create priorityclass big --value=2000000000", fails=True)
    assert "maximum allowed value of a user defined priority is 1000000000" in told
    patch = 'patch priorityclass high -p {"value":5}'
    assert "value: Forbidden: may not be changed in an update." in api.kubectl(patch, fails=True)
    api.kubectl("delete priorityclass high usual")
    api.kubectl("delete pod high plain --now")


# What pods are given -------------------------------------------------------------------------


def test_pods_tolerate_lost_nodes_for_five_minutes(api):
    api.kubectl("create -f -", pod("stays", resources={"limits": {"cpu": "1", "memory": "1Gi"}}))
    found = json.loads(api.kubectl("get pod stays -o json"))
    assert [
        (t["key"], t["effect"], t["tolerationSeconds"]) for t in found["spec"]["tolerations"]
    ] == [
        ("node.kubernetes.io/not-ready", "NoExecute", 300),
        ("node.kubernetes.io/unreachable", "NoExecute", 300),
    ]
    resources = found["spec"]["containers"][0]["resources"]
    assert resources["requests"] == resources["limits"]
    assert found["status"]["qosClass"] == "Guaranteed"
    api.kubectl("delete pod stays --now")


def test_pods_have_an_account_and_its_token(api, space):
    told = api.kubectl("create -f -", changed(pod(), "spec.serviceAccountName", "no"), fails=True)
    assert (
        'pods "box" is forbidden: error looking up service account default/no: serviceaccount '
        '"no" not found'
    ) in told
    account = {**of("v1", "ServiceAccount", "robot"), "imagePullSecrets": [{"name": "pull"}]}
    api.kubectl(f"create -n {space} -f -", account)
    api.kubectl(
        f"create clusterrolebinding {space} --clusterrole=view --serviceaccount={space}:robot"
    )
    box = changed(
        pod(image="busybox", command=["sleep", "600"]), "spec.serviceAccountName", "robot"
    )
    api.kubectl(f"create -n {space} -f -", box)
    settle(api)
    spec = json.loads(api.kubectl(f"get pod box -n {space} -o json"))["spec"]
    assert spec["serviceAccount"] == "robot" and spec["imagePullSecrets"] == [{"name": "pull"}]
    [volume] = spec["volumes"]
    assert volume["name"].startswith("kube-api-access-")
    path = "/var/run/secrets/kubernetes.io/serviceaccount"
    [mount] = spec["containers"][0]["volumeMounts"]
    assert mount == {"name": volume["name"], "readOnly": True, "mountPath": path}
    assert api.kubectl(f"exec box -n {space} -- cat {path}/namespace") == space
    token = api.kubectl(f"exec box -n {space} -- cat {path}/token").strip()
    line = (
        f"--token {token} --kubeconfig /dev/null --server https://127.0.0.1:{api.port} "
        "--insecure-skip-tls-verify"
    )
    assert "box" in api.kubectl(f"get pods -n {space} {line}")
    assert "forbidden" in api.kubectl(f"get secrets -n {space} {line}", fails=True)
    quiet = changed(pod("quiet"), "spec.automountServiceAccountToken", False)
    api.kubectl(f"create -n {space} -f -", quiet)
    assert "volumes" not in json.loads(api.kubectl(f"get pod quiet -n {space} -o json"))["spec"]


# Claims --------------------------------------------------------------------------------------


def resized(api, name, size):
    spec = {"spec": {"resources": {"requests": {"storage": size}}}}
    told = api.kubectl(f"patch pvc {name} -p {json.dumps(spec, separators=(',', ':'))}", fails=None)
    settle(api)
    return told


def test_claims_grow_only_where_their_class_lets_them(api):
    user = changed(pod("user"), "spec.volumes", [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    ])  # fmt: skip
    api.kubectl("create -f -", [claim("data", "2Gi"), claim("lone", "2Gi"), user])
    settle(api)
    refused = "only dynamically provisioned pvc can be resized and the storageclass"
    assert refused in resized(api, "data", "3Gi")
    assert "Only bound persistent volume claims can be expanded" in resized(api, "lone", "3Gi")
    said = "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"
    assert said in resized(api, "data", "1Gi")
    api.kubectl('patch sc local-path -p {"allowVolumeExpansion":true}')
    assert "patched" in resized(api, "data", "3Gi")
    told = api.kubectl("describe pvc data")
    assert "ExternalExpanding" in told and "waiting for an external controller" in told
    api.kubectl("delete pod user --now")
    api.kubectl("delete pvc data lone --wait=false")
    api.kubectl('patch sc local-path -p {"allowVolumeExpansion":false}')


# What nothing acts on ------------------------------------------------------------------------


def test_what_is_not_acted_on_is_warned_of(api):
    box = pod("root", resizePolicy=[{"resourceName": "cpu", "restartPolicy": "NotRequired"}])
    field = "spec.containers[0].resizePolicy: the pocket lab does not act on this field"
    assert f"Warning: {field}" in api.kubectl("create --save-config -f -", box)
    # Who was not there when it was printed finds it later.
    about = "get events --field-selector reason=NotActedOn,involvedObject.name=root"
    assert api.kubectl(f"{about} -o jsonpath={{.items[*].message}}") == field
    assert "NotActedOn  " in " ".join(api.kubectl("describe pod root").split("Warning")[1:])
    assert "Warning" not in api.kubectl("label pod root a=b")
    group, spec = "admissionregistration.k8s.io/v1", {"reinvocationPolicy": "Never"}
    policy = of(group, "MutatingAdmissionPolicy", "deny", spec=spec)
    told = api.kubectl("apply -f -", policy)
    assert "Warning: spec: the pocket lab does not act on this field" in told
    assert "deny" in api.kubectl("get mutatingadmissionpolicies")
    api.kubectl("delete pod root --now")
    api.kubectl("delete mutatingadmissionpolicy deny")


def test_pods_without_names_are_refused_whatever_is_filled_in(api, space):
    item = {"type": "Container", "default": {"cpu": "500m"}}
    api.kubectl(f"create -n {space} -f -", limit_range(item))
    box = changed(pod(), "spec.containers.0", {"image": "nginx"})
    box["spec"]["volumes"] = [{"emptyDir": {}}]
    told = api.kubectl(f"create -n {space} --validate=false -f -", box, fails=True)
    assert "spec.containers[0].name: Required value" in told
    assert "spec.volumes[0].name: Required value" in told


def test_an_event_about_nothing_is_kept(api):
    api.kubectl("create -f -", of("v1", "Event", "odd", involvedObject={}))
    api.kubectl("delete event odd")
