"""What a new K3s of this version serves, neither more nor less, and the smaller kinds in it."""

import json
import re

from ..waiting import until
from .manifests import changed, deployment, of, pod, service

SERVED = {
    "v1": "bindings componentstatuses configmaps endpoints events limitranges namespaces nodes "
    "persistentvolumeclaims persistentvolumes pods podtemplates replicationcontrollers "
    "resourcequotas secrets serviceaccounts services",
    "admissionregistration.k8s.io/v1": "mutatingadmissionpolicies mutatingadmissionpolicybindings "
    "mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings "
    "validatingwebhookconfigurations",
    "apiextensions.k8s.io/v1": "customresourcedefinitions",
    "apiregistration.k8s.io/v1": "apiservices",
    "apps/v1": "controllerrevisions daemonsets deployments replicasets statefulsets",
    "authentication.k8s.io/v1": "selfsubjectreviews tokenreviews",
    "authorization.k8s.io/v1": "localsubjectaccessreviews selfsubjectaccessreviews "
    "selfsubjectrulesreviews subjectaccessreviews",
    "autoscaling/v2": "horizontalpodautoscalers",
    "batch/v1": "cronjobs jobs",
    "certificates.k8s.io/v1": "certificatesigningrequests",
    "coordination.k8s.io/v1": "leases",
    "discovery.k8s.io/v1": "endpointslices",
    "events.k8s.io/v1": "events",
    "flowcontrol.apiserver.k8s.io/v1": "flowschemas prioritylevelconfigurations",
    "helm.cattle.io/v1": "helmchartconfigs helmcharts",
    "k3s.cattle.io/v1": "addons etcdsnapshotfiles",
    "metrics.k8s.io/v1beta1": "nodes pods",
    "networking.k8s.io/v1": "ingressclasses ingresses ipaddresses networkpolicies servicecidrs",
    "node.k8s.io/v1": "runtimeclasses",
    "policy/v1": "poddisruptionbudgets",
    "rbac.authorization.k8s.io/v1": "clusterrolebindings clusterroles rolebindings roles",
    "resource.k8s.io/v1": "deviceclasses resourceclaims resourceclaimtemplates resourceslices",
    "scheduling.k8s.io/v1": "priorityclasses",
    "storage.k8s.io/v1": "csidrivers csinodes csistoragecapacities storageclasses "
    "volumeattachments volumeattributesclasses",
}


CLUSTER_WIDE = (
    "APIService CSIDriver CSINode CertificateSigningRequest ClusterRole ClusterRoleBinding "
    "ComponentStatus CustomResourceDefinition DeviceClass ETCDSnapshotFile FlowSchema IPAddress "
    "IngressClass MutatingAdmissionPolicy MutatingAdmissionPolicyBinding "
    "MutatingWebhookConfiguration Namespace Node NodeMetrics PersistentVolume PriorityClass "
    "PriorityLevelConfiguration ResourceSlice RuntimeClass SelfSubjectAccessReview "
    "SelfSubjectReview SelfSubjectRulesReview ServiceCIDR StorageClass SubjectAccessReview "
    "TokenReview ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding "
    "ValidatingWebhookConfiguration VolumeAttachment VolumeAttributesClass"
)
"""Kinds whose objects are in no namespace, as Kubernetes' reference and K3s' definitions say."""


def test_which_kinds_are_in_no_namespace(api):
    rows = [line.split() for line in api.kubectl("api-resources --no-headers").splitlines()]
    assert {row[-1] for row in rows if row[-2] == "false"} == set(CLUSTER_WIDE.split())


def test_what_is_served_is_what_k3s_serves(api):
    found: dict[str, set[str]] = {}
    lines = api.kubectl("api-resources --no-headers").splitlines()
    for line in lines:
        words = line.split()
        found.setdefault(words[-3], set()).add(words[0])
    assert found == {group: set(names.split()) for group, names in SERVED.items()}


def test_every_kind_is_listed_and_explained(api):
    """As somebody does who looks around: no list and no explanation fails."""
    names = api.kubectl("api-resources --verbs=list -o name").split()
    api.kubectl(f"get {','.join(n for n in names if n != 'pods.metrics.k8s.io')} -A")
    for name in (
        "csr",
        "runtimeclass",
        "flowschema",
        "servicecidr",
        "ip",
        "validatingadmissionpolicy",
    ):
        assert "FIELDS:" in api.kubectl(f"explain {name}")


def test_a_pod_of_an_unknown_runtime_class_is_rejected(api):
    wanted = changed(pod("fast"), "spec.runtimeClassName", "kata")
    told = api.kubectl("create -f -", wanted, fails=True)
    assert 'pods "fast" is forbidden: pod rejected: RuntimeClass "kata" not found' in told
    template = changed(deployment("fast"), "spec.template.spec.runtimeClassName", "kata")
    api.kubectl("create -f -", template)
    api.kubectl("wait --for=condition=ReplicaFailure deployment/fast --timeout=30s")
    assert 'RuntimeClass "kata" not found' in api.kubectl("describe replicaset -l app=fast")
    api.kubectl("delete deployment fast")


def test_a_runtime_class_adds_to_its_pods(api):
    toleration = {"key": "slow", "operator": "Exists"}
    plain = of("node.k8s.io/v1", "RuntimeClass", "plain", handler="runc")
    plain |= {
        "overhead": {"podFixed": {"cpu": "100m"}},
        "scheduling": {
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "tolerations": [toleration],
        },
    }
    api.kubectl("create -f -", plain)
    api.kubectl("create -f -", changed(pod("box"), "spec.runtimeClassName", "plain"))
    api.kubectl("wait --for=condition=Ready pod/box --timeout=30s")
    spec = json.loads(api.kubectl("get pod box -o json"))["spec"]
    assert spec["overhead"] == {"cpu": "100m"}
    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert toleration in spec["tolerations"]
    assert "Runtime Class Name:  plain" in api.kubectl("describe pod box")
    other = changed(pod("other"), "spec.runtimeClassName", "plain")
    told = api.kubectl("create -f -", changed(other, "spec.overhead", {"cpu": "2"}), fails=True)
    assert "Pod's Overhead doesn't match RuntimeClass's defined Overhead" in told
    conflict = changed(other, "spec.nodeSelector", {"kubernetes.io/os": "windows"})
    assert "conflict: runtimeClass.scheduling" in api.kubectl("create -f -", conflict, fails=True)
    bare = changed(pod("bare"), "spec.overhead", {"cpu": "1"})
    told = api.kubectl("create -f -", bare, fails=True)
    assert "Pod Overhead set without corresponding RuntimeClass" in told
    api.kubectl("delete pod box --now")
    told = api.kubectl('patch runtimeclass plain -p {"handler":"other"}', fails=True)
    assert "field is immutable" in told
    api.kubectl("delete runtimeclass plain")


def test_a_runtime_that_no_node_has(api):
    api.kubectl("create -f -", changed(pod("wasm"), "spec.runtimeClassName", "wasmtime"))
    api.kubectl("wait --for=condition=PodScheduled pod/wasm --timeout=30s")
    said = 'failed to get sandbox runtime: no runtime for "wasmtime" is configured'
    until(lambda: said in api.kubectl("describe pod wasm"))
    assert "ContainerCreating" in api.kubectl("get pod wasm")
    api.kubectl("delete pod wasm --now")


def test_addresses_of_services_are_objects(api):
    api.kubectl("create -f -", service("web"))
    address = api.kubectl("get service web -o jsonpath={.spec.clusterIP}")
    parent = "services/default/web"
    until(lambda: parent in api.kubectl(f"get ipaddress {address}", fails=None))
    api.kubectl("delete service web")
    until(lambda: "NotFound" in api.kubectl(f"get ipaddress {address}", fails=None))
    api.kubectl("create -f -", service("none", clusterIP="None"))
    assert "default/none" not in api.kubectl("get ipaddresses")
    api.kubectl("delete service none")
    assert "10.43.0.0/16" in api.kubectl("get servicecidr kubernetes")


def test_apiservices_tell_who_answers(api):
    assert "kube-system/metrics-server" in api.kubectl("get apiservice v1beta1.metrics.k8s.io")
    api.kubectl("wait --for=condition=Available apiservice/v1beta1.metrics.k8s.io --timeout=30s")
    api.kubectl("-n kube-system scale deployment metrics-server --replicas=0")
    path = "False (MissingEndpoints)"
    until(lambda: path in api.kubectl("get apiservice v1beta1.metrics.k8s.io"))
    api.kubectl("-n kube-system scale deployment metrics-server --replicas=1")
    api.kubectl("wait --for=condition=Available apiservice/v1beta1.metrics.k8s.io --timeout=30s")


def test_what_nothing_acts_on_is_said(api):
    spec = {"reinvocationPolicy": "Never", "failurePolicy": "Fail"}
    policy = of("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", "all", spec=spec)
    assert "the pocket lab does not act on this field" in api.kubectl("create -f -", policy)
    api.kubectl("delete mutatingadmissionpolicy all")


def test_component_statuses(api):
    told = api.kubectl("get cs")
    assert "Warning: v1 ComponentStatus is deprecated in v1.19+" in told
    assert told.count("Healthy   ok") == 3
    assert "NotFound" in api.kubectl("get cs nosuch", fails=True)


def test_a_scheduler_of_ones_own(api):
    """It binds pods that ask for it."""
    api.kubectl("create -f -", changed(pod("odd"), "spec.schedulerName", "mine"))
    binding = of("v1", "Binding", "odd", target={"kind": "Node", "name": "worker2"})
    path = "/api/v1/namespaces/default/bindings"
    assert api.send("POST", path, binding).status == 201
    api.kubectl("wait --for=condition=Ready pod/odd --timeout=30s")
    assert api.kubectl("get pod odd -o jsonpath={.spec.nodeName}") == "worker2"
    again = api.send("POST", path, binding)
    assert again.status == 409 and 'already assigned to node "worker2"' in again.data["message"]
    api.kubectl("delete pod odd --now")


def test_pods_are_refused_by_their_own_name(api):
    """What a policy refuses has its generated name by then, as in the events of Kubernetes."""
    quota = of("v1", "ResourceQuota", "none", spec={"hard": {"pods": "0"}})
    api.kubectl("create namespace tight")
    api.kubectl("-n tight create -f -", quota)
    api.kubectl("-n tight create deployment web --image=nginx")
    api.kubectl("-n tight wait --for=condition=ReplicaFailure deployment/web --timeout=30s")
    said = re.compile(r'pods "web-[a-z0-9]+-[a-z0-9]{5}" is forbidden: exceeded quota: none')
    assert said.search(api.kubectl("-n tight get deployment web -o yaml"))
    api.kubectl("-n tight delete resourcequota none")
    api.kubectl("-n tight wait --for=condition=Available deployment/web --timeout=30s")
    assert "ReplicaFailure" not in api.kubectl("-n tight get deployment web -o yaml")
    api.kubectl("delete namespace tight")
