"""Parts that the documents of all collections share: parameters, annotations, versions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from owlab.pocket.openwhisk.refusals import malformed, too_large
from owlab.pocket.openwhisk.store import Document

_NUMBER = re.compile(r"[0-9]{1,9}")
Pairs = list[dict[str, Any]]
PARAMETERS = 1024 * 1024


def pairs(given: Any, what: str) -> Pairs:
    """Key/value pairs as they came in a request; 400 for other shapes."""
    if given is None:
        return []
    shaped = isinstance(given, list) and all(
        isinstance(pair, dict)
        and isinstance(pair.get("key"), str)
        and "value" in pair
        and isinstance(pair.get("init", False), bool)
        for pair in given
    )
    # Annotations are read by the same parser, which knows one word for both.
    if not shaped:
        raise malformed("parameters malformed!")
    merged = {pair["key"]: pair for pair in given}
    result = [
        {"key": key, "value": pair.get("value")} | ({"init": True} if pair.get("init") else {})
        for key, pair in merged.items()
    ]
    size = len(json.dumps(result).encode())
    if size > PARAMETERS:
        raise too_large(what.capitalize(), size, PARAMETERS)
    return result


def joined(old: Pairs, new: Pairs, deleted: object = None) -> Pairs:
    """Pairs of before, without those that are deleted, overridden by the new ones."""
    if deleted is not None and not (
        isinstance(deleted, list) and all(isinstance(key, str) for key in deleted)
    ):
        raise malformed("Expected Array as JsArray, but got " + json.dumps(deleted))
    gone = {pair["key"] for pair in new} | set(deleted or [])
    return [*(pair for pair in old if pair["key"] not in gone), *new]


def defined(given: Iterable[dict[str, Any]] | None) -> set[str]:
    """The keys whose values are not null."""
    return {pair["key"] for pair in given or [] if pair.get("value") is not None}


def values(given: Iterable[dict[str, Any]] | None) -> dict[str, Any]:
    """Pairs as a mapping."""
    return {pair["key"]: pair.get("value") for pair in given or []}


def with_pair(given: Pairs, key: str, value: object) -> Pairs:
    """The pairs with one of them set."""
    return [pair for pair in given if pair["key"] != key] + [{"key": key, "value": value}]


def bumped(version: str) -> str:
    """The next patch version: 0.0.1 -> 0.0.2."""
    major, minor, patch = version.split(".")
    return f"{major}.{minor}.{int(patch) + 1}"


def _version(given: object) -> str | None:
    if given is None:
        return None
    # Java's split, by which upstream reads it, drops what is empty at the end.
    parts = given.rstrip(".").split(".")[:3] if isinstance(given, str) else []
    numbers = [int(part) for part in parts if _NUMBER.fullmatch(part)]
    if len(numbers) < len(parts) or not any(numbers):
        raise malformed("semantic version malformed")
    return ".".join(str(number) for number in [*numbers, 0, 0][:3])


def common(body: Document, old: Document | None, namespace: str, name: str) -> Document:
    """What a put sets whatever the collection: what is not given stays as it was."""
    if not isinstance(body, dict):
        raise malformed("Object expected in field")
    previous = old or {}

    def chosen(field: str) -> Any:
        return body[field] if field in body else previous.get(field)

    publish = chosen("publish")
    if publish is not None and not isinstance(publish, bool):
        raise malformed("Expected JsBoolean, but got " + json.dumps(publish))
    version = _version(body.get("version")) or (bumped(old["version"]) if old else "0.0.1")
    return {
        "namespace": namespace,
        "name": name,
        "version": version,
        "publish": bool(publish),
        "annotations": pairs(chosen("annotations"), "annotations"),
        "parameters": pairs(chosen("parameters"), "parameters"),
    }


def summary(document: Document, *fields: str) -> Document:
    """A list's row."""
    shown = ("namespace", "name", "version", "publish", "annotations", "updated", *fields)
    return {field: document[field] for field in shown if field in document}
