"""The verbs, generic over kinds: list, watch, get, create, update, patch, delete."""

from __future__ import annotations

import copy
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube import (
    apply,
    defaults,
    field_validation,
    patch,
    validation,
)
from owlab.pocket.kube.admission import prepare
from owlab.pocket.kube.deletion import Deletion
from owlab.pocket.kube.errors import (
    BadRequest,
    Conflict,
    Invalid,
    MethodNotAllowed,
    NoSuchResource,
    NotImplementedHere,
    UnsupportedMediaType,
)
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.negotiation import asked, body, decoded, respond, single
from owlab.pocket.kube.reading import Reading
from owlab.pocket.kube.scaling import scale_of, with_scale
from owlab.pocket.kube.schemas import custom
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.users import Users
from owlab.pocket.kube.validation.envelope import enveloped

_POSTED = ("eviction", "binding", "token")
"""Subresources that something is asked of."""


class Resources:
    """Handles requests below a kind's place in the API."""

    def __init__(self, store: Store, users: Users) -> None:
        self._store = store
        self._users = users
        self._reading = Reading(store)
        self._deletion = Deletion(store, self._reading)

    async def serve(
        self, request: Request, kind: Kind, namespace: str, name: str, sub: str
    ) -> Response:
        """Answer one request; raises ApiError."""
        if sub and sub not in kind.subresources:
            raise NoSuchResource()
        match request.method, bool(name):
            case "GET", False:
                if request.query_params.get("watch") in ("true", "1"):
                    return self._reading.watch(request, kind, namespace)
                return self._reading.page(request, kind, namespace)
            case "GET", True if sub in ("", "status", "scale"):
                obj = self._store.get(kind, name, namespace)
                return respond(scale_of(obj) if sub == "scale" else single(request, kind, obj))
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

    # -- changing --------------------------------------------------------------------------

    async def _create(self, request: Request, kind: Kind, namespace: str) -> Response:
        obj = self._typed(await body(request), kind, namespace)
        obj = field_validation.posted(request, kind, obj)
        apply.record_update(None, obj, manager(request), Clock().timestamp())
        return respond(single(request, kind, self._add(request, kind, obj)), 201)

    def _add(self, request: Request, kind: Kind, obj: Object) -> Object:
        if (
            kind.kind not in ("Pod", "Namespace")
            and "status" in obj
            and "status" in kind.subresources
        ):
            obj.pop("status")
        prepare(self._store, obj)
        if kind.schema is not None:
            custom.fill(obj, kind.schema)
        validation.check(kind, obj)
        field_validation.warn(request, validation.warnings(obj))
        return self._store.create(obj, dry=_dry(request))

    async def _put(
        self, request: Request, kind: Kind, namespace: str, name: str, sub: str
    ) -> Response:
        if sub == "scale":
            given = await asked(request, "V1Scale")
            old = self._store.get(kind, name, namespace)
            new = with_scale(old, given)
        else:
            given = await body(request)
            old = self._store.get(kind, name, namespace)
            new = field_validation.posted(request, kind, self._typed(given, kind, namespace))
        if new["metadata"].get("name") != name:
            raise BadRequest("the name of the object does not match the name on the URL")
        return respond(single(request, kind, self._replace(request, kind, old, new, sub)))

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
            scaled = with_scale(old, decoded(patch.merge(scale_of(old), given), "V1Scale"))
            return respond(scale_of(self._replace(request, kind, old, scaled, "")))
        if sort == "application/merge-patch+json":
            new = patch.merge(old, given)
        elif sort == "application/strategic-merge-patch+json":
            new = patch.strategic(old, given)
        elif sort == "application/json-patch+json":
            new = patch.json_patch(old, given)
        else:
            raise UnsupportedMediaType(f"the body of the request was in an unknown format: {sort}")
        new = enveloped(new, kind)
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
        new = field_validation.patched(request, kind, old, new, given)
        return respond(single(request, kind, self._replace(request, kind, old, new, sub)))

    def _apply(
        self,
        request: Request,
        kind: Kind,
        namespace: str,
        name: str,
        sub: str,
        old: Object | None,
        given: Any,
    ) -> Response:
        if not request.query_params.get("fieldManager"):
            said = "fieldManager: Required value: is required for apply patch"
            raise Invalid(f'PatchOptions.meta.k8s.io "" is invalid: {said}')
        wanted = self._typed(given, kind, namespace)
        if wanted["metadata"].get("managedFields"):
            raise BadRequest("metadata.managedFields must be nil")
        wanted["metadata"]["name"] = name
        wanted = field_validation.applied(request, kind, wanted)
        force = request.query_params.get("force") in ("true", "1")
        new = apply.apply(old, wanted, manager(request), force, Clock().timestamp())
        if old is None:
            return respond(single(request, kind, self._add(request, kind, new)), 201)
        return respond(
            single(request, kind, self._replace(request, kind, old, new, sub, noted=True))
        )

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
                f"Precondition failed: UID in precondition: {given}, UID in object meta: {uid}"
            )
        if sub == "status":
            return self._store.update_status(new, dry=_dry(request))
        if "status" in kind.subresources and "status" in old:
            new["status"] = copy.deepcopy(old["status"])
        defaults.keep(old, new)
        self._fill(kind, new)
        validation.check(kind, new, old)
        field_validation.warn(request, validation.warnings(new))
        if not noted:
            apply.record_update(old, new, manager(request), Clock().timestamp())
        return self._store.update(new, dry=_dry(request))

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
            return respond(self._users.issue(account, given), 201)
        if sub == "binding":
            given = await asked(request, "V1Binding")
            pod = self._store.get("Pod", name, namespace)
            if not (node := (given.get("target") or {}).get("name")):
                raise Invalid('Binding "" is invalid: target.name: Required value')
            self._store.update({**pod, "spec": {**pod["spec"], "nodeName": node}})
            return respond({"kind": "Status", "apiVersion": "v1", "status": "Success"}, 201)
        raise NotImplementedHere(f"the pocket lab does not serve POST of {kind.plural}/{sub}")

    def _fill(self, kind: Kind, obj: Object) -> None:
        defaults.fill(self._store, obj)
        if kind.schema is not None:
            custom.fill(obj, kind.schema)

    def _typed(self, given: Any, kind: Kind, namespace: str) -> Object:
        obj = copy.deepcopy(enveloped(given, kind))
        meta = obj["metadata"]
        space = namespace or "default"
        if kind.namespaced and meta.setdefault("namespace", space) != space:
            raise BadRequest(
                "the namespace of the provided object does not match the namespace sent on the "
                "request"
            )
        return obj


def manager(request: Request) -> str:
    """Who changes fields: the query's ``fieldManager``, or the client's program name."""
    agent = request.headers.get("user-agent", "unknown").partition("/")[0]
    return request.query_params.get("fieldManager") or agent


def _dry(request: Request) -> bool:
    return "All" in request.query_params.getlist("dryRun")
