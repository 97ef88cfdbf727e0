"""``fieldValidation``: what is said of unknown and duplicate fields, and of wrong types."""

from __future__ import annotations

import json
import re

from starlette.requests import Request

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.answers import warn
from owlab.pocket.kube.errors import BadRequest, Invalid, NotTyped
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.schemas import custom
from owlab.pocket.kube.schemas.decode import DecodeError, Decoder
from owlab.pocket.kube.schemas.list_keys import key_of, map_keys, repeated_keys, shown_key
from owlab.pocket.kube.schemas.types import is_model, model_of

_MODES = ("Ignore", "Warn", "Strict")
_MOST = 100
"""Errors of one object that are told of."""


def posted(request: Request, kind: Kind, obj: Object) -> Object:
    """An object that was sent whole; raises BadRequest."""
    try:
        obj, unknown = _decoded(kind, obj)
        _judge(request, [*_duplicates(request), *unknown])
    except (DecodeError, _Strict) as error:
        version = obj.get("apiVersion", kind.api_version).rpartition("/")[2]
        raise BadRequest(
            f'{kind.kind} in version "{version}" cannot be handled as a {kind.kind}: {error}'
        ) from None
    return obj


def patched(request: Request, kind: Kind, old: Object, new: Object, patch: object) -> Object:
    """An object after a patch; raises Invalid."""
    strategic = "strategic" in request.headers.get("content-type", "")
    try:
        new, unknown = _decoded(kind, new)
        if unknown:
            # What was there before is not this client's doing.
            known = set(_decoded(kind, old)[1])
            unknown = [text for text in unknown if text not in known]
        _judge(request, [*_duplicates(request), *unknown])
    except (DecodeError, _Strict) as error:
        shown = _go_text(patch) if strategic else json.dumps(new, separators=(",", ":"))
        text = _restored(error) if strategic and isinstance(error, DecodeError) else str(error)
        message = f"Invalid value: {json.dumps(shown)}: {text}"
        raise Invalid(
            f' "" is invalid: patch: {message}',
            {"causes": [{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]},
        ) from None
    return new


def applied(request: Request, kind: Kind, wanted: Object) -> Object:
    """A configuration of server-side apply, which refuses unknown fields in every mode."""
    unknown: list[str] = []
    try:
        obj, unknown = _decoded(kind, wanted)
        undeclared = "field not declared in schema"
        said = [f"{_keyed(wanted, _path(text), kind)}: {undeclared}" for text in unknown]
        said += repeated_keys(wanted, kind.schema)
    except DecodeError as error:
        said = [f"{_keyed(wanted, error.path, kind)}: {_expected(error)}"]
    if said:
        meta = wanted["metadata"]
        name = "/".join(filter(None, (meta.get("namespace"), meta.get("name"))))
        text = said[0] if len(said) == 1 else "errors:\n  " + "\n  ".join(said)
        raise NotTyped(
            f"failed to create typed patch object ({name}; {kind.group}/{kind.version}, "
            f"Kind={kind.kind}): {text}"
        )
    try:
        _judge(request, _duplicates(request))
    except _Strict as error:
        raise BadRequest(f"error strict decoding YAML: {error.args[0]}") from None
    return obj


class _Strict(Exception):
    def __str__(self) -> str:
        return f"strict decoding error: {self.args[0]}"


def _duplicates(request: Request) -> list[str]:
    found: list[str] = getattr(request.state, "duplicates", [])
    return found


def _judge(request: Request, said: list[str]) -> None:
    mode = request.query_params.get("fieldValidation") or "Warn"
    if mode not in _MODES:
        raise Invalid(
            f'fieldValidation: Unsupported value: "{mode}": supported values: "Ignore", "Strict", '
            '"Warn"'
        )
    if mode == "Strict" and said:
        raise _Strict(", ".join(said[:_MOST]))
    if mode == "Warn":
        warn(request, said[:_MOST])


def _decoded(kind: Kind, obj: Object) -> tuple[Object, list[str]]:
    api_version = obj.get("apiVersion", kind.api_version)
    if kind.schema is not None:
        unknown: list[str] = []
        result = custom.prune(obj, kind.schema, unknown)
        decoder = Decoder()
        result["metadata"] = decoder.object({"metadata": obj["metadata"]}, "V1Pod")["metadata"]
        unknown = [*decoder.unknown, *unknown]
        return result, [f'unknown field "{path}"' for path in unknown]
    model = model_of(api_version, kind.kind)
    if model is None:
        return obj, []
    decoder = Decoder()
    result = decoder.object(obj, model)
    return result, [f'unknown field "{path}"' for path in decoder.unknown]


# The words of patches and of apply -----------------------------------------------------------


def _go_text(value: object) -> str:
    """Data as Go prints it: ``map[spec:map[replicas:three]]``."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{k}:{_go_text(v)}' for k, v in sorted(value.items()))}]"
    if isinstance(value, list):
        return f"[{' '.join(_go_text(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else str(value)


def _go_syntax(value: object) -> str:
    """Data as Go writes it in a program: ``map[string]interface {}{"replicas":"three"}``."""
    if isinstance(value, dict):
        inner = (f"{json.dumps(k)}:{_go_syntax(v)}" for k, v in sorted(value.items()))
        return f"map[string]interface {{}}{{{', '.join(inner)}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(_go_syntax, value))}}}"
    if value is None:
        return "interface {}(nil)"
    return json.dumps(value, ensure_ascii=False)


def _restored(error: DecodeError) -> str:
    sort = {str: "string", bool: "bool", int: "int64", float: "float64", list: "slice"}.get(
        type(error.value), "map"
    )
    if error.kind.startswith("[]"):
        return f"cannot restore slice from {sort}"
    if error.kind.startswith("{}"):
        return f"cannot restore map from {sort}"
    if is_model(error.kind):
        return f"cannot restore struct from: {sort}"
    if error.kind in ("string", "bool", "int32", "int64"):
        return f"unrecognized type: {error.kind}"
    return str(error)


def _expected(error: DecodeError) -> str:
    value = error.value
    if error.kind.startswith("[]"):
        return f"expected list, got &{{{_go_text(value)}}}"
    if error.kind.startswith("{}") or is_model(error.kind):
        return f"expected map, got &{{{_go_text(value)}}}"
    if error.kind in ("int32", "int64", "float"):
        sort = {str: "string", bool: "bool", list: "[]interface {}"}.get(
            type(value), "map[string]interface {}"
        )
        return f"expected numeric (int or float), got {sort}"
    if error.kind in ("string", "bool"):
        shown = _go_syntax(value)
        wanted = "boolean" if error.kind == "bool" else "string"
        return f"expected {wanted}, got &value.valueUnstructured{{Value:{shown}}}"
    return str(error)


def _path(text: str) -> str:
    return text.removeprefix('unknown field "').removesuffix('"')


def _keyed(obj: object, path: str, kind: Kind) -> str:
    """A path whose list items are named by their keys: ``.spec.containers[name="a"].x``."""
    shown, place, names = "", obj, []
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        if name:
            shown += f".{name}"
            names.append(name)
            place = place.get(name) if isinstance(place, dict) else None
            continue
        assert isinstance(place, list), path
        item = place[int(index)]
        keys = key_of(map_keys(names, place, kind.schema), item)
        shown += shown_key(keys) if keys else f"[{index}]"
        place = item
    return shown
