"""Protobuf bodies, as kubectl and Helm send them: read into the same objects as JSON.

Types that are not listed are refused with 415.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Iterator
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.apiserver.protobuf_messages import MESSAGES, OBJECTS
from owlab.pocket.kube.errors import BadRequest, UnsupportedMediaType

MAGIC = b"k8s\x00"


def decode(body: bytes) -> Object:
    """An object of a body that starts with ``k8s\\0``; raises UnsupportedMediaType."""
    if not body.startswith(MAGIC):
        raise BadRequest("the body is not Kubernetes protobuf")
    try:
        outer = {number: value for number, _, value in _read(body[len(MAGIC) :])}
        meta = {number: value for number, _, value in _read(_bytes(outer.get(1, b"")))}
        api_version, kind = _text(meta.get(1, b"")), _text(meta.get(2, b""))
        if kind not in OBJECTS:
            raise UnsupportedMediaType(
                f"the pocket lab does not read {kind} as protobuf; send it as JSON: "
                "kubectl ... --dry-run=client -o yaml | kubectl apply -f -"
            )
        return {
            "apiVersion": api_version,
            "kind": kind,
            **_message(kind, _bytes(outer.get(2, b""))),
        }
    except (IndexError, ValueError, OverflowError, OSError) as error:
        raise BadRequest(f"the protobuf body cannot be read: {error}") from None


def _message(name: str, data: bytes) -> dict[str, Any]:
    fields = MESSAGES[name]
    found: dict[str, Any] = {}
    for number, wire, value in _read(data):
        field = fields.get(number)
        if field is None or field.type == "Ignored":
            if field is None and value not in (0, b""):
                _refuse_unknown(name, number, wire)
            continue
        if field.type in ("map", "bytesmap", "quantities"):
            key, item = _pair(_bytes(value), field.type)
            found.setdefault(field.name, {})[key] = item
        elif field.name == "-":
            found.update(_value(field.type, value))
        elif field.repeated:
            found.setdefault(field.name, []).append(_value(field.type, value))
        else:
            read = _value(field.type, value)
            if read not in ("", None):
                found[field.name] = read
    return found


def _refuse_unknown(message: str, number: int, wire: int) -> None:
    # Fields that newer clients send empty are harmless; losing one that says something is not.
    if wire == 2 and message in ("PodSpec", "Container", "DeploymentSpec", "ServiceSpec"):
        raise UnsupportedMediaType(
            f"the pocket lab does not read field {number} of {message} as protobuf; send it as "
            "JSON: kubectl ... --dry-run=client -o yaml | kubectl apply -f -"
        )


def _value(kind: str, value: int | bytes) -> Any:
    if kind == "int":
        return _signed(value)
    if kind == "bool":
        return bool(value)
    if kind == "str":
        return _text(value)
    if kind == "bytes":
        return base64.b64encode(_bytes(value)).decode()
    if kind == "Time":
        parts = {number: v for number, _, v in _read(_bytes(value))}
        seconds = _signed(parts.get(1, 0))
        if not seconds:
            return None
        moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind == "quantity":
        return _text({number: v for number, _, v in _read(_bytes(value))}.get(1, b""))
    if kind == "IntOrString":
        parts = {number: v for number, _, v in _read(_bytes(value))}
        return _text(parts.get(3, b"")) if parts.get(1) else _signed(parts.get(2, 0))
    inner = _message(kind, _bytes(value))
    return inner or (None if kind in ("Strategy", "Resources", "ObjectMeta") else {})


def _pair(data: bytes, kind: str) -> tuple[str, str]:
    parts = {number: value for number, _, value in _read(data)}
    value = _bytes(parts.get(2, b""))
    if kind == "bytesmap":
        return _text(parts.get(1, b"")), base64.b64encode(value).decode()
    if kind == "quantities":
        value = _bytes({number: v for number, _, v in _read(value)}.get(1, b""))
    return _text(parts.get(1, b"")), value.decode()


def _read(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Field number, wire type and raw value of each field."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield tag >> 3, wire, value
        elif wire == 2:
            length, at = _varint(data, at)
            if at + length > len(data):
                raise ValueError("a field is longer than its message")
            yield tag >> 3, wire, data[at : at + length]
            at += length
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            yield tag >> 3, wire, data[at : at + size]
            at += size
        else:
            raise ValueError(f"wire type {wire}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")


def _signed(value: int | bytes) -> int:
    number = value if isinstance(value, int) else int.from_bytes(value, "little")
    return number - (1 << 64) if number >= 1 << 63 else number


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number stands where a message is expected")
    return value


def _text(value: int | bytes) -> str:
    return _bytes(value).decode()
