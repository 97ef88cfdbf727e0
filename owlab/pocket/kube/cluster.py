"""One K3s cluster of the lab: its objects, its controllers, and what the lab may ask of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.views import ActionPod, FleetView, Object, PodStartError
from owlab.pocket.kube import node_passwords, programs
from owlab.pocket.kube.admission import admit
from owlab.pocket.kube.bootstrap import bootstrap
from owlab.pocket.kube.containers.runtime import ContainerCommand
from owlab.pocket.kube.controllers.autoscalers import Autoscalers
from owlab.pocket.kube.controllers.claim_expansion import ClaimExpansion
from owlab.pocket.kube.controllers.claims import Claims
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.cron_jobs import CronJobs
from owlab.pocket.kube.controllers.custom_resources import CustomResources
from owlab.pocket.kube.controllers.daemon_sets import DaemonSets
from owlab.pocket.kube.controllers.deployments import Deployments
from owlab.pocket.kube.controllers.garbage import GarbageCollector
from owlab.pocket.kube.controllers.jobs import Jobs
from owlab.pocket.kube.controllers.namespaces import Namespaces
from owlab.pocket.kube.controllers.node_leases import NodeLeases
from owlab.pocket.kube.controllers.nodes import Nodes
from owlab.pocket.kube.controllers.openwhisk_watch import OpenWhiskWatch
from owlab.pocket.kube.controllers.pdb import DisruptionBudgets
from owlab.pocket.kube.controllers.replica_sets import ReplicaSets
from owlab.pocket.kube.controllers.resource_quotas import ResourceQuotas
from owlab.pocket.kube.controllers.role_aggregation import RoleAggregation
from owlab.pocket.kube.controllers.scheduler import Scheduler
from owlab.pocket.kube.controllers.service_lb import NODE_ARGS, ServiceLB
from owlab.pocket.kube.controllers.services import Services
from owlab.pocket.kube.controllers.stateful_sets import StatefulSets
from owlab.pocket.kube.controllers.taint_eviction import TaintEviction
from owlab.pocket.kube.controllers.token_secrets import TokenSecrets
from owlab.pocket.kube.controllers.volumes import Volumes
from owlab.pocket.kube.endpoint import OpenWhiskEndpoint, find_endpoint
from owlab.pocket.kube.errors import ApiError
from owlab.pocket.kube.kubelet.kubelet import Kubelet
from owlab.pocket.kube.network.names import Names
from owlab.pocket.kube.network.region import ClusterRegion
from owlab.pocket.kube.node_object import node_object
from owlab.pocket.kube.parts import Parts, find_parts
from owlab.pocket.kube.shape import is_ready
from owlab.pocket.kube.store import Store, random_suffix
from owlab.pocket.network.routes import Routes


class Cluster:
    """The control plane and its kubelets, on the lab's machines."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        fleet: FleetView,
        *,
        authority: str = "",
        routes: Routes | None = None,
    ) -> None:
        self._clock = clock
        self._fleet = fleet
        self.store = Store(db, clock)
        self._endpoint: OpenWhiskEndpoint | None = None
        self._on_openwhisk: Callable[[OpenWhiskEndpoint | None], None] = lambda endpoint: None
        self.parts = Parts()
        self._on_parts: Callable[[Parts], None] = lambda parts: None
        self._on_packages: Callable[[str], None] = lambda release: None
        self._on_wipe: Callable[[], None] = lambda: None
        self._plane = plane = ControlPlane(self.store, clock, fleet)
        self.routes = routes or Routes(fleet, clock)
        self.region = ClusterRegion(self.store, fleet, self.routes)
        self.routes.cluster = self.region
        self.names = Names(self.store, fleet)
        self.kubelet = Kubelet(plane, self._context, self.routes, self.names)
        self.kubelet.runtime.authorities = authority.encode
        claims = Claims(plane)
        plane.add(
            Namespaces(plane, authority),
            CustomResources(plane),
            RoleAggregation(plane),
            TokenSecrets(plane, authority),
            ResourceQuotas(plane),
            GarbageCollector(plane),
            Nodes(plane),
            NodeLeases(plane),
            TaintEviction(plane),
            Autoscalers(plane),
            Deployments(plane),
            ReplicaSets(plane),
            StatefulSets(plane),
            DaemonSets(plane),
            CronJobs(plane),
            Jobs(plane),
            claims,
            Volumes(plane, claims),
            ClaimExpansion(plane),
            Scheduler(plane),
            self.kubelet,
            Services(plane),
            DisruptionBudgets(plane),
            ServiceLB(plane),
            OpenWhiskWatch(plane, self._look_for_openwhisk),
        )
        self.action_pods = ActionPodsOfCluster(self)

    # -- life ------------------------------------------------------------------------------

    async def start(self) -> None:
        """Run the controllers."""
        self._remove_leftovers()
        await self._plane.start()

    def _remove_leftovers(self) -> None:
        """Action pods of a service that has ended: their processes ended with it."""
        for pod in self.store.list("Pod", labels="user-action-pod=true"):
            self.store.delete("Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])

    async def stop(self) -> None:
        """End the controllers; everything is on disk already."""
        await self._plane.stop()
        self.kubelet.stop()
        if self.routes.cluster is self.region:
            self.routes.cluster = None

    def machines_changed(self) -> None:
        """Something about the machines may be different."""
        self._plane.machines_changed()

    def look_at_everything(self) -> None:
        """The clock may have jumped: what was due is done, what has changed is seen."""
        self._plane.look_at_everything()

    async def settled(self, timeout: float) -> bool:
        """Wait until nothing is left to do now; False when time is up."""
        return await self._plane.settled(timeout)

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
            network=self._free_network(),
        )
        node["metadata"]["annotations"][NODE_ARGS] = json.dumps([role, *_without_secrets(args)])
        taints = [_taint(item) for item in _options(args, "--node-taint")]
        if taints:
            node["spec"]["taints"] = taints
        old = self.store.find("Node", machine.lower())
        if old is None:
            self.store.create(node)
        else:
            labels = {**old["metadata"]["labels"], **node["metadata"]["labels"]}
            annotations = {
                **(old["metadata"].get("annotations") or {}),
                **node["metadata"]["annotations"],
            }
            meta = {**old["metadata"], "labels": labels, "annotations": annotations}
            old = self.store.update({**old, "metadata": meta})
            conditions = old["status"].get("conditions", [])
            self.store.set_status(old, {**node["status"], "conditions": conditions})

    def _free_network(self) -> str | None:
        """The first /24 of 10.42.0.0/16 that no node has, as K3s gives them out."""
        taken = {node["spec"].get("podCIDR") for node in self.store.list("Node")}
        networks = (f"10.42.{number}.0/24" for number in range(256))
        return next((network for network in networks if network not in taken), None)

    def accepts_node(self, node: str, password: str) -> bool:
        """K3s' guard of node names: the first password counts until the node is deleted."""
        return node_passwords.accept(self.store, node, password)

    def leave(self, machine: str) -> None:
        """K3s was removed from a machine. Its node stays, NotReady, until somebody deletes it."""
        self.machines_changed()

    # -- OpenWhisk -------------------------------------------------------------------------

    def on_openwhisk(self, callback: Callable[[OpenWhiskEndpoint | None], None]) -> None:
        """Be told when OpenWhisk comes up, changes or goes down."""
        self._on_openwhisk = callback

    def on_parts(self, callback: Callable[[Parts], None]) -> None:
        """Be told when a part of OpenWhisk behind its front end comes or goes."""
        self._on_parts = callback

    def give_command(self, image: str, name: str, command: ContainerCommand) -> None:
        """Containers of images whose names hold ``image`` have this command."""
        self.kubelet.runtime.commands.setdefault(image, {})[name] = command

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
            self._plane.recorder.record(
                service, "Warning", "PortUnavailable", message, "kube-proxy"
            )

    def _look_for_openwhisk(self) -> None:
        endpoint, parts = find_endpoint(self.store), Parts()
        if endpoint is not None:
            parts = find_parts(self.store, endpoint.release, endpoint.namespace)
        before = (self._endpoint, self.parts)
        if endpoint != self._endpoint:
            self._endpoint = endpoint
            self._on_openwhisk(endpoint)
        if parts != self.parts:
            self.parts = parts
            self._on_parts(parts)
        if before != (endpoint, parts):
            self.kubelet.reconsider()

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
            lambda: self.kubelet.runtime.process(pod, container, _starts(pod, container)),
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


def _without_secrets(args: list[str]) -> list[str]:
    """The arguments as K3s shows them: tokens are left out."""
    shown: list[str] = []
    hide = False
    for word in args:
        flag, equals, _ = word.partition("=")
        if hide:
            shown.append("********")
            hide = False
        elif flag in ("--token", "-t", "--agent-token", "--datastore-endpoint"):
            shown.append(f"{flag}=********" if equals else flag)
            hide = not equals
        else:
            shown.append(word)
    return shown


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
                        "securityContext": {"capabilities": {"drop": ["NET_RAW", "NET_ADMIN"]}},
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
        try:
            admit(store, pod)
        except ApiError as error:
            raise PodStartError("Failed to provision resources to run the action.") from error
        return await self._running(full, image)

    async def _running(self, name: str, image: str) -> ActionPod:
        store, space = self._cluster.store, self._namespace
        changed = asyncio.Event()
        place = store.key("Pod", name, space)
        unsubscribe = store.subscribe(lambda change: changed.set() if change.key == place else None)
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
                    (s["state"].get("waiting") or {}).get("reason")
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
