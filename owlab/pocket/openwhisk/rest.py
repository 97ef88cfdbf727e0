"""Handlers of the authenticated API, one for each verb of a collection."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from owlab.pocket.openwhisk.activations import (
    INTERNAL_ERROR,
    SUCCESS,
    Activation,
    summary_of,
)
from owlab.pocket.openwhisk.errors import bad_request, not_found
from owlab.pocket.openwhisk.http import Context, reply
from owlab.pocket.openwhisk.service import BLOCKING_SECONDS
from owlab.pocket.openwhisk.store import Document


def ok(context: Context, value: Any, status: int = 200, **headers: str) -> Response:
    """An answer with the request's id."""
    return reply(value, status, context.transaction, **headers)


def _body(context: Context) -> Document:
    value = context.json()
    if not isinstance(value, dict):
        raise bad_request("The request content was malformed:\nObject expected in field")
    return value


async def namespaces(context: Context) -> Response:
    """The caller's namespaces: one."""
    return ok(context, [context.caller.namespace])


async def limits(context: Context) -> Response:
    """The limits of a namespace."""
    context.caller.owns(context.word("namespace"))
    known = context.service.limits
    return ok(
        context,
        {
            "concurrentInvocations": known.concurrent_invocations,
            "firesPerMinute": known.fires_per_minute,
            "invocationsPerMinute": known.invocations_per_minute,
            "allowedKinds": ["*"],
            "storeActivations": True,
            "minActionMemory": known.memory_min,
            "maxActionMemory": known.memory_max,
            "minActionLogs": known.logs_min,
            "maxActionLogs": known.logs_max,
            "minActionTimeout": known.timeout_min,
            "maxActionTimeout": known.timeout_max,
            "maxActionConcurrency": 1,
            "minActionConcurrency": 1,
            "maxParameterSize": "1048576 B",
        },
    )


async def actions(context: Context) -> Response:
    """A namespace's actions, or those of a package."""
    package = context.request.path_params.get("package")
    found = context.service.actions.list(context.caller, context.word("namespace"), package)
    return context.page(found, "actions")


async def action(context: Context) -> Response:
    """One action: get, put, delete, invoke."""
    service, caller = context.service, context.caller
    namespace, name = context.word("namespace"), context.word("name")
    package = context.word("package") if "package" in context.request.path_params else ""
    package = "" if package == "default" else package
    match context.request.method:
        case "PUT":
            document = service.actions.put(
                caller,
                namespace,
                package,
                name,
                _body(context),
                overwrite=context.flag("overwrite"),
            )
            await _forget(context, document)
            return ok(context, document)
        case "DELETE":
            document = service.actions.delete(caller, namespace, package, name)
            await _forget(context, document)
            return ok(context, document)
        case "POST":
            return await _invoke(context, namespace, package, name)
    document = service.actions.get(
        caller, namespace, package, name, code=context.flag("code", True)
    )
    return ok(context, document)


async def _forget(context: Context, document: Document) -> None:
    await context.service.invoker.forget(f"{document['namespace']}/{document['name']}@")


async def _invoke(context: Context, namespace: str, package: str, name: str) -> Response:
    service, caller = context.service, context.caller
    found = service.actions.find(caller, namespace, package, name)
    payload = context.payload()
    wait: float | None = None
    if context.flag("blocking"):
        asked = context.number("timeout", "actions")
        wait = BLOCKING_SECONDS if asked is None else asked / 1000
        if not 0 < wait <= BLOCKING_SECONDS:
            raise bad_request(
                f"The 'timeout' field must be between 1 and {BLOCKING_SECONDS * 1000} milliseconds."
            )
    identifier, activation = await service.invoke(
        caller, found, payload, wait=wait, transaction=context.transaction
    )
    headers = {"X-Openwhisk-Activation-Id": identifier}
    if activation is None:
        return ok(context, {"activationId": identifier}, 202, **headers)
    value = activation.result if context.flag("result") else activation.document()
    return ok(context, value, invoke_status(activation), **headers)


def invoke_status(activation: Activation) -> int:
    """The status of a blocking invocation's answer."""
    if activation.status == SUCCESS:
        return 200
    return 500 if activation.status == INTERNAL_ERROR else 502


async def packages(context: Context) -> Response:
    """A namespace's packages."""
    found = context.service.packages.list(
        context.caller, context.word("namespace"), public=context.flag("public")
    )
    return context.page(found, "packages")


async def package(context: Context) -> Response:
    """One package: get, put, delete."""
    kept, caller = context.service.packages, context.caller
    namespace, name = context.word("namespace"), context.word("name")
    match context.request.method:
        case "PUT":
            body, overwrite = _body(context), context.flag("overwrite")
            return ok(context, kept.put(caller, namespace, name, body, overwrite=overwrite))
        case "DELETE":
            gone = kept.delete(caller, namespace, name, force=context.flag("force"))
            return ok(context, gone)
    return ok(context, kept.get(caller, namespace, name))


async def triggers(context: Context) -> Response:
    """A namespace's triggers."""
    found = context.service.triggers.list(context.caller, context.word("namespace"))
    return context.page(found, "triggers")


async def trigger(context: Context) -> Response:
    """One trigger: get, put, delete, fire."""
    service, caller = context.service, context.caller
    namespace, name = context.word("namespace"), context.word("name")
    match context.request.method:
        case "PUT":
            body, overwrite = _body(context), context.flag("overwrite")
            made = service.triggers.put(caller, namespace, name, body, overwrite=overwrite)
            return ok(context, made)
        case "DELETE":
            return ok(context, service.triggers.delete(caller, namespace, name))
        case "POST":
            found = service.triggers.get(caller, namespace, name)
            service.throttle.firing(caller.namespace)
            fired = service.runner.trigger(caller, found, context.payload(), context.transaction)
            if fired is None:
                return Response(status_code=204, headers={"X-Request-ID": context.transaction})
            return ok(context, {"activationId": fired.id}, 202)
    return ok(context, service.triggers.get(caller, namespace, name))


async def rules(context: Context) -> Response:
    """A namespace's rules."""
    found = context.service.rules.list(context.caller, context.word("namespace"))
    return context.page(found, "rules")


async def rule(context: Context) -> Response:
    """One rule: get, put, delete, enable or disable."""
    kept, caller = context.service.rules, context.caller
    namespace, name = context.word("namespace"), context.word("name")
    match context.request.method:
        case "PUT":
            body, overwrite = _body(context), context.flag("overwrite")
            return ok(context, kept.put(caller, namespace, name, body, overwrite=overwrite))
        case "DELETE":
            return ok(context, kept.delete(caller, namespace, name))
        case "POST":
            kept.set_status(caller, namespace, name, context.json())
            return ok(context, {})
    return ok(context, kept.get(caller, namespace, name))


async def activations(context: Context) -> Response:
    """A namespace's activations."""
    namespace = context.caller.owns(context.word("namespace"))
    found = context.service.activations.list(
        namespace,
        name=context.request.query_params.get("name"),
        since=context.number("since", "activations"),
        upto=context.number("upto", "activations"),
    )
    if not context.flag("docs"):
        found = [summary_of(document) for document in found]
    return context.page(found, "activations")


async def activation(context: Context) -> Response:
    """One activation, its logs, or its result."""
    namespace = context.caller.owns(context.word("namespace"))
    document = context.service.activations.get(namespace, context.word("id"))
    match context.request.path_params.get("part"):
        case None:
            return ok(context, document)
        case "logs":
            return ok(context, {"logs": document["logs"]})
        case "result":
            return ok(context, document["response"])
    raise not_found()
