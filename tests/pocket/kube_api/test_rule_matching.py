"""What a request asks for, and which rules, subjects and bindings give it."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import HTTPConnection

from owlab.pocket.kube.authorization import Authorizer, attributes_of, check_escalation
from owlab.pocket.kube.authorization.attributes import Attributes
from owlab.pocket.kube.authorization.rule_matching import allows, covers, pieces
from owlab.pocket.kube.authorization.users import UserInfo, account_of, of_certificate
from owlab.pocket.kube.errors import Denied, NotFound
from owlab.pocket.kube.kinds import KINDS

from ...clients.manifests import Object
from ..controllers.plain_store import namespace, obj, store_of


def asked(method: str, url: str) -> Attributes:
    path, _, query = url.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [],
    }
    return attributes_of(HTTPConnection(scope))


@pytest.mark.parametrize(
    ("method", "url", "wanted"),
    [
        ("GET", "/api/v1/pods", Attributes("list", "", "pods")),
        ("GET", "/api/v1/pods?watch=true", Attributes("watch", "", "pods")),
        ("GET", "/api/v1/pods?watch=1", Attributes("watch", "", "pods")),
        ("GET", "/api/v1/pods?watch=false", Attributes("list", "", "pods")),
        ("HEAD", "/api/v1/nodes/a", Attributes("get", "", "nodes", name="a")),
        (
            "GET",
            "/api/v1/namespaces/x/pods/a/log",
            Attributes("get", "", "pods", "log", "x", "a"),
        ),
        ("POST", "/api/v1/namespaces/x/pods", Attributes("create", "", "pods", namespace="x")),
        (
            "POST",
            "/api/v1/namespaces/x/pods/a/exec",
            Attributes("create", "", "pods", "exec", "x", "a"),
        ),
        (
            "DELETE",
            "/apis/apps/v1/namespaces/x/deployments",
            Attributes("deletecollection", "apps", "deployments", namespace="x"),
        ),
        (
            "DELETE",
            "/apis/apps/v1/namespaces/x/deployments/a",
            Attributes("delete", "apps", "deployments", namespace="x", name="a"),
        ),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/x/deployments/a/scale",
            Attributes("patch", "apps", "deployments", "scale", "x", "a"),
        ),
        ("PUT", "/api/v1/nodes/a", Attributes("update", "", "nodes", name="a")),
        ("GET", "/api/v1/namespaces", Attributes("list", "", "namespaces")),
        ("GET", "/api/v1/namespaces/x", Attributes("get", "", "namespaces", "", "x", "x")),
        (
            "PUT",
            "/api/v1/namespaces/x/finalize",
            Attributes("update", "", "namespaces", "finalize", "x", "x"),
        ),
        (
            "GET",
            "/api/v1/namespaces/x/status",
            Attributes("get", "", "namespaces", "status", "x", "x"),
        ),
        (
            "GET",
            "/api/v1/pods?fieldSelector=status.phase%3DRunning,metadata.name%3Da",
            Attributes("list", "", "pods", name="a"),
        ),
        ("GET", "/healthz", Attributes("get", path="/healthz")),
        ("GET", "/api", Attributes("get", path="/api")),
        ("GET", "/api/v1", Attributes("get", path="/api/v1")),
        ("GET", "/apis/apps/v1", Attributes("get", path="/apis/apps/v1")),
        ("POST", "/other", Attributes("post", path="/other")),
    ],
)
def test_what_a_request_asks_for(method, url, wanted):
    assert asked(method, url) == wanted


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        (Attributes("get", path="/x"), 'User "ada" cannot get path "/x"'),
        (
            Attributes("list", "", "pods"),
            'User "ada" cannot list resource "pods" in API group "" at the cluster scope',
        ),
        (
            Attributes("create", "apps", "deployments", "scale", "x", "a"),
            'User "ada" cannot create resource "deployments/scale" in API group "apps" in the '
            'namespace "x"',
        ),
    ],
)
def test_what_is_said_to_who_may_not(attributes, sentence):
    assert attributes.refused_to("ada") == sentence


def rule(verbs: str = "get", resources: str = "pods", groups: str = ",", **more: Any) -> Object:
    return {
        "verbs": verbs.split(","),
        "apiGroups": [""] if groups == "," else groups.split(","),
        "resources": resources.split(","),
        **more,
    }


GET = Attributes("get", "", "pods", "", "x", "a")
LOG = Attributes("get", "", "pods", "log", "x", "a")
PATH = Attributes("get", path="/healthz/ready")


@pytest.mark.parametrize(
    ("found", "question", "given"),
    [
        (rule(), GET, True),
        (rule("list"), GET, False),
        (rule("list,get"), GET, True),
        (rule("*"), GET, True),
        (rule(resources="nodes"), GET, False),
        (rule(resources="*"), GET, True),
        (rule(resources="*"), LOG, True),
        (rule(), LOG, False),
        (rule(resources="pods/log"), LOG, True),
        (rule(resources="pods/log"), GET, False),
        (rule(resources="*/log"), LOG, True),
        (rule(resources="*/log"), GET, False),
        (rule(groups="apps"), GET, False),
        (rule(groups="*"), GET, True),
        (rule(resourceNames=["a"]), GET, True),
        (rule(resourceNames=["b"]), GET, False),
        (rule(resourceNames=["a"]), Attributes("get", "", "pods"), False),
        ({"verbs": ["get"], "nonResourceURLs": ["/healthz"]}, PATH, False),
        ({"verbs": ["get"], "nonResourceURLs": ["/healthz/*"]}, PATH, True),
        ({"verbs": ["get"], "nonResourceURLs": ["*"]}, PATH, True),
        ({"verbs": ["get"], "nonResourceURLs": ["/healthz/ready"]}, PATH, True),
        ({"verbs": ["post"], "nonResourceURLs": ["*"]}, PATH, False),
        ({"verbs": ["get"], "nonResourceURLs": ["*"]}, GET, False),
        (rule("*", "*", "*"), PATH, False),
        ({}, GET, False),
    ],
)
def test_rules(found, question, given):
    assert allows(found, question) == given


def test_the_pieces_of_a_rule():
    found = list(pieces(rule("get,list", "pods,nodes", ",", resourceNames=["a", "b"])))
    assert len(found) == 8
    assert found[0] == {
        "verbs": ["get"],
        "apiGroups": [""],
        "resources": ["pods"],
        "resourceNames": ["a"],
    }
    assert list(pieces({"verbs": ["get"], "nonResourceURLs": ["/a"]})) == [
        {"verbs": ["get"], "nonResourceURLs": ["/a"]}
    ]
    assert list(pieces(rule())) == [rule()]


URL = {"verbs": ["get"], "nonResourceURLs": ["/a/b"]}


@pytest.mark.parametrize(
    ("held", "piece", "covered"),
    [
        ([rule()], rule(), True),
        ([], rule(), False),
        ([rule("list"), rule("get,watch")], rule(), True),
        ([rule("*", "*", "*")], rule("delete", "pods/log", "apps"), True),
        ([rule(resources="pods")], rule(resources="pods/log"), False),
        ([rule(resources="*/log")], rule(resources="pods/log"), True),
        ([rule(groups="apps")], rule(), False),
        ([rule(resourceNames=["a", "b"])], rule(resourceNames=["a"]), True),
        ([rule(resourceNames=["a"])], rule(resourceNames=["c"]), False),
        ([rule(resourceNames=["a"])], rule(), False),
        ([rule()], rule(resourceNames=["a"]), True),
        ([{"verbs": ["get"], "nonResourceURLs": ["/a/*"]}], URL, True),
        ([{"verbs": ["get"], "nonResourceURLs": ["/b"]}, rule("*", "*", "*")], URL, False),
    ],
)
def test_who_holds_a_piece(held, piece, covered):
    assert covers(held, piece) == covered


RBAC = "rbac.authorization.k8s.io/v1"


def role(name: str, *rules: Object, kind: str = "ClusterRole") -> Object:
    made = {**obj(kind, name, api=RBAC), "rules": list(rules)}
    if kind == "ClusterRole":
        del made["metadata"]["namespace"]
    return made


def binding(name: str, to: str, *subjects: Object, kind: str = "RoleBinding") -> Object:
    what, _, named = to.partition("/")
    made = obj(kind, name, api=RBAC, subjects=list(subjects))
    made["roleRef"] = {"apiGroup": "rbac.authorization.k8s.io", "kind": what, "name": named}
    if kind == "ClusterRoleBinding":
        del made["metadata"]["namespace"]
    return made


ADA = {"kind": "User", "name": "ada"}
DEVS = {"kind": "Group", "name": "devs"}
BOT = {"kind": "ServiceAccount", "name": "bot"}
USER = UserInfo("ada", ("devs", "system:authenticated"))
ACCOUNT = UserInfo("system:serviceaccount:default:bot", ("system:serviceaccounts",))
BOUND = 'RoleBinding "b/default" of ClusterRole "pods" to '
OWN = 'RoleBinding "b/default" of Role "pods" to '
ELSEWHERE = Attributes("get", "", "pods", "", "other")
PODS = Attributes("get", "", "pods", "", "default", "a")


@pytest.mark.parametrize(
    ("made", "user", "question", "reason"),
    [
        ([], USER, PODS, None),
        (
            [binding("b", "ClusterRole/pods", ADA)],
            USER,
            PODS,
            BOUND + 'User "ada"',
        ),
        (
            [binding("b", "Role/pods", DEVS)],
            USER,
            PODS,
            OWN + 'Group "devs"',
        ),
        (
            [binding("b", "ClusterRole/pods", ADA, kind="ClusterRoleBinding")],
            USER,
            PODS,
            'ClusterRoleBinding "b" of ClusterRole "pods" to User "ada"',
        ),
        ([binding("b", "ClusterRole/pods", {**ADA, "name": "bob"})], USER, PODS, None),
        (
            [binding("b", "ClusterRole/pods", ADA)],
            USER,
            Attributes("get", "", "pods", "", "other"),
            None,
        ),
        ([binding("b", "ClusterRole/pods", ADA)], USER, Attributes("get", "", "pods"), None),
        (
            [binding("b", "ClusterRole/pods", BOT)],
            ACCOUNT,
            PODS,
            BOUND + 'ServiceAccount "bot/default"',
        ),
        (
            [binding("b", "ClusterRole/pods", {**BOT, "namespace": "other"})],
            ACCOUNT,
            PODS,
            None,
        ),
        ([binding("b", "ClusterRole/pods", BOT, kind="ClusterRoleBinding")], ACCOUNT, PODS, None),
    ],
)
def test_decisions(made, user, question, reason):
    roles = [role("pods", rule()), role("pods", rule(), kind="Role")]
    decision = Authorizer(store_of(namespace("other"), *roles, *made)).decide(user, question)
    assert decision.allowed == (reason is not None)
    assert decision.reason == (f"RBAC: allowed by {reason}" if reason else "")


def test_a_role_that_is_not_there_is_told():
    bound = [binding("b", "ClusterRole/none", ADA), binding("c", "Role/gone", ADA)]
    authorizer = Authorizer(store_of(*bound))
    absent = (
        '[clusterrole.rbac.authorization.k8s.io "none" not found, '
        'role.rbac.authorization.k8s.io "gone" not found]'
    )
    assert authorizer.decide(USER, PODS).reason == f"RBAC: {absent}"
    with pytest.raises(Denied) as error:
        authorizer.require(USER, PODS)
    assert error.value.message.endswith(f'in the namespace "default": RBAC: {absent}')
    one = Authorizer(store_of(bound[0]))
    assert one.decide(USER, PODS).reason.startswith("RBAC: clusterrole.rbac")
    assert Authorizer(store_of()).decide(UserInfo("x", ("system:masters",)), PODS).allowed


KIND = {kind.kind: kind for kind in KINDS}


@pytest.mark.parametrize(
    ("rules", "made", "allowed"),
    [
        ([rule("*", "*", "*")], role("new", rule()), True),
        ([rule("get", "pods,nodes")], role("new", rule()), True),
        ([rule("get", "nodes")], role("new", rule()), False),
        ([rule("escalate", "clusterroles", RBAC.partition("/")[0])], role("new", rule()), True),
        ([rule("get")], {**role("new"), "aggregationRule": {"x": 1}}, False),
        ([rule("get")], binding("b", "ClusterRole/pods", DEVS), True),
        ([rule("list")], binding("b", "ClusterRole/pods", DEVS), False),
        (
            [rule("bind", "clusterroles", RBAC.partition("/")[0])],
            binding("b", "ClusterRole/pods", DEVS),
            True,
        ),
        ([], obj("ConfigMap", "c"), True),
    ],
)
def test_nobody_gives_away_what_they_do_not_have(rules, made, allowed):
    mine = binding("mine", "ClusterRole/mine", ADA, kind="ClusterRoleBinding")
    store = store_of(role("pods", rule()), role("mine", *rules), mine)
    authorizer = Authorizer(store)
    if allowed:
        check_escalation(authorizer, USER, KIND[made["kind"]], made, None)
        return
    with pytest.raises(Denied) as error:
        check_escalation(authorizer, USER, KIND[made["kind"]], made, None)
    assert 'user "ada" (groups=["devs","system:authenticated"]) is attempting to' in (
        error.value.message
    )
    if made.get("rules") is not None:
        check_escalation(authorizer, USER, KIND[made["kind"]], made, made)
    check_escalation(authorizer, UserInfo("x", ("system:masters",)), KIND[made["kind"]], made, None)


def test_what_is_bound_to_nothing():
    bound = binding("b", "ClusterRole/none", ADA)
    with pytest.raises(NotFound, match=r'authorization\.k8s\.io "none" not found'):
        check_escalation(Authorizer(store_of()), USER, KIND["RoleBinding"], bound, None)


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("system:serviceaccount:default:bot", ("default", "bot")),
        ("system:serviceaccount:default", None),
        ("system:serviceaccount::bot", None),
        ("ada", None),
    ],
)
def test_accounts_by_their_names(name, account):
    assert account_of(name) == account


def test_users_by_their_certificates():
    pair = ((("organizationName", "devs"),), (("commonName", "ada"),), (("organizationName", "b"),))
    assert of_certificate({"subject": pair}) == UserInfo(
        "ada", ("devs", "b", "system:authenticated")
    )
    assert of_certificate({"subject": pair[:1]}) is None
    assert of_certificate(None) is None
