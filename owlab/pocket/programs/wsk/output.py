"""How wsk prints: lists, JSON, fields."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

ACTION = ("namespace", "name", "version", "exec", "annotations", "parameters", "limits", "publish")
ENTITY = (
    "namespace", "name", "version", "annotations", "parameters", "limits", "publish", "binding",
    "actions", "feeds", "rules",
)  # fmt: skip
RULE = ("namespace", "name", "version", "annotations", "status", "trigger", "action", "publish")
ACTIVATION = (
    "namespace", "name", "version", "subject", "activationId", "cause", "start", "end", "duration",
    "statusCode", "response", "logs", "annotations", "publish",
)  # fmt: skip
STATUSES = ("success", "application error", "developer error", "internal error")


def as_json(value: Any) -> str:
    """Indented by four blanks, as the real one."""
    return json.dumps(value, indent=4, ensure_ascii=False) + "\n"


def result_json(value: Any) -> str:
    """A result: its keys in order."""
    return json.dumps(value, indent=4, ensure_ascii=False, sort_keys=True) + "\n"


def ordered(document: dict[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    """The fields that wsk knows, in its order; empty ones are left out."""
    kept = {
        name: document[name]
        for name in order
        if name in document and document[name] not in ([], {}, None)
    }
    if "exec" in kept:
        execution = kept["exec"]
        shown = ("kind", "code", "components", "main", "binary")
        kept["exec"] = {name: execution[name] for name in shown if name in execution}
    if order is ACTION and "limits" in kept:
        known = ("timeout", "memory", "logs", "concurrency")
        kept["limits"] = {name: kept["limits"].get(name) for name in known}
    return kept


def activation(document: dict[str, Any]) -> dict[str, Any]:
    """An activation record in wsk's order, with the status code on top as well."""
    response = document.get("response", {})
    shown = ("status", "statusCode", "success", "result", "size")
    whole = document | {
        "statusCode": response.get("statusCode", 0),
        "response": {name: response[name] for name in shown if name in response},
    }
    return {name: whole[name] for name in ACTIVATION if name in whole}


def entity_line(namespace: str, name: str, state: str, kind: str = "") -> str:
    """A row of a list."""
    row = f"{f'/{namespace}/{name}':<70} {state}"
    return f"{row} {kind}\n" if kind else f"{row}\n"


def annotation(document: dict[str, Any], name: str) -> Any:
    """One annotation's value."""
    for pair in document.get("annotations") or []:
        if pair["key"] == name:
            return pair["value"]
    return None


def activation_table(rows: list[dict[str, Any]]) -> str:
    """The list of activations, its columns as wide as needed."""
    kinds = [str(annotation(row, "kind") or "unknown") for row in rows]
    states = [STATUSES[row.get("statusCode", 0)] for row in rows]
    wide = max([len("Kind"), *map(len, kinds)])
    wide_status = max(map(len, STATUSES))
    text = (
        f"{'Datetime':<19} {'Activation ID':<32} {'Kind':<{wide}} {'Start':<6}{'Duration':<10} "
        f"{'Status':<{wide_status}} {'Entity':<6}\n"
    )
    for row, kind, state in zip(rows, kinds, states, strict=True):
        when = datetime.fromtimestamp(row["start"] / 1000).strftime("%Y-%m-%d %H:%M:%S")
        start = "cold" if annotation(row, "initTime") is not None else "warm"
        text += (
            f"{when:<19} {row['activationId']:<32} {kind:<{wide}} {start:<6}"
            f"{_duration(row.get('duration', 0)):<10} {state:<{wide_status}} "
            f"{row['namespace']}/{row['name']}:{row['version']}\n"
        )
    return text


def _duration(milliseconds: int) -> str:
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    return f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".") + "s"
