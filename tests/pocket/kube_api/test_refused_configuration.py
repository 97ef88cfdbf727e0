"""Values of ConfigMaps, Secrets, definitions, volumes and bindings."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from owlab.pocket.kube.validation import causes, configuration, persistence

from ...clients.manifests import changed, config_map, definition, of
from .refused import assert_case, assert_said, case, refused

MOST = 1024 * 1024


def test_a_configuration_is_a_mebibyte_at_most():
    half = {"a": "x" * (MOST // 2)}
    other = base64.b64encode(b"x" * (MOST // 2)).decode()
    full = changed(config_map(**half), "binaryData", {"b": other.rstrip("=")})
    assert refused(full) == []
    assert refused(changed(full, "data.c", "1")) == [
        ("", f"Too long: may not be more than {MOST} bytes")
    ]
    umlauts = changed(config_map(), "data.a", "ä" * (MOST // 2))
    assert refused(umlauts) == []
    assert len(refused(changed(umlauts, "data.b", "1"))) == 1
    text = base64.b64encode(b"x" * MOST).decode().rstrip("=")
    assert refused(of("v1", "Secret", data={"a": text})) == []
    assert refused(of("v1", "Secret", data={"a": text, "b": "MTIz"})) == [
        ("data", f"Too long: may not be more than {MOST} bytes")
    ]


@pytest.mark.parametrize("field", ["data", "binaryData"])
@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("a", ""),
        (".a_B-1", ""),
        ("...", ""),
        ("k" * 253, ""),
        ("k" * 254, "must be no more than 253 bytes"),
        (".", "must not be '.'"),
        ("..", "must not be '..'"),
        ("a/b", "a valid config key must consist of alphanumeric characters"),
        ("", "a valid config key must consist of alphanumeric characters"),
    ],
)
def test_keys(field, key, said):
    found = refused({**of("v1", "ConfigMap"), field: {key: "MQ=="}})
    assert_said(found, f'{field}[{key}]: Invalid value: "{key}": {said}' if said else "")
    if field == "data":
        assert refused(of("v1", "Secret", data={key: "MQ=="})) == found


def test_the_same_key_as_text_and_as_bytes():
    obj = of("v1", "ConfigMap", data={"a": "1", "b": "1"}, binaryData={"b": "MQ==", "c": "MQ=="})
    assert refused(obj) == [
        ("binaryData[b]", 'Invalid value: "b": duplicate of key present in data: b')
    ]


@pytest.mark.parametrize(
    ("sort", "needed"),
    [
        ("Opaque", []),
        ("kubernetes.io/tls", ["tls.crt", "tls.key"]),
        ("kubernetes.io/dockerconfigjson", [".dockerconfigjson"]),
        ("kubernetes.io/dockercfg", [".dockercfg"]),
    ],
)
def test_what_secrets_of_a_type_need(sort, needed):
    assert refused(of("v1", "Secret", type=sort)) == [
        (f"data[{key}]", "Required value") for key in needed
    ]
    assert refused(of("v1", "Secret", type=sort, data=dict.fromkeys(needed, "e30="))) == []


VERSION = "spec.versions.0"
SCHEMA = f"{VERSION}.schema.openAPIV3Schema"
PLACE = "spec.versions[0].schema.openAPIV3Schema"
LABEL_1035 = "a DNS-1035 label must consist of lower case alphanumeric characters or '-'"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("spec.names.kind", "", "spec.names.kind: Required value"),
        case("spec.scope", "Cluster"),
        case("spec.scope", "Node", 'spec.scope: Unsupported value: "Node": supported values: "Clu'),
        case("spec.scope", "", "spec.scope: Required value"),
        case(f"{VERSION}.storage", False, "spec.versions: Invalid value: "),
        case(f"{VERSION}.name", "v1beta1"),
        case(f"{VERSION}.name", "v" * 63),
        case(f"{VERSION}.name", "v" * 64, "spec.versions[0].name: Invalid value: "),
        case(f"{VERSION}.name", "v-", f'spec.versions[0].name: Invalid value: "v-": {LABEL_1035}'),
        case(f"{VERSION}.name", "1", f'spec.versions[0].name: Invalid value: "1": {LABEL_1035}'),
        case(f"{VERSION}.name", None, "spec.versions[0].name: Invalid value: "),
        case(f"{SCHEMA}.type", "string", f'{PLACE}.type: Invalid value: "string": must be object'),
        case(f"{SCHEMA}.type", "", f"{PLACE}.type: Required value: must not be empty at the root"),
        case(SCHEMA, [], f"{PLACE}: Invalid value: []: must be a schema, which is an object"),
        case(
            f"{SCHEMA}.pattern", "[", f'{PLACE}.pattern: Invalid value: "[": must be a valid regul'
        ),
        case(f"{SCHEMA}.uniqueItems", False),
        case(f"{SCHEMA}.uniqueItems", True, f"{PLACE}.uniqueItems: Forbidden: uniqueItems cannot"),
        case(f"{SCHEMA}.additionalProperties", True),
        case(f"{SCHEMA}.additionalProperties", "x", f"{PLACE}.additionalProperties: Invalid"),
        case(f"{SCHEMA}.items", True, f"{PLACE}.items: Invalid value: true: must be a schema"),
        case(f"{SCHEMA}.not", "x", f'{PLACE}.not: Invalid value: "x": must be a schema'),
        *(
            case(
                f"{SCHEMA}.{name}", {"a": {"enum": 7}}, f"{PLACE}.{name}[a].enum: Invalid value: 7"
            )
            for name in ("properties", "patternProperties", "definitions")
        ),
        *(
            case(f"{SCHEMA}.{name}", [{}, {"pattern": "("}], f"{PLACE}.{name}[1].pattern: Invalid")
            for name in ("allOf", "anyOf", "oneOf")
        ),
    ],
)
def test_definitions(path, value, said):
    assert_case(definition("crow", {}), path, value, said)


COLUMN = {"name": "Size", "type": "integer", "jsonPath": ".spec.size"}
TYPES = "must be one of boolean,date,integer,number,string"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"jsonPath": '.status.conditions[?(@.type=="Ready")].status'}, ""),
        ({"name": ""}, "name: Required value"),
        ({"type": ""}, f"type: Required value: {TYPES}"),
        ({"type": "text"}, f'type: Invalid value: "text": {TYPES}'),
        ({"jsonPath": ""}, "JSONPath: Required value"),
        (
            {"jsonPath": "spec"},
            'JSONPath: Invalid value: "spec": must be a simple json path starting with .',
        ),
    ],
)
def test_columns_of_a_definition(change, said):
    made = definition("crow", {}, additionalPrinterColumns=[COLUMN, {**COLUMN, **change}])
    place = "spec.versions[0].additionalPrinterColumns[1]"
    assert [f"{field}: {why}" for field, why in refused(made)] == [f"{place}.{said}"] * bool(said)


def test_one_version_is_stored():
    [version] = definition("crow", {})["spec"]["versions"]
    both = changed(definition("crow", {}), "spec.versions", [version, {**version, "name": "v2"}])
    assert_said(refused(both), "spec.versions: Invalid value: ")
    assert "must have exactly one version marked as storage version" in refused(both)[0][1]
    assert refused(changed(both, "spec.versions.1.storage", False)) == []


def test_a_definition_without_names():
    obj = of("apiextensions.k8s.io/v1", "CustomResourceDefinition", spec={"versions": []})
    assert [field for field, _ in configuration.definition(obj)] == [
        "spec.group",
        "spec.names.plural",
        "spec.names.kind",
        "metadata.name",
        "spec.scope",
        "spec.versions",
    ]


@pytest.mark.parametrize("kind", ["RoleBinding", "ClusterRoleBinding"])
@pytest.mark.parametrize(
    ("role", "said"),
    [
        ({"kind": "ClusterRole", "name": "view"}, ""),
        ({"kind": "Role", "name": "view"}, ""),
        ({"kind": "Group", "name": "a"}, 'roleRef.kind: Unsupported value: "Group": supported'),
        ({"name": "a"}, 'roleRef.kind: Unsupported value: "": supported values: "Role", "Cluster'),
        ({"kind": "Role"}, "roleRef.name: Required value"),
    ],
)
def test_what_bindings_bind(kind, role, said):
    obj = of("rbac.authorization.k8s.io/v1", kind, roleRef=role)
    assert_said(refused(obj), said)


def claim(**spec: Any) -> dict[str, Any]:
    modes = {"accessModes": ["ReadWriteOnce"]}
    size = {"resources": {"requests": {"storage": "1Gi"}}}
    return of("v1", "PersistentVolumeClaim", spec={**modes, **size, **spec})


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("spec.resources.requests.storage", "1"),
        case("spec.resources.requests.storage", "0", "spec.resources[storage]: Invalid value: "),
        case("spec.resources.requests.storage", "-1Gi", "spec.resources[storage]: Invalid value: "),
        case("spec.accessModes", ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]),
        case(
            "spec.accessModes", ["ReadOnlyMany", "RW"], 'spec.accessModes: Unsupported value: "RW"'
        ),
    ],
)
def test_claims(path, value, said):
    assert_case(claim(), path, value, said)


VOLUME = {
    "accessModes": ["ReadWriteMany"],
    "capacity": {"storage": "1Gi"},
    "nfs": {"server": "127.9.0.1", "path": "/"},
    "mountOptions": ["ro"],
}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("spec.storageClassName", "manual"),
        case("spec.accessModes", [], "spec.accessModes: Required value"),
        case("spec.capacity", {}, "spec.capacity: Required value"),
        case(
            "spec",
            {**{k: v for k, v in VOLUME.items() if k != "nfs"}, "nodeAffinity": {}, "claimRef": {}},
            "spec: Required value: must specify a volume type",
        ),
    ],
)
def test_volumes(path, value, said):
    assert_case(of("v1", "PersistentVolume", spec=VOLUME), path, value, said)


def test_what_a_claim_and_a_volume_say_of_missing_modes():
    assert persistence.claim(claim(accessModes=[])) == [
        ("spec.accessModes", "Required value: at least 1 access mode is required")
    ]
    assert persistence.volume({"spec": {**VOLUME, "accessModes": []}}) == [
        ("spec.accessModes", "Required value")
    ]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("provisioner", "", "provisioner: Required value"),
        case("reclaimPolicy", "Retain"),
        case(
            "reclaimPolicy", "Recycle", 'reclaimPolicy: Unsupported value: "Recycle": supported v'
        ),
        case("volumeBindingMode", "Immediate"),
        case("volumeBindingMode", "WaitForFirstConsumer"),
        case("volumeBindingMode", "Later", 'volumeBindingMode: Unsupported value: "Later": suppor'),
    ],
)
def test_storage_classes(path, value, said):
    assert_case(of("storage.k8s.io/v1", "StorageClass", provisioner="some"), path, value, said)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Required value", "FieldValueRequired"),
        ("Required value: must be there", "FieldValueRequired"),
        ('Unsupported value: "a"', "FieldValueNotSupported"),
        ('Duplicate value: "a"', "FieldValueDuplicate"),
        ('Not found: "a"', "FieldValueNotFound"),
        ("Forbidden: no", "FieldValueForbidden"),
        ("Too long: may not be", "FieldValueTooLong"),
        ("Too many: 9", "FieldValueTooMany"),
        ('Invalid value: "a": no', "FieldValueInvalid"),
    ],
)
def test_reasons_for_programs(message, reason):
    assert causes.reason(message) == reason
