"""How wsk prints: lists, JSON, summaries."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

# The fields that wsk knows of each kind, in its order. Those that it may leave out when empty
# are told by EMPTY.
ACTION = (
    "namespace", "name", "version", "exec", "annotations", "parameters", "limits", "error", "code",
    "publish", "updated",
)  # fmt: skip
PACKAGE = (
    "namespace", "name", "version", "publish", "annotations", "parameters", "binding", "actions",
    "feeds", "updated",
)  # fmt: skip
TRIGGER = (
    "namespace", "name", "version", "activationId", "annotations", "parameters", "limits",
    "publish", "rules", "updated",
)  # fmt: skip
RULE = (
    "namespace", "name", "version", "annotations", "status", "trigger", "action", "publish",
    "updated",
)  # fmt: skip
ACTIVATION = (
    "namespace", "name", "version", "subject", "activationId", "cause", "start", "end", "duration",
    "statusCode", "response", "logs", "annotations", "publish",
)  # fmt: skip
EXEC = ("kind", "code", "image", "init", "main", "components", "binary")
LIMITS = ("timeout", "memory", "logs", "concurrency")
EMPTY: dict[str, Any] = {
    "error": "", "code": 0, "cause": "", "activationId": "", "version": "", "updated": 0,
}  # fmt: skip
OMITTED: tuple[Any, ...] = ("", [], None)
STATUSES = ("success", "application error", "developer error", "internal error")


def as_json(value: object) -> str:
    """Indented by four blanks, as the real one."""
    return json.dumps(value, indent=4, ensure_ascii=False) + "\n"


def result_json(value: object) -> str:
    """A result: its keys in order."""
    return json.dumps(value, indent=4, ensure_ascii=False, sort_keys=True) + "\n"


def _sorted(value: object) -> Any:
    """What wsk decodes without knowing its shape, it prints with its keys in order."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _pairs(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"key": pair["key"], "value": _sorted(pair.get("value"))} for pair in given]


def _known(document: dict[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    kept = {n: document[n] for n in order if n in document and document[n] not in OMITTED}
    for name in ("annotations", "parameters"):
        if name in kept:
            kept[name] = _pairs(kept[name])
    return kept


def action(document: dict[str, Any]) -> dict[str, Any]:
    """An action as wsk prints it."""
    kept = _known(document, ACTION)
    if "exec" in kept:
        kept["exec"] = _known(kept["exec"], EXEC)
    if "limits" in kept:
        kept["limits"] = {name: kept["limits"].get(name) for name in LIMITS}
    return kept


def package(document: dict[str, Any]) -> dict[str, Any]:
    """A package."""
    kept = _known(document, PACKAGE)
    for name in ("actions", "feeds"):
        if name in kept:
            kept[name] = [_known(entry, ACTION) for entry in kept[name]]
    return kept


def trigger(document: dict[str, Any]) -> dict[str, Any]:
    """A trigger."""
    kept = _known(document, TRIGGER)
    if not kept.get("rules", True):
        del kept["rules"]
    return kept | ({"rules": _sorted(kept["rules"])} if "rules" in kept else {})


def rule(document: dict[str, Any]) -> dict[str, Any]:
    """A rule: its status, trigger and action are never left out."""
    kept = _known(document, RULE)
    return {
        name: _sorted(document.get(name)) if name in ("trigger", "action") else kept.get(name, "")
        for name in RULE
        if name in kept or name in ("status", "trigger", "action")
    }


def activation(document: dict[str, Any]) -> dict[str, Any]:
    """An activation record in wsk's order, with the status code on top as well."""
    response = document.get("response", {})
    shown = {
        "status": response.get("status", ""),
        "statusCode": response.get("statusCode", 0),
        "success": response.get("success", False),
        "result": _sorted(response.get("result")),
    }
    if shown["result"] is None:
        del shown["result"]
    whole = document | {"statusCode": document.get("statusCode", 0), "response": shown}
    whole["annotations"] = _pairs(document.get("annotations") or [])
    return {name: whole[name] for name in ACTIVATION if whole.get(name) not in ("", None)}


def entity_line(namespace: str, name: str, state: str, kind: str = "") -> str:
    """A row of a list."""
    row = f"{f'/{namespace}/{name}':<70} {state}"
    return f"{row} {kind}\n" if kind else f"{row}\n"


def by_name(rows: list[dict[str, Any]], wanted: bool) -> list[dict[str, Any]]:
    """Sorted as ``--name-sort`` does."""
    if not wanted:
        return rows
    return sorted(rows, key=_order)


def _order(row: dict[str, Any]) -> tuple[bool, str]:
    """What is in a package comes last; only there the case of letters is no matter."""
    packaged = "/" in row["namespace"]
    return packaged, f"{row['namespace']}/{row['name']}".lower() if packaged else row["name"]


def actions_text(rows: list[dict[str, Any]], *, sort: bool) -> str:
    """The list of actions."""
    text = "actions\n"
    for row in by_name(rows, sort):
        kind = str(annotation(row, "exec") or "unknown")
        state = "shared" if row.get("publish") else "private"
        text += entity_line(row["namespace"], row["name"], state, kind)
    return text


def packages_text(rows: list[dict[str, Any]], *, sort: bool) -> str:
    """The list of packages."""
    return "packages\n" + "".join(
        entity_line(r["namespace"], r["name"], "shared" if r["publish"] else "private")
        for r in by_name(rows, sort)
    )


def triggers_text(rows: list[dict[str, Any]], *, sort: bool) -> str:
    """The list of triggers."""
    return "triggers\n" + "".join(
        entity_line(row["namespace"], row["name"], "shared" if row.get("publish") else "private")
        for row in by_name(rows, sort)
    )


def rules_text(rows: list[dict[str, Any]], *, sort: bool) -> str:
    """The list of rules."""
    return "rules\n" + "".join(
        f"{'/' + row['namespace'] + '/' + row['name']:<70} {'private':<20} {row['status']}\n"
        for row in by_name(rows, sort)
    )


def annotation(document: dict[str, Any], name: str) -> Any:
    """One annotation's value."""
    for pair in document.get("annotations") or []:
        if pair["key"] == name:
            return pair["value"]
    return None


def activation_table(rows: list[dict[str, Any]]) -> str:
    """The list of activations, its columns as wide as needed; an empty line when there is none."""
    if not rows:
        return "\n"
    kinds = [str(annotation(row, "kind") or "unknown") for row in rows]
    states = [STATUSES[row.get("statusCode", 0)] for row in rows]
    wide = max(len("Kind"), *map(len, kinds))
    wide_status = max(len("success"), *map(len, states))
    text = (
        f"{'Datetime':<19} {'Activation ID':<32} {'Kind':<{wide}} {'Start':<6}{'Duration':<10} "
        f"{'Status':<{wide_status}} {'Entity':<6}\n"
    )
    for row, kind, state in zip(rows, kinds, states, strict=True):
        when = datetime.fromtimestamp(row["start"] / 1000).strftime("%Y-%m-%d %H:%M:%S")
        start = "cold" if annotation(row, "initTime") is not None else "warm"
        length = row["end"] - row["start"] if row.get("duration") else 0
        name = f"{cut(row['namespace'], 20)}/{cut(row['name'], 30)}:{cut(row['version'], 20)}"
        text += (
            f"{when:<19} {row['activationId']:<32} {kind:<{wide}} {start:<5} "
            f"{duration(length):<10} {state:<{wide_status}} {name}\n"
        )
    return text


def cut(text: str, most: int) -> str:
    """A name that is too long for its column, without its middle."""
    if len(text) <= most:
        return text
    middle = most // 2
    return text[: middle + most % 2] + "..." + text[len(text) - middle + 3 :]


def duration(milliseconds: int) -> str:
    """A time as Go prints it."""
    if milliseconds <= 0:
        return "0s"
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    seconds = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes or hours else "") + seconds


def summary(kind: str, document: dict[str, Any]) -> str:
    """``get --summary``."""
    path = f"/{document['namespace']}/{document['name']}"
    if kind == "rule":
        return f"rule {path}\n   (status: {document['status']})\n"
    text = _entity_summary(kind, path, document)
    for entries, what in (("actions", " action"), ("feeds", " feed  ")):
        for entry in document.get(entries) or []:
            text += _entity_summary(what, f"{path}/{entry['name']}", entry)
    return text


def _entity_summary(kind: str, path: str, document: dict[str, Any]) -> str:
    about = annotation(document, "description")
    mark = "**" if annotation(document, "final") is True else "*"
    bound = sorted(pair["key"] for pair in document.get("parameters") or [])
    told = annotation(document, "parameters")
    told = told if isinstance(told, list) else []
    named = {p["name"] for p in told if isinstance(p, dict) and isinstance(p.get("name"), str)}
    union = sorted(named | set(bound))
    marked = [f"{mark}{name}" if name in bound else name for name in union]
    if isinstance(about, str) and about:
        text = f"{kind} {path}: {about}\n"
    elif union:
        plural = "s" if len(union) > 1 else ""
        names = ", ".join(union[:-1]) + (" and " if plural else "") + union[-1]
        text = f"{kind} {path}: Returns a result based on parameter{plural} {names}\n"
    else:
        text = f"{kind} {path}\n"
    return text + f"   (parameters: {', '.join(marked) if marked else 'none defined'})\n"
