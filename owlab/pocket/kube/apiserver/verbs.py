"""The verbs, generic over kinds: list, watch, get, create, update, patch, delete."""

from __future__ import annotations

import copy
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from owlab.pocket.ground.clock import timestamp
from owlab.pocket.ground.views import Object
from owlab.pocket.kube import defaults, validation
from owlab.pocket.kube.account_tokens import AccountTokens
from owlab.pocket.kube.admission import enforce, prepare
from owlab.pocket.kube.answers import respond, warn
from owlab.pocket.kube.apiserver import apply, field_validation, patch, signing
from owlab.pocket.kube.apiserver.deletion import Deletion
from owlab.pocket.kube.apiserver.ephemeral_containers import refuse_in_new_pod, with_ephemeral
from owlab.pocket.kube.apiserver.lists import Reading
from owlab.pocket.kube.apiserver.negotiation import asked, body, decoded, single, wants_table
from owlab.pocket.kube.apiserver.versions import kept, shown
from owlab.pocket.kube.authorization import Attributes, Authorizer, check_escalation
from owlab.pocket.kube.errors import (
    BadRequest,
    Conflict,
    Invalid,
    MethodNotAllowed,
    NoSuchResource,
    NotImplementedHere,
    ResourceVersionSet,
    UnsupportedMediaType,
)
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.kinds import Kind, built_in
from owlab.pocket.kube.scaling import SCALE, scale_of, with_scale
from owlab.pocket.kube.schemas import custom
from owlab.pocket.kube.schemas.support import unheeded
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.store.objects import details
from owlab.pocket.kube.validation.envelope import enveloped

_MOST_NAMED = 5
"""Fields that one event names."""
_ENDPOINTS = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
_POSTED = ("eviction", "binding", "token")
"""Subresources that something is asked of."""
_SORTS = ", ".join(
    f"application/{sort}"
    for sort in (
        "json-patch+json",
        "merge-patch+json",
        "strategic-merge-patch+json",
        "apply-patch+yaml",
        "apply-patch+cbor",
    )
)


class Resources:
    """Handles requests below a kind's place in the API."""

    def __init__(self, store: Store, authorizer: Authorizer) -> None:
        self._store = store
        self._tokens = AccountTokens(store)
        self._authorizer = authorizer
        self._reading = Reading(store)
        self._deletion = Deletion(store, self._reading)
        self._recorder = Recorder(store)

    async def serve(
        self, request: Request, kind: Kind, namespace: str, name: str, sub: str
    ) -> Response:
        """Answer one request; raises ApiError."""
        if sub and sub not in kind.subresources:
            raise NoSuchResource()
        deprecated = _ENDPOINTS if kind.built_in == "Endpoints" else kind.deprecated
        if deprecated:
            warn(request, [deprecated])
        match request.method, bool(name):
            case "GET", False:
                if request.query_params.get("watch") in ("true", "1"):
                    return self._reading.watch(request, kind, namespace)
                return self._reading.page(request, kind, namespace)
            case "GET", True if sub in ("", "status", "scale", "ephemeralcontainers", "approval"):
                return self._shown(request, kind, self._store.get(kind, name, namespace), sub)
            case "POST", False:
                return await self._create(request, kind, namespace)
            case "POST", True if sub in _POSTED:
                return await self._act(request, kind, namespace, name, sub)
            case "PUT", True if sub not in _POSTED:
                return await self._put(request, kind, namespace, name, sub)
            case "PATCH", True if sub not in _POSTED:
                return await self._patch(request, kind, namespace, name, sub)
            case "DELETE", True if not sub:
                return await self._deletion.one(request, kind, namespace, name)
            case "DELETE", False:
                return await self._deletion.many(request, kind, namespace)
        raise MethodNotAllowed("the server does not allow this method on the requested resource")

    def _shown(
        self, request: Request, kind: Kind, obj: Object, sub: str = "", status: int = 200
    ) -> Response:
        """An object in the version, and as the subresource, that was asked for."""
        if sub == "scale":
            scale = scale_of(kind, obj)
            return respond(single(request, SCALE, scale) if wants_table(request) else scale, status)
        return respond(single(request, kind, obj), status)

    # -- changing --------------------------------------------------------------------------

    async def _create(self, request: Request, kind: Kind, namespace: str) -> Response:
        obj = self._typed(await body(request), kind, namespace)
        obj = self._kept(kind, field_validation.posted(request, kind, obj))
        apply.record_update(None, obj, manager(request), timestamp(), kind.schema)
        return self._shown(request, kind, self._add(request, kind, obj), status=201)

    def _kept(self, kind: Kind, obj: Object) -> Object:
        """An object in the version in which its kind is kept."""
        return kept(kind, obj, self._store.registry.stored(kind))

    def _add(self, request: Request, kind: Kind, obj: Object) -> Object:
        if "status" in kind.subresources:
            obj.pop("status", None)
        refuse_in_new_pod(kind, obj)
        if kind.built_in == signing.KIND:
            signing.posted(obj, request.state.user)
        ignored = unheeded(obj)
        warn(request, ignored)
        prepare(self._store, obj)
        if kind.schema is not None:
            custom.fill(obj, kind.schema)
        validation.check(kind, obj)
        check_escalation(self._authorizer, request.state.user, kind, obj, None)
        self._store.give_name(obj)
        warn(
            request,
            [
                *validation.warnings(obj),
                *enforce(self._store, obj, None, request.state.user.described()),
            ],
        )
        obj["metadata"].pop("uid", None)
        version = str(obj["metadata"].get("resourceVersion") or "")
        if version.isdecimal() and int(version):  # what is no version is passed over
            raise ResourceVersionSet()
        return self._noted(request, self._store.create(obj, dry=_dry(request)), ignored)

    def _noted(self, request: Request, obj: Object, ignored: list[str]) -> Object:
        """What the lab does not act on stands in an event too: warnings are gone once printed."""
        if ignored and not _dry(request) and built_in(obj) != "Event":
            said = "; ".join(ignored[:_MOST_NAMED])
            self._recorder.record(obj, "Warning", "NotActedOn", said, "pocket-lab")
        return obj

    async def _put(
        self, request: Request, kind: Kind, namespace: str, name: str, sub: str
    ) -> Response:
        if sub == "scale":
            given = await asked(request, "V1Scale")
            old = self._store.get(kind, name, namespace)
            new = with_scale(kind, old, given)
        else:
            given = await body(request)
            old = self._store.get(kind, name, namespace)
            typed = self._typed(given, kind, namespace)
            new = self._kept(kind, field_validation.posted(request, kind, typed))
        if new["metadata"].get("name") != name:
            raise BadRequest("the name of the object does not match the name on the URL")
        return self._shown(request, kind, self._replace(request, kind, old, new, sub), sub)

    async def _patch(
        self, request: Request, kind: Kind, namespace: str, name: str, sub: str
    ) -> Response:
        given = await body(request)
        sort = request.headers.get("content-type", "").partition(";")[0].strip()
        old = self._store.find(kind, name, namespace)
        if sort == "application/apply-patch+yaml":
            return self._apply(request, kind, namespace, name, sub, old, given)
        if old is None:
            old = self._store.get(kind, name, namespace)
        if sub == "scale":
            scale = decoded(_changed(sort, scale_of(kind, old), given), "V1Scale")
            scaled = with_scale(kind, old, scale)
            return self._shown(request, kind, self._replace(request, kind, old, scaled, sub), sub)
        before = shown(kind, old)
        new = enveloped(_changed(sort, before, given), kind)
        meta = new["metadata"]
        if meta.get("name") != name:
            raise BadRequest(
                f"the name of the object ({meta.get('name', '')}) does not match the name on the "
                f"URL ({name})"
            )
        if meta.setdefault("namespace", old["metadata"].get("namespace", "")) != namespace:
            raise BadRequest(
                "the namespace of the provided object does not match the namespace sent on the "
                "request"
            )
        if not kind.namespaced:
            del meta["namespace"]
        new = self._kept(kind, field_validation.patched(request, kind, before, new, given))
        return self._shown(request, kind, self._replace(request, kind, old, new, sub))

    def _apply(
        self,
        request: Request,
        kind: Kind,
        namespace: str,
        name: str,
        sub: str,
        old: Object | None,
        given: object,
    ) -> Response:
        if not request.query_params.get("fieldManager"):
            said = "fieldManager: Required value: is required for apply patch"
            raise Invalid(f'PatchOptions.meta.k8s.io "" is invalid: {said}')
        wanted = self._typed(given, kind, namespace)
        if wanted["metadata"].get("managedFields"):
            raise BadRequest("metadata.managedFields must be nil")
        wanted["metadata"]["name"] = name
        wanted = self._kept(kind, field_validation.applied(request, kind, wanted))
        force = request.query_params.get("force") in ("true", "1")
        new = apply.apply(old, wanted, manager(request), force, timestamp(), kind.schema)
        if old is None:
            asked = Attributes("create", kind.group, kind.plural, "", namespace, name)
            self._authorizer.require(request.state.user, asked)
            return self._shown(request, kind, self._add(request, kind, new), status=201)
        return self._shown(request, kind, self._replace(request, kind, old, new, sub, noted=True))

    def _replace(
        self,
        request: Request,
        kind: Kind,
        old: Object,
        new: Object,
        sub: str,
        noted: bool = False,
    ) -> Object:
        uid, given = old["metadata"]["uid"], new["metadata"].get("uid")
        if given and given != uid:
            raise Conflict(
                f'Operation cannot be fulfilled on {kind.resource} "{old["metadata"]["name"]}": '
                f"Precondition failed: UID in precondition: {given}, UID in object meta: {uid}",
                details(kind, old["metadata"]["name"]),
            )
        if sub == "status":
            return self._store.update_status(new, dry=_dry(request))
        if sub == "approval":
            approved = signing.approved(self._authorizer, request.state.user, kind, old, new)
            return self._store.update_status(approved, dry=_dry(request))
        if kind.built_in == signing.KIND:
            signing.kept(new, old)
        ignored = unheeded(new, old)
        warn(request, ignored)
        if sub == "ephemeralcontainers":
            return self._store.update(with_ephemeral(kind, old, new), dry=_dry(request))
        if "status" in kind.subresources and "status" in old:
            new["status"] = copy.deepcopy(old["status"])
        defaults.keep(old, new)
        self._fill(kind, new)
        validation.check(kind, new, old)
        check_escalation(self._authorizer, request.state.user, kind, new, old)
        warn(
            request,
            [
                *validation.warnings(new),
                *enforce(self._store, new, old, request.state.user.described(), sub),
            ],
        )
        if not noted:
            apply.record_update(old, new, manager(request), timestamp(), kind.schema)
        return self._noted(request, self._store.update(new, dry=_dry(request)), ignored)

    async def _act(
        self, request: Request, kind: Kind, namespace: str, name: str, sub: str
    ) -> Response:
        """Subresources that are posted to."""
        if sub == "eviction":
            given = await asked(request, "V1Eviction")
            self._deletion.evict(request, namespace, name, given)
            return respond({"kind": "Status", "apiVersion": "v1", "status": "Success"}, 201)
        if sub == "token":
            given = await asked(request, "AuthenticationV1TokenRequest")
            account = self._store.get("ServiceAccount", name, namespace)
            return respond(self._tokens.issue(account, given), 201)
        if sub == "binding":
            return self._bind(namespace, name, await asked(request, "V1Binding"))
        raise NotImplementedHere(f"the pocket lab does not serve POST of {kind.plural}/{sub}")

    async def bind(self, request: Request, namespace: str) -> Response:
        """``bindings``: a pod's place is posted, as schedulers of one's own do."""
        given = await asked(request, "V1Binding")
        return self._bind(namespace, str((given.get("metadata") or {}).get("name", "")), given)

    def _bind(self, namespace: str, name: str, given: Object) -> Response:
        pod = self._store.get("Pod", name, namespace)
        if not (node := (given.get("target") or {}).get("name")):
            raise Invalid('Binding "" is invalid: target.name: Required value')
        if on := pod["spec"].get("nodeName"):
            raise Conflict(
                f'Operation cannot be fulfilled on pods/binding "{name}": pod {name} is already '
                f'assigned to node "{on}"',
                details(self._store.registry.get("Pod"), name),
            )
        self._store.update({**pod, "spec": {**pod["spec"], "nodeName": node}})
        return respond({"kind": "Status", "apiVersion": "v1", "status": "Success"}, 201)

    def _fill(self, kind: Kind, obj: Object) -> None:
        defaults.fill(self._store, obj)
        if kind.schema is not None:
            custom.fill(obj, kind.schema)

    def _typed(self, given: object, kind: Kind, namespace: str) -> Object:
        obj = copy.deepcopy(enveloped(given, kind))
        meta = obj["metadata"]
        space = namespace or "default"
        if kind.namespaced and meta.setdefault("namespace", space) != space:
            raise BadRequest(
                "the namespace of the provided object does not match the namespace sent on the "
                "request"
            )
        return obj


def _changed(sort: str, old: Object, given: object) -> Any:
    """An object after a patch of one of the three sorts."""
    match sort:
        case "application/merge-patch+json":
            return patch.merge(old, given)
        case "application/strategic-merge-patch+json":
            return patch.strategic(old, given)
        case "application/json-patch+json":
            return patch.json_patch(old, given)
    raise UnsupportedMediaType(
        f"the body of the request was in an unknown format - accepted media types include: {_SORTS}"
    )


def manager(request: Request) -> str:
    """Who changes fields: the query's ``fieldManager``, or the client's program name."""
    agent = request.headers.get("user-agent", "unknown").partition("/")[0]
    return request.query_params.get("fieldManager") or agent


def _dry(request: Request) -> bool:
    return "All" in request.query_params.getlist("dryRun")
