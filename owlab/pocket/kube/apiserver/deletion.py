"""Deleting objects: one, many, and pods by way of their disruption budgets."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.answers import respond
from owlab.pocket.kube.apiserver.lists import Reading
from owlab.pocket.kube.apiserver.negotiation import asked, listing
from owlab.pocket.kube.apiserver.versions import shown
from owlab.pocket.kube.disruption import check_budget
from owlab.pocket.kube.errors import BadRequest, Conflict, Forbidden, MethodNotAllowed
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.store.objects import details

_OPTIONS = "V1DeleteOptions"
_RETURNED = (
    "pods",
    "services",
    "podtemplates",
    "serviceaccounts",
    "resourcequotas",
    "persistentvolumes",
    "persistentvolumeclaims",
    "storageclasses.storage.k8s.io",
    "csidrivers.storage.k8s.io",
    "csinodes.storage.k8s.io",
    "volumeattachments.storage.k8s.io",
)
"""Kinds whose deletion is answered with the object that is gone."""
_IMMORTAL = ("default", "kube-system", "kube-public", "kube-node-lease")


class Deletion:
    """Answers DELETE, and evictions."""

    def __init__(self, store: Store, reading: Reading) -> None:
        self._store = store
        self._reading = reading

    async def one(self, request: Request, kind: Kind, namespace: str, name: str) -> Response:
        """Delete an object."""
        options = _options(request, await asked(request, _OPTIONS))
        obj = self._store.get(kind, name, namespace)
        gone = self._delete(kind, obj, options)
        if gone["metadata"].get("deletionTimestamp") or kind.resource in _RETURNED:
            return respond(shown(kind, gone))
        return respond(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Success",
                "details": {
                    "name": name,
                    **({"group": kind.group} if kind.group else {}),
                    "kind": kind.plural,
                    "uid": obj["metadata"]["uid"],
                },
            }
        )

    async def many(self, request: Request, kind: Kind, namespace: str) -> Response:
        """Delete what the selectors choose in a namespace."""
        if kind.built_in == "Namespace" or (kind.namespaced and not namespace):
            raise MethodNotAllowed(
                "the server does not allow this method on the requested resource"
            )
        options = _options(request, await asked(request, _OPTIONS))
        objects = self._reading.selected(request, kind, namespace)
        for obj in objects:
            meta = obj["metadata"]
            if self._store.find(kind, meta["name"], meta.get("namespace", "")) is not None:
                self._delete(kind, obj, options)
        return respond(listing(request, kind, objects, self._store.resource_version, {}))

    def evict(self, request: Request, namespace: str, name: str, given: Object) -> None:
        """Delete a pod if its disruption budget lets it go."""
        options = _options(request, given.get("deleteOptions") or {})
        pod = self._store.get("Pod", name, namespace)
        check_budget(self._store, pod)
        self._delete(self._store.registry.get("Pod"), pod, options)

    def _delete(self, kind: Kind, obj: Object, options: dict[str, Any]) -> Object:
        meta = obj["metadata"]
        if kind.built_in == "Namespace" and meta["name"] in _IMMORTAL:
            raise Forbidden(kind.resource, meta["name"], "this namespace may not be deleted")
        _check(kind, meta, options.get("preconditions") or {})
        if options["dryRun"]:
            return obj
        place = (kind, meta["name"], meta.get("namespace", ""))
        grace = options.get("gracePeriodSeconds")
        seconds = int(grace) if grace is not None else None
        return self._store.delete(*place, propagation=options["propagation"], grace=seconds)


def _options(request: Request, given: Object) -> dict[str, Any]:
    """The body's options; what they leave out may stand in the query."""
    query = request.query_params
    options: dict[str, Any] = {**query, **given}
    grace = options.get("gracePeriodSeconds")
    if isinstance(grace, str):
        try:
            options["gracePeriodSeconds"] = _whole(grace)
        except ValueError:
            raise BadRequest(
                f"strconv.ParseInt: parsing {json.dumps(grace)}: invalid syntax"
            ) from None
    options["dryRun"] = "All" in [*query.getlist("dryRun"), *(given.get("dryRun") or [])]
    orphan = str(options.get("orphanDependents")).lower() == "true"
    options["propagation"] = (
        "Orphan" if orphan else options.get("propagationPolicy") or "Background"
    )
    return options


def _whole(text: str) -> int:
    number = int(text)
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError(text)
    return number


def _check(kind: Kind, meta: Object, wanted: Object) -> None:
    said = ""
    if wanted.get("uid") and wanted["uid"] != meta["uid"]:
        said = (
            f"the UID in the precondition ({wanted['uid']}) does not match the UID in record "
            f"({meta['uid']}). The object might have been deleted and then recreated"
        )
    version = wanted.get("resourceVersion")
    if version and version != meta["resourceVersion"]:
        said = (
            f"the ResourceVersion in the precondition ({version}) does not match the "
            f"ResourceVersion in record ({meta['resourceVersion']}). The object might have been "
            "modified"
        )
    if said:
        what = f'{kind.resource} "{meta["name"]}"'
        raise Conflict(
            f"Operation cannot be fulfilled on {what}: {said}", details(kind, meta["name"])
        )
