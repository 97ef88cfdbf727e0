"""CEL acts: policies of admission, and rules of custom kinds' definitions."""

import json

import pytest

from ..waiting import until
from .manifests import changed, config_map, definition, deployment, of

GROUP = "admissionregistration.k8s.io/v1"
RULE = {
    "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"],
    "resources": ["deployments"],
}  # fmt: skip


def policy(*validations, **spec):
    rules = spec.pop("rules", [RULE])
    spec = {"matchConstraints": {"resourceRules": rules}, "validations": list(validations), **spec}
    return of(GROUP, "ValidatingAdmissionPolicy", "demo", spec=spec)


def binding(**spec):
    spec = {"policyName": "demo", "validationActions": ["Deny"], **spec}
    return of(GROUP, "ValidatingAdmissionPolicyBinding", "demo-binding", spec=spec)


@pytest.fixture
def put(api):
    yield lambda *objects: api.kubectl("apply -f -", list(objects))
    api.kubectl("delete validatingadmissionpolicybinding,validatingadmissionpolicy --all")


def test_the_policy_of_the_documentation(api, put):
    put(policy({"expression": "object.spec.replicas <= 5"}), binding())
    told = api.kubectl("create -f -", deployment("many", replicas=6), fails=True)
    assert told.strip() == (
        "The deployments \"many\" is invalid: : ValidatingAdmissionPolicy 'demo' with binding "
        "'demo-binding' denied request: failed expression: object.spec.replicas <= 5"
    )
    api.kubectl("create -f -", deployment("few", replicas=1))
    assert "scaled" in api.kubectl("scale deployment few --replicas=6"), "not its rule's resource"
    api.kubectl("scale deployment few --replicas=1")
    changed_one = changed(deployment("few"), "spec.replicas", 9)
    assert "denied request" in api.kubectl("apply -f -", changed_one, fails=True)
    assert "denied request" in api.kubectl("apply --server-side --force-conflicts -f -",
                                           changed_one, fails=True)  # fmt: skip
    assert "(server dry run)" in api.kubectl("apply --dry-run=server -f -", deployment("few"))
    api.kubectl("delete deployment few")
    told = api.kubectl("get validatingadmissionpolicy demo").splitlines()
    assert told[0].split() == ["NAME", "VALIDATIONS", "PARAMKIND", "AGE"]


def test_messages_reasons_and_warnings(api, put):
    said = {
        "expression": "object.metadata.name.startsWith('web')",
        "messageExpression": "'not ' + object.metadata.name",
        "message": "never seen",
        "reason": "Forbidden",
    }
    put(policy(said), binding())
    told = api.kubectl("create -f -", deployment("other"), fails=True)
    assert "Error from server (Forbidden)" in told and "denied request: not other" in told
    put(binding(validationActions=["Warn"]))
    told = api.kubectl("create -f -", deployment("other"))
    assert "Warning: Validation failed for ValidatingAdmissionPolicy 'demo' with binding" in told
    api.kubectl("delete deployment other")


def test_parameters_variables_and_conditions(api, put):
    api.kubectl("create -f -", config_map("limits", most="2"))
    wanted = policy(
        {"expression": "variables.replicas <= int(params.data.most)"},
        paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        variables=[{"name": "replicas", "expression": "object.spec.replicas"}],
        matchConditions=[
            {"name": "not-mine", "expression": "request.userInfo.username != 'ann'"},
            {"name": "kept", "expression": "!has(object.metadata.labels) || "
             "!('free' in object.metadata.labels)"},
        ],
    )  # fmt: skip
    parameters = {"name": "limits", "namespace": "default", "parameterNotFoundAction": "Deny"}
    put(wanted, binding(paramRef=parameters))
    assert "denied" in api.kubectl("create -f -", deployment("a", replicas=3), fails=True)
    free = deployment("a", replicas=3)
    free["metadata"]["labels"] = {"free": ""}
    api.kubectl("create -f -", free)
    api.kubectl("delete deployment a")
    api.kubectl("delete configmap limits")
    told = api.kubectl("create -f -", deployment("a", replicas=1), fails=True)
    assert "no params found for policy binding" in told
    put(binding(paramRef={**parameters, "parameterNotFoundAction": "Allow"}))
    api.kubectl("create -f -", deployment("a", replicas=1))
    api.kubectl("delete deployment a")


def test_what_a_policy_is_about(api, put):
    """Namespaces by their labels, and pods that a controller makes."""
    rule = {**RULE, "apiGroups": [""], "resources": ["pods"]}
    only = {"namespaceSelector": {"matchLabels": {"strict": "yes"}}}
    checked = {"expression": "object.spec.containers.all(c, c.image.startsWith('nginx'))"}
    put(policy(checked, rules=[rule]), binding(matchResources=only))
    api.kubectl("create namespace strict")
    api.kubectl("run any --image=busybox -- sleep infinity")
    api.kubectl("label namespace strict strict=yes")
    assert "denied" in api.kubectl("-n strict run any --image=busybox", fails=True)
    api.kubectl("-n strict create deployment web --image=busybox")
    api.kubectl("-n strict wait --for=condition=ReplicaFailure deployment/web --timeout=30s")
    api.kubectl("-n strict set image deployment/web busybox=nginx")
    api.kubectl("-n strict rollout status deployment web --timeout=60s")
    api.kubectl("delete namespace strict")
    api.kubectl("delete pod any --now")


def test_expressions_without_a_value(api, put):
    put(policy({"expression": "object.spec.nosuch > 3"}), binding())
    told = api.kubectl("create -f -", deployment("a"), fails=True)
    assert "resulted in error: no such key: nosuch" in told
    put(policy({"expression": "object.spec.nosuch > 3"}, failurePolicy="Ignore"))
    api.kubectl("create -f -", deployment("a"))
    api.kubectl("delete deployment a")


def test_what_no_policy_may_be(api):
    for wanted, said in (
        (policy({"expression": "1 +"}), "compilation failed"),
        (policy({"expression": "object.a + nosuch"}), "undeclared reference to 'nosuch'"),
        (policy({"expression": "1 + 1"}), "must evaluate to bool"),
        (policy({"expression": "quantity('1') == object.a"}), "the pocket lab's CEL has no"),
        (policy({"expression": ""}), "expression is not specified"),
        (policy({"expression": "true"}, rules=[]), "spec.matchConstraints.resourceRules"),
        (policy({"expression": "true"}, failurePolicy="Maybe"), 'Unsupported value: "Maybe"'),
        (binding(validationActions=["Deny", "Warn"]), "must not contain both Deny and Warn"),
        (binding(validationActions=["Shout"]), 'Unsupported value: "Shout"'),
    ):
        assert said in api.kubectl("create -f -", wanted, fails=True)
    api.kubectl("create namespace kept")
    told = api.kubectl("create -f -", policy({"expression": "true"},
                       rules=[{**RULE, "operations": ["DELETE"]}]))  # fmt: skip
    assert "asks policies about CREATE and UPDATE only, not about DELETE" in told
    api.kubectl("delete validatingadmissionpolicy demo")
    api.kubectl("delete namespace kept")


# Rules of definitions -------------------------------------------------------------------------

SPEC = {
    "spec": {
        "type": "object",
        "x-kubernetes-validations": [
            {"rule": "self.least <= self.most", "message": "least must not exceed most"},
            {"rule": "self.most >= oldSelf.most", "messageExpression":
             "'it was ' + string(oldSelf.most)"},
        ],
        "properties": {
            "least": {"type": "integer"},
            "most": {"type": "integer"},
            "names": {
                "type": "array",
                "items": {
                    "type": "string",
                    "x-kubernetes-validations": [
                        {"rule": "self.matches('^[a-z]+$')", "reason": "FieldValueForbidden"}
                    ],
                },
            },
        },
    }
}  # fmt: skip


@pytest.fixture
def owls(api):
    api.kubectl("create -f -", definition("owl", SPEC))
    api.kubectl("wait --for=condition=Established crd/owls.example.com --timeout=30s")
    until(lambda: "owls" in api.kubectl("api-resources --api-group=example.com --cached=false"))
    yield lambda **spec: of("example.com/v1", "Owl", "one", spec={"least": 1, "most": 2, **spec})
    api.kubectl("delete crd owls.example.com")


def test_rules_of_a_definition(api, owls):
    told = api.kubectl("create -f -", owls(least=3), fails=True)
    assert 'spec: Invalid value: "object": least must not exceed most' in told
    told = api.kubectl("create -f -", owls(names=["ok", "Not"]), fails=True)
    assert "spec.names[1]: Forbidden: failed rule: self.matches('^[a-z]+$')" in told
    api.kubectl("create -f -", owls(most=5))
    told = api.kubectl("apply -f -", owls(most=4), fails=True)
    assert 'spec: Invalid value: "object": it was 5' in told
    api.kubectl("apply -f -", owls(most=6))
    path = "/apis/example.com/v1/namespaces/default/owls/one"
    kept = api.send("GET", path).data
    assert json.dumps(kept["spec"]["most"]) == "6"


def test_rules_that_cannot_be_read(api):
    def of_rule(text):
        rules = [{"rule": text}]
        field = {"type": "object", "x-kubernetes-validations": rules, "properties": {}}
        return definition("hawk", {"spec": field})

    told = api.kubectl("create -f -", of_rule("self.a +"), fails=True)
    assert "x-kubernetes-validations[0].rule: Invalid value" in told and "Syntax error" in told
    told = api.kubectl("create -f -", of_rule("isURL(self.a)"))
    assert "the pocket lab's CEL has no 'isURL': the rule is not checked" in told
    api.kubectl("wait --for=condition=Established crd/hawks.example.com --timeout=30s")
    api.kubectl("delete crd hawks.example.com")
