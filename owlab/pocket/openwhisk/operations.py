"""The operations of the REST API: what the application serves, and what it says that it serves."""

from __future__ import annotations

from typing import Any

from owlab.pocket.openwhisk import rest
from owlab.pocket.openwhisk.api_description import describe
from owlab.pocket.openwhisk.http import Handler

API = "/api/v1"
NAMESPACE = "/namespaces/{namespace}"

# Path below /api/v1, methods, handler. The path is the published API's, with our parameter names.
ENTITY = ("GET", "PUT", "DELETE", "POST")
OPERATIONS: tuple[tuple[str, tuple[str, ...], Handler], ...] = (
    ("/namespaces", ("GET",), rest.namespaces),
    (f"{NAMESPACE}/limits", ("GET",), rest.limits),
    (f"{NAMESPACE}/actions", ("GET",), rest.actions),
    (f"{NAMESPACE}/actions/{{package}}/", ("GET",), rest.actions),
    (f"{NAMESPACE}/actions/{{name}}", ENTITY, rest.action),
    (f"{NAMESPACE}/actions/{{package}}/{{name}}", ENTITY, rest.action),
    (f"{NAMESPACE}/rules", ("GET",), rest.rules),
    (f"{NAMESPACE}/rules/{{name}}", ENTITY, rest.rule),
    (f"{NAMESPACE}/triggers", ("GET",), rest.triggers),
    (f"{NAMESPACE}/triggers/{{name}}", ENTITY, rest.trigger),
    (f"{NAMESPACE}/packages", ("GET",), rest.packages),
    (f"{NAMESPACE}/packages/{{name}}", ENTITY, rest.package),
    (f"{NAMESPACE}/activations", ("GET",), rest.activations),
    (f"{NAMESPACE}/activations/{{id}}", ("GET",), rest.activation),
    (f"{NAMESPACE}/activations/{{id}}/{{part}}", ("GET",), rest.activation),
)


def description() -> dict[str, Any]:
    """The operations as an OpenAPI document."""
    told = (
        (path, methods, (handler.__doc__ or "").strip()) for path, methods, handler in OPERATIONS
    )
    return describe(told, API)
