"""Makes the lab's large parts: the cluster, and OpenWhisk on it.

They are imported when a lab first needs them, so that the service of a new lab starts at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from starlette.types import ASGIApp

if TYPE_CHECKING:
    from owlab.pocket.ground.views import Object
    from owlab.pocket.kube.cluster import Cluster
    from owlab.pocket.kube.network.region import Elsewhere
    from owlab.pocket.kube.software import Software
    from owlab.pocket.machines.views import DiskFleet
    from owlab.pocket.openwhisk.deployment import Deployment
    from owlab.pocket.openwhisk.deployment.endpoint import OpenWhiskEndpoint
    from owlab.pocket.openwhisk.service import Service
    from owlab.pocket.service.lab import PocketLab
    from owlab.pocket.service.opened_ports import OpenedPorts


def new_deployment() -> Deployment:
    """OpenWhisk as the cluster meets it, before there is any."""
    from owlab.pocket.openwhisk.deployment import Deployment

    return Deployment()


def new_cluster(lab: PocketLab, software: Software) -> Cluster:
    """The cluster whose objects are in the lab's database, and what will live in it."""
    from owlab.pocket.kube.cluster import Cluster

    # A list of Machine is no list[MachineView] to mypy, since lists can be added to.
    fleet = cast("DiskFleet", lab.fleet)
    return Cluster(
        lab.db,
        lab.clock,
        fleet,
        authority=lab.authority.pem.decode(),
        signer=lab.authority,
        routes=lab.routes,
        software=[software],
    )


def opened_ports(
    lab: PocketLab, cluster: Cluster, others: Callable[[], set[int]], elsewhere: Elsewhere
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
    from owlab.pocket.kube.object_state import workload_name

    place = (workload_name(pod), pod["metadata"]["namespace"])
    return place == (f"{endpoint.release}-nginx", endpoint.namespace)


def erase_cluster(lab: PocketLab) -> None:
    """Remove a cluster's objects from the database, and those of the OpenWhisk on it."""
    for (name,) in lab.db.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        if str(name).startswith(("kube_", "whisk_")):
            lab.db.run(f'DELETE FROM "{name}"')


def kube_app(cluster: Cluster, tokens: dict[str, str], version: str) -> ASGIApp:
    """The API server."""
    from owlab.pocket.kube.apiserver.app import kube_app as app

    return app(
        cluster.store,
        tokens=tokens,
        version=version,
        kubelet=cluster.kubelet,
        network=cluster.region,
    )


def new_openwhisk(
    lab: PocketLab, deployment: Deployment, endpoint: OpenWhiskEndpoint, apihost: str
) -> Service:
    """OpenWhisk behind an endpoint of the cluster."""
    from owlab.pocket.openwhisk.service import Service

    return Service(
        lab.db,
        lab.clock,
        deployment.action_pods,
        guest_key=endpoint.guest_key,
        system_key=endpoint.system_key,
        limits=endpoint.limits,
        allow_concurrent=endpoint.allow_concurrent,
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
