"""One K3s cluster of the lab: its objects, its controllers, and what the lab may ask of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.views import ActionPod, FleetView, Object, PodStartError
from owlab.pocket.kube import defaults, programs
from owlab.pocket.kube.bootstrap import bootstrap
from owlab.pocket.kube.containers.runtime import ContainerCommand, Runtime
from owlab.pocket.kube.controllers.autoscalers import Autoscalers
from owlab.pocket.kube.controllers.cron_jobs import CronJobs
from owlab.pocket.kube.controllers.deployments import Deployments
from owlab.pocket.kube.controllers.jobs import Jobs
from owlab.pocket.kube.controllers.namespaces import Namespaces
from owlab.pocket.kube.controllers.nodes import Nodes, node_object
from owlab.pocket.kube.controllers.scheduling import Scheduling
from owlab.pocket.kube.controllers.services import Services
from owlab.pocket.kube.controllers.storage import Storage
from owlab.pocket.kube.controllers.workloads import Workloads
from owlab.pocket.kube.endpoint import OpenWhiskEndpoint, find_endpoint
from owlab.pocket.kube.errors import ApiError
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.kubelet import Kubelets
from owlab.pocket.kube.parts import Parts, find_parts
from owlab.pocket.kube.shape import is_ready
from owlab.pocket.kube.store import Store, random_suffix

log = logging.getLogger(__name__)
_PASSES = 400
"""More passes than any change needs: a circle between controllers is a mistake of ours."""


class Cluster:
    """The control plane. Controllers run after every change until nothing changes any more."""

    def __init__(
        self, db: Database, clock: Clock, fleet: FleetView, *, authority: str = ""
    ) -> None:
        self._clock = clock
        self._fleet = fleet
        self.store = Store(db, clock)
        self._dirty = asyncio.Event()
        self._idle = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._endpoint: OpenWhiskEndpoint | None = None
        self._on_openwhisk: Callable[[OpenWhiskEndpoint | None], None] = lambda endpoint: None
        self.parts = Parts()
        self._on_parts: Callable[[Parts], None] = lambda parts: None
        self._on_packages: Callable[[str], None] = lambda release: None
        self._on_wipe: Callable[[], None] = lambda: None
        self._recorder = recorder = Recorder(self.store, clock)
        self._runtime = Runtime(self.store, fleet, self._poke)
        self.kubelet = Kubelets(
            self.store, clock, fleet, recorder, self._runtime, self._context, self._poke
        )
        self._controllers = (
            Namespaces(self.store, authority),
            Nodes(self.store, clock, fleet, recorder, self._poke),
            Autoscalers(self.store, clock, recorder),
            Deployments(self.store, clock, recorder),
            Workloads(self.store, clock, recorder),
            CronJobs(self.store, clock, recorder, self._poke),
            Jobs(self.store, clock, recorder),
            Storage(self.store, clock, fleet, recorder),
            Scheduling(self.store, clock, recorder),
            self.kubelet,
            Services(self.store),
        )
        self.action_pods = ActionPodsOfCluster(self)

    # -- life ------------------------------------------------------------------------------

    async def start(self) -> None:
        """Run the controllers."""
        self._remove_leftovers()
        self.store.subscribe(lambda event, obj: self._poke())
        self._task = asyncio.create_task(self._run())
        self._poke()

    def _remove_leftovers(self) -> None:
        """Action pods of a service that has ended: their processes ended with it."""
        for pod in self.store.list("Pod", labels="user-action-pod=true"):
            self.store.delete("Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])

    async def stop(self) -> None:
        """End the controllers; everything is on disk already."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        self._runtime.stop()

    def _poke(self) -> None:
        self._idle.clear()
        self._dirty.set()

    def machines_changed(self) -> None:
        """Something about the machines may be different."""
        self._poke()

    async def _run(self) -> None:
        passes = 0
        while True:
            if not self._dirty.is_set():
                passes = 0
                self._idle.set()
            await self._dirty.wait()
            self._dirty.clear()
            passes += 1
            for controller in self._controllers:
                try:
                    controller.reconcile()
                except ApiError as error:
                    log.warning("%s: %s", type(controller).__name__, error.message)
                except Exception:
                    log.exception("%s failed", type(controller).__name__)
                await asyncio.sleep(0)
            self._look_for_openwhisk()
            if passes > _PASSES:
                log.error("the controllers do not come to rest; pausing them")
                await asyncio.sleep(1)
                passes = 0

    async def settled(self, timeout: float) -> bool:
        """Wait until nothing is left to do; False when time is up."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout)
        except TimeoutError:
            return False
        return True

    # -- nodes -----------------------------------------------------------------------------

    def join(self, machine: str, *, role: str, version: str, args: list[str]) -> None:
        """A machine's K3s has started: make or refresh its node."""
        view: Any = self._fleet.get(machine)
        disabled = {name for item in _options(args, "--disable") for name in item.split(",")}
        labels = dict(item.partition("=")[::2] for item in _options(args, "--node-label"))
        if role == "server":
            bootstrap(self.store, disabled)
        node = node_object(
            machine.lower(),
            view.address,
            role=role,
            version=version,
            labels=labels,
            cpus=view.spec.cpus,
            memory=view.spec.memory,
            number=self._free_network(),
        )
        taints = [_taint(item) for item in _options(args, "--node-taint")]
        if taints:
            node["spec"]["taints"] = taints
        old = self.store.find("Node", machine.lower())
        if old is None:
            self.store.create(node)
        else:
            old["metadata"]["labels"] = {**old["metadata"]["labels"], **node["metadata"]["labels"]}
            old = self.store.update(old)
            old["status"] = {**node["status"], "conditions": old["status"].get("conditions", [])}
            self.store.update_status(old)

    def _free_network(self) -> int:
        """The first /24 of 10.42.0.0/16 that no node has, as K3s gives them out."""
        taken = {node["spec"].get("podCIDR") for node in self.store.list("Node")}
        return next(n for n in range(256) if f"10.42.{n}.0/24" not in taken)

    def leave(self, machine: str) -> None:
        """K3s was removed from a machine. Its node stays, NotReady, until somebody deletes it."""
        self._poke()

    # -- OpenWhisk -------------------------------------------------------------------------

    def on_openwhisk(self, callback: Callable[[OpenWhiskEndpoint | None], None]) -> None:
        """Be told when OpenWhisk comes up, changes or goes down."""
        self._on_openwhisk = callback

    def on_parts(self, callback: Callable[[Parts], None]) -> None:
        """Be told when a part of OpenWhisk behind its front end comes or goes."""
        self._on_parts = callback

    def give_command(self, image: str, name: str, command: ContainerCommand) -> None:
        """Containers of images whose names hold ``image`` have this command."""
        self._runtime.commands.setdefault(image, {})[name] = command

    def on_install_packages(self, callback: Callable[[str], None]) -> None:
        """Be told when the Job that installs OpenWhisk's packages has run."""
        self._on_packages = callback

    def on_wipe(self, callback: Callable[[], None]) -> None:
        """Be told when the Job init-couchdb has emptied OpenWhisk's database."""
        self._on_wipe = callback

    def warn_of_service(self, name: str, namespace: str, message: str) -> None:
        """Say in an event that a service does not answer on its port."""
        service = self.store.find("Service", name, namespace)
        if service is not None:
            self._recorder.record(service, "Warning", "PortUnavailable", message, "kube-proxy")

    def _look_for_openwhisk(self) -> None:
        endpoint = find_endpoint(self.store)
        if endpoint != self._endpoint:
            self._endpoint = endpoint
            self._on_openwhisk(endpoint)
        parts = Parts()
        if endpoint is not None:
            parts = find_parts(self.store, endpoint.release, endpoint.namespace)
        if parts != self.parts:
            self.parts = parts
            self._on_parts(parts)

    def _context(self, pod: Object, container: Object) -> programs.Context:
        server = next(
            (
                a["address"]
                for n in self.store.list("Node")
                for a in n["status"]["addresses"]
                if a["type"] == "InternalIP"
                and "node-role.kubernetes.io/control-plane" in n["metadata"]["labels"]
            ),
            "",
        )
        return programs.Context(
            self.store,
            pod,
            container,
            server,
            lambda release: self._on_packages(release),
            lambda: self._endpoint is not None and self.parts.healthy_invokers > 0,
            lambda: self._on_wipe(),
            lambda: self._runtime.process(pod, container, _starts(pod, container)),
        )


def _starts(pod: Object, container: Object) -> int:
    """How often a container was started again."""
    status = pod["status"]
    known = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    return sum(int(s["restartCount"]) for s in known if s["name"] == container["name"])


def _options(args: list[str], name: str) -> list[str]:
    """Values of ``--name VALUE`` and ``--name=VALUE``."""
    found = []
    for index, word in enumerate(args):
        if word == name and index + 1 < len(args):
            found.append(args[index + 1])
        elif word.startswith(f"{name}="):
            found.append(word.partition("=")[2])
    return found


def _taint(text: str) -> Object:
    pair, _, effect = text.partition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "effect": effect, **({"value": value} if value else {})}


class ActionPodsOfCluster:
    """Action containers as pods, as the Kubernetes container factory makes them."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._count = 0

    @property
    def _namespace(self) -> str:
        endpoint = self._cluster._endpoint
        return endpoint.namespace if endpoint else "openwhisk"

    async def start(
        self, name: str, image: str, memory_mb: int, labels: Mapping[str, str]
    ) -> ActionPod:
        """Create the pod and wait until it runs; raises PodStartError."""
        store = self._cluster.store
        self._count += 1
        full = f"{name}-{random_suffix()}" if store.find("Pod", name, self._namespace) else name
        pod: Object = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": full, "namespace": self._namespace, "labels": dict(labels)},
            "spec": {
                "restartPolicy": "Always",
                "containers": [
                    {
                        "name": "user-action",
                        "image": image,
                        "imagePullPolicy": "IfNotPresent",
                        "ports": [{"containerPort": 8080, "name": "action", "protocol": "TCP"}],
                        "resources": {
                            "limits": {"memory": f"{memory_mb}Mi"},
                            "requests": {"memory": f"{memory_mb}Mi"},
                        },
                    }
                ],
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {
                                    "matchExpressions": [
                                        {
                                            "key": "openwhisk-role",
                                            "operator": "In",
                                            "values": ["invoker"],
                                        }
                                    ]
                                }
                            ]
                        }
                    }
                },
            },
            "status": {"phase": "Pending"},
        }
        defaults.pod_spec(pod["spec"])
        try:
            store.create(pod)
        except ApiError as error:
            raise PodStartError("Failed to provision resources to run the action.") from error
        return await self._running(full, image)

    async def _running(self, name: str, image: str) -> ActionPod:
        store, space = self._cluster.store, self._namespace
        changed = asyncio.Event()
        unsubscribe = store.subscribe(lambda event, obj: changed.set())
        loop = asyncio.get_running_loop()
        until = loop.time() + 60
        try:
            while loop.time() < until:
                pod = store.find("Pod", name, space)
                if pod is None:
                    raise PodStartError("Failed to provision resources to run the action.")
                if is_ready(pod):
                    return ActionPod(name, str(pod["spec"]["nodeName"]))
                waiting = [
                    s["state"].get("waiting", {}).get("reason")
                    for s in pod["status"].get("containerStatuses") or []
                ]
                if "ErrImagePull" in waiting or "ImagePullBackOff" in waiting:
                    await self.remove(name)
                    raise PodStartError(f"Failed to pull container image '{image}'.")
                changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), until - loop.time())
        finally:
            unsubscribe()
        await self.remove(name)
        raise PodStartError(f"Failed to run container with image '{image}'.")

    async def remove(self, name: str) -> None:
        """Delete the pod; a missing one is no error."""
        with suppress(ApiError):
            self._cluster.store.delete("Pod", name, self._namespace)

    def gone(self, name: str) -> bool:
        """The pod was deleted, or is not ready any more."""
        pod = self._cluster.store.find("Pod", name, self._namespace)
        return pod is None or not is_ready(pod)
