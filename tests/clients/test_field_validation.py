"""Misspelt and mistyped fields, as the real kubectl tells of them."""

import json

import pytest

from owlab.pocket.kube.apiserver.versions import shown

from .manifests import changed, config_map, definition, deployment, pod, service

MISSPELT = changed(deployment(), "spec.replcias", 3)
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def test_apply_refuses_what_is_misspelt(api):
    told = api.kubectl("apply -f -", MISSPELT, fails=True)
    assert told == (
        'Error from server (BadRequest): error when creating "STDIN": Deployment in version "v1" '
        'cannot be handled as a Deployment: strict decoding error: unknown field "spec.replcias"\n'
    )
    nested = changed(MISSPELT, "spec.template.spec.containers.0.imagee", "x")
    told = api.kubectl("create -f -", nested, fails=True)
    assert (
        'strict decoding error: unknown field "spec.replcias", '
        'unknown field "spec.template.spec.containers[0].imagee"'
    ) in told


def test_warn_and_ignore_drop_what_is_misspelt(api):
    told = api.kubectl("apply --validate=warn -f -", MISSPELT)
    assert told == 'deployment.apps/web created\nWarning: unknown field "spec.replcias"\n'
    assert api.kubectl("get deployment web -o jsonpath={.spec.replicas}/{.spec.replcias}") == "1/"
    api.kubectl("delete deployment web")
    told = api.kubectl("apply --validate=ignore -f -", MISSPELT)
    assert told == "deployment.apps/web created\n"
    api.kubectl("delete deployment web")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            "spec.replicas",
            "three",
            "cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type "
            "int32",
        ),
        (
            "spec.template.spec.containers.0.ports",
            80,
            "cannot unmarshal number into Go struct field "
            "Container.spec.template.spec.containers.ports of type []v1.ContainerPort",
        ),
        (
            "spec.template.spec.containers.0.env",
            [{"name": "PORT", "value": 8080}],
            "cannot unmarshal number into Go struct field "
            "EnvVar.spec.template.spec.containers.env.value of type string",
        ),
        (
            "spec.template.metadata.labels",
            {"tier": True},
            "cannot unmarshal bool into Go struct field "
            "ObjectMeta.spec.template.metadata.labels of type string",
        ),
        (
            "spec.template.spec.containers.0.resources",
            {"limits": {"memory": "much"}},
            "quantities must match the regular expression",
        ),
    ],
)
def test_wrong_types_are_refused_in_every_mode(api, path, value, said):
    for mode in ("strict", "warn", "ignore"):
        told = api.kubectl(
            f"create --validate={mode} -f -", changed(deployment(), path, value), fails=True
        )
        assert f'Deployment in version "v1" cannot be handled as a Deployment: {said}' in (
            told.replace("json: ", "")
        )


def test_a_port_is_not_a_list_and_a_secret_is_base64(api):
    told = api.kubectl("apply -f -", changed(service(), "spec.ports", 80), fails=True)
    assert "Go struct field ServiceSpec.spec.ports of type []v1.ServicePort" in told
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "b!"}}
    assert "illegal base64 data at input byte 1" in api.kubectl("apply -f -", secret, fails=True)


def test_patches_say_what_they_cannot_set(api):
    api.kubectl("create -f -", deployment())
    told = api.kubectl('patch deployment web -p {"spec":{"replcias":2}}')
    assert (
        told == 'deployment.apps/web patched (no change)\nWarning: unknown field "spec.replcias"\n'
    )
    told = api.kubectl('patch deployment web -p {"spec":{"replicas":"two"}}', fails=True)
    assert told == (
        'The request is invalid: patch: Invalid value: "map[spec:map[replicas:two]]": '
        "unrecognized type: int32\n"
    )
    told = api.kubectl(
        'patch deployment web --type=merge -p {"spec":{"replicas":"two"}}', fails=True
    )
    assert "The request is invalid: patch: Invalid value: " in told
    assert "Go struct field DeploymentSpec.spec.replicas of type int32" in told
    told = api.kubectl(
        'patch deployment web --type=json -p [{"op":"add","path":"/spec/size","value":1}]'
    )
    assert 'Warning: unknown field "spec.size"' in told
    strict = f"{DEPLOYMENTS}/web?fieldValidation=Strict"
    answer = api.send("PATCH", strict, {"spec": {"x": 1}}, "application/merge-patch+json")
    assert answer.status == 422
    assert answer.data["message"].endswith('strict decoding error: unknown field "spec.x"')
    api.kubectl("delete deployment web")


def test_replace_is_strict_like_create(api):
    api.kubectl("create -f -", deployment())
    told = api.kubectl("replace -f -", MISSPELT, fails=True)
    assert 'strict decoding error: unknown field "spec.replcias"' in told
    assert "replaced" in api.kubectl("replace -f -", deployment(minReadySeconds=1))
    api.kubectl("delete deployment web")


def test_server_side_apply_names_the_field_in_its_own_way(api):
    told = api.kubectl("apply --server-side -f -", MISSPELT, fails=True)
    assert told == (
        "Error from server: failed to create typed patch object (default/web; apps/v1, "
        "Kind=Deployment): .spec.replcias: field not declared in schema\n"
    )
    nested = changed(deployment(), "spec.template.spec.containers.0.imagee", "x")
    told = api.kubectl("apply --server-side -f -", nested, fails=True)
    assert '.spec.template.spec.containers[name="main"].imagee: field not declared' in told
    told = api.kubectl(
        "apply --server-side -f -", changed(deployment(), "spec.replicas", "3"), fails=True
    )
    assert ".spec.replicas: expected numeric (int or float), got string" in told


def test_duplicate_fields_over_http(api):
    text = json.dumps(config_map(a="1")).replace('"a": "1"', '"a": "1", "a": "2"').encode()
    path = "/api/v1/namespaces/default/configmaps"
    answer = api.send("POST", f"{path}?fieldValidation=Strict", text)
    assert answer.status == 400
    assert 'strict decoding error: duplicate field "data.a"' in answer.data["message"]
    answer = api.send("POST", path, text)
    assert answer.status == 201 and answer.data["data"] == {"a": "2"}
    assert answer.warnings == ['299 - "duplicate field \\"data.a\\""']
    assert api.send("POST", f"{path}?fieldValidation=Often", text).status == 422
    api.kubectl("delete configmap settings")
    twice = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\ndata:\n  a: x\n  a: y\n"
    strict = f"{path}/y?fieldManager=t&fieldValidation=Strict"
    answer = api.send("PATCH", strict, twice, "application/apply-patch+yaml")
    assert answer.status == 400 and 'line 6: key "a" already set in map' in answer.data["message"]


def test_names_of_kinds_and_versions_must_fit(api):
    answer = api.send("POST", DEPLOYMENTS, {**deployment(), "apiVersion": "apps/v2"})
    assert "API version in the data (apps/v2) does not match" in answer.data["message"]


SCHEMA = {
    "spec": {
        "type": "object",
        "required": ["size"],
        "properties": {
            "size": {"type": "integer", "minimum": 1, "maximum": 5},
            "colour": {"type": "string", "enum": ["brown", "white"], "default": "brown"},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "names": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}},
        },
    }
}


def owl(**spec):
    return {
        "apiVersion": "example.com/v1",
        "kind": "Owl",
        "metadata": {"name": "barn"},
        "spec": spec,
    }


def test_custom_resources_follow_their_schema(api):
    api.kubectl("apply -f -", definition("owl", SCHEMA))
    told = api.kubectl("apply -f -", owl(size=2, wings=2), fails=True)
    assert 'strict decoding error: unknown field "spec.wings"' in told
    told = api.kubectl("apply --validate=warn -f -", owl(size=2, wings=2, free={"x": {"deep": 1}}))
    assert 'Warning: unknown field "spec.wings"' in told
    kept = json.loads(api.kubectl("get owl barn -o json"))["spec"]
    assert kept == {"size": 2, "colour": "brown", "free": {"x": {"deep": 1}}}
    for spec, said in (
        ({"size": "big"}, 'spec.size in body must be of type integer: "string"'),
        ({}, "spec.size: Required value"),
        ({"size": 9}, "spec.size in body should be less than or equal to 5"),
        ({"size": 1, "colour": "red"}, 'Unsupported value: "red": supported values: "brown"'),
        ({"size": 1, "names": ["A"]}, "spec.names[0] in body should match '^[a-z]+$'"),
    ):
        told = api.kubectl("replace -f -", owl(**spec), fails=True)
        assert 'The Owl "barn" is invalid' in told and said in told
    told = api.kubectl("apply --server-side --force-conflicts -f -", owl(size=2, x=1), fails=True)
    assert ".spec.x: field not declared in schema" in told
    api.kubectl("delete crd owls.example.com")


def test_all_that_the_lab_itself_stores_is_in_the_schemas(api):
    """What the controllers write survives a client that reads it and writes it back."""
    api.kubectl("apply -f -", [deployment(), pod("box"), service()])
    api.kubectl("rollout status deployment/web --timeout=30s")
    store = api.bench.store
    for kind in store.registry.all():
        for obj in store.list(kind):
            meta = obj["metadata"]
            space = f"namespaces/{meta['namespace']}/" if kind.namespaced else ""
            base = f"/apis/{kind.group}/{kind.version}" if kind.group else "/api/v1"
            path = f"{base}/{space}{kind.plural}/{meta['name']}"
            answer = api.send("PUT", f"{path}?dryRun=All", shown(kind, obj))
            warnings = [text for text in answer.warnings if "deprecated" not in text]
            assert (answer.status, warnings) == (200, []), (path, answer)
    api.kubectl("delete deployment/web pod/box service/web")
