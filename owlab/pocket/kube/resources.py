"""The verbs, generic over kinds: list, watch, get, create, update, patch, delete."""

from __future__ import annotations

import copy
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from owlab.pocket.clock import Clock
from owlab.pocket.kube import (
    apply,
    defaults,
    field_validation,
    patch,
    selectors,
    validation,
    watch,
)
from owlab.pocket.kube.errors import (
    BadRequest,
    MethodNotAllowed,
    NotFound,
    NotImplementedHere,
    UnsupportedMediaType,
)
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.negotiation import body, listing, respond, single, wants_table
from owlab.pocket.kube.scaling import scale_of, with_scale
from owlab.pocket.kube.schemas import custom
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.tables import table
from owlab.pocket.world import Object

_WATCH_SECONDS = 3600.0


class Resources:
    """Handles requests below a kind's place in the API."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def serve(
        self, request: Request, kind: Kind, namespace: str, name: str, sub: str
    ) -> Response:
        """Answer one request; raises ApiError."""
        if sub and sub not in kind.subresources:
            raise NotFound("the server could not find the requested resource")
        match request.method, bool(name):
            case "GET", False:
                if request.query_params.get("watch") in ("true", "1"):
                    return self._watch(request, kind, namespace)
                return self._list(request, kind, namespace)
            case "GET", True:
                obj = self._store.get(kind.kind, name, namespace)
                return respond(scale_of(obj) if sub == "scale" else single(request, kind, obj))
            case "POST", False:
                return await self._create(request, kind, namespace)
            case "POST", True:
                return await self._act(request, kind, namespace, name, sub)
            case "PUT", True:
                return await self._put(request, kind, namespace, name, sub)
            case "PATCH", True:
                return await self._patch(request, kind, namespace, name, sub)
            case "DELETE", True:
                return await self._delete(request, kind, namespace, name)
            case "DELETE", False:
                return await self._delete_collection(request, kind, namespace)
        raise MethodNotAllowed("the server does not allow this method on the requested resource")

    # -- reading ---------------------------------------------------------------------------

    def _selected(self, request: Request, kind: Kind, namespace: str) -> list[Object]:
        query = request.query_params
        return self._store.list(
            kind.kind, namespace, query.get("labelSelector", ""), query.get("fieldSelector", "")
        )

    def _list(self, request: Request, kind: Kind, namespace: str) -> Response:
        objects = self._selected(request, kind, namespace)
        query, more = request.query_params, {}
        start = int(query.get("continue") or 0)
        limit = int(query.get("limit") or 0)
        if limit and start + limit < len(objects):
            more = {
                "continue": str(start + limit),
                "remainingItemCount": len(objects) - start - limit,
            }
        shown = objects[start : start + limit] if limit else objects[start:]
        version = self._store.resource_version
        return respond(listing(request, kind, shown, version, more))

    def _watch(self, request: Request, kind: Kind, namespace: str) -> Response:
        query = request.query_params
        label = selectors.label_selector(query.get("labelSelector", ""))
        field = selectors.field_selector(query.get("fieldSelector", ""))

        def selects(obj: Object) -> bool:
            meta = obj["metadata"]
            inside = not namespace or meta.get("namespace") == namespace
            return inside and label(meta.get("labels") or {}) and field(obj)

        first = True

        def shape(obj: Object) -> Any:
            nonlocal first
            if not wants_table(request):
                return obj
            rows = table(
                kind,
                [obj],
                {"resourceVersion": obj["metadata"]["resourceVersion"]},
                query.get("includeObject", "Metadata"),
                heading=first,
            )
            first = False
            return rows

        initial = query.get("sendInitialEvents") == "true"
        version = query.get("resourceVersion", "")
        if version not in ("", "0") and not initial:
            self._store.since(int(version))
        stream = watch.changes(
            self._store,
            kind.kind,
            selects,
            version=version,
            bookmarks=query.get("allowWatchBookmarks") in ("true", "1"),
            initial=initial,
            shape=shape,
            timeout=float(query.get("timeoutSeconds") or _WATCH_SECONDS),
        )
        return StreamingResponse(stream, media_type="application/json")

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
        self._fill(kind, obj)
        validation.check(kind, obj)
        field_validation.warn(request, validation.warnings(obj))
        return self._store.create(obj, dry=_dry(request))

    async def _put(
        self, request: Request, kind: Kind, namespace: str, name: str, sub: str
    ) -> Response:
        given = await body(request)
        old = self._store.get(kind.kind, name, namespace)
        if sub == "scale":
            new = with_scale(old, given)
        else:
            new = field_validation.posted(request, kind, self._typed(given, kind, namespace))
        if new["metadata"].get("name") != name:
            raise BadRequest("the name of the object does not match the name on the URL")
        return respond(single(request, kind, self._replace(request, kind, old, new, sub)))

    async def _patch(
        self, request: Request, kind: Kind, namespace: str, name: str, sub: str
    ) -> Response:
        given = await body(request)
        sort = request.headers.get("content-type", "").partition(";")[0].strip()
        old = self._store.find(kind.kind, name, namespace)
        if sort == "application/apply-patch+yaml":
            return self._apply(request, kind, namespace, name, sub, old, given)
        if old is None:
            old = self._store.get(kind.kind, name, namespace)
        if sub == "scale":
            scaled = with_scale(old, patch.merge(scale_of(old), given))
            return respond(scale_of(self._replace(request, kind, old, scaled, "")))
        if sort == "application/merge-patch+json":
            new = patch.merge(old, given)
        elif sort == "application/strategic-merge-patch+json":
            new = patch.strategic(old, given)
        elif sort == "application/json-patch+json":
            new = patch.json_patch(old, given)
        else:
            raise UnsupportedMediaType(f"the body of the request was in an unknown format: {sort}")
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
        wanted = self._typed(given, kind, namespace)
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

    async def _delete(self, request: Request, kind: Kind, namespace: str, name: str) -> Response:
        options = await body(request)
        obj = self._store.get(kind.kind, name, namespace)
        if _dry(request):
            return respond(obj)
        grace = options.get("gracePeriodSeconds", request.query_params.get("gracePeriodSeconds"))
        if kind.kind == "Pod" and str(grace) == "0":
            self._store.remove(kind.kind, name, namespace)
            return respond(obj)
        gone = self._store.delete(kind.kind, name, namespace, _propagation(request, options))
        if gone["metadata"].get("deletionTimestamp"):
            return respond(gone)
        return respond(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Success",
                "details": {"name": name, "kind": kind.plural, "uid": obj["metadata"]["uid"]},
            }
        )

    async def _delete_collection(self, request: Request, kind: Kind, namespace: str) -> Response:
        options = await body(request)
        objects = self._selected(request, kind, namespace)
        for obj in objects:
            meta = obj["metadata"]
            if self._store.find(kind.kind, meta["name"], meta.get("namespace", "")) is not None:
                self._store.delete(
                    kind.kind,
                    meta["name"],
                    meta.get("namespace", ""),
                    _propagation(request, options),
                )
        return respond(listing(request, kind, objects, self._store.resource_version, {}))

    async def _act(
        self, request: Request, kind: Kind, namespace: str, name: str, sub: str
    ) -> Response:
        """Subresources that are posted to."""
        given = await body(request)
        if sub == "eviction":
            self._store.delete("Pod", name, namespace)
            return respond({"kind": "Status", "apiVersion": "v1", "status": "Success"}, 201)
        if sub == "binding":
            pod = self._store.get("Pod", name, namespace)
            pod["spec"]["nodeName"] = given["target"]["name"]
            self._store.update(pod)
            return respond({"kind": "Status", "apiVersion": "v1", "status": "Success"}, 201)
        raise NotImplementedHere(f"the pocket lab does not serve POST of {kind.plural}/{sub}")

    def _fill(self, kind: Kind, obj: Object) -> None:
        defaults.fill(self._store, obj)
        if kind.schema is not None:
            custom.fill(obj, kind.schema)

    def _typed(self, given: Any, kind: Kind, namespace: str) -> Object:
        if not isinstance(given, dict):
            raise BadRequest("the body is not an object")
        obj = copy.deepcopy(given)
        if obj.get("kind", kind.kind) != kind.kind:
            raise BadRequest(
                f"the kind of the object ({obj['kind']}) does not match the expected {kind.kind}"
            )
        obj["kind"] = kind.kind
        group_version = obj.setdefault("apiVersion", kind.api_version)
        if group_version != kind.api_version and kind.kind != "Event":
            raise BadRequest(
                f"the API version in the data ({group_version}) does not match the expected API "
                f"version ({kind.api_version})"
            )
        meta = obj.setdefault("metadata", {})
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


def _propagation(request: Request, options: Object) -> str:
    if options.get("orphanDependents"):
        return "Orphan"
    said = options.get("propagationPolicy") or request.query_params.get("propagationPolicy")
    return str(said or "Background")
