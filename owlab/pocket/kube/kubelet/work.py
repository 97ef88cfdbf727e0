"""One look at one pod: every container is moved as far as it can go now."""

from __future__ import annotations

from collections.abc import Callable

from owlab.pocket.ground.views import MachineView, Object
from owlab.pocket.kube.containers.environment import MissingReference, environment
from owlab.pocket.kube.containers.identity import NotAllowedAsRoot, identity
from owlab.pocket.kube.containers.programs import ContainerOutcome
from owlab.pocket.kube.containers.runtime import Runtime
from owlab.pocket.kube.containers.start import CannotStart
from owlab.pocket.kube.kubelet.hooks import hook
from owlab.pocket.kube.kubelet.network_probes import Check
from owlab.pocket.kube.kubelet.pod_timeline import PodTimeline
from owlab.pocket.kube.kubelet.probes import Execute, Probe
from owlab.pocket.kube.kubelet.pulling import pull
from owlab.pocket.kube.kubelet.statuses import (
    container_statuses,
    is_sidecar,
    mains_are_over,
    terminated,
)
from owlab.pocket.kube.store import Store

_START_SECONDS = 2.0
_NOTICED_SECONDS = 0.5
"""The lab's own, at every speed: a command of a pod that may end runs in earnest."""
_GRACE_SECONDS = 30
_FIRST_BACKOFF, _MOST_BACKOFF = 10.0, 300.0
_KILLED, _LOST, _NOT_STARTED = 137, 255, 128
_NEVER = "1970-01-01T00:00:00Z"

Outcomes = Callable[[Object, Object, bool], ContainerOutcome]
"""Where a container of a pod is; the last argument says whether it is an init container."""


class PodWork:
    """The containers of one pod. ``pod`` is this look's own copy: its status is worked on."""

    def __init__(
        self,
        pod: Object,
        machine: MachineView,
        timeline: PodTimeline,
        runtime: Runtime,
        store: Store,
        outcomes: Outcomes,
        execute: Execute,
        check: Check,
    ) -> None:
        self._pod = pod
        self._machine = machine
        self._timeline = timeline
        self._runtime = runtime
        self._store = store
        self._outcomes = outcomes
        self._execute = execute
        self._check = check

    def carry_on(self) -> None:
        """Init containers in their order, then all the others."""
        first = (
            "PodInitializing" if self._pod["spec"].get("initContainers") else "ContainerCreating"
        )
        mains = container_statuses(self._pod, "containers", first)
        inits = container_statuses(self._pod, "initContainers", "PodInitializing")
        if self._timeline.memory.lost:
            self._timeline.memory.lost = False
            self._restart_all([*inits, *mains])
        begun = any("running" in s["state"] or s["restartCount"] for s in mains)
        if mains_are_over(self._pod["spec"], mains):
            self._end_sidecars(inits)
            return
        if not self._initialize(inits, begun):
            return
        for container, status in zip(self._pod["spec"]["containers"], mains, strict=True):
            self._step(container, status, self._pod["spec"].get("restartPolicy", "Always"))
        self._debug()

    def _restart_all(self, statuses: list[Object]) -> None:
        """The node was down: what ran in it runs no more."""
        for status in statuses:
            if "running" in status["state"]:
                terminated(status, _LOST, "Unknown", self._timeline.clock.timestamp())

    def _initialize(self, statuses: list[Object], begun: bool) -> bool:
        """True when the main containers may start, and once they have."""
        containers = self._pod["spec"].get("initContainers") or []
        never = self._pod["spec"].get("restartPolicy") == "Never"
        for container, status in zip(containers, statuses, strict=True):
            if is_sidecar(container):
                self._step(container, status, "Always")
                if not status["started"] and not begun:
                    return False
                continue
            ended = status["state"].get("terminated")
            if begun or (ended and ended["exitCode"] == 0):
                continue
            if ended and never:
                return False
            self._step(container, status, "OnFailure", init=True)
            ended = status["state"].get("terminated")
            if ended is None or ended["exitCode"] != 0:
                return False
            status["ready"] = True
        return True

    def _end_sidecars(self, statuses: list[Object]) -> None:
        """They served the others, and go after them, in the reverse order of their starts."""
        grace = float(self._pod["spec"].get("terminationGracePeriodSeconds", _GRACE_SECONDS))
        uid = self._pod["metadata"]["uid"]
        for status in reversed([s for s in statuses if "running" in s["state"]]):
            name = status["name"]
            self._timeline.once("Normal", "Killing", f"Stopping container {name}")
            killed = self._runtime.ignores_signals((uid, name))
            if killed and not self._timeline.passed(f"end {name}", grace):
                return
            self._runtime.kill(uid, name)
            now, reason = self._timeline.clock.timestamp(), "Error" if killed else "Completed"
            terminated(status, _KILLED if killed else 0, reason, now)

    def _debug(self) -> None:
        """Ephemeral containers are started once, and never again."""
        statuses = container_statuses(self._pod, "ephemeralContainers", "ContainerCreating")
        for container, status in zip(
            self._pod["spec"].get("ephemeralContainers") or [], statuses, strict=True
        ):
            self._step(container, status, "Never")

    # -- one container ---------------------------------------------------------------------

    def _step(self, container: Object, status: Object, policy: str, init: bool = False) -> None:
        ended = status["state"].get("terminated")
        if ended is not None:
            again = policy == "Always" or (policy == "OnFailure" and ended["exitCode"] != 0)
            if not again:
                return
            status["lastState"] = status["state"]
            if not self._may_start_again(container, status):
                return
            status["restartCount"] += 1
            status["state"] = {"waiting": {"reason": "ContainerCreating"}}
        waiting = status["state"].get("waiting")
        if waiting is not None:
            if waiting.get("reason") == "CrashLoopBackOff":
                if not self._timeline.over(self._backoff_name(container, status)):
                    return
                status["restartCount"] += 1
            if not pull(self._timeline, container, status, self._machine, self._runtime.registries):
                return
            if not self._configured(container, status):
                return
            if not self._begin(container, status):
                return
        if not self._timeline.passed(f"start {container['name']}", _START_SECONDS):
            return
        self._run(container, status, init)
        if "terminated" in status["state"]:
            self._timeline.again(0.0)

    def _backoff_name(self, container: Object, status: Object) -> str:
        return f"again {container['name']} {status['restartCount']}"

    def _may_start_again(self, container: Object, status: Object) -> bool:
        """At once after the first end; after that with a pause that doubles each time."""
        count = status["restartCount"]
        lost = status["lastState"]["terminated"].get("reason") == "Unknown"
        if count == 0 or lost:
            return True
        seconds = min(_FIRST_BACKOFF * 2 ** min(count - 1, 10), _MOST_BACKOFF)
        name = container["name"]
        said = (
            f"back-off {_duration(seconds)} restarting failed container={name} "
            f"pod={self._pod['metadata']['name']}_{self._pod['metadata']['namespace']}"
            f"({self._pod['metadata']['uid']})"
        )
        status["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": said}}
        self._timeline.start(
            self._backoff_name(container, status), self._timeline.clock.backoff(seconds)
        )
        meta = self._pod["metadata"]
        whole = f"{meta['name']}_{meta['namespace']}({meta['uid']})"
        event = f"Back-off restarting failed container {name} in pod {whole}"
        self._timeline.say("Warning", "BackOff", event)
        return False

    def _configured(self, container: Object, status: Object) -> bool:
        """What its environment refers to is there, and it runs as somebody who may."""
        try:
            environment(self._pod, container, self._store)
            identity(self._pod, container)
        except (MissingReference, NotAllowedAsRoot) as error:
            reason = {"reason": "CreateContainerConfigError", "message": str(error)}
            status["state"] = {"waiting": reason}
            self._timeline.once("Warning", "Failed", f"Error: {error}")
            return False
        return True

    def _begin(self, container: Object, status: Object) -> bool:
        """False when the engine finds nothing to start: that is the container's end."""
        name, uid = container["name"], self._pod["metadata"]["uid"]
        now = self._timeline.clock.timestamp()
        self._timeline.say("Normal", "Created", f"Created container: {name}")
        status["containerID"] = f"simulated://{uid}/{name}/{status['restartCount']}"
        try:
            self._runtime.require_start(self._pod, container)
        except CannotStart as error:
            self._timeline.memory.logs[name] = ""
            self._timeline.say("Warning", "Failed", f"Error: {error.at_first}")
            terminated(status, _NOT_STARTED, "StartError", now, error.at_first)
            status["state"]["terminated"]["startedAt"] = _NEVER
            self._timeline.again(0.0)
            return False
        status["state"] = {"running": {"startedAt": now}}
        status["started"] = "startupProbe" not in container
        self._timeline.say("Normal", "Started", f"Started container {name}")
        return True

    def _run(self, container: Object, status: Object, init: bool) -> None:
        outcome = self._outcomes(self._pod, container, init)
        self._timeline.memory.logs[container["name"]] = outcome.log
        now = self._timeline.clock.timestamp()
        if outcome.state in ("done", "failed"):
            reason = outcome.reason or ("Completed" if outcome.code == 0 else "Error")
            terminated(status, outcome.code, reason, now, outcome.message)
            return
        if init and not is_sidecar(container):
            return
        simulated = self._simulated(container, status)
        starts = status["restartCount"]
        problem = hook(
            self._timeline, container, "postStart", starts, simulated, self._execute, self._check
        )
        if problem is None:
            return
        if problem:
            self._timeline.say("Warning", "FailedPostStartHook", f"PostStartHook failed: {problem}")
            self._kill(container, status, f"Container {container['name']} failed postStart hook")
            return
        self._probe(container, status, outcome.state == "ready", simulated)

    def _simulated(self, container: Object, status: Object) -> bool:
        process = self._runtime.process(self._pod, container, status["restartCount"])
        return process is None

    def _probe(self, container: Object, status: Object, ready: bool, simulated: bool) -> None:
        def probe(kind: str) -> Probe:
            starts = status["restartCount"]
            return Probe(
                self._timeline, container, kind, starts, simulated, self._execute, self._check
            )

        if not status["started"]:
            started = probe("startupProbe").look()
            if started is False:
                self._unhealthy(container, status, "startup")
                return
            if not started:
                return
            status["started"] = True
        if probe("livenessProbe").look() is False:
            self._unhealthy(container, status, "liveness")
            return
        if "readinessProbe" not in container:
            status["ready"] = ready and (simulated or self._noticed(container, status))
            return
        passed = probe("readinessProbe").look()
        if passed is None and probe("readinessProbe").state.failures == 0:
            # Not asked yet: after a restart of the lab it is as it was.
            passed = status["ready"]
        status["ready"] = bool(ready and passed)

    def _noticed(self, container: Object, status: Object) -> bool:
        """A kubelet sees only by and by that a command runs: what ends sooner was never ready."""
        if status["ready"] or self._pod["spec"].get("restartPolicy", "Always") == "Always":
            return True
        name = f"seen {container['name']} {status['restartCount']}"
        if name not in self._timeline.memory.due:
            self._timeline.start(name, _NOTICED_SECONDS)
        return self._timeline.over(name)

    def _unhealthy(self, container: Object, status: Object, kind: str) -> None:
        name = container["name"]
        self._kill(container, status, f"Container {name} failed {kind} probe, will be restarted")

    def _kill(self, container: Object, status: Object, why: str) -> None:
        self._timeline.say("Normal", "Killing", why)
        self._runtime.kill(self._pod["metadata"]["uid"], container["name"])
        terminated(status, _KILLED, "Error", self._timeline.clock.timestamp())


def _duration(seconds: float) -> str:
    """As Go writes it: ``10s``, ``1m20s``, ``5m0s``."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
