"""Who asks, as whom, and whether they may: reviews, impersonation, roles, tokens."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.authorization import default_roles, users
from owlab.pocket.kube.store import Store

from ..controllers.plain_store import namespace, obj, pod, store_of
from .api_client import SPACE, TOKEN, client_of, names, status

RBAC = "rbac.authorization.k8s.io/v1"
AUTH = "/apis/authorization.k8s.io/v1"
KNOW = "/apis/authentication.k8s.io/v1"


def role(name: str, *rules: Object, space: str = "default") -> Object:
    kind, meta = ("Role", {"namespace": space}) if space else ("ClusterRole", {})
    return {"apiVersion": RBAC, "kind": kind, "metadata": {"name": name, **meta},
            "rules": list(rules)}  # fmt: skip


def bound(name: str, *subjects: Object, of: str = "Role", space: str = "default") -> Object:
    kind, meta = ("RoleBinding", {"namespace": space}) if space else ("ClusterRoleBinding", {})
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": of, "name": name}
    return {"apiVersion": RBAC, "kind": kind, "metadata": {"name": name, **meta},
            "roleRef": ref, "subjects": list(subjects)}  # fmt: skip


def user(name: str) -> Object:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}


def group(name: str) -> Object:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": name}


READ = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}


@pytest.fixture
def store() -> Store:
    kept = store_of(
        namespace("team"),
        obj("ConfigMap", "c"),
        obj("ServiceAccount", "robot"),
        pod("p", serviceAccountName="robot"),
        pod("other"),
        obj("Secret", "s"),
        role("reads", READ),
        bound("reads", user("jane"), group("readers"),
              {"kind": "ServiceAccount", "name": "robot", "namespace": "default"}),
        role("one", {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"],
                     "resourceNames": ["mine"]}),
        bound("one", user("jane")),
        role("probes", {"nonResourceURLs": ["/healthz", "/logs/*"], "verbs": ["get"]}, space=""),
        bound("probes", user("jane"), of="ClusterRole", space=""),
    )  # fmt: skip
    default_roles.ensure(kept)
    return kept


@pytest.fixture
async def api(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(store) as client:
        yield client


def as_(name: str, *groups: str, **more: str) -> Any:
    headers = [("Impersonate-User", name), *(("Impersonate-Group", one) for one in groups)]
    return httpx.Headers([*headers, *((key.replace("_", "-"), v) for key, v in more.items())])


async def allowed(api: httpx.AsyncClient, who: Any, **attributes: str) -> bool:
    spec = {"resourceAttributes": attributes}
    if "path" in attributes:
        spec = {"nonResourceAttributes": attributes}
    body = {"kind": "SelfSubjectAccessReview", "spec": spec}
    answer = await api.post(f"{AUTH}/selfsubjectaccessreviews", json=body, headers=who)
    assert answer.status_code == 201, answer.text
    found = answer.json()["status"]
    return bool(found["allowed"])


MAPS = {"verb": "get", "resource": "configmaps", "namespace": "default"}


@pytest.mark.parametrize(
    ("who", "attributes", "may"),
    [
        (as_("jane"), MAPS, True),
        (as_("joe", "readers"), MAPS, True),
        (as_("joe"), MAPS, False),
        (as_("system:serviceaccount:default:robot"), MAPS, True),
        (as_("system:serviceaccount:team:robot"), MAPS, False),
        (as_("jane"), {**MAPS, "verb": "delete"}, False),
        (as_("jane"), {**MAPS, "namespace": "team"}, False),
        (as_("jane"), {**MAPS, "namespace": ""}, False),
        (as_("jane"), {**MAPS, "resource": "secrets"}, False),
        (as_("jane"), {**MAPS, "resource": "secrets", "name": "mine"}, True),
        (as_("jane"), {**MAPS, "resource": "secrets", "name": "other"}, False),
        (as_("jane"), {**MAPS, "group": "apps"}, False),
        (as_("jane"), {**MAPS, "subresource": "status"}, False),
        (as_("jane"), {"verb": "get", "path": "/healthz"}, True),
        (as_("jane"), {"verb": "get", "path": "/logs/a"}, True),
        (as_("jane"), {"verb": "post", "path": "/healthz"}, False),
        (as_("jane"), {"verb": "get", "path": "/secret"}, False),
        (httpx.Headers(), {**MAPS, "verb": "delete"}, True),
    ],
)  # fmt: skip
async def test_may_i(api: httpx.AsyncClient, who: Any, attributes: Any, may: bool) -> None:
    if who and who.get("impersonate-user"):
        # Everybody may ask this of oneself.
        assert await allowed(api, who, **attributes) is may
    else:
        assert await allowed(api, None, **attributes) is may


@pytest.mark.parametrize(
    ("spec", "may"),
    [
        ({"user": "jane"}, True),
        ({"user": "joe"}, False),
        ({"groups": ["readers"]}, True),
        ({"user": "joe", "groups": ["others", "readers"]}, True),
        ({"groups": ["system:masters"]}, True),
    ],
)
@pytest.mark.parametrize("place", ["", "local"])
async def test_may_they(api: httpx.AsyncClient, spec: Object, may: bool, place: str) -> None:
    kind, path = "SubjectAccessReview", f"{AUTH}/subjectaccessreviews"
    if place:
        kind = "LocalSubjectAccessReview"
        path = f"{AUTH}/namespaces/default/localsubjectaccessreviews"
    body = {"kind": kind, "spec": {**spec, "resourceAttributes": MAPS}}
    answer = (await api.post(path, json=body)).json()
    assert answer["status"]["allowed"] is may
    assert answer["spec"] == body["spec"] and answer["metadata"] == {"creationTimestamp": None}


ONE = "exactly one of nonResourceAttributes or resourceAttributes must be specified"


@pytest.mark.parametrize(
    ("kind", "spec", "code", "said"),
    [
        ("SubjectAccessReview", {"resourceAttributes": MAPS}, 422,
         "at least one of user or group must be specified"),
        ("SelfSubjectAccessReview", {}, 422, ONE),
        ("SelfSubjectAccessReview", {"resourceAttributes": MAPS,
                                     "nonResourceAttributes": {"verb": "get", "path": "/"}},
         422, ONE),
        ("SelfSubjectRulesReview", {}, 400, "no namespace on request"),
        ("SelfSubjectAccessReview", {"resourceAttributes": 5}, 400, "resourceAttributes"),
    ],
)  # fmt: skip
async def test_questions_that_are_none(
    api: httpx.AsyncClient, kind: str, spec: Object, code: int, said: str
) -> None:
    answer = await api.post(f"{AUTH}/{kind.lower()}s", json={"kind": kind, "spec": spec})
    assert answer.status_code == code and said in status(answer)[2]


async def test_reviews_by_their_place(api: httpx.AsyncClient) -> None:
    body = {"spec": {"resourceAttributes": MAPS}}
    answer = (await api.post(f"{AUTH}/selfsubjectaccessreviews", json=body)).json()
    assert (answer["kind"], answer["apiVersion"]) == (
        *("SelfSubjectAccessReview", "authorization.k8s.io/v1"),
    )
    wrong = await api.post(f"{AUTH}/selfsubjectaccessreviews", json={"kind": "Pod"})
    assert "does not match the expected SelfSubjectAccessReview" in status(wrong)[2]
    assert (await api.post(f"{AUTH}/nonsenses", json=body)).status_code == 404
    assert (await api.post(f"{AUTH}/selfsubjectaccessreviews", json=[])).status_code == 400


async def test_all_that_one_may(api: httpx.AsyncClient) -> None:
    body = {"spec": {"namespace": "default"}}
    path = f"{AUTH}/selfsubjectrulesreviews"
    found = (await api.post(path, json=body, headers=as_("jane"))).json()["status"]
    assert {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["configmaps"]} in (
        found["resourceRules"]
    )
    assert [rule["nonResourceURLs"] for rule in found["nonResourceRules"]].count(
        ["/healthz", "/logs/*"]
    ) == 1
    assert found["incomplete"] is False and "evaluationError" not in found
    far = (await api.post(path, json={"spec": {"namespace": "team"}}, headers=as_("jane"))).json()
    assert not any("configmaps" in rule["resources"] for rule in far["status"]["resourceRules"])


async def test_roles_that_are_missing_are_told(api: httpx.AsyncClient, store: Store) -> None:
    store.create(bound("gone", user("jane")))
    body = {"spec": {"namespace": "default"}}
    path = f"{AUTH}/selfsubjectrulesreviews"
    found = (await api.post(path, json=body, headers=as_("jane"))).json()["status"]
    assert found["incomplete"] is True and '"gone" not found' in found["evaluationError"]


async def test_who_am_i(api: httpx.AsyncClient) -> None:
    path = f"{KNOW}/selfsubjectreviews"

    async def me(who: Any = None) -> Object:
        answer = await api.post(path, json={}, headers=who)
        assert answer.status_code == 201, answer.text
        found: Object = answer.json()["status"]["userInfo"]
        return found

    assert await me() == {
        "username": "system:admin",
        "groups": ["system:masters", "system:authenticated"],
    }
    assert await me(as_("jane", "a", "b")) == {
        "username": "jane",
        "groups": ["a", "b", "system:authenticated"],
    }
    assert await me(as_("jane", impersonate_uid="7")) == {
        "username": "jane",
        "uid": "7",
        "groups": ["system:authenticated"],
    }
    nobody = await me(as_("system:anonymous", "system:masters"))
    assert nobody["groups"] == ["system:masters", "system:unauthenticated"]
    assert (await me(as_("system:serviceaccount:team:x")))["groups"] == [
        "system:serviceaccounts",
        "system:serviceaccounts:team",
        "system:authenticated",
    ]
    refused = await api.post(path, json={}, headers={"Impersonate-Group": "a"})
    assert "without impersonating a user" in status(refused)[2]


async def test_without_credentials(api: httpx.AsyncClient) -> None:
    for given in ("", "Bearer other", "Bearer ", "Basic x"):
        answer = await api.get(f"{SPACE}/configmaps", headers={"Authorization": given})
        assert status(answer) == (401, "Unauthorized", "Unauthorized"), given


async def test_what_one_may_not_is_said(api: httpx.AsyncClient) -> None:
    assert names(await api.get(f"{SPACE}/configmaps", headers=as_("jane"))) == ["c"]
    for method, path, said in (
        ("GET", f"{SPACE}/secrets",
         'secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the '
         'namespace "default"'),
        ("DELETE", f"{SPACE}/configmaps/c",
         'configmaps "c" is forbidden: User "jane" cannot delete resource "configmaps" in API '
         'group "" in the namespace "default"'),
        ("GET", "/api/v1/nodes",
         'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the '
         "cluster scope"),
        ("GET", "/metrics", 'forbidden: User "jane" cannot get path "/metrics"'),
    ):  # fmt: skip
        answer = await api.request(method, path, headers=as_("jane"))
        assert answer.status_code == 403
        assert said in status(answer)[2], path


@pytest.mark.parametrize(
    ("rule", "who", "may"),
    [
        ({"resources": ["users"], "resourceNames": ["jane"]}, as_("jane"), True),
        ({"resources": ["users"], "resourceNames": ["jane"]}, as_("joe"), False),
        ({"resources": ["users"]}, as_("jane", "readers"), False),
        ({"resources": ["users", "groups"]}, as_("jane", "readers"), True),
        ({"resources": ["users"]}, as_("system:serviceaccount:default:robot"), False),
        ({"resources": ["serviceaccounts"]}, as_("system:serviceaccount:default:robot"), True),
        ({"resources": ["serviceaccounts"]},
         as_("system:serviceaccount:default:robot", "system:serviceaccounts"), True),
        ({"resources": ["serviceaccounts"]},
         as_("system:serviceaccount:default:robot", "other"), False),
        ({"resources": ["users"]}, as_("jane", impersonate_uid="7"), False),
        ({"apiGroups": ["", "authentication.k8s.io"], "resources": ["users", "uids"]},
         as_("jane", impersonate_uid="7"), True),
        ({"resources": ["users"]}, as_("jane", impersonate_extra_scope="x"), False),
        ({"apiGroups": ["", "authentication.k8s.io"], "resources": ["users", "userextras/scope"]},
         as_("jane", impersonate_extra_scope="x"), True),
    ],
)  # fmt: skip
async def test_who_may_be_another(store: Store, rule: Object, who: Any, may: bool) -> None:
    account = store.get("ServiceAccount", "robot", "default")
    store.create(role("acts", {"apiGroups": [""], "verbs": ["impersonate"], **rule}, space=""))
    subject = {"kind": "ServiceAccount", "name": "robot", "namespace": "default"}
    store.create(bound("acts", subject, of="ClusterRole", space=""))
    async with client_of(store) as api:
        path = f"{SPACE}/serviceaccounts/{account['metadata']['name']}/token"
        token = (await api.post(path, json={"spec": {}})).json()["status"]["token"]
        who = httpx.Headers({**who, "Authorization": f"Bearer {token}"})
        answer = await api.post(f"{KNOW}/selfsubjectreviews", json={}, headers=who)
        assert answer.status_code == (201 if may else 403), answer.text


async def reviewed(api: httpx.AsyncClient, token: str) -> Object:
    body = {"spec": {"token": token}}
    found: Object = (await api.post(f"{KNOW}/tokenreviews", json=body)).json()["status"]
    return found


async def issued(api: httpx.AsyncClient, **spec: Any) -> str:
    path = f"{SPACE}/serviceaccounts/robot/token"
    answer = await api.post(path, json={"spec": spec})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["status"]["token"])


async def test_tokens_of_accounts(api: httpx.AsyncClient, store: Store) -> None:
    token = await issued(api)
    found = await reviewed(api, token)
    account = store.get("ServiceAccount", "robot", "default")["metadata"]
    assert found["authenticated"] is True
    assert found["user"]["username"] == "system:serviceaccount:default:robot"
    assert found["user"]["uid"] == account["uid"]
    assert await reviewed(api, "nonsense") == {}
    assert await reviewed(api, token[:-3] + "xxx") == {}
    mine = {"Authorization": f"Bearer {token}"}
    assert names(await api.get(f"{SPACE}/configmaps", headers=mine)) == ["c"]
    store.delete("ServiceAccount", "robot", "default")
    assert await reviewed(api, token) == {}
    store.create(obj("ServiceAccount", "robot"))
    assert await reviewed(api, token) == {}, "another account of that name"
    assert (await api.get(f"{SPACE}/configmaps", headers=mine)).status_code == 401


async def test_a_token_ends(api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await issued(api, expirationSeconds=600)
    now, clock = time.time(), "owlab.pocket.ground.clock.source"
    monkeypatch.setattr(clock, lambda: int((now + 400) * 1e9))
    assert (await reviewed(api, token))["authenticated"]
    monkeypatch.setattr(clock, lambda: int((now + 700) * 1e9))
    assert await reviewed(api, token) == {}


async def test_a_token_goes_with_its_pod(api: httpx.AsyncClient, store: Store) -> None:
    meta = store.get("Pod", "p", "default")["metadata"]
    ref = {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": meta["uid"]}
    token = await issued(api, boundObjectRef=ref)
    assert (await reviewed(api, token))["authenticated"]
    store.delete("Pod", "p", "default", grace=0)
    assert await reviewed(api, token) == {}
    store.create(pod("p", serviceAccountName="robot"))
    assert await reviewed(api, token) == {}, "another pod of that name"


async def test_a_token_goes_with_its_secret(api: httpx.AsyncClient, store: Store) -> None:
    token = await issued(api, boundObjectRef={"kind": "Secret", "apiVersion": "v1", "name": "s"})
    assert (await reviewed(api, token))["authenticated"]
    store.delete("Secret", "s", "default")
    assert await reviewed(api, token) == {}
    store.create(obj("Secret", "s"))
    assert await reviewed(api, token) == {}


@pytest.mark.parametrize(
    ("ref", "code", "said"),
    [
        ({"kind": "Pod", "apiVersion": "v1", "name": "none"}, 404, 'pods "none" not found'),
        ({"kind": "Secret", "apiVersion": "v1", "name": "none"}, 404, 'secrets "none" not found'),
        ({"kind": "Pod", "apiVersion": "v1", "name": "other"}, 400,
         'cannot bind token for serviceaccount "robot" to pod running with different '
         "serviceaccount name."),
        ({"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": "x"}, 409,
         "the UID in the bound object reference (x) does not match the UID in record. The object "
         "might have been deleted and then recreated"),
        ({"kind": "ConfigMap", "apiVersion": "v1", "name": "c"}, 400,
         "cannot bind token to object of type /v1, Kind=ConfigMap"),
        ({"kind": "Deployment", "apiVersion": "apps/v1", "name": "c"}, 400,
         "cannot bind token to object of type apps/v1, Kind=Deployment"),
    ],
)  # fmt: skip
async def test_what_no_token_goes_with(
    api: httpx.AsyncClient, ref: Object, code: int, said: str
) -> None:
    path = f"{SPACE}/serviceaccounts/robot/token"
    answer = await api.post(path, json={"spec": {"boundObjectRef": ref}})
    assert answer.status_code == code and said in status(answer)[2]


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("system:serviceaccount:a:b", ("a", "b")),
        ("system:serviceaccount:a:b:c", ("a", "b:c")),
        ("system:serviceaccount:a:", None),
        ("system:serviceaccount::b", None),
        ("system:serviceaccount:a", None),
        ("jane", None),
    ],
)
def test_names_of_accounts(name: str, account: tuple[str, str] | None) -> None:
    assert users.account_of(name) == account


@pytest.mark.parametrize(
    ("subject", "name", "groups"),
    [
        ((("commonName", "jane"),), "jane", ("system:authenticated",)),
        ((("organizationName", "a"), ("commonName", "jane"), ("organizationName", "b")), "jane",
         ("a", "b", "system:authenticated")),
        ((("organizationName", "a"),), None, ()),
        ((), None, ()),
    ],
)  # fmt: skip
def test_users_of_certificates(subject: Any, name: str | None, groups: Any) -> None:
    found = users.of_certificate({"subject": tuple((pair,) for pair in subject)})
    assert (found and (found.name, found.groups)) == ((name, groups) if name else None)
    assert users.of_certificate(None) is None


async def test_a_token_is_known_or_not(api: httpx.AsyncClient) -> None:
    place = "/apis/authentication.k8s.io/v1/tokenreviews"
    known = (await api.post(place, json={"spec": {"token": TOKEN}})).json()
    assert (known["kind"], known["spec"]) == ("TokenReview", {"token": TOKEN})
    assert known["status"]["authenticated"] is True
    assert known["status"]["user"]["username"] == "system:admin"
    for spec in ({"token": "another"}, {}):
        assert (await api.post(place, json={"spec": spec})).json()["status"] == {}
