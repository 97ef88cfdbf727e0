"""Protobuf, byte by byte: what is read of each kind of value, and what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.kube.apiserver.protobuf import MAGIC, decode
from owlab.pocket.kube.errors import BadRequest, UnsupportedMediaType


def number(value: int) -> bytes:
    """A varint."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def field(at: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return number(at << 3) + number(value & (1 << 64) - 1)
    return number(at << 3 | 2) + number(len(value)) + value


def body(kind: str, *fields: bytes, api: str = "v1") -> bytes:
    about = field(1, api.encode()) + field(2, kind.encode())
    return MAGIC + field(1, about) + field(2, b"".join(fields))


def read(kind: str, *fields: bytes) -> Any:
    found = decode(body(kind, *fields))
    assert (found.pop("apiVersion"), found.pop("kind")) == ("v1", kind)
    return found


def meta(*fields: bytes) -> bytes:
    return field(1, b"".join(fields))


def spec(*fields: bytes) -> bytes:
    return field(2, b"".join(fields))


@pytest.mark.parametrize(
    ("kind", "given", "found"),
    [
        ("Namespace", [], {}),
        ("Namespace", [meta()], {}),
        ("Namespace", [meta(field(1, b"x"))], {"metadata": {"name": "x"}}),
        ("Namespace", [meta(field(1, "ä".encode()))], {"metadata": {"name": "ä"}}),
        # Empty texts and times are not there.
        ("Namespace", [meta(field(1, b""), field(8, b""))], {}),
        ("Namespace", [meta(field(8, field(1, 0)))], {}),
        (
            "Namespace",
            [meta(field(8, field(1, 1_700_000_000) + field(2, 5)))],
            {"metadata": {"creationTimestamp": "2023-11-14T22:13:20Z"}},
        ),
        (
            "Namespace",
            [meta(field(8, field(1, -1)))],
            {"metadata": {"creationTimestamp": "1969-12-31T23:59:59Z"}},
        ),
        (
            "Namespace",
            [meta(field(14, b"a"), field(14, b"b"), field(11, field(1, b"k") + field(2, b"v")))],
            {"metadata": {"finalizers": ["a", "b"], "labels": {"k": "v"}}},
        ),
        ("Namespace", [meta(field(11, b""))], {"metadata": {"labels": {"": ""}}}),
        ("ConfigMap", [field(3, field(1, b"k") + field(2, b"\0\xff"))],
         {"binaryData": {"k": "AP8="}}),
        ("ConfigMap", [field(4, 1)], {"immutable": True}),
        ("ConfigMap", [field(4, 0)], {"immutable": False}),
        ("Pod", [spec(field(4, 30), field(5, 1 << 40), field(25, -7))],
         {"spec": {"terminationGracePeriodSeconds": 30, "activeDeadlineSeconds": 1 << 40,
                   "priority": -7}}),
        ("Pod", [spec(field(4, 0))], {"spec": {"terminationGracePeriodSeconds": 0}}),
        ("Pod", [spec()], {"spec": {}}),
        ("Pod", [spec(field(32, field(1, b"cpu") + field(2, field(1, b"100m"))))],
         {"spec": {"overhead": {"cpu": "100m"}}}),
        ("Pod", [spec(field(14, field(4, 9) + field(4, 8)))],
         {"spec": {"securityContext": {"supplementalGroups": [9, 8]}}}),
        # What newer clients send empty is passed over, as is what says something elsewhere.
        ("Pod", [spec(field(99, 0), field(99, b"")), field(9, b"x")], {"spec": {}}),
        ("Namespace", [meta(field(99, b"new"))], {}),
        # Fixed sizes are passed over too.
        ("Namespace", [meta(number(99 << 3 | 1) + bytes(8) + field(1, b"x"))],
         {"metadata": {"name": "x"}}),
        ("Namespace", [meta(number(99 << 3 | 5) + bytes(4) + field(1, b"x"))],
         {"metadata": {"name": "x"}}),
    ],
)  # fmt: skip
def test_what_is_read(kind: str, given: list[bytes], found: Any) -> None:
    assert read(kind, *given) == found


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (field(1, 0) + field(2, 8080), 8080),
        (field(2, 8080), 8080),
        (field(1, 1) + field(3, b"http"), "http"),
        (field(1, 1) + field(2, 8080) + field(3, b"http"), "http"),
        (field(1, 0) + field(2, 8080) + field(3, b"http"), 8080),
        (field(1, 0) + field(2, -1), -1),
        (b"", 0),
    ],
)
def test_a_number_or_a_name(target: bytes, found: int | str) -> None:
    made = read("Service", spec(field(1, field(3, 80) + field(4, target))))
    assert made == {"spec": {"ports": [{"port": 80, "targetPort": found}]}}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (body("Widget"), "the pocket lab does not read Widget as protobuf; send it as JSON: "),
        # Parts of objects are no objects.
        (body("PodTemplateSpec"), "the pocket lab does not read PodTemplateSpec as protobuf"),
        (body("PodSpec"), "the pocket lab does not read PodSpec as protobuf"),
        (body("Volume"), "the pocket lab does not read Volume as protobuf"),
        (
            body("Pod", spec(field(99, b"x"))),
            "the pocket lab does not read field 99 of PodSpec as protobuf; send it as JSON: ",
        ),
        (
            body("Pod", spec(field(2, field(99, b"x")))),
            "the pocket lab does not read field 99 of Container as protobuf",
        ),
        (
            body("Service", spec(field(99, b"x"))),
            "the pocket lab does not read field 99 of ServiceSpec as protobuf",
        ),
    ],
)
def test_what_is_refused(said: bytes, sentence: str) -> None:
    with pytest.raises(UnsupportedMediaType) as refused:
        decode(said)
    assert refused.value.message.startswith(sentence)
    assert refused.value.message.endswith(
        "send it as JSON: kubectl ... --dry-run=client -o yaml | kubectl apply -f -"
    )


def test_options_of_a_deletion_are_a_body_too() -> None:
    assert read("DeleteOptions", field(1, 5), field(4, b"Orphan")) == {
        "gracePeriodSeconds": 5,
        "propagationPolicy": "Orphan",
    }


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", None),
        (b"{}", None),
        (MAGIC[:3], None),
        (MAGIC + b"\x0a", "index out of range"),
        (MAGIC + b"\x0a\x05abc", "a field is longer than its message"),
        (MAGIC + number(1 << 3 | 3), "wire type 3"),
        (MAGIC + number(1 << 3 | 7), "wire type 7"),
        (MAGIC + b"\xff" * 11, "a number is too long"),
        (MAGIC + field(1, 7), "a number stands where a message is expected"),
        (body("Namespace", field(1, 7)), "a number stands where a message is expected"),
        (body("Namespace", meta(field(1, b"\xff"))), "codec can't decode byte 0xff"),
        (body("Namespace", meta(field(8, field(1, 1 << 60)))), ""),
    ],
)
def test_what_cannot_be_read(said: bytes, why: str | None) -> None:
    with pytest.raises(BadRequest) as refused:
        decode(said)
    message = refused.value.message
    if why is None:
        assert message == "the body is not Kubernetes protobuf"
    else:
        assert message.startswith("the protobuf body cannot be read: ") and why in message


def test_the_longest_number() -> None:
    assert read("Pod", spec(field(4, -1))) == {"spec": {"terminationGracePeriodSeconds": -1}}
    most = (1 << 63) - 1
    assert read("Pod", spec(field(4, most))) == {"spec": {"terminationGracePeriodSeconds": most}}
    assert read("Pod", spec(field(4, most + 1))) == {
        "spec": {"terminationGracePeriodSeconds": -most - 1}
    }
