"""How a pod ends: hooks first, then its commands, within the grace period."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.runtime import Runtime
from owlab.pocket.kube.kubelet.hooks import hook
from owlab.pocket.kube.kubelet.network_probes import Check
from owlab.pocket.kube.kubelet.pod_timeline import PodTimeline
from owlab.pocket.kube.kubelet.probes import Execute
from owlab.pocket.kube.kubelet.statuses import FIELDS, terminated

_STOP_SECONDS = 1.0
_KILLED = 137


class Ending:
    """The end of one pod."""

    def __init__(self, runtime: Runtime, timeline: PodTimeline) -> None:
        self._runtime = runtime
        self._timeline = timeline

    def carry_on(self, execute: Execute, check: Check) -> bool:
        """One look; True when everything has ended."""
        timeline, pod = self._timeline, self._timeline.pod
        running = self._running()
        for container, _ in running:
            timeline.once("Normal", "Killing", f"Stopping container {container['name']}")
        grace = float(pod["metadata"].get("deletionGracePeriodSeconds") or 0)
        deadline = timeline.passed("grace", grace) if grace else True
        hooked = [
            hook(
                timeline,
                c,
                "preStop",
                s["restartCount"],
                not self._is_shell(c["name"]),
                execute,
                check,
            )
            for c, s in running
        ]
        if not deadline and any(done is None for done in hooked):
            return False
        if running and not deadline and self._ignores_the_signal():
            return False
        if running and not timeline.passed("end", min(_STOP_SECONDS, grace)):
            return False
        self.stop_containers()
        return True

    def stop_containers(self) -> None:
        """End what still runs, and say so in the pod's status."""
        now = self._timeline.clock.timestamp()
        for container, status in self._running():
            killed = self._ignores(container["name"])
            terminated(status, _KILLED if killed else 0, "Error" if killed else "Completed", now)

    def _running(self) -> list[tuple[Object, Object]]:
        pod = self._timeline.pod
        found = []
        for field, name in FIELDS.items():
            statuses = {s["name"]: s for s in pod["status"].get(name) or ()}
            for container in pod["spec"].get(field) or ():
                status = statuses.get(container["name"])
                if status is not None and "running" in status["state"]:
                    found.append((container, status))
        return found

    def _is_shell(self, name: str) -> bool:
        return self._runtime.runs((self._timeline.pod["metadata"]["uid"], name))

    def _ignores(self, name: str) -> bool:
        return self._runtime.ignores_signals((self._timeline.pod["metadata"]["uid"], name))

    def _ignores_the_signal(self) -> bool:
        """The first process of a container gets no signal that it has not asked for.

        A shell or ``sleep`` that is one therefore goes on until it is killed; a server ends.
        """
        return any(self._ignores(container["name"]) for container, _ in self._running())
