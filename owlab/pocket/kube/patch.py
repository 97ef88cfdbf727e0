"""Patches: JSON merge, JSON patch, and Kubernetes' strategic merge."""

from __future__ import annotations

import copy
from typing import Any

import jsonpatch

from owlab.pocket.kube.errors import BadRequest, Invalid
from owlab.pocket.kube.listkeys import merge_key


def merge(target: Any, patch: Any) -> Any:
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


def json_patch(target: Any, operations: Any) -> Any:
    """JSON patch (RFC 6902)."""
    try:
        return jsonpatch.apply_patch(target, operations)
    except (
        jsonpatch.JsonPatchConflict,
        jsonpatch.JsonPatchTestFailed,
        jsonpatch.JsonPointerException,
    ) as error:
        raise Invalid(
            f"the server rejected our request due to an error in our request: {error}"
        ) from None
    except (jsonpatch.JsonPatchException, ValueError, TypeError) as error:
        raise BadRequest(f"error decoding patch: {error}") from None


def strategic(target: Any, patch: Any, path: tuple[str, ...] = ()) -> Any:
    """Strategic merge patch: lists of objects merge by their key, as the API's types say."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    directive = patch.get("$patch")
    if directive == "replace":
        return {k: copy.deepcopy(v) for k, v in patch.items() if k != "$patch"}
    if directive == "delete":
        return {}
    result = dict(target) if isinstance(target, dict) else {}
    keep = patch.get("$retainKeys")
    for name, value in patch.items():
        if name.startswith("$deleteFromPrimitiveList/"):
            field = name.partition("/")[2]
            result[field] = [item for item in result.get(field) or [] if item not in value]
        elif name.startswith("$"):
            continue
        elif value is None:
            result.pop(name, None)
        elif isinstance(value, list):
            result[name] = _list(result.get(name) or [], value, (*path, name))
        else:
            result[name] = strategic(result.get(name), value, (*path, name))
    for name, order in patch.items():
        if name.startswith("$setElementOrder/"):
            field = name.partition("/")[2]
            before = (target.get(field) if isinstance(target, dict) else None) or []
            result[field] = _ordered(result.get(field) or [], order, before, (*path, field))
    if keep is not None:
        result = {name: value for name, value in result.items() if name in keep}
    return result


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

    def name(item: Any) -> str:
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
