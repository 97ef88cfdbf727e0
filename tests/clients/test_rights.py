"""Who may do what, as kubectl shows it: roles, bindings, impersonation, reviews."""

import base64
import json

import pytest

from .manifests import config_map, of, pod

RBAC = "rbac.authorization.k8s.io/v1"


def role(kind, name, *rules, **more):
    return {**of(RBAC, kind, name), "rules": list(rules), **more}


def binding(kind, name, role_kind, role_name, *subjects, namespace="default"):
    obj = of(RBAC, kind, name)
    if kind == "RoleBinding":
        obj["metadata"]["namespace"] = namespace
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": role_name}
    return {**obj, "roleRef": reference, "subjects": [_subject(*words) for words in subjects]}


def _subject(kind, name, namespace=None):
    group = {} if kind == "ServiceAccount" else {"apiGroup": "rbac.authorization.k8s.io"}
    space = {"namespace": namespace} if namespace else {}
    return {"kind": kind, "name": name, **group, **space}


READ_PODS = {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]}


@pytest.fixture(scope="module", autouse=True)
def roles(api):
    api.kubectl(
        "apply -f -",
        [
            role("Role", "pod-reader", READ_PODS),
            binding("RoleBinding", "read", "Role", "pod-reader", ("User", "jane")),
            binding("RoleBinding", "lost", "Role", "missing", ("User", "lost")),
            binding("RoleBinding", "viewers", "ClusterRole", "view", ("Group", "viewers")),
            binding("RoleBinding", "editors", "ClusterRole", "edit", ("User", "eddie")),
            binding("RoleBinding", "admins", "ClusterRole", "admin", ("User", "ada")),
            config_map("settings", a="b"),
            config_map("other", a="b"),
        ],
    )


REFUSED = [
    ("get deploy", 'deployments.apps is forbidden: User "jane" cannot list resource "deployments" '
     'in API group "apps" in the namespace "default"'),
    ("get pods -A", 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" '
     "at the cluster scope"),
    ("get secret keys", 'secrets "keys" is forbidden: User "jane" cannot get resource "secrets" '
     'in API group "" in the namespace "default"'),
    ("get node worker1", 'nodes "worker1" is forbidden: User "jane" cannot get resource "nodes" '
     'in API group "" at the cluster scope'),
    ("get ns default", 'namespaces "default" is forbidden: User "jane" cannot get resource '
     '"namespaces" in API group "" in the namespace "default"'),
    ("delete pod x", 'pods "x" is forbidden: User "jane" cannot delete resource "pods" in API '
     'group "" in the namespace "default"'),
    ("scale deploy web --replicas=2", 'cannot get resource "deployments/scale" in API group'),
    ("get --raw /metrics", 'User "jane" cannot get path "/metrics"'),
]  # fmt: skip


@pytest.mark.parametrize(("line", "said"), REFUSED, ids=[line for line, _ in REFUSED])
def test_what_no_role_gives_is_refused(api, line, said):
    if line.startswith("scale"):
        told = api.kubectl(f"{line} --as jane", fails=True)
        assert "is forbidden" in told
    else:
        assert said in api.kubectl(f"{line} --as jane", fails=True)


def test_what_a_role_gives_is_served(api):
    assert "No resources found" in api.kubectl("get pods --as jane")
    assert "NotFound" in api.kubectl("get pod nobody --as jane", fails=True)
    assert "yes" in api.kubectl("auth can-i list pods --as jane")
    assert "yes" in api.kubectl("auth can-i get pods --subresource=log --as jane")
    assert "no" in api.kubectl("auth can-i create pods --as jane", fails=True)
    assert "no" in api.kubectl("auth can-i list pods -n kube-system --as jane", fails=True)
    assert "yes" in api.kubectl("auth can-i get /version --as jane")


def test_the_administrator_may_do_everything(api):
    assert "yes" in api.kubectl("auth can-i * * -A")
    listed = api.kubectl("auth can-i --list")
    assert "*.*" in listed and "[*]" in listed
    told = api.kubectl("auth whoami")
    assert "system:admin" in told and "system:masters" in told


def test_the_rules_of_a_user_are_told(api):
    listed = api.kubectl("auth can-i --list --as jane")
    assert "pods/log" in listed and "[get list]" in listed and "selfsubjectreviews" in listed
    assert "secrets" not in listed
    whoami = json.loads(api.kubectl("auth whoami -o json --as jane --as-group devs"))
    assert whoami["status"]["userInfo"] == {
        "username": "jane",
        "groups": ["devs", "system:authenticated"],
    }


def test_a_binding_to_a_role_that_is_not_there(api):
    told = api.kubectl("get pods --as lost", fails=True)
    assert told.rstrip().endswith('RBAC: role.rbac.authorization.k8s.io "missing" not found')


def test_view_edit_and_admin(api):
    def may(user, what):
        told = api.kubectl(f"auth can-i {what} {user}", fails=None)
        return told.split()[-1] == "yes"

    viewer = "--as vera --as-group viewers"
    assert may(viewer, "list deployments.apps") and may(viewer, "get pods/log")
    assert not may(viewer, "get secrets") and not may(viewer, "create deployments.apps")
    assert not may(viewer, "list roles.rbac.authorization.k8s.io")
    editor = "--as eddie"
    assert may(editor, "create deployments.apps") and may(editor, "get secrets")
    assert may(editor, "create pods/exec") and not may(editor, "create rolebindings")
    assert not may(editor, "update resourcequotas")
    admin = "--as ada"
    assert may(admin, "create rolebindings.rbac.authorization.k8s.io")
    assert not may(admin, "update resourcequotas") and not may(admin, "list nodes")


def test_roles_are_aggregated_by_labels(api):
    label = "rbac.authorization.k8s.io/aggregate-to-view"
    crows = {"apiGroups": ["example.com"], "resources": ["crows"], "verbs": ["get"]}
    made = role("ClusterRole", "see-crows", crows)
    made["metadata"]["labels"] = {label: "true"}
    api.kubectl("apply -f -", made)
    api.run(api.bench.settle())
    for name in ("view", "edit", "admin"):
        rules = json.loads(api.kubectl(f"get clusterrole {name} -o json"))["rules"]
        assert crows in rules
    api.kubectl("delete clusterrole see-crows")
    api.run(api.bench.settle())
    assert crows not in json.loads(api.kubectl("get clusterrole view -o json"))["rules"]


def test_names_of_resources(api):
    rule = {
        "apiGroups": [""],
        "resources": ["configmaps"],
        "resourceNames": ["settings"],
        "verbs": ["get", "list", "watch"],
    }
    api.kubectl(
        "apply -f -",
        [
            role("Role", "one", rule),
            binding("RoleBinding", "one", "Role", "one", ("User", "nina")),
        ],
    )
    assert "settings" in api.kubectl("get cm settings --as nina")
    api.kubectl("get cm other --as nina", fails=True)
    api.kubectl("get cm --as nina", fails=True)
    assert "settings" in api.kubectl("get cm --field-selector metadata.name=settings --as nina")


def test_a_service_account_with_its_token(api):
    api.kubectl("create sa robot")
    token = api.kubectl("create token robot").strip()
    assert "forbidden" in api.kubectl(f"get pods --token {token} --kubeconfig /dev/null "
                                      f"--server https://127.0.0.1:{api.port} "
                                      "--insecure-skip-tls-verify", fails=True)  # fmt: skip
    api.kubectl("create rolebinding robot --clusterrole view --serviceaccount default:robot")
    asked = f"--token {token} --kubeconfig /dev/null --server https://127.0.0.1:{api.port}"
    line = f"{asked} --insecure-skip-tls-verify"
    assert "No resources found" in api.kubectl(f"get pods {line}")
    assert "system:serviceaccount:default:robot" in api.kubectl(f"auth whoami {line}")
    assert "yes" in api.kubectl("auth can-i list pods --as system:serviceaccount:default:robot")
    review = of("authentication.k8s.io/v1", "TokenReview", spec={"token": token})
    found = api.send("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review).data["status"]
    assert found["user"]["username"] == "system:serviceaccount:default:robot"
    api.kubectl("delete sa robot")
    assert "Unauthorized" in api.kubectl(f"get pods {line}", fails=True)


def test_only_who_may_impersonates(api):
    api.kubectl("apply -f -", [
        role("ClusterRole", "as-jane", {"apiGroups": [""], "resources": ["users"],
                                        "resourceNames": ["jane"], "verbs": ["impersonate"]}),
    ])  # fmt: skip
    api.kubectl("create sa actor")
    api.kubectl("create clusterrolebinding actor --clusterrole as-jane "
                "--serviceaccount default:actor")  # fmt: skip
    token = api.kubectl("create token actor").strip()
    line = (
        f"--token {token} --kubeconfig /dev/null --server https://127.0.0.1:{api.port} "
        "--insecure-skip-tls-verify"
    )
    assert "No resources found" in api.kubectl(f"get pods --as jane {line}")
    told = api.kubectl(f"get pods --as admin {line}", fails=True)
    assert (
        'users "admin" is forbidden: User "system:serviceaccount:default:actor" cannot '
        'impersonate resource "users" in API group "" at the cluster scope'
    ) in told
    told = api.kubectl(f"get pods --as jane --as-group system:masters {line}", fails=True)
    assert 'groups "system:masters" is forbidden' in told


def test_nobody_gives_what_they_do_not_have(api):
    nodes = role("Role", "more", {"apiGroups": [""], "resources": ["pods/ephemeralcontainers"],
                                  "verbs": ["patch"]})  # fmt: skip
    told = api.kubectl("create -f - --as ada", nodes, fails=True)
    assert "is attempting to grant RBAC permissions not currently held:" in told
    assert '{APIGroups:[""], Resources:["pods/ephemeralcontainers"], Verbs:["patch"]}' in told
    less = role("Role", "less", READ_PODS)
    assert "created" in api.kubectl("create -f - --as ada", less)
    told = api.kubectl("create rolebinding up --clusterrole cluster-admin --user ada --as ada",
                       fails=True)  # fmt: skip
    assert 'user "ada" (groups=["system:authenticated"]) is attempting to grant' in told
    assert "created" in api.kubectl(
        "create rolebinding same --clusterrole view --user bob --as ada"
    )


def test_exec_is_refused_without_its_right(api):
    api.kubectl("apply -f -", pod("shut"))
    api.run(api.bench.settle())
    told = api.kubectl("exec shut --as jane -- ls", fails=True)
    assert 'pods "shut" is forbidden: User "jane" cannot' in told and '"pods/exec"' in told
    assert "forbidden" not in api.kubectl("exec shut --as eddie -- ls /", fails=None)
    api.kubectl("delete pod shut --now")


def test_applying_what_is_new_needs_the_right_to_create(api):
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["patch", "get"]}
    api.kubectl("apply -f -", [
        role("Role", "patcher", rule),
        binding("RoleBinding", "patcher", "Role", "patcher", ("User", "pat")),
    ])  # fmt: skip
    told = api.kubectl("apply --server-side --as pat -f -", config_map("fresh", a="b"), fails=True)
    assert 'User "pat" cannot create resource "configmaps"' in told


def test_a_secret_with_a_token_of_an_account(api):
    api.kubectl("create sa keeper")
    secret = of("v1", "Secret", "keeper", type="kubernetes.io/service-account-token")
    secret["metadata"]["annotations"] = {"kubernetes.io/service-account.name": "keeper"}
    api.kubectl("create -f -", secret)
    api.run(api.bench.settle())
    data = json.loads(api.kubectl("get secret keeper -o json"))["data"]
    assert set(data) == {"ca.crt", "namespace", "token"}
    token = base64.b64decode(data["token"]).decode()
    line = (
        f"auth whoami --token {token} --kubeconfig /dev/null "
        f"--server https://127.0.0.1:{api.port} --insecure-skip-tls-verify"
    )
    assert "system:serviceaccount:default:keeper" in api.kubectl(line)
    api.kubectl("delete sa keeper")
    api.run(api.bench.settle())
    assert "NotFound" in api.kubectl("get secret keeper", fails=True)
    assert "Unauthorized" in api.kubectl(line, fails=True)


@pytest.mark.parametrize("spec", [[], {"resourceAttributes": "x"}, {"resourceAttributes": {}}])
def test_reviews_that_ask_nothing(api, spec):
    review = {"kind": "SelfSubjectAccessReview", "spec": spec}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert api.send("POST", path, review).status in (400, 422)
