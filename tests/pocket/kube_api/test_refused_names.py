"""Names, labels and annotations: the last that is allowed, and the first that is not."""

from __future__ import annotations

import pytest

from owlab.pocket.kube.errors import BadRequest, Invalid
from owlab.pocket.kube.kinds import KINDS
from owlab.pocket.kube.validation import names
from owlab.pocket.kube.validation.envelope import enveloped

from ...clients.manifests import config_map, of, service
from .refused import assert_case, assert_said, case, refused

LONG = ".".join(["a" * 62] * 4)
"""Of 251 characters."""
ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
PODS, EVENTS, NEWER_EVENTS = (
    next(kind for kind in KINDS if (kind.kind, kind.group) == wanted)
    for wanted in (("Pod", ""), ("Event", ""), ("Event", "events.k8s.io"))
)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        case("metadata.name", "a"),
        case("metadata.name", "1.a-b.2"),
        case("metadata.name", f"{LONG}aa"),
        case("metadata.name", f"{LONG}aaa", "metadata.name: Invalid value: "),
        case("metadata.name", "a..b", 'metadata.name: Invalid value: "a..b": a lowercase RFC 1123'),
        case("metadata.name", "-a", 'metadata.name: Invalid value: "-a": a lowercase RFC 1123'),
        case("metadata.name", "a-", 'metadata.name: Invalid value: "a-": a lowercase RFC 1123'),
        case("metadata", {"generateName": "a-"}),
        case("metadata", {}, "metadata.name: Required value: name or generateName is required"),
        case("metadata.labels", {"a": ""}),
        case("metadata.labels", {"a": "v" * 63}),
        case("metadata.labels", {"a": "v" * 64}, "metadata.labels: Invalid value: "),
        case("metadata.labels", {"k" * 63: "v"}),
        case("metadata.labels", {"k" * 64: "v"}, "metadata.labels: Invalid value: "),
        case("metadata.labels", {"example.com/a": "v"}),
        case("metadata.labels", {"a/b/c": "v"}, 'metadata.labels: Invalid value: "a/b/c": a qual'),
        case(
            "metadata.labels", {"a/": "v"}, 'metadata.labels: Invalid value: "a/": name part must'
        ),
        case("metadata.labels", {"a": "-v"}, 'metadata.labels: Invalid value: "-v": a valid label'),
        case("metadata.annotations", {"a": "anything at all"}),
        case("metadata.annotations", {"Up.com/Key": ""}),
        case(
            "metadata.annotations", {"a b": ""}, 'metadata.annotations: Invalid value: "a b": name'
        ),
        case(
            "metadata.annotations", {"": ""}, 'metadata.annotations: Invalid value: "": name part'
        ),
    ],
)
def test_metadata(path, value, said):
    assert_case(config_map(), path, value, said)


def test_a_key_with_an_empty_prefix_and_an_empty_name():
    assert [text for _, text in names.labels({"/": "v"}, "labels")] == [
        'Invalid value: "/": prefix part must be non-empty',
        'Invalid value: "/": name part must be non-empty',
    ]


def test_a_name_too_long_and_of_wrong_characters():
    assert [said.rpartition(": ")[2][:30] for said in names.label("A" * 64)] == [
        "must be no more than 63 bytes",
        "a lowercase RFC 1123 label mus",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a" * 63, ""),
        ("a" * 64, "metadata.name: Invalid value: "),
        ("a.b", 'metadata.name: Invalid value: "a.b": a lowercase RFC 1123 label'),
        ("1a", ""),
    ],
)
def test_names_of_namespaces(name, said):
    assert_said(refused(of("v1", "Namespace", name)), said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a" * 63, ""),
        ("a" * 64, "metadata.name: Invalid value: "),
        ("a.b", 'metadata.name: Invalid value: "a.b": a DNS-1035 label'),
    ],
)
def test_names_of_services(name, said):
    assert_said(refused(service(name)), said)


@pytest.mark.parametrize("kind", ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("system:Some One", ""),
        ("a/b", "metadata.name: Invalid value: \"a/b\": may not contain '/'"),
        ("a%b", "metadata.name: Invalid value: \"a%b\": may not contain '%'"),
    ],
)
def test_names_of_rights_are_free(kind, name, said):
    obj = of("rbac.authorization.k8s.io/v1", kind, name)
    assert_said(refused({**obj, "roleRef": ROLE} if "Binding" in kind else obj), said)


def test_what_is_left_out_of_an_envelope_is_filled_in():
    assert enveloped({}, PODS) == {"kind": "Pod", "apiVersion": "v1", "metadata": {}}
    given = {"metadata": {"name": "a", "labels": None}, "spec": {"nodeName": None}}
    assert enveloped(given, PODS) == {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": "a"},
        "spec": {"nodeName": None},
    }
    assert given["metadata"] == {"name": "a", "labels": None}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "the body is not an object"),
        ({"kind": "Node"}, "the kind of the object (Node) does not match the expected Pod"),
        ({"apiVersion": "v2"}, "the API version in the data (v2) does not match the expected API"),
        ({"metadata": {"name": 1}}, 'Pod in version "v1" cannot be handled as a Pod: json: cannot'),
    ],
)
def test_other_envelopes(given, said):
    with pytest.raises(BadRequest) as error:
        enveloped(given, PODS)
    assert error.value.message.startswith(said)


def test_events_are_about_something():
    about = {"kind": "Pod", "name": "a"}
    assert enveloped({"involvedObject": about}, EVENTS)["kind"] == "Event"
    assert enveloped({"regarding": about}, NEWER_EVENTS)["kind"] == "Event"
    for kind, field in ((EVENTS, "regarding"), (NEWER_EVENTS, "involvedObject")):
        with pytest.raises(Invalid, match='Event "x" is invalid: involvedObject: Required value'):
            enveloped({"metadata": {"name": "x"}, field: about}, kind)
