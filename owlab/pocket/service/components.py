"""Makes the lab's large parts: the cluster, and OpenWhisk on it.

They are imported when a lab first needs them, so that the service of a new lab starts at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from starlette.types import ASGIApp

if TYPE_CHECKING:
    from owlab.pocket.ground.views import FleetView, Object
    from owlab.pocket.kube.cluster import Cluster
    from owlab.pocket.kube.endpoint import OpenWhiskEndpoint
    from owlab.pocket.kube.network.region import Elsewhere
    from owlab.pocket.openwhisk.service import Service
    from owlab.pocket.service.lab import Lab
    from owlab.pocket.service.opened_ports import OpenedPorts


def new_cluster(lab: Lab) -> Cluster:
    """The cluster whose objects are in the lab's database."""
    from owlab.pocket.kube.cluster import Cluster

    # A list of Machine is no list[MachineView] to mypy, since lists can be added to.
    fleet = cast("FleetView", lab.fleet)
    authority = lab.authority.pem.decode()
    return Cluster(lab.db, lab.clock, fleet, authority=authority, routes=lab.routes)


def opened_ports(
    lab: Lab, cluster: Cluster, others: Callable[[], set[int]], elsewhere: Elsewhere
) -> OpenedPorts:
    """The ports that the cluster opens on its nodes.

    :param others: ports at which servers of the lab answer by themselves.
    :param elsewhere: where such a server answers for a port of a pod.
    """
    from owlab.pocket.service.opened_ports import OpenedPorts

    cluster.region.elsewhere = elsewhere
    return OpenedPorts(cluster, lab.hosting.nodes, others)


def is_front_end(pod: Object, endpoint: OpenWhiskEndpoint) -> bool:
    """A pod of OpenWhisk's own nginx."""
    from owlab.pocket.kube.shape import workload_name

    place = (workload_name(pod), pod["metadata"]["namespace"])
    return place == (f"{endpoint.release}-nginx", endpoint.namespace)


def erase_cluster(lab: Lab) -> None:
    """Remove a cluster's objects from the database, and those of the OpenWhisk on it."""
    for (name,) in lab.db.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        if str(name).startswith(("kube_", "whisk_")):
            lab.db.run(f'DELETE FROM "{name}"')


def kube_app(cluster: Cluster, tokens: dict[str, str], version: str) -> ASGIApp:
    """The API server."""
    from owlab.pocket.kube.api import kube_app as app

    return app(
        cluster.store,
        tokens=tokens,
        version=version,
        kubelet=cluster.kubelet,
        network=cluster.region,
    )


def new_openwhisk(lab: Lab, cluster: Cluster, endpoint: OpenWhiskEndpoint, apihost: str) -> Service:
    """OpenWhisk behind an endpoint of the cluster."""
    from owlab.pocket.openwhisk.service import Service

    return Service(
        lab.db,
        lab.clock,
        cluster.action_pods,
        guest_key=endpoint.guest_key,
        system_key=endpoint.system_key,
        limits=endpoint.limits,
        apihost=apihost,
        release=endpoint.release,
        # The job init-couchdb writes the keys.
        seed=False,
    )


def openwhisk_app(service: Service) -> ASGIApp:
    """OpenWhisk's REST API."""
    from owlab.pocket.openwhisk.app import openwhisk_app as app

    return app(service)


async def stop_openwhisk(service: Service) -> None:
    """End the processes of warm action containers."""
    await service.stop()
