"""Values of quotas, limits, priorities, certificates and admission policies."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from owlab.pocket.kube.validation import admission_policies, certificates, policies, warnings

from ...clients.manifests import changed, of
from .refused import assert_case, assert_said, case, refused


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, ""),
        ({"hard": {"pods": "0", "requests.cpu": "500m"}}, ""),
        ({"hard": {"pods": "-1"}}, 'spec.hard[pods]: Invalid value: "-1": must be greater than or'),
        ({"scopes": ["BestEffort", "Terminating"]}, ""),
        ({"scopes": ["Best"]}, 'spec.scopes[0]: Invalid value: "Best": unsupported scope'),
        ({"scopes": ["BestEffort", "NotBestEffort"]}, "spec.scopes: Invalid value: "),
        ({"scopes": ["NotTerminating", "Terminating"]}, "spec.scopes: Invalid value: "),
    ],
)
def test_quotas(spec, said):
    assert_said(refused(of("v1", "ResourceQuota", spec=spec)), said)


FIRST = "spec.limits[0]"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"type": "Container", "min": {"cpu": "1"}, "max": {"cpu": "1000m"}}, ""),
        ({"type": "example.com/Thing"}, ""),
        ({"type": "Node"}, f'{FIRST}.type: Unsupported value: "Node": supported values: "Contain'),
        ({}, f'{FIRST}.type: Unsupported value: ""'),
        ({"type": "Pod", "max": {"cpu": "1"}}, ""),
        ({"type": "Pod", "default": {"cpu": "1"}}, f"{FIRST}.default: Forbidden: may not be speci"),
        ({"type": "Pod", "defaultRequest": {"cpu": "1"}}, f"{FIRST}.defaultRequest: Forbidden: "),
        (
            {"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}},
            f'{FIRST}.min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
        ),
        (
            {"type": "Container", "defaultRequest": {"cpu": "2"}, "default": {"cpu": "1"}},
            f'{FIRST}.defaultRequest[cpu]: Invalid value: "2": defaultRequest value 2 is greater '
            "than default value 1",
        ),
        (
            {"type": "Container", "default": {"memory": "2Gi"}, "max": {"memory": "1Gi"}},
            f'{FIRST}.default[memory]: Invalid value: "2Gi": default value 2Gi is greater than max',
        ),
        ({"type": "Container", "min": {"cpu": "2"}, "max": {"memory": "1"}}, ""),
    ],
)
def test_limits(item, said):
    assert_said(refused(of("v1", "LimitRange", spec={"limits": [item]})), said)


def test_every_limit_is_looked_at():
    wrong = {"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}}
    pod = {"type": "Pod", "default": {"cpu": "1"}}
    found = policies.limit_range({"spec": {"limits": [wrong, pod, wrong]}})
    assert [field for field, _ in found] == [
        "spec.limits[0].min[cpu]",
        "spec.limits[1].default",
        "spec.limits[2].min[cpu]",
    ]


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("high", {"value": 1_000_000_000}, ""),
        ("high", {"value": 1_000_000_001}, "value: Forbidden: maximum allowed value of a user de"),
        ("low", {"value": -5}, ""),
        ("system-mine", {"value": 1}, "metadata.name: Forbidden: priority class names with 'sys"),
        ("system-node-critical", {"value": 2_000_001_000}, ""),
        ("high", {"value": 1, "preemptionPolicy": "Never"}, ""),
        ("high", {"value": 1, "preemptionPolicy": "Soon"}, "preemptionPolicy: Unsupported value: "),
    ],
)
def test_priorities(name, fields, said):
    assert_said(refused(of("scheduling.k8s.io/v1", "PriorityClass", name, **fields)), said)


def request(damaged: bool = False) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ada")])
    key = ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    der = made.public_bytes(serialization.Encoding.DER)
    if damaged:
        der = der.replace(b"ada", b"eve")
    text = base64.encodebytes(der).decode()
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n"
    return base64.b64encode(pem.encode()).decode()


SIGNING = of(
    "certificates.k8s.io/v1",
    "CertificateSigningRequest",
    "ada",
    spec={
        "request": request(),
        "signerName": "kubernetes.io/kube-apiserver-client",
        "usages": ["client auth"],
        "expirationSeconds": 600,
    },
)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("spec.expirationSeconds", None),
        case("spec.expirationSeconds", 599, "spec.expirationSeconds: Invalid value: 599: may not"),
        case("spec.request", "", 'spec.request: Invalid value: "": PEM block type must be CERTIFI'),
        case("spec.request", "!", 'spec.request: Invalid value: "!": PEM block type must be CERT'),
        pytest.param(
            "spec.request", request(damaged=True), "spec.request: Invalid value: ", id="damaged"
        ),
        case("spec.usages", [], "spec.usages: Required value: usages must be provided"),
        case("spec.usages", ["any", "signing"]),
        case("spec.usages", ["any", "all"], 'spec.usages[1]: Unsupported value: "all"'),
        case("spec.signerName", "example.com/mine"),
        case("spec.signerName", "", "spec.signerName: Required value"),
        case("spec.signerName", "mine", 'spec.signerName: Invalid value: "mine": must be a fully'),
        case("spec.signerName", "a.b/c/d", 'spec.signerName: Invalid value: "a.b/c/d": must be a'),
        case("spec.signerName", "kubernetes.io/legacy-unknown", "spec.signerName: Invalid value: "),
    ],
)
def test_signing_requests(path, value, said):
    assert_case(SIGNING, path, value, said)


@pytest.mark.parametrize(
    ("types", "fine"),
    [
        ([], True),
        (["Approved"], True),
        (["Denied", "Failed"], True),
        (["Approved", "Denied"], False),
    ],
)
def test_nobody_approves_and_denies(types, fine):
    status = {"conditions": [{"type": name} for name in types]}
    assert (certificates.approval({"status": status}) == []) == fine


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        ("runc", ""),
        ("Runc", 'handler: Invalid value: "Runc": '),
        ("", 'handler: Invalid value: "": '),
    ],
)
def test_runtime_classes(handler, said):
    assert_said(refused(of("node.k8s.io/v1", "RuntimeClass", handler=handler)), said)


RULE = {
    "apiGroups": [""],
    "apiVersions": ["v1"],
    "resources": ["pods"],
    "operations": ["CREATE", "UPDATE"],
}
GROUP = "admissionregistration.k8s.io/v1"
POLICY = of(
    GROUP,
    "ValidatingAdmissionPolicy",
    spec={
        "matchConstraints": {"resourceRules": [RULE]},
        "validations": [{"expression": "true"}],
    },
)
MATCH = "spec.matchConstraints"
NAMED = {"name": "a", "expression": "true"}


def rules(**fields: Any) -> dict[str, Any]:
    return {"resourceRules": [RULE, {**RULE, **fields}]}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case(MATCH, None, f"{MATCH}: Required value"),
        case(MATCH, {}, f"{MATCH}.resourceRules: Required value"),
        *(
            case(MATCH, rules(**{field: []}), f"{MATCH}.resourceRules[1].{field}: Required value")
            for field in ("apiGroups", "apiVersions", "resources", "operations")
        ),
        case(MATCH, rules(operations=["*", "DELETE", "CONNECT"])),
        case(
            MATCH,
            rules(operations=["CREATE", "READ"]),
            f'{MATCH}.resourceRules[1].operations[1]: Unsupported value: "READ"',
        ),
        case("spec.failurePolicy", "Ignore"),
        case("spec.failurePolicy", "Warn", 'spec.failurePolicy: Unsupported value: "Warn"'),
        case("spec.validations", [], "spec.validations: Required value: validations or auditAnno"),
        case("spec.validations", [{}], "spec.validations[0].expression: Required value: expressio"),
        case("spec.validations", [{"expression": " "}], "spec.validations[0].expression: Required"),
        case("spec.validations", [{"expression": "1"}], "spec.validations[0].expression: Invalid"),
        case("spec.validations", [{"expression": "("}], "spec.validations[0].expression: Invalid"),
        case(
            "spec.validations",
            [{"expression": "true", "messageExpression": "'no'"}],
        ),
        case(
            "spec.validations",
            [{"expression": "true", "messageExpression": "true"}],
            "spec.validations[0].messageExpression: Invalid value: ",
        ),
        case("spec.variables", [NAMED, {"name": "b", "expression": "1"}]),
        case("spec.variables", [{"expression": "1"}], "spec.variables[0].name: Required value"),
        case("spec.matchConditions", [NAMED]),
        case("spec.matchConditions", [{**NAMED, "name": ""}], "spec.matchConditions[0].name: Req"),
        case(
            "spec.matchConditions",
            [{**NAMED, "expression": "1"}],
            "spec.matchConditions[0].expression: Invalid value: ",
        ),
    ],
)
def test_admission_policies(path, value, said):
    assert_case(POLICY, path, value, said)


def test_a_policy_may_only_annotate():
    spec = {**POLICY["spec"], "auditAnnotations": [{"key": "a", "valueExpression": "'b'"}]}
    assert refused({**POLICY, "spec": {**spec, "validations": []}}) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, []),
        ({"operations": ["*"]}, []),
        (
            {"operations": ["DELETE", "CREATE", "CONNECT"]},
            [
                "operations: the pocket lab asks policies about CREATE and UPDATE only, "
                "not about CONNECT and DELETE"
            ],
        ),
        ({"resources": ["*/*"]}, []),
        (
            {"resources": ["pods", "pods/exec"]},
            ["resources: the pocket lab asks no policy about subresources"],
        ),
    ],
)
def test_what_policies_are_not_asked_is_warned_of(fields, said):
    obj = changed(POLICY, MATCH, rules(**fields))
    assert warnings(obj) == [f"{MATCH}.resourceRules[1].{text}" for text in said]


BINDING = of(
    GROUP,
    "ValidatingAdmissionPolicyBinding",
    spec={"policyName": "some", "validationActions": ["Deny"]},
)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("spec.policyName", "", "spec.policyName: Required value"),
        case("spec.validationActions", [], "spec.validationActions: Required value"),
        case("spec.validationActions", ["Warn", "Audit"]),
        case("spec.validationActions", ["Deny", "Audit"]),
        case("spec.validationActions", ["Audit", "Log"], "spec.validationActions[1]: Unsupported"),
        case("spec.validationActions", ["Deny", "Warn"], "spec.validationActions: Invalid value: "),
    ],
)
def test_bindings_of_policies(path, value, said):
    assert_case(BINDING, path, value, said)


def test_a_policy_of_nothing():
    assert [field for field, _ in admission_policies.policy({})] == [MATCH, "spec.validations"]
    assert [field for field, _ in admission_policies.binding({})] == [
        "spec.policyName",
        "spec.validationActions",
    ]
