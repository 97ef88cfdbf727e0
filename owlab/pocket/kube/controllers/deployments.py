"""Deployments: a ReplicaSet for each template, moved from one to the next by the strategy."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself, owner_of
from owlab.pocket.kube.controllers.deployment_status import seconds_to_deadline, status_of
from owlab.pocket.kube.controllers.replicas import adopt, selector_of
from owlab.pocket.kube.controllers.rollout import RolloutLimits, next_sizes
from owlab.pocket.kube.object_state import owner_reference, template_hash
from owlab.pocket.kube.store import Key, copied

REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"
DESIRED = "deployment.kubernetes.io/desired-replicas"
_NOT_COPIED = ("kubectl.kubernetes.io/last-applied-configuration", REVISION)
"""Annotations of a Deployment that its ReplicaSets do not get."""


class Deployments(Controller):
    """Makes and scales the ReplicaSets of every Deployment."""

    def watches(self) -> Mapping[str, Leads]:
        return {"Deployment": itself, "ReplicaSet": owner_of("Deployment")}

    def reconcile(self, key: Key) -> None:
        deployment = self.store.at(key)
        if deployment is None:
            return
        sets = sorted(self._sets(deployment), key=revision_of)
        current = next((s for s in sets if same_template(deployment, s)), None)
        if deployment["metadata"].get("deletionTimestamp"):
            self._tell(key, deployment, sets, current)
            return
        if not deployment["spec"].get("paused"):
            current, sets = self._current(deployment, sets, current)
            deployment = self._number(deployment, current)
        old = [s for s in sets if s is not current]
        if deployment["spec"].get("paused"):
            sets = self._scale_only(deployment, sets)
        elif current is not None:
            sizes = next_sizes(deployment, current, old)
            sets = [
                self._scale(deployment, one, sizes.get(one["metadata"]["name"])) for one in sets
            ]
            current = next(s for s in sets if same_template(deployment, s))
            old = [s for s in sets if s is not current]
        self._forget_history(deployment["spec"], old)
        self._tell(key, deployment, sets, current)

    def _sets(self, deployment: Object) -> list[Object]:
        """Its ReplicaSets; those without a controller that match its selector become its own."""
        meta = deployment["metadata"]
        mine = [s for s in self.store.indexed("owner", meta["uid"]) if s["kind"] == "ReplicaSet"]
        if meta.get("deletionTimestamp"):
            return mine
        matches = selector_of(deployment)
        for one in self.store.list("ReplicaSet", meta["namespace"]):
            free = not any(
                r.get("controller") for r in one["metadata"].get("ownerReferences") or ()
            )
            if free and matches(one["metadata"].get("labels") or {}):
                mine.append(adopt(self.store, deployment, one))
        return mine

    def _current(
        self, deployment: Object, sets: list[Object], current: Object | None
    ) -> tuple[Object, list[Object]]:
        """The ReplicaSet of the present template, the newest revision."""
        if current is None:
            current = self._new_set(deployment, sets)
            return current, [*sets, current]
        others = [s for s in sets if s is not current]
        wanted = self._annotations(deployment, current["metadata"].get("annotations") or {})
        if others and revision_of(others[-1]) > revision_of(current):
            # An older template is wanted again: its ReplicaSet becomes the newest revision.
            wanted[REVISION] = str(revision_of(others[-1]) + 1)
        changed = self.store.update(
            {**current, "metadata": {**current["metadata"], "annotations": wanted}}
        )
        return changed, [*others, changed]

    @staticmethod
    def _annotations(deployment: Object, known: Mapping[str, str]) -> dict[str, str]:
        """With the Deployment's own, the cause of a change among them; the revision stays."""
        given = deployment["metadata"].get("annotations") or {}
        wanted = int(deployment["spec"]["replicas"])
        return {
            **known,
            **{name: text for name, text in given.items() if name not in _NOT_COPIED},
            DESIRED: str(wanted),
            "deployment.kubernetes.io/max-replicas": str(
                wanted + RolloutLimits.of(deployment["spec"]).surge
            ),
        }

    def _new_set(self, deployment: Object, sets: list[Object]) -> Object:
        meta, spec = deployment["metadata"], deployment["spec"]
        wanted = template_hash(spec["template"])
        template, selector = copied(spec["template"]), copied(spec["selector"])
        labels = template.setdefault("metadata", {}).setdefault("labels", {})
        labels[HASH] = wanted
        selector.setdefault("matchLabels", {})[HASH] = wanted
        annotations = self._annotations(deployment, {})
        annotations[REVISION] = str(revision_of(sets[-1]) + 1 if sets else 1)
        return self.store.create(
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {
                    "name": f"{meta['name']}-{wanted}",
                    "namespace": meta["namespace"],
                    "labels": dict(labels),
                    "annotations": annotations,
                    "ownerReferences": [owner_reference(deployment)],
                },
                "spec": {
                    "replicas": 0,
                    "selector": selector,
                    "template": template,
                    **(
                        {"minReadySeconds": spec["minReadySeconds"]}
                        if spec.get("minReadySeconds")
                        else {}
                    ),
                },
                "status": {"replicas": 0},
            }
        )

    def _scale_only(self, deployment: Object, sets: list[Object]) -> list[Object]:
        """Paused, a Deployment follows its number of replicas, and nothing else."""
        active = [s for s in sets if s["spec"]["replicas"]] or sets[-1:]
        if not active:
            return sets
        wanted = int(deployment["spec"]["replicas"])
        largest = max(active, key=lambda s: int(s["spec"]["replicas"]))
        size = int(largest["spec"]["replicas"])
        if len(active) == 1:
            more = wanted - size
        else:
            # In the middle of a roll-out: what was added to the number since the last look.
            annotations = largest["metadata"].get("annotations") or {}
            more = wanted - int(annotations.get(DESIRED, wanted))
        changed = self._scale(deployment, largest, max(size + more, 0))
        annotations = self._annotations(deployment, changed["metadata"].get("annotations") or {})
        meta = {**changed["metadata"], "annotations": annotations}
        changed = self.store.update({**changed, "metadata": meta})
        return [changed if s is largest else s for s in sets]

    def _number(self, deployment: Object, current: Object) -> Object:
        """The Deployment carries the revision of its newest ReplicaSet."""
        meta = deployment["metadata"]
        revision = current["metadata"]["annotations"][REVISION]
        annotations = {**(meta.get("annotations") or {}), REVISION: revision}
        return self.store.update({**deployment, "metadata": {**meta, "annotations": annotations}})

    def _scale(self, deployment: Object, replicas: Object, count: int | None) -> Object:
        before = int(replicas["spec"]["replicas"])
        if count is None or count == before:
            return replicas
        name = replicas["metadata"]["name"]
        way = "up" if count > before else "down"
        said = f"Scaled {way} replica set {name} from {before} to {count}"
        changed = self.store.update({**replicas, "spec": {**replicas["spec"], "replicas": count}})
        self.recorder.record(
            deployment, "Normal", "ScalingReplicaSet", said, "deployment-controller"
        )
        return changed

    def _forget_history(self, spec: Object, old: list[Object]) -> None:
        idle = [s for s in old if not s["spec"]["replicas"] and not s["status"].get("replicas")]
        for one in idle[: max(len(idle) - int(spec.get("revisionHistoryLimit", 10)), 0)]:
            meta = one["metadata"]
            self.store.delete("ReplicaSet", meta["name"], meta["namespace"])

    def _tell(
        self, key: Key, deployment: Object, sets: list[Object], current: Object | None
    ) -> None:
        status = status_of(deployment, sets, current, self.clock)
        self.store.set_status(deployment, status)
        wait = seconds_to_deadline(deployment, status, self.clock)
        if wait is not None:
            self.look(key, wait + 0.05)


def revision_of(replicas: Object) -> int:
    """A ReplicaSet's revision; nothing for one that no Deployment made."""
    text = (replicas["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if str(text).isdecimal() else 0


def same_template(deployment: Object, replicas: Object) -> bool:
    """Whether a ReplicaSet makes the pods that the Deployment wants now."""
    template = replicas["spec"]["template"]
    meta = template.get("metadata") or {}
    labels = {name: value for name, value in (meta.get("labels") or {}).items() if name != HASH}
    wanted = deployment["spec"]["template"]
    return bool(
        template["spec"] == wanted["spec"]
        and {**meta, "labels": labels} == {"labels": {}, **(wanted.get("metadata") or {})}
    )
