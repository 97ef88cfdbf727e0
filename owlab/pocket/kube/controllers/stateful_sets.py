"""StatefulSets: members with names and claims of their own, made and replaced in order."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself, owner_of
from owlab.pocket.kube.controllers.member_claims import MemberClaims
from owlab.pocket.kube.controllers.replicas import available_in, claimed, counted
from owlab.pocket.kube.controllers.revisions import HASH, Revisions
from owlab.pocket.kube.errors import ApiError
from owlab.pocket.kube.object_state import is_finished, is_ready, pod_of
from owlab.pocket.kube.store import Key

_COMPONENT = "statefulset-controller"


class StatefulSets(Controller):
    """Keeps the members of every StatefulSet."""

    def watches(self) -> Mapping[str, Leads]:
        return {"StatefulSet": itself, "Pod": owner_of("StatefulSet")}

    def reconcile(self, key: Key) -> None:
        stateful = self.store.at(key)
        if stateful is None:
            return
        members = {
            ordinal(pod): pod for pod in claimed(self.store, stateful) if ordinal(pod) is not None
        }
        revisions = Revisions(self.store, stateful)
        update = revisions.current()
        current = (stateful.get("status") or {}).get("currentRevision") or update
        if not stateful["metadata"].get("deletionTimestamp"):
            work = _Members(self, stateful, members, revisions, current, update)
            work.carry_on()
        self._tell(key, stateful, current, update)
        revisions.forget(
            {current, update, *(_revision_of(pod) for pod in members.values())},
            int(stateful["spec"].get("revisionHistoryLimit", 10)),
        )

    def _tell(self, key: Key, stateful: Object, current: str, update: str) -> None:
        # What there is after this look, not before it.
        spec = stateful["spec"]
        pods = [p for p in claimed(self.store, stateful) if ordinal(p) is not None]
        least = int(spec.get("minReadySeconds", 0))
        waits = [available_in(pod, least, self.clock) for pod in pods]
        if later := [wait for wait in waits if wait]:
            self.look(key, min(later) + 0.01)
        updated = [pod for pod in pods if _revision_of(pod) == update]
        wanted = int(spec["replicas"])
        if (
            len(updated) == len(pods) == wanted
            and all(map(is_ready, pods))
            and _strategy(stateful) == "RollingUpdate"
        ):
            current = update
        status = counted(
            stateful.get("status"),
            {
                "replicas": len(pods),
                "readyReplicas": sum(map(is_ready, pods)),
                "availableReplicas": sum(wait == 0 for wait in waits),
                "currentReplicas": sum(_revision_of(pod) == current for pod in pods),
                "updatedReplicas": len(updated),
            },
            always=("replicas", "availableReplicas"),
        )
        status |= {
            "observedGeneration": stateful["metadata"]["generation"],
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": 0,
        }
        self.store.set_status(stateful, status)


class _Members:
    """One look at the members of one StatefulSet."""

    def __init__(
        self,
        controller: StatefulSets,
        stateful: Object,
        members: dict[int | None, Object],
        revisions: Revisions,
        current: str,
        update: str,
    ) -> None:
        self._controller = controller
        self._store = controller.store
        self._stateful = stateful
        self._members = members
        self._revisions = revisions
        self._current, self._update = current, update
        self._claims = MemberClaims(controller.store, stateful)
        spec = stateful["spec"]
        self._start = int((spec.get("ordinals") or {}).get("start", 0))
        self._end = self._start + int(spec["replicas"])
        rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
        self._partition = int(rolling.get("partition") or 0)
        self._ordered = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"

    def carry_on(self) -> None:
        """Make what is missing, remove what is too much, replace what is outdated: in order."""
        if self._fill() and self._shrink():
            self._replace()

    def _fill(self) -> bool:
        """From the first on; True when every member is there and may be followed by others."""
        for number in range(self._start, self._end):
            pod = self._members.get(number)
            if pod is None:
                self._make(number)
                if self._ordered:
                    return False
                continue
            self._claims.retain(pod, self._end)
            if pod["metadata"].get("deletionTimestamp"):
                if self._ordered:
                    return False
            elif is_finished(pod):
                self._delete(pod)
                if self._ordered:
                    return False
            elif not is_ready(pod) and self._ordered:
                # One of an older template that never got ready would wait for ever.
                if self._outdated(number, pod):
                    self._delete(pod)
                return False
        return True

    def _shrink(self) -> bool:
        """From the last on, one at a time; True when none is too much."""
        extra = sorted(
            (n for n in self._members if n is not None and not self._start <= n < self._end),
            reverse=True,
        )
        for number in extra:
            pod = self._members[number]
            self._claims.retain(pod, self._end)
            if not pod["metadata"].get("deletionTimestamp"):
                self._delete(pod)
            if self._ordered:
                break
        return not extra

    def _replace(self) -> None:
        """The last outdated member goes; the next one when that is ready again."""
        if _strategy(self._stateful) != "RollingUpdate":
            return
        for number in range(self._end - 1, self._start + self._partition - 1, -1):
            pod = self._members.get(number)
            if pod is None or pod["metadata"].get("deletionTimestamp"):
                return
            if self._outdated(number, pod):
                self._delete(pod)
                return
            if not is_ready(pod):
                return

    def _outdated(self, number: int, pod: Object) -> bool:
        if _strategy(self._stateful) != "RollingUpdate":
            return False
        return number - self._start >= self._partition and _revision_of(pod) != self._update

    def _make(self, number: int) -> None:
        meta, spec = self._stateful["metadata"], self._stateful["spec"]
        revision = self._update
        template: Object | None = spec["template"]
        if number - self._start < self._partition and _strategy(self._stateful) == "RollingUpdate":
            # Below the partition a member that is lost comes back as it was.
            template = self._revisions.template(self._current)
            revision = self._current
        name = f"{meta['name']}-{number}"
        pod = pod_of(
            template or spec["template"],
            self._stateful,
            name=name,
            labels={
                "statefulset.kubernetes.io/pod-name": name,
                "apps.kubernetes.io/pod-index": str(number),
                HASH: revision,
            },
        )
        pod["spec"]["hostname"] = name
        if spec.get("serviceName"):
            pod["spec"]["subdomain"] = spec["serviceName"]
        for claim in self._claims.make(pod, name):
            said = f"create Claim {claim} Pod {name} in StatefulSet {meta['name']} success"
            self._say("Normal", "SuccessfulCreate", said)
        try:
            self._controller.plane.admit(pod)
        except ApiError as error:
            said = f"create Pod {name} in StatefulSet {meta['name']} failed error: {error.message}"
            self._say("Warning", "FailedCreate", said)
            raise
        said = f"create Pod {name} in StatefulSet {meta['name']} successful"
        self._say("Normal", "SuccessfulCreate", said)

    def _delete(self, pod: Object) -> None:
        name, owner = pod["metadata"]["name"], self._stateful["metadata"]["name"]
        self._store.delete("Pod", name, pod["metadata"]["namespace"])
        said = f"delete Pod {name} in StatefulSet {owner} successful"
        self._say("Normal", "SuccessfulDelete", said)

    def _say(self, kind: str, reason: str, said: str) -> None:
        self._controller.recorder.record(self._stateful, kind, reason, said, _COMPONENT)


def ordinal(pod: Object) -> int | None:
    """The number at the end of a member's name; None for a pod that has none."""
    text = str(pod["metadata"]["name"]).rpartition("-")[2]
    return int(text) if text.isdecimal() else None


def _revision_of(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get(HASH, ""))


def _strategy(stateful: Object) -> str:
    return str((stateful["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate"))
