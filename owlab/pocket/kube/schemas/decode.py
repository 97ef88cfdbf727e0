"""Objects against the fields of their kind: what is unknown goes, what has a wrong type is refused.

The messages are those of Kubernetes' decoder, since people search for them.
That is why no validator of OpenAPI is asked: it says other things, and not where the decoder stops.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Any

from owlab.pocket.kube.schemas.types import fields, go_name, is_model

_QUANTITY = re.compile(r"[+-]?[0-9.]{1,200}[eEinumkKMGTP]{0,9}[-+]?[0-9]{0,9}")
_QUANTITY_TEXT = r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_BITS = {"int32": 31, "int64": 63}
_GO = {
    "float": "float64",
    "{}quantity": "v1.ResourceList",
    "bytes": "[]uint8",
    "time": "string",
    "{}bytes": "map[string][]uint8",
    "{}string": "map[string]string",
}


class DecodeError(Exception):
    """A value of a wrong type: where it is, and what stands in which field."""

    def __init__(self, message: str, path: str, value: object, kind: str) -> None:
        super().__init__(message)
        self.path = path
        self.value = value
        self.kind = kind


@dataclass(slots=True)
class _Place:
    """Where in the object the decoder is: as errors say it, and as warnings say it."""

    struct: str
    names: tuple[str, ...]
    path: str


@dataclass(slots=True)
class Decoder:
    """Reads one object; ``unknown`` are the paths of the fields that its kind does not have."""

    unknown: list[str] = field(default_factory=list)

    def object(self, obj: dict[str, Any], model: str) -> dict[str, Any]:
        """The object without unknown fields and nulls; raises DecodeError."""
        return self._struct(obj, model, (), "")

    def _struct(
        self, value: dict[str, Any], model: str, names: tuple[str, ...], path: str
    ) -> dict[str, Any]:
        known = fields(model)
        struct = go_name(model)[1]
        result = {}
        for name, inner in value.items():
            at = f"{path}.{name}" if path else name
            if name not in known:
                self.unknown.append(at)
            elif inner is not None:
                place = _Place(struct, (*names, name), at)
                result[name] = self._value(inner, known[name].type, place)
        return result

    def _value(self, value: Any, kind: str, place: _Place) -> Any:
        if kind.startswith("[]"):
            if not isinstance(value, list):
                raise _mismatch(value, kind, place)
            inner = kind[2:]
            return [
                self._value(
                    item, inner, _Place(place.struct, place.names, f"{place.path}[{index}]")
                )
                for index, item in enumerate(value)
                if item is not None
            ]
        if kind.startswith("{}"):
            if not isinstance(value, dict):
                raise _mismatch(value, kind, place)
            inner = kind[2:]
            return {
                key: self._value(
                    "" if item is None and inner == "string" else item,
                    inner,
                    _Place(place.struct, place.names, f"{place.path}.{key}"),
                )
                for key, item in value.items()
                if item is not None or inner == "string"
            }
        if is_model(kind):
            if not isinstance(value, dict):
                raise _mismatch(value, kind, place)
            return self._struct(value, kind, place.names, place.path)
        _scalar(value, kind, place)
        return value


def _scalar(value: object, kind: str, place: _Place) -> None:
    match kind:
        case "string" if not isinstance(value, str):
            raise _mismatch(value, kind, place)
        case "bool" if not isinstance(value, bool):
            raise _mismatch(value, kind, place)
        case "int32" | "int64":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _mismatch(value, kind, place)
            if isinstance(value, float) or not -(1 << _BITS[kind]) <= value < 1 << _BITS[kind]:
                raise _mismatch(value, kind, place, said=f"number {value}")
        case "float" if isinstance(value, bool) or not isinstance(value, int | float):
            raise _mismatch(value, kind, place)
        case "int-or-string" if isinstance(value, bool) or not isinstance(value, int | str):
            text = f"json: cannot unmarshal {_sort(value)} into Go value of type int32"
            raise DecodeError(text, place.path, value, kind)
        case "quantity":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number and not (isinstance(value, str) and _QUANTITY.fullmatch(value)):
                text = f"quantities must match the regular expression '{_QUANTITY_TEXT}'"
                raise DecodeError(text, place.path, value, kind)
        case "time":
            if not isinstance(value, str):
                text = f"json: cannot unmarshal {_sort(value)} into Go value of type string"
                raise DecodeError(text, place.path, value, kind)
            if not _TIME.fullmatch(value):
                form = "2006-01-02T15:04:05Z07:00"
                text = f'parsing time "{value}" as "{form}": cannot parse "{value}" as "2006"'
                raise DecodeError(text, place.path, value, kind)
        case "bytes":
            if not isinstance(value, str):
                raise _mismatch(value, kind, place)
            _base64(value, place)


def _base64(text: str, place: _Place) -> None:
    try:
        base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except ValueError:
        bad = re.search(r"[^A-Za-z0-9+/=\r\n]", text)
        at = bad.start() if bad else len(text) // 4 * 4
        said = f"illegal base64 data at input byte {at}"
        raise DecodeError(said, place.path, text, "bytes") from None


def _mismatch(value: object, kind: str, place: _Place, said: str = "") -> DecodeError:
    where = f"{place.struct}.{'.'.join(place.names)}"
    return DecodeError(
        f"json: cannot unmarshal {said or _sort(value)} into Go struct field {where} of type "
        f"{_go_type(kind)}",
        place.path,
        value,
        kind,
    )


def _sort(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    sorts: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return sorts.get(type(value), "null")


def _go_type(kind: str) -> str:
    if kind in _GO:
        return _GO[kind]
    if kind.startswith("[]"):
        return "[]" + _go_type(kind[2:])
    if kind.startswith("{}"):
        return "map[string]" + _go_type(kind[2:])
    return ".".join(go_name(kind)) if is_model(kind) else kind
