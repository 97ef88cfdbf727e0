"""Handlers of the authenticated API, one for each verb of a collection."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from owlab.pocket.openwhisk.activations import (
    INTERNAL_ERROR,
    SUCCESS,
    Activation,
    shown,
    summary_of,
)
from owlab.pocket.openwhisk.entity_names import NAME
from owlab.pocket.openwhisk.http import CORS, WhiskRequest, bad_query, reply
from owlab.pocket.openwhisk.refusals import NOT_ALLOWED, WhiskError, bad_request, not_found
from owlab.pocket.openwhisk.service import BLOCKING_SECONDS
from owlab.pocket.openwhisk.store import Document
from owlab.pocket.openwhisk.web import UPSTREAM

# Between nginx and the controller; and the caller's key, which upstream hands on to whoever
# wrote the action that a rule runs. The lab does not.
HOP = ("connection", "timeout-access", "authorization")


def forwarded(request: Request) -> dict[str, str]:
    """A request's headers as the controller sees them: nginx names its upstream as the host."""
    headers = {name: value for name, value in request.headers.items() if name not in HOP}
    return dict(sorted((headers | {"host": UPSTREAM}).items()))


def ok(context: WhiskRequest, value: Any, status: int = 200, **headers: str) -> Response:
    """An answer with the request's id."""
    return reply(value, status, context.transaction, **headers)


def _body(context: WhiskRequest) -> Document:
    value = context.json()
    if not isinstance(value, dict):
        raise bad_request("The request content was malformed:\nObject expected in field")
    return value


async def namespaces(context: WhiskRequest) -> Response:
    """The caller's namespaces: one."""
    return ok(context, [context.caller.namespace])


async def limits(context: WhiskRequest) -> Response:
    """The limits of a namespace."""
    context.caller.owns(context.word("namespace"))
    known = context.service.throttle.allowed(context.caller.namespace)
    own = context.service.subjects.find(context.caller.namespace)
    more = {
        name: own.limits[name]
        for name in ("allowedKinds", "storeActivations")
        if own is not None and name in own.limits
    }
    return ok(
        context,
        {
            "invocationsPerMinute": known.invocations,
            "concurrentInvocations": known.concurrent,
            "firesPerMinute": known.fires,
            **more,
        },
    )


async def actions(context: WhiskRequest) -> Response:
    """A namespace's actions, or those of a package."""
    package = context.request.path_params.get("package")
    found = context.service.actions.list(context.caller, context.word("namespace"), package)
    return context.page(found, "actions")


async def action(context: WhiskRequest) -> Response:
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


async def _forget(context: WhiskRequest, document: Document) -> None:
    await context.service.invoker.forget(f"{document['namespace']}/{document['name']}@")


async def _invoke(context: WhiskRequest, namespace: str, package: str, name: str) -> Response:
    service, caller = context.service, context.caller
    found = service.actions.find(caller, namespace, package, name)
    payload = context.payload()
    if found.immutable & set(payload):
        raise bad_request(NOT_ALLOWED)
    wait: float | None = None
    if context.flag("blocking"):
        asked = context.request.query_params.get("timeout", str(BLOCKING_SECONDS * 1000))
        most = BLOCKING_SECONDS * 1000
        if not re.fullmatch(r"\d{1,9}", asked) or not 0 < int(asked) <= most:
            raise bad_query("timeout", f"Timeout must be number of milliseconds up to {most}.")
        wait = int(asked) / 1000
    identifier, activation = await service.invoke(
        caller, found, payload, wait=wait, transaction=context.transaction
    )
    headers = {"X-Openwhisk-Activation-Id": identifier}
    if activation is None:
        return ok(context, {"activationId": identifier}, 202, **headers)
    value = activation.document()
    if context.flag("result") or isinstance(activation.result, list):
        value = activation.result
    return ok(context, value, invoke_status(activation), **headers)


def invoke_status(activation: Activation) -> int:
    """The status of a blocking invocation's answer."""
    if activation.status == SUCCESS:
        return 200
    return 500 if activation.status == INTERNAL_ERROR else 502


async def packages(context: WhiskRequest) -> Response:
    """A namespace's packages."""
    found = context.service.packages.list(
        context.caller, context.word("namespace"), public=context.flag("public")
    )
    return context.page(found, "packages")


async def package(context: WhiskRequest) -> Response:
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
        case "POST":
            kept.get(caller, namespace, name)
            raise WhiskError(404, "The requested resource could not be found.")
    return ok(context, kept.get(caller, namespace, name))


async def triggers(context: WhiskRequest) -> Response:
    """A namespace's triggers."""
    found = context.service.triggers.list(context.caller, context.word("namespace"))
    return context.page(found, "triggers")


async def trigger(context: WhiskRequest) -> Response:
    """One trigger: get, put, delete, fire."""
    service, caller = context.service, context.caller
    namespace, name = context.word("namespace"), context.word("name")
    match context.request.method:
        case "PUT":
            body, overwrite = _body(context), context.flag("overwrite")
            made = service.triggers.put(caller, namespace, name, body, overwrite=overwrite)
            return ok(context, made)
        case "DELETE":
            gone = service.triggers.delete(caller, namespace, name)
            service.rules.orphan(caller.namespace, name)
            return ok(context, gone)
        case "POST":
            found = service.triggers.get(caller, namespace, name)
            payload = context.payload()
            service.throttle.firing(caller.namespace)
            fired = service.runner.trigger(
                caller, found, payload, context.transaction, forwarded(context.request)
            )
            if fired is None:
                headers = {**CORS, "X-Request-ID": context.transaction}
                return Response(status_code=204, headers=headers)
            known = {"X-Openwhisk-Activation-Id": fired.id}
            return ok(context, {"activationId": fired.id}, 202, **known)
    return ok(context, service.triggers.get(caller, namespace, name))


async def rules(context: WhiskRequest) -> Response:
    """A namespace's rules."""
    found = context.service.rules.list(context.caller, context.word("namespace"))
    return context.page(found, "rules")


async def rule(context: WhiskRequest) -> Response:
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
            headers = {**CORS, "X-Request-ID": context.transaction}
            return Response("OK", media_type="text/plain", headers=headers)
    return ok(context, kept.get(caller, namespace, name))


async def activations(context: WhiskRequest) -> Response:
    """A namespace's activations."""
    namespace = context.caller.owns(context.word("namespace"))
    docs = context.flag("docs")
    if docs and context.flag("count"):
        raise bad_request("The parameter 'docs' is not permitted with 'count'.")
    name = context.request.query_params.get("name") or None
    if name is not None and not all(NAME.fullmatch(part) for part in name.split("/", 1)):
        sentence = f"Parameter may be a 'simple' name or 'package-name/simple' name: {name}"
        raise bad_query("name", sentence)
    found = context.service.activations.list(
        namespace,
        name=name,
        since=context.instant("since"),
        upto=context.instant("upto"),
    )
    if not docs:
        found = [summary_of(document) for document in found]
    return context.page(found, "activations")


async def activation(context: WhiskRequest) -> Response:
    """One activation, its logs, or its result."""
    namespace = context.caller.owns(context.word("namespace"))
    kept, identifier = context.service.activations, context.word("id")
    document = shown(kept.get(namespace, identifier))
    match context.request.path_params.get("part"):
        case None:
            return ok(context, document)
        case "logs":
            return ok(context, {"logs": kept.logs(namespace, identifier)})
        case "result":
            return ok(context, document["response"])
    raise not_found()
