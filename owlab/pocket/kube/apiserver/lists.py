"""Lists, page by page, and watches."""

from __future__ import annotations

import base64
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.answers import respond
from owlab.pocket.kube.apiserver import watch
from owlab.pocket.kube.apiserver.field_labels import stored_fields
from owlab.pocket.kube.apiserver.negotiation import listing, wants_table
from owlab.pocket.kube.apiserver.table import table
from owlab.pocket.kube.apiserver.versions import shown
from owlab.pocket.kube.errors import BadRequest, Expired
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.store import Store

_WATCH_SECONDS = 3600.0
_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)


class Reading:
    """Answers requests for many objects of a kind."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def selected(self, request: Request, kind: Kind, namespace: str) -> list[Object]:
        """The objects that a request's selectors choose."""
        query = request.query_params
        fields = stored_fields(kind, query.get("fieldSelector", ""))
        return self._store.list(kind, namespace, query.get("labelSelector", ""), fields)

    def page(self, request: Request, kind: Kind, namespace: str) -> Response:
        """All of them, or as many as the client asked for and how to go on."""
        objects, query = self.selected(request, kind, namespace), request.query_params
        version = self._store.resource_version
        if token := query.get("continue"):
            version, after = self._continued(token)
            objects = [obj for obj in objects if _place(obj) > after]
        limit = _number(query.get("limit"), "limit")
        more: dict[str, Any] = {}
        if limit and limit < len(objects):
            more = {"continue": _token(version, _place(objects[limit - 1]))}
            if not query.get("labelSelector") and not query.get("fieldSelector"):
                more["remainingItemCount"] = len(objects) - limit
            objects = objects[:limit]
        return respond(listing(request, kind, objects, version, more))

    def _continued(self, token: str) -> tuple[int, list[str]]:
        try:
            said = json.loads(base64.urlsafe_b64decode(token + "=="))
            version, after = int(said["rv"]), [str(word) for word in said["start"].split("/", 1)]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadRequest("continue key is not valid: illegal base64 data") from None
        if version == -1:
            return self._store.resource_version, after
        try:
            self._store.since(version)
        except Expired as error:
            error.message = _TOO_OLD
            error.list_meta = {"continue": _token(-1, after)}
            raise
        return version, after

    def watch(self, request: Request, kind: Kind, namespace: str) -> Response:
        """A stream of what changes."""
        query = request.query_params
        label = selectors.label_selector(query.get("labelSelector", ""))
        field = selectors.field_selector(stored_fields(kind, query.get("fieldSelector", "")))
        _number(query.get("resourceVersion"), "resourceVersion")

        def selects(obj: Object) -> bool:
            meta = obj["metadata"]
            inside = not namespace or meta.get("namespace") == namespace
            return inside and label(meta.get("labels") or {}) and field(obj)

        first = True

        def as_table(obj: Object) -> Any:
            nonlocal first
            rows = table(
                kind,
                [obj],
                {"resourceVersion": obj["metadata"]["resourceVersion"]},
                query.get("includeObject", "Metadata"),
                heading=first,
            )
            first = False
            return rows

        stream = watch.changes(
            self._store,
            kind,
            selects,
            version=query.get("resourceVersion", ""),
            bookmarks=query.get("allowWatchBookmarks") in ("true", "1"),
            initial=query.get("sendInitialEvents") == "true",
            shape=as_table if wants_table(request) else lambda obj: shown(kind, obj),
            timeout=float(_number(query.get("timeoutSeconds"), "timeoutSeconds") or _WATCH_SECONDS),
        )
        return StreamingResponse(stream, media_type="application/json")


def _place(obj: Object) -> list[str]:
    meta = obj["metadata"]
    return [meta.get("namespace", ""), meta["name"]]


def _token(version: int, after: list[str]) -> str:
    said = {"v": "meta.k8s.io/v1", "rv": version, "start": "/".join(after)}
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def _number(text: str | None, name: str) -> int:
    if (text and not text.isascii()) or (text and not text.isdecimal()):
        raise BadRequest(
            f'{name}: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        )
    return int(text or 0)
