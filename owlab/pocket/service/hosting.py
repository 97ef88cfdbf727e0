"""When the cluster's and OpenWhisk's servers answer, and where.

The API server runs on the machine that is the K3s server, and stops with it. OpenWhisk answers on
the NodePort of every node that is up, from when its front end has ready endpoints.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import secrets
from typing import TYPE_CHECKING

from owlab.pocket.ground.views import Object
from owlab.pocket.ground.yaml_text import dump_yaml
from owlab.pocket.machines.addresses import port_in_use
from owlab.pocket.service import components
from owlab.pocket.service.servers import Listener

if TYPE_CHECKING:
    from bashkit import CommandContext

    from owlab.pocket.kube.cluster import Cluster
    from owlab.pocket.machines.machine import Machine
    from owlab.pocket.openwhisk.deployment import Deployment
    from owlab.pocket.openwhisk.deployment.components_ready import Components
    from owlab.pocket.openwhisk.deployment.endpoint import OpenWhiskEndpoint
    from owlab.pocket.openwhisk.service import Service
    from owlab.pocket.service.lab import PocketLab
    from owlab.pocket.service.opened_ports import OpenedPorts

log = logging.getLogger(__name__)

API_PORT = 6443
_AGAIN_SECONDS = 3.0
"""Until a port that was taken is tried again."""
SERVER, VERSION, TOKEN = "k3s-server", "k3s-version", "kube-token"
IN_CLUSTER = "10.43.0.1"


class Hosting:
    """The lab's cluster and OpenWhisk, and their servers."""

    def __init__(self, lab: PocketLab) -> None:
        self._lab = lab
        self._api: Listener | None = None
        self._whisk: Listener | None = None
        self._whisk_for: OpenWhiskEndpoint | None = None
        self._lock = asyncio.Lock()
        self._pending = False
        self.cluster: Cluster | None = None
        self.deployment: Deployment | None = None
        self.openwhisk: Service | None = None
        self.endpoint: OpenWhiskEndpoint | None = None
        self._ports: OpenedPorts | None = None

    @property
    def server(self) -> Machine | None:
        """The machine that is the K3s server."""
        return self._lab.fleet.get(self._lab.recall(SERVER) or "")

    @property
    def token(self) -> str:
        """The bearer token of the cluster's administrator."""
        found = self._lab.recall(TOKEN)
        if found is None:
            found = secrets.token_urlsafe(32)
            self._lab.remember(TOKEN, found)
        return found

    def problems(self) -> list[str]:
        """Why something does not answer, for people."""
        return [
            text
            for listener in (self._api, self._whisk)
            if listener is not None
            for text in listener.problems.values()
        ]

    def api_port_taken(self, address: str) -> bool:
        """Something that is none of ours listens where the API server of a cluster would."""
        ours = self._api is not None and address in self._api.addresses
        return not ours and port_in_use(address, API_PORT)

    async def resume(self) -> None:
        """Bring up the cluster that was there when the service last ended."""
        if self._lab.recall(SERVER):
            await self._open()
        await self.settle()

    async def start_cluster(self, machine: str, version: str, args: list[str]) -> None:
        """``k3s server`` started on a machine: the first one makes the cluster."""
        self._lab.remember(SERVER, machine)
        self._lab.remember(VERSION, version)
        cluster = self.cluster or await self._open()
        cluster.join(machine, role="server", version=version, args=args)
        await self.settle()

    async def join(self, machine: str, role: str, version: str, args: list[str]) -> None:
        """A node came to the cluster."""
        if self.cluster is not None:
            self.cluster.join(machine, role=role, version=version, args=args)
        await self.settle()

    def accepts_node(self, node: str, password: str) -> bool:
        """Whether a machine with this password may be the node of that name."""
        return self.cluster is None or bool(self.cluster.accepts_node(node, password))

    def has_node(self, node: str) -> bool:
        """The cluster has a node of that name."""
        return self.cluster is not None and bool(self.cluster.has_node(node))

    def has_image(self, image: str) -> bool:
        """A registry from which the cluster's nodes pull has the image."""
        return self.cluster is not None and self.cluster.registries.have(image)

    async def leave(self, machine: str) -> None:
        """K3s was uninstalled on a machine; with the server goes the cluster."""
        if machine == self._lab.recall(SERVER):
            await self._forget()
        elif self.cluster is not None:
            self.cluster.leave(machine)
        await self.settle()

    async def _open(self) -> Cluster:
        self.deployment = deployment = components.new_deployment()
        deployment.on_endpoint = self._endpoint_changed
        deployment.on_components = self._components_changed
        deployment.on_install_packages = self._install_packages
        deployment.on_wipe = self._wipe
        deployment.on_test = self._test
        self.cluster = cluster = components.new_cluster(self._lab, deployment)
        cluster.give_command("openwhisk/ow-utils", "wskadmin", self._wskadmin)
        self._ports = components.opened_ports(
            self._lab, cluster, self._other_ports, self._front_end
        )
        await cluster.start()
        return cluster

    def _other_ports(self) -> set[int]:
        """Ports at which servers of the lab answer by themselves."""
        return {API_PORT} | ({self.endpoint.node_port} if self.endpoint is not None else set())

    def _front_end(self, pod: Object, port: int) -> tuple[str, int] | None:
        """Where OpenWhisk answers for a port of its front end's pods."""
        endpoint = self.endpoint
        if endpoint is None or self._whisk is None or not self._whisk.addresses:
            return None
        if components.is_front_end(pod, endpoint) and port == endpoint.target_port:
            return self._whisk.addresses[0], endpoint.node_port
        return None

    async def _forget(self) -> None:
        """The server's disk is gone, and the cluster's objects were on it."""
        self._lab.forget(SERVER, VERSION, TOKEN)
        if self.cluster is not None:
            cluster, self.cluster = self.cluster, None
            if self._ports is not None:
                await self._ports.close()
            await cluster.stop()
            components.erase_cluster(self._lab)
        self.endpoint = None

    async def purged(self, machine: Machine) -> None:
        """A machine was destroyed. Returns when its ports are free."""
        node = machine.k3s.node or machine.name
        if node == self._lab.recall(SERVER):
            await self._forget()
        await self.settle()

    def _endpoint_changed(self, endpoint: OpenWhiskEndpoint | None) -> None:
        self.endpoint = endpoint
        self.poke()

    def _components_changed(self, ready: Components) -> None:
        if self.openwhisk is not None:
            self.openwhisk.health.update(ready)

    async def _wskadmin(self, context: CommandContext) -> int:
        """OpenWhisk's tool for its operators, in its pod."""
        from owlab.pocket.openwhisk.wskadmin import run

        database = self.deployment is not None and "couchdb" in self.deployment.components.ready
        if not database or self.openwhisk is None:
            await context.stderr.write(b"Exception:  [Errno 111] Connection refused\n")
            return 1
        code, out, err = run(self.openwhisk, list(context.argv))
        await context.stdout.write(out.encode())
        await context.stderr.write(err.encode())
        return code

    async def _test(self, name: str) -> tuple[bool, str]:
        """One of the tests of `helm test`."""
        from owlab.pocket.openwhisk.release_tests import run

        if self.openwhisk is None:
            return False, "FAILED! OpenWhisk does not answer"
        return await run(self.openwhisk, name)

    def _install_packages(self, release: str) -> None:
        if self.openwhisk is not None:
            self.openwhisk.install_catalog()
        else:
            self._lab.remember("catalog-due", "yes")

    def _wipe(self) -> None:
        if self.openwhisk is not None:
            self.openwhisk.wipe()
        else:
            self._lab.remember("wipe-due", "yes")

    def poke(self) -> None:
        """Something changed: look again at what should answer. Many pokes make one look."""
        if self.cluster is not None:
            self.cluster.machines_changed()
        if not self._pending:
            self._pending = True
            self._lab.background(asyncio.ensure_future(self.settle()))

    async def settle(self) -> None:
        """Make the servers answer exactly where they should."""
        async with self._lock:
            self._pending = False
            await self._settle_api()
            await self._settle_openwhisk()
            if self._ports is not None:
                self._ports.look()

    async def _settle_api(self) -> None:
        server = self.server
        cluster = self.cluster
        if cluster is None or server is None or not server.service_active("k3s"):
            if self._api is not None:
                await self._api.close()
                self._api = None
            return
        if self._api is None:
            version = self._lab.recall(VERSION) or ""
            app = components.kube_app(cluster, {self.token: "system:admin"}, version)
            names = [server.address, "127.0.0.1", IN_CLUSTER, "localhost", server.name]
            names += ["kubernetes", "kubernetes.default", "kubernetes.default.svc"]
            certificate = self._lab.authority.issue("k3s", names)
            self._api = Listener(app, API_PORT, certificate, clients=self._lab.authority.pem)
        await self._api.listen([server.address])
        self._try_again(self._api.problems)

    async def _settle_openwhisk(self) -> None:
        endpoint = self.endpoint
        if self._whisk is not None and (endpoint is None or endpoint != self._whisk_for):
            await self._whisk.close()
            self._whisk = None
            if self.openwhisk is not None:
                await components.stop_openwhisk(self.openwhisk)
                self.openwhisk = None
        deployment = self.deployment
        if endpoint is None or deployment is None:
            return
        nodes = self.nodes()
        if self._whisk is None:
            server = self.server
            where = server or (nodes[0] if nodes else None)
            if where is None:
                return
            apihost = f"{where.address}:{endpoint.node_port}"
            self.openwhisk = components.new_openwhisk(self._lab, deployment, endpoint, apihost)
            self.openwhisk.health.update(deployment.components)
            if self._lab.recall("wipe-due"):
                self.openwhisk.wipe()
                self._lab.forget("wipe-due")
            if self._lab.recall("catalog-due"):
                self.openwhisk.install_catalog()
                self._lab.forget("catalog-due")
            self.openwhisk.start()
            certificate = (endpoint.certificate, endpoint.key)
            app = components.openwhisk_app(self.openwhisk)
            self._whisk = Listener(app, endpoint.node_port, certificate)
            self._whisk_for = endpoint
        await self._whisk.listen({m.address for m in nodes})
        self._tell_problems(endpoint, self._whisk.problems)

    def _tell_problems(self, endpoint: OpenWhiskEndpoint, problems: dict[str, str]) -> None:
        """Warnings of the service, where people look; and another try."""
        for problem in problems.values():
            if self.cluster is not None:
                self.cluster.warn_of_service(
                    f"{endpoint.release}-nginx", endpoint.namespace, problem
                )
        self._try_again(problems)

    def _try_again(self, problems: dict[str, str]) -> None:
        """A port that is taken now may be free a little later."""
        if problems:
            asyncio.get_running_loop().call_later(_AGAIN_SECONDS, self.poke)

    def nodes(self) -> list[Machine]:
        """Machines of the cluster that are up."""
        return [machine for machine in self._lab.fleet.all() if self._serves(machine)]

    @staticmethod
    def _serves(machine: Machine) -> bool:
        return machine.service_active("k3s") or machine.service_active("k3s-agent")

    async def stop(self) -> None:
        """Close the servers; the cluster stays as it is on disk."""
        async with self._lock:
            for listener in (self._api, self._whisk):
                if listener is not None:
                    await listener.close()
            self._api = self._whisk = None
            if self.openwhisk is not None:
                await components.stop_openwhisk(self.openwhisk)
            if self._ports is not None:
                await self._ports.close()
            if self.cluster is not None:
                await self.cluster.stop()
            self._lab.routes.sockets.stop()

    def kubeconfig(self) -> str | None:
        """For clients of the cluster, or None while there is none."""
        server = self.server
        if server is None or not self._lab.recall(VERSION):
            return None
        authority = base64.b64encode(self._lab.authority.pem).decode()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "default",
                    "cluster": {
                        "certificate-authority-data": authority,
                        "server": f"https://{server.address}:{API_PORT}",
                    },
                }
            ],
            "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
            "current-context": "default",
            "preferences": {},
            "users": [{"name": "default", "user": {"token": self.token}}],
        }
        return dump_yaml(config)

    def answers_on(self, machine: Machine) -> bool:
        """The cluster's API answers there."""
        return self._api is not None and machine.address in self._api.addresses

    def kubeconfig_on(self, server: Machine) -> bytes:
        """The kubeconfig that K3s writes on its server, where it answers on the loopback too."""
        outside, inside = (f"https://{host}:" for host in (server.address, "127.0.0.1"))
        return (self.kubeconfig() or "").replace(outside, inside).encode()

    def wskprops(self) -> str | None:
        """For clients of OpenWhisk, or None while it does not answer."""
        if self._whisk is None or self.endpoint is None:
            return None
        server = self.server
        address = server.address if server else self._whisk.addresses[0]
        return (
            f"APIHOST=https://{address}:{self.endpoint.node_port}\n"
            f"AUTH={self.endpoint.guest_key}\nNAMESPACE=_\n"
        )
