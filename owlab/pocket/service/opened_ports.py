"""What the cluster opens on its nodes' addresses, outside of the lab too: on loopback only.

A port is open while some pod behind it would answer, as long as this computer lets it be opened.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Change
from owlab.pocket.network.ends import Ends, carry
from owlab.pocket.network.unreached import Unreached

if TYPE_CHECKING:
    from owlab.pocket.kube.cluster import Cluster
    from owlab.pocket.machines.machine import Machine

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.05
NetworkPlace = tuple[str, int]


class OpenedPorts:
    """Listens for NodePorts and load balancers.

    :param machines: the nodes that are up.
    :param others: ports that another server of the lab has.
    """

    def __init__(
        self,
        cluster: Cluster,
        machines: Callable[[], list[Machine]],
        others: Callable[[], set[int]],
    ) -> None:
        self._cluster, self._machines, self._others = cluster, machines, others
        self._open: dict[NetworkPlace, asyncio.Server] = {}
        self._said: set[tuple[NetworkPlace, str]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._settling = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False
        cluster.routes.sockets.on_change(self.look)
        self._unsubscribe = cluster.store.subscribe(self._changed)

    def _changed(self, change: Change) -> None:
        if change.key.kind in ("Service", "Endpoints"):
            self.look()

    def look(self) -> None:
        """Something is different. Many looks are one."""
        if self._timer is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_LOOK_SECONDS, self._start)

    def _start(self) -> None:
        self._timer = None
        self._hold(asyncio.ensure_future(self.settle()))

    def _hold(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Listen where something would answer, and nowhere else."""
        async with self._settling:
            wanted = {} if self._closed else dict(self._wanted())
            for place in set(self._open) - set(wanted):
                self._open.pop(place).close()
            for place, (machine, service) in wanted.items():
                if place not in self._open:
                    await self._listen(place, machine, service)

    def _wanted(self) -> Iterator[tuple[NetworkPlace, tuple[Machine, Object]]]:
        region, others = self._cluster.region, self._others()
        machines = self._machines()
        for service, entry in region.opened():
            if not region.answers(service, entry):
                continue
            ports = {int(entry.get("nodePort") or 0)}
            if service["spec"].get("type") == "LoadBalancer":
                ports.add(int(entry["port"]))
            for port in ports - others - {0}:
                for machine in machines:
                    yield (machine.address, port), (machine, service)

    async def _listen(self, place: NetworkPlace, machine: Machine, service: Object) -> None:
        address, port = place

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            peer = writer.get_extra_info("peername") or ("", 0)
            try:
                inner = await self._cluster.region.from_outside(peer[0], machine, port)
            except Unreached:
                writer.transport.abort()
                return
            await carry(Ends(reader, writer), inner)

        try:
            self._open[place] = await asyncio.start_server(serve, address, port)
        except OSError as error:
            self._warn(place, service, error)

    def _warn(self, place: NetworkPlace, service: Object, error: OSError) -> None:
        address, port = place
        said = (
            f"port {port} of {address} is not open outside of the lab: {error.strerror}; on the "
            "lab's machines it answers"
        )
        if (place, said) not in self._said:
            self._said.add((place, said))
            meta = service["metadata"]
            self._cluster.warn_of_service(meta["name"], meta["namespace"], said)
            log.info("%s", said)

    async def close(self) -> None:
        """Listen nowhere."""
        self._closed = True
        self._unsubscribe()
        if self._timer is not None:
            self._timer.cancel()
        await self.settle()
        for task in list(self._tasks):
            task.cancel()
