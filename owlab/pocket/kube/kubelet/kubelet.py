"""All nodes' kubelets: a controller whose keys are pods."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime

from owlab.pocket.ground.views import MachineView, Object
from owlab.pocket.kube.containers import programs
from owlab.pocket.kube.containers.printed_lines import PrintedLine
from owlab.pocket.kube.containers.runtime import Runtime
from owlab.pocket.kube.containers.streams import Streams
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.controllers.nodes import kubelet_runs
from owlab.pocket.kube.kubelet.ending import Ending
from owlab.pocket.kube.kubelet.memory import Memory
from owlab.pocket.kube.kubelet.mounts import MountProblem, mount_problem
from owlab.pocket.kube.kubelet.network_probes import Check, checker
from owlab.pocket.kube.kubelet.pod_addresses import Addresses
from owlab.pocket.kube.kubelet.pod_timeline import PodTimeline
from owlab.pocket.kube.kubelet.probes import Execute
from owlab.pocket.kube.kubelet.sandboxes import sandbox_problem
from owlab.pocket.kube.kubelet.statuses import container_statuses, summarize
from owlab.pocket.kube.kubelet.work import Outcomes, PodWork
from owlab.pocket.kube.network.names import Names
from owlab.pocket.kube.object_state import is_finished, is_ready
from owlab.pocket.kube.store import Change, Key, copied
from owlab.pocket.network.routes import Routes, at_machine

_REMOUNT_SECONDS = 2.0
_WAITED_FOR = (
    *("Secret", "ConfigMap", "PersistentVolumeClaim", "Job", "Service", "Endpoints"),
    "StatefulSet",
)
"""Kinds that pods of the same namespace may wait for."""


class Kubelet(Controller):
    """Moves every pod that is on a node as far as it can go."""

    def __init__(
        self, plane: ControlPlane, outcomes: Outcomes, routes: Routes, names: Names
    ) -> None:
        super().__init__(plane)
        self._outcomes = outcomes
        self.routes = routes
        self.runtime = Runtime(plane.store, plane.fleet, plane.clock, routes, names, self._ended)
        self._addresses = Addresses(plane.store)
        self._memories: dict[str, Memory] = {}
        self._waiting: dict[str, set[Key]] = {}
        """By namespace: pods that wait for something else of the cluster."""

    def watches(self) -> Mapping[str, Leads]:
        return {
            "Pod": self._of_pod,
            "PersistentVolume": lambda change: self._all_waiting(),
            **dict.fromkeys(_WAITED_FOR, lambda change: self._waiting_in(change.key.namespace)),
        }

    def _of_pod(self, change: Change) -> list[Key]:
        if change.event == "DELETED":
            self._forget(change.key, change.obj["metadata"]["uid"])
            return []
        keys = [change.key] if change.obj["spec"].get("nodeName") else []
        if change.old is not None and is_ready(change.old) != is_ready(change.obj):
            keys += self._waiting_in(change.key.namespace)
        return keys

    def _waiting_in(self, namespace: str) -> list[Key]:
        return list(self._waiting.get(namespace, ()))

    def _all_waiting(self) -> list[Key]:
        return [key for keys in self._waiting.values() for key in keys]

    def machines_changed(self) -> None:
        """Pods that wait, and those of nodes that came or went."""
        for key in self._all_waiting():
            self.look(key)
        for node in self.store.list("Node"):
            name = node["metadata"]["name"]
            up = kubelet_runs(self.plane.fleet.get(name))
            for pod in self.store.indexed("node", name):
                memory = self._memories.get(pod["metadata"]["uid"])
                if not up or memory is None or memory.lost:
                    self.look(self.store.key_of(pod))

    def reconsider(self) -> None:
        """Something outside of the cluster changed that pods may wait for."""
        for key in self._all_waiting():
            self.look(key)

    def reconcile(self, key: Key) -> None:
        pod = self.store.at(key)
        if pod is None or not pod["spec"].get("nodeName"):
            return
        uid = pod["metadata"]["uid"]
        memory = self._memories.setdefault(uid, Memory())
        machine = self.plane.fleet.get(str(pod["spec"]["nodeName"]))
        if machine is None or not kubelet_runs(machine):
            # What ran there ended with the machine.
            self.runtime.forget(uid)
            memory.cancel()
            memory.lost = True
            return
        work = copied(pod)
        timeline = PodTimeline(
            work, memory, self.clock, self.recorder, lambda seconds: self.look(key, seconds)
        )
        if pod["metadata"].get("deletionTimestamp"):
            self._end(key, work, machine, timeline)
        elif not is_finished(pod):
            self._advance(key, work, machine, timeline)

    def _advance(self, key: Key, pod: Object, machine: MachineView, timeline: PodTimeline) -> None:
        status = pod.setdefault("status", {"phase": "Pending"})
        status.setdefault("startTime", self.clock.timestamp())
        status["hostIP"] = machine.address
        status["hostIPs"] = [{"ip": machine.address}]
        if self._too_late(pod, timeline):
            return
        problem = sandbox_problem(pod, self.store) or mount_problem(
            pod, self.store, self.plane.fleet, machine.name
        )
        if problem is not None and not status.get("podIP"):
            self._creating(pod, timeline, problem)
        else:
            if timeline.memory.lost or not status.get("podIP"):
                status["podIP"] = self._addresses.of(pod)
            status["podIPs"] = [{"ip": status["podIP"]}]
            check = self._checker(machine)
            execute = self._executor(pod)
            PodWork(
                pod, machine, timeline, self.runtime, self.store, self._outcomes, execute, check
            ).carry_on()
        summarize(pod, self.clock)
        self._wait_or_not(key, pod)
        self.store.set_status(pod, status)

    def _too_late(self, pod: Object, timeline: PodTimeline) -> bool:
        """A pod that may be active for so long and no longer."""
        limit = pod["spec"].get("activeDeadlineSeconds")
        if limit is None:
            return False
        if "deadline" not in timeline.memory.due:
            timeline.start("deadline", self.clock.limit(limit))
        if not timeline.over("deadline"):
            return False
        said = "Pod was active on the node longer than the specified deadline"
        timeline.say("Normal", "DeadlineExceeded", said)
        Ending(self.runtime, timeline).stop_containers()
        status = {**pod["status"], "phase": "Failed", "reason": "DeadlineExceeded", "message": said}
        self.store.set_status(pod, status)
        self.runtime.forget(pod["metadata"]["uid"])
        return True

    def _wait_or_not(self, key: Key, pod: Object) -> None:
        """Remember whether others have to become ready before this pod can go on."""
        waits = not is_ready(pod) and not is_finished(pod)
        keys = self._waiting.setdefault(key.namespace, set())
        if waits:
            keys.add(key)
        else:
            keys.discard(key)

    def _creating(self, pod: Object, timeline: PodTimeline, problem: MountProblem) -> None:
        first = "PodInitializing" if pod["spec"].get("initContainers") else "ContainerCreating"
        container_statuses(pod, "initContainers", "PodInitializing")
        container_statuses(pod, "containers", first)
        timeline.once("Warning", problem.reason, problem.message)
        timeline.again(self.clock.backoff(_REMOUNT_SECONDS) + 1.0)

    def _end(self, key: Key, pod: Object, machine: MachineView, timeline: PodTimeline) -> None:
        ending = Ending(self.runtime, timeline)
        if not ending.carry_on(self._executor(pod), self._checker(machine)):
            return
        summarize(pod, self.clock)
        if pod["status"]["phase"] not in ("Succeeded", "Failed"):
            codes = [
                (s["state"].get("terminated") or {}).get("exitCode", 0)
                for s in pod["status"].get("containerStatuses") or ()
            ]
            pod["status"]["phase"] = "Failed" if any(codes) else "Succeeded"
        self.store.set_status(pod, pod["status"])
        self.store.remove("Pod", key.name, key.namespace)

    def _checker(self, machine: MachineView) -> Check:
        return checker(self.routes, at_machine(machine))

    def _executor(self, pod: Object) -> Execute:
        async def execute(container: Object, argv: list[str]) -> tuple[int, str]:
            printed = io.BytesIO()

            async def keep(data: bytes) -> None:
                printed.write(data)

            code = await self.runtime.exec(pod, container, argv, Streams(keep, keep))
            return code, printed.getvalue().decode(errors="replace")

        return execute

    def _ended(self, uid: str) -> None:
        """A command of a pod has ended."""
        pod = self.store.by_uid(uid)
        if pod is not None:
            self.look(self.store.key_of(pod))

    def _forget(self, key: Key, uid: str) -> None:
        self._waiting.get(key.namespace, set()).discard(key)
        memory = self._memories.pop(uid, None)
        if memory is not None:
            memory.cancel()
        self.runtime.forget(uid)

    def stop(self) -> None:
        """End everything that runs."""
        for memory in self._memories.values():
            memory.cancel()
        self.runtime.stop()

    # -- what the API server asks ----------------------------------------------------------

    def unreached(self, pod: Object) -> str | None:
        """The address of a node whose kubelet does not answer; None where it does."""
        machine = self.plane.fleet.get(str(pod["spec"].get("nodeName") or ""))
        return machine.address if machine is not None and not kubelet_runs(machine) else None

    def logs(self, pod: Object, container: str, *, previous: bool = False) -> list[PrintedLine]:
        """What a container has printed, or did before it was started again."""
        owner = (pod["metadata"]["uid"], container)
        printed = self.runtime.printed(owner, previous=previous)
        if printed is not None:
            return printed
        memory = self._memories.get(pod["metadata"]["uid"], Memory())
        text = memory.logs.get(container, f"{programs.NOTE}\n")
        return [PrintedLine(_began(pod, container), line) for line in text.splitlines()]

    async def exec(self, pod: Object, container: str, argv: list[str], streams: Streams) -> int:
        """A command in a container, with its environment and volumes."""
        return await self.runtime.exec(pod, _spec(pod, container), argv, streams)

    async def attach(self, pod: Object, container: str, streams: Streams) -> None:
        """What a container prints from now on, until it ends; a shell that waits gets the input."""
        await self.runtime.attach(pod, _spec(pod, container), streams)


def _began(pod: Object, name: str) -> float:
    """When a container was started last, in seconds since 1970; its pod, where it never was."""
    fields = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
    statuses = [status for field in fields for status in pod["status"].get(field) or []]
    states = [status.get("state", {}) for status in statuses if status["name"] == name]
    times = [state["startedAt"] for one in states for state in one.values() if "startedAt" in state]
    text = [*times, pod["status"].get("startTime"), pod["metadata"]["creationTimestamp"]]
    return datetime.fromisoformat(next(filter(None, text))).timestamp()


def _spec(pod: Object, name: str) -> Object:
    for field in ("containers", "initContainers", "ephemeralContainers"):
        for container in pod["spec"].get(field) or []:
            if container["name"] == name:
                return dict(container)
    return {"name": name}
