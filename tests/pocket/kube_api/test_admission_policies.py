"""ValidatingAdmissionPolicies, RuntimeClasses and claims: what is let in, on objects at rest."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.admission import claims, runtime_classes
from owlab.pocket.kube.admission.validating_policies import PolicyDenied, check
from owlab.pocket.kube.errors import Denied
from owlab.pocket.kube.store import Store

from ...clients.manifests import definition
from ..controllers.plain_store import namespace, obj, store_of

ADMISSION = "admissionregistration.k8s.io/v1"
MAPS = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"],
        "resources": ["configmaps"]}  # fmt: skip
NO = {"expression": "false"}


def policy(*validations: Object, name: str = "p", **spec: Any) -> Object:
    match = spec.pop("match", {"resourceRules": [MAPS]})
    made = {"matchConstraints": match, "validations": list(validations) or [NO], **spec}
    return {
        "apiVersion": ADMISSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": made,
    }


def binding(name: str = "b", of: str = "p", **spec: Any) -> Object:
    return {
        "apiVersion": ADMISSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": of, "validationActions": ["Deny"], **spec},
    }


def store(*objects: Object) -> Store:
    return store_of(namespace("team", tier="gold"), *objects)


def cm(
    name: str = "c", space: str = "default", labels: Object | None = None, **data: str
) -> Object:
    meta = {"namespace": space, "labels": labels or {}}
    return obj("ConfigMap", name, metadata=meta, data=data)


def said(kept: Store, made: Object, old: Object | None = None, user: Object | None = None) -> Any:
    """What is refused, its code and reason; or the warnings."""
    try:
        return check(kept, made, old, user)
    except PolicyDenied as error:
        assert error.details is not None
        [cause] = error.details["causes"]
        assert error.message.endswith(cause["message"])
        return error.message, error.code, error.reason


DENIED = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: "


@pytest.mark.parametrize(
    ("validation", "message", "code", "reason"),
    [
        (NO, "failed expression: false", 422, "Invalid"),
        ({**NO, "message": "never"}, "never", 422, "Invalid"),
        ({**NO, "reason": "Forbidden"}, "failed expression: false", 403, "Forbidden"),
        ({**NO, "reason": "Unauthorized"}, "failed expression: false", 401, "Unauthorized"),
        ({**NO, "reason": "RequestEntityTooLarge"}, "failed expression: false", 413,
         "RequestEntityTooLarge"),
        ({**NO, "message": "m", "messageExpression": "'not ' + object.metadata.name"},
         "not c", 422, "Invalid"),
        ({**NO, "message": "m", "messageExpression": "object.none"}, "m", 422, "Invalid"),
        ({**NO, "message": "m", "messageExpression": "'  '"}, "m", 422, "Invalid"),
        ({**NO, "message": "m", "messageExpression": "5"}, "m", 422, "Invalid"),
        ({"expression": "object.data.a == 'x'"}, "failed expression: object.data.a == 'x'", 422,
         "Invalid"),
        ({"expression": "object.data.a == 'b'"}, None, 0, ""),
        ({"expression": "request.operation == 'CREATE' && oldObject == null"}, None, 0, ""),
        ({"expression": "request.kind.kind == 'ConfigMap' && request.resource.resource == "
          "'configmaps' && request.namespace == 'default' && request.name == 'c'"}, None, 0, ""),
        ({"expression": "namespaceObject.metadata.name == 'default'"}, None, 0, ""),
        ({"expression": "request.userInfo.username.startsWith('system:serviceaccount:')"}, None,
         0, ""),
    ],
)  # fmt: skip
def test_what_does_not_hold(
    validation: Object, message: str | None, code: int, reason: str
) -> None:
    kept = store(policy(validation), binding())
    wanted: Any = []
    if message is not None:
        wanted = f'configmaps "c" is forbidden: {DENIED}{message}', code, reason
    assert said(kept, cm(a="b")) == wanted


def test_the_first_that_does_not_hold_is_told() -> None:
    kept = store(policy({"expression": "true"}, {**NO, "message": "second"}, NO), binding())
    assert said(kept, cm())[0].endswith(": second")


@pytest.mark.parametrize(
    ("actions", "warned", "denied"),
    [
        (["Deny"], False, True),
        (["Warn"], True, False),
        (["Audit"], False, False),
        (["Warn", "Audit"], True, False),
        (["Deny", "Audit"], False, True),
        (None, False, True),
    ],
)
def test_what_comes_of_it(actions: list[str] | None, warned: bool, denied: bool) -> None:
    found = said(store(policy(), binding(validationActions=actions)), cm())
    assert isinstance(found, tuple) is denied
    warning = "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': "
    if not denied:
        assert found == ([f"{warning}failed expression: false"] if warned else [])


def matched(
    made: Object, old: Object | None = None, of: Object | None = None, **match: Any
) -> bool:
    kept = store(policy(match=match) if match else policy(), binding(**(of or {})))
    return bool(said(kept, made, old))


def rule(**more: Any) -> Object:
    return {**MAPS, **more}


@pytest.mark.parametrize(
    ("rules", "match"),
    [
        ([rule()], True),
        ([], False),
        ([rule(apiGroups=["apps"])], False),
        ([rule(apiGroups=["*"])], True),
        ([rule(apiVersions=["v2"])], False),
        ([rule(apiVersions=["*"])], True),
        ([rule(resources=["secrets"])], False),
        ([rule(resources=["*"])], True),
        ([rule(resources=["*/*"])], True),
        ([rule(operations=["UPDATE"])], False),
        ([rule(operations=["*"])], True),
        ([rule(operations=[])], False),
        ([rule(resourceNames=["c"])], True),
        ([rule(resourceNames=["d"])], False),
        ([rule(scope="Namespaced")], True),
        ([rule(scope="Cluster")], False),
        ([rule(resources=["secrets"]), rule()], True),
    ],
)
def test_rules_of_a_policy(rules: list[Object], match: bool) -> None:
    assert matched(cm(), resourceRules=rules) is match
    # A binding without rules is about all that its policy is about.
    assert matched(cm(), of={"matchResources": {"resourceRules": rules}}) is (match or not rules)
    assert matched(cm(), resourceRules=[rule()], excludeResourceRules=rules) is not match


def test_operations() -> None:
    only: dict[str, Any] = {"resourceRules": [rule(operations=["UPDATE"])]}
    assert not matched(cm(), **only)
    assert matched(cm(), cm(), **only)
    kept = store(policy({"expression": "object.data.a == oldObject.data.a"}), binding())
    assert said(kept, cm(a="1"), cm(a="1")) == []
    assert isinstance(said(kept, cm(a="1"), cm(a="2")), tuple)


@pytest.mark.parametrize(
    ("match", "made", "met"),
    [
        ({"objectSelector": {"matchLabels": {"a": "b"}}}, cm(labels={"a": "b"}), True),
        ({"objectSelector": {"matchLabels": {"a": "b"}}}, cm(), False),
        ({"namespaceSelector": {"matchLabels": {"tier": "gold"}}}, cm(space="team"), True),
        ({"namespaceSelector": {"matchLabels": {"tier": "gold"}}}, cm(), False),
        ({"namespaceSelector": {"matchLabels": {"tier": "gold"}}}, namespace("x", tier="gold"),
         True),
        ({"namespaceSelector": {"matchLabels": {"tier": "gold"}}}, namespace("x"), False),
        ({"namespaceSelector": {"matchLabels": {"tier": "gold"}}},
         {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}, True),
    ],
)  # fmt: skip
def test_selectors(match: Object, made: Object, met: bool) -> None:
    every = [rule(resources=["*"])]
    assert matched(made, resourceRules=every, **match) is met
    kept = store(policy(match={"resourceRules": every}), binding(matchResources=match))
    assert bool(said(kept, made)) is met


def test_policies_cannot_shut_themselves_in() -> None:
    every = rule(apiGroups=["*"], resources=["*"])
    kept = store(policy(match={"resourceRules": [every]}), binding())
    assert said(kept, policy(name="other")) == [] and said(kept, cm())
    assert said(store(policy()), cm()) == [], "a policy without a binding does nothing"
    assert said(store(binding()), cm()) == [], "nor does a binding without its policy"


@pytest.mark.parametrize(
    ("spec", "said_", "lenient"),
    [
        ({"validations": [{"expression": "object.none.x == 1"}]},
         "expression 'object.none.x == 1' resulted in error: ", []),
        ({"matchConditions": [{"name": "m", "expression": "object.none.x == 1"}]},
         "expression resulted in error: ", []),
        ({"matchConditions": [{"name": "m", "expression": "false"}]}, None, []),
        ({"matchConditions": [{"name": "m", "expression": "true"},
                              {"name": "n", "expression": "false"}]}, None, []),
    ],
)  # fmt: skip
def test_expressions_that_fail(spec: Object, said_: str | None, lenient: Any) -> None:
    made = policy()
    made["spec"] |= spec
    found = said(store(made, binding()), cm())
    assert found == [] if said_ is None else DENIED + said_ in found[0]
    made = policy(failurePolicy="Ignore")
    made["spec"] |= spec
    assert said(store(made, binding()), cm()) == lenient


def test_variables_build_on_each_other() -> None:
    variables = [
        {"name": "broken", "expression": "object.none.x"},
        {"name": "a", "expression": "object.data.a + '!'"},
        {"name": "b", "expression": "variables.a + '?'"},
    ]
    kept = store(policy({"expression": "variables.b == 'x!?'"}, variables=variables), binding())
    assert said(kept, cm(a="x")) == []
    assert isinstance(said(kept, cm(a="y")), tuple)


LIMITS = {"apiVersion": "example.com/v1", "kind": "Crow"}


def limit(name: str, most: int, space: str = "default", **labels: str) -> Object:
    meta = {"name": name, "namespace": space, "labels": labels}
    return {**LIMITS, "metadata": meta, "spec": {"most": most}}


def with_parameters(ref: Object | None, *objects: Object) -> Store:
    kept = store(definition("crow", {"spec": {"type": "object"}}))
    check_ = {"expression": "params == null || size(object.data) <= params.spec.most"}
    made = policy(check_, paramKind=LIMITS)
    told: dict[str, Any] = {"paramRef": ref} if ref else {}
    for one in (*objects, made, binding(**told)):
        kept.create(one)
    return kept


MISSING = "no params found for policy binding with `Deny` parameterNotFoundAction"


@pytest.mark.parametrize(
    ("ref", "refused"),
    [
        (None, ""),
        ({"name": "one"}, "failed expression"),
        ({"name": "two"}, ""),
        ({"name": "none"}, MISSING),
        ({"name": "none", "parameterNotFoundAction": "Allow"}, ""),
        ({"name": "far", "namespace": "team"}, "failed expression"),
        ({"name": "far"}, MISSING),
        ({"selector": {"matchLabels": {"k": "two"}}}, ""),
        ({"selector": {}}, "failed expression"),
        ({"selector": {"matchLabels": {"k": "none"}}}, MISSING),
    ],
)
def test_parameters(ref: Object | None, refused: str) -> None:
    kept = with_parameters(
        ref, limit("one", 1, k="one"), limit("two", 2, k="two"), limit("far", 1, "team")
    )
    found = said(kept, cm(a="1", b="2"))
    assert refused in found[0] if refused else found == []


def test_parameters_of_a_kind_that_is_not_served() -> None:
    kept = store(policy(paramKind=LIMITS), binding(paramRef={"name": "x"}))
    assert "failed to configure binding: no kind Crow.example.com is served" in said(kept, cm())[0]


# -- runtime classes -----------------------------------------------------------------------


def runtime(**more: Any) -> Object:
    return {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": "kata"},
        "handler": "kata",
        **more,
    }


OVERHEAD = {"podFixed": {"cpu": "1"}}
TOLERATION = {"key": "k", "operator": "Exists"}


@pytest.mark.parametrize(
    ("spec", "kata", "after"),
    [
        ({}, {}, {}),
        ({"overhead": {"cpu": "1"}}, {}, "Pod Overhead set without corresponding RuntimeClass"),
        ({"runtimeClassName": "none"}, {}, 'RuntimeClass "none" not found'),
        ({"runtimeClassName": "kata"}, {}, {}),
        ({"runtimeClassName": "kata"}, {"overhead": OVERHEAD}, {"overhead": {"cpu": "1"}}),
        ({"runtimeClassName": "kata", "overhead": {"cpu": "1"}}, {"overhead": OVERHEAD}, {}),
        ({"runtimeClassName": "kata", "overhead": {"cpu": "2"}}, {"overhead": OVERHEAD},
         "Pod's Overhead doesn't match RuntimeClass's defined Overhead"),
        ({"runtimeClassName": "kata", "overhead": {"cpu": "2"}}, {},
         "Pod's Overhead doesn't match RuntimeClass's defined Overhead"),
        ({"runtimeClassName": "kata", "nodeSelector": {"a": "b"}},
         {"scheduling": {"nodeSelector": {"c": "d", "a": "b"}}},
         {"nodeSelector": {"a": "b", "c": "d"}}),
        ({"runtimeClassName": "kata", "nodeSelector": {"a": "b"}},
         {"scheduling": {"nodeSelector": {"a": "c"}}},
         "conflict: runtimeClass.scheduling.nodeSelector[a] = c; pod.spec.nodeSelector[a] = b"),
        ({"runtimeClassName": "kata"}, {"scheduling": {"tolerations": [TOLERATION]}},
         {"tolerations": [TOLERATION]}),
        ({"runtimeClassName": "kata", "tolerations": [TOLERATION]},
         {"scheduling": {"tolerations": [TOLERATION, {"key": "l"}]}},
         {"tolerations": [TOLERATION, {"key": "l"}]}),
    ],
)  # fmt: skip
def test_what_a_runtime_class_adds(spec: Object, kata: Object, after: Object | str) -> None:
    made = {"metadata": {"name": "box"}, "spec": dict(spec)}
    kept = store_of(runtime(**kata))
    if isinstance(after, str):
        with pytest.raises(Denied) as denied:
            runtime_classes.fill(kept, made)
        assert denied.value.message == f'pods "box" is forbidden: pod rejected: {after}'
        return
    runtime_classes.fill(kept, made)
    assert made["spec"] == {**spec, **after}


# -- claims --------------------------------------------------------------------------------


def claim(size: str, phase: str = "Bound", of: str = "grows") -> Object:
    spec = {"storageClassName": of, "resources": {"requests": {"storage": size}}}
    return obj("PersistentVolumeClaim", "c", spec, status={"phase": phase})


BOUND = "Only bound persistent volume claims can be expanded"
RESIZED = (
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc "
    "must support resize"
)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (None, claim("2Gi", "Pending"), ""),
        (claim("1Gi"), claim("2Gi"), ""),
        (claim("1Gi"), claim("1024Mi", of="fixed"), ""),
        (claim("1Gi", "Pending"), claim("2Gi"), BOUND),
        (claim("1Gi", "Pending"), claim("1Gi"), ""),
        (claim("1Gi", of="fixed"), claim("2Gi", of="fixed"), RESIZED),
        (claim("1Gi", of="none"), claim("2Gi", of="none"), RESIZED),
    ],
)
def test_claims_grow_where_their_class_lets_them(old: Object | None, new: Object, why: str) -> None:
    def kind(name: str, grows: bool) -> Object:
        meta = {"name": name}
        return {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": meta,
                "provisioner": "x", "allowVolumeExpansion": grows}  # fmt: skip

    kept = store_of(kind("grows", True), kind("fixed", False))
    if not why:
        claims.check(kept, new, old)
        return
    with pytest.raises(Denied) as denied:
        claims.check(kept, new, old)
    assert denied.value.message == f'persistentvolumeclaims "c" is forbidden: {why}'
