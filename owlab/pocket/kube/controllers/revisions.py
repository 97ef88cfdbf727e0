"""ControllerRevisions: the templates that a StatefulSet or a DaemonSet has had."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.object_state import owner_reference, template_hash
from owlab.pocket.kube.store import Store

HASH = "controller-revision-hash"


class Revisions:
    """The history of one owner's template, as ``kubectl rollout history`` and ``undo`` read it."""

    def __init__(self, store: Store, owner: Object) -> None:
        self._store = store
        self._owner = owner
        mine = store.indexed("owner", owner["metadata"]["uid"])
        self._known = sorted(
            (obj for obj in mine if obj["kind"] == "ControllerRevision"),
            key=lambda obj: int(obj["revision"]),
        )

    def current(self) -> str:
        """The name of the present template's revision, made or moved to the end if need be."""
        template = self._owner["spec"]["template"]
        data = {"spec": {"template": {**template, "$patch": "replace"}}}
        name = f"{self._owner['metadata']['name']}-{template_hash(template)}"
        last = int(self._known[-1]["revision"]) if self._known else 0
        found = next((r for r in self._known if r["data"] == data), None)
        if found is None:
            self._known.append(self._make(name, data, last + 1))
            return name
        if int(found["revision"]) != last:
            self._known.remove(found)
            self._known.append(self._store.update({**found, "revision": last + 1}))
        return str(found["metadata"]["name"])

    def _make(self, name: str, data: Object, number: int) -> Object:
        meta = self._owner["metadata"]
        template = self._owner["spec"]["template"]
        given = meta.get("annotations") or {}
        cause = {k: v for k, v in given.items() if k == "kubernetes.io/change-cause"}
        return self._store.create(
            {
                "apiVersion": "apps/v1",
                "kind": "ControllerRevision",
                "metadata": {
                    "name": name,
                    "namespace": meta["namespace"],
                    "labels": {
                        **((template.get("metadata") or {}).get("labels") or {}),
                        HASH: name.rpartition("-")[2],
                    },
                    **({"annotations": cause} if cause else {}),
                    "ownerReferences": [owner_reference(self._owner)],
                },
                "data": data,
                "revision": number,
            }
        )

    def template(self, name: str) -> Object | None:
        """The template of a revision by its name, while it is kept."""
        for revision in self._known:
            if revision["metadata"]["name"] == name:
                kept = revision["data"]["spec"]["template"]
                return {key: value for key, value in kept.items() if key != "$patch"}
        return None

    def forget(self, in_use: set[str], limit: int) -> None:
        """Remove the oldest that no pod is of, beyond the limit."""
        idle = [r for r in self._known if r["metadata"]["name"] not in in_use]
        for revision in idle[: max(len(idle) - limit, 0)]:
            meta = revision["metadata"]
            self._store.delete("ControllerRevision", meta["name"], meta["namespace"])
