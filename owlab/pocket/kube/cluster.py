"""One K3s cluster of the lab: its objects, its controllers, and what the lab may ask of it."""

from __future__ import annotations

from collections.abc import Iterable

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.views import Object
from owlab.pocket.kube import node_passwords
from owlab.pocket.kube.bootstrap import bootstrap
from owlab.pocket.kube.containers import programs
from owlab.pocket.kube.containers.programs import ContainerContext, ContainerOutcome
from owlab.pocket.kube.containers.runtime import ContainerCommand
from owlab.pocket.kube.controllers.api_services import ApiServices
from owlab.pocket.kube.controllers.autoscalers import Autoscalers
from owlab.pocket.kube.controllers.certificate_signing import (
    CertificateSigner,
    CertificateSigning,
)
from owlab.pocket.kube.controllers.claim_expansion import ClaimExpansion
from owlab.pocket.kube.controllers.claims import Claims
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.cron_jobs import CronJobs
from owlab.pocket.kube.controllers.custom_resources import CustomResources
from owlab.pocket.kube.controllers.daemon_sets import DaemonSets
from owlab.pocket.kube.controllers.deployments import Deployments
from owlab.pocket.kube.controllers.garbage import GarbageCollector
from owlab.pocket.kube.controllers.ingress_status import IngressStatus
from owlab.pocket.kube.controllers.jobs import Jobs
from owlab.pocket.kube.controllers.namespaces import Namespaces
from owlab.pocket.kube.controllers.node_leases import NodeLeases
from owlab.pocket.kube.controllers.nodes import Nodes
from owlab.pocket.kube.controllers.pdb import DisruptionBudgets
from owlab.pocket.kube.controllers.replica_sets import ReplicaSets
from owlab.pocket.kube.controllers.resource_quotas import ResourceQuotas
from owlab.pocket.kube.controllers.role_aggregation import RoleAggregation
from owlab.pocket.kube.controllers.scheduler import Scheduler
from owlab.pocket.kube.controllers.service_addresses import ServiceAddresses
from owlab.pocket.kube.controllers.service_lb import ServiceLB
from owlab.pocket.kube.controllers.services import Services
from owlab.pocket.kube.controllers.stateful_sets import StatefulSets
from owlab.pocket.kube.controllers.taint_eviction import TaintEviction
from owlab.pocket.kube.controllers.token_secrets import TokenSecrets
from owlab.pocket.kube.controllers.volumes import Volumes
from owlab.pocket.kube.images import Registries
from owlab.pocket.kube.kubelet.kubelet import Kubelet
from owlab.pocket.kube.network.names import Names
from owlab.pocket.kube.network.region import ClusterRegion
from owlab.pocket.kube.node_registration import options, register
from owlab.pocket.kube.object_state import workload_name
from owlab.pocket.kube.servers.setting import Server
from owlab.pocket.kube.servers.traefik import ingress_controller
from owlab.pocket.kube.software import Software
from owlab.pocket.kube.store import Store
from owlab.pocket.machines.views import DiskFleet
from owlab.pocket.network.routes import Routes


class Cluster:
    """The control plane and its kubelets, on the lab's machines."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        fleet: DiskFleet,
        *,
        authority: str = "",
        signer: CertificateSigner | None = None,
        routes: Routes | None = None,
        software: Iterable[Software] = (),
    ) -> None:
        self._clock = clock
        self._fleet = fleet
        self.store = Store(db, clock)
        self._software = tuple(software)
        self._plane = plane = ControlPlane(self.store, clock, fleet)
        self.routes = routes or Routes(fleet, clock)
        self.names = Names(self.store, fleet)
        self.region = ClusterRegion(self.store, fleet, self.routes, self.names)
        self.routes.cluster = self.region
        self.kubelet = Kubelet(plane, self._container, self.routes, self.names)
        self.kubelet.runtime.authorities = authority.encode
        self.kubelet.runtime.stand_in = self._stand_in
        self.registries = Registries(one.images for one in self._software)
        self.kubelet.runtime.registries = self.registries
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
            ServiceAddresses(plane),
            IngressStatus(plane),
            ApiServices(plane),
            CertificateSigning(plane, signer),
        )
        for one in self._software:
            plane.add(*one.attach(plane, self.kubelet.reconsider))

    # -- life ------------------------------------------------------------------------------

    async def start(self) -> None:
        """Run the controllers."""
        for one in self._software:
            one.clear()
        await self._plane.start()

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
        view = self._fleet.get(machine)
        if view is None:
            raise LookupError(f"no machine {machine}")
        if role == "server":
            disabled = {n for item in options(args, "--disable") for n in item.split(",")}
            bootstrap(self.store, disabled)
        register(self.store, machine, view, role=role, version=version, args=args)

    def accepts_node(self, node: str, password: str) -> bool:
        """K3s' guard of node names: the first password counts until the node is deleted."""
        return node_passwords.accept(self.store, node, password)

    def has_node(self, node: str) -> bool:
        """There is a node of that name."""
        return self.store.find("Node", node) is not None

    def leave(self, machine: str) -> None:
        """K3s was removed from a machine. Its node stays, NotReady, until somebody deletes it."""
        self.machines_changed()

    # -- containers ------------------------------------------------------------------------

    def give_command(self, image: str, name: str, command: ContainerCommand) -> None:
        """Containers of images whose names hold ``image`` have this command."""
        self.kubelet.runtime.commands.setdefault(image, {})[name] = command

    def warn_of_service(self, name: str, namespace: str, message: str) -> None:
        """Say in an event that a service does not answer on its port."""
        service = self.store.find("Service", name, namespace)
        if service is not None:
            self._plane.recorder.record(
                service, "Warning", "PortUnavailable", message, "kube-proxy"
            )

    def _container(self, pod: Object, container: Object, init: bool) -> ContainerOutcome:
        """Where a container is: its software knows, or else its command tells."""
        context = ContainerContext(
            self.store,
            pod,
            container,
            lambda: self.kubelet.runtime.process(pod, container, _starts(pod, container)),
        )
        for one in self._software:
            said = one.init_container(context) if init else one.main_container(context)
            if said is not None:
                return said
        return programs.init_program(context) if init else programs.main_program(context)

    def _stand_in(self, pod: Object, container: Object) -> Server | None:
        """What listens in a container of the cluster's software."""
        found = (one.listener(self.store, pod, container) for one in self._software)
        server = next((server for server in found if server is not None), None)
        if server is None and _is_ingress_controller(pod):
            return ingress_controller(self.store)
        return server


def _is_ingress_controller(pod: Object) -> bool:
    """K3s' traefik."""
    return (workload_name(pod), pod["metadata"]["namespace"]) == ("traefik", "kube-system")


def _starts(pod: Object, container: Object) -> int:
    """How often a container was started again."""
    status = pod["status"]
    known = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    return sum(int(s["restartCount"]) for s in known if s["name"] == container["name"])
