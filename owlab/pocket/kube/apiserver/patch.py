"""Patches: JSON merge, JSON patch, and Kubernetes' strategic merge."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonpatch

from owlab.pocket.ground.intake import Unreadable, measure
from owlab.pocket.kube.errors import BadRequest, Invalid, TooLarge
from owlab.pocket.kube.schemas.list_keys import merge_key

_LISTS = ("$retainKeys", "$setElementOrder", "$deleteFromPrimitiveList")
MOST_OPERATIONS = 10_000
MOST_COPIED = 3 << 20
"""Bytes that all "copy" operations of a patch make: the API server's JSONPatchMaxCopyBytes."""
_REJECTED = "the server rejected our request due to an error in our request"
_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")


def merge(target: object, patch: object) -> Any:
    """JSON merge patch (RFC 7386): null removes."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


def json_patch(target: object, operations: object) -> Any:
    """JSON patch (RFC 6902)."""
    if not isinstance(operations, list) or not all(isinstance(item, dict) for item in operations):
        raise BadRequest("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    if not all(_is_operation(item) for item in operations):
        raise Invalid(_REJECTED)
    if len(operations) > MOST_OPERATIONS:
        raise TooLarge(
            f"The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got "
            f"{len(operations)}"
        )
    result, copied = copy.deepcopy(target), 0
    try:
        for operation in operations:
            if operation["op"] == "copy":  # each one may double the object
                source = jsonpatch.JsonPointer(operation["from"]).resolve(result)
                copied += len(json.dumps(source, separators=(",", ":")))
                if copied > MOST_COPIED:
                    raise Invalid(_REJECTED)
            result = jsonpatch.apply_patch(result, [operation], in_place=True)
        measure(result)
    except Unreadable as error:
        raise TooLarge(f"the patched object is too large: {error}") from None
    except (
        jsonpatch.JsonPatchConflict,
        jsonpatch.JsonPatchTestFailed,
        jsonpatch.JsonPointerException,
        jsonpatch.JsonPatchException,
        ValueError,
        TypeError,
        LookupError,
    ):
        raise Invalid(_REJECTED) from None
    return result


def _is_operation(item: dict[str, Any]) -> bool:
    if item.get("op") not in _OPERATIONS:
        return False
    pointers = [item.get("path"), *([item.get("from")] if item["op"] in ("copy", "move") else [])]
    return all(isinstance(pointer, str) for pointer in pointers)


def strategic(target: object, patch: object, path: tuple[str, ...] = ()) -> Any:
    """Strategic merge patch: lists of objects merge by their key, as the API's types say."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    directive = patch.get("$patch")
    if directive not in (None, "replace", "delete", "merge"):
        raise BadRequest(f"unknown patch type [{directive}] in map")
    if directive == "replace":
        return {k: copy.deepcopy(v) for k, v in patch.items() if k != "$patch"}
    if directive == "delete":
        return {}
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if name.partition("/")[0] in _LISTS and not isinstance(value, list):
            raise BadRequest(f"{name.partition('/')[0]} of a strategic merge patch is a list")
    keep = patch.get("$retainKeys")
    for name, value in patch.items():
        if name.startswith("$deleteFromPrimitiveList/"):
            field = name.partition("/")[2]
            result[field] = [item for item in _as_list(result.get(field)) if item not in value]
        elif name.startswith("$"):
            continue
        elif value is None:
            result.pop(name, None)
        elif isinstance(value, list):
            result[name] = _list(_as_list(result.get(name)), value, (*path, name))
        else:
            result[name] = strategic(result.get(name), value, (*path, name))
    for name, order in patch.items():
        if name.startswith("$setElementOrder/"):
            field = name.partition("/")[2]
            before = _as_list(target.get(field) if isinstance(target, dict) else None)
            result[field] = _ordered(_as_list(result.get(field)), order, before, (*path, field))
    if keep is not None:
        result = {name: value for name, value in result.items() if name in keep}
    return result


def _as_list(value: object) -> list[Any]:
    """A list that is there; what else stands in its place gives way."""
    return value if isinstance(value, list) else []


def _list(old: list[Any], new: list[Any], path: tuple[str, ...]) -> list[Any]:
    key = merge_key(path, [*old, *new])
    if path[-1] == "finalizers":
        return [*old, *(item for item in new if item not in old)]
    if key is None or any(isinstance(i, dict) and i.get("$patch") == "replace" for i in new):
        return [copy.deepcopy(i) for i in new if not (isinstance(i, dict) and "$patch" in i)]
    result = [copy.deepcopy(item) for item in old]
    for item in new:
        at = next((n for n, o in enumerate(result) if o.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            if at is not None:
                del result[at]
        elif at is None:
            result.append(strategic({}, item, path))
        else:
            result[at] = strategic(result[at], item, path)
    return _ordered(result, [i for i in new if i.get("$patch") != "delete"], old, path)


def _ordered(
    items: list[Any], order: list[Any], before: list[Any], path: tuple[str, ...]
) -> list[Any]:
    """The items as the patch orders them; where others go among them, the old order says.

    An item that is new stands before one that the patch does not name.
    """
    key = merge_key(path, items)

    def name(item: object) -> str:
        return str(item.get(key) if key and isinstance(item, dict) else item)

    rank = {name(item): n for n, item in enumerate(order)}
    place = {name(item): n for n, item in enumerate(before)}
    left = sorted((i for i in items if name(i) in rank), key=lambda item: rank[name(item)])
    right = [item for item in items if name(item) not in rank]
    result = []
    while left and right:
        first, other = place.get(name(left[0])), place.get(name(right[0]))
        later = first is not None and other is not None and other < first
        result.append((right if later else left).pop(0))
    return [*result, *left, *right]
