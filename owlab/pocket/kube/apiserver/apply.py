"""Server-side apply: who owns which field, and what happens when two disagree."""

from __future__ import annotations

import copy
import json
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Conflict
from owlab.pocket.kube.schemas.list_keys import key_of, map_keys, shown_key

Schema = dict[str, Any] | None
"""Of a custom kind: its definition's."""
Path = tuple[str, ...]
"""Steps as in ``fieldsV1``: ``f:name`` for a field, ``k:{...}`` for an item of a list."""

_NOT_OWNED = {
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata",),
    ("f:metadata", "f:name"),
    ("f:metadata", "f:namespace"),
    ("f:metadata", "f:managedFields"),
    ("f:metadata", "f:resourceVersion"),
    ("f:metadata", "f:uid"),
    ("f:metadata", "f:creationTimestamp"),
}


def apply(
    live: Object | None,
    wanted: Object,
    manager: str,
    force: bool,
    now: str,
    schema: Schema = None,
) -> Object:
    """The object after ``manager`` has applied ``wanted``.

    Fields that the manager owned and does not mention any more go, unless another owns them.
    Raises Conflict when another manager owns a field and wants another value, unless ``force``.
    """
    wanted = copy.deepcopy(wanted)
    wanted.get("metadata", {}).pop("managedFields", None)
    new_fields = fields_of(wanted, schema)
    base: Object = copy.deepcopy(live) if live else {}
    entries: list[Any] = list(base.get("metadata", {}).pop("managedFields", None) or [])
    own = _entry(entries, manager)
    others = [entry for entry in entries if entry is not own]
    differing = _differing(base, wanted, new_fields, schema)
    if not force:
        _check_conflicts(differing, others)
    if own is not None:
        kept = set().union(*(paths_of(entry["fieldsV1"]) for entry in others))
        # An item of a list goes before its fields: without its key it would not be found.
        for path in sorted(paths_of(own["fieldsV1"]) - new_fields - kept, key=len):
            _remove(base, path)
    result: Object = _merge(base, wanted, (), schema)
    if force:
        for entry in others:
            entry["fieldsV1"] = to_fields(paths_of(entry["fieldsV1"]) - differing)
    entry = {
        "manager": manager,
        "operation": "Apply",
        "apiVersion": wanted["apiVersion"],
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": to_fields(new_fields),
    }
    if own is not None and own["fieldsV1"] == entry["fieldsV1"]:
        entry = own
    result.setdefault("metadata", {})["managedFields"] = [*others, entry]
    return result


def record_update(
    old: Object | None, new: Object, manager: str, now: str, schema: Schema = None
) -> None:
    """Note in ``managedFields`` who set the fields that differ from before, in place."""
    meta = new.setdefault("metadata", {})
    entries = copy.deepcopy((old or {}).get("metadata", {}).get("managedFields") or [])
    before = _leaves(old, schema) if old else {}
    after = _leaves(new, schema)
    changed = {path for path, value in after.items() if before.get(path) != value}
    changed = {path for path in changed if path not in _NOT_OWNED and path[0] != "f:status"}
    if not changed:
        meta["managedFields"] = entries
        return
    for entry in entries:
        entry["fieldsV1"] = to_fields(paths_of(entry["fieldsV1"]) - changed)
    own = next((e for e in entries if e["manager"] == manager and e["operation"] == "Update"), None)
    if own is None:
        own = {
            "manager": manager,
            "operation": "Update",
            "apiVersion": new.get("apiVersion", "v1"),
            "fieldsType": "FieldsV1",
            "fieldsV1": {},
        }
        entries.append(own)
    own["time"] = now
    own["fieldsV1"] = to_fields(paths_of(own["fieldsV1"]) | changed)
    meta["managedFields"] = [entry for entry in entries if entry["fieldsV1"]]


def fields_of(obj: Object, schema: Schema = None) -> set[Path]:
    """The paths of everything that is said in an object."""
    return {path for path in _leaves(obj, schema) if path not in _NOT_OWNED}


def _leaves(
    value: Any, schema: Schema, path: Path = (), names: tuple[str, ...] = ()
) -> dict[Path, Any]:
    found: dict[Path, Any] = {}
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            if path == ("f:metadata",) and name == "managedFields":
                continue
            found |= _leaves(inner, schema, (*path, f"f:{name}"), (*names, name))
    elif isinstance(value, list) and value and (keys := map_keys(names, value, schema)):
        for item in value:
            place = (*path, _item_step(keys, item))
            found |= {place: None} | _leaves(item, schema, place, names)
    else:
        found[path] = value
    return found


def _item_step(keys: tuple[str, ...], item: Any) -> str:
    return "k:" + json.dumps(key_of(keys, item), separators=(",", ":"))


def to_fields(paths: set[Path]) -> dict[str, Any]:
    """Paths as the nested object ``fieldsV1``."""
    tree: dict[str, Any] = {}
    for path in sorted(paths):
        place = tree
        for step in path:
            place = place.setdefault(step, {})
        if path[-1].startswith("k:"):
            place.setdefault(".", {})
    return tree


def paths_of(tree: dict[str, Any], path: Path = ()) -> set[Path]:
    """The paths of a ``fieldsV1`` object."""
    found: set[Path] = set()
    for step, inner in tree.items():
        if step == ".":
            found.add(path)
        elif inner:
            found |= paths_of(inner, (*path, step))
        else:
            found.add((*path, step))
    return found


def _entry(entries: list[Any], manager: str) -> Any:
    for entry in entries:
        if entry["manager"] == manager and entry["operation"] == "Apply":
            return entry
    return None


def _differing(base: Object, wanted: Object, fields: set[Path], schema: Schema) -> set[Path]:
    have, want = _leaves(base, schema), _leaves(wanted, schema)
    return {path for path in fields if path in have and have[path] != want.get(path)}


def _check_conflicts(differing: set[Path], others: list[Any]) -> None:
    clashes = [
        (_manager(entry), _readable(path))
        for entry in sorted(others, key=lambda entry: str(entry["manager"]))
        for path in sorted(paths_of(entry["fieldsV1"]) & differing)
    ]
    if not clashes:
        return
    if len(clashes) == 1:
        [(manager, field)] = clashes
        said = f"1 conflict: conflict with {manager}: {field}"
    else:
        lines = []
        for manager in dict.fromkeys(manager for manager, _ in clashes):
            lines.append(f"conflicts with {manager}:")
            lines += [f"- {field}" for other, field in clashes if other == manager]
        said = f"{len(clashes)} conflicts: " + "\n".join(lines)
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {manager}",
            "field": field,
        }
        for manager, field in clashes
    ]
    raise Conflict(f"Apply failed with {said}", {"causes": causes})


def _manager(entry: Any) -> str:
    """Who owns fields, and by which version of the API if not by applying them."""
    name = json.dumps(entry["manager"])
    return f"{name} using {entry['apiVersion']}" if entry["operation"] == "Update" else name


def _readable(path: Path) -> str:
    text = ""
    for step in path:
        if step.startswith("f:"):
            text += f".{step[2:]}"
        else:
            text += shown_key(json.loads(step[2:]))
    return text


def _merge(base: object, wanted: object, names: tuple[str, ...], schema: Schema) -> Any:
    if isinstance(wanted, dict) and isinstance(base, dict):
        result = dict(base)
        for name, value in wanted.items():
            result[name] = _merge(base.get(name), value, (*names, name), schema)
        return result
    if isinstance(wanted, list) and isinstance(base, list):
        keys = map_keys(names, [*base, *wanted], schema) if base or wanted else ()
        if keys:
            result_list = [copy.deepcopy(item) for item in base]
            places = [key_of(keys, item) for item in base]
            for item in wanted:
                if (same := key_of(keys, item)) in places:
                    at = places.index(same)
                    result_list[at] = _merge(result_list[at], item, names, schema)
                else:
                    places.append(same)
                    result_list.append(copy.deepcopy(item))
            return result_list
    return copy.deepcopy(wanted)


def _remove(obj: object, path: Path) -> None:
    place = obj
    for step in path[:-1]:
        place = _step(place, step)
        if place is None:
            return
    last = path[-1]
    if last.startswith("f:") and isinstance(place, dict):
        place.pop(last[2:], None)
    elif last.startswith("k:") and isinstance(place, list):
        found = _step(place, last)
        if found is not None:
            place.remove(found)


def _step(place: object, step: str) -> Any:
    if step.startswith("f:"):
        return place.get(step[2:]) if isinstance(place, dict) else None
    if isinstance(place, list):
        wanted = json.loads(step[2:])
        found = (i for i in place if isinstance(i, dict) and key_of(wanted, i) == wanted)
        return next(found, None)
    return None
