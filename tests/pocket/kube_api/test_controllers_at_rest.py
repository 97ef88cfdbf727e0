"""One look of small controllers at objects at rest: token Secrets, definitions, certificates."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest
from cryptography import x509

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import is_true
from owlab.pocket.kube.controllers.certificate_signing import CertificateSigning
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.custom_resources import CLEANUP, CustomResources
from owlab.pocket.kube.controllers.role_aggregation import RoleAggregation
from owlab.pocket.kube.controllers.token_secrets import TokenSecrets
from owlab.pocket.kube.store import Store
from owlab.pocket.machines.views import DiskFleet

from ...clients.manifests import definition
from ...clients.test_certificates import CLIENT, key_and_request, request
from ..controllers.plain_store import obj, store_of
from .api_client import client_of, status

ACCOUNT = "kubernetes.io/service-account"


def plane(store: Store) -> ControlPlane:
    made = ControlPlane(store, Clock(), cast(DiskFleet, None))
    later: list[float] = []
    made.enqueue = lambda controller, key, seconds=0.0: later.append(seconds)  # type: ignore[method-assign]
    made.later = later  # type: ignore[attr-defined]
    return made


# -- roles made of others -------------------------------------------------------------------


def role(name: str, *verbs: str, **more: Any) -> Object:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": [verb]} for verb in verbs]
    return obj("ClusterRole", name, None, "rbac.authorization.k8s.io/v1", rules=rules, **more)


def labelled(name: str, *verbs: str, **labels: str) -> Object:
    return role(name, *verbs, metadata={"labels": labels})


def test_a_role_has_the_rules_of_those_that_it_selects() -> None:
    selectors = [{"matchLabels": {"to": "sum"}}, {"matchLabels": {"to": "more"}}]
    store = store_of(
        role("sum", "watch", aggregationRule={"clusterRoleSelectors": selectors},
             metadata={"labels": {"to": "sum"}}),
        labelled("a", "get", "list", to="sum"),
        labelled("b", "list", "create", to="more"),
        labelled("c", "delete", to="other"),
        role("d", "patch"),
    )  # fmt: skip
    controller = RoleAggregation(plane(store))
    for name in ("sum", "a"):
        controller.reconcile(store.key("ClusterRole", name))
    rules = store.get("ClusterRole", "sum")["rules"]
    assert [rule["verbs"] for rule in rules] == [["get"], ["list"], ["create"]]
    assert len(store.get("ClusterRole", "a")["rules"]) == 2


# -- token secrets -------------------------------------------------------------------------


def token_secret(account: str = "robot", **more: Any) -> Object:
    notes = {f"{ACCOUNT}.name": account, **more.pop("notes", {})}
    return obj("Secret", "t", metadata={"annotations": notes},
               type=f"{ACCOUNT}-token", **more)  # fmt: skip


def filled(*objects: Object) -> Object | None:
    store = store_of(*objects)
    controller = TokenSecrets(plane(store), "the authority")
    controller.reconcile(store.key("Secret", "t", "default"))
    return store.find("Secret", "t", "default")


def decoded(secret: Object) -> dict[str, str]:
    return {name: base64.b64decode(text).decode() for name, text in secret["data"].items()}


def test_a_token_secret_is_filled_and_keeps_its_token() -> None:
    found = filled(obj("ServiceAccount", "robot"), token_secret())
    assert found is not None
    data = decoded(found)
    assert (data["ca.crt"], data["namespace"]) == ("the authority", "default")
    assert data["token"].count(".") == 2
    assert found["metadata"]["annotations"][f"{ACCOUNT}.uid"]
    kept = filled(obj("ServiceAccount", "robot"), token_secret(data={"token": "bWluZQ==", "x": ""}))
    assert kept is not None and decoded(kept)["token"] == "mine" and "x" in kept["data"]


def test_a_token_secret_goes_with_its_account() -> None:
    assert filled(token_secret()) is None
    other = token_secret(notes={f"{ACCOUNT}.uid": "another"})
    assert filled(obj("ServiceAccount", "robot"), other) is None


@pytest.mark.parametrize(
    "secret", [obj("Secret", "t"), token_secret(account=""), {**token_secret(), "type": "Opaque"}]
)
def test_other_secrets_stay_as_they_are(secret: Object) -> None:
    found = filled(secret)
    assert found is not None and "data" not in found


# -- definitions ---------------------------------------------------------------------------


def crow(**names: str) -> Object:
    made = definition("crow", {"spec": {"type": "object"}})
    made["spec"]["names"] |= names
    if "plural" in names:
        made["metadata"]["name"] = f"{names['plural']}.example.com"
    return made


def looked(store: Store, name: str = "crows.example.com") -> Object | None:
    controller = CustomResources(plane(store))
    controller.reconcile(store.key("CustomResourceDefinition", name))
    return store.find("CustomResourceDefinition", name)


def test_a_definition_is_accepted() -> None:
    made = crow()
    del made["spec"]["names"]["singular"]
    found = looked(store_of(made))
    assert found is not None and found["metadata"]["finalizers"] == [CLEANUP]
    assert found["status"]["acceptedNames"] == {
        "plural": "crows",
        "kind": "Crow",
        "singular": "crow",
        "listKind": "CrowList",
    }
    assert found["status"]["storedVersions"] == ["v1"]
    assert is_true(found, "Established") and is_true(found, "NamesAccepted")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ({"plural": "ravens"}, "KindConflict"),
        ({"plural": "ravens", "kind": "Raven"}, ""),
    ],
)
def test_names_that_are_taken(names: dict[str, str], reason: str) -> None:
    store = store_of(crow(), crow(**names))
    found = looked(store, "ravens.example.com")
    assert found is not None
    assert is_true(found, "Established") is (not reason)
    conditions = {c["type"]: c for c in found["status"]["conditions"]}
    if reason:
        assert conditions["NamesAccepted"]["reason"] == reason
        assert conditions["NamesAccepted"]["message"] == '"Crow" is already in use'
        assert conditions["Established"]["status"] == "False"
    else:
        assert conditions["NamesAccepted"]["reason"] == "NoConflicts"


def test_versions_that_were_stored_are_remembered() -> None:
    made = crow()
    made["status"] = {"storedVersions": ["v1alpha1"]}
    found = looked(store_of(made))
    assert found is not None and found["status"]["storedVersions"] == ["v1alpha1", "v1"]


def test_a_definition_that_goes_takes_its_objects() -> None:
    store = store_of(crow())
    looked(store)
    for name, finalizers in (("a", []), ("b", ["example.com/x"])):
        store.create({"apiVersion": "example.com/v1", "kind": "Crow",
                      "metadata": {"name": name, "finalizers": finalizers}})  # fmt: skip
    store.delete("CustomResourceDefinition", "crows.example.com")
    found = looked(store)
    kind = store.registry.in_group("example.com", "Crow")
    assert kind is not None and found is not None, "one is held, and so is the definition"
    assert [one["metadata"]["name"] for one in store.list(kind)] == ["b"]
    held = store.draft(kind, "b", "default")
    held["metadata"]["finalizers"] = []
    store.update(held)
    assert looked(store) is None


# -- certificates --------------------------------------------------------------------------


class Signer:
    """Notes what it is asked to sign."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str], int]] = []

    def sign(
        self, wanted: x509.CertificateSigningRequest, usages: list[str], seconds: int
    ) -> bytes:
        self.asked.append((wanted.subject.rfc4514_string(), usages, seconds))
        return b"signed"


def csr(*conditions: str, **spec: Any) -> Object:
    _, pem = key_and_request("jane")
    made: Object = request("jane", pem, **spec)
    made["status"] = {"conditions": [{"type": kind, "status": "True"} for kind in conditions]}
    return made


def signed(made: Object, age: float = 0, signer: Signer | None = None) -> Object | None:
    store = store_of(made)
    control = plane(store)
    begun = datetime.now(UTC)
    control.clock.now = lambda: begun + timedelta(seconds=age)  # type: ignore[method-assign]
    controller = CertificateSigning(control, signer or Signer())
    controller.reconcile(store.key("CertificateSigningRequest", "jane"))
    found: Object | None = store.find("CertificateSigningRequest", "jane")
    return found


YEAR = 365 * 24 * 3600


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [
        ({}, YEAR),
        ({"expirationSeconds": 600}, 600),
        ({"expirationSeconds": 2 * YEAR}, YEAR),
        ({"usages": ["client auth", "digital signature", "key encipherment"]}, YEAR),
        ({"signerName": f"{CLIENT}-kubelet"}, YEAR),
        ({"signerName": "kubernetes.io/kubelet-serving", "usages": ["server auth"]}, YEAR),
    ],
)
def test_what_is_signed(spec: dict[str, Any], seconds: int) -> None:
    signer = Signer()
    found = signed(csr("Approved", **spec), signer=signer)
    assert signer.asked == [("CN=jane", spec.get("usages", ["client auth"]), seconds)]
    assert found is not None
    assert base64.b64decode(found["status"]["certificate"]) == b"signed"
    assert is_true(found, "Approved")


@pytest.mark.parametrize(
    ("conditions", "spec", "failed"),
    [
        ([], {}, False),
        (["Denied"], {}, False),
        (["Approved", "Failed"], {}, True),
        (["Approved"], {"signerName": "example.com/mine"}, False),
        (["Approved"], {"usages": ["server auth"]}, True),
        (["Approved"], {"usages": ["client auth", "server auth"]}, True),
        (["Approved"], {"usages": ["digital signature"]}, True),
        (["Approved"], {"request": "bm9uc2Vuc2U="}, False),
    ],
)
def test_what_is_not_signed(conditions: list[str], spec: dict[str, Any], failed: bool) -> None:
    signer = Signer()
    found = signed(csr(*conditions, **spec), signer=signer)
    assert found is not None and signer.asked == []
    assert "certificate" not in found["status"]
    assert is_true(found, "Failed") is failed


@pytest.mark.parametrize(
    ("conditions", "seconds"),
    [([], 24 * 3600), (["Denied"], 3600), (["Failed"], 3600), (["Approved"], 3600)],
)
def test_old_requests_go(conditions: list[str], seconds: int) -> None:
    assert signed(csr(*conditions), age=seconds - 10) is not None
    assert signed(csr(*conditions), age=seconds + 10) is None


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(store_of()) as client:
        yield client


CSRS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"


async def test_who_asks_is_noted_and_what_is_asked_stays(api: httpx.AsyncClient) -> None:
    _, pem = key_and_request("jane")
    made = request("jane", pem, username="forged", uid="7", extra={"a": ["b"]}, groups=["x"])
    answer = await api.post(CSRS, json=made)
    assert answer.status_code == 201, answer.text
    spec = answer.json()["spec"]
    assert (spec["username"], spec["groups"]) == (
        *("system:admin", ["system:masters", "system:authenticated"]),
    )
    assert "uid" not in spec and "extra" not in spec
    changed = {**answer.json(), "spec": {**spec, "signerName": "example.com/x"}}
    again = await api.put(f"{CSRS}/jane", json=changed)
    assert again.json()["spec"] == spec
    _, masters = key_and_request("jane", "system:masters")
    code, _, said = status(await api.post(CSRS, json=request("bad", masters)))
    assert code == 403
    assert f"use of {CLIENT} signer with system:masters group is not allowed" in said


async def test_an_approval(api: httpx.AsyncClient) -> None:
    _, pem = key_and_request("jane")
    made = (await api.post(CSRS, json=request("jane", pem))).json()

    async def said(*kinds: str) -> httpx.Response:
        conditions = [{"type": kind, "status": "True"} for kind in kinds]
        return await api.put(
            f"{CSRS}/jane/approval",
            json={**made, "metadata": {"name": "jane"}, "status": {"conditions": conditions}},
        )

    refused = await said("Approved", "Denied")
    assert "Approved and Denied conditions are mutually exclusive" in status(refused)[2]
    answer = await said("Approved")
    [condition] = answer.json()["status"]["conditions"]
    assert condition["type"] == "Approved"
    assert condition["lastUpdateTime"] == condition["lastTransitionTime"] != ""
