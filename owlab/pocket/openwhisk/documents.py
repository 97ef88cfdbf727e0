"""Parts that the documents of all collections share: parameters, annotations, versions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from owlab.pocket.openwhisk.errors import malformed, too_large
from owlab.pocket.openwhisk.store import Document

_VERSION = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}")
Pairs = list[dict[str, Any]]


def pairs(given: Any, what: str) -> Pairs:
    """Key/value pairs as they came in a request; 400 for other shapes."""
    if given is None:
        return []
    if not isinstance(given, list):
        raise malformed(f"{what} malformed!")
    for pair in given:
        if not isinstance(pair, dict) or not isinstance(pair.get("key"), str) or not pair["key"]:
            raise malformed(f"{what} malformed!")
    merged = {pair["key"]: pair for pair in given}
    result = [
        {"key": key, "value": pair.get("value")} | ({"init": True} if pair.get("init") else {})
        for key, pair in merged.items()
    ]
    size = len(json.dumps(result).encode())
    if size > 1024 * 1024:
        raise too_large(what.capitalize(), size, 1024 * 1024)
    return result


def values(given: Iterable[dict[str, Any]] | None) -> dict[str, Any]:
    """Pairs as a mapping."""
    return {pair["key"]: pair.get("value") for pair in given or []}


def with_pair(given: Pairs, key: str, value: Any) -> Pairs:
    """The pairs with one of them set."""
    return [pair for pair in given if pair["key"] != key] + [{"key": key, "value": value}]


def bumped(version: str) -> str:
    """The next patch version: 0.0.1 -> 0.0.2."""
    major, minor, patch = version.split(".")
    return f"{major}.{minor}.{int(patch) + 1}"


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
    version = body.get("version")
    if version is None:
        version = bumped(old["version"]) if old else "0.0.1"
    elif not isinstance(version, str) or _VERSION.fullmatch(version) is None:
        raise malformed("bad version: 'major.minor.patch' of whole numbers expected")
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
