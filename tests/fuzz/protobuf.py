"""Objects as Kubernetes protobuf: what the server's reader reads, written."""

from __future__ import annotations

import base64
from typing import Any

from owlab.pocket.kube.apiserver.protobuf import MAGIC
from owlab.pocket.kube.apiserver.protobuf_messages import MESSAGES


def encode(obj: dict[str, Any]) -> bytes:
    """A whole body."""
    meta = _bytes(1, obj["apiVersion"].encode()) + _bytes(2, obj["kind"].encode())
    return MAGIC + _bytes(1, meta) + _bytes(2, _message(obj["kind"], obj))


def _message(name: str, obj: dict[str, Any]) -> bytes:
    written = b""
    for number, field in MESSAGES[name].items():
        if field.name == "-":
            written += _bytes(number, _message(field.type, obj))
            continue
        if field.name not in obj:
            continue
        values = obj[field.name]
        if field.type in ("map", "bytesmap", "quantities"):
            for key, value in values.items():
                written += _bytes(number, _bytes(1, key.encode()) + _bytes(2, _inner(field, value)))
            continue
        for value in values if field.repeated else [values]:
            written += _field(number, field.type, value)
    return written


def _inner(field: Any, value: Any) -> bytes:
    if field.type == "bytesmap":
        return base64.b64decode(value)
    return _bytes(1, str(value).encode()) if field.type == "quantities" else str(value).encode()


def _field(number: int, kind: str, value: Any) -> bytes:
    match kind:
        case "int" | "bool":
            return _varint(number << 3) + _varint(int(value) & (1 << 64) - 1)
        case "str":
            return _bytes(number, str(value).encode())
        case "quantity":
            return _bytes(number, _bytes(1, str(value).encode()))
        case "IntOrString":
            text = isinstance(value, str)
            inner = _bytes(3, value.encode()) if text else _varint(2 << 3) + _varint(value)
            return _bytes(number, _varint(1 << 3) + _varint(int(text)) + inner)
        case "Time" | "Ignored":
            return _bytes(number, _varint(1 << 3) + _varint(1_700_000_000))
    return _bytes(number, _message(kind, value))


def _bytes(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
