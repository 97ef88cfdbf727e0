"""The fields of the built-in kinds, and how objects are read by them."""

import pytest

from owlab.pocket.ground.intake import Unreadable
from owlab.pocket.kube.kinds import KINDS
from owlab.pocket.kube.schemas import custom, descriptions, types
from owlab.pocket.kube.schemas.decode import DecodeError, Decoder
from owlab.pocket.kube.schemas.duplicates import parse_json, parse_yaml

from . import builtin_schemas


def test_the_file_is_what_the_kubernetes_package_says():
    text = builtin_schemas.written(builtin_schemas.collect())
    assert builtin_schemas.FILE.read_text() == text, (
        "run python -m tests.pocket.kube_api.builtin_schemas"
    )


def test_every_kind_but_those_of_k3s_has_its_fields():
    without = {k.kind for k in KINDS if types.model_of(k.api_version, k.kind) is None}
    assert without == set()


def read(obj, model):
    decoder = Decoder()
    return decoder.object(obj, model), decoder.unknown


def test_unknown_fields_go_and_nulls_are_nothing():
    said = {"metadata": {"name": "a", "labels": None, "lables": {}}, "spec": {"volumes": [None]}}
    assert read(said, "V1Pod") == (
        {"metadata": {"name": "a"}, "spec": {"volumes": []}},
        ["metadata.lables"],
    )


@pytest.mark.parametrize(
    "spec",
    [
        {"replicas": True},
        {"replicas": 1.5},
        {"replicas": 2**31},
        {"paused": "yes"},
        {"template": "x"},
        {"strategy": {"rollingUpdate": {"maxSurge": []}}},
        {"template": {"metadata": {"creationTimestamp": "today"}}},
    ],
)
def test_wrong_types(spec):
    with pytest.raises(DecodeError):
        read({"spec": spec}, "V1Deployment")


@pytest.mark.parametrize(
    ("field", "bits"), [("terminationGracePeriodSeconds", 63), ("priority", 31)]
)
def test_how_large_whole_numbers_may_be(field, bits):
    for value in (2**bits - 1, -(2**bits)):
        assert read({"spec": {field: value}}, "V1Pod")[0]["spec"] == {field: value}
    for value in (2**bits, -(2**bits) - 1):
        with pytest.raises(DecodeError):
            read({"spec": {field: value}}, "V1Pod")


def test_numbers_where_both_are_allowed():
    spec = {"strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}}}
    assert read({"spec": spec}, "V1Deployment") == ({"spec": spec}, [])
    limits = {"containers": [{"resources": {"limits": {"cpu": 1, "memory": "64Mi"}}}]}
    assert read({"spec": limits}, "V1Pod") == ({"spec": limits}, [])


def test_fields_that_stand_twice():
    data, said = parse_json(b'{"a": [{"b": 1, "b": 2}], "c": 1, "c": 3}')
    assert data == {"a": [{"b": 2}], "c": 3} and type(data) is dict
    assert said == ['duplicate field "c"', 'duplicate field "a[0].b"']
    data, said = parse_yaml(b"a: 1\nb: 2026-01-01\na: 2\n")
    assert data == {"a": 2, "b": "2026-01-01"}
    assert said == ['line 3: key "a" already set in map']
    with pytest.raises(Unreadable, match=r"^line 2: a key is no text$"):
        parse_yaml(b"a: 1\n[1, 2]: b\n")


SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "additionalProperties": {"type": "object", "properties": {"port": {"type": "integer"}}},
        },
        "port": {"x-kubernetes-int-or-string": True, "nullable": True},
        "short": {"type": "string", "minLength": 2, "maxLength": 3},
        "list": {"type": "array", "minItems": 1, "maxItems": 2},
        "share": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
    },
}


def test_maps_of_custom_kinds_are_pruned_inside():
    unknown: list[str] = []
    said = {"kind": "A", "spec": {"web": {"port": 1, "prot": 2}}, "status": {}}
    assert custom.prune(said, SCHEMA, unknown) == {"kind": "A", "spec": {"web": {"port": 1}}}
    assert unknown == ["spec.web.prot", "status"]


@pytest.mark.parametrize(
    ("obj", "fields"),
    [
        ({"port": "http", "short": "ab", "list": [1], "share": 1}, []),
        ({"port": None}, []),
        ({"port": 1.5}, ["port"]),
        ({"short": "a"}, ["short"]),
        ({"short": "abcd"}, ["short"]),
        ({"list": []}, ["list"]),
        ({"list": [1, 2, 3]}, ["list"]),
        ({"share": 0}, ["share"]),
        ({"spec": {"web": {"port": "x"}}}, ["spec.web.port"]),
    ],
)
def test_limits_of_custom_kinds(obj, fields):
    assert [field for field, _ in custom.causes(obj, SCHEMA)] == fields


def test_every_description_is_of_a_field_that_there_is():
    for model, fields in descriptions._descriptions().items():
        if model == "*":
            continue
        assert types.is_model(model), model
        assert set(fields) - {""} <= set(types.fields(model)), model
        assert all(text.endswith(".") for text in fields.values()), model
