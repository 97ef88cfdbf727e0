"""DaemonSets: one pod on every node that its template fits, replaced by the update strategy."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself, owner_of
from owlab.pocket.kube.controllers.replicas import available_in, claimed, counted
from owlab.pocket.kube.controllers.revisions import HASH, Revisions
from owlab.pocket.kube.object_state import is_finished, is_ready, pod_of
from owlab.pocket.kube.scheduling.daemons import (
    DAEMON_TOLERATIONS,
    belongs,
    pinned,
    wanted_node,
)
from owlab.pocket.kube.shares import share
from owlab.pocket.kube.store import Change, Key

_COMPONENT = "daemonset-controller"


class DaemonSets(Controller):
    """Keeps a pod of every DaemonSet on every node where it belongs."""

    def watches(self) -> Mapping[str, Leads]:
        return {"DaemonSet": itself, "Pod": owner_of("DaemonSet"), "Node": self._of_node}

    def _of_node(self, change: Change) -> list[Key]:
        if change.old is not None and all(
            change.obj[part].get(field) == change.old[part].get(field)
            for part, field in (("metadata", "labels"), ("spec", "taints"))
        ):
            return []
        return [self.store.key_of(daemon) for daemon in self.store.list("DaemonSet")]

    def reconcile(self, key: Key) -> None:
        daemon = self.store.at(key)
        if daemon is None:
            return
        revisions = Revisions(self.store, daemon)
        revision = revisions.current().rpartition("-")[2]
        if not daemon["metadata"].get("deletionTimestamp"):
            self._place(daemon, revision)
        self._tell(key, daemon, revision)
        pods = claimed(self.store, daemon)
        name = daemon["metadata"]["name"]
        in_use = {f"{name}-{_revision_of(pod)}" for pod in pods} | {f"{name}-{revision}"}
        revisions.forget(in_use, int(daemon["spec"].get("revisionHistoryLimit", 10)))

    def _place(self, daemon: Object, revision: str) -> None:
        nodes = {n["metadata"]["name"]: n for n in self.store.list("Node")}
        fits = {name for name, node in nodes.items() if belongs(daemon, node)}
        there: dict[str, list[Object]] = {}
        for pod in claimed(self.store, daemon):
            there.setdefault(wanted_node(pod), []).append(pod)
        for name, pods in there.items():
            there[name] = [pod for pod in pods if self._stays(daemon, pod, name, fits)]
        for name in sorted(fits - there.keys()):
            self._make(daemon, name, revision)
        self._roll(daemon, fits, there, revision)

    def _stays(self, daemon: Object, pod: Object, node: str, fits: set[str]) -> bool:
        """False for one that is taken away: it has ended, or its node is none of its own."""
        if pod["metadata"].get("deletionTimestamp"):
            return True
        if node in fits and not is_finished(pod):
            return True
        if node in fits:
            said = f"Found failed daemon pod {_full_name(pod)} on node {node}, will try to kill it"
            self.recorder.record(daemon, "Warning", "FailedDaemonPod", said, _COMPONENT)
        self._delete(daemon, pod)
        return False

    def _roll(
        self, daemon: Object, fits: set[str], there: dict[str, list[Object]], revision: str
    ) -> None:
        """Replace outdated pods, as many at once as may be missing."""
        strategy = daemon["spec"].get("updateStrategy") or {}
        if strategy.get("type", "RollingUpdate") == "OnDelete":
            return
        rolling = strategy.get("rollingUpdate") or {}
        most = share(rolling.get("maxUnavailable", 1), len(fits)) or 1
        pods = [p for name in sorted(fits & there.keys()) for p in there[name]]
        going = [p for p in pods if p["metadata"].get("deletionTimestamp")]
        down = sum(not there.get(name) for name in fits) + len(going)
        outdated = [p for p in pods if p not in going and _revision_of(p) != revision]
        down += sum(not is_ready(p) for p in pods if p not in going and p not in outdated)
        for pod in sorted(outdated, key=is_ready):
            # One that is not ready is missing already.
            if is_ready(pod):
                if down >= most:
                    return
                down += 1
            self._delete(daemon, pod)

    def _make(self, daemon: Object, node: str, revision: str) -> None:
        name = daemon["metadata"]["name"]
        pod = pod_of(
            daemon["spec"]["template"],
            daemon,
            generateName=f"{name}-",
            labels={HASH: revision},
        )
        pod["spec"]["affinity"] = pinned(pod["spec"].get("affinity") or {}, node)
        pod["spec"]["tolerations"] = [
            *(pod["spec"].get("tolerations") or []),
            *DAEMON_TOLERATIONS,
        ]
        made = self.plane.admit(pod)
        said = f"Created pod: {made['metadata']['name']}"
        self.recorder.record(daemon, "Normal", "SuccessfulCreate", said, _COMPONENT)

    def _delete(self, daemon: Object, pod: Object) -> None:
        meta = pod["metadata"]
        self.store.delete("Pod", meta["name"], meta["namespace"])
        said = f"Deleted pod: {meta['name']}"
        self.recorder.record(daemon, "Normal", "SuccessfulDelete", said, _COMPONENT)

    def _tell(self, key: Key, daemon: Object, revision: str) -> None:
        fits = {n["metadata"]["name"] for n in self.store.list("Node") if belongs(daemon, n)}
        pods = [
            p for p in claimed(self.store, daemon) if not p["metadata"].get("deletionTimestamp")
        ]
        placed = [p for p in pods if wanted_node(p) in fits]
        least = int(daemon["spec"].get("minReadySeconds", 0))
        waits = [available_in(pod, least, self.clock) for pod in placed]
        if later := [wait for wait in waits if wait]:
            self.look(key, min(later) + 0.01)
        available = sum(wait == 0 for wait in waits)
        always = {
            "desiredNumberScheduled": len(fits),
            "currentNumberScheduled": len({wanted_node(p) for p in placed}),
            "numberMisscheduled": len(pods) - len(placed),
            "numberReady": sum(map(is_ready, placed)),
        }
        others = {
            "updatedNumberScheduled": sum(_revision_of(p) == revision for p in placed),
            "numberAvailable": available,
            "numberUnavailable": len(fits) - available,
        }
        status = counted(daemon.get("status"), {**always, **others}, always=tuple(always))
        status["observedGeneration"] = daemon["metadata"]["generation"]
        self.store.set_status(daemon, status)


def _revision_of(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get(HASH, ""))


def _full_name(pod: Object) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
