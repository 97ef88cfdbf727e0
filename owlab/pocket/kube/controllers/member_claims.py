"""The claims of a StatefulSet's members: made of its templates, kept when a member goes."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.admission import admit
from owlab.pocket.kube.object_state import owner_reference
from owlab.pocket.kube.store import Store, copied


class MemberClaims:
    """``volumeClaimTemplates`` and ``persistentVolumeClaimRetentionPolicy`` of one StatefulSet."""

    def __init__(self, store: Store, stateful: Object) -> None:
        self._store = store
        self._stateful = stateful
        self._templates = stateful["spec"].get("volumeClaimTemplates") or []
        policy = stateful["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
        self._when_deleted = policy.get("whenDeleted", "Retain") == "Delete"
        self._when_scaled = policy.get("whenScaled", "Retain") == "Delete"

    def make(self, pod: Object, name: str) -> list[str]:
        """Make a new member's claims where they are missing, and have its pod use them.

        :returns: the names of those that were made.
        """
        new: list[str] = []
        namespace = self._stateful["metadata"]["namespace"]
        volumes = pod["spec"].get("volumes") or []
        for template in self._templates:
            volume, claim = template["metadata"]["name"], _claim_name(template, name)
            if self._store.find("PersistentVolumeClaim", claim, namespace) is None:
                made = copied(template)
                made |= {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
                labels = {**self._labels(), **(made["metadata"].get("labels") or {})}
                made["metadata"] |= {"name": claim, "namespace": namespace, "labels": labels}
                if self._when_deleted:
                    made["metadata"]["ownerReferences"] = [owner_reference(self._stateful)]
                made["status"] = {"phase": "Pending"}
                admit(self._store, made)
                new.append(claim)
            volumes = [v for v in volumes if v["name"] != volume]
            volumes.append({"name": volume, "persistentVolumeClaim": {"claimName": claim}})
        if volumes:
            pod["spec"]["volumes"] = volumes
        return new

    def _labels(self) -> Object:
        selector = self._stateful["spec"].get("selector") or {}
        return dict(selector.get("matchLabels") or {})

    def retain(self, pod: Object, end: int) -> None:
        """Let a member's claims go with it when it is scaled away, if that is the policy."""
        if not self._when_scaled:
            return
        meta = pod["metadata"]
        scaled_away = int(str(meta["name"]).rpartition("-")[2]) >= end
        reference = {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": meta["name"],
            "uid": meta["uid"],
        }
        for template in self._templates:
            name = _claim_name(template, meta["name"])
            claim = self._store.find("PersistentVolumeClaim", name, meta["namespace"])
            if claim is None:
                continue
            known = claim["metadata"].get("ownerReferences") or []
            mine = owner_reference(self._stateful)
            others = [r for r in known if r["kind"] != "Pod" and r["uid"] != mine["uid"]]
            keeper = [reference] if scaled_away else [mine] if self._when_deleted else []
            wanted = [*others, *keeper]
            if wanted != known:
                changed = {**claim["metadata"], "ownerReferences": wanted}
                self._store.update({**claim, "metadata": changed})


def _claim_name(template: Object, pod: str) -> str:
    return f"{template['metadata']['name']}-{pod}"
