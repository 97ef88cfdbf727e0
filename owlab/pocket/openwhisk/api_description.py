"""The served operations as an OpenAPI 2 document, in our own words: ``/api/v1/api-docs``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]
Described = tuple[str, Iterable[str], str]
"""A path, its methods, and what it is for."""

WORD: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
SWITCH: Schema = {"type": "boolean"}
NAMED: Schema = {"type": "string", "pattern": r"^[A-Za-z0-9_][A-Za-z0-9_@.-]{0,63}$"}


def _record(required: str, **properties: Schema) -> Schema:
    return {"type": "object", "required": required.split(), "properties": properties}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _of(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


PAIRS = _list(_record("key value", key=WORD, value={}))
ENTITY = {"namespace": WORD, "name": WORD, "version": WORD, "publish": SWITCH, "annotations": PAIRS}
WHERE = _record("path name", path=WORD, name=WORD)
DEFINITIONS: dict[str, Schema] = {
    "Error": _record("error code", error=WORD, code=WORD),
    "Action": _record(
        "namespace name version publish annotations exec limits",
        **ENTITY, exec={"type": "object"}, limits={"type": "object"}, parameters=PAIRS,
        updated=WHOLE,
    ),
    "Trigger": _record(
        "namespace name version publish annotations", **ENTITY, parameters=PAIRS, updated=WHOLE
    ),
    "Rule": _record(
        "namespace name version publish annotations trigger action", **ENTITY, trigger=WHERE,
        action=WHERE, status={"type": "string", "enum": ["active", "inactive"]}, updated=WHOLE,
    ),
    "Package": _record(
        "namespace name version publish annotations", **ENTITY, parameters=PAIRS,
        binding={"type": "object"}, updated=WHOLE,
    ),
    "Activation": _record(
        "namespace name version publish annotations activationId start",
        **ENTITY, activationId=WORD, start=WHOLE, end=WHOLE, duration=WHOLE,
    ),
    "ActionPut": _record(
        "", exec=_record(
            "kind", kind=WORD, code=WORD, image=WORD, main=WORD, components=_list(WORD)
        ),
        version=WORD, publish=SWITCH, annotations=PAIRS, parameters=PAIRS,
        limits=_record("", timeout=WHOLE, memory=WHOLE, logs=WHOLE, concurrency=WHOLE),
    ),
    "TriggerPut": _record("", version=WORD, publish=SWITCH, annotations=PAIRS, parameters=PAIRS),
    "PackagePut": _record(
        "", version=WORD, publish=SWITCH, annotations=PAIRS, parameters=PAIRS,
        binding=_record("", namespace=WORD, name=WORD),
    ),
    "RulePut": _record(
        "trigger action", version=WORD, publish=SWITCH, annotations=PAIRS, trigger=WORD, action=WORD
    ),
    "RulePost": _record("status", status={"type": "string", "enum": ["active", "inactive"]}),
    "Values": {"type": "object"},
}  # fmt: skip

SINGULAR = {
    "actions": "Action", "triggers": "Trigger", "rules": "Rule", "packages": "Package",
    "activations": "Activation",
}  # fmt: skip
PAGE = {"limit": WHOLE, "skip": WHOLE, "count": SWITCH}
REFUSED = (400, 401, 403)
MISSED = (*REFUSED, 404, 409)
SENT = (*MISSED, 413, 415)
CALLED = (*SENT, 429, 502, 503)
WHY = {
    200: "as asked", 202: "accepted; it goes on", 204: "no active rule waits for it",
    400: "malformed", 401: "no valid key", 403: "not the caller's", 404: "not there",
    409: "in conflict with what is there", 413: "too large", 415: "no JSON", 429: "a limit is met",
    502: "the function failed", 503: "no healthy invoker",
}  # fmt: skip


def describe(operations: Iterable[Described], base: str) -> dict[str, Any]:
    """The document of these operations."""
    paths: dict[str, Any] = {}
    for path, methods, summary in operations:
        paths[path] = {
            method.lower(): _operation(path, method, summary)
            for method in methods
            if not (method == "POST" and "/packages/" in path)  # nobody calls a package
        }
    return {
        "swagger": "2.0",
        "info": {"title": "OpenWhisk, simulated by the owlab pocket lab", "version": "1.0.0"},
        "basePath": base,
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"basicAuth": {"type": "basic"}},
        "security": [{"basicAuth": []}],
        "paths": paths,
        "definitions": DEFINITIONS,
    }


def _operation(path: str, method: str, summary: str) -> dict[str, Any]:
    collection = next((name for name in SINGULAR if f"/{name}" in path), "")
    single = path.endswith("}")
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True} | NAMED
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    query, body, good, bad = _parts(path, method, collection, single=single)
    parameters += [{"name": name, "in": "query"} | kind for name, kind in query.items()]
    if body:
        parameters.append({"name": "body", "in": "body", "schema": _of(body)})
    responses: dict[str, dict[str, Any]] = {
        str(code): {"description": WHY[code], **schema} for code, schema in good.items()
    }
    responses |= {str(code): {"description": WHY[code], "schema": _of("Error")} for code in bad}
    if 502 in bad:  # what the function itself says, too
        responses["502"] = {"description": WHY[502]}
    told = {"summary": summary, "parameters": parameters, "responses": responses}
    # The controller answers this one with a word.
    switched = method == "POST" and collection == "rules"
    return told | ({"produces": ["text/plain", "application/json"]} if switched else {})


Parts = tuple[dict[str, Schema], str, dict[int, dict[str, Any]], tuple[int, ...]]


def _parts(path: str, method: str, collection: str, *, single: bool) -> Parts:
    """What goes along, which body, what comes back, and what may be refused."""
    kind = SINGULAR.get(collection, "")
    whole = {200: {"schema": _of(kind)}} if kind else {200: {}}
    if method == "PUT":
        return {"overwrite": SWITCH}, f"{kind}Put", whole, SENT
    if method == "POST" and collection == "rules":
        return {}, "RulePost", {200: {}}, SENT
    if method == "POST":
        query = {"blocking": SWITCH, "result": SWITCH} if collection == "actions" else {}
        good: dict[int, dict[str, Any]] = {200: {}, 202: {}}
        good |= {204: {}} if collection == "triggers" else {}
        return query, "Values", good, CALLED
    if single and path.endswith("{part}"):
        return {}, "", {200: {}}, MISSED
    if single:
        query = {"code": SWITCH} if collection == "actions" and method == "GET" else {}
        return query, "", whole, MISSED
    if not kind:
        return {}, "", {200: {}}, REFUSED
    rows = {"schema": {"type": ["array", "object"], "items": _of(kind)}}
    span = {"since": WHOLE, "upto": WHOLE, "docs": SWITCH, "name": WORD}
    query = PAGE | (span if collection == "activations" else {})
    return query, "", {200: rows}, (*REFUSED, 404)
