"""The simulated kubelets: pods go through their states for reasons that can be looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import FleetView, MachineView, Object
from owlab.pocket.kube import images, programs
from owlab.pocket.kube.containers.environment import MissingReference, environment
from owlab.pocket.kube.containers.runtime import Runtime
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.kubelet_api import Streams
from owlab.pocket.kube.mounts import MountProblem, mount_problem
from owlab.pocket.kube.store import Store

_START_SECONDS = 2.0
_BACKOFF_SECONDS = 10.0


class Kubelets:
    """All nodes' kubelets: ``reconcile`` moves every pod as far as it can go now."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        fleet: FleetView,
        recorder: Recorder,
        runtime: Runtime,
        context: Callable[[Object, Object], programs.Context],
        poke: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._fleet = fleet
        self._recorder = recorder
        self._runtime = runtime
        self._context = context
        self._poke = poke
        self._due: dict[tuple[str, str], float] = {}
        self._logs: dict[tuple[str, str], str] = {}
        self._addresses = 0

    def reconcile(self) -> None:
        """One look at every pod that is on a node."""
        pods = self._store.list("Pod")
        self._runtime.keep_only({pod["metadata"]["uid"] for pod in pods})
        for pod in pods:
            machine = self._machine(pod)
            if machine is None:
                self._runtime.forget(pod["metadata"]["uid"])
                continue
            if pod["metadata"].get("deletionTimestamp"):
                self._end(pod)
            elif pod["status"].get("phase") not in ("Succeeded", "Failed"):
                self._advance(pod, machine)

    def _machine(self, pod: Object) -> MachineView | None:
        """The machine of a pod whose kubelet is there to act, or None."""
        name = pod["spec"].get("nodeName")
        machine = self._fleet.get(str(name)) if name else None
        if machine is None or not machine.running:
            return None
        active = machine.service_active("k3s") or machine.service_active("k3s-agent")
        return machine if active else None

    def _end(self, pod: Object) -> None:
        meta = pod["metadata"]
        if self._passed(pod, "end", 1.0):
            if not meta.get("finalizers"):
                self._say(pod, "Normal", "Killing", "Stopping container")
                self._store.remove("Pod", meta["name"], meta["namespace"])
            self._forget(pod)

    def _advance(self, pod: Object, machine: MachineView) -> None:
        status = pod["status"]
        status.setdefault("startTime", self._clock.timestamp())
        status["hostIP"] = machine.address
        problem = mount_problem(pod, self._store, self._fleet, machine.name)
        if problem is not None and not status.get("podIP"):
            self._creating(pod, problem)
            return
        status.setdefault("podIP", self._address(pod))
        status["podIPs"] = [{"ip": status["podIP"]}]
        if not self._initialize(pod, machine):
            self._publish(pod)
            return
        self._run(pod, machine)
        self._publish(pod)

    # -- containers ------------------------------------------------------------------------

    def _creating(self, pod: Object, problem: MountProblem) -> None:
        self._say(pod, "Warning", problem.reason, problem.message)
        for field, reason in (
            ("initContainers", "PodInitializing"),
            ("containers", "ContainerCreating"),
        ):
            waiting = "PodInitializing" if pod["spec"].get("initContainers") else reason
            self._statuses(pod, field, {"waiting": {"reason": waiting}})
        self._publish(pod)

    def _initialize(self, pod: Object, machine: MachineView) -> bool:
        """Run the init containers in order; True when all have ended well."""
        containers = pod["spec"].get("initContainers") or []
        statuses = self._statuses(pod, "initContainers", {"waiting": {"reason": "PodInitializing"}})
        if containers:
            self._statuses(pod, "containers", {"waiting": {"reason": "PodInitializing"}})
        for container, status in zip(containers, statuses, strict=True):
            if "terminated" in status["state"]:
                continue
            if not self._pulled(pod, container, status, machine):
                return False
            if not self._configured(pod, container, status):
                return False
            self._begin(pod, container, status)
            outcome = programs.init_program(self._context(pod, container))
            self._log(pod, container, outcome.log)
            if outcome.state != "done" or not self._passed(pod, container["name"], _START_SECONDS):
                return False
            self._terminate(status, outcome.code, "Completed")
            status["ready"] = True
        return True

    def _run(self, pod: Object, machine: MachineView) -> None:
        containers = pod["spec"].get("containers") or []
        statuses = self._statuses(pod, "containers", {"waiting": {"reason": "ContainerCreating"}})
        for container, status in zip(containers, statuses, strict=True):
            if "terminated" in status["state"] or _crashed(status):
                continue
            if not self._pulled(pod, container, status, machine):
                continue
            if not self._configured(pod, container, status):
                continue
            self._begin(pod, container, status)
            if not self._passed(pod, container["name"], _START_SECONDS):
                continue
            outcome = programs.main_program(self._context(pod, container))
            self._log(pod, container, outcome.log)
            status["ready"] = outcome.state == "ready"
            if outcome.state in ("done", "failed"):
                self._ended(pod, status, outcome)

    def _ended(self, pod: Object, status: Object, outcome: programs.Outcome) -> None:
        policy = pod["spec"].get("restartPolicy", "Always")
        reason = "Completed" if outcome.code == 0 else "Error"
        if policy == "Never" or (policy == "OnFailure" and outcome.code == 0):
            self._terminate(status, outcome.code, reason)
            return
        if not self._passed(pod, f"{status['name']} again", _BACKOFF_SECONDS):
            return
        if status["restartCount"] >= 3:
            status["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
            self._say(
                pod, "Warning", "BackOff", f"Back-off restarting failed container {status['name']}"
            )
            return
        self._terminate(status, outcome.code, reason)
        status["lastState"] = status["state"]
        status["restartCount"] += 1
        status["state"] = {"running": {"startedAt": self._clock.timestamp()}}

    def _pulled(self, pod: Object, container: Object, status: Object, machine: MachineView) -> bool:
        """The container's image is on the node; says so, or why not."""
        image = images.full_name(container.get("image", ""))
        if "running" in status["state"]:
            return True
        never = container.get("imagePullPolicy") == "Never"
        if image in machine.images():
            here = f'Container image "{container["image"]}" already present on machine'
            if not self._said(pod, "Pulled", _pulled_now(container)):
                self._say(pod, "Normal", "Pulled", here, once=True)
            return True
        if never or not images.exists(image):
            self._not_pulled(pod, container, status)
            return False
        self._say(pod, "Normal", "Pulling", f'Pulling image "{container["image"]}"', once=True)
        if not self._passed(pod, f"pull {image}", images.pull_seconds(image)):
            return False
        machine.add_image(image)
        self._say(pod, "Normal", "Pulled", _pulled_now(container), once=True)
        return True

    def _not_pulled(self, pod: Object, container: Object, status: Object) -> None:
        image = container["image"]
        message = images.pull_error(image)
        seen = status["state"].get("waiting", {}).get("reason")
        if seen == "ImagePullBackOff":
            return
        self._say(pod, "Normal", "Pulling", f'Pulling image "{image}"')
        self._say(pod, "Warning", "Failed", f'Failed to pull image "{image}": {message}')
        self._say(pod, "Warning", "Failed", "Error: ErrImagePull")
        if seen is None or seen != "ErrImagePull":
            status["state"] = {"waiting": {"reason": "ErrImagePull", "message": message}}
        if self._passed(pod, f"backoff {image}", _BACKOFF_SECONDS):
            back = f'Back-off pulling image "{image}"'
            status["state"] = {"waiting": {"reason": "ImagePullBackOff", "message": back}}
            self._say(pod, "Normal", "BackOff", back)
            self._say(pod, "Warning", "Failed", "Error: ImagePullBackOff")

    def _configured(self, pod: Object, container: Object, status: Object) -> bool:
        """What its environment refers to is there."""
        if "running" in status["state"]:
            return True
        try:
            environment(pod, container, self._store)
        except MissingReference as error:
            reason = {"reason": "CreateContainerConfigError", "message": str(error)}
            status["state"] = {"waiting": reason}
            self._say(pod, "Warning", "Failed", f"Error: {error}")
            return False
        return True

    def _begin(self, pod: Object, container: Object, status: Object) -> None:
        if "running" in status["state"]:
            return
        status["state"] = {"running": {"startedAt": self._clock.timestamp()}}
        status["started"] = True
        status["containerID"] = f"simulated://{pod['metadata']['uid']}/{container['name']}"
        name = container["name"]
        self._say(pod, "Normal", "Created", f"Created container: {name}")
        self._say(pod, "Normal", "Started", f"Started container {name}")

    def _terminate(self, status: Object, code: int, reason: str) -> None:
        started = status["state"].get("running", {}).get("startedAt", self._clock.timestamp())
        status["ready"] = False
        status["started"] = False
        status["state"] = {
            "terminated": {
                "exitCode": code,
                "reason": reason,
                "startedAt": started,
                "finishedAt": self._clock.timestamp(),
            }
        }

    @staticmethod
    def _statuses(pod: Object, field: str, state: Object) -> list[Object]:
        """The status entries of a pod's containers, made where there are none."""
        name = "initContainerStatuses" if field == "initContainers" else "containerStatuses"
        containers = pod["spec"].get(field) or []
        known = {s["name"]: s for s in pod["status"].get(name) or []}
        found = [
            known.get(c["name"])
            or {
                "name": c["name"],
                "image": c.get("image", ""),
                "imageID": "",
                "ready": False,
                "started": False,
                "restartCount": 0,
                "state": dict(state),
                "lastState": {},
            }
            for c in containers
        ]
        if found:
            pod["status"][name] = found
        return found

    # -- the pod as a whole ----------------------------------------------------------------

    def _publish(self, pod: Object) -> None:
        status = pod["status"]
        mains = status.get("containerStatuses") or []
        inits = status.get("initContainerStatuses") or []
        ended = [s["state"]["terminated"]["exitCode"] for s in mains if "terminated" in s["state"]]
        initialized = all("terminated" in s["state"] for s in inits)
        if mains and len(ended) == len(mains):
            status["phase"] = "Failed" if any(ended) else "Succeeded"
        elif any("running" in s["state"] for s in mains):
            status["phase"] = "Running"
        else:
            status["phase"] = "Pending"
        ready = bool(mains) and all(s["ready"] for s in mains)
        for kind, value in (
            ("PodReadyToStartContainers", bool(status.get("podIP"))),
            ("Initialized", initialized),
            ("Ready", ready),
            ("ContainersReady", ready),
            ("PodScheduled", True),
        ):
            set_condition(status, kind, value, self._clock.timestamp())
        self._store.update_status(pod)

    def _address(self, pod: Object) -> str:
        if pod["spec"].get("hostNetwork"):
            return str(pod["status"]["hostIP"])
        node = self._store.find("Node", pod["spec"]["nodeName"]) or {"spec": {}}
        network = str(node["spec"].get("podCIDR", "10.42.0.0/24")).removesuffix(".0/24")
        pods = self._store.list("Pod", fields=f"spec.nodeName={pod['spec']['nodeName']}")
        taken = {other["status"].get("podIP") for other in pods}
        # Not the lowest free one: an address is not given out again at once.
        for _ in range(253):
            self._addresses = self._addresses % 253 + 1
            address = f"{network}.{self._addresses + 1}"
            if address not in taken:
                return address
        return f"{network}.254"

    # -- time, words -----------------------------------------------------------------------

    def _passed(self, pod: Object, what: str, seconds: float) -> bool:
        """Whether something that takes ``seconds`` in life is over; looks again when it is."""
        scaled = self._clock.scaled(seconds)
        if scaled <= 0:
            return True
        loop = asyncio.get_running_loop()
        key = (pod["metadata"]["uid"], what)
        if key not in self._due:
            self._due[key] = loop.time() + scaled
            loop.call_later(scaled + 0.01, self._poke)
        return loop.time() >= self._due[key]

    def _said(self, pod: Object, reason: str, message: str) -> bool:
        return (pod["metadata"]["uid"], f"said {reason} {message}") in self._due

    def _say(self, pod: Object, kind: str, reason: str, message: str, once: bool = False) -> None:
        key = (pod["metadata"]["uid"], f"said {reason} {message}")
        if once or reason in ("FailedMount", "Failed", "BackOff", "Pulling"):
            if key in self._due:
                return
            self._due[key] = 0.0
        self._recorder.record(pod, kind, reason, message, "kubelet", pod["spec"]["nodeName"])

    def _log(self, pod: Object, container: Object, text: str) -> None:
        self._logs[pod["metadata"]["uid"], container["name"]] = text

    def _forget(self, pod: Object) -> None:
        uid = pod["metadata"]["uid"]
        self._due = {key: due for key, due in self._due.items() if key[0] != uid}
        self._logs = {key: text for key, text in self._logs.items() if key[0] != uid}

    # -- what the API server asks ----------------------------------------------------------

    async def logs(
        self,
        pod: Object,
        container: str,
        *,
        tail: int | None,
        previous: bool,
        timestamps: bool,
        since: float | None,
    ) -> str:
        """What a container has printed."""
        owner = (pod["metadata"]["uid"], container)
        printed = self._runtime.printed(owner, previous=previous)
        if printed is None:
            printed = self._logs.get(owner, f"{programs.NOTE}\n")
        lines = printed.splitlines()
        if tail is not None:
            lines = lines[-tail:] if tail else []
        if timestamps:
            start = pod["status"].get("startTime", "")
            lines = [f"{start} {line}" for line in lines]
        return "".join(f"{line}\n" for line in lines)

    async def exec(self, pod: Object, container: str, argv: list[str], streams: Streams) -> int:
        """A command in a container, with its environment and volumes."""
        return await self._runtime.exec(pod, _spec(pod, container), argv, streams)

    async def attach(self, pod: Object, container: str, streams: Streams) -> None:
        """What a container prints from now on, until it ends; a shell that waits gets the input."""
        await self._runtime.attach(pod, _spec(pod, container), streams)


def _spec(pod: Object, name: str) -> Object:
    for container in pod["spec"].get("containers") or []:
        if container["name"] == name:
            return dict(container)
    return {"name": name}


def _pulled_now(container: Object) -> str:
    return f'Successfully pulled image "{container["image"]}"'


def _crashed(status: Object) -> bool:
    return bool(status["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff")


def set_condition(status: Object, kind: str, value: bool, now: str) -> None:
    """Set a condition; its transition time moves only when it changes."""
    conditions = status.setdefault("conditions", [])
    wanted = "True" if value else "False"
    for condition in conditions:
        if condition["type"] == kind:
            if condition["status"] != wanted:
                condition["status"], condition["lastTransitionTime"] = wanted, now
            return
    conditions.append({"type": kind, "status": wanted, "lastTransitionTime": now})
